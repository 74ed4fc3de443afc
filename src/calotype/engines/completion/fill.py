"""``fill``: an initial fill at a coarse level, then patch-based optimization from level to level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.engines.completion.config import Config
from calotype.engines.completion.holes import holes
from calotype.engines.completion.initial import initial_fill, reaches_border
from calotype.engines.completion.membrane import membrane_correction
from calotype.engines.completion.pyramid import Level, extrapolated, levels, overlapping
from calotype.errors import InputError
from calotype.image.patches import principal_filters
from calotype.image.resize import resize
from calotype.matching import patchmatch
from calotype.matching.field import Grid, key_rows
from calotype.matching.vote import vote
from calotype.run import Run

_MINIMUM = {
    **dict.fromkeys(("arranged", "overview", "offsets", "samples", "passes", "together"), 1),
    **dict.fromkeys(("rounds", "steps", "first", "peel", "components"), 0),
}


@torch.no_grad()
def fill(photos: Sequence[Tensor], cfg: Config, run: Run, *, hole: Tensor, seed: int) -> Tensor:
    """Fill the hole of a photo with plausible content.

    Args:
        photos: one, [1, C, H, W], -1..1. Its values in the hole are ignored.
        cfg: settings.
        run: progress, stopping, device.
        hole: [1, 1, H, W]; values above 0.5 are to be filled.
        seed: of the search.

    Returns:
        [1, C, H, W], -1..1; outside the hole, exactly the photo.

    Raises:
        InputError: a setting is out of range, the photo is smaller than two patches, the hole is empty, or nothing is
            left to fill it from.
        Stopped: the run was asked to stop.
    """
    photo, missing = photos[0], hole[0, 0] > 0.5
    checked(photo, missing, cfg)
    noise = torch.Generator().manual_seed(seed)
    result = photo.clone()
    found = holes(missing, cfg)
    for number, part in enumerate(found):
        label = f"hole {number + 1} of {len(found)}, " if len(found) > 1 else ""
        made = completed(photo[part.window], missing[part.window[2:]], cfg, run, noise, label)
        result[part.window] = torch.where(part.own, made, result[part.window])
    return result


def checked(photo: Tensor, hole: Tensor, cfg: Config) -> None:
    """Check photo, hole and settings before any work is done."""
    if cfg.patch < 3 or cfg.patch % 2 == 0:
        raise InputError(f"patch={cfg.patch} cannot be used: give an odd number of pixels from 3 up, like patch=7")
    if cfg.ratio < 1.1:
        raise InputError(f"ratio={cfg.ratio:g} cannot be used: give a number from 1.1 up, like ratio=1.6")
    for name, least in _MINIMUM.items():
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
    """Fill the hole, bool [h, w], of one window [1, C, h, w]."""
    pyramid = levels(photo, hole, cfg)
    state = _SearchState.of(pyramid[0], cfg)
    start = initial_fill(pyramid[0], state.source, cfg, noise)
    picture = start.picture
    field = state.identity_field() if start.offsets is None else state.shifted_field(start.offsets)
    for index, level in enumerate(pyramid):
        if index:
            before, state = state.source.geometry, _SearchState.of(level, cfg)
            picture = resize(picture, level.size, clamp=False)
            now = state.source.geometry
            field = patchmatch.upsample(field, before, now, before, now)
        if index or start.offsets is not None:
            # Not the upsampled image but its patches, copied from the photo: as sharp as the photo from the start.
            picture = state.voted(field, state.valid(field), picture, cfg.spread)
        steps = cfg.steps if index else cfg.peel if start.offsets is None else cfg.first
        for _ in run.steps(steps, stage=f"{label}level {index + 1} of {len(pyramid)}"):
            field, score = state.search(picture, field, cfg, noise)
            picture = state.voted(field, match_confidence(score, state.active), picture, cfg.spread)
            run.report(preview=picture[:, : photo.shape[1]])
    if start.lift is not None:
        picture = picture + resize(start.lift, pyramid[-1].size, mode="bilinear") * hole
    # A membrane is not constrained at the image border: it would extrapolate tones outwards.
    if cfg.membrane > 0 and not reaches_border(hole):
        picture = picture + membrane_correction(picture, pyramid[0].photo, pyramid[0].hole, cfg.membrane) * hole
    return picture[:, : photo.shape[1]].clamp(-1, 1)


def match_confidence(score: Tensor, active: Tensor) -> Tensor:
    """Weight of each patch by its match distance: exp(-d / 2 s), with s the third quartile of the distances d.

    Newson et al. (2014, eq. 4). Inactive patches have weight 0.
    """
    distances = score.clamp_min(0)[active]
    scale = distances[:: max(1, len(distances) // 100_000)].quantile(0.75).clamp_min(1e-6)
    return torch.exp(-score.clamp(0, 1e6) / (2 * scale)) * active


@dataclass(frozen=True)
class _SearchState:
    """A level prepared for the search."""

    level: Level
    patch: int
    filters: Tensor
    mean: Tensor
    source: Grid
    targets: Tensor
    active: Tensor

    @classmethod
    def of(cls, level: Level, cfg: Config) -> _SearchState:
        patch = cfg.patch
        mean = level.photo[:, :, ~level.hole].mean(-1)[:, :, None, None]
        known = torch.where(level.hole, mean, level.photo) - mean
        filters = principal_filters(known, patch, cfg.components or known.shape[1] * patch**2)
        overlaps = overlapping(level.hole, patch)
        source = Grid(known, filters, overlaps)
        return cls(level, patch, filters, mean, source, key_rows(source), overlaps.flatten())

    @property
    def grid(self) -> tuple[int, int]:
        return self.source.shape

    def identity_field(self) -> Tensor:
        """The field that matches every patch with itself."""
        return torch.arange(len(self.source), device=self.mean.device)

    def shifted_field(self, offsets: Tensor) -> Tensor:
        """The field in which every patch is shifted by the offset of its centre, ``offsets`` int64 [2, h, w]."""
        offsets = extrapolated(offsets, self.level.hole, self.patch)
        (rows, columns), half = self.grid, self.patch // 2
        moves = offsets[:, half : half + rows, half : half + columns]
        y = (torch.arange(rows, device=moves.device)[:, None] + moves[0]).clamp(0, rows - 1)
        x = (torch.arange(columns, device=moves.device)[None] + moves[1]).clamp(0, columns - 1)
        return (y * columns + x).flatten()

    def valid(self, field: Tensor) -> Tensor:
        """Which matches are known patches: float [patches]."""
        return (~self.active[field]).to(self.mean)

    def search(self, picture: Tensor, field: Tensor, cfg: Config, noise: torch.Generator) -> tuple[Tensor, Tensor]:
        """Improved matches of the patches that overlap the hole, and their distances."""
        query = Grid(picture - self.mean, self.filters, active=self.active.view(self.grid))
        return patchmatch.improve(query, self.source, None, field, None, cfg.passes, noise, self.targets)

    def voted(self, field: Tensor, confidence: Tensor, picture: Tensor, spread: float) -> Tensor:
        """The hole synthesised from the matched patches; the rest unchanged."""
        made = vote(
            field, self.grid, self.level.photo, self.grid[1], self.patch, self.level.size, spread, confidence, picture
        )
        return torch.where(self.level.hole, made, self.level.photo)
