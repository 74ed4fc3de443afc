"""Estimates of the time and memory of one label map."""

from __future__ import annotations

from collections.abc import Sequence

from calotype.engines.superpixels.config import Config
from calotype.engines.superpixels.segment import check_settings
from calotype.types import Cost

# Seconds per segmented pixel, per pixel of the photo, and for the network's features; fitted to
# benchmarks/results/maps.json.
SECONDS_PER_PIXEL, SECONDS_PER_PHOTO_PIXEL, SECONDS_DEEP = 1e-5, 1e-7, 0.5
BASE_BYTES = 350 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config) -> Cost:
    """Seconds and peak memory of the label map of a photo of ``size`` (height, width)."""
    check_settings(cfg)
    large = size[0] * size[1]
    segmented = large * min(1.0, cfg.side / max(size)) ** 2
    return Cost(
        segmented * SECONDS_PER_PIXEL + large * SECONDS_PER_PHOTO_PIXEL + (SECONDS_DEEP if cfg.deep else 0),
        BASE_BYTES + round(large * 40 + segmented * 600),
    )
