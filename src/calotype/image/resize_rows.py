"""Resampling of a picture that comes a few rows at a time, with the result of ``resize`` on the whole picture."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.resize import keys_kernel


class RowResize:
    """Bicubic resampling, antialiased when downsampling.

    Args:
        size: height and width of the picture, pixels.
        to: of the result.
    """

    def __init__(self, size: tuple[int, int], to: tuple[int, int]) -> None:
        self._height, (self._to, self._width) = size[0], to
        self._step = size[0] / to[0]  # rows of the picture for one of the result
        self._support = 2 * max(1.0, self._step)
        self._rows: Tensor | None = None
        self._start = self._end = self._made = 0

    def feed(self, rows: Tensor) -> Tensor:
        """The next rows [1, C, n, W] of the picture.

        Returns:
            [1, C, m, w], not clamped: the next rows of the result, as many as can be told by now, all that are left
            after the picture's last.
        """
        narrow = _across(rows, self._width)
        self._rows = narrow if self._rows is None else torch.cat([self._rows, narrow], 2)
        self._end += rows.shape[2]
        stop = self._made
        while stop < self._to and (self._end == self._height or self._span(stop)[1] <= self._end):
            stop += 1
        if stop == self._made:
            return self._rows[:, :, :0]
        first = self._span(self._made)[0]
        self._rows = self._rows[:, :, first - self._start :]
        self._start = first
        last = self._span(stop - 1)[1]
        weights = self._weights(self._made, stop, first, last).to(self._rows)
        self._made = stop
        return torch.matmul(weights, self._rows[:, :, : last - first])

    def _span(self, row: int) -> tuple[int, int]:
        """First and last (exclusive) row of the picture that a row of the result is made of."""
        centre = self._step * (row + 0.5)
        return max(0, int(centre - self._support + 0.5)), min(self._height, int(centre + self._support + 0.5))

    def _weights(self, start: int, stop: int, first: int, last: int) -> Tensor:
        """[stop - start, last - first], each row with the sum 1."""
        centres = self._step * (torch.arange(start, stop, dtype=torch.float64)[:, None] + 0.5)
        at = torch.arange(first, last, dtype=torch.float64) + 0.5
        weights = keys_kernel((at - centres) / max(1.0, self._step))
        return weights / weights.sum(1, keepdim=True)


def _across(rows: Tensor, width: int) -> Tensor:
    """Each row resampled to ``width`` pixels."""
    if not rows.shape[2]:
        return rows.new_empty((*rows.shape[:3], width))
    if rows.shape[3] == width:
        return rows
    return F.interpolate(rows, size=(rows.shape[2], width), mode="bicubic", antialias=True, align_corners=False)
