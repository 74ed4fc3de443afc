"""Time and memory of training and stylizing, estimated from the multiplications of the networks."""

from __future__ import annotations

import os
from itertools import pairwise

from calotype.models.styledisentangle.config import Config
from calotype.models.styledisentangle.training import lengths
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server processor for one multiplication and addition with all that goes with it.
_PER_DRAWN, _PER_LEARNED = 6e-11, 7e-11
_BASE, _PER_NUMBER = 350 << 20, 5  # bytes of torch itself; bytes a number that is kept until its gradient comes
_TILED = 1000 * 1000  # pixels of a tile with what it sees
_AROUND = 3.0  # pixels that are computed for a pixel of a picture in tiles


def training_cost(cfg: Config) -> Cost:
    """Seconds and peak memory of the whole training on this machine's processor."""
    seconds = sum(efforts(cfg)) * _PER_LEARNED / _speed_up()
    pictures = 9 if cfg.reconstruction_weight > 0 else 7
    kept = max(
        batch / 2 * (pictures * _numbers(cfg, patch * patch) + 3 * _judged_numbers(cfg, patch))
        for batch, patch in zip(cfg.batches, cfg.patches)
    )
    return Cost(seconds, int(_BASE + _PER_NUMBER * kept + 24 * _weights(cfg)))


def efforts(cfg: Config) -> list[float]:
    """The work of each stage, in the order of ``stages``, in multiplications."""
    found = []
    first = 0
    for count, batch, patch in zip(lengths(cfg), cfg.batches, cfg.patches):
        pixels = float(patch * patch)
        alone = min(count, max(0, cfg.real_steps - first))  # steps on real pictures, artworks in two ways
        first += count
        own = cfg.reconstruction_weight > 0  # artworks are encoded and drawn, too
        once = (8 + own) * encoder_products(cfg, pixels) + (3 + own) * decoder_products(cfg, pixels)
        judged = discriminator_products(cfg, patch)
        real = 4 * encoder_products(cfg, pixels) + judged
        found.append(batch / 2 * 3 * ((count - alone) * (once + 2 * judged) + alone * real))
    return found


def cost(size: tuple[int, int] | None, cfg: Config) -> Cost:
    """Seconds and peak memory of one picture of ``size`` (height, width; ``None``: as in training)."""
    height, width = size or (cfg.patches[-1], cfg.patches[-1])
    pixels = float(height * width)
    tiled = pixels > _TILED
    work = pixels * (_AROUND if tiled else 1.0)
    seconds = (encoder_products(cfg, work) + decoder_products(cfg, work)) * _PER_DRAWN / _speed_up()
    at_once = min(pixels, _TILED)
    return Cost(max(0.01, seconds), int(_BASE + 4 * 6 * cfg.width * at_once + 32 * pixels + 4 * _weights(cfg)))


def encoder_products(cfg: Config, pixels: float) -> float:
    """Multiplications of one of the encoders for a picture of so many pixels."""
    total = 27.0 * cfg.widths[0] * pixels
    for before, after in pairwise(cfg.widths):
        pixels /= 4
        total += 9 * before * after * pixels
    return total


def decoder_products(cfg: Config, pixels: float) -> float:
    """Multiplications of the decoder for a picture of so many pixels."""
    deep = pixels / 4**cfg.halvings
    total = 18.0 * cfg.blocks * cfg.deep**2 * deep
    widths = [cfg.deep, *reversed(cfg.widths[:-1])]
    for before, after in pairwise(widths):
        deep *= 4
        total += 9 * (before + cfg.skips) * after * deep
    return float(total + 147 * widths[-1] * pixels)


def discriminator_products(cfg: Config, patch: int) -> float:
    """Multiplications of the discriminator for a patch."""
    total, pixels, before = 0.0, float(patch * patch), 3
    for after in cfg.discriminator_widths:
        pixels /= 4
        total += 25 * before * after * pixels
        before = after + 1
    return total


def _numbers(cfg: Config, pixels: float) -> float:
    """Numbers that an encoder or a decoder keeps of a picture until its gradient comes."""
    total = 0.0
    for width in cfg.widths:
        total += 6 * width * pixels
        pixels /= 4
    return total


def _judged_numbers(cfg: Config, patch: int) -> float:
    pixels = float(patch * patch)
    return sum(6.0 * width * pixels / 4.0 ** (level + 1) for level, width in enumerate(cfg.discriminator_widths))


def _weights(cfg: Config) -> float:
    """Number of weights of all networks, roughly."""
    stack = sum(9 * a * b for a, b in pairwise(cfg.widths))
    judge = sum(25 * a * b for a, b in pairwise([3, *cfg.discriminator_widths]))
    return float(3 * stack + 18 * cfg.blocks * cfg.deep**2 + judge)


def _speed_up() -> float:
    # Small networks keep two cores busy and no more.
    return 1.7 if (os.cpu_count() or 1) > 1 else 1.0
