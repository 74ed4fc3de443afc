"""Time and memory that training and drawing take, estimated before they start."""

from __future__ import annotations

import os
from itertools import pairwise

from calotype.models.scenegraph.config import Config
from calotype.models.scenegraph.layout import channels
from calotype.processor import bfloat16_tiles, fast_bfloat16
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server processor for one multiplication and addition, with all that goes with it, of
# a drawn picture and of a training step; and of an object, whatever the size.
_PER_DRAWN, _PER_LEARNED, _PER_OBJECT = 2.1e-11, 3.4e-11, 4e-4
_PER_LAYER = 1.8e-3  # of a graph convolution in an update of boxes alone
_TILES, _VECTORS = 0.5, 0.7  # of them, where bfloat16 is computed in hardware
_BASE, _PER_NUMBER = 350 << 20, 10


def training_cost(cfg: Config) -> Cost:
    """Seconds and peak memory of the whole training on this machine's processor."""
    half = (_TILES if bfloat16_tiles() else _VECTORS if fast_bfloat16() else 1.0) if cfg.bf16 else 1.0
    seconds = cfg.steps * cfg.batch * (learned_products(cfg) * _PER_LEARNED * half + cfg.objects * _PER_OBJECT)
    seconds += cfg.steps * cfg.box_updates * cfg.graph_layers * _PER_LAYER
    return Cost(seconds / _speed_up(), int(_BASE + cfg.batch * _numbers(cfg) * _PER_NUMBER))


def efforts(cfg: Config) -> list[float]:
    """The work of each stage, in the order of ``stages``."""
    return [cfg.steps * cfg.batch * learned_products(cfg)]


def cost(size: tuple[int, int] | None, cfg: Config) -> Cost:
    """Seconds and peak memory of one picture of ``size`` (height, width; ``None``: as in training)."""
    height, width = size or cfg.size
    share = height * width / (cfg.size[0] * cfg.size[1])
    seconds = share * renderer_products(cfg) * _PER_DRAWN / _speed_up()
    return Cost(max(0.02, seconds), int(_BASE + 4 * share * _numbers(cfg)))


def learned_products(cfg: Config) -> float:
    """Multiplications of a training step for each picture of the batch."""
    judged = _discriminator_products(cfg)
    masks = 9 * cfg.mask_width**2 * cfg.mask_side**2 * 4 / 3
    looks = 16 * cfg.look_width**2 * 2 * (cfg.crop / 4) ** 2 * 3
    return 3 * renderer_products(cfg) + 14 * judged + 3 * cfg.objects * (masks + looks)


def renderer_products(cfg: Config) -> float:
    """Multiplications of R for one picture."""
    height, width = cfg.size
    pixels, wide = float(height * width), cfg.width
    if cfg.network == "sg2im":
        planes, widths = cfg.graph_width + cfg.layout_noise, (1, *cfg.refinement)
        shares = (4.0**k for k in range(1 - len(cfg.refinement), 1))
        return sum(pixels * share * 9 * b * (planes + a + b) for share, (a, b) in zip(shares, pairwise(widths)))
    total = pixels * 49.0 * wide * (channels(cfg) + 3)
    for _ in range(cfg.halvings):
        pixels, before, wide = pixels / 4, wide, min(cfg.max_width, 2 * wide)
        total += 2 * 9 * pixels * before * wide
    return total + 2 * cfg.residual_blocks * 9 * pixels * wide**2


def _discriminator_products(cfg: Config) -> float:
    """Multiplications of the discriminator of pictures for one picture, on both scales."""
    pixels, before, wide = cfg.size[0] * cfg.size[1] / 4, channels(cfg) + 3, cfg.discriminator_width
    total = 0.0
    for _ in range(cfg.discriminator_layers):
        total += 16 * pixels * before * wide
        pixels, before, wide = pixels / 4, wide, min(8 * cfg.discriminator_width, 2 * wide)
    return 1.25 * total


def _numbers(cfg: Config) -> float:
    """Numbers that the networks keep of a picture until its gradient comes."""
    pixels = cfg.size[0] * cfg.size[1]
    return pixels * (6 * cfg.width + 4 * channels(cfg) + 12 * cfg.discriminator_width) * 2.0


def _speed_up() -> float:
    # Small networks keep two cores busy and no more.
    return 1.5 if (os.cpu_count() or 1) > 1 else 1.0
