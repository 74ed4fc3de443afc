"""Label maps: pictures in a few flat colours, each of which says what lies there."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# On -1..1. JPEG moves a flat colour by less than the first; no two labels are nearer than the second.
_FLAT = 12 / 127.5
_APART = 30 / 127.5
_MOST = 40  # labels; more than that no one paints
_LEAST = 0.0001  # share of the pixels that are well inside an area of a label; never less than a few pixels
# Share of the pixels of a map that are in the colour of a label, and not of an edge between two: of all, and of those
# that are not in the most frequent one, since a night sky is nearly all black.
_CLEAR, _REST_CLEAR = 0.85, 0.5


def label_colours(picture: Tensor) -> Tensor | None:
    """The colours of a label map, or ``None`` where the picture is none.

    A photo has colours between its most frequent ones; a label map has them at edges alone, even if they were smoothed
    or if a lossy format left its mark.

    Args:
        picture: [1, C, H, W], -1..1; channels after the third are not looked at.

    Returns:
        [K, 3], -1..1, K at least 2, most frequent first.
    """
    pixels = picture[0, :3].flatten(1).T
    inside = _inside(picture[:, :3])
    # Eight levels wide: most of a flat colour falls into one bin or two.
    bins = ((pixels + 1) * 15.999).long().clamp(0, 31) @ torch.tensor([1024, 32, 1], device=pixels.device)
    free = torch.ones(len(pixels), dtype=torch.bool, device=pixels.device)
    colours: list[Tensor] = []
    clear: list[int] = []
    while len(colours) < _MOST and bool(free.any()):
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
    return torch.stack(colours)


def in_colours(picture: Tensor, colours: Tensor) -> float:
    """The share of the pixels of [1, C, H, W] that are, nearly, in one of ``colours`` [K, 3]."""
    distance = torch.cdist(picture[0, :3].flatten(1).T, colours).amin(1)
    return float((distance < 2 * _APART).float().mean())


def _inside(picture: Tensor) -> Tensor:
    """Which pixels are within a flat area, bool [H W]: the colours of smoothed edges are no labels, however long."""
    highest = F.max_pool2d(picture, 3, 1, 1)
    lowest = -F.max_pool2d(-picture, 3, 1, 1)
    return ((highest - lowest).amax(1) < 5 * _FLAT).flatten()


def one_hot(picture: Tensor, colours: Tensor) -> Tensor:
    """One channel a label: 1 where the map has its colour, 0 elsewhere.

    Pixels in none of the colours, as at smoothed edges, take the label of the most clear ones around them: by colour
    alone, an edge between two labels would often get that of a third.

    Args:
        picture: [1, C, H, W], -1..1; channels after the third are not looked at.
        colours: [K, 3], -1..1.

    Returns:
        [1, K, H, W], 0 or 1, one of them 1 at every pixel.
    """
    height, width = picture.shape[2:]
    distance = torch.cdist(picture[0, :3].flatten(1).T, colours)
    labels = _channels(distance.argmin(1).view(1, 1, height, width), picture, len(colours))
    sure = (distance.amin(1) < _APART / 2).view(1, 1, height, width)
    known = labels * sure
    for _ in range(2):  # smoothing is a few pixels wide; what is farther from all clear ones has a colour of its own
        around = F.avg_pool2d(known, 3, 1, 1)
        found = _channels(around.argmax(1, keepdim=True), picture, len(colours))
        reached = around.amax(1, keepdim=True) > 0
        known = torch.where(sure, known, found * reached)
        sure = sure | reached
    return torch.where(sure, known, labels)


def _channels(labels: Tensor, like: Tensor, count: int) -> Tensor:
    """Numbers [1, 1, H, W] as ``count`` channels of 0 and 1, of the kind of ``like``."""
    return (labels == torch.arange(count, device=labels.device).view(1, -1, 1, 1)).to(like.dtype)
