"""Sizes of pictures changed by seams: what is alike is repeated or removed, what is distinct keeps its shape.

A seam is a connected path of one pixel in each row. Seams are chosen by the differences that their removal would leave
(Rubinstein, Shamir, Avidan, "Improved Seam Carving for Video Retargeting", SIGGRAPH 2008: forward energy), and removed
or repeated (Avidan and Shamir, "Seam Carving for Content-Aware Image Resizing", SIGGRAPH 2007, section 4.3).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.columns import in_both_directions, sampled
from calotype.image.resize import resize

Pixels = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

# Longest side of the pictures in which seams are searched, pixels, and the same of what is made of them.
_SIDE, _MADE = 160, 640
# Cost of a pixel that is unlike the others of its row, relative to the difference that the removal of a pixel leaves:
# things of one colour would be widened otherwise, as nothing changes within them.
_UNLIKE = 0.6
# In one round at most this share of the columns is repeated, once each; then repeated pixels cost ``_REPEATED`` more,
# in units of the difference of black and white, so that the next round prefers others. Where the width grows by more
# than ``_SPREAD``, they cost less: else distinct things would have to be repeated, too.
_SHARE, _REPEATED, _SPREAD = 0.12, 0.6, 0.55


def with_seams(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """Change the size of a picture by removing or repeating seams.

    Args:
        picture: [1, C, h, w], -1..1.
        size: height and width of the result, pixels.

    Returns:
        [1, C, height, width], -1..1.
    """
    return in_both_directions(picture, size, _wide)


def _wide(picture: Tensor, width: int) -> Tensor:
    """``picture`` [1, C, h, w] made ``width`` pixels wide: seams are found in a small copy, their places enlarged."""
    height, before = picture.shape[2:]
    scale = min(1.0, _SIDE / max(height, before), _MADE / width)
    small = resize(picture, (max(2, round(height * scale)), max(2, round(before * scale))))
    pixels, seams = small[0].double().cpu().numpy(), round(small.shape[3] * width / before) - small.shape[3]
    columns = repeated(pixels, seams) if seams > 0 else without(pixels, min(-seams, small.shape[3] - 1))
    # The middle of each column, 0..1, of pictures of the result's size.
    return sampled(picture, torch.from_numpy((columns + 0.5) / small.shape[3]), width, "bilinear")


def without(pixels: Pixels, count: int) -> Places:
    """The column of the source of every pixel of a picture that is ``count`` columns narrower.

    Args:
        pixels: [C, h, w].
        count: number of seams to remove, below w.

    Returns:
        [h, w - count]; each row increases.
    """
    _, height, width = pixels.shape
    kept = _marked(pixels, unlikeness(pixels), count) == 0
    columns: Places = np.tile(np.arange(width), (height, 1))[kept].reshape(height, -1)
    return columns


def repeated(pixels: Pixels, count: int) -> Places:
    """The column of the source of every pixel of a picture that is ``count`` columns wider.

    Args:
        pixels: [C, h, w].
        count: number of seams to repeat, 0 or more.

    Returns:
        [h, w + count]; each row increases and has every column of the source.
    """
    channels, height, width = pixels.shape
    columns = np.tile(np.arange(width), (height, 1))
    times, unlike = np.zeros((height, width)), unlikeness(pixels)
    cost = 2 * _REPEATED * min(1.0, _SPREAD * width / max(1, count)) ** 2
    while count > 0:
        some = min(count, max(1, int(_SHARE * columns.shape[1])))
        shown = np.take_along_axis(pixels, np.broadcast_to(columns, (channels, *columns.shape)), 2)
        extra = np.take_along_axis(unlike, columns, 1) + cost * times
        marked = _marked(shown, extra, some)
        copies = 1 + marked
        # Every row gets ``some`` pixels more.
        columns = np.repeat(columns, copies.ravel()).reshape(height, -1)
        times = np.repeat(times + marked, copies.ravel()).reshape(height, -1)
        count -= some
    return columns


def unlikeness(pixels: Pixels) -> Pixels:
    """The cost [h, w] of pixels [C, h, w] that are unlike the others of their row, by the mean colours around them."""
    means = F.avg_pool2d(torch.from_numpy(pixels)[None], 5, 1, 2, count_include_pad=False)[0].numpy()
    return np.stack([_UNLIKE * np.abs(row[:, :, None] - row[:, None]).sum(0).mean(1) for row in means.swapaxes(0, 1)])


def _marked(pixels: Pixels, extra: Pixels, count: int) -> Places:
    """The pixels [h, w] of the ``count`` seams that are removed first: 1, all others 0."""
    channels, height, width = pixels.shape
    places, rows = np.tile(np.arange(width), (height, 1)), np.arange(height)
    marked = np.zeros((height, width), np.int64)
    for _ in range(count):
        columns = seam(pixels, extra)
        marked[rows, places[rows, columns]] = 1
        kept = np.ones(places.shape, bool)
        kept[rows, columns] = False
        places, extra = places[kept].reshape(height, -1), extra[kept].reshape(height, -1)
        pixels = pixels[:, kept].reshape(channels, height, -1)
    return marked


def seam(pixels: Pixels, extra: Pixels) -> Places:
    """The column in each row [h] of the seam whose removal leaves the smallest differences of neighbours.

    Args:
        pixels: [C, h, w].
        extra: [h, w], added to the cost of each pixel.
    """
    height, width = extra.shape
    padded = np.pad(pixels, ((0, 0), (0, 0), (1, 1)), mode="edge")
    left, right = padded[:, :, :-2], padded[:, :, 2:]
    above = np.concatenate([pixels[:, :1], pixels[:, :-1]], 1)
    straight = np.abs(right - left).sum(0) + extra
    steps = straight + np.abs(above - left).sum(0), straight, straight + np.abs(above - right).sum(0)
    total, come = straight[0], np.zeros((height, width), np.int64)
    beyond, every = np.array([np.inf]), np.arange(width)
    for row in range(1, height):
        shifted = np.concatenate([beyond, total[:-1]]), total, np.concatenate([total[1:], beyond])
        choices = np.stack([before + step[row] for before, step in zip(shifted, steps)])
        best = choices.argmin(0)
        come[row], total = best - 1, choices[best, every]
    columns = np.empty(height, np.int64)
    columns[-1] = total.argmin()
    for row in range(height - 1, 0, -1):
        columns[row - 1] = columns[row] + come[row, columns[row]]
    return columns
