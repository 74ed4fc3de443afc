"""Checkpoints in the layout of the published code: the networks of the reference compute what ours compute."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
import torch
from graph_reference import applied, convolution, mlp
from torch import nn

from calotype.errors import InputError
from calotype.models import scenegraph
from calotype.models.scenegraph.objects import SPATIAL

# Widths of the file; the published ones are 128, 512, 64, 32 and 64.
EMBEDDING, HIDDEN, NOISE, LOOKS, WIDTH, OBJECTS = 8, 12, 4, 5, 6, 4
RELATIONS = ["__in_image__", "right of", "left of", "below", "above", "surrounding", "inside"]


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        norm = nn.InstanceNorm2d(width)
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3),
            norm,
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3),
            nn.InstanceNorm2d(width),
        )

    def forward(self, x):
        return x + self.conv_block(x)


def reference(norm=True):
    """Networks of the layout of the published code, with random weights and statistics."""
    torch.manual_seed(1)
    net, wide = nn.Module(), EMBEDDING + NOISE
    net.obj_embeddings, net.pred_embeddings = nn.Embedding(OBJECTS, EMBEDDING), nn.Embedding(7, EMBEDDING)
    net.gconv = convolution(EMBEDDING, 35, HIDDEN, EMBEDDING)
    net.gconv_net = nn.Module()
    net.gconv_net.gconvs = nn.ModuleList(convolution(EMBEDDING, 0, HIDDEN, EMBEDDING) for _ in range(2))
    net.box_net = mlp(EMBEDDING, HIDDEN, 4)
    masks = []
    for _ in range(3):
        masks += [nn.Upsample(scale_factor=2), nn.Conv2d(wide, wide, 3, padding=1), nn.BatchNorm2d(wide), nn.ReLU()]
    net.mask_net = nn.Sequential(*masks, nn.Conv2d(wide, 1, 1))
    net.repr_net = mlp(3 * WIDTH, WIDTH, LOOKS)
    convs = [nn.Conv2d(3, WIDTH, 4, 2)]
    for a in (WIDTH, 2 * WIDTH):
        convs += [nn.BatchNorm2d(a)] if norm else []
        convs += [nn.LeakyReLU(0.2), nn.Conv2d(a, 2 * a, 4, 2)]
    net.image_encoder = nn.Module()
    net.image_encoder.cnn = nn.Sequential(nn.Sequential(*convs), nn.Identity(), nn.Linear(4 * WIDTH, 3 * WIDTH))
    layers = [nn.ReflectionPad2d(3), nn.Conv2d(OBJECTS + LOOKS, WIDTH, 7), nn.InstanceNorm2d(WIDTH), nn.ReLU()]
    for a in (WIDTH, 2 * WIDTH):
        layers += [nn.Conv2d(a, 2 * a, 3, 2, 1), nn.InstanceNorm2d(2 * a), nn.ReLU()]
    layers += [Residual(4 * WIDTH), Residual(4 * WIDTH)]
    for a in (4 * WIDTH, 2 * WIDTH):
        layers += [nn.ConvTranspose2d(a, a // 2, 3, 2, 1, output_padding=1), nn.InstanceNorm2d(a // 2), nn.ReLU()]
    net.layout_to_image = nn.Module()
    net.layout_to_image.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(WIDTH, 3, 7), nn.Tanh())
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    return net.eval()


def vocabulary(relations=RELATIONS):
    return {
        "object_name_to_idx": {"__image__": 0, "person": 1, "sky": 157, "grass": 124},
        "object_to_idx": {"0": 0, "1": 1, "124": 2, "157": 3},
        "pred_idx_to_name": list(relations),
        "num_attributes": 35,
    }


def saved(path, net, **changes):
    content = {
        "args": {"seed": 1},
        "vocab": vocabulary(),
        "model_kwargs": {"image_size": (16, 24), "mask_size": 8, "n_downsample_global": 2, "rep_size": LOOKS},
        "model_state": net.state_dict(),
        "d_obj_state": {},
        "losses": defaultdict(list),
        **changes,
    }
    torch.save(content, path)
    return path


@pytest.mark.parametrize("norm", [True, False])
def test_all_networks_compute_what_the_reference_computes(tmp_path, norm):
    theirs = reference(norm)
    cfg, net = scenegraph.imported(saved(tmp_path / "coco_with_model.pt", theirs))
    assert cfg.names == ("person", "grass", "sky")
    assert cfg.size == (16, 24)
    assert (cfg.box_head, cfg.look_head, cfg.compose, cfg.norm) == ("relu", "relu", "sum", "instance")
    kinds, edges = torch.tensor([1, 3, 0]), torch.tensor([[0, 1], [0, 2], [1, 2]])
    attributes = torch.rand(3, 35)
    words = ["left of", "__in_image__", "__in_image__"]
    objects = torch.cat([theirs.obj_embeddings(kinds), attributes], 1)
    relations = theirs.pred_embeddings(torch.tensor([RELATIONS.index(word) for word in words]))
    for layer in (theirs.gconv, *theirs.gconv_net.gconvs):
        objects, relations = applied(layer, objects, relations, edges)
    triples = torch.tensor([[0, 1 + SPATIAL.index("left of"), 1], [0, 0, 2], [1, 0, 2]])
    found = net.graph(kinds, triples, attributes)
    torch.testing.assert_close(found, objects)
    torch.testing.assert_close(net.boxes(found), theirs.box_net(objects))
    noise = torch.randn(3, NOISE)
    wanted = torch.sigmoid(theirs.mask_net(torch.cat([objects, noise], 1)[:, :, None, None]))
    torch.testing.assert_close(net.masks(found, noise), wanted, atol=1e-5, rtol=1e-5)
    crops = torch.rand(2, 3, 64, 64) * 2 - 1
    pooled = theirs.image_encoder.cnn[0](crops).mean((2, 3))
    torch.testing.assert_close(net.looks(crops), theirs.repr_net(theirs.image_encoder.cnn[2](pooled)))
    layout = torch.rand(1, OBJECTS + LOOKS, 16, 24)
    wanted = theirs.layout_to_image.model(layout)
    torch.testing.assert_close(net.renderer(layout), wanted, atol=1e-4, rtol=0)


def test_archetypes_beside_the_checkpoint(tmp_path):
    path = saved(tmp_path / "coco_with_model.pt", reference())
    assert scenegraph.described(path).facts["archetypes"] == "none"
    for size in (1, 10, 100):
        rows = {kind: np.full((size, LOOKS), kind + size, np.float32) for kind in range(OBJECTS)}
        np.save(tmp_path / f"features_clustered_{size:03d}.npy", rows, allow_pickle=True)
    _, net = scenegraph.imported(path)
    assert net.archetypes.shape == (OBJECTS, 111, LOOKS)
    assert net.archetypes[2, [0, 1, 11], 0].tolist() == [3, 12, 102]
    assert scenegraph.described(path).facts["archetypes"] == "beside the file"
    assert scenegraph.described(path).unused == ("d_obj_state",)
    np.save(tmp_path / "features_clustered_010.npy", np.zeros(3))
    with pytest.raises(InputError, match="no archetypes"):
        scenegraph.imported(path)


def test_other_files_are_refused(tmp_path):
    net = reference()
    for changes, words in (
        ({"model_state": {"obj_embeddings.weight": torch.zeros(4, 8)}}, "Ashual and Wolf, and of sg2im"),
        ({"vocab": vocabulary(["near", "far"])}, "knows other relations"),
        ({"vocab": {}}, "another network"),
        ({"model_kwargs": 3}, "no checkpoint of a scene-graph model"),
    ):
        with pytest.raises(InputError, match=words):
            scenegraph.imported(saved(tmp_path / "other.pt", net, **changes))
    state = net.state_dict()
    state["gconv.net2.0.weight"] = torch.zeros(3, 3)
    with pytest.raises(InputError, match="are of another network"):
        scenegraph.imported(saved(tmp_path / "other.pt", net, model_state=state))
    (tmp_path / "other.pt").write_bytes(b"nothing")
    with pytest.raises(InputError):
        scenegraph.imported(tmp_path / "other.pt")
