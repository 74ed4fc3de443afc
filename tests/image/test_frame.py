"""Frames at the edges of photos."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from calotype.image.frame import frame_widths
from calotype.image.io import open_photo, to_tensor

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"


def photo(name: str, side: int = 160) -> torch.Tensor:
    return to_tensor(open_photo(PHOTOS / name, max_side=side))


def framed(x: torch.Tensor, sides: tuple[int, int, int, int], value: float) -> torch.Tensor:
    return F.pad(x, sides, value=value)


@pytest.mark.parametrize("value", [1.0, -1.0, 0.8])
@pytest.mark.parametrize("width", [1, 2, 5, 12])
def test_a_frame_is_found_on_every_side(width: int, value: float) -> None:
    """With the line that compression mixes with the picture, at most."""
    found = frame_widths(framed(photo("stream.jpg"), (width,) * 4, value))
    assert all(width <= side <= width + 1 for side in found)


def test_a_frame_on_one_side() -> None:
    assert frame_widths(framed(photo("stream.jpg"), (0, 3, 0, 0), 1.0)) == (0, 4, 0, 0)


@pytest.mark.parametrize("name", sorted(path.name for path in PHOTOS.glob("*.jpg")))
def test_photos_have_none(name: str) -> None:
    """A dark sky with stars has none either."""
    assert frame_widths(photo(name)) == (0, 0, 0, 0)


def test_a_smooth_sky_and_one_colour_are_none() -> None:
    sky = torch.linspace(-0.5, 0.9, 90).view(1, 1, 90, 1).expand(1, 3, 90, 120)
    assert frame_widths(sky) == (0, 0, 0, 0)
    assert frame_widths(torch.zeros(1, 3, 50, 60)) == (0, 0, 0, 0)
    assert frame_widths(torch.zeros(1, 3, 2, 2)) == (0, 0, 0, 0)


def test_a_frame_with_a_slanted_edge() -> None:
    """As scans have it: four lines wide at one end, eight at the other."""
    x = framed(photo("stream.jpg"), (0, 0, 0, 4), -1.0)
    height, width = x.shape[2:]
    rows, columns = torch.arange(height)[:, None], torch.arange(width)
    x = torch.where((height - rows <= 4 + 4 * columns / width)[None, None], torch.tensor(-1.0), x)
    assert 7 <= frame_widths(x)[3] <= 9
