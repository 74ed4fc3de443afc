"""Time and memory that training and drawing take, estimated before they start."""

from __future__ import annotations

import os
from itertools import pairwise

from calotype.models.pyramid.classifier import CONVOLUTIONAL, levels
from calotype.models.pyramid.config import Config
from calotype.models.pyramid.generator import channels
from calotype.models.pyramid.set_classifier import widths
from calotype.nn.residual_discriminator import blocks
from calotype.processor import bfloat16_tiles, fast_bfloat16
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server processor for one multiplication and addition with all that goes with it; the
# share of them where bfloat16 is computed in hardware, by tiles (AMX) or by vectors (AVX-512).
_SECONDS, _TILES, _VECTORS = 2.4e-11, 0.5, 0.7
# Bytes that torch itself takes; and bytes a number that a network keeps until its gradient comes.
_BASE, _PER_NUMBER = 350 << 20, 5
# Of a training step of the classifier of a set, relative to a pass forward; without bfloat16.
_LEARNED = 6
# Multiplications of the classifiers for a picture of 224 pixels, and the numbers they keep; those of convolutions of
# single channels take several times as long as others.
_PRODUCTS = {"efficientnet": 385e6 * 4, "vgg16": 15.3e9, "random": 2e6}
_NUMBERS = {"efficientnet": 20e6, "vgg16": 27e6, "random": 5e5}
_FLAT = 512 * 7**2  # inputs of the first fully connected layer of VGG-16
_WEIGHTS = {"efficientnet": 4.7e6, "vgg16": 14.7e6, "random": 5e3}


def training_cost(cfg: Config) -> Cost:
    """Seconds and peak memory of the whole training on this machine's processor."""
    half = (_TILES if bfloat16_tiles() else _VECTORS if fast_bfloat16() else 1.0) if cfg.bf16 else 1.0
    products = cfg.steps * cfg.batch * learned_products(cfg) * half + _classifier_effort(cfg)
    numbers = 2 * generator_numbers(cfg) + 2 * discriminator_numbers(cfg) + classifier_numbers(cfg)
    own = 2 * cfg.joined * cfg.batch * classifier_numbers(cfg) if cfg.classifier == "set" else 0
    kept = _PER_NUMBER * max(cfg.batch * numbers, own) + 24 * _weights(cfg)
    return Cost(products * _SECONDS / _speed_up(), int(_BASE + kept))


def efforts(cfg: Config) -> list[float]:
    """The work of each stage, in the order of ``stages``, in multiplications."""
    pictures = cfg.steps * cfg.batch * learned_products(cfg)
    return [_classifier_effort(cfg), pictures] if cfg.classifier == "set" else [pictures]


def cost(size: tuple[int, int] | None, cfg: Config) -> Cost:
    """Seconds and peak memory of one picture; its size is always that of the model."""
    products = generator_products(cfg) + classifier_products(cfg)
    seconds = products * _SECONDS / _speed_up()
    numbers = generator_numbers(cfg) + classifier_numbers(cfg)
    return Cost(max(0.02, seconds), int(_BASE + 4 * numbers + 4 * _weights(cfg)))


def learned_products(cfg: Config) -> float:
    """Multiplications of a training step for each picture of the batch."""
    # Of half of them the features are computed; of what is generated, with gradients for the picture alone.
    classified = 2.5 * classifier_products(cfg)
    return 3 * generator_products(cfg) + 9 * discriminator_products(cfg) + classified


def classifier_products(cfg: Config) -> float:
    """Multiplications of the classifier for one picture."""
    if cfg.classifier != "set":
        return _share(cfg) * _PRODUCTS[cfg.classifier] + _connected(cfg)
    return sum(pixels * _weights_of_stage(before, after) for before, after, pixels in _stages(cfg))


def classifier_numbers(cfg: Config) -> float:
    """Numbers that the classifier keeps of a picture until its gradient comes."""
    if cfg.classifier != "set":
        return _share(cfg) * _NUMBERS[cfg.classifier]
    return sum(8.0 * after * pixels for _, after, pixels in _stages(cfg))


def _stages(cfg: Config) -> list[tuple[int, int, int]]:
    """Of the classifier of a set: channels before and after each stage, and its pixels."""
    channels_ = (3, *widths(cfg.classifier_width))
    sides = [cfg.side(number) for number in range(CONVOLUTIONAL)]
    before_pooling = 4 if cfg.enlarged == 1 else 1
    return [(a, b, before_pooling * h * w) for (a, b), (h, w) in zip(pairwise(channels_), sides)]


def _weights_of_stage(before: int, after: int) -> float:
    return 9.0 * after * (before + after)


def _connected(cfg: Config) -> float:
    """Weights of the fully connected layers of VGG-16, and multiplications of each for a picture."""
    return float(sum(a * b for a, b in pairwise((_FLAT, *cfg.fully_connected)))) if cfg.fully_connected else 0.0


def _classifier_effort(cfg: Config) -> float:
    """Multiplications of the training of the classifier."""
    if cfg.classifier != "set":
        return 0.0
    return cfg.classifier_steps * cfg.joined * cfg.batch * _LEARNED * classifier_products(cfg)


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
    judged = sum(9.0 * after * (before + after) for before, after, _ in _blocks(cfg))
    own = sum(_weights_of_stage(before, after) for before, after, _ in _stages(cfg))
    return made + judged + _connected(cfg) + (own if cfg.classifier == "set" else _WEIGHTS[cfg.classifier])


def _speed_up() -> float:
    """How much faster all cores are than one."""
    return max(1.0, 0.8 * (os.cpu_count() or 1))
