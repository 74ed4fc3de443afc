from __future__ import annotations

import pytest
import torch
from skimage.metrics import structural_similarity

from calotype.errors import InputError
from calotype.metrics.ssim import ssim


def pair(seed=0, size=(40, 53)):
    noise = torch.Generator().manual_seed(seed)
    real = torch.nn.functional.interpolate(torch.rand(1, 3, 9, 11, generator=noise) * 2 - 1, size, mode="bicubic")
    return real.clamp(-1, 1), (real + 0.15 * torch.randn(real.shape, generator=noise)).clamp(-1, 1)


@pytest.mark.parametrize("seed", range(3))
def test_is_that_of_scikit_image(seed):
    real, fake = pair(seed)
    expected = structural_similarity(
        real[0].double().numpy(),
        fake[0].double().numpy(),
        channel_axis=0,
        data_range=2,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim(real, fake) == pytest.approx(expected, abs=1e-6)


def test_equal_pictures_and_flat_ones():
    real, fake = pair()
    assert ssim(real, real) == pytest.approx(1)
    assert ssim(real, fake) == pytest.approx(ssim(fake, real))
    # Of flat pictures only brightness is left: (2ab + c) / (a^2 + b^2 + c).
    a, b, c = 0.5, 0.25, 0.02**2
    flat = torch.ones(1, 3, 16, 16)
    assert ssim(a * flat, b * flat) == pytest.approx((2 * a * b + c) / (a * a + b * b + c))


def test_what_cannot_be_compared():
    real, fake = pair()
    with pytest.raises(InputError, match="one size only"):
        ssim(real, fake[..., 1:])
    with pytest.raises(InputError, match="window of 11"):
        ssim(real[..., :10], fake[..., :10])
