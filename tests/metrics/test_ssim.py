from __future__ import annotations

import pytest
import torch
from skimage.metrics import structural_similarity

from calotype.errors import InputError
from calotype.metrics.ssim import ms_ssim, ssim


def pair(seed=0, size=(40, 53)):
    noise = torch.Generator().manual_seed(seed)
    real = torch.nn.functional.interpolate(torch.rand(1, 3, 9, 11, generator=noise) * 2 - 1, size, mode="bicubic")
    return real.clamp(-1, 1), (real + 0.15 * torch.randn(real.shape, generator=noise)).clamp(-1, 1)


@pytest.mark.parametrize("seed", range(3))
def test_is_that_of_scikit_image(seed):
    real, fake = pair(seed)
    expected = structural_similarity(
        (real[0].double().numpy() + 1) / 2,
        (fake[0].double().numpy() + 1) / 2,
        channel_axis=0,
        data_range=1,
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
    a, b, c = 0.75, 0.5, 0.01**2
    flat = torch.ones(1, 3, 16, 16)
    assert ssim((2 * a - 1) * flat, (2 * b - 1) * flat) == pytest.approx((2 * a * b + c) / (a * a + b * b + c))


def test_what_cannot_be_compared():
    real, fake = pair()
    with pytest.raises(InputError, match="one size only"):
        ssim(real, fake[..., 1:])
    with pytest.raises(InputError, match="window of 11"):
        ssim(real[..., :10], fake[..., :10])


def test_five_scales_by_the_formula_with_scikit_image():
    real, fake = pair(size=(180, 197))
    wanted = 0.0
    for channel in range(3):
        a, b = ((x[:, channel : channel + 1].double() + 1) / 2 for x in (real, fake))
        product = 1.0
        for level, exponent in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
            # At the first four scales brightness does not count: it is divided out.
            _, full = structural_similarity(
                a[0, 0].numpy(),
                b[0, 0].numpy(),
                data_range=1,
                gaussian_weights=True,
                sigma=1.5,
                use_sample_covariance=False,
                full=True,
            )
            bright = brightness(a, b)
            inner = (slice(None), slice(None), slice(5, -5), slice(5, -5))
            full = torch.from_numpy(full)[None, None][inner]
            product *= float((full if level == 4 else full / bright).mean()) ** exponent
            a, b = (torch.nn.functional.avg_pool2d(x, 2) for x in (a, b))
        wanted += product / 3
    assert ms_ssim(real, fake) == pytest.approx(wanted, abs=1e-6)


def brightness(a, b):
    """How alike the local means are, by scipy's Gaussian filter."""
    filters = pytest.importorskip("scipy.ndimage")
    means = [torch.from_numpy(filters.gaussian_filter(x[0, 0].numpy(), 1.5, truncate=3.5)) for x in (a, b)]
    inner = [mean[5:-5, 5:-5] for mean in means]
    c = 0.01**2
    return ((2 * inner[0] * inner[1] + c) / (inner[0] ** 2 + inner[1] ** 2 + c))[None, None]


def test_five_scales_of_equal_pictures_and_too_small_ones():
    real, fake = pair(size=(176, 176))
    assert ms_ssim(real, real) == pytest.approx(1)
    assert 0 < ms_ssim(real, fake) < 1
    with pytest.raises(InputError, match="at 5 scales"):
        ms_ssim(real[..., 1:], fake[..., 1:])
