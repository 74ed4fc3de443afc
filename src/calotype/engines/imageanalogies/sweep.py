"""One level, pixel after pixel: the best match, or the one that goes on with what the neighbours were taken from.

A pixel depends on twelve others, up to two rows above and two columns beside it. So all pixels with the same x + 3 y
are independent of each other, and depend on such with a smaller one alone: worked together, front after front, they
come out as they would one by one, row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.engines.imageanalogies.neighbourhood import CAUSAL, Block
from calotype.engines.imageanalogies.search import Search
from calotype.run import Run

Front = tuple[Tensor, Tensor]


def fronts(size: tuple[int, int], device: torch.device) -> list[Front]:
    """All pixels (y, x), those of one front together, in an order in which every one has what it depends on."""
    height, width = size
    found = []
    for t in range(width + 3 * (height - 1)):
        y = torch.arange(max(0, -(-(t - width + 1) // 3)), min(height - 1, t // 3) + 1, device=device)
        if len(y):
            found.append((y, t - 3 * y))
    return found


def one_by_one(size: tuple[int, int], device: torch.device) -> Iterator[Front]:
    """All pixels alone, row by row: the order of the paper."""
    for y in range(size[0]):
        for x in range(size[1]):
            yield torch.tensor([y], device=device), torch.tensor([x], device=device)


@dataclass(frozen=True)
class Source:
    """The photo at a level, N pixels row by row.

    Attributes:
        rows: [N, D], what its pixels are described by.
        size: height and width.
        values: [N, C], what its pixels are.
        search: among ``rows``.
    """

    rows: Tensor
    size: tuple[int, int]
    values: Tensor
    search: Search


@dataclass(frozen=True)
class Canvas:
    """The result at a level, n pixels row by row.

    Attributes:
        size: height and width.
        fixed: [n, D], what is known beforehand of its descriptions; or the first columns of these.
        made: the block of the pixels before. Its values [n, C] are a guess, and replaced by what is chosen.
        causal: [values, D], what turns that block into its part of a description; ``None``: it is the last columns.
    """

    size: tuple[int, int]
    fixed: Tensor
    made: Block
    causal: Tensor | None

    def described(self, y: Tensor, x: Tensor) -> Tensor:
        """Descriptions [m, D] of the pixels (y, x), as things stand."""
        fixed, around = self.fixed[y * self.size[1] + x], self.made.around(y, x)
        return torch.cat([fixed, around], 1) if self.causal is None else fixed + around @ self.causal


def swept(order: Sequence[Front], source: Source, canvas: Canvas, favour: float, run: Run, stage: str) -> Tensor:
    """Choose for every pixel of the result a pixel of the photo: sections 3.1 and 3.2 of the paper.

    Args:
        order: the pixels, as ``fronts`` gives them.
        source: the photo.
        canvas: the result; its values are filled in.
        favour: how many times as far as the best match, in squared distance, a coherent one may be; 0: none is sought.
        run: progress and stopping.
        stage: the name of the level.

    Returns:
        int64 [h * w], the chosen pixels.
    """
    chosen = torch.full((len(canvas.fixed),), -1, dtype=torch.int64, device=source.rows.device)
    for step in run.steps(len(order), stage=stage):
        y, x = order[step]
        here = y * canvas.size[1] + x
        asked = canvas.described(y, x)
        best = source.search(asked)
        if favour > 0:
            distance = (source.rows[best] - asked).square().sum(1)
            going_on, its_distance = coherent(y, x, canvas.size, chosen, source, asked)
            best = torch.where(its_distance <= distance * favour, going_on, best)
        chosen[here] = best
        canvas.made.values[here] = source.values[best]
    return chosen


def coherent(
    y: Tensor, x: Tensor, size: tuple[int, int], chosen: Tensor, source: Source, asked: Tensor
) -> tuple[Tensor, Tensor]:
    """The best match that a neighbour's match, shifted back, gives, and its squared distance; infinite without any."""
    dy, dx = torch.tensor(CAUSAL, device=y.device).T
    near_y, near_x = y[:, None] + dy, x[:, None] + dx
    inside = (near_y >= 0) & (near_x >= 0) & (near_x < size[1])
    match = chosen[(near_y.clamp(min=0) * size[1] + near_x.clamp(0, size[1] - 1))]
    at_y, at_x = match // source.size[1] - dy, match % source.size[1] - dx
    inside &= (at_y >= 0) & (at_y < source.size[0]) & (at_x >= 0) & (at_x < source.size[1])
    place = torch.where(inside, at_y * source.size[1] + at_x, 0)
    distance = (source.rows[place] - asked[:, None]).square_().sum(2).masked_fill_(~inside, float("inf"))
    nearest, which = distance.min(1)
    return place.gather(1, which[:, None])[:, 0], nearest
