"""What a fill will take, said before it is made."""

from __future__ import annotations

import os
from collections.abc import Sequence

from torch import Tensor

from calotype.engines.completion.config import Config
from calotype.engines.completion.parts import parts
from calotype.types import Cost

# Seconds on two cores of a 2.6 GHz server processor, a little more than benchmarks/results/verbs.json has: for one seam
# of two labels in a round of propagation, for a pixel described, and for a patch replaced.
PER_SEAM, PER_DESCRIBED, PER_PATCH = 1.2e-9, 0.6e-6, 5e-6
# Bytes that torch itself and a few temporaries take.
BASE = 350 << 20
# What is missing where nobody has said how much, as a share of the picture.
USUAL_SHARE = 0.05


def cost(
    photo_sizes: Sequence[tuple[int, int]],
    size: tuple[int, int],
    cfg: Config,
    cores: int | None = None,
    hole: Tensor | int | None = None,
) -> Cost:
    """Seconds and peak memory for a picture of ``size`` (height, width) in which a hole is filled.

    ``hole`` is [1, 1, height, width], 0 or 1, or how many pixels it has, and then the whole picture is thought to be
    looked at; ``photo_sizes`` is not looked at. The time supposes processors of a typical speed, ``cores`` of them
    (``None``: as many as there are), idle otherwise.
    """
    whole = size[0] * size[1]
    if isinstance(hole, Tensor):
        found = [(int(part.own.sum()), part.own.numel()) for part in parts(hole[0, 0] > 0.5, cfg)]
    else:
        found = [(round(USUAL_SHARE * whole) if hole is None else hole, whole)]
    costs = [_of_one(missing, pixels, cfg) for missing, pixels in found]
    speed_up = (min(cores or os.cpu_count() or 1, 8) / 2) ** 0.5
    pictures = 40 * whole
    return Cost(sum(seconds for seconds, _ in costs) / speed_up, BASE + pictures + max(held for _, held in costs))


def _of_one(hole: int, pixels: int, cfg: Config) -> tuple[float, int]:
    """Seconds on two cores and bytes for one hole of so many pixels, in a window of so many."""
    arranged = min(cfg.arranged, hole)
    seams = 4 * arranged * cfg.offsets**2
    finer = 1 / (1 - cfg.ratio**-2)
    # Patches that reach into the hole are those of the hole and of a rim around it.
    patches = finer * (hole + 4 * cfg.patch * hole**0.5)
    seconds = cfg.rounds * seams * PER_SEAM + finer * pixels * PER_DESCRIBED
    seconds += patches * (cfg.steps + 1) * cfg.passes * PER_PATCH
    values = 4 * (cfg.components + 2 + 40) * pixels + 8 * arranged * cfg.offsets**2 + 8 * arranged**2
    return seconds, values
