"""Estimates of the time and memory of training and of one result."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from calotype.engines.ingan.config import Config
from calotype.engines.ingan.generate import checked_size, levels_of
from calotype.engines.ingan.geometry import Size
from calotype.engines.ingan.net import learned_size
from calotype.engines.ingan.train import check_learnable, check_settings
from calotype.types import Cost

# Seconds on two cores of a 2.6 GHz server CPU: per multiply-add (MAC) of a network, forward or backward, the constant
# overhead of a pass, and one patch search and replacement.
SECONDS_PER_MAC, SECONDS_PER_PASS, SECONDS_PER_PATCH = 3e-11, 5e-3, 2.5e-6
# Time of the coherence term, relative to patch replacement.
COHERENCE_SHARE = 1.0
# Bytes of torch itself with a few temporaries, and per pixel and channel in training.
BASE_BYTES, BYTES_PER_CHANNEL = 400 << 20, 100


def training_cost(size: Size, cfg: Config) -> Cost:
    """Seconds and peak memory of training on a photo of ``size`` pixels (height, width).

    Raises:
        InputError: the photo is too small, or a setting is out of range.
    """
    check_learnable(cfg)
    pixels = _pixels(size, cfg) * min(cfg.most, cfg.largest**2)
    memory = BASE_BYTES + BYTES_PER_CHANNEL * pixels * cfg.width * 2 + 64 * _parameters(cfg)
    return Cost(sum(efforts(size, cfg)) / _parallel_speedup(), int(memory))


def efforts(size: Size, cfg: Config) -> list[float]:
    """Seconds of each training stage on two cores, in the order of ``stages``."""
    pixels = _pixels(size, cfg)
    usual = 1 + (min(cfg.most, cfg.largest**2) - 1) / 4
    # Forward and backward cost three forward passes.
    copying = 3 * (_generator_macs(cfg) * pixels * SECONDS_PER_MAC + SECONDS_PER_PASS)
    passes = 6 + (3 if cfg.mend_from < 1 else 0)
    retargeting = passes * (_generator_macs(cfg) * pixels * usual * SECONDS_PER_MAC + SECONDS_PER_PASS)
    if cfg.judge == "critics":
        # One pass in the generator's update and two in their own; all scales have about twice the pixels of the finest.
        retargeting += 18 * (_discriminator_macs(cfg) * pixels * usual * SECONDS_PER_MAC + SECONDS_PER_PASS)
    else:
        retargeting += 4 * (3 * cfg.patch**2 * cfg.directions * pixels * usual * SECONDS_PER_MAC + SECONDS_PER_PASS)
    return [cfg.warm * copying, cfg.steps * retargeting] if cfg.warm else [cfg.steps * retargeting]


def cost(photo_sizes: Sequence[Size], size: Size, cfg: Config) -> Cost:
    """Seconds and peak memory of one image of ``size`` (height, width) from a trained model."""
    check_settings(cfg)
    checked_size(size, cfg)
    photo = photo_sizes[0]
    learned = learned_size(photo, cfg)
    pixels = size[0] * size[1] * learned[0] * learned[1] / (photo[0] * photo[1])
    seconds = _generator_macs(cfg) * pixels * SECONDS_PER_MAC + SECONDS_PER_PASS
    memory = 24 * cfg.width * pixels
    if cfg.side:
        each = SECONDS_PER_PATCH * (1 + (COHERENCE_SHARE if cfg.together else 0))
        seconds += sum(each * level.steps * math.prod(level.size) for level in levels_of(photo, size, cfg))
        memory = max(memory, 450 * size[0] * size[1])
    return Cost(seconds / _parallel_speedup(), BASE_BYTES + int(memory))


def _pixels(size: Size, cfg: Config) -> int:
    """Pixels of a training crop."""
    height, width = learned_size(size, cfg)
    return min(height, cfg.crop or height) * min(width, cfg.crop or width)


def _generator_macs(cfg: Config) -> float:
    """Multiply-adds per pixel of the generator."""
    width, ends = cfg.width, 2 * 49 * 3 * cfg.width
    # Each downsampling: one convolution down and one up, twice the channels, a quarter of the pixels.
    hourglass = sum(2 * 9 * 2 * (width << i) ** 2 / 4.0**i for i in range(cfg.depth))
    top = width << cfg.depth
    return ends + hourglass + cfg.blocks * (top**2 / 2 + 9 * top**2 / 16) / 4.0**cfg.depth


def _discriminator_macs(cfg: Config) -> float:
    return cfg.critic_width * (27.0 + cfg.critic_width * (18 + 36) / 4)


def _parameters(cfg: Config) -> int:
    top = cfg.width << cfg.depth
    return 2 * 9 * 2 * top**2 // 4 + cfg.blocks * top**2


def _parallel_speedup() -> float:
    # Small images do not use more than two cores well.
    return math.sqrt(min(os.cpu_count() or 1, 4) / 2)
