from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage, special, stats
from skimage.filters import gaussian

from calotype.errors import InputError
from calotype.image.io import open_photo, to_tensor
from calotype.metrics.naturalness import (
    _normalized,
    asymmetric_gaussian,
    block_features,
    natural_statistics,
    naturalness,
)

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"


@pytest.fixture(scope="module")
def photos() -> list[torch.Tensor]:
    return [to_tensor(open_photo(path, max_side=256)) for path in sorted(PHOTOS.glob("*.jpg"))]


def blurred(x: torch.Tensor, sigma: float) -> torch.Tensor:
    return torch.from_numpy(gaussian(x[0].numpy(), sigma, channel_axis=0))[None]


def noisy(x: torch.Tensor, amount: float) -> torch.Tensor:
    return (x + amount * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))).clamp(-1, 1)


def test_normalized_coefficients_are_those_of_scipy():
    luma = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (40, 50)))
    reach = np.arange(-3, 4)
    window = np.exp(-(reach[:, None] ** 2 + reach**2) / (2 * (7 / 6) ** 2))
    window /= window.sum()
    mean = ndimage.correlate(luma.numpy(), window, mode="nearest")
    deviation = np.sqrt(ndimage.correlate(luma.numpy() ** 2, window, mode="nearest") - mean**2)
    normal, spread = _normalized(luma[None, None])
    assert np.allclose(spread[0, 0].numpy(), deviation)
    assert np.allclose(normal[0, 0].numpy(), (luma.numpy() - mean) / (deviation + 1))


def reference_fit(values: np.ndarray) -> tuple[float, float, float, float]:
    """The estimator of the released BRISQUE and NIQE codes, which looks the shape up by an exhaustive search."""
    shapes = np.arange(0.2, 10.0005, 0.001)
    table = special.gamma(2 / shapes) ** 2 / (special.gamma(1 / shapes) * special.gamma(3 / shapes))
    left, right = (np.sqrt((values[side] ** 2).mean()) for side in (values < 0, values > 0))
    ratio = left / right
    spread = np.abs(values).mean() ** 2 / (values**2).mean()
    wanted = spread * (ratio**3 + 1) * (ratio + 1) / (ratio**2 + 1) ** 2
    shape = shapes[np.argmin((table - wanted) ** 2)]
    scale = np.sqrt(special.gamma(1 / shape) / special.gamma(3 / shape))
    mean = (right - left) * scale * special.gamma(2 / shape) / special.gamma(1 / shape)
    return shape, left * scale, right * scale, mean


@pytest.mark.parametrize("shape", [0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("skew", [1.0, 0.4])
def test_fit_of_asymmetric_gaussians(shape, skew):
    values = stats.gennorm.rvs(shape, size=200_000, random_state=1)
    # Both sides of an asymmetric one hold as much as they are wide.
    right = np.random.default_rng(2).random(len(values)) < skew / (1 + skew)
    values = np.abs(values) * np.where(right, skew, -1.0)
    found = [float(x[0]) for x in asymmetric_gaussian(torch.from_numpy(values)[None])]
    assert found == pytest.approx(list(reference_fit(values)), abs=2e-3)
    assert found == pytest.approx([shape, 1.0, skew, values.mean()], rel=0.03, abs=0.01)


def test_rows_are_fitted_one_by_one_and_zeros_are_no_fault():
    rows = torch.from_numpy(np.random.default_rng(0).standard_normal((3, 500)))
    rows[1] = 0
    together = torch.stack(asymmetric_gaussian(rows))
    assert together.isfinite().all()
    for i in (0, 2):
        assert torch.equal(together[:, i], torch.stack(asymmetric_gaussian(rows[i : i + 1]))[:, 0])


def test_there_are_36_features_and_blur_and_noise_are_seen_in_them(photos):
    features, sharpness = block_features(photos[0])
    assert features.shape == (len(sharpness), 36)
    assert features.isfinite().all()
    # The paper's observation: noise makes the coefficients more normal, so that their shape rises towards 2.
    assert block_features(noisy(photos[0], 0.5))[0][:, 0].mean() > features[:, 0].mean()


def test_distance_is_that_of_the_two_gaussians(photos):
    model = natural_statistics(photos[1:])
    features = block_features(photos[0])[0].numpy()
    away = features.mean(0) - model.mean.numpy()
    spread = (np.cov(features.T) + model.covariance.numpy()) / 2
    spread += np.diag(0.05 * np.diag(spread) + 1e-9)
    expected = np.sqrt(away @ np.linalg.inv(spread) @ away)
    assert naturalness(photos[0], model) == pytest.approx(float(expected), rel=1e-6)


def distances(photo: torch.Tensor, model) -> tuple[list[float], list[float]]:
    """Of the photo itself and two degrees of blur; of the photo itself and two degrees of noise."""
    blur = [naturalness(x, model) for x in (photo, blurred(photo, 1.5), blurred(photo, 3.0))]
    return blur, [blur[0], *(naturalness(noisy(photo, amount), model) for amount in (0.2, 0.5))]


def test_blur_and_noise_raise_it_for_every_photo_by_its_own_model(photos):
    for photo in photos:
        for row in distances(photo, natural_statistics([photo])):
            assert row == sorted(row)


def test_blur_and_noise_raise_it_by_a_model_of_other_photos(photos):
    """On average: a sky of stars is further from the statistics of landscapes than with a little noise on it."""
    rows = [distances(x, natural_statistics(photos[:i] + photos[i + 1 :])) for i, x in enumerate(photos)]
    for mean in np.array(rows).mean(0):
        assert mean[0] < 0.8 * mean[1] < 0.8 * mean[2]


def test_flat_pictures_and_what_cannot_be_measured(photos):
    model = natural_statistics(photos[:1])
    flat = torch.full((1, 3, 64, 64), 0.3)
    assert naturalness(flat, model) > naturalness(photos[0], model)
    assert np.isfinite(naturalness(photos[1], natural_statistics([flat])))
    with pytest.raises(InputError, match="too few"):
        naturalness(photos[0][..., :31], model)
    with pytest.raises(InputError, match="at least one photo"):
        natural_statistics([])
