"""Feature maps that are computed from top to bottom, of which only the rows that are still needed are kept."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Counted:
    """Rows that are computed and not kept.

    Attributes:
        end: how many are computed.
    """

    end = 0


class Rows(Counted):
    """The rows of a feature map, with one row of zeros above the first and below the last, as padding.

    Args:
        channels: of the map.
        size: height and width of the whole map.
        readers: what is computed of it, row by row, from a row above to a row below; their ``end`` says which rows are
            no longer needed.
        device: where to compute.
    """

    def __init__(self, channels: int, size: tuple[int, int], readers: Sequence[Counted], device: torch.device) -> None:
        self._channels, (self._height, self._width) = channels, size
        self._readers, self._device = readers, device
        self._first, self._room = -1, self._empty(1).zero_()

    def _empty(self, count: int) -> Tensor:
        shape = (1, self._channels, count, self._width)
        return torch.empty(shape, device=self._device, memory_format=torch.channels_last)

    def grow(self, count: int) -> Tensor:
        """Room for the next rows, [1, C, count, W], to be written by the caller; forgets rows that nobody needs."""
        needed = max(self._first, min(reader.end for reader in self._readers) - 1)
        kept = self.between(needed, self.end)
        before, below = kept.shape[2], int(self.end + count == self._height)
        if before + count + below > self._room.shape[2]:
            self._room = self._empty(before + count + below)
        else:
            kept = kept.clone()  # it is moved to where a part of it lies
        # The same memory again: new memory for every strip would be scattered, and much of it lost.
        self._room[:, :, :before] = kept
        self._room[:, :, before + count : before + count + below] = 0
        self._first, self.end = needed, self.end + count
        return self._room[:, :, before : before + count]

    @property
    def reach(self) -> int:
        """How many rows a convolution of 3 x 3 can give by now."""
        return self.end if self.end == self._height else max(0, self.end - 1)

    def between(self, start: int, stop: int) -> Tensor:
        """The rows ``start`` to ``stop``, [1, C, stop - start, W]; -1 is the row of zeros above."""
        return self._room[:, :, start - self._first : stop - self._first]
