"""What the lines of a photo will take, said before they are drawn."""

from __future__ import annotations

from collections.abc import Sequence

from calotype.engines.hed.config import Config
from calotype.types import Cost

# Fitted to benchmarks/results/maps.json.
PER_SEEN = 1.2e-5  # seconds, for each pixel that the network sees
PER_PIXEL = 8e-7  # seconds, for each pixel of the photo
BASE = 420 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config) -> Cost:
    """Seconds and peak memory for the lines of a photo of ``size`` (height, width)."""
    pixels = size[0] * size[1]
    longest = max(size)
    seen = pixels * min(1.0, cfg.side / longest) ** 2 if cfg.side else pixels
    return Cost(0.3 + seen * PER_SEEN + pixels * PER_PIXEL, int(BASE + 900 * seen + 120 * pixels))
