"""What training and a picture will take, said before they are begun."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from calotype.engines.singan.config import Config
from calotype.engines.singan.net import width_at
from calotype.engines.singan.pyramid import Size, learned_sizes, passes_of, patch_levels
from calotype.matching.refine import PER_COPY
from calotype.types import Cost

# Seconds on two cores of a 2.6 GHz server processor, fitted to benchmarks/results/singan_speed.json: for a pass of a
# network (forward, or one of the about two that backward takes) over one pixel and one parameter, for anything done at
# all, and for a patch replaced and compared once.
PER_WEIGHT, PER_PASS, PER_PATCH = 1.08e-11, 0.53e-3, 1.5e-6
# Bytes that torch itself and a few temporaries take; and of one pixel and channel while a network learns.
BASE, PER_CHANNEL = 400 << 20, 320


def training_cost(size: Size, cfg: Config) -> Cost:
    """Seconds and peak memory for learning from a photo of ``size`` pixels (height, width)."""
    sizes = learned_sizes(size, cfg)
    pixels = _pieces(sizes[-1], cfg)
    width = width_at(len(sizes) - 1, cfg)
    memory = BASE + PER_CHANNEL * pixels * width + 24 * 4 * sizes[-1][0] * sizes[-1][1]
    return Cost(sum(efforts(size, cfg)) / _speed_up(), memory)


def efforts(size: Size, cfg: Config) -> list[float]:
    """Seconds of each stage of a training on two cores, in the order of ``stages``."""
    sizes = learned_sizes(size, cfg)
    seconds = [_scale_seconds(i, sizes, cfg) for i in range(len(sizes))]
    return [*seconds, _scale_seconds(min(cfg.painted, len(sizes) - 1), sizes, cfg)] if cfg.colours else seconds


def cost(photo_sizes: Sequence[Size], size: Size, cfg: Config) -> Cost:
    """Seconds and peak memory for one picture of ``size`` (height, width) by a model that is trained."""
    learned = learned_sizes(photo_sizes[0], cfg)
    if cfg.magnified:
        pixels = sum(size[0] * size[1] / 1.26 ** (2 * i) for i in range(passes_of(cfg.magnified)))
        width = width_at(len(learned) - 1, cfg)
        seconds = PER_WEIGHT * pixels * _weights(width)
        return Cost(seconds / _speed_up(), BASE + 12 * width * size[0] * size[1])
    ratio = size[0] * size[1] / (photo_sizes[0][0] * photo_sizes[0][1])
    passed = sum(h * w * _weights(width_at(i, cfg)) for i, (h, w) in enumerate(learned))
    seconds = cfg.candidates * PER_WEIGHT * passed * ratio + PER_PASS * 5 * len(learned)
    pixels = learned[-1][0] * learned[-1][1] * ratio
    memory = 12 * width_at(len(learned) - 1, cfg) * pixels * cfg.candidates
    if cfg.learned:
        for level in patch_levels(photo_sizes[0], learned[-1], size, cfg):
            pixels = level.size[0] * level.size[1]
            seconds += PER_PATCH * level.steps * pixels if level.steps else PER_COPY * level.patch**2 * pixels
            memory = max(memory, (450 if level.steps else 100) * pixels)
    return Cost(seconds / _speed_up(), BASE + int(memory))


def _scale_seconds(scale: int, sizes: Sequence[Size], cfg: Config) -> float:
    """Seconds of one scale's training on two cores."""
    pixels, weights = _pieces(sizes[scale], cfg), _weights(width_at(scale, cfg))
    # The critic: three passes forward, three back, and the penalty's own two. The generator: twice there and back,
    # and the critic's way back. The scales below draw a picture for each.
    below = sum(h * w * _weights(width_at(i, cfg)) for i, (h, w) in enumerate(sizes[:scale]))
    critic = 16 * (pixels * weights * PER_WEIGHT + PER_PASS) + (below * PER_WEIGHT + scale * PER_PASS)
    generator = 12 * (pixels * weights * PER_WEIGHT + PER_PASS)
    return cfg.steps * (cfg.critic_steps * critic + cfg.generator_steps * generator)


def _pieces(size: Size, cfg: Config) -> int:
    """Pixels that a step works on at a scale."""
    cropped = cfg.crop and min(size) > 1.15 * cfg.crop
    return cfg.crop**2 if cropped else size[0] * size[1]


def _weights(width: int) -> int:
    return 9 * width * (3 * width + 6)


def _speed_up() -> float:
    # Small pictures keep two cores busy and no more.
    return math.sqrt(min(os.cpu_count() or 1, 4) / 2)
