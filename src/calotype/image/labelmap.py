"""Label maps of one photo: images in a few flat colours, or of numbers, converted to one index per pixel.

``mapfile`` reads the file. A label map may be exact, have antialiased edges, or have JPEG artefacts. The methods to
find its labels are tried in this order.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from calotype.errors import InputError
from calotype.image.labels import MOST_LABELS, label_colours, labelled, nearest, spread
from calotype.image.mapfile import MapPicture, distinct_colours, open_map, palette_colour
from calotype.types import LabelMap, LabelMapLike, Photo, Size

Colour = tuple[int, int, int]

_APART = 30.0  # on 0..255: minimum distance between two label colours of an antialiased or compressed map
_FEWEST = 9  # minimum number of interior pixels of a label in an antialiased map
_CLEAR = 0.85  # minimum share of an antialiased map that has exactly the colour of a label
# A black-and-white drawing: maximum distance from black or white, of 255, and minimum share of such pixels.
_NEAR_INK, _INK = 48, 0.85
_BLACK_AND_WHITE: tuple[Colour, ...] = ((0, 0, 0), (255, 255, 255))
# Maximum share of a map inside areas of a colour that its source lacks: less counts as a painting error.
_SLIP = 0.001
# A colour that is off: its maximum distance from a label's, of 255, and how many times farther the next label must be.
_OFF, _CLEARLY = 64.0, 3.0
_MOSTLY = 0.5  # minimum share of a map that is in the colours of its source; below, it is an unrelated image


def open_labels(source: LabelMapLike, like: LabelMap | None = None) -> LabelMap:
    """Read a label map.

    Each label is a flat colour or a number. A clean image, such as a palette PNG or one with class numbers as grey
    levels or 16-bit values, is read exactly, however similar its colours are. If edges are antialiased or the
    compression is lossy, colours must be well separated, and the pixels between them take the label of the pixels
    around them. Black-and-white drawings are maps of two labels.

    Args:
        source: a path, PIL image, array, ``Photo`` or ``LabelMap``; an array [H, W] of integers holds class numbers.
        like: the map whose labels it must have; its indices are then those of that map.

    Returns:
        The map at its full size. Labels are numbered in the order of their colours if it is exact, otherwise by
        frequency; numbers above 254 in their order. ``notes`` tells of pixels whose label had to be guessed.

    Raises:
        InputError: it cannot be read; it is a photo; it has only one colour, or more than 255 (without ``like``); more
            than a few pixels are transparent, or have a colour that ``like`` lacks and that could be several of its
            labels. The message is one line and says where.
    """
    if isinstance(source, LabelMap) and (like is None or source.colours == like.colours):
        return source
    photo = open_map(source)
    if like is not None:
        index, notes = _like(photo, like)
        return LabelMap(index, like.colours, photo.name, photo.source, (*photo.notes, *notes), like.numbers)
    colours = _exact_colours(photo) or _colours(photo.rgb)
    if colours is None:
        raise InputError(
            f"'{photo.name}' is no label map: paint each class in one of a few flat colours, without shades, and "
            "save it as a PNG"
        )
    if len(colours) < 2:
        raise InputError(f"'{photo.name}' is a label map of one colour: paint every class in a colour of its own")
    numbers = _numbers_of(photo, colours)
    return LabelMap(_indices(photo, colours), colours, photo.name, photo.source, photo.notes, numbers)


def _exact_colours(photo: MapPicture) -> tuple[Colour, ...] | None:
    """The colours of a map that holds more than 8 bits a pixel, in the order of the numbers; otherwise ``None``."""
    if photo.stored != "wide":
        return None
    found = np.unique(colour_codes(photo.rgb))
    return _as_colours(found) if len(found) <= MOST_LABELS and _is_numbered(photo, found) else None


def _is_numbered(photo: MapPicture, codes: NDArray[np.int64]) -> bool:
    """Whether each number has one colour, as in a map that is shown by colours of its numbers."""
    return photo.numbers is not None and len(np.unique(photo.numbers)) == len(codes)


def _numbers_of(photo: MapPicture, colours: tuple[Colour, ...]) -> tuple[int, ...]:
    """The number of each label of a map of palette indices or of more than 8 bits; empty for others."""
    if photo.stored not in ("palette", "wide") or photo.numbers is None:
        return ()
    codes, places = np.unique(colour_codes(photo.rgb), return_index=True)
    if not _is_numbered(photo, codes) or not set(colours) <= set(_as_colours(codes)):
        return ()
    known = dict(zip(_as_colours(codes), photo.numbers.ravel()[places].tolist()))
    return tuple(known[colour] for colour in colours)


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
    codes = colour_codes(rgb)
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


def _indices(photo: Photo, colours: tuple[Colour, ...]) -> NDArray[np.uint8]:
    """The label index of every pixel; pixels in no label's colour take the label of the pixels around them."""
    picture, palette = _as_tensor(photo.rgb), _as_palette(colours)
    # A thin line may have no pixel that is fully white.
    found = (
        nearest(picture, palette)[0] if colours == _BLACK_AND_WHITE else labelled(picture, palette, _within(colours))
    )
    return found[0].numpy().astype(np.uint8)


def _within(colours: tuple[Colour, ...]) -> float:
    """Maximum distance between a pixel and its label's colour, on -1..1: less than half of that between two labels."""
    return min(_APART / 2, 0.45 * _closest(colour_codes(np.array([colours], np.uint8))[0])) / 127.5


# ---------------------------------------------------------------------------------------------------------------
# A map in the colours of another


def _like(photo: MapPicture, like: LabelMap) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The label index of every pixel in the numbering of ``like``: by number where both hold the same, or by colour."""
    if like.numbers and photo.numbers is not None and _same_numbers(photo, like):
        order = np.argsort(like.numbers)
        found = order[np.searchsorted(np.array(like.numbers)[order], photo.numbers)]
        return found.astype(np.uint8), ()
    return _in_colours_of(photo, like)


def _same_numbers(photo: MapPicture, like: LabelMap) -> bool:
    """Whether the numbers of a map are those of ``like``, and, if they are palette indices, of the same colours."""
    assert photo.numbers is not None
    used, known = np.unique(photo.numbers).tolist(), dict(zip(like.numbers, like.colours))
    if photo.stored == "painted" or not set(used) <= set(known):
        return False
    if photo.stored != "palette":
        return True
    numbers = sorted(known)
    own = distinct_colours(numbers, [palette_colour(photo.palette, number) for number in numbers])
    return all(known[number] == own[number] for number in used)


def _in_colours_of(photo: Photo, like: LabelMap) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The label index of every pixel, in the numbering of ``like``, and notes.

    Raises:
        InputError: an area has a colour that ``like`` lacks.
    """
    picture, palette = _as_tensor(photo.rgb), _as_palette(like.colours)
    index, distance = nearest(picture, palette)
    sure = distance < _within(like.colours)
    notes: tuple[str, ...] = ()
    off = unambiguous(picture, palette, ~sure) & _absent(index, sure, len(like.colours))
    if float(off.float().mean()) > _SLIP:
        sure = sure | off
        y, x = (int(v) for v in off[0].nonzero()[0])
        notes = (
            f"'{photo.name}' has the colour {_named(_colour_at(photo, x, y))} at {x},{y}, which is taken as "
            f"{_named(like.colours[int(index[0, y, x])])} of '{like.name}'",
        )
    _check_known(photo, like, (~sure)[0].numpy())
    if like.colours != _BLACK_AND_WHITE:
        # Painting errors of any width are filled from the pixels around them.
        index, _ = spread(index, sure, rounds=max(photo.rgb.shape))
    return index[0].numpy().astype(np.uint8), notes


def _absent(index: torch.Tensor, sure: torch.Tensor, count: int) -> torch.Tensor:
    """Where a pixel's nearest label is not in the map in its own colour; everywhere if there are only two labels.

    A colour beside that of its nearest label is a label of its own, which the other map lacks.
    """
    if count <= 2:
        return torch.ones_like(sure)
    shares = torch.bincount(index[sure], minlength=count) / index.numel()
    return (shares <= _SLIP)[index]


def _colour_at(photo: Photo, x: int, y: int) -> Colour:
    red, green, blue = (int(v) for v in photo.rgb[y, x])
    return red, green, blue


def unambiguous(picture: torch.Tensor, palette: torch.Tensor, among: torch.Tensor) -> torch.Tensor:
    """Which pixels are off every colour of a palette, but clearly nearer to one than to the others.

    Args:
        picture: [1, C, H, W], -1..1; channels after the third are ignored.
        palette: [K, 3], -1..1.
        among: bool [1, H, W], the pixels in question.

    Returns:
        bool [1, H, W].
    """
    found = torch.zeros_like(among)
    places = among[0].nonzero()
    if not len(places) or len(palette) < 2:
        return found
    colours, back = picture[0, :3, places[:, 0], places[:, 1]].T.unique(dim=0, return_inverse=True)  # type: ignore[no-untyped-call]
    first, second = torch.cdist(colours, palette).topk(2, dim=1, largest=False).values.T
    near = (first <= _OFF / 127.5) & (first <= second / _CLEARLY)
    found[0, places[:, 0], places[:, 1]] = near[back]
    return found


def _check_known(photo: Photo, like: LabelMap, unknown: NDArray[np.bool_]) -> None:
    if unknown.mean() > 1 - _MOSTLY:
        raise InputError(
            f"'{photo.name}' is not in the colours of '{like.name}': paint it in these alone, {_listed(like.colours)}"
        )
    # Within a few levels, since no area is exactly flat after JPEG compression.
    areas = unknown & _flat(colour_codes(photo.rgb // 8))
    if areas.sum() <= _SLIP * areas.size:
        return
    most = _most_frequent(colour_codes(photo.rgb)[areas])
    y, x = np.argwhere(areas & (colour_codes(photo.rgb) == most))[0]
    colour = _as_colours(np.array([most]))[0]
    near = min(like.colours, key=lambda other: _distance(colour, other))
    raise InputError(
        f"'{photo.name}' has the colour {_named(colour)} at {x},{y}, which '{like.name}' has not: paint that in "
        f"one of its colours, {_listed(like.colours)}; the nearest is {_named(near)}"
    )


# ---------------------------------------------------------------------------------------------------------------
# Colours as numbers and words


def colour_codes(rgb: NDArray[np.uint8]) -> NDArray[np.int64]:
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
