"""Time and memory of training and drawing, estimated from the multiplications of the networks."""

from __future__ import annotations

import os

from calotype.processor import bfloat16_tiles, fast_bfloat16
from calotype.semantic.config import LayoutConfig
from calotype.semantic.labels import input_channels
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server processor for one multiplication and addition with all that goes with it, in
# float32: of a drawn picture; of a training step. The share of the latter where bfloat16 is computed in hardware, by
# tiles (AMX) or by vectors (AVX-512).
PER_DRAWN, PER_LEARNED, TILES, VECTORS = 2.1e-11, 2.1e-11, 0.4, 0.65
# Bytes that torch itself takes; and bytes a number that a network keeps until its gradient comes.
BASE, PER_NUMBER = 350 << 20, 5


def trained(cfg: LayoutConfig, products: float, numbers: float, weights: float) -> Cost:
    """Seconds and peak memory of a whole training on this machine's processor.

    Args:
        cfg: the settings.
        products: multiplications of a step for each picture of the batch.
        numbers: that the networks keep of a picture until its gradient comes.
        weights: of all networks.
    """
    half = (TILES if bfloat16_tiles() else VECTORS if fast_bfloat16() else 1.0) if cfg.bf16 else 1.0
    seconds = cfg.steps * cfg.batch * products * PER_LEARNED * half / _speed_up()
    return Cost(seconds, int(BASE + PER_NUMBER * cfg.batch * numbers + 24 * weights))


def drawn(cfg: LayoutConfig, size: tuple[int, int] | None, products: float, numbers: float, weights: float) -> Cost:
    """Seconds and peak memory of one picture of ``size`` (height, width; ``None``: as in training).

    Args:
        cfg: the settings.
        size: of the picture.
        products: multiplications for a picture of the training's size.
        numbers: that the generator makes of such a picture.
        weights: of all networks.
    """
    height, width = size or cfg.size
    share = height * width / (cfg.size[0] * cfg.size[1])
    seconds = share * products * PER_DRAWN / _speed_up()
    return Cost(max(0.01, seconds), int(BASE + share * numbers + 4 * weights))


def discriminator_products(cfg: LayoutConfig) -> float:
    """Multiplications for one picture, on all scales."""
    if cfg.adversarial == "oasis":
        return _segmentation_products(cfg)
    total = 0.0
    for scale in range(cfg.discriminators):
        height, width = (side / 2**scale for side in cfg.size)
        before = input_channels(cfg) + 3
        for after, stride in discriminator_layers(cfg):
            height, width = height / stride + 1, width / stride + 1
            total += 16 * before * after * height * width
            before = after
        total += 16 * before * (height + 1) * (width + 1)
    return total


def discriminator_numbers(cfg: LayoutConfig) -> float:
    """Numbers that the discriminator keeps of a picture until its gradient comes."""
    total = 0.0
    for scale in range(cfg.discriminators):
        height, width = (side / 2**scale for side in cfg.size)
        total += height * width * (input_channels(cfg) + 3) / 2
        for after, stride in discriminator_layers(cfg):
            height, width = height / stride + 1, width / stride + 1
            total += 3 * after * height * width
    return total


def _segmentation_products(cfg: LayoutConfig) -> float:
    """Multiplications of the discriminator that segments: blocks down, and up again."""
    total, before, pixels = 0.0, 3, float(cfg.size[0] * cfg.size[1])
    for after, _ in discriminator_layers(cfg):
        total += 9 * pixels * after * (before + after)
        total += 9 * pixels * before * (2 * after + before) if before > 3 else 9 * pixels * after * 3 * after
        before, pixels = after, pixels / 4
    return 1.5 * total  # mixed pictures are judged as well


def discriminator_layers(cfg: LayoutConfig) -> list[tuple[int, int]]:
    """Channels and stride of the hidden layers of a discriminator."""
    last = cfg.discriminator_layers - 1
    return [
        (cfg.discriminator_width * min(2**i, 8), 1 if last and i == last else 2)
        for i in range(cfg.discriminator_layers)
    ]


def _speed_up() -> float:
    # Small networks keep two cores busy and no more.
    return 1.7 if (os.cpu_count() or 1) > 1 else 1.0
