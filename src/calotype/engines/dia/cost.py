"""Estimates of the time and memory of one result."""

from __future__ import annotations

import os
from collections.abc import Sequence

from calotype.engines.dia.config import Config
from calotype.engines.dia.generate import check_sizes, layer_count, working_size
from calotype.nn.vgg import VGG19_BLOCKS, VGG_BLOCKS
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server processor: for a multiplication and addition of the network, for one of a
# search, for a pixel of the result and a pixel of its patches, and for the principal components of a layer.
PER_PRODUCT, PER_COMPARISON, PER_VOTE, PER_LAYER = 2.5e-11, 6e-10, 2e-9, 0.2
_CANDIDATES = 16  # of a patch in a sweep
BASE_BYTES = 450 << 20


def cost(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config) -> Cost:
    """Seconds and peak memory of a result of ``size`` (height, width) from a style of ``photo_sizes[0]``."""
    check_sizes([size, *photo_sizes], cfg)
    pair = [working_size(size, cfg), working_size(photo_sizes[0], cfg)]
    count = layer_count(pair, cfg)
    seconds, peak = PER_LAYER * count, 0.0
    for height, width in pair:
        products, before = 0.0, 3
        for block, (convs, channels) in enumerate((VGG19_BLOCKS if cfg.features == "vgg19" else VGG_BLOCKS)[:count]):
            positions = (height >> block) * (width >> block)
            first = 9.0 * before * channels * positions
            products += first + 9.0 * channels**2 * positions * (convs - 1)
            before = channels
            filters = cfg.components * min(cfg.channels, 2 * channels) * cfg.patches[-1 - block] ** 2
            searched = cfg.passes * positions * (filters / 20 + _CANDIDATES * cfg.components)
            seconds += searched * PER_COMPARISON
            peak = max(peak, 4.0 * positions * (8 * channels + 6 * cfg.components + 4 * cfg.channels))
        # A step of L-BFGS evaluates the block and its gradient a little more than once.
        seconds += products * PER_PRODUCT * (1 + 4 * cfg.deconvolution)
    seconds += size[0] * size[1] * cfg.patches[-1] ** 2 * PER_VOTE
    cores = min(os.cpu_count() or 1, 8)
    return Cost(seconds / cores**0.5, int(BASE_BYTES + peak + 40 * size[0] * size[1]))
