"""Estimates of the time and memory of one enlargement."""

from __future__ import annotations

import os
from collections.abc import Sequence

from calotype.engines.zssr.config import Config
from calotype.engines.zssr.generate import check_settings
from calotype.engines.zssr.network import sizes
from calotype.types import Cost

PER_PRODUCT = 2.0e-11  # seconds on one core for a multiplication and addition of the network
PER_STEP = 2e-3  # seconds for a training step, whatever its size
BASE_BYTES = 350 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config) -> Cost:
    """Seconds and peak memory of a photo of ``photo_sizes[0]`` enlarged to ``size`` (height, width)."""
    check_settings(cfg)
    height, width = photo_sizes[0]
    factor = max(1.001, size[0] / height, size[1] / width)
    products = 9 * cfg.channels * (cfg.channels * (cfg.layers - 2) + 6)  # of a pixel
    stages = sizes((height, width), factor, cfg.stride)
    steps = cfg.steps + cfg.further * (len(stages) - 1)
    trained = steps * min(cfg.crop, height) * min(cfg.crop, width) * 3
    enlarged = sum(a * b for a, b in stages) * cfg.ensemble
    cores = min(os.cpu_count() or 1, 8)
    pixels = size[0] * size[1]
    seconds = (products * (trained + enlarged) * PER_PRODUCT) / cores**0.7 + steps * PER_STEP
    return Cost(
        seconds + 2e-7 * pixels * cfg.corrections * len(stages), int(BASE_BYTES + 90 * pixels + 60 * height * width)
    )
