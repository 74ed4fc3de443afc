"""The first fill, at a coarse level: the hole put together from displaced copies, or peeled from its rim inwards."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.completion.arrange import arranged, held
from calotype.engines.completion.config import Config
from calotype.engines.completion.offsets import common_offsets, covering
from calotype.engines.completion.pyramid import Level, overlapping, spread_out, touched
from calotype.engines.completion.tone import evened
from calotype.image.patches import unfold
from calotype.matching.field import Grid

# Scores that are held in memory at a time.
BUDGET = 1 << 23
# Displacements shorter than this share of the picture's longer side are no repetitions (He and Sun, section 3.1).
NEAR = 1 / 15
# How many times the wished-for number of pixels may have to be put together: what cannot be shrunk, like a scratch.
TOO_MANY = 2


@dataclass(frozen=True)
class Start:
    """A first fill.

    Attributes:
        picture: [1, C, h, w], the level with its hole filled.
        offsets: int64 [2, h, w], where each pixel of the hole is a copy from, rows and columns away; ``None`` where it
            is not made of displaced copies.
        lift: [1, C, h, w], what is to be added so that seams are not seen; ``None`` likewise.
    """

    picture: Tensor
    offsets: Tensor | None = None
    lift: Tensor | None = None


def started(level: Level, source: Grid, cfg: Config, noise: torch.Generator) -> Start:
    """The hole of a level filled for the first time, by the patches ``source`` of that level."""
    if int(level.hole.sum()) > TOO_MANY * cfg.arranged:
        return Start(peeled(level.photo, level.hole, cfg.patch))
    offsets = common_offsets(source, cfg.offsets, NEAR * max(level.size), cfg.samples, noise)
    offsets = covering(offsets, level.hole, cfg.offsets // 2)
    if not len(offsets):
        return Start(peeled(level.photo, level.hole, cfg.patch))
    near = cfg.near if at_edge(level.hole) else 0.0
    chosen = offsets[arranged(level.photo, level.hole, offsets, cfg.rounds, near)]
    place = level.hole.nonzero()
    y, x = held(place + chosen, *level.size)
    picture = level.photo.clone()
    picture[0][:, level.hole] = level.photo[0][:, y, x]
    lift = torch.zeros_like(level.photo)
    if cfg.tone > 0:
        lacking = evened(level.photo, level.hole, place, place + chosen, cfg.tone)
        lift[0][:, level.hole] = lacking.T
        # Carried beyond the rim, so that enlarged it is as strong there as inside.
        lift = spread_out(lift[0], level.hole, 2)[None]
    moves = torch.zeros(2, *level.size, dtype=torch.int64, device=place.device)
    moves[:, level.hole] = chosen.T
    return Start(picture, moves, lift)


def at_edge(hole: Tensor) -> bool:
    """Whether a hole, bool [h, w], reaches the edge of the picture."""
    return bool(hole[0].any() or hole[-1].any() or hole[:, 0].any() or hole[:, -1].any())


def peeled(photo: Tensor, hole: Tensor, patch: int) -> Tensor:
    """``photo`` [1, C, h, w] with its hole, bool [h, w], filled ring by ring.

    Each pixel of a ring takes the value that the middle of the best patch has; patches are compared where something is
    known already. Newson, Almansa, Gousseau and Perez (IPOL 2017) begin so, in the manner of Efros and Leung.
    """
    sources = unfold(photo, patch)[~overlapping(hole, patch).flatten()]
    picture, left = photo.clone(), hole
    while left.any():
        ring = left & touched(~left)
        picture[:, :, ring] = continued(picture, left, ring, sources, patch)
        left = left & ~ring
    return picture


def continued(picture: Tensor, unknown: Tensor, ring: Tensor, sources: Tensor, patch: int) -> Tensor:
    """What the pixels of ``ring`` should be: [1, C, pixels in it], by what is not ``unknown`` around them."""
    channels, half = picture.shape[1], patch // 2
    around = F.pad(picture, (half,) * 4)
    known = F.pad((~unknown).to(picture)[None, None], (half,) * 4)
    # Near the middle counts more: what is there is nearest to what is sought.
    at = torch.arange(patch, device=picture.device) - half
    bell = torch.exp(-(at[:, None] ** 2 + at[None] ** 2) / (2 * (patch / 3) ** 2)).flatten()
    best = []
    step = max(1, BUDGET // len(sources))
    for some in torch.split(ring.flatten().nonzero()[:, 0], step):
        y, x = some // ring.shape[1], some % ring.shape[1]
        rows, columns = torch.arange(patch, device=some.device)[:, None], torch.arange(patch, device=some.device)
        y, x = y[:, None, None] + rows, x[:, None, None] + columns
        queries = around[0][:, y, x].transpose(0, 1).flatten(1)
        weights = (known[0, 0][y, x].flatten(1) * bell).repeat(1, channels)
        best.append(nearest(queries, weights, sources))
    middle = sources.view(len(sources), channels, patch * patch)[:, :, patch * patch // 2]
    return middle[torch.cat(best)].T[None]


def nearest(queries: Tensor, weights: Tensor, sources: Tensor) -> Tensor:
    """The source of least weighted squared distance to each query: int64 [N]."""
    cross = torch.mm(weights * queries, sources.T)
    own = torch.mm(weights, sources.square().T)
    return (own - 2 * cross).argmin(1)
