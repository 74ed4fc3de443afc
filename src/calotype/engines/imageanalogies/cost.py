"""Estimates of the time and memory of one result."""

from __future__ import annotations

from collections.abc import Sequence

from calotype.engines.imageanalogies.config import Config
from calotype.engines.imageanalogies.generate import check_sizes, level_count, sizes
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server CPU: per wavefront, per multiply-add (MAC) of a distance computed as a matrix
# product, per value gathered from memory, and per score in the minimum.
SECONDS_PER_FRONT, SECONDS_PER_MAC, SECONDS_PER_GATHER, SECONDS_PER_SCORE = 1.0e-3, 2.5e-11, 3.2e-9, 6e-10
# Values of a descriptor without principal components, for a label map of a few colours.
TYPICAL_VALUES = 165
BASE_BYTES = 350 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config) -> Cost:
    """Seconds and peak memory of one image of ``size`` (height, width) from a photo of the first ``photo_sizes``."""
    check_sizes([size, *photo_sizes], cfg)
    count = level_count(min(*size, *photo_sizes[0]), cfg)
    values = cfg.components or TYPICAL_VALUES
    seconds = 0.0
    for (height, width), (rows, columns) in zip(sizes(size, count), sizes(photo_sizes[0], count)):
        pixels, keys = height * width, rows * columns
        compared = keys / cfg.leaf if cfg.probes else keys
        gathered = 12 + (min(keys, cfg.probes * cfg.leaf) if cfg.probes else 0)
        each = compared * (values * SECONDS_PER_MAC + SECONDS_PER_SCORE) + gathered * values * SECONDS_PER_GATHER
        seconds += (width + 3 * height) * SECONDS_PER_FRONT + pixels * each
    keys, pixels = (h * w for h, w in (photo_sizes[0], size))
    return Cost(seconds, BASE_BYTES + 4 * values * (4 * keys + pixels))
