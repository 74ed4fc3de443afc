"""What training and a picture will take, said before they are begun."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from calotype.engines.ingan.config import Config
from calotype.engines.ingan.generate import checked_size, levels_of
from calotype.engines.ingan.geometry import Size
from calotype.engines.ingan.net import learned_size
from calotype.types import Cost

# Seconds on two cores of a 2.6 GHz server processor: for one multiplication and addition of a network, there or back,
# for a pass whatever its size, and for a patch replaced once.
PER_PRODUCT, PER_PASS, PER_PATCH = 3e-11, 5e-3, 2.5e-6
# What keeping patches together takes, against replacing them.
GATHERED = 1.0
# Bytes that torch itself and a few temporaries take; and of one pixel and channel while a network learns.
BASE, PER_CHANNEL = 400 << 20, 100


def training_cost(size: Size, cfg: Config) -> Cost:
    """Seconds and peak memory for learning from a photo of ``size`` pixels (height, width)."""
    pixels = _pixels(size, cfg) * min(cfg.most, cfg.largest**2)
    memory = BASE + PER_CHANNEL * pixels * cfg.width * 2 + 64 * _weights(cfg)
    return Cost(sum(efforts(size, cfg)) / _speed_up(), int(memory))


def efforts(size: Size, cfg: Config) -> list[float]:
    """Seconds of each stage of a training on two cores, in the order of ``stages``."""
    pixels = _pixels(size, cfg)
    usual = 1 + (min(cfg.most, cfg.largest**2) - 1) / 4
    # There and back is three passes.
    copying = 3 * (_products(cfg) * pixels * PER_PRODUCT + PER_PASS)
    passes = 6 + (3 if cfg.mend_from < 1 else 0)
    retargeting = passes * (_products(cfg) * pixels * usual * PER_PRODUCT + PER_PASS)
    if cfg.judge == "critics":
        # The generator's way through them, and their own two; all scales have about twice the pixels of the finest.
        retargeting += 18 * (_critic_products(cfg) * pixels * usual * PER_PRODUCT + PER_PASS)
    else:
        retargeting += 4 * (3 * cfg.patch**2 * cfg.directions * pixels * usual * PER_PRODUCT + PER_PASS)
    return [cfg.warm * copying, cfg.steps * retargeting] if cfg.warm else [cfg.steps * retargeting]


def cost(photo_sizes: Sequence[Size], size: Size, cfg: Config) -> Cost:
    """Seconds and peak memory for one picture of ``size`` (height, width) by a model that is trained."""
    checked_size(size, cfg)
    photo = photo_sizes[0]
    learned = learned_size(photo, cfg)
    pixels = size[0] * size[1] * learned[0] * learned[1] / (photo[0] * photo[1])
    seconds = _products(cfg) * pixels * PER_PRODUCT + PER_PASS
    memory = 24 * cfg.width * pixels
    if cfg.side:
        each = PER_PATCH * (1 + (GATHERED if cfg.together else 0))
        seconds += sum(each * level.steps * math.prod(level.size) for level in levels_of(photo, size, cfg))
        memory = max(memory, 450 * size[0] * size[1])
    return Cost(seconds / _speed_up(), BASE + int(memory))


def _pixels(size: Size, cfg: Config) -> int:
    """Pixels of the pieces that are learned from."""
    height, width = learned_size(size, cfg)
    return min(height, cfg.crop or height) * min(width, cfg.crop or width)


def _products(cfg: Config) -> float:
    """Multiplications for each pixel of a picture on its way through the generator."""
    width, ends = cfg.width, 2 * 49 * 3 * cfg.width
    # Each halving: a convolution there and one back, twice the channels both, a quarter of the pixels.
    hourglass = sum(2 * 9 * 2 * (width << i) ** 2 / 4.0**i for i in range(cfg.depth))
    top = width << cfg.depth
    return ends + hourglass + cfg.blocks * (top**2 / 2 + 9 * top**2 / 16) / 4.0**cfg.depth


def _critic_products(cfg: Config) -> float:
    return cfg.critic_width * (27.0 + cfg.critic_width * (18 + 36) / 4)


def _weights(cfg: Config) -> int:
    top = cfg.width << cfg.depth
    return 2 * 9 * 2 * top**2 // 4 + cfg.blocks * top**2


def _speed_up() -> float:
    # Small pictures keep two cores busy and no more.
    return math.sqrt(min(os.cpu_count() or 1, 4) / 2)
