"""Faces cropped and turned by the places of eyes and mouth."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from calotype.errors import InputError
from calotype.image.face_crop import cropped_face, fitted_square, published_square
from calotype.types import FacePlaces


def marked(places: FacePlaces, height: int = 200, width: int = 240) -> torch.Tensor:
    """A grey photo with a soft spot of its own colour at each place."""
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    return torch.stack([torch.exp(-((x - a) ** 2 + (y - b) ** 2) / 50) for a, b in places.all])[None] * 2 - 1


def found(picture: torch.Tensor) -> list[tuple[float, float]]:
    """The centres of the three spots."""
    weight = (picture[0] + 1).clamp_min(0.2) - 0.2
    at = torch.arange(picture.shape[2]) + 0.5
    total = weight.sum((1, 2))
    return list(zip((weight.sum(1) @ at / total).tolist(), (weight.sum(2) @ at / total).tolist()))


def turned(places: FacePlaces, degrees: float, scale: float, centre: complex) -> FacePlaces:
    step = scale * complex(math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))
    moved = [centre + step * complex(*place) for place in places.all]
    return FacePlaces(*((each.real, each.imag) for each in moved))


def test_eyes_and_mouth_lie_as_in_published_sets():
    # The recipe of CelebA-HQ for an upright face: half the side is the larger of 2 x and 1.8 y, the centre a tenth of y
    # below the eyes.
    square = published_square(FacePlaces((80, 90), (120, 90), (100, 140)))
    assert square.centre == pytest.approx((100, 95))
    assert square.right == pytest.approx((90, 0))
    # Turned and shifted with the face.
    face = turned(FacePlaces((-20, -25), (20, -25), (0, 25)), 25, 0.8, 110 + 105j)
    picture = cropped_face(marked(face), face, 64)
    expected = [(32 + 32 * x / 90, 32 + 32 * y / 90) for x, y in ((-20, -5), (20, -5), (0, 45))]
    for one, other in zip(found(picture), expected):
        assert one == pytest.approx(other, abs=0.5)


def test_a_face_comes_to_where_a_model_has_it():
    wanted = FacePlaces((11, 13), (21, 13), (16, 20))
    for degrees, scale in ((-20, 4.0), (10, 2.5), (0, 0.7)):  # the last: enlarged
        face = turned(wanted, degrees, scale, 60 + 70j)
        picture = cropped_face(marked(face), face, 32, wanted)
        assert picture.shape == (1, 3, 32, 32)
        if scale > 1:
            for one, other in zip(found(picture), wanted.all):
                assert one == pytest.approx(other, abs=0.4)
    square = fitted_square(wanted, wanted, 32)
    assert (*square.centre, *square.right) == pytest.approx((16, 16, 16, 0))


def test_a_square_picture_whose_face_is_in_place_stays_as_it_is():
    places = FacePlaces((11, 13), (21, 13), (16, 20))
    photo = F.interpolate(torch.rand(1, 3, 4, 4) * 2 - 1, size=32, mode="bicubic").clamp(-1, 1)
    torch.testing.assert_close(cropped_face(photo, places, 32, places), photo, atol=1e-4, rtol=0)


def test_places_that_cannot_be():
    photo = torch.zeros(1, 3, 40, 50)
    with pytest.raises(InputError, match="there is no pixel 60,10 in a photo of 50x40"):
        cropped_face(photo, FacePlaces((60, 10), (20, 10), (15, 20)), 16)
    with pytest.raises(InputError, match="lie in one place"):
        cropped_face(photo, FacePlaces((10, 10), (10, 10), (10, 10)), 16)
    with pytest.raises(InputError, match="both eyes lie in one place"):
        cropped_face(photo, FacePlaces((20, 10), (20, 10), (15, 20)), 16)
    with pytest.raises(InputError, match="are to lie in one place"):
        cropped_face(photo, FacePlaces((10, 10), (20, 10), (15, 20)), 16, FacePlaces((5, 5), (5, 5), (5, 5)))
