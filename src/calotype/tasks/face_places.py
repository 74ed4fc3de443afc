"""The places of eyes and mouth, as the user gives them."""

import re

from calotype.errors import ArgumentError
from calotype.tasks.found_faces import AUTO
from calotype.types import FacePlaces

# What is said of eyes in the other order.
EXCHANGED = "the eyes were exchanged, as the one that lies left with the face upright comes first"
# What is said of places that cannot be those of one face.
CONTRADICTORY = (
    "the mouth lies above the eyes, which are named as in an upright face: where the face is upside down in the photo, "
    "exchange the eyes; else correct the places, pixels from the upper left corner"
)
# What is said of a mouth above the eyes, which are named as in a face upside down.
UPSIDE_DOWN = "upside down, with the mouth above the eyes; where it is not, correct the places"
_PLACE = r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*,\s*(\d{1,6}(?:\.\d{1,6})?)\s*"


def face_places(text: str) -> tuple[FacePlaces | None, FacePlaces | None]:
    """The places of eyes and mouth in a photo, and perhaps where they are to lie in the model's pictures.

    Returns:
        The places, ``None`` for those that are to be found (``auto``); and where they are to lie, ``None`` if nothing
        is said.

    Raises:
        ArgumentError: the text has another form, or the places contradict each other.
    """
    there, *to = str(text).split(" to ")
    found = None if there.strip() == AUTO else _three(there)
    wanted = _three(to[0]) if to else None
    _check_consistent(text, found, wanted)
    if len(to) > 1 or (found is None and there.strip() != AUTO) or (to and wanted is None):
        raise ArgumentError(
            f"'{text}' does not tell where a face is: give left eye, right eye and mouth, like --face "
            "'210,180 290,176 255,270', or auto (face=)"
        )
    return found, wanted


def three_places(text: str) -> FacePlaces:
    """The places of left eye, right eye and mouth.

    Raises:
        ArgumentError: the text has another form, or the places contradict each other.
    """
    found = _three(str(text))
    if found is None:
        raise ArgumentError(
            f"'{text}' does not tell three places: give left eye, right eye and mouth, like '11,13 21,13 16,20'"
        )
    _check_consistent(text, found)
    return found


def _check_consistent(text: str, *given: FacePlaces | None) -> None:
    if any(places is not None and places.contradictory for places in given):
        raise ArgumentError(f"'{text}' cannot be: {CONTRADICTORY}")


def _three(text: str) -> FacePlaces | None:
    found = [re.fullmatch(_PLACE, part) for part in text.split()]
    if len(found) != 3 or not all(found):
        return None
    places = [(float(each[1]), float(each[2])) for each in found if each]
    return FacePlaces(*places) if len(set(places)) > 1 else None
