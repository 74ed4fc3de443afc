"""What a picture will take, said before it is made."""

from __future__ import annotations

from collections.abc import Sequence

from calotype.engines.imageanalogies.config import Config
from calotype.engines.imageanalogies.generate import level_count, sizes
from calotype.types import Cost

# Seconds on a core of a 2.6 GHz server processor: a front of pixels, a value of two descriptions compared in bulk, a
# value that is fetched first, and a score that is looked at.
PER_FRONT, PER_PRODUCT, PER_FETCH, PER_SCORE = 1.0e-3, 2.5e-11, 3.2e-9, 6e-10
# Values of a description where all are compared: of a label map of a few colours.
USUAL_VALUES = 165
BASE = 350 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config) -> Cost:
    """Seconds and peak memory for one picture of ``size`` (height, width) from a photo of the first ``photo_sizes``."""
    count = level_count(min(*size, *photo_sizes[0]), cfg)
    values = cfg.components or USUAL_VALUES
    seconds = 0.0
    for (height, width), (rows, columns) in zip(sizes(size, count), sizes(photo_sizes[0], count)):
        pixels, keys = height * width, rows * columns
        compared = keys / cfg.leaf if cfg.probes else keys
        fetched = 12 + (min(keys, cfg.probes * cfg.leaf) if cfg.probes else 0)
        each = compared * (values * PER_PRODUCT + PER_SCORE) + fetched * values * PER_FETCH
        seconds += (width + 3 * height) * PER_FRONT + pixels * each
    keys, pixels = (h * w for h, w in (photo_sizes[0], size))
    return Cost(seconds, BASE + 4 * values * (4 * keys + pixels))
