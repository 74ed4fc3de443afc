"""Descriptors of pixels: the weighted values in their neighbourhoods, in guide and image, at two levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Offset = tuple[int, int]

# Descriptors computed at a time.
_STRIP = 1 << 14


def square(side: int) -> list[Offset]:
    """Offsets (dy, dx) of a square window, in row-major order."""
    reach = side // 2
    return [(dy, dx) for dy in range(-reach, reach + 1) for dx in range(-reach, reach + 1)]


FULL = square(5)
CAUSAL = FULL[: len(FULL) // 2]  # the 12 causal neighbours: those before a pixel in scan order
COARSE = square(3)


def gaussian(offsets: Sequence[Offset], side: int) -> Tensor:
    """Gaussian weights of ``offsets`` in a window of ``side`` pixels, which sum to 1."""
    weights = torch.tensor([math.exp(-(dy * dy + dx * dx) / (2 * (side / 4) ** 2)) for dy, dx in offsets])
    return weights / weights.sum()


@dataclass(frozen=True)
class Block:
    """One part of a descriptor: the values of one image at the same offsets from every pixel.

    Attributes:
        values: [h * w, C], the image, pixels in row-major order.
        size: its height and width.
        offsets: relative positions.
        weights: [offsets], of squared differences.
        halved: whether the image is the next coarser level, where pixel (y, x) is at (y // 2, x // 2).
    """

    values: Tensor
    size: tuple[int, int]
    offsets: Sequence[Offset]
    weights: Tensor
    halved: bool = False

    def around(self, y: Tensor, x: Tensor) -> Tensor:
        """This part of the descriptors of the pixels (y, x), [n, offsets * C], with edge replication."""
        if self.halved:
            y, x = y // 2, x // 2
        dy, dx = torch.tensor(self.offsets, device=y.device).T
        rows = (y[:, None] + dy).clamp_(0, self.size[0] - 1)
        columns = (x[:, None] + dx).clamp_(0, self.size[1] - 1)
        values = self.values[rows * self.size[1] + columns] * self.weights.sqrt().to(self.values)[:, None]
        return values.flatten(1)


def descriptors(blocks: Sequence[Block], size: tuple[int, int], directions: Tensor | None) -> Tensor:
    """Descriptors [h * w, D] of all pixels of an image, projected on ``directions`` [values, D] if given."""
    rows = []
    for start in range(0, size[0] * size[1], _STRIP):
        place = torch.arange(start, min(start + _STRIP, size[0] * size[1]), device=blocks[0].values.device)
        full = torch.cat([block.around(place // size[1], place % size[1]) for block in blocks], 1)
        rows.append(full if directions is None else full @ directions)
    return torch.cat(rows)


def principal_directions(blocks: Sequence[Block], size: tuple[int, int], count: int, sample: int = 20_000) -> Tensor:
    """The first ``count`` principal directions of the descriptors, [values, count], orthonormal."""
    every = max(1, size[0] * size[1] // sample)
    place = torch.arange(0, size[0] * size[1], every, device=blocks[0].values.device)
    rows = torch.cat([block.around(place // size[1], place % size[1]) for block in blocks], 1).double()
    rows = rows - rows.mean(0)
    vectors: Tensor = torch.linalg.eigh(rows.T @ rows)[1]  # least variance first
    return vectors.flip(1)[:, :count].to(blocks[0].values)
