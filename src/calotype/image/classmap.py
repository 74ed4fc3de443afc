"""Label maps read in the classes of a model: class numbers, or a picture painted in the classes' colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from calotype.errors import InputError
from calotype.files import shown
from calotype.image.io import open_photo
from calotype.image.labelmap import as_picture
from calotype.image.labels import nearest
from calotype.image.reading import check_before_decoding, check_smallest
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
    numbers, name = _numbers(source, known)
    if numbers is not None:
        path = Path(source) if isinstance(source, str | Path) else None
        return LabelMap(_checked(numbers, name, names), known, name, path)
    photo = open_photo(as_picture(source))
    return LabelMap(_painted(photo, names, known), known, photo.name, photo.source)


def _numbers(source: LabelMapLike, known: Sequence[Colour]) -> tuple[NDArray[np.int64] | None, str]:
    """The class numbers that a source holds, and its name; ``None`` where it is painted in colours."""
    if isinstance(source, np.ndarray):
        if source.ndim != 2 or source.dtype.kind not in "iu":
            return None, "map"
        check_smallest(source.shape[1], source.shape[0], "the map")
        return source.astype(np.int64), "map"
    if isinstance(source, Image.Image):
        check_before_decoding(source, None, "the map")
        return _in_image(source, known), "map"
    if isinstance(source, str | Path):
        try:
            with Image.open(source) as image:
                check_before_decoding(image, None, shown(source))
                image.load()
                return _in_image(image, known), Path(source).stem
        except InputError:
            raise
        # Pillow's readers answer a broken file with exceptions of any kind; what is wrong is said when it is opened.
        except Exception:
            return None, ""
    return None, ""


def _in_image(image: Image.Image, known: Sequence[Colour]) -> NDArray[np.int64] | None:
    if image.mode == "P":
        index = np.array(image)
        palette = np.array(image.convert("RGB"))
        colours = {tuple(int(v) for v in colour) for colour in np.unique(palette.reshape(-1, 3), axis=0)}
        return None if colours <= set(known) else index.astype(np.int64)
    if image.mode in ("L", "1") or image.mode.startswith("I"):
        return np.array(image).astype(np.int64)
    return None


def _checked(index: NDArray[np.integer], name: str, names: Sequence[str]) -> NDArray[np.uint8]:
    wrong = (index != NO_CLASS) & ((index < 0) | (index >= len(names)))
    if wrong.any():
        y, x = np.argwhere(wrong)[0]
        raise InputError(
            f"'{name}' has class {index[y, x]} at {x},{y}, and the model knows 0 to {len(names) - 1}: {_listed(names)}"
        )
    return index.astype(np.uint8)


def _painted(photo: Photo, names: Sequence[str], colours: Sequence[Colour]) -> NDArray[np.uint8]:
    picture = torch.tensor(photo.rgb).permute(2, 0, 1)[None].float() / 127.5 - 1
    palette = torch.tensor(colours, dtype=torch.float32) / 127.5 - 1
    index, distance = nearest(picture, palette)
    far = (distance[0] > _WITHIN / 127.5).numpy()
    if far.mean() > _SLIP:
        flat = _flattest(photo.rgb, far)
        colour = "#{:02x}{:02x}{:02x}".format(*photo.rgb[flat])
        near = names[int(index[0][flat])]
        raise InputError(
            f"'{photo.name}' has the colour {colour} at {flat[1]},{flat[0]}, which is that of no class (the nearest is "
            f"{near}): paint it in the colours of the model's classes: {_listed(names, colours)}"
        )
    found: NDArray[np.uint8] = index[0].numpy().astype(np.uint8)
    return found


def _flattest(rgb: NDArray[np.uint8], among: NDArray[np.bool_]) -> tuple[int, int]:
    """Where the most frequent colour among some pixels first is: row and column."""
    wide = rgb.astype(np.int64)
    codes = (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]
    found, counts = np.unique(codes[among], return_counts=True)
    y, x = np.argwhere(among & (codes == found[counts.argmax()]))[0]
    return int(y), int(x)


def _listed(names: Sequence[str], colours: Sequence[Colour] | None = None) -> str:
    said = [
        f"{number} {name}" if colours is None else "{} #{:02x}{:02x}{:02x}".format(name, *colours[number])
        for number, name in enumerate(names)
    ]
    return ", ".join(said[:_LISTED]) + (f" and {len(said) - _LISTED} more" if len(said) > _LISTED else "")
