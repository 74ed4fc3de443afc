"""Time and memory that training and drawing take, estimated before they start."""

from __future__ import annotations

import os

from calotype.models.pyramid.classifier import CONVOLUTIONAL, levels
from calotype.models.pyramid.config import Config
from calotype.models.pyramid.generator import channels
from calotype.nn.residual_discriminator import blocks
from calotype.processor import bfloat16_tiles, fast_bfloat16
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server processor for one multiplication and addition with all that goes with it; the
# share of them where bfloat16 is computed in hardware, by tiles (AMX) or by vectors (AVX-512).
_SECONDS, _TILES, _VECTORS = 2.4e-11, 0.5, 0.7
# Bytes that torch itself takes; and bytes a number that a network keeps until its gradient comes.
_BASE, _PER_NUMBER = 350 << 20, 5
# Multiplications of the classifiers for a picture of 224 pixels, and the numbers they keep; those of convolutions of
# single channels take several times as long as others.
_PRODUCTS = {"efficientnet": 385e6 * 4, "vgg16": 15.3e9, "random": 2e6}
_NUMBERS = {"efficientnet": 20e6, "vgg16": 27e6, "random": 5e5}
_WEIGHTS = {"efficientnet": 4.7e6, "vgg16": 14.7e6, "random": 5e3}


def training_cost(cfg: Config) -> Cost:
    """Seconds and peak memory of the whole training on this machine's processor."""
    half = (_TILES if bfloat16_tiles() else _VECTORS if fast_bfloat16() else 1.0) if cfg.bf16 else 1.0
    seconds = cfg.steps * cfg.batch * learned_products(cfg) * _SECONDS * half / _speed_up()
    numbers = 2 * generator_numbers(cfg) + 2 * discriminator_numbers(cfg) + _share(cfg) * _NUMBERS[cfg.classifier]
    return Cost(seconds, int(_BASE + _PER_NUMBER * cfg.batch * numbers + 24 * _weights(cfg)))


def efforts(cfg: Config) -> list[float]:
    """The work of each stage, in the order of ``stages``, in multiplications."""
    return [cfg.steps * cfg.batch * learned_products(cfg)]


def cost(size: tuple[int, int] | None, cfg: Config) -> Cost:
    """Seconds and peak memory of one picture; its size is always that of the model."""
    products = generator_products(cfg) + _share(cfg) * _PRODUCTS[cfg.classifier]
    seconds = products * _SECONDS / _speed_up()
    numbers = generator_numbers(cfg) + _share(cfg) * _NUMBERS[cfg.classifier]
    return Cost(max(0.02, seconds), int(_BASE + 4 * numbers + 4 * _weights(cfg)))


def learned_products(cfg: Config) -> float:
    """Multiplications of a training step for each picture of the batch."""
    # Of half of them the features are computed; of what is generated, with gradients for the picture alone.
    classified = 2.5 * _share(cfg) * _PRODUCTS[cfg.classifier]
    return 3 * generator_products(cfg) + 9 * discriminator_products(cfg) + classified


def generator_products(cfg: Config) -> float:
    """Multiplications of the generator for one picture."""
    total, widths = 0.0, channels(cfg)
    for number in range(CONVOLUTIONAL):
        height, width = cfg.side(number)
        before, after = widths[min(number + 1, CONVOLUTIONAL - 1)], widths[number]
        total += height * width * (10 * before * after + 9 * after * after + levels(cfg)[number].channels * after)
    return total + cfg.size[0] * cfg.size[1] * 27 * widths[0]


def generator_numbers(cfg: Config) -> float:
    """Numbers that the generator keeps of a picture until its gradient comes."""
    sides = [cfg.side(number) for number in range(CONVOLUTIONAL)]
    return sum(8.0 * wide * height * width for wide, (height, width) in zip(channels(cfg), sides))


def discriminator_products(cfg: Config) -> float:
    """Multiplications of the discriminator for one picture."""
    return sum(pixels * 9 * after * (before + after) for before, after, pixels in _blocks(cfg))


def discriminator_numbers(cfg: Config) -> float:
    """Numbers that the discriminator keeps of a picture until its gradient comes."""
    return sum(4.0 * after * pixels for _, after, pixels in _blocks(cfg))


def _blocks(cfg: Config) -> list[tuple[int, int, int]]:
    """Channels before and after each block, and the pixels that it begins with."""
    found, before, pixels = [], 3, cfg.size[0] * cfg.size[1]
    for after, _ in blocks(cfg.size, cfg.discriminator_width):
        found.append((before, after, pixels))
        before, pixels = after, pixels // 4
    return found


def _share(cfg: Config) -> float:
    """Pixels that the classifier sees, as a share of those of a picture of 224 pixels."""
    return cfg.seen[0] * cfg.seen[1] / 224**2


def _weights(cfg: Config) -> float:
    """Number of weights of all networks, roughly."""
    widths = channels(cfg)
    height, width = cfg.side(CONVOLUTIONAL - 1)
    made = sum(20.0 * wide * wide for wide in widths) + cfg.hidden * widths[-1] * height * width
    return made + sum(9.0 * after * (before + after) for before, after, _ in _blocks(cfg)) + _WEIGHTS[cfg.classifier]


def _speed_up() -> float:
    """How much faster all cores are than one."""
    return max(1.0, 0.8 * (os.cpu_count() or 1))
