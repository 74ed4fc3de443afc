"""Nearest-neighbour fields: for every patch of one image, the index of the best matching patch of another.

The *query* is the image being synthesised, the *key* the photo. A field maps the query's patches to indices of the
key's patches, both in row-major order; a reverse field maps keys to queries. Both searches minimize the score of GPNN,
eq. 1-2: the distance d(q, k), divided for each key by alpha plus the distance to its nearest query, which favours parts
of the photo that the result lacks (completeness).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

# The score of patches that must not be used; above any real score.
FORBIDDEN = 1e30
# Number of strips of a picture whose descriptors are kept.
_KEPT_STRIPS = 4


@dataclass(frozen=True)
class GridShape:
    """Geometry of the patches of an image.

    Attributes:
        size: height and width of the image, pixels.
        patch: side of a patch, pixels.
        tile: whether the image is periodic, vertically and horizontally; a patch then starts at every pixel of the
            axis.
    """

    size: tuple[int, int]
    patch: int
    tile: tuple[bool, bool] = (False, False)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        margin = self.patch - 1
        return self.size[0] - (0 if self.tile[0] else margin), self.size[1] - (0 if self.tile[1] else margin)


@dataclass(frozen=True)
class Grid:
    """The patches of an image, described by filter responses, computed one strip at a time.

    Descriptors are recomputed when needed: stored, they would take most of the memory. Those of a small picture, of a
    few strips, are kept.

    Attributes:
        picture: [1, C, H, W].
        filters: [D, C, p, p], orthonormal, so that squared distances of descriptors are (nearly) those of patches.
        forbidden: bool [rows, columns], patches that must not be used, or ``None``.
        active: bool [rows, columns], the patches that need a match; ``None`` for all.
        tile: periodic axes, along which ``picture`` is padded with its own start.
        position: [rows, columns, E], further values of each descriptor, such as the scaled position of the patch.
    """

    picture: Tensor
    filters: Tensor
    forbidden: Tensor | None = None
    active: Tensor | None = None
    tile: tuple[bool, bool] = (False, False)
    position: Tensor | None = None
    _described: list[Tensor] = field(init=False, default_factory=list, compare=False, repr=False)

    @property
    def geometry(self) -> GridShape:
        """The geometry of the patches, without their contents."""
        side = self.filters.shape[-1]
        height, width = (n - (side - 1 if wraps else 0) for n, wraps in zip(self.picture.shape[2:], self.tile))
        return GridShape((height, width), side, self.tile)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        side = self.filters.shape[-1]
        return self.picture.shape[2] - side + 1, self.picture.shape[3] - side + 1

    def __len__(self) -> int:
        rows, columns = self.shape
        return rows * columns

    @property
    def width(self) -> int:
        """Number of values of a descriptor."""
        return len(self.filters) + (0 if self.position is None else self.position.shape[2])

    @property
    def unit(self) -> float:
        """Factor from squared distances to means over the values of a patch."""
        return 1 / self.filters[0].numel()

    def describe(self, top: int, bottom: int) -> Tensor:
        """Descriptors [(bottom - top) * columns, ``width``] of the patches in rows ``top`` to ``bottom``; read only."""
        if len(self) > _KEPT_STRIPS * strip_size(self.picture.device):
            return self._responses(top, bottom)
        if not self._described:
            self._described.append(self._responses(0, self.shape[0]))
        return self._described[0][top * self.shape[1] : bottom * self.shape[1]]

    def _responses(self, top: int, bottom: int) -> Tensor:
        strip = self.picture[:, :, top : bottom + self.filters.shape[-1] - 1]
        responses = F.conv2d(strip.contiguous(memory_format=torch.channels_last), self.filters)[0].permute(1, 2, 0)
        if self.position is not None:
            responses = torch.cat([responses, self.position[top:bottom]], 2)
        return responses.reshape(-1, self.width)

    def strips(self, patches: int) -> Iterator[tuple[int, int]]:
        """Row ranges of about ``patches`` patches each, top to bottom."""
        rows, columns = self.shape
        step = max(1, patches // columns)
        return ((top, min(rows, top + step)) for top in range(0, rows, step))


def strip_size(device: torch.device) -> int:
    """Number of patches per strip: fits a CPU's cache, or fills a GPU."""
    return 1 << 14 if device.type == "cpu" else 1 << 19


def key_rows(grid: Grid, weight: Tensor | None = None) -> Tensor:
    """Rows [N, ``row_width``] whose inner product with ``query_rows`` is the weighted squared distance.

    |q - k|^2 w = q.(-2 w k) + |q|^2 w + w |k|^2, so one inner product is one score. Forbidden patches score
    ``FORBIDDEN``.
    """
    columns = grid.shape[1]
    targets = torch.empty(len(grid), row_width(grid.width), device=grid.picture.device)
    for top, bottom in grid.strips(4 * strip_size(targets.device)):
        here = slice(top * columns, bottom * columns)
        write_key_rows(targets[here], grid.describe(top, bottom), grid.unit, None if weight is None else weight[here])
    if grid.forbidden is not None:
        forbid_rows(targets, grid.forbidden.flatten(), grid.width)
    return targets


def write_key_rows(targets: Tensor, rows: Tensor, unit: float, weight: Tensor | None = None) -> None:
    """Write the ``key_rows`` of the descriptors ``rows`` [N, D] to ``targets`` [N, ``row_width``]."""
    width = rows.shape[1]
    square = rows.square().sum(1)
    if weight is None:
        torch.mul(rows, -2 * unit, out=targets[:, :width])
        targets[:, width] = unit
        torch.mul(square, unit, out=targets[:, width + 1])
    else:
        w = weight * unit
        torch.mul(rows, (-2 * w)[:, None], out=targets[:, :width])
        targets[:, width] = w
        targets[:, width + 1] = w * square
    targets[:, width + 2 :] = 0


def forbid_rows(targets: Tensor, forbidden: Tensor | int, width: int) -> None:
    """Let some of ``key_rows`` of descriptors of ``width`` values score ``FORBIDDEN``."""
    targets[forbidden] = 0
    targets[forbidden, width + 1] = FORBIDDEN


def query_rows(rows: Tensor) -> Tensor:
    """Rows [N, ``row_width``] for ``key_rows``: (q, |q|^2, 1, 0 ...)."""
    count, width = rows.shape
    found = rows.new_zeros(count, row_width(width))
    found[:, :width] = rows
    torch.sum(rows.square(), 1, out=found[:, width])
    found[:, width + 1] = 1
    return found


def row_width(width: int) -> int:
    """Length of the rows of descriptors of ``width`` values: two more, filled with zeros to a multiple of 8, which
    makes their products twice as fast on a CPU.
    """
    return -(-(width + 2) // 8) * 8


@dataclass(frozen=True)
class PartialRows:
    """``key_rows`` of some patches of a grid; the others score ``FORBIDDEN``.

    Attributes:
        rows: [M, ``row_width``]; the first one scores ``FORBIDDEN``.
        index: int64 [patches of the grid], the row of each patch; 0 for those without one.
    """

    rows: Tensor
    index: Tensor

    def __len__(self) -> int:
        return len(self.index)


def products(queries: Tensor, targets: Tensor | PartialRows, candidates: Tensor) -> Tensor:
    """Inner products [N, K] of each query [N, D] with its own candidates, int64 [N, K] indices of ``targets`` [M, D].

    On a CPU as a sampled product of two dense matrices, the samples being a sparse matrix [N, M] of K entries a row:
    the rows are read where they are, and no copy of N K D values is written. The indices of a row may repeat and need
    no order, but there may be at most M; where there are more, and on other devices, the rows are copied.
    """
    count, width = candidates.shape
    if isinstance(targets, PartialRows):
        candidates = targets.index[candidates]
        targets = targets.rows
    if queries.device.type != "cpu" or width > len(targets):
        rows = targets.index_select(0, candidates.flatten()).view(count, width, -1)
        return torch.bmm(rows, queries[:, :, None])[:, :, 0]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")
        samples = torch.sparse_csr_tensor(
            torch.arange(0, count * width + 1, width),
            candidates.flatten(),
            queries.new_zeros(count * width),
            (count, len(targets)),
            check_invariants=False,
        )
    found: Tensor = torch.sparse.sampled_addmm(samples, queries, targets.T, beta=0.0).values()
    return found.view(count, width)


def completeness_weight(nearest: Tensor, alpha: float) -> Tensor:
    """1 / (alpha + distance of each key to its nearest query): the denominator of GPNN's score."""
    return 1 / (alpha + nearest.clamp_min(0))


def exact(query: Grid, key: Grid, alpha: float, budget: int = 1 << 22, nearest: Tensor | None = None) -> Tensor:
    """The field of minimum score by exhaustive search. Memory: about ``budget`` scores at a time.

    Two passes over the queries: the first finds every key's nearest query, the second each query's best key. The first
    is skipped if ``nearest``, from ``exact_reverse``, is given.
    """
    weight = None
    if alpha > 0:
        if nearest is None:
            nearest = torch.full((len(key),), float("inf"), device=key.picture.device)
            for _, scores in scored_blocks(query, key_rows(key), budget):
                nearest = torch.minimum(nearest, scores.amin(0))
        weight = completeness_weight(nearest, alpha)
    return torch.cat([scores.argmin(1) for _, scores in scored_blocks(query, key_rows(key, weight), budget)])


def exact_both(query: Grid, key: Grid, alpha: float, budget: int = 1 << 22) -> tuple[Tensor, Tensor]:
    """The field of ``exact`` and the nearest query of every key, int64 [keys].

    With at most ``budget`` pairs both come from one product of all queries with all keys.
    """
    if len(query) * len(key) > budget:
        reverse, nearest = exact_reverse(query, key, budget)
        return exact(query, key, alpha, budget, nearest), reverse
    scores = torch.mm(query_rows(query.describe(0, query.shape[0])), key_rows(key).T)
    nearest, reverse = scores.min(0)
    if alpha > 0:
        scores *= completeness_weight(nearest, alpha)
        if key.forbidden is not None:
            scores[:, key.forbidden.flatten()] = FORBIDDEN
    return scores.argmin(1), reverse


def rematch_worst(query: Grid, key: Grid, field: Tensor, wrong: Tensor, pairs: int) -> Tensor:
    """Search exhaustively for new matches of the patches that are ``wrong``.

    PatchMatch finds what is common. A rare part of the photo, such as a boat on a lake, may be found by none of the few
    patches that need it.

    Args:
        query: the matched patches, N of them.
        key: the patches they are matched with.
        field: int64 [N].
        wrong: bool [N].
        pairs: maximum number of compared pairs; if more patches are wrong, those with the largest distances are
            searched.

    Returns:
        int64 [N].
    """
    targets = key_rows(key)
    count = min(int(wrong.sum()), pairs // len(targets))
    if not count:
        return field
    columns, strips = query.shape[1], list(query.strips(strip_size(field.device)))
    distance = torch.cat(
        [
            products(query_rows(query.describe(top, bottom)), targets, matches[:, None])[:, 0]
            for (top, bottom), matches in zip(strips, torch.split(field, [(b - a) * columns for a, b in strips]))
        ]
    )
    chosen = torch.zeros_like(wrong)
    chosen[distance.masked_fill(~wrong, float("-inf")).topk(count).indices] = True
    field = field.clone()
    for top, bottom in strips:
        here = chosen[top * columns : bottom * columns].nonzero()[:, 0]
        if len(here):
            queries = query_rows(query.describe(top, bottom))[here]
            best = [(part @ targets.T).argmin(1) for part in torch.split(queries, max(1, (1 << 22) // len(targets)))]
            field[here + top * columns] = torch.cat(best)
    return field


def exact_reverse(query: Grid, key: Grid, budget: int = 1 << 22) -> tuple[Tensor, Tensor]:
    """The nearest query of every key, int64 [keys], and its distance, [keys]."""
    nearest = torch.full((len(key),), float("inf"), device=key.picture.device)
    reverse = torch.zeros(len(key), dtype=torch.int64, device=nearest.device)
    for start, scores in scored_blocks(query, key_rows(key), budget):
        value, index = scores.min(0)
        reverse = torch.where(value < nearest, index + start, reverse)
        nearest = torch.minimum(nearest, value)
    return reverse, nearest


def scored_blocks(query: Grid, targets: Tensor, budget: int) -> Iterator[tuple[int, Tensor]]:
    """Scores of all queries against all keys, in blocks: the index of the first query, and scores [rows, keys].

    The scores are valid until the next iteration: one buffer is reused, since allocating one per block fragments the
    heap.
    """
    queries = query_rows(query.describe(0, query.shape[0]))
    step = min(len(queries), max(1, budget // len(targets)))
    scores = torch.empty(step, len(targets), device=targets.device)
    for start in range(0, len(queries), step):
        part = queries[start : start + step]
        yield start, torch.mm(part, targets.T, out=scores[: len(part)])
