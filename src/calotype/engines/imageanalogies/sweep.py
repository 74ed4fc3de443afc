"""Synthesis of one level: each pixel takes its best match, or the best coherent one.

A pixel depends on twelve others, up to two rows above and two columns beside it. So all pixels with the same x + 3 y
are independent of each other, and depend only on pixels with smaller values: processed as wavefronts, the result equals
that of the scan order.
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
    """The wavefronts: all pixels (y, x), grouped so that each group depends only on earlier ones."""
    height, width = size
    result = []
    for t in range(width + 3 * (height - 1)):
        y = torch.arange(max(0, -(-(t - width + 1) // 3)), min(height - 1, t // 3) + 1, device=device)
        if len(y):
            result.append((y, t - 3 * y))
    return result


def one_by_one(size: tuple[int, int], device: torch.device) -> Iterator[Front]:
    """All pixels in scan order: the order of the paper."""
    for y in range(size[0]):
        for x in range(size[1]):
            yield torch.tensor([y], device=device), torch.tensor([x], device=device)


@dataclass(frozen=True)
class Source:
    """The photo at a level, N pixels in row-major order.

    Attributes:
        rows: [N, D], descriptors.
        size: height and width.
        values: [N, C], colours.
        search: nearest neighbour search among ``rows``.
    """

    rows: Tensor
    size: tuple[int, int]
    values: Tensor
    search: Search


@dataclass(frozen=True)
class Canvas:
    """The result at a level, n pixels in row-major order.

    Attributes:
        size: height and width.
        fixed: [n, D], the part of the descriptors that is known in advance; or their first columns.
        made: the block of causal neighbours. Its values [n, C] are initial values, replaced as pixels are synthesised.
        causal: [values, D], projection of that block into the descriptors; ``None``: it is appended as the last
            columns.
    """

    size: tuple[int, int]
    fixed: Tensor
    made: Block
    causal: Tensor | None

    def descriptors(self, y: Tensor, x: Tensor) -> Tensor:
        """Descriptors [m, D] of the pixels (y, x), in the current state."""
        fixed, around = self.fixed[y * self.size[1] + x], self.made.around(y, x)
        return torch.cat([fixed, around], 1) if self.causal is None else fixed + around @ self.causal


def synthesize_level(
    order: Sequence[Front], source: Source, canvas: Canvas, coherence: float, run: Run, stage: str
) -> Tensor:
    """Choose a source pixel of the photo for every pixel: sections 3.1 and 3.2 of the paper.

    Args:
        order: the pixels, grouped as by ``fronts``.
        source: the photo.
        canvas: the result; its values are filled in.
        coherence: maximum ratio of the squared distances of a coherent match and the best match; 0: no coherence
            search.
        run: progress and stopping.
        stage: name of the level.

    Returns:
        int64 [h * w], the chosen pixels.
    """
    chosen = torch.full((len(canvas.fixed),), -1, dtype=torch.int64, device=source.rows.device)
    for step in run.steps(len(order), stage=stage):
        y, x = order[step]
        here = y * canvas.size[1] + x
        queries = canvas.descriptors(y, x)
        best = source.search(queries)
        if coherence > 0:
            distance = (source.rows[best] - queries).square().sum(1)
            continuation, its_distance = coherent_match(y, x, canvas.size, chosen, source, queries)
            best = torch.where(its_distance <= distance * coherence, continuation, best)
        chosen[here] = best
        canvas.made.values[here] = source.values[best]
    return chosen


def coherent_match(
    y: Tensor, x: Tensor, size: tuple[int, int], chosen: Tensor, source: Source, queries: Tensor
) -> tuple[Tensor, Tensor]:
    """The best of the neighbours' sources, shifted back, and its squared distance; infinite if there is none."""
    dy, dx = torch.tensor(CAUSAL, device=y.device).T
    near_y, near_x = y[:, None] + dy, x[:, None] + dx
    inside = (near_y >= 0) & (near_x >= 0) & (near_x < size[1])
    match = chosen[(near_y.clamp(min=0) * size[1] + near_x.clamp(0, size[1] - 1))]
    at_y, at_x = match // source.size[1] - dy, match % source.size[1] - dx
    inside &= (at_y >= 0) & (at_y < source.size[0]) & (at_x >= 0) & (at_x < source.size[1])
    candidate = torch.where(inside, at_y * source.size[1] + at_x, 0)
    distance = (source.rows[candidate] - queries[:, None]).square_().sum(2).masked_fill_(~inside, float("inf"))
    nearest, which = distance.min(1)
    return candidate.gather(1, which[:, None])[:, 0], nearest
