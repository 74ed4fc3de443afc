"""Time and memory of training and drawing, estimated from the multiplications of the networks."""

from __future__ import annotations

import os
from itertools import pairwise

from calotype.translation.config import TranslationConfig
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server processor for one multiplication and addition with all that goes with it.
_PER_DRAWN, _PER_LEARNED = 4e-11, 3.2e-11
_PER_STEP = 0.012  # seconds of a step that do not depend on the size
_BASE, _PER_NUMBER = 350 << 20, 5  # bytes of torch itself; bytes a number that is kept until its gradient comes
# Passes of a picture through each network in a step, and back, in multiples of one forward pass.
_GENERATOR, _ENCODER, _DISCRIMINATOR = 6, 5, 12


def training_cost(cfg: TranslationConfig) -> Cost:
    """Seconds and peak memory of the whole training on this machine's processor."""
    seconds = cfg.steps * (_PER_STEP + cfg.batch / 2 * learned_products(cfg) * _PER_LEARNED) / _speed_up()
    return Cost(seconds, int(_BASE + _PER_NUMBER * cfg.batch * 2 * _numbers(cfg) + 24 * _weights(cfg)))


def efforts(cfg: TranslationConfig) -> list[float]:
    """The work of each stage, in the order of ``stages``, in multiplications."""
    return [cfg.steps * cfg.batch / 2 * learned_products(cfg)]


def cost(size: tuple[int, int] | None, cfg: TranslationConfig) -> Cost:
    """Seconds and peak memory of one picture of ``size`` (height, width; ``None``: as in training)."""
    height, width = size or cfg.size
    share = height * width / (cfg.size[0] * cfg.size[1])
    seconds = share * generator_products(cfg) * _PER_DRAWN / _speed_up()
    return Cost(max(0.01, seconds), int(_BASE + 8 * share * _numbers(cfg) + 4 * _weights(cfg)))


def learned_products(cfg: TranslationConfig) -> float:
    """Multiplications of a training step for each picture that is reconstructed."""
    return (
        _GENERATOR * generator_products(cfg)
        + _ENCODER * encoder_products(cfg)
        + _DISCRIMINATOR * discriminator_products(cfg)
    )


def generator_products(cfg: TranslationConfig) -> float:
    """Multiplications of the U-Net for one picture of ``cfg.size``."""
    total, pixels = 0.0, float(cfg.size[0] * cfg.size[1])
    widths = cfg.widths
    for level, (before, after) in enumerate(pairwise([cfg.condition_channels, *widths])):
        pixels /= 4
        skipped = 1 if level == cfg.levels - 1 else 2
        outputs = widths[level - 1] if level else 3
        total += 16 * pixels * ((before + cfg.code) * after + skipped * after * outputs)
    return total


def encoder_products(cfg: TranslationConfig) -> float:
    """Multiplications of the encoder for one picture."""
    widths, pixels = cfg.encoder_widths, cfg.size[0] * cfg.size[1] / 4
    total = 48 * pixels * widths[0]
    for before, after in pairwise(widths):
        total += pixels * (9 * before * (before + after) + before * after / 4)
        pixels /= 4
    return total


def discriminator_products(cfg: TranslationConfig) -> float:
    """Multiplications of one of the two discriminators for one picture, on all scales."""
    total = 0.0
    seen = 3 + (cfg.condition_channels if cfg.discriminator_condition else 0)
    for scale in range(cfg.discriminators):
        pixels, before = cfg.size[0] * cfg.size[1] / 4**scale, seen
        for layer in range(cfg.discriminator_layers):
            after = cfg.discriminator_width * min(2**layer, 8)
            last = cfg.discriminator_layers > 1 and layer == cfg.discriminator_layers - 1
            pixels = pixels if last else pixels / 4
            total += 16 * before * after * pixels
            before = after
        total += 16 * before * pixels
    return total


def _numbers(cfg: TranslationConfig) -> float:
    """Numbers that the networks keep of a picture until its gradient comes."""
    pixels = cfg.size[0] * cfg.size[1]
    unet = sum(6.0 * width * pixels / 4 ** (level + 1) for level, width in enumerate(cfg.widths))
    judged = sum(4 * cfg.discriminator_width * pixels / 4 / 2**layer for layer in range(cfg.discriminator_layers))
    return float(unet + 2 * judged + 4 * cfg.encoder_width * pixels)


def _weights(cfg: TranslationConfig) -> float:
    """Number of weights of all networks, roughly."""
    unet = sum(16 * 3 * a * b for a, b in pairwise([cfg.condition_channels + cfg.code, *cfg.widths]))
    encoder = sum(9 * a * (a + b) for a, b in pairwise(cfg.encoder_widths))
    layers = [min(2**layer, 8) * cfg.discriminator_width for layer in range(cfg.discriminator_layers)]
    judged = 2 * cfg.discriminators * sum(16 * a * b for a, b in pairwise([3, *layers]))
    return float(unet + encoder + judged)


def _speed_up() -> float:
    # Small networks keep two cores busy and no more.
    return 1.7 if (os.cpu_count() or 1) > 1 else 1.0
