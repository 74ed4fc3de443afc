from __future__ import annotations

import math

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from calotype.errors import InputError
from calotype.metrics.psnr import psnr


def pair(seed=0, size=(24, 33), channels=3):
    noise = torch.Generator().manual_seed(seed)
    real = torch.rand(1, channels, *size, generator=noise) * 2 - 1
    return real, (real + 0.2 * torch.randn(real.shape, generator=noise)).clamp(-1, 1)


@pytest.mark.parametrize("seed", range(3))
def test_is_that_of_scikit_image(seed):
    real, fake = pair(seed)
    expected = peak_signal_noise_ratio(real.double().numpy(), fake.double().numpy(), data_range=2)
    assert psnr(real, fake) == pytest.approx(expected, rel=1e-6)


def test_by_hand():
    real = torch.zeros(1, 3, 8, 8)
    assert psnr(real, real + 0.2) == pytest.approx(20)  # a tenth of the range
    assert psnr(real, real) == math.inf


def test_alpha_is_not_looked_at():
    real, fake = pair(channels=4)
    assert psnr(real, fake) == psnr(real[:, :3], fake[:, :3])


def test_what_cannot_be_compared():
    real, fake = pair()
    with pytest.raises(InputError, match="33x24 and the other 32x24"):
        psnr(real, fake[..., :32])
    with pytest.raises(InputError, match="one colour picture"):
        psnr(real[:, :1], fake[:, :1])
