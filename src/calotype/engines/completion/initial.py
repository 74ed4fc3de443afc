"""The initial fill at a coarse level: a smooth surface, shifted copies with assigned offsets, or onion peeling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.completion.config import Config
from calotype.engines.completion.labelling import assign_offsets, clamped_index
from calotype.engines.completion.membrane import membrane
from calotype.engines.completion.offsets import common_offsets, covering_offsets
from calotype.engines.completion.poisson import poisson_correction
from calotype.engines.completion.pyramid import Level, dilated, extrapolated, overlapping
from calotype.image.distinct import FAINT, MANY_FOREIGN, distinctness, foreignness, relative, unlikeness
from calotype.image.patches import unfold
from calotype.matching.field import Grid

# Maximum scores in memory at a time.
BUDGET = 1 << 23
# Minimum length of an offset, as a share of the image's longer side (He and Sun, section 3.1).
MIN_OFFSET = 1 / 15
# The hole may have up to this multiple of ``cfg.arranged`` pixels if it cannot be downsampled further, like a scratch.
MAX_EXCESS = 2
# Patches this many times as far from all others as the mean count as half of a single thing.
MANY_DISTINCT = 6.0


@dataclass(frozen=True)
class InitialFill:
    """An initial fill.

    Attributes:
        picture: [1, C, h, w], the level with its hole filled.
        offsets: int64 [2, h, w], the offset of each pixel of the hole, rows and columns; ``None`` if none are assigned.
        lift: [1, C, h, w], the correction of Poisson blending; ``None`` if there is none.
        peeled: whether it was made by onion peeling.
    """

    picture: Tensor
    offsets: Tensor | None = None
    lift: Tensor | None = None
    peeled: bool = False


def initial_fill(level: Level, source: Grid, cfg: Config, noise: torch.Generator) -> InitialFill:
    """Fill the hole of a level for the first time, given its patches ``source``."""
    if cfg.start == "smooth":
        return InitialFill(smooth_start(level, cfg.jitter, noise))
    if int(level.hole.sum()) > MAX_EXCESS * cfg.arranged:
        return InitialFill(onion_peeled(level.photo, level.hole, cfg.patch), peeled=True)
    # Those of patches that are near and similar; inside a photo also of those similar by their contents alone, such as
    # the periods of a pattern. At the border these were ranked equal without them, which takes less time.
    grids = [source]
    if source.position is not None and not reaches_border(level.hole):
        grids = [replace(source, position=None), source]
    found = [common_offsets(grid, cfg.offsets, MIN_OFFSET * max(level.size), noise) for grid in grids]
    offsets = interleaved(found)[: cfg.offsets]
    offsets = covering_offsets(offsets, level.hole, cfg.offsets // 2)
    copied = None
    if cfg.single > 0:
        copied = cfg.single * singleness(level.photo, level.hole)
        offsets = covering_offsets(offsets, level.hole, cfg.offsets // 2, avoided=copied > cfg.single / 2)
    if not len(offsets):
        return InitialFill(onion_peeled(level.photo, level.hole, cfg.patch), peeled=True)
    near = cfg.near if reaches_border(level.hole) else 0.0
    chosen = offsets[assign_offsets(level.photo, level.hole, offsets, cfg.rounds, near, copied)]
    place = level.hole.nonzero()
    y, x = clamped_index(place + chosen, *level.size)
    picture = level.photo.clone()
    picture[0][:, level.hole] = level.photo[0][:, y, x]
    lift = None
    if cfg.tone > 0 and cfg.edge <= 0:
        correction = poisson_correction(level.photo, level.hole, place, place + chosen, cfg.tone)
        lift = torch.zeros_like(level.photo)
        lift[0][:, level.hole] = correction.T
        # Extended beyond the rim, so that upsampling does not weaken it there.
        lift = extrapolated(lift[0], level.hole, 2)[None]
    moves = torch.zeros(2, *level.size, dtype=torch.int64, device=place.device)
    moves[:, level.hole] = chosen.T
    return InitialFill(picture, moves, lift)


def singleness(photo: Tensor, hole: Tensor) -> Tensor:
    """How far each known pixel belongs to a single thing, like nothing else of the photo: [h, w], 0..1.

    Args:
        photo: [1, C, h, w], -1..1.
        hole: bool [h, w].
    """
    known = (~hole).nonzero()
    (top, left), (bottom, right) = known.amin(0).tolist(), (known.amax(0) + 1).tolist()
    mean = photo[0][:, ~hole].mean(1)[:, None, None]
    part = torch.where(hole, mean, photo[0])[:, top:bottom, left:right]
    kinds = (
        relative(distinctness(part), MANY_DISTINCT),
        relative(unlikeness(part)),
        relative(foreignness(part), MANY_FOREIGN, FAINT),
    )
    inside = F.max_pool2d(torch.stack(kinds).amax(0)[None, None], 3, 1, 1)[0, 0]
    return F.pad(inside, (left, hole.shape[1] - right, top, hole.shape[0] - bottom))


def interleaved(lists: Sequence[Tensor]) -> Tensor:
    """The rows of several lists [n, 2] by turns, each row once: [m, 2]."""
    seen: dict[tuple[int, ...], None] = {}
    for place in range(max(len(rows) for rows in lists)):
        seen |= dict.fromkeys(tuple(rows[place].tolist()) for rows in lists if place < len(rows))
    return torch.tensor(list(seen), dtype=torch.int64, device=lists[0].device).view(-1, 2)


def smooth_start(level: Level, jitter: float, noise: torch.Generator) -> Tensor:
    """The membrane in the hole, with normal noise of standard deviation ``jitter``: [1, C, h, w]."""
    drawn = torch.randn(level.photo.shape, generator=noise).to(level.photo)
    return membrane(level.photo, level.hole) + jitter * drawn * level.hole


def reaches_border(hole: Tensor) -> bool:
    """Whether a hole, bool [h, w], touches the border of the image."""
    return bool(hole[0].any() or hole[-1].any() or hole[:, 0].any() or hole[:, -1].any())


def onion_peeled(photo: Tensor, hole: Tensor, patch: int) -> Tensor:
    """Fill the hole, bool [h, w], of ``photo`` [1, C, h, w] ring by ring from its rim inwards.

    Each pixel of a ring takes the centre value of the best matching patch; patches are compared on known pixels. The
    initialisation of Newson, Almansa, Gousseau and Perez (IPOL 2017), after Efros and Leung.
    """
    sources = unfold(photo, patch)[~overlapping(hole, patch).flatten()]
    picture, left = photo.clone(), hole
    while left.any():
        ring = left & dilated(~left)
        picture[:, :, ring] = ring_values(picture, left, ring, sources, patch)
        left = left & ~ring
    return picture


def ring_values(picture: Tensor, unknown: Tensor, ring: Tensor, sources: Tensor, patch: int) -> Tensor:
    """Values of the pixels of ``ring``: [1, C, pixels], from the pixels padded them that are not ``unknown``."""
    channels, half = picture.shape[1], patch // 2
    padded = F.pad(picture, (half,) * 4)
    known = F.pad((~unknown).to(picture)[None, None], (half,) * 4)
    # Gaussian weights: pixels near the centre matter most.
    at = torch.arange(patch, device=picture.device) - half
    gaussian = torch.exp(-(at[:, None] ** 2 + at[None] ** 2) / (2 * (patch / 3) ** 2)).flatten()
    best = []
    step = max(1, BUDGET // len(sources))
    for some in torch.split(ring.flatten().nonzero()[:, 0], step):
        y, x = some // ring.shape[1], some % ring.shape[1]
        rows, columns = torch.arange(patch, device=some.device)[:, None], torch.arange(patch, device=some.device)
        y, x = y[:, None, None] + rows, x[:, None, None] + columns
        queries = padded[0][:, y, x].transpose(0, 1).flatten(1)
        weights = (known[0, 0][y, x].flatten(1) * gaussian).repeat(1, channels)
        best.append(nearest(queries, weights, sources))
    centre = sources.view(len(sources), channels, patch * patch)[:, :, patch * patch // 2]
    return centre[torch.cat(best)].T[None]


def nearest(queries: Tensor, weights: Tensor, sources: Tensor) -> Tensor:
    """Index of the source with the least weighted squared distance to each query: int64 [N]."""
    cross = torch.mm(weights * queries, sources.T)
    own = torch.mm(weights, sources.square().T)
    return (own - 2 * cross).argmin(1)
