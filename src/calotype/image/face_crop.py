"""Squares around faces, turned and scaled so that eyes and mouth lie where they do in aligned sets.

Without other places, the square is that of CelebA-HQ and FFHQ (Karras, Aila, Laine, Lehtinen, "Progressive Growing of
GANs", ICLR 2018, appendix C); with other places, the rotation, scale and shift that bring the points of the photo to
them, by least squares (Umeyama, "Least-squares estimation of transformation parameters", 1991).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.types import FacePlaces

_LEAST = 2.0  # pixels of the photo that a square has to have at least


@dataclass(frozen=True)
class Square:
    """A square in a photo: its centre, and the vector to the middle of its right side, pixels [x, y]."""

    centre: tuple[float, float]
    right: tuple[float, float]

    @property
    def side(self) -> float:
        """Its side, pixels of the photo."""
        return 2 * math.hypot(*self.right)


def published_square(places: FacePlaces) -> Square:
    """The square of CelebA-HQ and FFHQ around a face."""
    one, two, mouth = (complex(*place) for place in places.all)
    across, middle = two - one, (one + two) / 2
    down = mouth - middle
    right = across - down * 1j  # down, turned to the right, where the eyes are level
    right = right / abs(right) if right else 1 + 0j
    half = right * max(2.0 * abs(across), 1.8 * abs(down))
    centre = middle + 0.1 * down
    return Square((centre.real, centre.imag), (half.real, half.imag))


def fitted_square(places: FacePlaces, wanted: FacePlaces, side: int) -> Square:
    """The square that a picture of ``side`` pixels shows whose eyes and mouth come nearest to ``wanted``.

    Raises:
        InputError: all are wanted in one place.
    """
    if len(set(wanted.all)) == 1:
        raise InputError("eyes and mouth are to lie in one place: give three places for them, like 11,13 21,13 16,20")
    there = torch.tensor([complex(*place) for place in places.all], dtype=torch.complex128)
    here = torch.tensor([complex(*place) for place in wanted.all], dtype=torch.complex128)
    spread = here - here.mean()
    scale = complex((spread.conj() * (there - there.mean())).sum() / spread.abs().square().sum())
    centre = complex(there.mean()) + scale * (complex(side / 2, side / 2) - complex(here.mean()))
    half = scale * side / 2
    return Square((centre.real, centre.imag), (half.real, half.imag))


def cropped_face(photo: Tensor, places: FacePlaces, side: int, wanted: FacePlaces | None = None) -> Tensor:
    """The face of a photo, upright.

    Args:
        photo: [1, C, h, w], -1..1.
        places: of both eyes, in any order, and the mouth in the photo, pixels.
        side: of the result, pixels.
        wanted: where they are to lie in the result, pixels; ``None``: where they do in FFHQ.

    Returns:
        [1, C, side, side], -1..1; what lies outside of the photo is reflected.

    Raises:
        InputError: a place is outside of the photo, they are too near to each other, or wanted in one place.
    """
    height, width = photo.shape[2:]
    for x, y in places.all:
        if not (0 <= x <= width and 0 <= y <= height):
            raise InputError(
                f"there is no pixel {x:g},{y:g} in a photo of {width}x{height}: give the places of both eyes and of "
                "the mouth"
            )
    if math.dist(places.left, places.right) < _LEAST:
        raise InputError("both eyes lie in one place: give the places of both eyes and of the mouth")
    places = places.in_order()
    square = published_square(places) if wanted is None else fitted_square(places, wanted.in_order(), side)
    if square.side < _LEAST:
        raise InputError("eyes and mouth lie in one place: give the places of both eyes and of the mouth")
    return cut(photo, square, side)


def cut(photo: Tensor, square: Square, side: int) -> Tensor:
    """A square of a photo [1, C, h, w], -1..1: [1, C, side, side]; what lies outside of the photo is reflected."""
    height, width = photo.shape[2:]
    if square.side > side:  # antialiased
        size = (max(1, round(height * side / square.side)), max(1, round(width * side / square.side)))
        photo = resize(photo, size)
    # The square in coordinates of the photo, -1..1; of the photo's own sides, which rounding may have changed.
    right, centre = square.right, square.centre
    theta = torch.tensor(
        [
            [2 * right[0] / width, -2 * right[1] / width, 2 * centre[0] / width - 1],
            [2 * right[1] / height, 2 * right[0] / height, 2 * centre[1] / height - 1],
        ],
        dtype=photo.dtype,
        device=photo.device,
    )
    grid = F.affine_grid(theta[None], [1, photo.shape[1], side, side], align_corners=False)
    made = F.grid_sample(photo, grid, mode="bicubic", padding_mode="reflection", align_corners=False)
    return made.clamp(-1, 1)
