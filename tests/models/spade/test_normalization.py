"""The SPADE layer, against a plain computation of the published formula."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from calotype.models.spade import PRESETS
from calotype.semantic.labels import LabelMaps
from calotype.semantic.normalization import FreeNorm
from calotype.semantic.spade import Spade

TINY = PRESETS["tiny"]


def layer(cfg, channels=6):
    torch.manual_seed(0)
    norm, spade = FreeNorm(channels, cfg), Spade(channels, cfg)
    for parameter in spade.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return norm, spade


def formula(x, planes, spade, over):
    """Equation 1 of the paper, with the weights of a layer taken apart."""
    channels = x.shape[1]
    mean = x.mean(over, keepdim=True)
    deviation = (x.var(over, unbiased=False, keepdim=True) + 1e-5).sqrt()
    hidden = F.relu(F.conv2d(planes, spade.shared.weight, spade.shared.bias, padding=1))
    gamma = F.conv2d(hidden, spade.affine.weight[:channels], spade.affine.bias[:channels] - 1, padding=1)
    beta = F.conv2d(hidden, spade.affine.weight[channels:], spade.affine.bias[channels:], padding=1)
    return (x - mean) / deviation * (1 + gamma) + beta


@pytest.mark.parametrize(("kind", "over"), [("batch", (0, 2, 3)), ("instance", (2, 3))])
@pytest.mark.parametrize("slope", [1.0, 0.2])
def test_values_and_gradients_are_those_of_the_formula(kind, over, slope):
    cfg = replace(TINY, norm=kind)
    norm, spade = layer(cfg)
    numbers = torch.randint(-1, 3, (2, 16, 16))
    layout = LabelMaps(numbers, cfg)
    planes = F.interpolate(layout.one_hot(), size=(8, 8), mode="nearest")
    x = torch.randn(2, 6, 8, 8).mul(3).add(1).requires_grad_()
    y = x.detach().clone().requires_grad_()
    weight = torch.randn(2, 6, 8, 8)
    mine = spade(norm(x), layout.at((8, 8)), slope)
    theirs = F.leaky_relu(formula(y, planes, spade, over), slope)
    torch.testing.assert_close(mine, theirs, atol=1e-4, rtol=1e-4)
    found = torch.autograd.grad((mine * weight).sum(), [x, *spade.parameters()])
    wanted = torch.autograd.grad((theirs * weight).sum(), [y, *spade.parameters()])
    for one, other in zip(found, wanted):
        torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-3)


def test_running_statistics_are_used_after_training_and_those_of_the_picture_if_asked():
    norm = FreeNorm(2, TINY)
    norm.momentum = 1.0
    x = torch.randn(4, 2, 8, 8) * 2 + 5
    norm(x)
    torch.testing.assert_close(norm.mean, x.mean((0, 2, 3)), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(norm.variance, x.var((0, 2, 3), unbiased=False), atol=1e-4, rtol=1e-4)
    other = torch.zeros(1, 2, 4, 4)
    wanted = -norm.mean / (norm.variance + 1e-5).sqrt()
    torch.testing.assert_close(norm.eval()(other)[0, :, 0, 0], wanted, atol=1e-4, rtol=1e-4)
    batch = FreeNorm(2, replace(TINY, statistics="batch")).eval()
    assert batch(x).mean().abs() < 1e-5
    assert torch.equal(batch.mean, torch.zeros(2))


def test_a_flat_map_keeps_its_class_through_spade_and_not_through_an_ordinary_norm():
    norm, spade = layer(replace(TINY, norm="instance"))
    flat = [LabelMaps(torch.full((1, 16, 16), k), TINY) for k in range(3)]
    x = torch.randn(1, 6, 16, 16)
    made = [spade(norm(x), each.at((16, 16))) for each in flat]
    assert (made[0] - made[1]).abs().mean() > 0.1
    torch.manual_seed(0)
    weight = torch.randn(6, 4, 3, 3)
    lost = [F.instance_norm(F.conv2d(each.one_hot()[:, :, 1:-1, 1:-1], weight)) for each in flat]
    torch.testing.assert_close(lost[0], lost[1], atol=1e-3, rtol=0)
