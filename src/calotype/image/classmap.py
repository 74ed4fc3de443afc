"""Label maps read in the classes of a model: class numbers, or a picture painted in the classes' colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from calotype.errors import InputError
from calotype.image.labelmap import unambiguous
from calotype.image.labels import nearest
from calotype.image.mapfile import MapPicture, open_map
from calotype.types import LabelMap, LabelMapLike, Photo

Colour = tuple[int, int, int]
NO_CLASS = 255  # in a map: a pixel of no class
_WITHIN = 24.0  # levels of 255 that a painted colour may be off, as JPEG and colour management leave it
_SLIP = 0.001  # share of a map that may be in other colours, as smoothed edges are: those take the nearest class
_LISTED = 12  # classes that a message names


def open_class_map(source: LabelMapLike, names: Sequence[str], colours: Sequence[Colour]) -> LabelMap:
    """Read a label map in the numbering of a model's classes.

    A grey PNG and an array [H, W] of whole numbers hold class numbers, 255 for none. A palette PNG holds them too,
    unless all of its colours are colours of classes. Any other picture is painted in the classes' colours.

    Args:
        source: a path, PIL image, array, ``Photo`` or ``LabelMap``.
        names: of the classes.
        colours: of the classes, 0..255.

    Returns:
        The map at its full size: ``index`` 0 .. K - 1, or 255 where no class is.

    Raises:
        InputError: it cannot be read, or has a number or a colour of no class; the message names it and where it is.
    """
    known = tuple((int(red), int(green), int(blue)) for red, green, blue in colours)
    if isinstance(source, LabelMap):
        return replace(source, index=_checked(source.index, source.name, names), colours=known)
    picture = open_map(source)
    if picture.numbers is not None and not _in_colours(picture, known):
        name = "map" if picture.source is None else picture.name
        index = _checked(picture.numbers, name, names)
        return LabelMap(
            index, known, name, picture.source, (*picture.notes, *_of_another_palette(picture, index, names))
        )
    index, notes = _painted(picture, names, known)
    return LabelMap(index, known, picture.name, picture.source, (*picture.notes, *notes))


def _in_colours(picture: MapPicture, known: Sequence[Colour]) -> bool:
    """Whether a map is a palette picture in colours of classes alone, whose indices mean nothing then."""
    if picture.stored != "palette" or picture.numbers is None:
        return False
    used = np.unique(picture.numbers).tolist()
    return all(number < len(picture.palette) and picture.palette[number] in known for number in used)


def _of_another_palette(picture: MapPicture, index: NDArray[np.uint8], names: Sequence[str]) -> tuple[str, ...]:
    """A line about a palette picture in other colours than those of the classes: it may be a map for another model."""
    shades = all(len(set(colour)) == 1 for colour in picture.palette)
    if picture.stored != "palette" or shades:
        return ()
    used = [number for number in np.unique(index).tolist() if number != NO_CLASS][:3]
    said = ", ".join(f"{number} {names[number]}" for number in used)
    return (
        f"the palette of '{picture.name}' is not that of the classes: its numbers are taken as classes ({said} ...)",
    )


def _checked(index: NDArray[np.integer], name: str, names: Sequence[str]) -> NDArray[np.uint8]:
    wrong = (index != NO_CLASS) & ((index < 0) | (index >= len(names)))
    if wrong.any():
        y, x = np.argwhere(wrong)[0]
        raise InputError(
            f"'{name}' has class {index[y, x]} at {x},{y}, and the classes are 0 to {len(names) - 1}: {_listed(names)}"
        )
    return index.astype(np.uint8)


def _painted(
    photo: Photo, names: Sequence[str], colours: Sequence[Colour]
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    picture = torch.tensor(photo.rgb).permute(2, 0, 1)[None].float() / 127.5 - 1
    palette = torch.tensor(colours, dtype=torch.float32) / 127.5 - 1
    index, distance = nearest(picture, palette)
    beyond = distance > _WITHIN / 127.5
    off = unambiguous(picture, palette, beyond)
    far = (beyond & ~off)[0].numpy()
    notes: tuple[str, ...] = ()
    if float(off.float().mean()) > _SLIP:
        y, x = _flattest(photo.rgb, off[0].numpy())
        colour = "#{:02x}{:02x}{:02x}".format(*photo.rgb[y, x])
        notes = (f"'{photo.name}' has the colour {colour} at {x},{y}, which is taken as {names[int(index[0, y, x])]}",)
    if far.mean() > _SLIP:
        flat = _flattest(photo.rgb, far)
        colour = "#{:02x}{:02x}{:02x}".format(*photo.rgb[flat])
        near = names[int(index[0][flat])]
        raise InputError(
            f"'{photo.name}' has the colour {colour} at {flat[1]},{flat[0]}, which is that of no class (the nearest is "
            f"{near}): paint it in the colours of the classes: {_listed(names, colours)}"
        )
    found: NDArray[np.uint8] = index[0].numpy().astype(np.uint8)
    return found, notes


def _flattest(rgb: NDArray[np.uint8], among: NDArray[np.bool_]) -> tuple[int, int]:
    """Where the most frequent colour among some pixels first is: row and column."""
    wide = rgb.astype(np.int64)
    codes = (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]
    found, counts = np.unique(codes[among], return_counts=True)
    y, x = np.argwhere(among & (codes == found[counts.argmax()]))[0]
    return int(y), int(x)


def _named(name: str, colour: Colour) -> str:
    """A class with its colour, or the colour alone where it is the name."""
    code = "#{:02x}{:02x}{:02x}".format(*colour)
    return code if name == code else f"{name} {code}"


def _listed(names: Sequence[str], colours: Sequence[Colour] | None = None) -> str:
    said = [
        f"{number} {name}" if colours is None else _named(name, colours[number]) for number, name in enumerate(names)
    ]
    return ", ".join(said[:_LISTED]) + (f" and {len(said) - _LISTED} more" if len(said) > _LISTED else "")
