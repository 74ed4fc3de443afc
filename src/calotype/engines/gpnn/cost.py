"""Estimates of the time and memory of one result."""

from __future__ import annotations

import os
from collections.abc import Sequence

from calotype.engines.gpnn.config import Config
from calotype.engines.gpnn.generate import check_sizes, is_warped, plan
from calotype.matching.refine import SECONDS_PER_COPY, Level
from calotype.types import Cost

# Seconds on two cores of a 2.6 GHz server CPU, fitted to benchmarks/results/speed.json: of one patch replacement with
# PatchMatch, of each sweep of it, the constant overhead of a step, and one component of the inner product of two
# descriptors in the exhaustive search.
SECONDS_PER_PATCH, SECONDS_PER_SWEEP, SECONDS_PER_STEP, SECONDS_PER_MAC = 0.35e-6, 0.25e-6, 2e-3, 8.6e-12
# Seconds of finding a warp, and those and the bytes of a pixel of its result.
SECONDS_PER_WARP, SECONDS_PER_WARPED, BYTES_PER_WARPED = 0.15, 0.1e-6, 60
# Of ``draw``: seconds of reading the maps of a folder, and its time beside that of ``vary``, as it does without early
# ends and searches for coherent matches, too; fitted to benchmarks/results/draw_seconds.json.
SECONDS_OF_MAPS, DRAW_SHARE = 1.0, 2.7
# Bytes of torch itself with a few temporaries, and of the strips of the search.
BASE_BYTES = 350 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config, cores: int | None = None) -> Cost:
    """Seconds and peak memory of one image of ``size`` (height, width) from photos of ``photo_sizes``.

    The time is for idle CPUs of a typical speed with ``cores`` cores (``None``: those of this machine).
    """
    check_sizes([size, *photo_sizes], cfg)
    levels = plan(photo_sizes[0], size, cfg, cfg.fine_alpha)
    seconds = sum(level_seconds(level, photo_sizes, cfg) for level in levels)
    # Sublinear: most of the work is bound by memory bandwidth.
    speedup = (min(cores or os.cpu_count() or 1, 8) / 2) ** 0.5
    return Cost(seconds / speedup, BASE_BYTES + max(level_bytes(level, photo_sizes, cfg) for level in levels))


def retarget_cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config) -> Cost:
    """The same of ``retarget`` to a size that does not tile."""
    if not is_warped(photo_sizes, size, cfg):
        return cost(photo_sizes, size, cfg)
    check_sizes([size, *photo_sizes], cfg)
    pixels = size[0] * size[1]
    return Cost(SECONDS_PER_WARP + pixels * SECONDS_PER_WARPED, BASE_BYTES + pixels * BYTES_PER_WARPED)


def draw_cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], labels: int, cfg: Config) -> Cost:
    """The same of ``draw`` with a layout of so many labels, each of which is a channel of the photos and the result."""
    known = cost(photo_sizes, size, cfg)
    pixels = size[0] * size[1]
    return Cost(SECONDS_OF_MAPS + DRAW_SHARE * known.seconds, known.bytes + 8 * (labels + 2) * pixels)


def counts(level: Level, photo_sizes: Sequence[tuple[int, int]], cfg: Config) -> tuple[int, int]:
    """The number of patches of the result and of the library at a level."""
    keys = sum(round(h * level.factor) * round(w * level.factor) for h, w in photo_sizes)
    return level.size[0] * level.size[1], keys * (2 if cfg.mirror else 1)


def level_seconds(level: Level, photo_sizes: Sequence[tuple[int, int]], cfg: Config) -> float:
    """Seconds of one level on two cores."""
    queries, keys = counts(level, photo_sizes, cfg)
    if not level.steps:
        return queries * level.patch**2 * SECONDS_PER_COPY
    components = cfg.components or 3 * level.patch**2
    if cfg.search == "exact" or max(queries, keys) < cfg.exact_below:
        # Each score is read and written a few times, independent of the descriptor length.
        step = queries * keys * (components + 30) * SECONDS_PER_MAC * (2 if cfg.alpha > 0 else 1)
    else:
        searched = queries + (keys if cfg.alpha > 0 and level.complete else 0)
        step = searched * (SECONDS_PER_PATCH + SECONDS_PER_SWEEP * cfg.passes) * (components + 10) / 34
    return level.steps * (step + SECONDS_PER_STEP)


def level_bytes(level: Level, photo_sizes: Sequence[tuple[int, int]], cfg: Config) -> int:
    """Peak bytes of one level: descriptors, a few fields and a few images."""
    queries, keys = counts(level, photo_sizes, cfg)
    if not level.steps:
        # The field, the accumulated and the final image; the photo, and its pixels in row-major order.
        return 48 * queries + 36 * keys
    components = cfg.components or 3 * level.patch**2
    descriptors = 4 * (components + 2) * max(queries, keys)
    return descriptors + 80 * (queries + keys)
