"""The membrane is the solution of Laplace's equation."""

import pytest
import torch

from calotype.engines.completion.membrane import membrane


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


def test_a_hole_over_everything_but_a_corner() -> None:
    photo, hole = torch.full((1, 3, 16, 16), 0.25), torch.ones(16, 16, dtype=torch.bool)
    hole[0, 0] = False
    torch.testing.assert_close(membrane(photo, hole), photo)
