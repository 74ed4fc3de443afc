"""Label maps as image tensors: a few flat colours, each of which stands for a class."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# On -1..1: maximum shift of a flat colour by JPEG, and minimum distance between two labels.
_FLAT = 12 / 127.5
_APART = 30 / 127.5
MOST_LABELS = 255
_LEAST = 0.0001  # minimum share of the pixels well inside areas of a label, and at least a few pixels
# Minimum share of the pixels of a map that have the colour of a label, not of an edge between two: of all pixels, and
# of those that do not have the most frequent colour, since a photo of a night sky is nearly all black.
_CLEAR, _REST_CLEAR = 0.85, 0.5
# Lossy compression leaves a mixed colour at the edge between two labels: its maximum distance from both, pixels (JPEG
# has blocks of 8); how far it may lie outside the range between them, on -1..1; the share of its pixels for which this
# must hold; about how many of them are tested.
_REACH, _BEYOND, _MOSTLY, _ASKED = 7, 16 / 127.5, 0.8, 2000
_THICK = 5  # pixels: compression artefacts are narrower
_STRIP = 1 << 24  # distances in memory at a time: 64 MiB


def label_colours(picture: Tensor) -> Tensor | None:
    """The colours of a label map, or ``None`` if the image is not one.

    A photo has colours between its most frequent ones. A label map has such colours only at edges, even with
    antialiasing or lossy compression.

    Args:
        picture: [1, C, H, W], -1..1; channels after the third are ignored.

    Returns:
        [K, 3], -1..1, K at least 2, most frequent first.
    """
    pixels = picture[0, :3].flatten(1).T
    inside = _inside(picture[:, :3])
    # Bins are eight levels wide: most of a flat colour falls into one or two of them.
    bins = ((pixels + 1) * 15.999).long().clamp(0, 31) @ torch.tensor([1024, 32, 1], device=pixels.device)
    free = torch.ones(len(pixels), dtype=torch.bool, device=pixels.device)
    colours: list[Tensor] = []
    clear: list[int] = []
    while len(colours) < MOST_LABELS and bool(free.any()):
        counts = torch.bincount(bins[free & inside], minlength=32**3)
        most = int(counts.argmax())
        if int(counts[most]) < max(6, _LEAST * len(pixels)):
            break
        colour = pixels[free & inside & (bins == most)].median(0).values
        distance = (pixels - colour).square().sum(1).sqrt()
        clear.append(int((free & (distance < _FLAT)).sum()))
        free &= distance >= _APART
        colours.append(colour)
    if len(colours) < 2 or sum(clear) < _CLEAR * len(pixels):
        return None
    if sum(clear[1:]) < _REST_CLEAR * (len(pixels) - clear[0]):
        return None
    kept = _without_traces(picture, torch.stack(colours))
    return kept if len(kept) > 1 else None


def _without_traces(picture: Tensor, colours: Tensor) -> Tensor:
    """Remove from ``colours`` [K, 3] the mixed colours that occur only along the edge between two others.

    JPEG stores chrominance at half the resolution of luminance. An edge between two labels therefore becomes a line two
    pixels wide, nearly flat, with the luminance of one label and a chrominance between the two. A painted line is of
    exactly one colour, or wider.
    """
    index, distance = nearest(picture, colours)
    index = index.masked_fill(distance >= _APART / 2, -1)
    ycc = _brightness_and_colour(colours)
    kept = torch.ones(len(colours), dtype=torch.bool, device=colours.device)
    counts = torch.bincount(index[index >= 0], minlength=len(colours))
    for label in counts.argsort(
        stable=True
    ).tolist():  # the rarest first: mixed colours are rarer than the labels they lie between
        places = (index[0] == label).nonzero()
        places = places[:: max(1, len(places) // _ASKED)]
        if len(places) and _is_painted(picture, index, places, colours, label):
            continue
        kept[label] = False
        there = (_around(index, places, len(colours)) & kept)[..., None]
        low = ycc.masked_fill(~there, float("inf")).amin(1) - _BEYOND
        high = ycc.masked_fill(~there, float("-inf")).amax(1) + _BEYOND
        between = (there.sum((1, 2)) > 1) & ((low <= ycc[label]) & (ycc[label] <= high)).all(1)
        kept[label] = bool(between.float().sum() < _MOSTLY * len(places))
    return colours[kept]


def _is_painted(picture: Tensor, index: Tensor, places: Tensor, colours: Tensor, label: int) -> bool:
    """Whether half of the pixels at ``places`` have exactly one colour, or a tenth are well inside an area of it."""
    there = picture[0, :3, places[:, 0], places[:, 1]].T
    exact = (there == colours[label]).all(1)
    inside = -F.max_pool2d(-(index == label).float(), _THICK, 1, _THICK // 2)
    well = inside[0, places[:, 0], places[:, 1]]
    return bool(exact.float().mean() > 0.5) or bool(well.mean() > 0.1)


def _around(index: Tensor, places: Tensor, count: int) -> Tensor:
    """The indices below ``count`` within ``_REACH`` pixels of ``places`` [N, 2] in [1, H, W]: bool [N, count]."""
    padded = F.pad(index, (_REACH,) * 4, value=-1)[0]
    y, x = places.T
    found = torch.zeros(len(places), count + 1, dtype=torch.bool, device=index.device)
    for dy in range(2 * _REACH + 1):
        for dx in range(2 * _REACH + 1):
            found.scatter_(1, padded[y + dy, x + dx][:, None] + 1, True)
    return found[:, 1:]  # index 0 was for pixels without a label


def _brightness_and_colour(colours: Tensor) -> Tensor:
    """[K, 3] in the colour space of JPEG: Y, Cb, Cr (ITU-T T.871), scaled to -1..1."""
    red, green, blue = colours.unbind(1)
    bright = 0.299 * red + 0.587 * green + 0.114 * blue
    return torch.stack([bright, (blue - bright) / 1.772, (red - bright) / 1.402], 1)


def in_colours(picture: Tensor, colours: Tensor) -> float:
    """The share of the pixels of [1, C, H, W] that are close to one of ``colours`` [K, 3]."""
    distance = torch.cdist(picture[0, :3].flatten(1).T, colours).amin(1)
    return float((distance < 2 * _APART).float().mean())


def _inside(picture: Tensor) -> Tensor:
    """Which pixels are inside a flat area, bool [H, W]; pixels of antialiased edges are not, however long the edge."""
    highest = F.max_pool2d(picture, 3, 1, 1)
    lowest = -F.max_pool2d(-picture, 3, 1, 1)
    return ((highest - lowest).amax(1) < 5 * _FLAT).flatten()


def one_hot(picture: Tensor, colours: Tensor) -> Tensor:
    """One-hot encoding of a label map, one channel per label; see ``labelled``.

    Args:
        picture: [1, C, H, W], -1..1; channels after the third are ignored.
        colours: [K, 3], -1..1.

    Returns:
        [1, K, H, W], 0 or 1, exactly one 1 per pixel.
    """
    return channels(labelled(picture, colours), len(colours)).to(picture.dtype)


def channels(index: Tensor, count: int) -> Tensor:
    """One-hot encoding of label indices [1, H, W]: [1, count, H, W] of 0 and 1, float32."""
    return (index[:, None] == torch.arange(count, device=index.device).view(1, -1, 1, 1)).float()


def labelled(picture: Tensor, colours: Tensor, within: float = _APART / 2) -> Tensor:
    """The label index of every pixel.

    Pixels close to none of the colours, as at antialiased edges, take the most frequent label among the certain pixels
    around them: by colour alone, an edge between two labels would often get the label of a third.

    Args:
        picture: [1, C, H, W], -1..1; channels after the third are ignored.
        colours: [K, 3], -1..1.
        within: maximum distance from a colour at which a pixel's label is certain, on -1..1.

    Returns:
        int64 [1, H, W], 0 .. K - 1.
    """
    index, distance = nearest(picture, colours)
    found, sure = spread(index, distance < within)
    return torch.where(sure, found, index)


def nearest(picture: Tensor, colours: Tensor) -> tuple[Tensor, Tensor]:
    """For every pixel of [1, C, H, W], the index of the nearest of ``colours`` [K, 3] and the distance to it: [1, H,
    W].
    """
    pixels = picture[0, :3].flatten(1).T
    lowest = [torch.cdist(strip, colours).min(1) for strip in torch.split(pixels, max(1, _STRIP // len(colours)))]
    size = (1, *picture.shape[2:])
    return torch.cat([x.indices for x in lowest]).view(size), torch.cat([x.values for x in lowest]).view(size)


def spread(index: Tensor, sure: Tensor, rounds: int = 2) -> tuple[Tensor, Tensor]:
    """Propagate labels to adjacent pixels without one: each takes the most frequent label of its eight neighbours.

    Args:
        index: int64 [1, H, W].
        sure: bool [1, H, W], which pixels have a label; the values of ``index`` at the others are ignored.
        rounds: distance of the propagation, pixels. Antialiased edges are a few pixels wide; pixels farther from all
            certain ones have a colour of their own.

    Returns:
        The labels, and which pixels have one now.
    """
    for _ in range(rounds):
        places = (~sure[0]).nonzero()
        if not len(places):
            break
        around = F.pad(torch.where(sure, index, -1), (1, 1, 1, 1), value=-1)[0]
        y, x = places.T
        votes = torch.stack([around[y + dy, x + dx] for dy in range(3) for dx in range(3)])
        counts = (votes[:, None] == votes[None]).sum(0).masked_fill(votes < 0, 0)
        # Ties go to the lowest index, independent of the order of the neighbours.
        chosen = votes.gather(0, (counts * (2 * MOST_LABELS) - votes).argmax(0, keepdim=True))[0]
        reached = counts.amax(0) > 0
        index, sure = index.clone(), sure.clone()
        index[0, y[reached], x[reached]] = chosen[reached]
        sure[0, y[reached], x[reached]] = True
    return index, sure


# Paul Tol's "bright" scheme, which is safe for colour-blind readers, and two more colours.
_FIRST = ("4477aa", "ee6677", "228833", "ccbb44", "66ccee", "aa3377", "bbbbbb", "222222", "ff9300")


def flat_colours(count: int) -> tuple[tuple[int, int, int], ...]:
    """``count`` distinct colours for the labels of a map, well separated and always the same.

    Args:
        count: 1 to ``MOST_LABELS``.
    """
    first = [[int(code[i : i + 2], 16) for i in (0, 2, 4)] for code in _FIRST]
    levels = torch.tensor([0, 36, 73, 109, 146, 182, 219, 255])
    others = torch.cartesian_prod(levels, levels, levels).float()
    chosen = torch.tensor(first).float()[:count]
    while len(chosen) < count:  # farthest-point sampling
        chosen = torch.cat([chosen, others[torch.cdist(others, chosen).amin(1).argmax()][None]])
    return tuple((int(r), int(g), int(b)) for r, g, b in chosen)
