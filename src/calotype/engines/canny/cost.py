"""Estimates of the time and memory of one edge map."""

from __future__ import annotations

from collections.abc import Sequence

from calotype.engines.canny.config import Config
from calotype.engines.canny.lines import check_settings
from calotype.types import Cost

# Fitted to benchmarks/results/maps.json: seconds per pixel, and additional ones per pixel of the blur's sigma.
SECONDS_PER_PIXEL, SECONDS_PER_SIGMA = 3e-7, 1.5e-7
BASE_BYTES = 350 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config) -> Cost:
    """Seconds and peak memory of the edge map of a photo of ``size`` (height, width)."""
    check_settings(cfg)
    pixels = size[0] * size[1]
    sigma = max(1.0, cfg.blur * max(size))
    return Cost(0.05 + pixels * (SECONDS_PER_PIXEL + SECONDS_PER_SIGMA * sigma), BASE_BYTES + 260 * pixels)
