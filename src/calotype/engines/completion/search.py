"""Search and vote for the patches of one level that overlap its hole."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.completion.coherent import continue_neighbours
from calotype.engines.completion.config import Config
from calotype.engines.completion.membrane import membrane
from calotype.engines.completion.part import SIDE, rows_near
from calotype.engines.completion.pyramid import Level, eroded, extrapolated, overlapping
from calotype.image.patches import principal_filters
from calotype.matching import patchmatch
from calotype.matching.field import FORBIDDEN, Grid, PartialRows, key_rows, products, query_rows, strip_size
from calotype.matching.vote import vote

# Maximum pairs of patches that are compared exhaustively, and maximum scores in memory at a time.
EXACT_PAIRS, BUDGET = 1 << 22, 1 << 21
# Tolerance of the membrane in the rim of a hole, relative.
RIM_TOLERANCE = 1e-3
# Number of patches of a level that are always all compared.
WHOLE = 1 << 15


@dataclass(frozen=True)
class LevelSearch:
    """A level prepared for the search.

    Fields are those of the patches in ``box``: int64 [rows * columns], indices into all patches of the level. Patches
    that do not overlap the hole are matched with themselves.

    Attributes:
        level: the photo and its hole.
        mean: [1, C, 1, 1], the mean of the known pixels.
        source: all patches of the level; those that overlap the hole are forbidden.
        box: top, bottom, left and right of the bounding box of the patches that overlap the hole.
        active: bool [rows, columns], the patches of the box that overlap the hole.
        near: whether the matches of a large level are looked for near the first ones only.
    """

    level: Level
    mean: Tensor
    source: Grid
    box: tuple[int, int, int, int]
    active: Tensor
    near: bool = False
    _targets: list[Tensor | PartialRows] = dataclasses.field(default_factory=list, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        level: Level,
        cfg: Config,
        rim: int = 0,
        patch: int | None = None,
        texture: Tensor | None = None,
        near: bool = False,
        single: Tensor | None = None,
    ) -> LevelSearch:
        """Prepare a level.

        Args:
            level: the photo and its hole.
            cfg: settings.
            rim: width of the rim of the hole that counts as known, with the values of a membrane, pixels.
            patch: side of the patches instead of ``cfg.patch``.
            texture: [1, 1, h, w], the expected texture, which patches are compared by, too.
            near: see above.
            single: [h, w], cost of a copy of each pixel, in squared colour differences (-1..1 scale).
        """
        patch = patch or cfg.patch
        mean = level.photo[:, :, ~level.hole].mean(-1)[:, :, None, None]
        unknown = level.hole
        while rim and not eroded(level.hole, rim).any():
            rim -= 1
        if rim:
            unknown = eroded(level.hole, rim)
            level = Level(membrane(level.photo, level.hole, RIM_TOLERANCE), level.hole)
        known = torch.where(unknown, mean, level.photo) - mean
        filters = principal_filters(known, patch, cfg.components or known.shape[1] * patch**2)
        overlaps = overlapping(level.hole, patch)
        further = [*_positions(overlaps, filters[0].numel(), cfg)]
        if texture is not None:
            scale = (cfg.texture * filters[0].numel()) ** 0.5
            further.append(_means(texture, patch)[0, 0] * scale)
        if single is not None:
            # 0 in the patches that are matched, so that the squared difference is the cost of the copy.
            cost = _means(single[None, None], patch)[0, 0] * filters[0].numel()
            further.append(cost.sqrt().masked_fill(overlaps, 0.0))
        position = torch.stack(further, 2) if further else None
        source = Grid(known, filters, overlapping(unknown, patch), position=position)
        rows, columns = (overlaps.any(axis).nonzero()[:, 0] for axis in (1, 0))
        box = (int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)
        return cls(level, mean, source, box, overlaps[box[0] : box[1], box[2] : box[3]], near)

    def targets(self, field: Tensor) -> Tensor | PartialRows:
        """The ``key_rows`` of all patches, or those near the matches of ``field``, the first one asked for."""
        if not self._targets:
            part = self.near and len(self.source) > WHOLE and min(self.source.shape) >= SIDE
            self._targets.append(
                rows_near(self.source, field[self.active.flatten()]) if part else key_rows(self.source)
            )
        return self._targets[0]

    @property
    def patch(self) -> int:
        """Side of a patch, pixels."""
        return int(self.source.filters.shape[-1])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the box."""
        return self.box[1] - self.box[0], self.box[3] - self.box[2]

    @property
    def pixels(self) -> tuple[slice, slice]:
        """The pixels that the patches of the box cover."""
        margin = self.patch - 1
        return slice(self.box[0], self.box[1] + margin), slice(self.box[2], self.box[3] + margin)

    def places(self) -> tuple[Tensor, Tensor]:
        """Row [rows, 1] and column [columns] of the patches of the box."""
        device = self.mean.device
        return (
            torch.arange(self.box[0], self.box[1], device=device)[:, None],
            torch.arange(self.box[2], self.box[3], device=device),
        )

    def moved(self, down: Tensor, across: Tensor) -> Tensor:
        """The field in which the patches of the box are displaced by these rows and columns, [rows, columns] each."""
        y, x = self.places()
        rows, columns = self.source.shape
        return ((y + down).clamp(0, rows - 1) * columns + (x + across).clamp(0, columns - 1)).flatten()

    def identity(self) -> Tensor:
        """The field that matches every patch with itself."""
        zero = torch.zeros(self.shape, dtype=torch.int64, device=self.mean.device)
        return self.moved(zero, zero)

    def shifted(self, offsets: Tensor) -> Tensor:
        """The field in which every patch is shifted by the offset of its centre, ``offsets`` int64 [2, h, w]."""
        offsets = extrapolated(offsets, self.level.hole, self.patch)
        y, x = (place + self.patch // 2 for place in self.places())
        return self.moved(offsets[0][y, x], offsets[1][y, x])

    def displacements(self, field: Tensor) -> tuple[Tensor, Tensor]:
        """Rows and columns that the patches of the box are displaced by, [rows, columns] each."""
        y, x = self.places()
        columns = self.source.shape[1]
        matches = field.view(self.shape)
        return matches // columns - y, matches % columns - x

    def upsampled(self, field: Tensor, before: LevelSearch) -> Tensor:
        """A field of the coarser level ``before`` at this one: a patch takes the displacement of that at its centre."""
        moves = before.displacements(field)
        at = []
        for axis, place in enumerate(self.places()):
            scale = before.level.size[axis] / self.level.size[axis]
            corner = (place.flatten().double() + self.patch / 2) * scale - before.patch / 2
            at.append((corner.round().long() - before.box[2 * axis]).clamp(0, before.shape[axis] - 1))
        scales = [now / then for now, then in zip(self.level.size, before.level.size)]
        down, across = ((move[at[0]][:, at[1]] * scale).round().long() for move, scale in zip(moves, scales))
        return self.moved(torch.where(self.active, down, 0), torch.where(self.active, across, 0))

    def query(self, picture: Tensor) -> Grid:
        """The patches of the box of a picture [1, C, h, w]."""
        position = self.source.position
        if position is not None:
            position = position[self.box[0] : self.box[1], self.box[2] : self.box[3]]
        return Grid(
            picture[(..., *self.pixels)] - self.mean, self.source.filters, active=self.active, position=position
        )

    def matched(
        self, picture: Tensor, field: Tensor, passes: int, coherence: float, noise: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Improved matches, and their distances [rows * columns].

        Args:
            picture: [1, C, h, w].
            field: the initial matches; not used if all pairs of patches can be compared.
            passes: PatchMatch sweeps.
            coherence: weight of coherence, see ``continue_neighbours``.
            noise: CPU generator.
        """
        query, targets = self.query(picture), self.targets(field)
        if isinstance(targets, Tensor) and int(self.active.sum()) * len(targets) <= EXACT_PAIRS:
            field, score = self._nearest(query, field, targets)
        else:
            radius = None if isinstance(targets, Tensor) else SIDE
            field, score = patchmatch.improve(
                query, self.source, None, field, None, passes, noise, targets, radius=radius
            )
        if coherence > 0:
            field, score = continue_neighbours(self, query, field, score, coherence)
        return field, score

    def _nearest(self, query: Grid, field: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """The nearest patches, by exhaustive search."""
        chosen = self.active.flatten().nonzero()[:, 0]
        queries = query_rows(query.describe(0, self.shape[0]))[chosen]
        field, score = field.clone(), torch.full_like(field, FORBIDDEN, dtype=torch.float32)
        step = max(1, BUDGET // len(targets))
        for some, part in zip(torch.split(chosen, step), torch.split(queries, step)):
            score[some], field[some] = (part @ targets.T).min(1)
        return field, score

    def distances(self, query: Grid, field: Tensor) -> Tensor:
        """The distance of every patch of the box to its match: [rows * columns]; ``FORBIDDEN`` for inactive ones."""
        score = torch.full_like(field, FORBIDDEN, dtype=torch.float32)
        columns = self.shape[1]
        targets = self.targets(field)
        for top, bottom in query.strips(strip_size(field.device)):
            here = slice(top * columns, bottom * columns)
            score[here] = products(query_rows(query.describe(top, bottom)), targets, field[here, None])[:, 0]
        return score.masked_fill(~self.active.flatten(), FORBIDDEN)

    def known(self, field: Tensor) -> Tensor:
        """Which matches are known patches: float [rows * columns]."""
        forbidden = self.source.forbidden
        assert forbidden is not None
        return (~forbidden.flatten()[field]).to(self.mean)

    def confidence(self, score: Tensor) -> Tensor:
        """Weight of each patch by its match distance: exp(-d / 2 s), with s the third quartile of the distances d.

        Newson et al. (2014, eq. 4). Inactive patches have weight 0.
        """
        active = self.active.flatten()
        distances = score.clamp_min(0)[active]
        scale = distances[:: max(1, len(distances) // 100_000)].quantile(0.75).clamp_min(1e-6)
        return torch.exp(-score.clamp(0, 1e6) / (2 * scale)) * active

    def voted(self, field: Tensor, confidence: Tensor, picture: Tensor, spread: float) -> Tensor:
        """The hole synthesised from the matched patches; the rest is that of the photo."""
        made = self.averaged(self.level.photo, field, confidence, picture[(..., *self.pixels)], spread)
        return self.filled(made)

    def averaged(self, values: Tensor, field: Tensor, confidence: Tensor, fallback: Tensor, spread: float) -> Tensor:
        """The matched patches of ``values`` [1, n, h, w], averaged where they overlap: those of ``pixels``."""
        size = (fallback.shape[2], fallback.shape[3])
        return vote(field, self.shape, values, self.source.shape[1], self.patch, size, spread, confidence, fallback)

    def filled(self, made: Tensor) -> Tensor:
        """The photo [1, C, h, w], its hole filled with ``made``, the values of ``pixels``."""
        result = self.level.photo.clone()
        result[(..., *self.pixels)] = torch.where(self.level.hole[self.pixels], made, result[(..., *self.pixels)])
        return result


def _means(x: Tensor, patch: int) -> Tensor:
    """The means of the patches of ``x`` [1, C, h, w]."""
    return F.avg_pool2d(F.avg_pool2d(x, (patch, 1), 1), (1, patch), 1)


def _positions(patches: Tensor, values: int, cfg: Config) -> tuple[Tensor, ...]:
    """Rows and columns of the patches, scaled such that their squared distances are the cost of copying.

    A copy from the longer side of the image away costs ``cfg.near`` vertically, and a quarter of it horizontally.
    """
    if cfg.near <= 0:
        return ()
    rows, columns = patches.shape
    unit = (cfg.near * values) ** 0.5 / max(rows, columns)
    y = torch.arange(rows, device=patches.device)[:, None].expand(rows, columns)
    x = torch.arange(columns, device=patches.device).expand(rows, columns)
    return y * unit, x * (unit / 2)
