"""What the lines of a photo will take, said before they are drawn."""

from __future__ import annotations

from collections.abc import Sequence

from calotype.engines.canny.config import Config
from calotype.types import Cost

PER_PIXEL = 1.2e-6  # seconds
BASE = 350 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config) -> Cost:
    """Seconds and peak memory for the lines of a photo of ``size`` (height, width)."""
    pixels = size[0] * size[1]
    return Cost(0.05 + pixels * PER_PIXEL, BASE + 260 * pixels)
