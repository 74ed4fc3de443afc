from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from PIL import Image

from calotype.image.resize import cubic_weights, resize, resize_cubic, resize_wrapped


def picture(height=48, width=64, seed=0):
    x = torch.rand(1, 3, height // 4, width // 4, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return resize(x, (height, width))


@pytest.mark.parametrize("size", [(24, 32), (17, 50), (96, 128), (48, 20), (14, 14)])
def test_resize_is_pillows_bicubic(size):
    x = picture()
    plane = Image.fromarray(x[0, 0].numpy())
    expected = np.array(plane.resize(size[::-1], Image.Resampling.BICUBIC)).clip(-1, 1)
    assert np.abs(resize(x, size)[0, 0].numpy() - expected).max() < 1e-2


def test_resize_clamps_unless_told():
    x = torch.full((1, 3, 20, 20), -1.0)
    x[..., 10:] = 1
    assert resize(x, (37, 37)).abs().max() <= 1
    assert resize(x, (37, 37), clamp=False).abs().max() > 1.01
    labels = resize((x > 0).float() * 7, (9, 33), mode="nearest")
    assert set(labels.unique().tolist()) == {0, 7}
    field = resize(x * 9, (9, 33), mode="bilinear")
    assert field.max() == pytest.approx(9)


def test_resize_keeps_gradient_and_same_size_is_free():
    x = picture().requires_grad_()
    assert resize(x, (48, 64)) is x
    resize(x, (20, 31)).square().sum().backward()
    assert (x.grad != 0).float().mean() > 0.9


@pytest.mark.parametrize("scale", [0.75, 0.5, 0.31, 1.0, 1.3, 2.0, 3.7])
def test_cubic_constant_stays_constant_and_size_is_the_ceiling(scale):
    x = torch.full((2, 3, 23, 37), 0.3)
    y = resize_cubic(x, scale=scale)
    assert y.shape == (2, 3, math.ceil(scale * 23), math.ceil(scale * 37))
    assert torch.allclose(y, torch.full_like(y, 0.3), atol=1e-6)


@pytest.mark.parametrize("size", [(24, 32), (36, 48), (96, 128), (20, 100)])
def test_cubic_is_pillows_bicubic_away_from_borders(size):
    x = picture()
    expected = np.array(Image.fromarray(x[0, 0].numpy()).resize(size[::-1], Image.Resampling.BICUBIC))
    inside = (slice(size[0] // 6, -(size[0] // 6)), slice(size[1] // 6, -(size[1] // 6)))
    assert np.abs(resize_cubic(x, size)[0, 0].numpy() - expected)[inside].max() < 2e-3


def test_cubic_weights_by_hand():
    # Doubling: output 1 (from 1) lies at 0.75: taps -1, 0, 1, 2, 3 of which the mirror folds -1 -> 2 and 0 -> 1.
    weights = cubic_weights(4, 8, 2.0)
    kernel = {0.25: 0.8671875, 0.75: 0.2265625, 1.25: -0.0703125, 1.75: -0.0234375}
    assert weights[0].tolist() == pytest.approx(
        [kernel[0.25] + kernel[0.75], kernel[1.25] + kernel[1.75], 0, 0], abs=1e-12
    )
    assert torch.allclose(weights.flip(0, 1), weights)


def test_cubic_border_mirrors_when_the_kernel_is_wider_than_the_photo():
    assert torch.allclose(cubic_weights(3, 1, 1 / 8).sum(), torch.ones((), dtype=torch.float64))


def test_cubic_keeps_gradient():
    x = picture().requires_grad_()
    resize_cubic(x, scale=0.75).square().sum().backward()
    assert (x.grad != 0).float().mean() > 0.9


def test_cubic_wants_one_of_two():
    for arguments in ({}, {"size": (2, 2), "scale": 1.0}):
        with pytest.raises(ValueError, match="either"):
            resize_cubic(picture(), **arguments)


@pytest.mark.parametrize(("old", "new"), [(64, 85), (48, 64), (37, 53), (100, 75), (9, 20)])
@pytest.mark.parametrize("axis", [2, 3])
def test_a_picture_that_continues_itself_is_resampled_as_one(old, new, axis):
    noise = torch.Generator().manual_seed(0)
    smooth = torch.nn.functional.avg_pool2d(torch.randn(1, 3, 3 * old, 3 * old, generator=noise), 5, 1, 2)
    x = smooth[:, :, :old, :old]
    wraps = (axis == 2, axis == 3)
    size = (new, old) if axis == 2 else (old, new)
    # Three copies in a row, of which the middle one is all that it should be.
    three = torch.cat([x, x, x], axis)
    whole = resize(three, (3 * new, old) if axis == 2 else (old, 3 * new), clamp=False).narrow(axis, new, new)
    made = resize_wrapped(x, size, wraps, lambda picture, at: resize(picture, at, clamp=False))
    assert made.shape == whole.shape
    # A shift by half a pixel would be ten times as far off.
    assert (made - whole).abs().mean() < 0.03 * whole.std()


def test_a_picture_that_does_not_continue_itself_is_resampled_as_always():
    x = torch.rand(1, 3, 20, 30)
    assert torch.equal(resize_wrapped(x, (40, 45), (False, False)), resize(x, (40, 45)))
