"""The loop: the hole filled coarsely, then, level by level, by the patches that agree best with it and each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.engines.completion.config import Config
from calotype.engines.completion.membrane import drawn_near
from calotype.engines.completion.parts import parts
from calotype.engines.completion.pyramid import Level, levels, overlapping, spread_out
from calotype.engines.completion.start import at_edge, started
from calotype.errors import InputError
from calotype.image.patches import principal_filters
from calotype.image.resize import resize
from calotype.matching import patchmatch
from calotype.matching.field import Grid, as_targets
from calotype.matching.vote import vote
from calotype.run import Run

_LEAST = {
    **dict.fromkeys(("arranged", "overview", "offsets", "samples", "passes", "together"), 1),
    **dict.fromkeys(("rounds", "steps", "first", "peel", "components"), 0),
}


@torch.no_grad()
def fill(photos: Sequence[Tensor], cfg: Config, run: Run, *, hole: Tensor, seed: int) -> Tensor:
    """The photo with its hole filled by what could be there.

    Args:
        photos: one, [1, C, H, W], -1..1. What it has in the hole is not looked at.
        cfg: settings.
        run: progress, stopping, device.
        hole: [1, 1, H, W]; above 0.5 it is to be filled.
        seed: of the search.

    Returns:
        [1, C, H, W], -1..1; outside the hole, exactly the photo.

    Raises:
        InputError: a setting is out of range, the photo is smaller than two patches, or there is nothing to fill or
            nothing to fill it with.
        Stopped: the run was asked to stop.
    """
    photo, missing = photos[0], hole[0, 0] > 0.5
    checked(photo, missing, cfg)
    noise = torch.Generator().manual_seed(seed)
    result = photo.clone()
    found = parts(missing, cfg)
    for number, part in enumerate(found):
        label = f"hole {number + 1} of {len(found)}, " if len(found) > 1 else ""
        made = completed(photo[part.window], missing[part.window[2:]], cfg, run, noise, label)
        result[part.window] = torch.where(part.own, made, result[part.window])
    return result


def checked(photo: Tensor, hole: Tensor, cfg: Config) -> None:
    """Refuse what cannot work, before any of it is done."""
    if cfg.patch < 3 or cfg.patch % 2 == 0:
        raise InputError(f"patch={cfg.patch} cannot be used: give an odd number of pixels from 3 up, like patch=7")
    if cfg.ratio < 1.1:
        raise InputError(f"ratio={cfg.ratio:g} cannot be used: give a number from 1.1 up, like ratio=1.6")
    for name, least in _LEAST.items():
        if getattr(cfg, name) < least:
            raise InputError(f"{name}={getattr(cfg, name)} cannot be used: give a whole number from {least} up")
    height, width = hole.shape
    if min(height, width) < 2 * cfg.patch:
        raise InputError(
            f"{width}x{height} pixels are too few for patches of {cfg.patch}: "
            f"both sides must be {2 * cfg.patch} or more"
        )
    if not hole.any():
        raise InputError("there is nothing to fill: the mask selects nothing")
    if bool(overlapping(hole, cfg.patch).all()):
        raise InputError("too little of the photo is left to fill the rest from: paint a smaller mask")


def completed(photo: Tensor, hole: Tensor, cfg: Config, run: Run, noise: torch.Generator, label: str = "") -> Tensor:
    """One window [1, C, h, w] with its hole, bool [h, w], filled."""
    pyramid = levels(photo, hole, cfg)
    scene = _Scene.of(pyramid[0], cfg)
    start = started(pyramid[0], scene.source, cfg, noise)
    picture = start.picture
    field = scene.in_place() if start.offsets is None else scene.displaced(start.offsets)
    for index, level in enumerate(pyramid):
        if index:
            before, scene = scene.source.places, _Scene.of(level, cfg)
            picture = resize(picture, level.size, clamp=False)
            now = scene.source.places
            field = patchmatch.upscale(field, before, now, before, now)
        if index or start.offsets is not None:
            # Not an enlarged picture but what its patches are copies of: it is as sharp as the photo from the start.
            picture = scene.voted(field, scene.valid(field), picture, cfg.spread)
        steps = cfg.steps if index else cfg.peel if start.offsets is None else cfg.first
        for _ in run.steps(steps, stage=f"{label}level {index + 1} of {len(pyramid)}"):
            field, score = scene.search(picture, field, cfg, noise)
            picture = scene.voted(field, agreement(score, scene.active), picture, cfg.spread)
            run.report(preview=picture[:, : photo.shape[1]])
    if start.lift is not None:
        picture = picture + resize(start.lift, pyramid[-1].size, mode="bilinear") * hole
    # Where the hole reaches the edge of the picture, nothing holds the membrane there: it would carry tones outwards.
    if cfg.membrane > 0 and not at_edge(hole):
        picture = picture + drawn_near(picture, pyramid[0].photo, pyramid[0].hole, cfg.membrane) * hole
    return picture[:, : photo.shape[1]].clamp(-1, 1)


def agreement(score: Tensor, active: Tensor) -> Tensor:
    """How much each patch counts by how well it fits: exp(-d / 2 s), s the third quartile of the distances d.

    Newson et al. (2014, eq. 4). Patches that are not active count nothing.
    """
    own = score.clamp_min(0)[active]
    middle = own[:: max(1, len(own) // 100_000)].quantile(0.75).clamp_min(1e-6)
    return torch.exp(-score.clamp(0, 1e6) / (2 * middle)) * active


@dataclass(frozen=True)
class _Scene:
    """A level made ready for the search."""

    level: Level
    patch: int
    filters: Tensor
    mean: Tensor
    source: Grid
    targets: Tensor
    active: Tensor

    @classmethod
    def of(cls, level: Level, cfg: Config) -> _Scene:
        patch = cfg.patch
        mean = level.photo[:, :, ~level.hole].mean(-1)[:, :, None, None]
        known = torch.where(level.hole, mean, level.photo) - mean
        filters = principal_filters(known, patch, cfg.components or known.shape[1] * patch**2)
        reached = overlapping(level.hole, patch)
        source = Grid(known, filters, reached)
        return cls(level, patch, filters, mean, source, as_targets(source), reached.flatten())

    @property
    def grid(self) -> tuple[int, int]:
        return self.source.shape

    def in_place(self) -> Tensor:
        """The field that leaves every patch where it is."""
        return torch.arange(len(self.source), device=self.mean.device)

    def displaced(self, offsets: Tensor) -> Tensor:
        """The field in which every patch is a copy from as far away as its middle, by ``offsets`` int64 [2, h, w]."""
        offsets = spread_out(offsets, self.level.hole, self.patch)
        (rows, columns), half = self.grid, self.patch // 2
        moves = offsets[:, half : half + rows, half : half + columns]
        y = (torch.arange(rows, device=moves.device)[:, None] + moves[0]).clamp(0, rows - 1)
        x = (torch.arange(columns, device=moves.device)[None] + moves[1]).clamp(0, columns - 1)
        return (y * columns + x).flatten()

    def valid(self, field: Tensor) -> Tensor:
        """Which matches are known patches: float [patches]."""
        return (~self.active[field]).to(self.mean)

    def search(self, picture: Tensor, field: Tensor, cfg: Config, noise: torch.Generator) -> tuple[Tensor, Tensor]:
        """Better matches for the patches that reach into the hole, and their distances."""
        query = Grid(picture - self.mean, self.filters, active=self.active.view(self.grid))
        return patchmatch.improve(query, self.source, None, field, None, cfg.passes, noise, self.targets)

    def voted(self, field: Tensor, trust: Tensor, picture: Tensor, spread: float) -> Tensor:
        """The hole as the patches have it, the rest as it is."""
        made = vote(
            field, self.grid, self.level.photo, self.grid[1], self.patch, self.level.size, spread, trust, picture
        )
        return torch.where(self.level.hole, made, self.level.photo)
