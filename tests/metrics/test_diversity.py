"""The spread of samples."""

from __future__ import annotations

import pytest
import torch

from calotype.errors import InputError
from calotype.metrics.diversity import diversity


def flat(value):
    return torch.full((1, 3, 4, 4), float(value))


def halves():
    picture = flat(-0.5)
    picture[..., 2:] = 0.5
    return picture  # contrast 0.5


def test_by_hand():
    # Two samples 0.4 apart everywhere: standard deviation 0.2; over a contrast of 0.5.
    assert diversity(halves(), torch.cat([flat(0), flat(0.4)])) == pytest.approx(0.4)


def test_mean_over_pixels():
    half = torch.cat([flat(0), flat(0)])
    half[1, :, :, 2:] = 0.4
    assert diversity(halves(), half) == pytest.approx(0.2)


def test_equal_samples_have_none():
    assert diversity(halves(), torch.cat([halves()] * 3)) == 0


def test_colours_of_one_grey_do_not_count():
    red, green = flat(0), flat(0)
    red[:, 0], green[:, 1] = 0.3, 0.3
    assert diversity(halves(), torch.cat([red, green])) == pytest.approx(0, abs=1e-9)


def test_one_sample_or_a_flat_photo_is_refused():
    with pytest.raises(InputError, match="two or more"):
        diversity(halves(), flat(0))
    with pytest.raises(InputError, match="contrast"):
        diversity(flat(0.1), torch.cat([halves(), halves()]))
