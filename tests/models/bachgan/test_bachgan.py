"""The parts of BachGAN: boxes of maps, retrieval, edited backgrounds, and what is drawn from the memory."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.errors import InputError
from calotype.models import bachgan
from calotype.models.bachgan.boxes import backgrounds, box_planes, boxes_of_map, filled
from calotype.models.bachgan.retrieval import areas_of, equal_to, ranked, scores
from calotype.run import Run

# Classes: 0 sky, 1 grass, 2 tree, 3 house.
CFG = replace(bachgan.PRESETS["tiny"], classes=4, salient=(2, 3), least=0.0)


def naive(boxes, index, cfg):
    """The score pixel by pixel, by sets of pixels."""
    height, width = index.shape
    common, union = [], []
    for kind in sorted(set(boxes[1].tolist())):
        inside = torch.zeros(height, width, dtype=torch.bool)
        for box, own in zip(boxes[0].tolist(), boxes[1].tolist()):
            if own == kind:
                for y in range(height):
                    for x in range(width):
                        if box[0] * width <= x < box[2] * width and box[1] * height <= y < box[3] * height:
                            inside[y, x] = True
        there = index == kind
        common.append(int((inside & there).sum()))
        union.append(int((inside | there).sum()))
    if cfg.score == "mean":
        return sum(a / b for a, b in zip(common, union)) / len(union)
    return sum(common) / sum(union)


def random_boxes(generator, count):
    low = torch.randint(0, 12, (count, 2), generator=generator)
    high = low + torch.randint(1, 5, (count, 2), generator=generator)
    boxes = torch.cat([low, high], 1).clamp_max(16) / 16
    return boxes, torch.randint(2, 4, (count,), generator=generator)


@pytest.mark.parametrize("score", ["pooled", "mean"])
def test_the_fast_scores_are_the_naive_ones(score):
    cfg, generator = replace(CFG, score=score), torch.Generator().manual_seed(0)
    memory = torch.randint(0, 4, (12, 16, 16), generator=generator).to(torch.uint8)
    memory[3, :4] = 255
    for count in (1, 2, 5):
        query = random_boxes(generator, count)
        found = scores(query, memory, areas_of(memory, cfg), cfg)
        wanted = torch.tensor([naive(query, index, cfg) for index in memory])
        torch.testing.assert_close(found, wanted, atol=1e-6, rtol=0)


def test_ties_go_by_order_and_maps_can_be_left_out():
    values = torch.tensor([0.2, 0.5, 0.5, 0.1])
    assert ranked(values, 3).tolist() == [1, 2, 0]
    assert ranked(values, 3, torch.tensor([False, True, False, False])).tolist() == [2, 0, 3]
    nothing = (torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))
    memory = torch.zeros(2, 16, 16, dtype=torch.uint8)
    assert scores(nothing, memory, areas_of(memory, CFG), CFG).tolist() == [0, 0]


def test_boxes_of_the_regions_of_salient_classes():
    index = torch.zeros(16, 16, dtype=torch.int64)
    index[8:] = 1
    index[2:6, 3:9] = 2
    index[10:12, 0:4] = 2
    index[8:16, 10:16] = 3
    boxes, kinds = boxes_of_map(index, CFG)
    assert kinds.tolist() == [2, 2, 3]
    wanted = [[3, 2, 9, 6], [0, 10, 4, 12], [10, 8, 16, 16]]
    torch.testing.assert_close(boxes * 16, torch.tensor(wanted).float())
    assert len(boxes_of_map(index, replace(CFG, least=0.05))[1]) == 2


def test_overlapping_boxes_are_both_there_and_the_rest_has_its_own_plane():
    boxes = (torch.tensor([[0.0, 0.0, 0.5, 0.5], [0.25, 0.25, 1.0, 1.0]]), torch.tensor([2, 3]))
    planes = box_planes(boxes, (16, 16), CFG)
    assert planes.shape == (5, 16, 16)
    assert planes[2, 6, 6] == planes[3, 6, 6] == 1
    assert planes[4].sum() == 256 - 64 - 144 + 16
    assert planes[:2].sum() == 0
    tiny = (torch.tensor([[0.99, 0.99, 1.0, 1.0]]), torch.tensor([2]))
    assert filled(tiny, (8, 8)).sum() == 1


def test_a_retrieved_map_keeps_its_background_and_takes_the_boxes():
    index = torch.zeros(1, 16, 16, dtype=torch.uint8)
    index[:, 8:] = 1
    index[:, 0:4, 0:4] = 3  # a house of the retrieved map: it vanishes
    index[:, 15, 15] = 255
    layout = box_planes((torch.tensor([[0.5, 0.25, 1.0, 0.75]]), torch.tensor([2])), (16, 16), CFG)
    found = backgrounds(index, layout, CFG)[0]
    inside = layout[2] > 0
    assert found[2].equal(layout[2])
    assert found[3].sum() == 0
    assert (found[[0, 1, 3, 4]][:, inside] == 0).all()
    assert found[0, 5, 0] == 1
    assert found[1, 12, 0] == 1
    assert found[4, 15, 15] == 1
    assert found[:, 1, 1].sum() == 0


def test_an_own_map_and_its_mirror_image_are_known():
    generator = torch.Generator().manual_seed(0)
    memory = torch.randint(0, 4, (4, 16, 16), generator=generator).to(torch.uint8)
    areas = areas_of(memory, CFG)
    assert equal_to(memory, memory[1].long(), areas).tolist() == [False, True, False, False]
    assert equal_to(memory, memory[2].flip(1).long(), areas).tolist() == [False, False, True, False]


def trained(**changes):
    cfg = replace(CFG, **changes)

    def batch(i):
        generator = torch.Generator().manual_seed(i)
        maps = torch.randint(0, 2, (4, 16, 16), generator=generator)
        maps[:, 4:12, 4:10] = 2 + i % 2
        return {"image": torch.rand(4, 3, 16, 16, generator=generator) * 2 - 1, "map": maps}

    return cfg, bachgan.train(batch, cfg, Run(seed=0))


@pytest.fixture(scope="module")
def model():
    return trained()


QUERY = {"boxes": torch.tensor([[[0.25, 0.25, 0.625, 0.75]]]), "classes": torch.tensor([[3]])}


def test_the_memory_has_maps_of_the_training_each_once(model):
    _, net = model
    assert len({index.numpy().tobytes() for index in net.memory}) == 8
    assert not net.unusable().any()


def test_a_share_of_training_pictures_takes_its_own_map():
    def layouts(share, training):
        cfg = replace(CFG, own_map=share, batch=6)
        torch.manual_seed(0)
        net = bachgan.build(cfg).train(training)
        generator = torch.Generator().manual_seed(1)
        maps = torch.randint(0, 2, (8, 16, 16), generator=generator)
        maps[:, 4:8, 4:8] = 2
        net.prepare(lambda i: {"map": maps}, cfg)
        asked = maps[:6]
        own = torch.stack(
            [
                backgrounds(m[None].to(torch.uint8), box_planes(boxes_of_map(m, cfg), (16, 16), cfg), cfg)[0]
                for m in asked
            ]
        )
        found = net.layouts(asked, cfg).retrieved
        return [bool((found[k] == own[k]).all()) for k in range(6)]

    assert layouts(0.0, True) == [False] * 6
    assert layouts(1.0, True) == [True] * 6
    assert set(layouts(0.5, True)) == {True, False}
    assert layouts(1.0, False) == [False] * 6  # what is drawn retrieves as ever


def test_a_smaller_set_leaves_places_of_the_memory_empty():
    cfg = replace(CFG, candidates=3)
    net = bachgan.build(cfg)
    maps = torch.zeros(4, 16, 16, dtype=torch.int64)
    maps[0] = 1
    net.prepare(lambda i: {"map": maps}, cfg)
    assert net.unusable().tolist() == [False, False, *[True] * 6]
    found = bachgan.retrieved(cfg, net, QUERY)
    assert {number for number, _ in found} == {0, 1}


def test_the_best_maps_are_retrieved_pinned_and_excluded(model):
    cfg, net = model
    best = bachgan.retrieved(cfg, net, QUERY)
    assert [value for _, value in best] == sorted((value for _, value in best), reverse=True)
    assert best[0][1] == 1.0
    numbers = [number for number, _ in best]
    assert [number for number, _ in bachgan.retrieved(cfg, net, QUERY, pin=[5, 1])] == [5, 1]
    assert not {number for number, _ in bachgan.retrieved(cfg, net, QUERY, exclude=numbers)} & set(numbers)
    assert str(numbers[0]) in bachgan.told(cfg, net=net, boxes=QUERY)[0]
    with pytest.raises(InputError, match="there is no background 8: this model knows 0 to 7"):
        bachgan.retrieved(cfg, net, QUERY, pin=[8])


def test_a_pinned_background_stays_when_boxes_change(model):
    cfg, net = model
    one = bachgan.draw(cfg, Run(), net=net, boxes=QUERY, pin=[0, 2])
    again = bachgan.draw(cfg, Run(), net=net, boxes=QUERY, pin=[0, 2], seed=9)
    assert torch.equal(one, again)
    mine = torch.zeros(1, 20, 30, dtype=torch.int64)
    own = bachgan.draw(cfg, Run(), net=net, boxes=QUERY, background=mine, size=(21, 30))
    assert own.shape == (1, 3, 21, 30)
    with pytest.raises(InputError, match="background has class 4"):
        bachgan.draw(cfg, Run(), net=net, boxes=QUERY, background=mine + 4)


def test_boxes_that_no_map_has(model):
    cfg, net = model
    corner = {"boxes": torch.tensor([[[0.0, 0.0, 0.1, 0.1]]]), "classes": torch.tensor([[2]])}
    found = bachgan.retrieved(cfg, net, corner, seed=1)
    assert len(found) == cfg.retrieved
    assert all(value == 0 for _, value in found)
    with pytest.raises(InputError, match="the 1st box is of the class 1: this model draws boxes of 2, 3"):
        bachgan.draw(cfg, Run(), net=net, boxes={**QUERY, "classes": torch.tensor([[1]])})


@pytest.mark.parametrize("background", ["retrieval", "none"])
def test_what_it_is_compared_with(background):
    cfg, net = trained(background=background)
    made = bachgan.draw(cfg, Run(), net=net, boxes=QUERY, pin=[0])
    other = bachgan.draw(cfg, Run(), net=net, boxes=QUERY, pin=[1])
    assert torch.equal(made, other) == (background == "none")


def test_settings_that_do_not_fit():
    for wrong in ({"latent": 4}, {"unknown": "first"}, {"candidates": 1}, {"salient": (4,)}, {"instances": True}):
        with pytest.raises(ValueError, match=r"has to|have to|numbers of classes|without|no style"):
            replace(CFG, **wrong)
    about = {"names": ["sky", "tree"], "classes": 2}
    with pytest.raises(InputError, match="which classes are objects"):
        bachgan.adapted(bachgan.PRESETS["tiny"], about)
    assert bachgan.adapted(bachgan.PRESETS["tiny"], {**about, "things": ["tree"]}).salient == (1,)
    assert bachgan.adapted(replace(bachgan.PRESETS["tiny"], salient=(0,)), about).salient == (0,)
