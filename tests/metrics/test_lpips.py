from __future__ import annotations

import os

import numpy as np
import pytest
import torch

from calotype.errors import InputError
from calotype.metrics.lpips import lpips
from calotype.nn.features import offline_features, vgg16

needs_weights = pytest.mark.skipif(
    not os.environ.get("CALOTYPE_WEIGHTS"), reason="CALOTYPE_WEIGHTS does not name the folder of the VGG-16 weights"
)


def scene(seed=0, size=(64, 80)):
    noise = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 9, 11, generator=noise) * 2 - 1
    real = torch.nn.functional.interpolate(coarse, size, mode="bicubic")
    return (real + 0.1 * torch.randn(real.shape, generator=noise)).clamp(-1, 1)


def disturbed(real, amount):
    return (real + amount * torch.randn(real.shape, generator=torch.Generator().manual_seed(1))).clamp(-1, 1)


class Toy:
    """Two layers that can be followed by hand: the picture, and twice its left half with a zero channel."""

    name = "toy"

    def layers(self, pictures):
        half = 2 * pictures[..., : pictures.shape[3] // 2]
        return [pictures, torch.cat([half, torch.zeros_like(half[:, :1])], 1)]


def test_arithmetic_is_that_of_the_paper():
    real, fake = scene(0), scene(1)
    expected = 0.0
    for a, b in zip(Toy().layers(real), Toy().layers(fake)):
        a, b = a[0].double().numpy(), b[0].double().numpy()
        a, b = a / np.linalg.norm(a, axis=0), b / np.linalg.norm(b, axis=0)
        expected += float(((a - b) ** 2).sum(0).mean())
    found = lpips(real, fake, Toy())
    assert found.distance == pytest.approx(expected, rel=1e-5)
    assert found.features == "toy"


def test_vectors_of_no_length_are_no_fault():
    nothing = torch.zeros(1, 3, 8, 8)
    assert lpips(nothing, nothing, Toy()).distance == 0
    assert lpips(nothing, torch.ones(1, 3, 8, 8), Toy()).distance == pytest.approx(2)


@pytest.mark.parametrize("features", [offline_features, pytest.param(vgg16, marks=needs_weights)])
def test_more_disturbance_is_further_and_its_features_are_named(features):
    features, real = features(), scene()
    distances = [lpips(real, disturbed(real, amount), features) for amount in (0, 0.05, 0.15, 0.5)]
    assert distances[0].distance == 0
    assert [d.distance for d in distances] == sorted(d.distance for d in distances)
    assert {d.features for d in distances} == {features.name}


@needs_weights
def test_a_small_shift_is_nearer_than_blur_of_the_same_error():
    """What the measure is for: pixel differences of the two are alike, and only one of them is easily seen."""
    real = scene(size=(96, 96))
    shifted = real.roll(1, 3)
    blurred = torch.nn.functional.avg_pool2d(torch.nn.functional.pad(real, [2] * 4, mode="reflect"), 5, 1)
    pixels = [(real - x).square().mean() for x in (shifted, blurred)]
    assert pixels[0] > pixels[1]
    features = vgg16()
    assert lpips(real, shifted, features).distance < lpips(real, blurred, features).distance


def test_what_cannot_be_compared():
    with pytest.raises(InputError, match="one size only"):
        lpips(scene(), scene(size=(64, 64)))
    with pytest.raises(InputError, match="too small"):
        lpips(scene()[..., :3, :3], scene()[..., :3, :3])
