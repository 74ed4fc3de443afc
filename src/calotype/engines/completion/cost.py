"""What a fill will take, said before it is made."""

from __future__ import annotations

import os
from collections.abc import Sequence

from calotype.engines.completion.config import Config
from calotype.types import Cost

# Seconds on two cores of a 2.6 GHz server processor, fitted to benchmarks/results/erase.json: for one seam of two
# labels in a round of propagation, for a pixel described, and for a patch replaced.
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
    hole: int | None = None,
) -> Cost:
    """Seconds and peak memory for a picture of ``size`` (height, width) in which ``hole`` pixels are filled.

    ``photo_sizes`` is not looked at. The time supposes processors of a typical speed, ``cores`` of them (``None``: as
    many as there are), idle otherwise.
    """
    pixels = size[0] * size[1]
    hole = round(USUAL_SHARE * pixels) if hole is None else hole
    arranged = min(cfg.arranged, hole)
    seams = 4 * arranged * cfg.offsets**2
    finer = 1 / (1 - cfg.ratio**-2)
    # Patches that reach into the hole are those of the hole and of a rim around it.
    patches = finer * (hole + 4 * cfg.patch * hole**0.5)
    seconds = cfg.rounds * seams * PER_SEAM + finer * pixels * PER_DESCRIBED
    seconds += patches * (cfg.steps + 1) * cfg.passes * PER_PATCH
    speed_up = (min(cores or os.cpu_count() or 1, 8) / 2) ** 0.5
    values = 4 * (cfg.components + 2 + 40) * pixels + 8 * arranged * cfg.offsets**2 + 8 * arranged**2
    return Cost(seconds / speed_up, BASE + values)
