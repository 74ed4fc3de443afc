"""A field that maps a picture to itself gives the picture back, however votes are weighted and edges wrap."""

import pytest
import torch
import torch.nn.functional as F

from calotype.image.patches import unfold
from calotype.matching.vote import vote

SIZE, PATCH = (20, 26), 5


@pytest.fixture
def picture() -> torch.Tensor:
    return torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_own_field_gives_the_picture_back(picture: torch.Tensor, spread: float) -> None:
    grid = (SIZE[0] - PATCH + 1, SIZE[1] - PATCH + 1)
    own = torch.arange(grid[0] * grid[1])
    torch.testing.assert_close(vote(own, grid, picture, grid[1], PATCH, SIZE, spread), picture)


def test_flat_vote_is_unfold_and_fold(picture: torch.Tensor) -> None:
    grid = (SIZE[0] - PATCH + 1, SIZE[1] - PATCH + 1)
    field = torch.randint(0, grid[0] * grid[1], (grid[0] * grid[1],), generator=torch.Generator().manual_seed(1))
    patches = unfold(picture, PATCH)[field].T[None]
    expected = F.fold(patches, SIZE, PATCH) / F.fold(torch.ones_like(patches), SIZE, PATCH)
    torch.testing.assert_close(vote(field, grid, picture, grid[1], PATCH, SIZE), expected)


@pytest.mark.parametrize("tile", [(True, False), (False, True), (True, True)])
def test_wrapping_field_of_a_shifted_wrapping_picture(tile: tuple[bool, bool]) -> None:
    """With a key that shows the picture and its continuation, every wrapped patch has its equal there."""
    picture = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    continued = picture.repeat(1, 1, 2, 2)
    key_columns = 2 * SIZE[1] - PATCH + 1
    grid = tuple(n if t else n - PATCH + 1 for n, t in zip(SIZE, tile))
    y, x = torch.meshgrid(torch.arange(grid[0]), torch.arange(grid[1]), indexing="ij")
    field = (y * key_columns + x).flatten()
    for spread in (0.0, 0.3):
        torch.testing.assert_close(vote(field, grid, continued, key_columns, PATCH, SIZE, spread), picture)
