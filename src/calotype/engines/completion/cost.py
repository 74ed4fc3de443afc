"""Estimates of the time and memory of one fill."""

from __future__ import annotations

import os
from collections.abc import Sequence

from torch import Tensor

from calotype.engines.completion.config import Config
from calotype.engines.completion.fill import at_border, check_size
from calotype.engines.completion.holes import holes
from calotype.engines.completion.initial import reaches_border
from calotype.engines.completion.labelling import GROUP
from calotype.types import Cost

# Seconds on two cores of a 2.6 GHz server CPU, slightly above benchmarks/results/peers.json: per pair of labels of two
# neighbours in an iteration of belief propagation, per pixel descriptor, and per patch search and replacement.
SECONDS_PER_SEAM, SECONDS_PER_DESCRIPTOR, SECONDS_PER_PATCH = 1.2e-9, 0.4e-6, 1e-6
# Seconds that every hole takes, however small.
SECONDS_PER_HOLE = 0.2
# Bytes of torch itself with a few temporaries.
BASE_BYTES = 350 << 20
# Assumed share of missing pixels if the hole is not given.
ASSUMED_SHARE = 0.05


def cost(
    photo_sizes: Sequence[tuple[int, int]],
    size: tuple[int, int],
    cfg: Config,
    cores: int | None = None,
    hole: Tensor | int | None = None,
) -> Cost:
    """Seconds and peak memory of filling a hole in an image of ``size`` (height, width).

    ``hole`` is [1, 1, height, width], 0 or 1, or its number of pixels, with the whole image as surroundings;
    ``photo_sizes`` is ignored. The time is for idle CPUs of a typical speed with ``cores`` cores (``None``: those of
    this machine).

    Raises:
        InputError: the image is smaller than two patches, or a setting is out of range.
    """
    check_size(size, cfg)
    whole = size[0] * size[1]
    if isinstance(hole, Tensor):
        parts = [part.own for part in holes(hole[0, 0] > 0.5, cfg)]
        found = [(int(own.sum()), own.numel(), at_border(cfg) if reaches_border(own) else cfg) for own in parts]
    else:
        found = [(round(ASSUMED_SHARE * whole) if hole is None else hole, whole, cfg)]
    costs = [_of_hole(*one) for one in found]
    speedup = (min(cores or os.cpu_count() or 1, 8) / 2) ** 0.5
    pictures = 40 * whole
    return Cost(
        sum(seconds for seconds, _ in costs) / speedup,
        BASE_BYTES + pictures + max(bytes_held for _, bytes_held in costs),
    )


def _of_hole(hole: int, pixels: int, cfg: Config) -> tuple[float, int]:
    """Seconds on two cores and bytes of one hole, given its pixels and those of its window."""
    finer = 1 / (1 - cfg.ratio**-2)
    # Patches that overlap the hole are those in it and in a rim around it.
    patches = finer * (hole + 4 * cfg.patch * hole**0.5)
    seconds = SECONDS_PER_HOLE + finer * pixels * SECONDS_PER_DESCRIPTOR
    seconds += patches * (2 * cfg.steps + cfg.first + 1) * cfg.passes * SECONDS_PER_PATCH
    values = 4 * (cfg.components + 4 + 40 + (18 if cfg.edge > 0 else 0)) * pixels
    if cfg.start == "offsets":
        arranged, together = min(cfg.arranged, hole), min(cfg.offsets, GROUP)
        seconds += cfg.rounds * 4 * arranged * cfg.offsets * together * SECONDS_PER_SEAM
        values += 8 * arranged * together**2 + (8 * arranged**2 if cfg.edge <= 0 else 0)
    return seconds, values
