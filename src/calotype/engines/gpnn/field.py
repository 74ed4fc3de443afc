"""Nearest-neighbour fields: for every patch of one picture, the patch of another that suits it best.

Two pictures are compared, the *query* (what is being made) and the *key* (the photo). A field maps the query's patches, row
by row, to indices of the key's patches, row by row; a reverse field does the opposite. The score that both searches minimise
is the one of GPNN, eq. 1-2: the distance d(q, k), divided for each key by alpha plus the distance to its nearest query,
so that parts of the photo that nothing resembles yet become attractive (completeness).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

# A score no patch reaches: it marks the patches that must not be used.
FORBIDDEN = 1e30


@dataclass(frozen=True)
class Grid:
    """Patches on a regular grid, described by numbers.

    Attributes:
        features: [rows, columns, D], the description of each patch. Squared distances between descriptions, times ``unit``, are
            mean squared differences of pixels.
        unit: one over the number of values in a patch.
        forbidden: bool [rows, columns], patches that must not be used, or ``None``.
    """

    features: Tensor
    unit: float
    forbidden: Tensor | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.features.shape[0], self.features.shape[1]

    @property
    def rows(self) -> Tensor:
        """Descriptions as [rows * columns, D]."""
        return self.features.flatten(0, 1)


def describe(x: Tensor, filters: Tensor, forbidden: Tensor | None = None) -> Grid:
    """The patches of ``x`` [1, C, H, W] by their responses to ``filters`` [D, C, p, p]."""
    responses = F.conv2d(x.contiguous(memory_format=torch.channels_last), filters)
    return Grid(responses[0].permute(1, 2, 0).contiguous(), 1 / filters[0].numel(), forbidden)


def as_targets(grid: Grid, weight: Tensor | None = None) -> Tensor:
    """Rows [N, D + 2] whose inner product with ``as_seekers`` is the weighted squared distance.

    |q - k|^2 w = q.(-2 w k) + |q|^2 w + w |k|^2, so one product of rows is one score. Forbidden patches score ``FORBIDDEN``.
    """
    rows = grid.rows
    square = rows.square().sum(1)
    w = torch.full_like(square, grid.unit) if weight is None else weight * grid.unit
    targets = torch.empty(len(rows), rows.shape[1] + 2, device=rows.device)
    torch.mul(rows, (-2 * w)[:, None], out=targets[:, :-2])
    targets[:, -2] = w
    targets[:, -1] = w * square
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


def exact(query: Grid, key: Grid, alpha: float, budget: int = 1 << 22) -> Tensor:
    """The field of least score, all patches compared with all. Memory: about ``budget`` scores at a time.

    Two sweeps over the queries: the first finds every key's nearest query, the second each query's best key.
    """
    seekers, count = as_seekers(query.rows), len(key.rows)
    chunk = max(1, budget // count)
    weight = None
    if alpha > 0:
        plain = as_targets(key)
        nearest = torch.full((count,), float("inf"), device=plain.device)
        for part in seekers.split(chunk):
            nearest = torch.minimum(nearest, (part @ plain.T).amin(0))
        weight = completeness_weight(nearest, alpha)
    targets = as_targets(key, weight)
    return torch.cat([(part @ targets.T).argmin(1) for part in seekers.split(chunk)])
