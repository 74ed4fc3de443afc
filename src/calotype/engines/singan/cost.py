"""Estimates of the time and memory of training and of one result."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from calotype.engines.singan.config import Config
from calotype.engines.singan.net import width_at
from calotype.engines.singan.pyramid import Size, learned_sizes, passes_of, patch_levels
from calotype.engines.singan.train import check_settings
from calotype.errors import InputError
from calotype.matching.refine import SECONDS_PER_COPY
from calotype.types import Cost

# Seconds on two cores of a 2.6 GHz server CPU, fitted to benchmarks/results/singan_speed.json: of one pass of a network
# (forward; backward counts as about two) per pixel and parameter, the constant overhead of a pass, and of one patch
# search and replacement.
SECONDS_PER_WEIGHT, SECONDS_PER_PASS, SECONDS_PER_PATCH = 1.08e-11, 0.53e-3, 1.5e-6
# Bytes of torch itself with a few temporaries, and per pixel and channel in training.
BASE_BYTES, BYTES_PER_CHANNEL = 400 << 20, 320


def training_cost(size: Size, cfg: Config) -> Cost:
    """Seconds and peak memory of training on a photo of ``size`` pixels (height, width).

    Raises:
        InputError: the photo is too small, or a setting is out of range.
    """
    check_settings(cfg)
    sizes = learned_sizes(size, cfg)
    pixels = _pixels(sizes[-1], cfg)
    width = width_at(len(sizes) - 1, cfg)
    memory = BASE_BYTES + BYTES_PER_CHANNEL * pixels * width + 24 * 4 * sizes[-1][0] * sizes[-1][1]
    return Cost(sum(efforts(size, cfg)) / _parallel_speedup(), memory)


def efforts(size: Size, cfg: Config) -> list[float]:
    """Seconds of each training stage on two cores, in the order of ``stages``."""
    sizes = learned_sizes(size, cfg)
    seconds = [_scale_seconds(i, sizes, cfg) for i in range(len(sizes))]
    return [*seconds, _scale_seconds(min(cfg.painted, len(sizes) - 1), sizes, cfg)] if cfg.colours else seconds


def cost(photo_sizes: Sequence[Size], size: Size, cfg: Config) -> Cost:
    """Seconds and peak memory of one image of ``size`` (height, width) from a trained model.

    Raises:
        InputError: that size is too small, or a setting is out of range.
    """
    check_settings(cfg)
    if cfg.learned and min(size) < cfg.patch:
        raise InputError(
            f"{size[1]}x{size[0]} pixels are too few for patches of {cfg.patch}: both sides must be {cfg.patch} or more"
        )
    learned = learned_sizes(photo_sizes[0], cfg)
    if cfg.magnified:
        pixels = sum(size[0] * size[1] / 1.26 ** (2 * i) for i in range(passes_of(cfg.magnified)))
        width = width_at(len(learned) - 1, cfg)
        seconds = SECONDS_PER_WEIGHT * pixels * _parameters(width)
        return Cost(seconds / _parallel_speedup(), BASE_BYTES + 12 * width * size[0] * size[1])
    ratio = size[0] * size[1] / (photo_sizes[0][0] * photo_sizes[0][1])
    passed = sum(h * w * _parameters(width_at(i, cfg)) for i, (h, w) in enumerate(learned))
    seconds = cfg.candidates * SECONDS_PER_WEIGHT * passed * ratio + SECONDS_PER_PASS * 5 * len(learned)
    pixels = learned[-1][0] * learned[-1][1] * ratio
    memory = 12 * width_at(len(learned) - 1, cfg) * pixels * cfg.candidates
    if cfg.learned:
        for level in patch_levels(photo_sizes[0], learned[-1], size, cfg):
            pixels = level.size[0] * level.size[1]
            seconds += (
                SECONDS_PER_PATCH * level.steps * pixels if level.steps else SECONDS_PER_COPY * level.patch**2 * pixels
            )
            memory = max(memory, (450 if level.steps else 100) * pixels)
    return Cost(seconds / _parallel_speedup(), BASE_BYTES + int(memory))


def _scale_seconds(scale: int, sizes: Sequence[Size], cfg: Config) -> float:
    """Seconds of one scale's training on two cores."""
    pixels, weights = _pixels(sizes[scale], cfg), _parameters(width_at(scale, cfg))
    # Discriminator: three forward passes, three backward, and two for the penalty. Generator: two forward and backward
    # passes, and a backward pass through the discriminator. The scales below generate one image per update.
    below = sum(h * w * _parameters(width_at(i, cfg)) for i, (h, w) in enumerate(sizes[:scale]))
    discriminator = 16 * (pixels * weights * SECONDS_PER_WEIGHT + SECONDS_PER_PASS) + (
        below * SECONDS_PER_WEIGHT + scale * SECONDS_PER_PASS
    )
    generator = 12 * (pixels * weights * SECONDS_PER_WEIGHT + SECONDS_PER_PASS)
    return cfg.steps * (cfg.critic_steps * discriminator + cfg.generator_steps * generator)


def _pixels(size: Size, cfg: Config) -> int:
    """Pixels of a scale that a training step processes."""
    cropped = cfg.crop and min(size) > 1.15 * cfg.crop
    return cfg.crop**2 if cropped else size[0] * size[1]


def _parameters(width: int) -> int:
    return 9 * width * (3 * width + 6)


def _parallel_speedup() -> float:
    # Small images do not use more than two cores well.
    return math.sqrt(min(os.cpu_count() or 1, 4) / 2)
