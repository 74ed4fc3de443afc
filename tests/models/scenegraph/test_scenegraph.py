"""The parts of the scene-graph model: attributes, relations, layouts, the pool, and who learns from which loss."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.data.boxes import relation
from calotype.data.stream import stacked
from calotype.errors import InputError
from calotype.models import scenegraph
from calotype.models.scenegraph.archetypes import archetypes
from calotype.models.scenegraph.draw import arranged
from calotype.models.scenegraph.given_graph import attributes_for, inferred, triples_of
from calotype.models.scenegraph.layout import composed, painted
from calotype.models.scenegraph.looks import imported_look, look_vector, looks_for
from calotype.models.scenegraph.objects import attributes_of, exchanged, objects_of, random_triples, relations_of
from calotype.models.scenegraph.pool import Pool
from calotype.models.scenegraph.trainer import Trainer
from calotype.run import Run
from calotype.semantic.objects import crops, mirrored, placed

TINY = replace(scenegraph.PRESETS["tiny"], classes=2, names=("sky", "tree"))
NAN = float("nan")


def graph(count=2, **changes):
    given = {
        "classes": torch.arange(count) % 2,
        "sizes": torch.full((count,), -1),
        "locations": torch.full((count, 2), NAN),
        "boxes": torch.full((count, 4), NAN),
        "relations": torch.zeros(0, 3, dtype=torch.int64),
        "looks": [None] * count,
        "seed": None,
    }
    return {**given, **changes}


def batch(seed=0, count=4):
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand(count, 3, 2, generator=generator) * 0.5
    return {
        "image": torch.rand(count, 3, 16, 16, generator=generator) * 2 - 1,
        "boxes": torch.cat([corners, corners + 0.4], 2),
        "classes": torch.randint(0, 2, (count, 3), generator=generator),
        "instances": torch.randint(0, 4, (count, 16, 16), generator=generator),
    }


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    net = scenegraph.build(TINY).eval()
    net.archetypes.copy_(torch.rand(net.archetypes.shape))
    return net


def test_relations_of_tensors_are_those_of_boxes():
    generator = torch.Generator().manual_seed(0)
    # On a coarse grid there are boxes within each other, and centres on the boundaries between quadrants.
    low = torch.randint(0, 4, (600, 2), generator=generator) / 8
    boxes = torch.cat([low, (low + torch.randint(1, 5, (600, 2), generator=generator) / 8)], 1)
    one, other = boxes[:300], boxes[300:]
    wanted = [relation(tuple(a), tuple(b)) for a, b in zip(one.tolist(), other.tolist())]
    assert relations_of(one, other).tolist() == wanted
    assert set(wanted) == set(range(6))


def test_attributes_are_bins_of_size_and_place():
    boxes = torch.tensor([[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.5, 0.5], [0.9, 0.0, 1.0, 0.1]])
    masks = torch.ones(3, 1, 8, 8)
    masks[1, :, :, 4:] = 0  # only the left half: its centre is at 0.125, 0.25
    found = attributes_of(boxes, masks, 5)
    assert found.shape == (3, 35)
    assert found.sum(1).tolist() == [2, 2, 2]
    assert found[:, :10].argmax(1).tolist() == [9, 2, 0]
    assert found[:, 10:].argmax(1).tolist() == [12, 0 + 5 * 1, 4]  # 0.125 * 4 = 0.5 rounds to the even 0
    finer = attributes_of(boxes, masks, 9)
    assert finer.shape == (3, 91)
    assert finer[:, 10:].argmax(1).tolist() == [40, 1 + 9 * 2, 8]


def test_a_finer_grid_of_locations_tells_apart_what_the_published_one_does_not():
    places = graph(locations=torch.tensor([[0.4, 0.5], [0.6, 0.5]]))
    assert attributes_for(places, 5).shape == (3, 35)
    assert attributes_for(places, 5)[0].equal(attributes_for(places, 5)[1])
    assert not attributes_for(places, 9)[0].equal(attributes_for(places, 9)[1])
    assert scenegraph.build(replace(TINY, location_cells=4)).graph.layers[0].net1[0].in_features == 3 * 8 + 2 * 26
    assert scenegraph.PRESETS["paper"].location_cells == 5


def test_objects_of_a_batch_with_a_node_for_each_picture():
    given = batch()
    given["classes"][1] = -1  # a picture without objects
    objects = objects_of(given, TINY)
    assert objects.pictures == 4
    assert (objects.classes == 0).sum() == 4
    assert torch.bincount(objects.picture).tolist() == [4, 1, 4, 4]
    last = torch.bincount(objects.picture).cumsum(0) - 1
    assert objects.classes[last].tolist() == [0] * 4
    assert objects.boxes[last].tolist() == [[0, 0, 1, 1]] * 4


def test_triples_stay_within_pictures_and_are_true():
    objects = objects_of(batch(), TINY)
    triples = random_triples(objects, torch.rand(len(objects.classes), 2))
    assert torch.equal(objects.picture[triples[:, 0]], objects.picture[triples[:, 2]])
    assert (triples[:, 0] != triples[:, 2]).all()
    spatial = triples[triples[:, 1] > 0]
    assert len(spatial) == int(objects.real.sum())
    wanted = relations_of(objects.boxes[spatial[:, 0]], objects.boxes[spatial[:, 2]]) + 1
    assert torch.equal(spatial[:, 1], wanted)
    assert (objects.classes[triples[triples[:, 1] == 0, 2]] == 0).all()


def test_classes_are_exchanged_within_pictures():
    objects = objects_of(batch(count=40), TINY)
    draws = torch.rand(len(objects.classes), 2)
    found = exchanged(objects, draws, 0.5)
    assert found.boxes.equal(objects.boxes)
    assert found.masks.equal(objects.masks)
    assert found.real.equal(objects.real)  # nodes of whole pictures stay
    for picture in range(objects.pictures):
        here = objects.picture == picture
        assert found.classes[here].sort().values.equal(objects.classes[here].sort().values)
    changed = torch.zeros(40).index_add(0, objects.picture, (found.classes != objects.classes).float()) > 0
    assert changed.any()
    assert not changed[draws[~objects.real, 1] >= 0.5].any()
    assert exchanged(objects, draws, 0.0).classes.equal(objects.classes)


def test_boxes_are_learned_with_exchanged_classes_too(monkeypatch):
    torch.manual_seed(0)
    trainer = Trainer(replace(TINY, bf16=False, box_updates=3, exchange_rate=1.0), torch.device("cpu"))
    _, objects, _ = trainer.examples(batch())
    given = []
    forward = trainer.net.graph.forward
    monkeypatch.setattr(
        trainer.net.graph, "forward", lambda classes, *rest: given.append(classes) or forward(classes, *rest)
    )
    trainer.learn_boxes(objects)
    assert len(given) == 3
    assert any(not each.equal(objects.classes) for each in given)
    assert all(each.sort().values.equal(objects.classes.sort().values) for each in given)


def test_mirrored_twice_is_the_same():
    given, both = batch(), torch.tensor([True, False, True, False])
    once = mirrored(given, both)
    assert not torch.equal(once["image"], given["image"])
    again = mirrored(once, both)
    for name, value in given.items():
        torch.testing.assert_close(again[name], value)


def test_a_mask_fills_its_box_exactly():
    plane = placed(torch.ones(1, 1, 8, 8), torch.tensor([[0.0, 0.0, 0.5, 0.5]]), (16, 16))
    wanted = torch.zeros(16, 16)
    wanted[:8, :8] = 1
    assert torch.equal(plane[0, 0], wanted)


def test_a_crop_is_what_is_in_the_box():
    picture = torch.arange(256.0).view(1, 1, 16, 16).expand(1, 3, -1, -1)
    found = crops(picture, torch.tensor([[0.25, 0.5, 0.75, 1.0]]), 8)
    assert torch.allclose(found[0, 0], picture[0, 0, 8:16, 4:12], atol=1e-3)


def test_painted_pixels_belong_to_one_object_small_ones_in_front():
    planes = torch.zeros(3, 1, 4, 4)
    planes[0, :, :, :3] = 1  # large
    planes[1, :, 1, 1] = 1  # small
    planes[2] = 1
    kinds, picture = torch.tensor([1, 2, 0]), torch.zeros(3, dtype=torch.int64)
    for whole in (False, True):
        found = painted(kinds, planes, picture, whole=whole)
        assert found[1, 0, 1, 1] == 1
        assert found[0, 0, 1, 1] == 0
        assert (found[:2].sum(0) <= 1).all()
        assert torch.equal(found[2], torch.ones(1, 4, 4) if whole else 1 - found[:2].sum(0))


def test_a_layout_is_classes_and_looks_at_their_places():
    planes = torch.rand(3, 1, 4, 4)
    kinds, looks, picture = torch.tensor([1, 2, 1]), torch.rand(3, 2), torch.tensor([0, 0, 1])
    found = composed(TINY, kinds, looks, planes, picture, 2)
    assert found.shape == (2, 5, 4, 4)
    torch.testing.assert_close(found[0, 1], planes[0, 0])
    torch.testing.assert_close(found[0, 2], planes[1, 0])
    torch.testing.assert_close(found[0, 3], planes[0, 0] * looks[0, 0] + planes[1, 0] * looks[1, 0])
    torch.testing.assert_close(found[1, 4], planes[2, 0] * looks[2, 1])


def test_the_pool_gives_looks_of_the_same_class_only():
    pool = Pool(3, 4, 1)
    draws = torch.rand(6, 2)
    kinds = torch.tensor([0, 0, 1, 1, 2, 2])
    first = torch.tensor([[0.0], [0.1], [1.0], [1.1], [2.0], [2.1]])
    assert torch.equal(pool.swapped(kinds, first, draws), first)  # it was empty
    for _ in range(5):
        found = pool.swapped(kinds, first + 0.01, torch.rand(6, 2))
        assert torch.equal(found[:, 0].floor().long(), kinds)
    assert pool.counts.tolist() == [4, 4, 4]


def gradients_of(trainer, total):
    trainer.net.zero_grad(set_to_none=True)
    total.backward(retain_graph=True)
    parts = {"graph": trainer.net.graph, "boxes": trainer.net.boxes, "masks": trainer.net.masks}
    parts |= {"looks": trainer.net.looks, "renderer": trainer.net.renderer}
    return {
        name: any(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in part.parameters())
        for name, part in parts.items()
    }


@pytest.mark.parametrize("attributes", [True, False])
def test_every_network_learns_from_its_own_losses_alone(attributes):
    torch.manual_seed(0)
    trainer = Trainer(replace(TINY, bf16=False), torch.device("cpu"))
    real, objects, draws = trainer.examples(batch())
    made = trainer.made(real, objects, draws, attributes=attributes)
    losses = trainer.generator_losses(made, real, objects, attributes=attributes)
    assert ("boxes" in losses) == attributes
    of_pictures = {"looks": True, "renderer": True, "graph": False, "boxes": False, "masks": False}
    for name in ("pictures", "features", "pixels", "object pixels", "objects", "classes"):
        assert gradients_of(trainer, losses[name][1]) == of_pictures, name
    for name in ("masks", "mask features"):
        wanted = {"masks": True, "graph": True, "boxes": False, "looks": False, "renderer": False}
        assert gradients_of(trainer, losses[name][1]) == wanted, name
    if attributes:
        wanted = {"boxes": True, "graph": True, "masks": False, "looks": False, "renderer": False}
        assert gradients_of(trainer, losses["boxes"][1]) == wanted


def test_boxes_are_learned_by_further_updates_and_nothing_else_is():
    torch.manual_seed(0)
    trainer = Trainer(replace(TINY, bf16=False, box_updates=5), torch.device("cpu"))
    _, objects, _ = trainer.examples(batch())
    before = {name: value.clone() for name, value in trainer.net.named_parameters()}
    trainer.learn_boxes(objects)
    changed = {name.split(".")[0] for name, value in trainer.net.named_parameters() if not value.equal(before[name])}
    assert changed == {"graph", "boxes"}
    trainer.cfg = replace(TINY, box_updates=0)
    before = {name: value.clone() for name, value in trainer.net.named_parameters()}
    trainer.learn_boxes(objects)
    assert all(value.equal(before[name]) for name, value in trainer.net.named_parameters())


def test_small_objects_count_as_much_as_large_ones():
    torch.manual_seed(0)
    trainer = Trainer(replace(TINY, bf16=False), torch.device("cpu"))
    one = {
        "image": torch.zeros(4, 3, 16, 16),
        "boxes": torch.tensor([[[0.0, 0.0, 0.5, 1.0], [0.5, 0.5, 0.75, 0.75]]]).expand(4, -1, -1),
        "classes": torch.tensor([[0, 1]]).expand(4, -1),
    }
    real, objects, draws = trainer.examples(one)
    made = trainer.made(real, objects, draws, attributes=False)
    losses = {}
    for name, (left, top, right, bottom) in {"large": (0, 0, 8, 16), "small": (8, 8, 12, 12)}.items():
        wrong = real.clone()
        wrong[:, :, top:bottom, left:right] = 1
        losses[name] = trainer.generator_losses(made._replace(pictures=wrong), real, objects, attributes=False)
    pixels, crops = (
        {name: float(each[key][1]) for name, each in losses.items()} for key in ("pixels", "object pixels")
    )
    assert pixels["large"] == pytest.approx(8 * pixels["small"])
    assert crops["large"] == pytest.approx(crops["small"], rel=0.2)
    trainer.cfg = replace(TINY, object_pixel_weight=0.0)
    assert "object pixels" not in trainer.generator_losses(made, real, objects, attributes=False)


def test_looks_learn_through_the_picture_not_through_what_the_discriminator_is_told():
    torch.manual_seed(0)
    trainer = Trainer(replace(TINY, bf16=False), torch.device("cpu"))
    real, objects, draws = trainer.examples(batch())
    made = trainer.made(real, objects, draws, attributes=True)
    made = made._replace(pictures=made.pictures.detach().requires_grad_())
    losses = trainer.generator_losses(made, real, objects, attributes=True)
    assert not gradients_of(trainer, losses["pictures"][1])["looks"]


def test_discriminator_weights_are_the_published_ones():
    trainer = Trainer(TINY, torch.device("cpu"))
    real, objects, draws = trainer.examples(batch())
    made = trainer.made(real, objects, draws, attributes=True)
    found = trainer.discriminator_losses(made, real, objects)
    assert [found[name][0] for name in ("real", "fake", "mismatch")] == [0.5, 0.25, 0.25]
    trainer.cfg = replace(TINY, mismatch_weight=0.0)
    found = trainer.discriminator_losses(made, real, objects)
    assert "mismatch" not in found
    assert found["fake"][0] == 0.5


def test_archetypes_are_the_clusters_in_an_order_of_short_steps():
    generator = torch.Generator().manual_seed(0)
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0], [20.0, 0.0], [30.0, 0.0]])
    vectors = (centres[:, None] + 0.1 * torch.randn(4, 25, 2, generator=generator)).flatten(0, 1)
    kinds = torch.ones(100, dtype=torch.int64)
    found = archetypes(vectors[torch.randperm(100, generator=generator)], kinds, 3, 4, generator)
    torch.testing.assert_close(found[1], centres, atol=0.2, rtol=0)
    assert (found[[0, 2]] == 0).all()
    few = archetypes(vectors[:2], kinds[:2], 2, 4, generator)
    assert {tuple(row) for row in few[1].tolist()} == {tuple(row) for row in vectors[:2].tolist()}


def test_a_graph_without_places_has_no_attributes_and_only_edges_to_the_picture():
    assert not attributes_for(graph(), 5).any()
    assert triples_of(graph()).tolist() == [[0, 0, 2], [1, 0, 2]]


def test_relations_are_inferred_from_boxes_and_places():
    boxes = torch.tensor([[0.0, 0.4, 0.2, 0.6], [0.7, 0.4, 0.9, 0.6]])
    assert inferred(graph(boxes=boxes)).tolist() == [[0, 0, 1], [1, 1, 0]]
    places = graph(locations=torch.tensor([[0.5, 0.1], [0.5, 0.9]]))
    assert inferred(places).tolist() == [[0, 2, 1], [1, 3, 0]]
    told = graph(boxes=boxes, relations=torch.tensor([[0, 3, 1]]))
    assert triples_of(told)[0].tolist() == [0, 4, 1]
    assert attributes_for(graph(boxes=boxes), 5)[0, 10:].argmax() == 0 + 5 * 2


def test_given_boxes_stay_and_made_ones_are_within_the_picture(net):
    boxes = torch.full((2, 4), NAN)
    boxes[0] = torch.tensor([0.1, 0.2, 0.3, 0.4])
    scene = arranged(TINY, net, graph(boxes=boxes), 0)
    torch.testing.assert_close(scene.boxes[0], boxes[0])
    assert scene.boxes[2].tolist() == [0, 0, 1, 1]
    assert (scene.boxes[:, 2:] > scene.boxes[:, :2]).all()
    assert scene.boxes.min() >= 0
    assert scene.boxes.max() <= 1 + 1e-6


def test_any_size(net):
    made = scenegraph.draw(TINY, Run(), net=net, graph=graph(), size=(19, 30))
    assert made.shape == (1, 3, 19, 30)


def test_looks_from_seeds_archetypes_and_photos(net):
    picture = torch.rand(1, 3, 20, 30) * 2 - 1
    assert torch.equal(look_vector(TINY, net, 1, ("archetype", -1), 0), net.archetypes[1, 0])
    assert torch.equal(look_vector(TINY, net, 1, ("archetype", 1), 0), net.archetypes[1, 2])
    box = (0.0, 0.0, 0.5, 1.0)
    assert torch.equal(look_vector(TINY, net, 1, (picture, box), 0), imported_look(net, picture, box))
    with pytest.raises(InputError, match="there is no archetype 2"):
        look_vector(TINY, net, 1, ("archetype", 2), 0)


def test_restyle_changes_looks_and_nothing_else(net):
    given = graph(count=3, looks=[3, 3, 3])
    before = scenegraph.draw(TINY, Run(), net=net, graph=given)
    photo = (torch.ones(1, 3, 8, 8), torch.tensor([[[1, 1], [0, 0]]]).repeat_interleave(4, 1).repeat_interleave(4, 2))
    after = scenegraph.restyle(TINY, Run(), net=net, graph=given, looks={1: photo})
    vectors = looks_for(TINY, net, given, 0)
    vectors[1] = imported_look(net, photo[0], (0.0, 0.0, 1.0, 0.5))
    scene = arranged(TINY, net, given, 0)
    from calotype.models.scenegraph.draw import rendered

    assert torch.equal(after, rendered(TINY, Run(), net, scene, vectors))
    assert not torch.equal(before, after)
    with pytest.raises(InputError, match="no object of the picture changes"):
        scenegraph.restyle(TINY, Run(), net=net, graph=graph(count=1), classes=(1,))
    with pytest.raises(InputError, match="lies outside"):
        scenegraph.restyle(TINY, Run(), net=net, graph=given, at=(99, 0))


def test_unknown_classes_and_missing_boxes(net):
    with pytest.raises(InputError, match="class 7: this model knows 0 to 1"):
        scenegraph.draw(TINY, Run(), net=net, graph=graph(classes=torch.tensor([0, 7])))
    trainer = Trainer(TINY, torch.device("cpu"))
    with pytest.raises(InputError, match="no boxes"):
        trainer.step({}, {"image": torch.zeros(4, 3, 16, 16)}, 0)


def test_settings_that_do_not_fit():
    for wrong in (
        {"size": (18, 16)},
        {"mask_side": 12},
        {"crop": 8},
        {"archetypes": (2, 10)},
        {"objects": 1},
        {"mismatch_weight": 0.7},
        {"box_updates": -1},
        {"exchange_rate": 1.5},
        {"location_cells": 1},
    ):
        with pytest.raises(ValueError, match=r"has to|have to|multiples|power of two"):
            replace(TINY, **wrong)
    with pytest.raises(InputError, match="does not tell how many classes"):
        scenegraph.adapted(TINY, {})


def test_one_noise_for_all_as_in_the_published_code():
    trainer = Trainer(replace(TINY, noise_by="batch"), torch.device("cpu"))
    _, _, draws = trainer.examples(batch())
    assert (draws["noise"] == draws["noise"][0]).all()
    trainer = Trainer(TINY, torch.device("cpu"))
    assert not (trainer.examples(batch())[2]["noise"] == trainer.examples(batch())[2]["noise"][0]).all()


def test_a_sum_of_masks_as_published():
    cfg = replace(TINY, compose="sum")
    trainer = Trainer(cfg, torch.device("cpu"))
    real, objects, draws = trainer.examples(stacked([{k: v[0] for k, v in batch().items()}] * 4))
    made = trainer.made(real, objects, draws, attributes=False)
    wanted = torch.zeros(16, 16)
    for plane, kind in zip(placed(objects.masks, objects.boxes, (16, 16))[:4, 0], objects.classes[:4].tolist()):
        wanted += plane * (kind == 1)
    torch.testing.assert_close(made.layouts[0, 1], wanted)
