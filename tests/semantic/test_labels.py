"""Label maps, and the convolution of one-hot maps by table look-up."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from calotype.errors import InputError
from calotype.models.spade import PRESETS
from calotype.semantic.labels import LabelConv, LabelMaps, instance_edges

TINY = PRESETS["tiny"]


def maps(size=(16, 16), classes=3, count=2):
    return torch.randint(-1, classes, (count, *size), generator=torch.Generator().manual_seed(0))


def plain_one_hot(numbers, cfg):
    """Channels as the documentation tells: classes in order, and a pixel without a class where ``unknown`` says."""
    planes = [numbers == k for k in range(cfg.classes)]
    if cfg.unknown == "last":
        planes.append(numbers == -1)
    if cfg.unknown == "first":
        planes.insert(0, numbers == -1)
    return torch.stack(planes, 1).float()


@pytest.mark.parametrize("unknown", ["last", "first", "zeros"])
@pytest.mark.parametrize("instances", [False, True])
@pytest.mark.parametrize("size", [(16, 16), (8, 8), (5, 7), (4, 2)])
def test_the_look_up_is_the_convolution_of_the_resized_one_hot_map(unknown, instances, size):
    torch.manual_seed(0)
    cfg = replace(TINY, unknown=unknown, instances=instances)
    numbers = maps()
    objects = torch.randint(0, 4, numbers.shape)
    layout = LabelMaps(numbers, cfg, objects)
    planes = plain_one_hot(numbers, cfg)
    if instances:
        planes = torch.cat([planes, instance_edges(objects)[:, None].float()], 1)
    assert torch.equal(layout.one_hot(), planes)
    conv = LabelConv(layout.channels, 6, edges=instances)
    torch.nn.init.normal_(conv.bias)
    mine = conv(layout.at(size))
    weight, bias = (p.detach().clone().requires_grad_() for p in (conv.weight, conv.bias))
    theirs = F.relu(F.conv2d(F.interpolate(planes, size=size, mode="nearest"), weight, bias, padding=1))
    torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-5)
    slope = torch.randn_like(theirs)
    mine.backward(slope)
    theirs.backward(slope)
    torch.testing.assert_close(conv.weight.grad, weight.grad, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(conv.bias.grad, bias.grad, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("rectified", [False, True])
def test_the_plain_convolution_is_the_same(rectified):
    torch.manual_seed(0)
    cfg = replace(TINY, instances=True)
    conv = LabelConv(4, 6, edges=True, rectified=rectified)
    looked_up, plain = (LabelMaps(maps(), cfg, look_up=way) for way in (True, False))
    assert isinstance(plain.at((8, 8)), torch.Tensor)
    torch.testing.assert_close(conv(looked_up.at((8, 8))), conv(plain.at((8, 8))), atol=1e-5, rtol=1e-5)


def test_edges_are_on_both_sides_of_a_border():
    instances = torch.tensor([[[1, 1, 2], [1, 1, 2], [3, 3, 3]]])
    assert instance_edges(instances).int().tolist() == [[[0, 1, 1], [1, 1, 1], [1, 1, 1]]]


def test_without_maps_of_instances_every_region_of_a_class_is_one():
    cfg = replace(TINY, instances=True)
    numbers = maps()
    assert torch.equal(LabelMaps(numbers, cfg).one_hot(), LabelMaps(numbers, cfg, numbers).one_hot())


def test_a_map_is_resized_once_for_all_layers():
    layout = LabelMaps(maps(), TINY)
    assert layout.at((8, 8)) is layout.at((8, 8))


@pytest.mark.parametrize(("wrong", "said"), [(3, "has class 3: this model knows 0 to 2"), (-2, "has class -2")])
def test_classes_that_are_not_known_are_named(wrong, said):
    numbers = maps()
    numbers[0, 0, 0] = wrong
    with pytest.raises(InputError, match=said):
        LabelMaps(numbers, TINY)
