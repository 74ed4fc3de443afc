"""Colours come back from YIQ, and brightness takes over mean and deviation."""

import pytest
import torch

from calotype.image.luminance import from_yiq, luminance, remapping, to_yiq


def picture(seed: int = 0) -> torch.Tensor:
    return torch.rand(1, 3, 12, 15, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_there_and_back() -> None:
    torch.testing.assert_close(from_yiq(to_yiq(picture())), picture())


def test_grey_is_its_own_luminance_and_has_no_colour() -> None:
    grey = picture()[:, :1].expand(1, 3, -1, -1)
    yiq = to_yiq(torch.cat([grey, torch.ones(1, 1, 12, 15)], 1))
    torch.testing.assert_close(yiq[:, :1], grey[:, :1])
    assert yiq[:, 1:].abs().max() < 1e-6


def test_remapping() -> None:
    before, after = luminance(picture()), 0.2 * luminance(picture(1)) + 0.3
    factor, offset = remapping(before, after)
    made = factor * before + offset
    assert float(made.mean()) == pytest.approx(float(after.mean()), abs=1e-6)
    assert float(made.std()) == pytest.approx(float(after.std()), abs=1e-6)


def test_one_brightness_is_moved_and_not_scaled() -> None:
    assert remapping(torch.full((1, 1, 4, 4), 0.5), torch.full((1, 1, 4, 4), -0.25)) == (1.0, -0.75)
