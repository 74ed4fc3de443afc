"""Time and memory that training and drawing take, estimated before they start."""

from __future__ import annotations

import os

from calotype.models.layout2im.config import HALVINGS, Config
from calotype.nn.residual_discriminator import blocks
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server processor for one multiplication and addition, with all that goes with it, and
# for a step, whatever the size.
_SECONDS, _PER_STEP = 1.3e-11, 0.05
_BASE, _PER_NUMBER = 350 << 20, 8


def training_cost(cfg: Config) -> Cost:
    """Seconds and peak memory of the whole training on this machine's processor."""
    seconds = cfg.steps * (cfg.batch * learned_products(cfg) * _SECONDS + _PER_STEP) / _speed_up()
    return Cost(seconds, int(_BASE + cfg.batch * _numbers(cfg) * _PER_NUMBER))


def efforts(cfg: Config) -> list[float]:
    """The work of each stage, in the order of ``stages``."""
    return [cfg.steps * cfg.batch * learned_products(cfg)]


def cost(size: tuple[int, int] | None, cfg: Config) -> Cost:
    """Seconds and peak memory of one picture of ``size`` (height, width; ``None``: as in training)."""
    height, width = size or cfg.size
    share = height * width / (cfg.size[0] * cfg.size[1])
    seconds = share * drawn_products(cfg) * _SECONDS / _speed_up()
    return Cost(max(0.02, seconds), int(_BASE + 4 * share * _numbers(cfg)))


def learned_products(cfg: Config) -> float:
    """Multiplications of a training step for each picture of the batch: two are drawn, and three judged twice."""
    encoded = cfg.objects * _encoder(cfg)
    judged = _judged(cfg.size, cfg.discriminator_width)
    judged += cfg.objects * _judged((cfg.crop, cfg.crop), cfg.object_discriminator_width)
    return 3 * (2 * drawn_products(cfg) + 2 * encoded + 5 * judged)


def drawn_products(cfg: Config) -> float:
    """Multiplications for one picture with the most objects."""
    pixels, wide = float(cfg.size[0] * cfg.size[1]), float(cfg.width)
    composed = 49 * pixels * wide * (cfg.embedding + cfg.latent)
    composed += sum(16 * pixels / 4.0**i * (wide * 2.0 ** (i - 1)) * (wide * 2.0**i) for i in range(1, HALVINGS + 1))
    small = pixels / 4.0**HALVINGS
    fused = small * cfg.fuser_kernel**2 * 4 * wide**2 * (10 * 2 + 3 + 2)
    decoded = small * 18 * wide**2 * cfg.residual_blocks
    decoded += sum(4 * pixels / 4.0**i * (wide * 2.0**i) * (wide * 2.0 ** (i + 1)) for i in range(HALVINGS))
    return cfg.objects * (composed + fused) + decoded


def _encoder(cfg: Config) -> float:
    total, before, side = 0.0, 3, cfg.crop // 2
    after = cfg.width
    while side >= 1:
        total += 16.0 * side * side * before * after
        before, after, side = after, min(16 * cfg.width, 2 * after), side // 2
    return total


def _judged(size: tuple[int, int], width: int) -> float:
    total, before = 0.0, 3
    for after, side in blocks(size, width):
        total += 4 * side * side * 9.0 * after * (before + after)
        before = after
    return total


def _numbers(cfg: Config) -> float:
    """Numbers that the networks keep of a picture until its gradient comes."""
    pixels = cfg.size[0] * cfg.size[1]
    of_objects = cfg.objects * (pixels * (cfg.embedding + cfg.latent + 5 * cfg.width) + cfg.crop**2 * 4 * cfg.width)
    return 2.0 * of_objects + pixels * (12.0 * cfg.width + 24 * cfg.discriminator_width)


def _speed_up() -> float:
    # Small networks keep two cores busy and no more.
    return 1.5 if (os.cpu_count() or 1) > 1 else 1.0
