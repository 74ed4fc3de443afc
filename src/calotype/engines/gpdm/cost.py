"""Estimates of the time and memory of one result."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from calotype.engines.gpdm.config import Config
from calotype.engines.gpdm.generate import check_sizes, plan
from calotype.matching.refine import SECONDS_PER_COPY, Level, limited
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server CPU, fitted to benchmarks/results/gpdm_ablation.json: to sort one projection
# of a patch, per multiply-add (MAC) of a projection, the constant overhead of a step, and one patch search and
# replacement.
SECONDS_PER_VALUE, SECONDS_PER_MAC, SECONDS_PER_STEP, SECONDS_PER_PATCH = 0.87e-8, 0.65e-10, 0.6e-3, 1.0e-6
# Bytes of torch itself with a few temporaries.
BASE_BYTES = 350 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config, cores: int | None = None) -> Cost:
    """Seconds and peak memory of ``vary`` or ``retarget`` to ``size`` (height, width) from photos of ``photo_sizes``.

    The time is for idle CPUs of a typical speed with ``cores`` cores (``None``: those of this machine). For verbs with
    a given image, pass ``remaking(cfg)``.
    """
    check_sizes([size, *photo_sizes], cfg)
    levels = plan(photo_sizes[0], size, cfg)
    if cfg.replaced_above > 0:
        levels = limited(levels, photo_sizes[0])
    replaced = [cfg.replaced_above > 0 and min(photo_sizes[0]) * x.factor > cfg.replaced_above for x in levels]
    seconds, peak = 0.0, 0
    for level, by_patches in zip(levels, replaced):
        queries, keys = counts(level, photo_sizes)
        if not level.steps:
            seconds, peak = (
                seconds + SECONDS_PER_COPY * cfg.replaced_patch**2 * queries,
                max(peak, 48 * queries + 36 * keys),
            )
        elif by_patches:
            seconds += cfg.replacements * (queries + keys) * SECONDS_PER_PATCH
            # The descriptors, a few fields and a few images.
            peak = max(peak, 104 * max(queries, keys) + 80 * (queries + keys))
        else:
            taken, bytes_held = matching(queries, keys, level, cfg)
            seconds, peak = seconds + taken, max(peak, bytes_held)
    # Sorting uses one core only.
    speedup = min(cores or os.cpu_count() or 1, 8) ** 0.25
    return Cost(seconds / speedup, BASE_BYTES + peak)


def matching(queries: int, keys: int, level: Level, cfg: Config) -> tuple[float, int]:
    """Seconds on one core, and bytes, of distribution matching at one level."""
    fine = queries > cfg.fine_above
    count, stride = (cfg.fine_projections, cfg.stride) if fine else (cfg.projections, 1)
    values = count * (queries + keys) / stride**2
    order = math.log2(max(queries, 2)) / 16
    step = values * (SECONDS_PER_VALUE * order + 3 * level.patch**2 * SECONDS_PER_MAC) + SECONDS_PER_STEP
    # Projections, their order, targets and gradients, for a bounded number of projections at a time.
    bytes_held = 40 * min(values, 2 * max(1 << 24, (queries + keys) / stride**2))
    return level.steps * step, int(bytes_held + 60 * (queries + keys))


def counts(level: Level, photo_sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The number of patches of the result and of the photos at a level."""
    photos = sum(round(h * level.factor) * round(w * level.factor) for h, w in photo_sizes)
    return level.size[0] * level.size[1], photos
