"""Nearest-neighbour fields: for every patch of one picture, the patch of another that suits it best.

Two pictures are compared, the *query* (what is being made) and the *key* (the photo). A field maps the query's patches,
row by row, to indices of the key's patches, row by row; a reverse field does the opposite. The score that both searches
minimise is the one of GPNN, eq. 1-2: the distance d(q, k), divided for each key by alpha plus the distance to its
nearest query, so that parts of the photo that nothing resembles yet become attractive (completeness).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

# A score no patch reaches: it marks the patches that must not be used.
FORBIDDEN = 1e30


@dataclass(frozen=True)
class Places:
    """Where the patches of a picture lie.

    Attributes:
        size: height and width of the picture, pixels.
        patch: side of a patch, pixels.
        tile: along which axes the picture continues itself, so that every pixel begins a patch.
    """

    size: tuple[int, int]
    patch: int
    tile: tuple[bool, bool] = (False, False)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        over = self.patch - 1
        return self.size[0] - (0 if self.tile[0] else over), self.size[1] - (0 if self.tile[1] else over)


@dataclass(frozen=True)
class Grid:
    """The patches of a picture, described by their responses to filters, a strip at a time.

    Descriptions are computed when they are asked for: kept, they would be the largest thing in memory.

    Attributes:
        picture: [1, C, H, W].
        filters: [D, C, p, p], orthonormal, so that squared distances between descriptions are squared distances between
            patches, or nearly.
        forbidden: bool [rows, columns], patches that must not be used, or ``None``.
        active: bool [rows, columns], the patches that look for a match, where not all of them do, or ``None``.
        tile: along which axes ``picture`` is one that continues itself and has its beginning at its end once more.
    """

    picture: Tensor
    filters: Tensor
    forbidden: Tensor | None = None
    active: Tensor | None = None
    tile: tuple[bool, bool] = (False, False)

    @property
    def places(self) -> Places:
        """Where the patches lie, whatever they look like."""
        side = self.filters.shape[-1]
        height, width = (n - (side - 1 if wraps else 0) for n, wraps in zip(self.picture.shape[2:], self.tile))
        return Places((height, width), side, self.tile)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        side = self.filters.shape[-1]
        return self.picture.shape[2] - side + 1, self.picture.shape[3] - side + 1

    def __len__(self) -> int:
        rows, columns = self.shape
        return rows * columns

    @property
    def unit(self) -> float:
        """What turns squared distances into means over the values of a patch."""
        return 1 / self.filters[0].numel()

    def describe(self, top: int, bottom: int) -> Tensor:
        """Descriptions [(bottom - top) * columns, D] of the patches in rows ``top`` to ``bottom``."""
        strip = self.picture[:, :, top : bottom + self.filters.shape[-1] - 1]
        responses = F.conv2d(strip.contiguous(memory_format=torch.channels_last), self.filters)
        return responses[0].permute(1, 2, 0).reshape(-1, len(self.filters))

    def strips(self, patches: int) -> Iterator[tuple[int, int]]:
        """Spans of rows that hold about ``patches`` patches each, top to bottom."""
        rows, columns = self.shape
        step = max(1, patches // columns)
        return ((top, min(rows, top + step)) for top in range(0, rows, step))


def strip_size(device: torch.device) -> int:
    """Patches to work on at a time: what fits a processor's cache, or fills a GPU."""
    return 1 << 14 if device.type == "cpu" else 1 << 19


def as_targets(grid: Grid, weight: Tensor | None = None) -> Tensor:
    """Rows [N, D + 2] whose inner product with ``as_seekers`` is the weighted squared distance.

    |q - k|^2 w = q.(-2 w k) + |q|^2 w + w |k|^2, so one product of rows is one score. Forbidden patches score
    ``FORBIDDEN``.
    """
    columns = grid.shape[1]
    targets = torch.empty(len(grid), len(grid.filters) + 2, device=grid.picture.device)
    for top, bottom in grid.strips(4 * strip_size(targets.device)):
        here = slice(top * columns, bottom * columns)
        rows = grid.describe(top, bottom)
        square = rows.square().sum(1)
        w = torch.full_like(square, grid.unit) if weight is None else weight[here] * grid.unit
        torch.mul(rows, (-2 * w)[:, None], out=targets[here, :-2])
        targets[here, -2] = w
        targets[here, -1] = w * square
    if grid.forbidden is not None:
        targets[grid.forbidden.flatten()] = 0
        targets[grid.forbidden.flatten(), -1] = FORBIDDEN
    return targets


def as_seekers(rows: Tensor) -> Tensor:
    """Rows [N, D + 2] for ``as_targets``: (q, |q|^2, 1)."""
    return torch.cat([rows, rows.square().sum(1, keepdim=True), torch.ones_like(rows[:, :1])], 1)


def completeness_weight(nearest: Tensor, alpha: float) -> Tensor:
    """1 / (alpha + distance of each key to its nearest query): the denominator of GPNN's score."""
    return 1 / (alpha + nearest.clamp_min(0))


def exact(query: Grid, key: Grid, alpha: float, budget: int = 1 << 22, nearest: Tensor | None = None) -> Tensor:
    """The field of least score, all patches compared with all. Memory: about ``budget`` scores at a time.

    Two sweeps over the queries: the first finds every key's nearest query, the second each query's best key. The first
    is spared where ``nearest``, from ``exact_reverse``, is given.
    """
    weight = None
    if alpha > 0:
        if nearest is None:
            nearest = torch.full((len(key),), float("inf"), device=key.picture.device)
            for _, scores in compared(query, as_targets(key), budget):
                nearest = torch.minimum(nearest, scores.amin(0))
        weight = completeness_weight(nearest, alpha)
    return torch.cat([scores.argmin(1) for _, scores in compared(query, as_targets(key, weight), budget)])


def mended(query: Grid, key: Grid, field: Tensor, wrong: Tensor, pairs: int) -> Tensor:
    """``field`` with new matches for the patches that have ``wrong`` ones: those are compared with all.

    A search that follows neighbours and chance finds what is common. What is rare in the photo, a boat on a lake, may
    be come upon by none of the few patches that ask for it.

    Args:
        query: the patches that have matches, N of them.
        key: the patches that they are matched with.
        field: int64 [N].
        wrong: bool [N].
        pairs: of patches that are compared at most: where more are wrong, those that are farthest from their matches.

    Returns:
        int64 [N].
    """
    targets = as_targets(key)
    most = min(int(wrong.sum()), pairs // len(targets))
    if not most:
        return field
    columns, strips = query.shape[1], list(query.strips(strip_size(field.device)))
    distance = torch.cat(
        [
            (as_seekers(query.describe(top, bottom)) * targets[field[top * columns : bottom * columns]]).sum(1)
            for top, bottom in strips
        ]
    )
    chosen = torch.zeros_like(wrong)
    chosen[distance.masked_fill(~wrong, float("-inf")).topk(most).indices] = True
    field = field.clone()
    for top, bottom in strips:
        here = chosen[top * columns : bottom * columns].nonzero()[:, 0]
        if len(here):
            seekers = as_seekers(query.describe(top, bottom))[here]
            best = [(part @ targets.T).argmin(1) for part in torch.split(seekers, max(1, (1 << 22) // len(targets)))]
            field[here + top * columns] = torch.cat(best)
    return field


def exact_reverse(query: Grid, key: Grid, budget: int = 1 << 22) -> tuple[Tensor, Tensor]:
    """The nearest query of every key, int64 [keys], and its distance, [keys]."""
    nearest = torch.full((len(key),), float("inf"), device=key.picture.device)
    reverse = torch.zeros(len(key), dtype=torch.int64, device=nearest.device)
    for start, scores in compared(query, as_targets(key), budget):
        value, index = scores.min(0)
        reverse = torch.where(value < nearest, index + start, reverse)
        nearest = torch.minimum(nearest, value)
    return reverse, nearest


def compared(query: Grid, targets: Tensor, budget: int) -> Iterator[tuple[int, Tensor]]:
    """All queries against all targets, some rows at a time: the first query's index, and scores [rows, targets].

    The scores are good until the next ones are asked for: they are written into one piece of memory, since a new one
    each time scatters the heap and makes it grow.
    """
    seekers = as_seekers(query.describe(0, query.shape[0]))
    step = min(len(seekers), max(1, budget // len(targets)))
    scores = torch.empty(step, len(targets), device=targets.device)
    for start in range(0, len(seekers), step):
        part = seekers[start : start + step]
        yield start, torch.mm(part, targets.T, out=scores[: len(part)])
