"""What a label map will take, said before it is made."""

from __future__ import annotations

from collections.abc import Sequence

from calotype.engines.superpixels.config import Config
from calotype.types import Cost

# Seconds a pixel that is looked at, a pixel of the photo, and for what a network sees in it; fitted to
# benchmarks/results/maps.json.
PER_PIXEL, PER_LARGE, DEEP = 1e-5, 1e-7, 0.5
BASE = 350 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config) -> Cost:
    """Seconds and peak memory for the map of a photo of ``size`` (height, width)."""
    large = size[0] * size[1]
    looked_at = large * min(1.0, cfg.side / max(size)) ** 2
    return Cost(
        looked_at * PER_PIXEL + large * PER_LARGE + (DEEP if cfg.deep else 0),
        BASE + round(large * 40 + looked_at * 600),
    )
