"""What a picture will take, said before it is made."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from calotype.engines.gpdm.config import Config
from calotype.engines.gpdm.generate import plan
from calotype.matching.refine import PER_COPY, Level, bounded
from calotype.types import Cost

# Seconds of one core of a 2.6 GHz server processor, fitted to benchmarks/results/gpdm_ablation.json: for a patch
# projected on a direction and put in order, for each value of the patch there, for a step, and for a patch replaced.
PER_VALUE, PER_PIXEL, PER_STEP, PER_PATCH = 0.87e-8, 0.65e-10, 0.6e-3, 1.0e-6
# Bytes that torch itself and a few temporaries take.
BASE = 350 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config, cores: int | None = None) -> Cost:
    """Seconds and peak memory for ``vary`` or ``retarget`` to ``size`` (height, width) from photos of ``photo_sizes``.

    The time supposes processors of a typical speed, ``cores`` of them (``None``: as many as there are), idle otherwise.
    For the verbs that are handed a picture, ``cfg`` as ``remaking`` has it.
    """
    levels = plan(photo_sizes[0], size, cfg)
    if cfg.replaced_above > 0:
        levels = bounded(levels, photo_sizes[0])
    replaced = [cfg.replaced_above > 0 and min(photo_sizes[0]) * x.factor > cfg.replaced_above for x in levels]
    seconds, peak = 0.0, 0
    for level, by_patches in zip(levels, replaced):
        here, there = counts(level, photo_sizes)
        if not level.steps:
            seconds, peak = seconds + PER_COPY * cfg.replaced_patch**2 * here, max(peak, 48 * here + 36 * there)
        elif by_patches:
            seconds += cfg.replacements * (here + there) * PER_PATCH
            # The descriptions searched in, a few fields and a few pictures.
            peak = max(peak, 104 * max(here, there) + 80 * (here + there))
        else:
            taken, held = matching(here, there, level, cfg)
            seconds, peak = seconds + taken, max(peak, held)
    # The sorting is done by one core, whatever their number.
    speed_up = min(cores or os.cpu_count() or 1, 8) ** 0.25
    return Cost(seconds / speed_up, BASE + peak)


def matching(here: int, there: int, level: Level, cfg: Config) -> tuple[float, int]:
    """Seconds of one core, and bytes, for one level at which the distributions are matched."""
    fine = here > cfg.fine_above
    count, stride = (cfg.fine_projections, cfg.stride) if fine else (cfg.projections, 1)
    values = count * (here + there) / stride**2
    order = math.log2(max(here, 2)) / 16
    step = values * (PER_VALUE * order + 3 * level.patch**2 * PER_PIXEL) + PER_STEP
    # Values, their order, what they are to be, and the way back; no more than so many at a time.
    held = 40 * min(values, 2 * max(1 << 24, (here + there) / stride**2))
    return level.steps * step, int(held + 60 * (here + there))


def counts(level: Level, photo_sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Patches of the result and of the photos at a level."""
    photos = sum(round(h * level.factor) * round(w * level.factor) for h, w in photo_sizes)
    return level.size[0] * level.size[1], photos
