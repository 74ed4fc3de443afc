"""Estimates of the time and memory of one enlargement."""

from __future__ import annotations

import os
from collections.abc import Sequence

from calotype.engines.span.config import Config
from calotype.engines.span.generate import check_settings, networks, strips
from calotype.nn.span import BLOCKS
from calotype.types import Cost

PER_PRODUCT = 1.1e-11  # seconds on one core for a multiplication and addition of the network
PER_PIXEL = 6e-8  # seconds for a pixel of the result, writing it included
BASE_BYTES = 330 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config) -> Cost:
    """Seconds and peak memory of a photo of ``photo_sizes[0]`` enlarged to ``size`` (height, width)."""
    check_settings(cfg)
    height, width = photo_sizes[0]
    result, given = size[0] * size[1], height * width
    products, kept, pixels = 0.0, 0.0, float(given)
    rows = strips((height, width), cfg)[1]
    for scale in networks(max(size[0] / height, size[1] / width), cfg):
        convolutions = cfg.channels * (9 * cfg.channels * (3 * BLOCKS + 1) + 4 * cfg.channels + 27 * (1 + scale**2))
        products += pixels * convolutions
        # Of a strip every map of features is held, of those that are read late some rows more.
        kept += 4 * cfg.channels * width * (rows + 4) * (3 * BLOCKS + 8)
        pixels, width, rows = pixels * scale**2, width * scale, rows * scale
        kept += 24 * width * rows
    cores = min(os.cpu_count() or 1, 8)
    # The result in single precision, its bytes, those of the picture, and those written.
    seconds = products * PER_PRODUCT / cores**0.8 + result * PER_PIXEL
    return Cost(seconds, int(BASE_BYTES + kept + 24 * result + 20 * given))
