"""Estimates of the time and memory of one edge map."""

from __future__ import annotations

from collections.abc import Sequence

from calotype.engines.hed.config import Config
from calotype.engines.hed.outlines import check_settings
from calotype.types import Cost

# Fitted to benchmarks/results/maps.json.
SECONDS_PER_INPUT_PIXEL = 1.2e-5  # of the network's input
SECONDS_PER_PIXEL = 8e-7  # of the photo
BASE_BYTES = 420 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config) -> Cost:
    """Seconds and peak memory of the edge map of a photo of ``size`` (height, width)."""
    check_settings(cfg)
    pixels = size[0] * size[1]
    longest = max(size)
    inputs = pixels * min(1.0, cfg.side / longest) ** 2 if cfg.side else pixels
    return Cost(
        0.3 + inputs * SECONDS_PER_INPUT_PIXEL + pixels * SECONDS_PER_PIXEL,
        int(BASE_BYTES + 900 * inputs + 120 * pixels),
    )
