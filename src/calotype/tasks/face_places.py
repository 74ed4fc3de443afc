"""The places of eyes and mouth, as the user gives them."""

import re

from calotype.errors import ArgumentError
from calotype.types import FacePlaces

_PLACE = r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*,\s*(\d{1,6}(?:\.\d{1,6})?)\s*"


def face_places(text: str) -> tuple[FacePlaces, FacePlaces | None]:
    """The places of eyes and mouth in a photo, and perhaps where they are to lie in the model's pictures.

    Raises:
        ArgumentError: the text has another form.
    """
    parts = [_three(part) for part in str(text).split(" to ")]
    if not 1 <= len(parts) <= 2 or None in parts:
        raise ArgumentError(
            f"'{text}' does not tell where a face is: give left eye, right eye and mouth, like --face "
            "'210,180 290,176 255,270' (face=)"
        )
    return parts[0], parts[1] if len(parts) == 2 else None  # type: ignore[return-value]


def _three(text: str) -> FacePlaces | None:
    found = [re.fullmatch(_PLACE, part) for part in text.split()]
    if len(found) != 3 or not all(found):
        return None
    return FacePlaces(*((float(each[1]), float(each[2])) for each in found if each))
