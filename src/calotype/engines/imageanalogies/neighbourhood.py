"""What a pixel is described by: the weighted values around it, of both pictures of its side, at two levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Offset = tuple[int, int]

# Rows of a description that are made at a time.
_STRIP = 1 << 14


def square(side: int) -> list[Offset]:
    """Places around a pixel, (dy, dx), row by row."""
    reach = side // 2
    return [(dy, dx) for dy in range(-reach, reach + 1) for dx in range(-reach, reach + 1)]


FULL = square(5)
CAUSAL = FULL[: len(FULL) // 2]  # those that a sweep row by row has been to: 12
COARSE = square(3)


def bell(offsets: Sequence[Offset], side: int) -> Tensor:
    """Gaussian weights of ``offsets`` within a window of ``side`` pixels, their sum 1."""
    weights = torch.tensor([math.exp(-(dy * dy + dx * dx) / (2 * (side / 4) ** 2)) for dy, dx in offsets])
    return weights / weights.sum()


@dataclass(frozen=True)
class Block:
    """One part of a description: the same places of one picture around every pixel.

    Attributes:
        values: [h * w, C], the picture, pixels row by row.
        size: its height and width.
        offsets: the places.
        weights: [places], of squared differences.
        halved: whether the picture is of the level below, so that a pixel (y, x) is at (y // 2, x // 2) in it.
    """

    values: Tensor
    size: tuple[int, int]
    offsets: Sequence[Offset]
    weights: Tensor
    halved: bool = False

    def around(self, y: Tensor, x: Tensor) -> Tensor:
        """The part of the description [n, places * C] of the pixels (y, x); beyond an edge, the edge is repeated."""
        if self.halved:
            y, x = y // 2, x // 2
        dy, dx = torch.tensor(self.offsets, device=y.device).T
        rows = (y[:, None] + dy).clamp_(0, self.size[0] - 1)
        columns = (x[:, None] + dx).clamp_(0, self.size[1] - 1)
        found = self.values[rows * self.size[1] + columns] * self.weights.sqrt().to(self.values)[:, None]
        return found.flatten(1)


def described(blocks: Sequence[Block], size: tuple[int, int], directions: Tensor | None) -> Tensor:
    """Descriptions [h * w, D] of all pixels of a picture, row by row, along ``directions`` [values, D] where given."""
    rows = []
    for start in range(0, size[0] * size[1], _STRIP):
        place = torch.arange(start, min(start + _STRIP, size[0] * size[1]), device=blocks[0].values.device)
        whole = torch.cat([block.around(place // size[1], place % size[1]) for block in blocks], 1)
        rows.append(whole if directions is None else whole @ directions)
    return torch.cat(rows)


def principal_directions(blocks: Sequence[Block], size: tuple[int, int], count: int, sample: int = 20_000) -> Tensor:
    """The ``count`` directions [values, count] in which descriptions differ most, orthonormal."""
    every = max(1, size[0] * size[1] // sample)
    place = torch.arange(0, size[0] * size[1], every, device=blocks[0].values.device)
    rows = torch.cat([block.around(place // size[1], place % size[1]) for block in blocks], 1).double()
    rows = rows - rows.mean(0)
    vectors: Tensor = torch.linalg.eigh(rows.T @ rows)[1]  # least variance first
    return vectors.flip(1)[:, :count].to(blocks[0].values)
