"""One level, pixel after pixel: the best match, or the one that goes on with what the neighbours were taken from.

A pixel depends on twelve others, up to two rows above and two columns beside it. So all pixels with the same x + 3 y
are independent of each other, and depend on such with a smaller one alone: worked together, front after front, they come
out as they would one by one, row by row.
"""

from __future__ import annotations

from collections.abc import Iterator

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


def swept(
    order: list[Front],
    size: tuple[int, int],
    rows: Tensor,
    row_size: tuple[int, int],
    fixed: Tensor,
    made: Block,
    causal: Tensor | None,
    values: Tensor,
    search: Search,
    favour: float,
    run: Run,
    stage: str,
) -> Tensor:
    """Choose for every pixel of the result a pixel of the photo: sections 3.1 and 3.2 of the paper.

    Args:
        order: the pixels, as ``fronts`` gives them.
        size: height and width of the result at this level.
        rows: [N, D], descriptions of the photo's pixels.
        row_size: height and width of the photo at this level.
        fixed: [h * w, D], what is known beforehand of the descriptions of the result's pixels.
        made: the causal block of the result; its values [h * w, C] are a guess, and are replaced by what is chosen.
        causal: [values, D], what turns this block into its part of a description; ``None`` where it is the last columns.
        values: [N, C], the photo.
        search: among ``rows``.
        favour: how many times as far as the best match a coherent one may be.
        run: progress and stopping.
        stage: the name of the level.

    Returns:
        int64 [h * w], the chosen pixels.
    """
    chosen = torch.full((size[0] * size[1],), -1, dtype=torch.int64, device=rows.device)
    for step in run.steps(len(order), stage=stage):
        y, x = order[step]
        here = y * size[1] + x
        around = made.around(y, x)
        asked = torch.cat([fixed[here], around], 1) if causal is None else fixed[here] + around @ causal
        best = search(asked)
        if favour > 0:
            distance = (rows[best] - asked).square().sum(1)
            going_on, its_distance = coherent(y, x, size, chosen, row_size, rows, asked)
            best = torch.where(its_distance <= distance * favour, going_on, best)
        chosen[here] = best
        made.values[here] = values[best]
    return chosen


def coherent(
    y: Tensor, x: Tensor, size: tuple[int, int], chosen: Tensor, row_size: tuple[int, int], rows: Tensor, asked: Tensor
) -> tuple[Tensor, Tensor]:
    """The best match that a neighbour's match, shifted back, gives, and its squared distance; infinite without any."""
    dy, dx = torch.tensor(CAUSAL, device=y.device).T
    near_y, near_x = y[:, None] + dy, x[:, None] + dx
    inside = (near_y >= 0) & (near_x >= 0) & (near_x < size[1])
    match = chosen[(near_y.clamp(min=0) * size[1] + near_x.clamp(0, size[1] - 1))]
    at_y, at_x = match // row_size[1] - dy, match % row_size[1] - dx
    inside &= (at_y >= 0) & (at_y < row_size[0]) & (at_x >= 0) & (at_x < row_size[1])
    place = torch.where(inside, at_y * row_size[1] + at_x, 0)
    distance = (rows[place] - asked[:, None]).square_().sum(2).masked_fill_(~inside, float("inf"))
    nearest, which = distance.min(1)
    return place.gather(1, which[:, None])[:, 0], nearest
