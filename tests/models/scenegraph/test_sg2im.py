"""Checkpoints of sg2im: the published architecture, written here with its own names, computes what ours computes."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from graph_reference import applied, convolution, mlp
from torch import nn

import calotype
from calotype.errors import InputError
from calotype.kinds import KINDS
from calotype.kinds.kind import Reading
from calotype.models import scenegraph
from calotype.run import Run
from calotype.tasks.model_description import describe
from calotype.tasks.models import models, take_over

# The published ones are 128, 512, 32 and 16.
WIDTH, HIDDEN, NOISE, MASK = 8, 12, 3, 8
OBJECTS = ["person", "NONE", "__image__", "sky", "sheep"]
RELATIONS = ["standing on", "__in_image__", "above"]
DIMS = (10, 6)


def module(inputs, outputs, norm):
    layers = []
    for width in (inputs, outputs):
        layers.append(nn.Conv2d(width, outputs, 3, padding=1))
        layers += {"batch": [nn.BatchNorm2d(outputs)], "instance": [nn.InstanceNorm2d(outputs)], "none": []}[norm]
        layers.append(nn.LeakyReLU(0.2))
    part = nn.Module()
    part.net = nn.Sequential(*layers)
    return part


def reference(norm="batch", masks=True):
    torch.manual_seed(2)
    net = nn.Module()
    net.obj_embeddings, net.pred_embeddings = nn.Embedding(len(OBJECTS) + 1, WIDTH), nn.Embedding(3, WIDTH)
    net.gconv = convolution(WIDTH, 0, HIDDEN, WIDTH)
    net.gconv_net = nn.Module()
    net.gconv_net.gconvs = nn.ModuleList([convolution(WIDTH, 0, HIDDEN, WIDTH)])
    net.box_net = mlp(WIDTH, HIDDEN, 4)
    net.box_net[2].bias.data = torch.tensor([0.05, 0.1, 0.8, 0.7])
    net.rel_aux_net = mlp(2 * WIDTH + 8, HIDDEN, 3)
    if masks:
        layers = []
        for _ in range(3):
            layers += [
                nn.Upsample(scale_factor=2),
                nn.BatchNorm2d(WIDTH),
                nn.Conv2d(WIDTH, WIDTH, 3, padding=1),
                nn.ReLU(),
            ]
        net.mask_net = nn.Sequential(*layers, nn.Conv2d(WIDTH, 1, 1))
    net.refinement_net = nn.Module()
    planes = WIDTH + NOISE
    net.refinement_net.refinement_modules = nn.ModuleList(
        [module(planes + 1, DIMS[0], norm), module(planes + DIMS[0], DIMS[1], norm)]
    )
    net.refinement_net.output_conv = nn.Sequential(
        nn.Conv2d(DIMS[1], DIMS[1], 3, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(DIMS[1], 3, 1)
    )
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2)
    return net.eval()


def vectors_of(net, objects, triples):
    """Vectors of named objects; each has an edge to the whole picture, which comes last."""
    count = len(objects)
    triples = [*triples, *((i, "__in_image__", count) for i in range(count))]
    vectors = net.obj_embeddings(torch.tensor([OBJECTS.index(name) for name in [*objects, "__image__"]]))
    relations = net.pred_embeddings(torch.tensor([RELATIONS.index(word) for _, word, _ in triples]))
    edges = torch.tensor([(one, other) for one, _, other in triples])
    for layer in (net.gconv, *net.gconv_net.gconvs):
        vectors, relations = applied(layer, vectors, relations, edges)
    return vectors


def layout_of(net, vectors, boxes, side):
    """The sum of what each object has at every pixel, pixel by pixel where the box is divided by its sides."""
    total = 0
    for vector, (left, top, right, bottom) in zip(vectors, boxes.tolist()):
        if hasattr(net, "mask_net"):
            plane = torch.sigmoid(net.mask_net(vector[None, :, None, None]))
        else:
            plane = torch.ones(1, 1, 8, 8)
        steps = [i / (side - 1) for i in range(side)]
        grid = [
            [(2 * (x - left) / (right - left) - 1, 2 * (y - top) / (bottom - top) - 1) for x in steps] for y in steps
        ]
        total = total + F.grid_sample(vector[None, :, None, None] * plane, torch.tensor([grid]), align_corners=True)
    return total


def picture_of(net, layout):
    x = torch.zeros(1, 1, layout.shape[2] // 4, layout.shape[3] // 4)
    for part in net.refinement_net.refinement_modules:
        x = F.interpolate(x, scale_factor=2)
        x = part.net(torch.cat([F.adaptive_avg_pool2d(layout, x.shape[2:]), x], 1))
    return net.refinement_net.output_conv(x)


def saved(path, net, **changes):
    masks = MASK if hasattr(net, "mask_net") else 0
    given = {
        "vocab": {"object_idx_to_name": OBJECTS, "pred_idx_to_name": RELATIONS},
        "image_size": (16, 16),
        "mask_size": masks,
        "normalization": "batch",
        "activation": "leakyrelu-0.2",
        "gconv_pooling": "avg",
        "vec_noise_dim": 0,  # arguments that the code has no more
        "decouple_obj_predictions": False,
        **changes,
    }
    content = {
        "args": argparse.Namespace(batch_size=32),
        "model_kwargs": given,
        "model_state": net.state_dict(),
        "d_img_state": {},
        "losses": defaultdict(list, {"total": [np.float64(1.0)]}),
    }
    torch.save(content, path)
    return path


GRAPH = {"objects": ["sky", "sheep", "person"], "relationships": [[0, "above", 1], [1, "standing on", 2]]}


def tensor_of(graph, cfg):
    kind = KINDS["scene graph"]
    return kind.tensor(kind.read(graph, Reading(about=scenegraph.about(cfg))), "cpu")


@pytest.mark.parametrize(("norm", "masks"), [("batch", True), ("instance", False), ("none", True)])
def test_a_graph_is_drawn_as_by_the_reference(tmp_path, norm, masks):
    theirs = reference(norm, masks)
    cfg, net = scenegraph.imported(saved(tmp_path / "vg.pt", theirs, normalization=norm))
    assert (cfg.names, cfg.relations) == (("person", "sky", "sheep"), ("standing on", "above"))
    assert (cfg.size, cfg.masks, cfg.layout_noise, cfg.refinement) == ((16, 16), masks, NOISE, DIMS)
    with torch.no_grad():
        vectors = vectors_of(theirs, GRAPH["objects"], [tuple(each) for each in GRAPH["relationships"]])
        boxes = theirs.box_net(vectors)
        found = net.vectors(
            torch.tensor([2, 3, 1, 0]), torch.tensor([[0, 2, 1], [1, 1, 2], [0, 0, 3], [1, 0, 3], [2, 0, 3]])
        )
        torch.testing.assert_close(found, vectors)
        torch.testing.assert_close(net.boxes(found), boxes)
        wanted = layout_of(theirs, vectors, boxes, 16)
        torch.testing.assert_close(net.layout(found, boxes, (16, 16)), wanted, atol=1e-5, rtol=1e-4)
        noise = torch.randn(1, NOISE, 16, 16, generator=torch.Generator().manual_seed(5))
        wanted = picture_of(theirs, torch.cat([wanted, noise], 1))
        mean, spread = (torch.tensor(each).view(1, 3, 1, 1) for each in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
        wanted = wanted * spread + mean
        wanted = (wanted - wanted.min()) / (wanted.max() - wanted.min())
    made = scenegraph.draw(cfg, Run(), net=net, graph=tensor_of(GRAPH, cfg), seed=5)
    torch.testing.assert_close((made + 1) / 2, wanted, atol=1e-4, rtol=1e-4)
    assert scenegraph.draw(cfg, Run(), net=net, graph=tensor_of(GRAPH, cfg), size=(18, 30)).shape == (1, 3, 18, 30)
    assert scenegraph.cost((16, 16), cfg).bytes > 0


def test_boxes_take_the_place_of_those_that_the_network_makes(tmp_path):
    cfg, net = scenegraph.imported(saved(tmp_path / "vg.pt", reference()))
    plain = {"objects": [{"class": "sky"}, {"class": "sheep"}], "relations": [[0, "above", 1]]}
    given = {**plain, "objects": [{"class": "sky"}, {"class": "sheep", "box": [0.5, 0.5, 1, 1]}]}
    one, other = (scenegraph.draw(cfg, Run(), net=net, graph=tensor_of(graph, cfg)) for graph in (plain, given))
    assert not torch.equal(one, other)
    with torch.no_grad():
        vectors = torch.ones(1, WIDTH)
        layout = net.layout(vectors, torch.tensor([[0.5, 0.5, 1.0, 1.0]]), (16, 16))
    assert not layout[..., :7, :].any()
    assert layout[..., 9:, 9:].all()


def test_from_a_file_to_a_picture(tmp_path):
    file = saved(tmp_path / "vg64.pt", reference())
    told = describe(file)
    assert (told.family, told.writer) == ("scene graph", "sg2im")
    assert "rel_aux_net" in told.unused
    folder = take_over(file)
    graph = tmp_path / "graph.json"
    graph.write_text(json.dumps([GRAPH]))
    result = calotype.draw(graph, model=folder)
    assert result[0].size == (16, 16)
    path = result.save(tmp_path / "out")[0]
    again = calotype.draw(path, model=folder)  # the picture carries its graph
    assert again[0].tobytes() == result[0].tobytes()
    with pytest.raises(InputError, match="no looks"):
        calotype.restyle(path, classes="sheep", model=folder)
    assert describe(folder).facts["verbs"] == "draw"
    assert "- **Can**: draw\n" in (folder / "README.md").read_text()
    assert [entry.purpose for entry in models()] == ["draw"]


def test_what_does_not_fit_is_told(tmp_path):
    cfg, net = scenegraph.imported(saved(tmp_path / "vg.pt", reference()))
    for graph, message in (
        ({"objects": [{"class": "sky"}, {"class": "sheep"}], "relations": [[0, "left of", 1]]}, "standing on"),
        ([GRAPH, GRAPH], "2 scene graphs"),
        ({"objects": ["sky", "dog"], "relationships": []}, "dog"),
    ):
        (tmp_path / "graph.json").write_text(json.dumps(graph))
        with pytest.raises(InputError, match=message):
            tensor_of(tmp_path / "graph.json", cfg)
    with pytest.raises(InputError, match="the 1st object has a size"):
        scenegraph.draw(cfg, Run(), net=net, graph=tensor_of({"objects": [{"class": "sky", "size": 3}]}, cfg))
    with pytest.raises(InputError, match="imported, not trained"):
        scenegraph.train(lambda i: {}, cfg, Run())
    for changes in (
        {"gconv_pooling": "sum"},
        {"mlp_normalization": "batch"},
        {"mask_size": 4},
        {"normalization": "x"},
        {"activation": "gelu"},
    ):
        with pytest.raises(InputError, match="another network than sg2im's"):
            scenegraph.imported(saved(tmp_path / "other.pt", reference(), **changes))


@pytest.mark.parametrize(
    ("activation", "slope"), [("relu", 0.0), ("leakyrelu", 0.01), ("leakyrelu-0.3", 0.3), ("LeakyReLU-0.1", 0.1)]
)
def test_activations_as_sg2im_names_them(tmp_path, activation, slope):
    cfg, _ = scenegraph.imported(saved(tmp_path / "net.pt", reference(), activation=activation))
    assert cfg.slope == slope


def test_weights_that_are_not_finite_are_refused(tmp_path):
    net = reference()
    net.box_net[0].weight.data[0, 0] = float("nan")
    with pytest.raises(InputError, match=r"not finite \(boxes"):
        take_over(saved(tmp_path / "net.pt", net))
