"""Looks of classes: each a seed, or a photo with its label map from which the look is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calotype.errors import InputError, unknown
from calotype.image.classmap import Colour, open_class_map
from calotype.image.labelmap import fitted
from calotype.image.reading import open_photo
from calotype.types import MOST_SEED, LabelMap, Photo

_ASPECT = 0.02  # relative difference of aspect ratios that rounding may leave


@dataclass(frozen=True)
class Look:
    """What a class is to look like.

    Attributes:
        name: of the class.
        seed: of a random look; ``None`` for that of a photo.
        photo: from which the look is taken.
        labels: its label map, of its size.
    """

    name: str
    seed: int | None = None
    photo: Photo | None = None
    labels: LabelMap | None = None


def open_looks(value: Any, names: Sequence[str], colours: Sequence[Colour]) -> dict[int, Look]:
    """Read looks of classes.

    Args:
        value: by the name or number of a class: a seed, a photo and its label map, or both paths in one text with a
            comma between them.
        names: of the model's classes.
        colours: of them, 0..255.

    Returns:
        The looks by the number of the class.

    Raises:
        InputError: there is no such class, or a file cannot be used.
    """
    if not isinstance(value, Mapping):
        raise InputError("looks are given by the names of classes, like hair=7 or hair=photo.jpg,map.png")
    return {class_number(name, names): _look(str(name), look, names, colours) for name, look in value.items()}


def class_number(name: Any, names: Sequence[str]) -> int:
    """The number of a class by its name, or by its number.

    Raises:
        InputError: there is none.
    """
    if name in names:
        return list(names).index(name)
    if str(name).isdigit() and int(name) < len(names):
        return int(name)
    raise InputError(unknown("class", str(name), names))


def _look(name: str, look: Any, names: Sequence[str], colours: Sequence[Colour]) -> Look:
    if isinstance(look, Look):
        return look
    if isinstance(look, int) or (isinstance(look, str) and look.isdigit()):
        if not 0 <= int(look) <= MOST_SEED:
            raise InputError(f"the look of {name} is the seed {look}: give a whole number from 0 to 2**53")
        return Look(name, seed=int(look))
    parts = look.split(",") if isinstance(look, str) else look
    if not isinstance(parts, Sequence) or len(parts) != 2:
        raise InputError(f"the look of {name} is a seed, or a photo and its label map: {name}=PHOTO,MAP")
    try:
        photo, labels = open_photo(parts[0]), open_class_map(parts[1], names, colours)
    except InputError as error:
        raise InputError(f"the look of {name}: {error}") from error
    if abs(photo.size.width * labels.size.height / (photo.size.height * labels.size.width) - 1) > _ASPECT:
        raise InputError(
            f"the look of {name}: the label map '{labels.name}' is {labels.size} and '{photo.name}' {photo.size} "
            "pixels: give a map of the photo's size or aspect ratio"
        )
    return Look(name, photo=photo, labels=fitted(labels, photo.size))
