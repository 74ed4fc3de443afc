"""What a picture will take, said before it is made."""

from __future__ import annotations

import os
from collections.abc import Sequence

from calotype.engines.gpnn.config import Config
from calotype.engines.gpnn.generate import plan
from calotype.matching.refine import PER_COPY, Level
from calotype.types import Cost

# Seconds on two cores of a 2.6 GHz server processor, fitted to benchmarks/results/speed.json: for a patch replaced once
# by the fast search and for each sweep of that, for anything done at all, and for one component of a product of two
# descriptions in the exact search.
PER_PATCH, PER_SWEEP, PER_STEP, PER_PRODUCT = 0.35e-6, 0.25e-6, 2e-3, 8.6e-12
# Bytes that torch itself and a few temporaries take, and strips of the search.
BASE = 350 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config, cores: int | None = None) -> Cost:
    """Seconds and peak memory for one picture of ``size`` (height, width) from photos of ``photo_sizes``.

    The time supposes processors of a typical speed, ``cores`` of them (``None``: as many as there are), idle otherwise.
    """
    levels = plan(photo_sizes[0], size, cfg)
    seconds = sum(level_seconds(level, photo_sizes, cfg) for level in levels)
    # Eight cores are not four times as fast as two: most of the work waits for memory.
    speed_up = (min(cores or os.cpu_count() or 1, 8) / 2) ** 0.5
    return Cost(seconds / speed_up, BASE + max(level_bytes(level, photo_sizes, cfg) for level in levels))


def counts(level: Level, photo_sizes: Sequence[tuple[int, int]], cfg: Config) -> tuple[int, int]:
    """Patches of the result and of the library at a level."""
    keys = sum(round(h * level.factor) * round(w * level.factor) for h, w in photo_sizes)
    return level.size[0] * level.size[1], keys * (2 if cfg.mirror else 1)


def level_seconds(level: Level, photo_sizes: Sequence[tuple[int, int]], cfg: Config) -> float:
    """Seconds for one level on two cores."""
    queries, keys = counts(level, photo_sizes, cfg)
    if not level.steps:
        return queries * level.patch**2 * PER_COPY
    components = cfg.components or 3 * level.patch**2
    if cfg.search == "exact" or max(queries, keys) < cfg.exact_below:
        # The scores are read and written a few times each, whatever the descriptions' length.
        step = queries * keys * (components + 30) * PER_PRODUCT * (2 if cfg.alpha > 0 else 1)
    else:
        searched = queries + (keys if cfg.alpha > 0 else 0)
        step = searched * (PER_PATCH + PER_SWEEP * cfg.passes) * (components + 10) / 34
    return level.steps * (step + PER_STEP)


def level_bytes(level: Level, photo_sizes: Sequence[tuple[int, int]], cfg: Config) -> int:
    """Peak bytes of one level: the descriptions searched in, a few fields and a few pictures."""
    queries, keys = counts(level, photo_sizes, cfg)
    if not level.steps:
        # The field, and the picture as it is summed up and as it is given back; the photo, and its pixels in a row.
        return 48 * queries + 36 * keys
    components = cfg.components or 3 * level.patch**2
    described = 4 * (components + 2) * max(queries, keys)
    return described + 80 * (queries + keys)
