"""The one reader of label map files: the numbers that a file holds, or the picture that it paints.

Labels are numbers. Palette indices, grey levels, bits and 16-bit values are taken as they are stored, never as
brightness, and two indices of one colour are two labels. What they mean is decided by ``labelmap`` (labels of one
photo), ``classmap`` (classes of a model) and ``data.samples`` (classes of a data set).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calotype.errors import InputError
from calotype.files import shown
from calotype.image.limits import check_before_decoding, check_size, check_smallest
from calotype.image.opening import broken, opened
from calotype.image.pages import pages_note
from calotype.image.reading import open_photo
from calotype.image.stored import stored_numbers
from calotype.types import LabelMap, LabelMapLike, Photo, PhotoLike

Colour = tuple[int, int, int]
Stored = Literal["painted", "grey", "palette", "wide"]

MOST_LABELS = 255
_HIGHEST = 65535
_LOSSY = {"JPEG", "MPO"}
_CLEAR, _MOST_CLEAR = 128, 0.02  # alpha below which a pixel is transparent, and the share of such pixels that is filled


@dataclass(frozen=True, eq=False)
class MapPicture(Photo):
    """A label map as a picture to look at, in which no two numbers have one colour, and the numbers themselves.

    Attributes:
        numbers: int64 [height, width]; ``None`` if the map is painted.
        stored: ``painted`` in colours; ``grey`` levels or bits; ``palette`` indices; ``wide``: more than 8 bits.
        palette: the colour of each palette index that has one.
    """

    numbers: NDArray[np.int64] | None = None
    stored: Stored = "painted"
    palette: tuple[Colour, ...] = ()


def open_map(source: LabelMapLike) -> MapPicture:
    """Read a label map from any source.

    Args:
        source: a path, stream, PIL image, array, ``Photo`` or ``LabelMap``; an array [H, W] of integers holds numbers.

    Returns:
        The map at its full size. Few transparent pixels have the colour and number of a pixel beside them, with a note.

    Raises:
        InputError: it cannot be read, is too small, or an array has negative numbers.
    """
    if isinstance(source, MapPicture):
        return source
    if isinstance(source, LabelMap):
        colours = distinct_colours(range(source.classes), source.colours)
        made = _numbered(source.index.astype(np.int64), colours, source.name, source.source, "palette")
        return replace(made, palette=source.colours, notes=source.notes)
    if isinstance(source, Photo):
        return _filled(_painted(source))
    if isinstance(source, np.ndarray):
        return _of_array(source)
    if isinstance(source, Image.Image):
        return _of_image(source, source, "the map", _name_of(getattr(source, "filename", "")), None)
    if isinstance(source, str | Path):
        return _of_path(Path(source))
    return _of_stream(source)


def _painted(photo: Photo) -> MapPicture:
    return MapPicture(photo.rgb, photo.alpha, photo.name, photo.source, photo.notes, photo.carried)


def _of_array(array: NDArray[Any]) -> MapPicture:
    if array.ndim != 2 or array.dtype.kind not in "iu" or not array.size:
        return _filled(_painted(open_photo(array)))
    check_smallest(array.shape[1], array.shape[0], "the map")
    numbers = array.astype(np.int64)
    if numbers.min() < 0:
        raise InputError(f"an array of labels has values from {numbers.min()} to {numbers.max()}: give 0 and above")
    if array.dtype == np.uint8 or numbers.max() < MOST_LABELS:
        return replace(_painted(open_photo(numbers.astype(np.uint8))), numbers=numbers, stored="grey")
    if not _are_labels(numbers, "an array of labels"):
        raise InputError(f"an array of labels has more than {MOST_LABELS} different numbers: give at most so many")
    return _wide(numbers)


def _of_path(path: Path) -> MapPicture:
    try:
        with open(path, "rb") as file:
            data = io.BytesIO(file.read())
    except (OSError, ValueError):
        return _painted(open_photo(path))  # which says what is wrong
    if path.suffix.lower() == ".json":
        raise InputError(f"{shown(path)} is no picture: a label map is one, such as a PNG of flat colours")
    return _of_file(data, path, shown(path), path.stem.lstrip(".") or "image", path)


def _of_stream(stream: BinaryIO) -> MapPicture:
    data = stream.read()
    if not isinstance(data, bytes):
        return _painted(open_photo(stream))  # which says what is wrong
    return _of_file(io.BytesIO(data), io.BytesIO(data), "the input stream", "image", None)


def _of_file(data: io.BytesIO, again: PhotoLike, label: str, name: str, path: Path | None) -> MapPicture:
    try:
        with opened(data, label) as image:
            return _of_image(image, again, label, name, path)
    except InputError:
        _ = open_photo(again)  # a photo is refused in the same words
        raise


def map_numbers(path: str | Path) -> NDArray[np.int64] | None:
    """The numbers in a lossless file, int64 [H, W]; ``None`` if it is in colour.

    Raises:
        InputError: it cannot be read, or is compressed lossily.
    """
    try:
        with open(path, "rb") as file, opened(file, shown(path)) as image:
            check_size(image, None, shown(path))
            if image.format in _LOSSY:
                raise InputError(f"{shown(path)} is a {image.format}, which changes numbers: save it as a grey PNG")
            return stored_numbers(image)[1]
    except InputError:
        raise
    except Exception as error:  # Pillow's readers raise exceptions of any type for a broken file
        raise InputError(f"{shown(path)} is no map of classes that can be read: save it as a grey PNG") from error


def _of_image(image: Image.Image, again: PhotoLike, label: str, name: str, path: Path | None) -> MapPicture:
    """The map in an opened image. ``again`` is the same source, to be read as a photo."""
    check_before_decoding(image, None, label)
    mode, pages = image.mode, pages_note(image, label)
    try:
        upright, numbers = stored_numbers(image)
    except Exception as error:  # Pillow's readers raise exceptions of any type for a broken file
        raise broken(label, error) from error
    if numbers is None:
        return _filled(_painted(open_photo(again)))
    if mode == "P":
        return _noted(_of_palette(upright, numbers, name, path), pages)
    if mode == "F" or (mode.startswith("I") and _are_labels(numbers, label)):
        return _noted(_wide(numbers, name, path), pages)
    photo = replace(_painted(open_photo(again)), name=name, source=path)
    return _filled(replace(photo, numbers=numbers, stored="wide" if mode.startswith("I") else "grey"))


def _noted(made: MapPicture, note: str | None) -> MapPicture:
    return made if note is None else replace(made, notes=(note, *made.notes))


def _are_labels(numbers: NDArray[np.int64], label: str) -> bool:
    """Whether values of more than 8 bits are labels, and not the grey levels of a drawing.

    Raises:
        InputError: they are negative, or labels and too many.
    """
    count, highest = len(np.unique(numbers)), int(numbers.max())
    if numbers.min() < 0 or highest > _HIGHEST:
        raise InputError(f"{label} has values from {numbers.min()} to {highest}: give labels from 0 to {_HIGHEST}")
    if count > MOST_LABELS and highest < _HIGHEST // 16:  # as grey levels, all of them would be nearly black
        raise InputError(f"{label} has {count} different numbers: a label map has at most {MOST_LABELS} labels")
    return count <= MOST_LABELS


def _of_palette(image: Image.Image, numbers: NDArray[np.int64], name: str, path: Path | None) -> MapPicture:
    flat = image.getpalette("RGB") or []
    palette = tuple(cast(Colour, tuple(flat[i : i + 3])) for i in range(0, len(flat) - 2, 3))
    used = np.unique(numbers)
    known = [palette_colour(palette, int(i)) for i in used]
    made = _numbered(numbers, distinct_colours(used, known), name, path, "palette")
    alpha = np.asarray(image.convert("RGBA").getchannel("A")) if "transparency" in image.info else None
    if alpha is not None and alpha.min() == 255:
        alpha = None
    return _filled(replace(made, palette=palette, alpha=alpha))


def _wide(numbers: NDArray[np.int64], name: str = "image", path: Path | None = None) -> MapPicture:
    """A map of numbers of any size, each in a colour of its own: grey, where the numbers' grey levels differ."""
    used = np.unique(numbers)
    small = int(used[-1]) < MOST_LABELS
    levels = used if small else (used + 128) // 257
    if len(np.unique(levels)) == len(used):
        colours = [(int(level),) * 3 for level in levels]
    else:
        colours = [(0, int(number) >> 8, int(number) & 255) for number in used]
    made = dict(zip(used.tolist(), colours))
    return _numbered(numbers, made, name, path, "grey" if small else "wide")


def _numbered(
    numbers: NDArray[np.int64], colours: dict[int, Colour], name: str, path: Path | None, stored: Stored
) -> MapPicture:
    used = np.array(sorted(colours), np.int64)
    table = np.array([colours[int(i)] for i in used], np.uint8)
    rgb = table[np.searchsorted(used, numbers)]
    return MapPicture(rgb, None, name, path, numbers=numbers, stored=stored)


def palette_colour(palette: Sequence[Colour], number: int) -> Colour:
    """The colour of an index; grey of its own level where the palette lacks it."""
    return palette[number] if number < len(palette) else (number, number, number)


def distinct_colours(used: Iterable[int], colours: Sequence[Colour]) -> dict[int, Colour]:
    """The colours of numbers; a later number of the same colour gets one near it that is free."""
    found: dict[int, Colour] = {}
    taken = set(colours)
    seen: set[Colour] = set()
    for number, colour in zip(used, colours):
        mine = colour
        if mine in seen:
            mine = next(c for c in _around(mine) if c not in taken)
            taken.add(mine)
        seen.add(mine)
        found[int(number)] = mine
    return found


def _around(colour: Colour) -> list[Colour]:
    """Colours at growing distances: lighter and darker, then in each channel."""
    steps = [
        (red, green, blue)
        for far in range(40, 256, 20)
        for red, green, blue in (
            (far, far, far),
            (-far, -far, -far),
            (far, 0, 0),
            (-far, 0, 0),
            (0, far, 0),
            (0, -far, 0),
        )
    ]
    moved = [tuple(a + b for a, b in zip(colour, step)) for step in steps]
    inside = [cast(Colour, one) for one in moved if all(0 <= value <= 255 for value in one)]
    return [*inside, *((r, g, b) for r in range(0, 256, 15) for g in range(0, 256, 15) for b in range(0, 256, 15))]


def _name_of(path: object) -> str:
    return (Path(path).stem.lstrip(".") if isinstance(path, str) and path else "") or "image"


# ---------------------------------------------------------------------------------------------------------------
# Transparent pixels


def _filled(picture: MapPicture) -> MapPicture:
    """The map without transparency: few transparent pixels take colour and number of the nearest pixels.

    Raises:
        InputError: more than a few are transparent; the message says how many and where.
    """
    if picture.alpha is None:
        return picture
    clear = picture.alpha < _CLEAR
    if clear.mean() > _MOST_CLEAR:
        y, x = np.argwhere(clear)[0]
        raise InputError(
            f"'{picture.name}' is transparent at {x},{y} ({clear.mean():.1%} of it): fill it with the colour of a label"
        )
    if not clear.any():
        return replace(picture, alpha=None)
    rows, columns = _nearest_known(~clear)
    numbers = None if picture.numbers is None else picture.numbers[rows, columns]
    note = f"'{picture.name}' has {clear.sum()} transparent pixels, which take the label of the nearest ones"
    return replace(picture, rgb=picture.rgb[rows, columns], alpha=None, numbers=numbers, notes=(*picture.notes, note))


def _nearest_known(known: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each pixel, row and column of a nearest known one, in steps to the four neighbours."""
    places: NDArray[np.int64] = np.indices(known.shape)
    rows, columns = places
    known = known.copy()
    while not known.all():
        before = known.copy()
        for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
            beside = np.roll(before, step, axis)
            edge = 0 if step == 1 else -1
            beside[(edge, slice(None)) if axis == 0 else (slice(None), edge)] = False
            new = beside & ~known
            rows[new], columns[new] = np.roll(rows, step, axis)[new], np.roll(columns, step, axis)[new]
            known |= new
    return rows, columns
