"""What the lines of a photo will take, said before they are drawn."""

from __future__ import annotations

from collections.abc import Sequence

from calotype.engines.canny.config import Config
from calotype.types import Cost

# Fitted to benchmarks/results/maps.json: seconds a pixel, and as many more for every pixel of the blur's width.
PER_PIXEL, PER_BLUR = 3e-7, 1.5e-7
BASE = 350 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config) -> Cost:
    """Seconds and peak memory for the lines of a photo of ``size`` (height, width)."""
    pixels = size[0] * size[1]
    sigma = max(1.0, cfg.blur * max(size))
    return Cost(0.05 + pixels * (PER_PIXEL + PER_BLUR * sigma), BASE + 260 * pixels)
