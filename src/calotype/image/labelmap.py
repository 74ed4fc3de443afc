"""Reading label maps: images in a few flat colours, or of class indices, converted to one index per pixel.

A label map may be exact, have antialiased edges, or have JPEG artefacts. The methods to find its labels are tried in
this order.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from calotype.errors import InputError
from calotype.image.io import open_photo
from calotype.image.labels import MOST_LABELS, label_colours, labelled, nearest, spread
from calotype.types import LabelMap, LabelMapLike, Photo, PhotoLike, Size

Colour = tuple[int, int, int]

_APART = 30.0  # on 0..255: minimum distance between two label colours of an antialiased or compressed map
_FEWEST = 9  # minimum number of interior pixels of a label in an antialiased map
_CLEAR = 0.85  # minimum share of an antialiased map that has exactly the colour of a label
# A black-and-white drawing: maximum distance from black or white, of 255, and minimum share of such pixels.
_NEAR_INK, _INK = 48, 0.85
_BLACK_AND_WHITE: tuple[Colour, ...] = ((0, 0, 0), (255, 255, 255))
# Maximum share of a map inside areas of a colour that its source lacks: less counts as a painting error.
_SLIP = 0.001
_MOSTLY = 0.5  # minimum share of a map that is in the colours of its source; below, it is an unrelated image


def open_labels(source: LabelMapLike, like: LabelMap | None = None) -> LabelMap:
    """Read a label map.

    Each label is a flat colour. A clean image, such as a palette PNG or one with class indices as grey levels, is read
    exactly, however similar its colours are. If edges are antialiased or the compression is lossy, colours must be well
    separated, and the pixels between them take the label of the pixels around them. Black-and-white drawings are maps
    of two labels.

    Args:
        source: a path, PIL image, array, ``Photo`` or ``LabelMap``; an array [H, W] of integers from 0 to 254 holds
            class indices.
        like: the map whose labels it must have; its indices are then those of that map.

    Returns:
        The map at its full size. Labels are numbered in the order of their colours if it is exact, otherwise by
        frequency.

    Raises:
        InputError: it cannot be read; it is a photo; it has only one colour, or more than 255 (without ``like``); it
            has transparent pixels, or a colour that ``like`` lacks. The message is one line and says where.
    """
    if isinstance(source, LabelMap) and (like is None or source.colours == like.colours):
        return source
    photo = open_photo(as_picture(source))
    _check_opaque(photo)
    if like is not None:
        return LabelMap(_in_colours_of(photo, like), like.colours, photo.name, photo.source)
    colours = _colours(photo.rgb)
    if colours is None:
        raise InputError(
            f"'{photo.name}' is no label map: paint each class in one of a few flat colours, without shades, and "
            "save it as a PNG"
        )
    if len(colours) < 2:
        raise InputError(f"'{photo.name}' is a label map of one colour: paint every class in a colour of its own")
    return LabelMap(_numbers(photo, colours), colours, photo.name, photo.source)


def as_picture(source: LabelMapLike) -> PhotoLike:
    """Convert any representation of a map to one that can be read as an image: class indices become grey levels.

    Raises:
        InputError: an array of integers has values below 0 or above 254.
    """
    if isinstance(source, LabelMap):
        return replace(open_photo(source.image()), name=source.name, source=source.source)
    if isinstance(source, (str, Path, Image.Image)):
        return _of_sixteen_bits(source) or source
    if not isinstance(source, np.ndarray) or source.ndim != 2 or source.dtype.kind not in "iu":
        return source
    if source.dtype == np.uint8 or not source.size:
        return source
    if source.min() < 0 or source.max() >= MOST_LABELS:
        raise InputError(
            f"an array of labels has values from {source.min()} to {source.max()}: give 0 to {MOST_LABELS - 1}"
        )
    return source.astype(np.uint8)


def _of_sixteen_bits(source: str | Path | Image.Image) -> Photo | None:
    """A 16-bit image of class indices as 8-bit grey levels; ``None`` for other images.

    If it were read as a photo and scaled to 8 bits, all of it would be black.
    """
    if not isinstance(source, Image.Image):
        with suppress(OSError, ValueError, Image.DecompressionBombError), Image.open(source) as image:
            made = _of_sixteen_bits(image)
            return made and replace(made, name=Path(source).stem, source=Path(source))
        return None
    if not source.mode.startswith("I"):
        return None
    numbers = np.asarray(source)
    return open_photo(numbers.astype(np.uint8)) if 0 <= numbers.min() <= numbers.max() < MOST_LABELS else None


def fitted(labels: LabelMap, size: Size) -> LabelMap:
    """The map at another size: every pixel takes the label that covers most of it."""
    if labels.size == size:
        return labels
    index = torch.from_numpy(labels.index.astype(np.int64))[None]
    return replace(labels, index=resized(index, (size.height, size.width))[0].numpy().astype(np.uint8))


def resized(index: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Labels int64 [1, H, W] at another size (height, width): every pixel takes the label that covers most of it."""
    if tuple(index.shape[1:]) == tuple(size):
        return index
    if size[0] >= index.shape[1] and size[1] >= index.shape[2]:
        whole = torch.nn.functional.interpolate(index[None].float(), size=size, mode="nearest-exact")
        return whole[0].long()
    best = torch.full(size, -1.0, device=index.device)
    found = torch.zeros(size, dtype=torch.int64, device=index.device)
    for label in range(
        int(index.max()) + 1
    ):  # one label at a time: all channels of a large map would not fit in memory
        share = torch.nn.functional.interpolate(
            (index == label)[None].float(), size=size, mode="bilinear", antialias=True, align_corners=False
        )[0, 0]
        found = torch.where(share > best, label, found)
        best = torch.maximum(share, best)
    return found[None]


# ---------------------------------------------------------------------------------------------------------------
# Which colours are labels


def _colours(rgb: NDArray[np.uint8]) -> tuple[Colour, ...] | None:
    """The label colours of a map; ``None`` if the image is not a label map."""
    codes = _codes(rgb)
    found = np.unique(codes)
    inside, counts = np.unique(codes[_flat(codes)], return_counts=True)
    # A clean map consists of label colours only, though some areas may be too thin to have interior pixels.
    if len(found) <= MOST_LABELS and len(found) - len(inside) <= max(2, len(inside)):
        return _as_colours(found)
    smoothed = inside[counts >= _FEWEST]
    apart = 2 <= len(smoothed) <= MOST_LABELS and _closest(smoothed) >= _APART
    if apart and np.isin(codes, smoothed).mean() >= _CLEAR:
        return _as_colours(smoothed[np.argsort(-counts[counts >= _FEWEST], kind="stable")])
    lossy = label_colours(_as_tensor(rgb))
    if lossy is not None:
        bytes_ = ((lossy + 1) * 127.5).round().int().tolist()
        return tuple((r, g, b) for r, g, b in bytes_)
    return _BLACK_AND_WHITE if _is_ink(rgb) else None


def _is_ink(rgb: NDArray[np.uint8]) -> bool:
    """Whether an image is a black-and-white drawing: nearly all pixels are near black or near white, and both occur."""
    dark, light = (rgb <= _NEAR_INK).all(2).mean(), (rgb >= 255 - _NEAR_INK).all(2).mean()
    between = 1 - dark - light
    return bool(min(dark, light) > between and between <= 1 - _INK)


def _numbers(photo: Photo, colours: tuple[Colour, ...]) -> NDArray[np.uint8]:
    """The label index of every pixel; pixels in no label's colour take the label of the pixels around them."""
    picture, palette = _as_tensor(photo.rgb), _as_palette(colours)
    # A thin line may have no pixel that is fully white.
    found = (
        nearest(picture, palette)[0] if colours == _BLACK_AND_WHITE else labelled(picture, palette, _within(colours))
    )
    return found[0].numpy().astype(np.uint8)


def _within(colours: tuple[Colour, ...]) -> float:
    """Maximum distance between a pixel and its label's colour, on -1..1: less than half of that between two labels."""
    return min(_APART / 2, 0.45 * _closest(_codes(np.array([colours], np.uint8))[0])) / 127.5


# ---------------------------------------------------------------------------------------------------------------
# A map in the colours of another


def _in_colours_of(photo: Photo, like: LabelMap) -> NDArray[np.uint8]:
    """The label index of every pixel, in the numbering of ``like``.

    Raises:
        InputError: an area has a colour that ``like`` lacks.
    """
    picture, palette = _as_tensor(photo.rgb), _as_palette(like.colours)
    index, distance = nearest(picture, palette)
    sure = distance < _within(like.colours)
    _check_known(photo, like, (~sure)[0].numpy())
    if like.colours != _BLACK_AND_WHITE:
        # Painting errors of any width are filled from the pixels around them.
        index, _ = spread(index, sure, rounds=max(photo.rgb.shape))
    return index[0].numpy().astype(np.uint8)


def _check_known(photo: Photo, like: LabelMap, unknown: NDArray[np.bool_]) -> None:
    if unknown.mean() > 1 - _MOSTLY:
        raise InputError(
            f"'{photo.name}' is not in the colours of '{like.name}': paint it in these alone, {_listed(like.colours)}"
        )
    # Within a few levels, since no area is exactly flat after JPEG compression.
    areas = unknown & _flat(_codes(photo.rgb // 8))
    if areas.sum() <= _SLIP * areas.size:
        return
    most = _most_frequent(_codes(photo.rgb)[areas])
    y, x = np.argwhere(areas & (_codes(photo.rgb) == most))[0]
    colour = _as_colours(np.array([most]))[0]
    near = min(like.colours, key=lambda other: _distance(colour, other))
    raise InputError(
        f"'{photo.name}' has the colour {_named(colour)} at {x},{y}, which '{like.name}' has not: paint that in "
        f"one of its colours, {_listed(like.colours)}; the nearest is {_named(near)}"
    )


def _check_opaque(photo: Photo) -> None:
    if photo.alpha is None:
        return
    clear = photo.alpha < 128
    if clear.mean() > _SLIP:
        y, x = np.argwhere(clear)[0]
        raise InputError(
            f"'{photo.name}' is transparent at {x},{y} ({clear.mean():.1%} of it): fill it with the colour of a label"
        )


# ---------------------------------------------------------------------------------------------------------------
# Colours as numbers and words


def _codes(rgb: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Pack a colour into one integer: [H, W, 3] -> [H, W]."""
    wide = rgb.astype(np.int64)
    return (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]


def _flat(codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which pixels equal all eight neighbours: bool [H, W]; edges are replicated."""
    height, width = codes.shape
    around = np.pad(codes, 1, mode="edge")
    flat = np.ones(codes.shape, bool)
    for dy in range(3):
        for dx in range(3):
            flat &= around[dy : dy + height, dx : dx + width] == codes
    return flat


def _most_frequent(codes: NDArray[np.int64]) -> int:
    found, counts = np.unique(codes, return_counts=True)
    return int(found[counts.argmax()])


def _as_colours(codes: NDArray[np.int64]) -> tuple[Colour, ...]:
    return tuple((int(c) >> 16, int(c) >> 8 & 255, int(c) & 255) for c in codes)


def _closest(codes: NDArray[np.int64]) -> float:
    """The minimum distance between two of the colours, on 0..255."""
    colours = torch.tensor(_as_colours(codes), dtype=torch.float32)
    return float(torch.pdist(colours).min()) if len(colours) > 1 else float("inf")


def _as_palette(colours: tuple[Colour, ...]) -> torch.Tensor:
    return torch.tensor(colours, dtype=torch.float32) / 127.5 - 1


def _as_tensor(rgb: NDArray[np.uint8]) -> torch.Tensor:
    return torch.tensor(rgb).permute(2, 0, 1)[None].float() / 127.5 - 1


def _distance(one: Colour, other: Colour) -> float:
    return float(np.linalg.norm(np.subtract(one, other)))


def _named(colour: Colour) -> str:
    """A colour in hexadecimal notation."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _listed(colours: tuple[Colour, ...], most: int = 8) -> str:
    names = [_named(colour) for colour in colours]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
