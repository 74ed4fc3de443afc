"""Spectral normalisation as one operation: against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from calotype.nn.spectral import spectral_norm

LAYERS = {"convolution": (lambda: nn.Conv2d(6, 9, 3), (2, 6, 5, 5)), "linear": (lambda: nn.Linear(7, 5), (2, 7))}


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("kind", LAYERS)
def test_does_what_torch_does(kind, last):
    make, shape = LAYERS[kind]
    layers = []
    for wrap in (spectral_norm, parametrizations.spectral_norm):
        torch.manual_seed(0)
        layer = wrap(make())
        layers.append(layer.to(memory_format=torch.channels_last) if last else layer)
    x = torch.randn(shape)
    for _ in range(3):  # each use is a step of the power iteration
        ours, theirs = (layer(x) for layer in layers)
    assert torch.allclose(ours, theirs, atol=1e-5)
    wanted = torch.randn(ours.shape)
    slopes, true = (
        torch.autograd.grad((y * wanted).sum(), list(layer.parameters()))
        for y, layer in ((ours, layers[0]), (theirs, layers[1]))
    )
    assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(slopes, true))
    kept, expected = (layer.eval().state_dict() for layer in layers)
    assert kept.keys() == expected.keys()
    assert all(torch.allclose(kept[name], expected[name], atol=1e-4) for name in kept)
    assert torch.allclose(layers[0](x), layers[1](x), atol=1e-5)
    assert all(
        torch.equal(layers[0].state_dict()[name], kept[name]) for name in kept
    )  # using it in eval changes nothing


def test_a_weight_may_be_used_twice_before_gradients_come():
    layer = spectral_norm(nn.Linear(4, 4))
    x = torch.randn(3, 4)
    (layer(x).sum() + layer(-x).sum()).backward()
    assert torch.isfinite(layer.parametrizations.weight.original.grad).all()


def test_gradients_of_gradients_reach_the_weight():
    layer = spectral_norm(nn.Conv2d(2, 3, 3)).to(memory_format=torch.channels_last)
    x = torch.randn(1, 2, 5, 5, requires_grad=True)
    (slope,) = torch.autograd.grad(layer(x).square().sum(), x, create_graph=True)
    slope.square().sum().backward()
    assert layer.parametrizations.weight.original.grad.abs().sum() > 0
