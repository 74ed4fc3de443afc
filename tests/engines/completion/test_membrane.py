"""The membrane is the solution of Laplace's equation, and draws tones towards it, not things."""

import pytest
import torch

from calotype.engines.completion.membrane import membrane, membrane_correction


@pytest.fixture
def hole() -> torch.Tensor:
    hole = torch.zeros(24, 30, dtype=torch.bool)
    hole[8:18, 9:21] = True
    return hole


def test_a_slope_is_continued_through_the_hole(hole: torch.Tensor) -> None:
    y, x = torch.meshgrid(torch.linspace(-0.5, 0.5, 24), torch.linspace(-0.4, 0.4, 30), indexing="ij")
    slope = torch.stack([x, y, x - y])[None]
    broken = slope.masked_fill(hole, 9.0)  # what is in the hole is not looked at
    torch.testing.assert_close(membrane(broken, hole), slope, atol=2e-3, rtol=0)


def test_every_pixel_of_the_hole_is_the_mean_of_its_neighbours() -> None:
    """Where the hole reaches the edge of the picture too: there are fewer of them."""
    hole = torch.zeros(12, 14, dtype=torch.bool)
    hole[0:7, 5:14] = True
    photo = torch.rand(1, 3, 12, 14, generator=torch.Generator().manual_seed(0))
    made = membrane(photo, hole)
    torch.testing.assert_close(made[..., ~hole], photo[..., ~hole])
    corner = (made[..., 0, 12] + made[..., 1, 13]) / 2
    torch.testing.assert_close(made[..., 0, 13], corner, atol=2e-3, rtol=0)
    middle = (made[..., 2, 8] + made[..., 4, 8] + made[..., 3, 7] + made[..., 3, 9]) / 4
    torch.testing.assert_close(made[..., 3, 8], middle, atol=2e-3, rtol=0)


def test_a_tone_that_is_slightly_off_is_mended_and_a_thing_is_kept(hole: torch.Tensor) -> None:
    photo = torch.zeros(1, 3, 24, 30)
    off = photo.masked_fill(hole, 0.05)
    thing = photo.masked_fill(hole, 1.0)
    middle = (slice(None), slice(None), 13, 15)
    mended = off + membrane_correction(off, photo, hole, 0.2)
    kept = thing + membrane_correction(thing, photo, hole, 0.2)
    assert float(mended[middle].abs().max()) < 0.02
    assert float(kept[middle].min()) > 0.9


def test_a_hole_over_everything_but_a_corner() -> None:
    photo, hole = torch.full((1, 3, 16, 16), 0.25), torch.ones(16, 16, dtype=torch.bool)
    hole[0, 0] = False
    torch.testing.assert_close(membrane(photo, hole), photo)
