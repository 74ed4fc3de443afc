"""Time and memory that training and drawing take, estimated before they start."""

from __future__ import annotations

import os
from itertools import pairwise

from calotype.models.spade.config import Config
from calotype.models.spade.encoder import encoder_widths
from calotype.models.spade.generator import base_grid, plan
from calotype.processor import bfloat16_tiles, fast_bfloat16
from calotype.semantic.labels import input_channels
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server processor for one multiplication and addition with all that goes with it, in
# float32: of a drawn picture; of a training step. The share of the latter where bfloat16 is computed in hardware, by
# tiles (AMX) or by vectors (AVX-512).
PER_DRAWN, PER_LEARNED, TILES, VECTORS = 2.1e-11, 2.1e-11, 0.4, 0.65
# Bytes that torch itself takes; and bytes a number that a network keeps until its gradient comes.
BASE, PER_NUMBER = 350 << 20, 5


def training_cost(cfg: Config) -> Cost:
    """Seconds and peak memory of the whole training on this machine's processor."""
    half = (TILES if bfloat16_tiles() else VECTORS if fast_bfloat16() else 1.0) if cfg.bf16 else 1.0
    seconds = cfg.steps * cfg.batch * learned_products(cfg) * PER_LEARNED * half / _speed_up()
    kept = cfg.batch * (generator_numbers(cfg) + 2 * discriminator_numbers(cfg))
    return Cost(seconds, int(BASE + PER_NUMBER * kept + 24 * _weights(cfg)))


def efforts(cfg: Config) -> list[float]:
    """The work of each stage, in the order of ``stages``, in multiplications."""
    return [cfg.steps * cfg.batch * learned_products(cfg)]


def cost(size: tuple[int, int] | None, cfg: Config) -> Cost:
    """Seconds and peak memory of one picture of ``size`` (height, width; ``None``: as in training)."""
    height, width = size or cfg.size
    share = height * width / (cfg.size[0] * cfg.size[1])
    seconds = share * generator_products(cfg) * PER_DRAWN / _speed_up()
    return Cost(max(0.01, seconds), int(BASE + share * generator_numbers(cfg) + 4 * _weights(cfg)))


def learned_products(cfg: Config) -> float:
    """Multiplications of a training step for each picture of the batch.

    A pass there and back is three passes. The discriminator sees two pictures, and hands gradients back twice, once
    without those of its weights.
    """
    encoder = encoder_products(cfg) if cfg.latent else 0.0
    return 3 * (generator_products(cfg) + encoder) + 8 * discriminator_products(cfg)


def generator_products(cfg: Config) -> float:
    """Multiplications of convolutions for one picture of ``cfg.size``; table look-ups count nothing."""
    if cfg.generator == "pix2pixhd":
        return _pix2pixhd_products(cfg)
    height, width = base_grid(cfg)
    first = plan(cfg)[0].inputs
    total = float(cfg.latent * first * height * width)
    for stage in plan(cfg):
        height, width = (2 * height, 2 * width) if stage.up else (height, width)
        between = min(stage.inputs, stage.outputs)
        learned = stage.inputs != stage.outputs
        modulated = stage.inputs * (1 + learned) + between
        pixel = 9 * between * (stage.inputs + stage.outputs) + learned * stage.inputs * stage.outputs
        total += height * width * (pixel + 18 * cfg.hidden * modulated)
    return total + height * width * 27 * plan(cfg)[-1].outputs


def discriminator_products(cfg: Config) -> float:
    """Multiplications for one picture, on all scales."""
    total = 0.0
    for scale in range(cfg.discriminators):
        height, width = (side / 2**scale for side in cfg.size)
        before = input_channels(cfg) + 3
        for after, stride in _layers(cfg):
            height, width = height / stride + 1, width / stride + 1
            total += 16 * before * after * height * width
            before = after
        total += 16 * before * (height + 1) * (width + 1)
    return total


def encoder_products(cfg: Config) -> float:
    """Multiplications for one style picture."""
    widths, side, total = encoder_widths(cfg), cfg.encoder_size, 0.0
    for before, after in pairwise([3, *widths]):
        side //= 2
        total += 9 * before * after * side**2
    return total + 2 * widths[-1] * side**2 * cfg.latent


def generator_numbers(cfg: Config) -> float:
    """Numbers that the generator keeps of a picture until its gradient comes."""
    height, width = cfg.size
    if cfg.generator == "pix2pixhd":
        return float(height * width * (6 * cfg.width * 2 + input_channels(cfg)))
    height, width = base_grid(cfg)
    total = 0.0
    for stage in plan(cfg):
        height, width = (2 * height, 2 * width) if stage.up else (height, width)
        learned = stage.inputs != stage.outputs
        between = min(stage.inputs, stage.outputs)
        modulated = stage.inputs * (1 + learned) + between
        # Of every SPADE layer the hidden layer, scale and shift, input and output; and the convolutions' results.
        total += height * width * (4 * modulated + (2 + learned) * cfg.hidden + between + 2 * stage.outputs)
    return total


def discriminator_numbers(cfg: Config) -> float:
    """Numbers that the discriminator keeps of a picture until its gradient comes."""
    total = 0.0
    for scale in range(cfg.discriminators):
        height, width = (side / 2**scale for side in cfg.size)
        total += height * width * (input_channels(cfg) + 3) / 2
        for after, stride in _layers(cfg):
            height, width = height / stride + 1, width / stride + 1
            total += 3 * after * height * width
    return total


def _layers(cfg: Config) -> list[tuple[int, int]]:
    """Channels and stride of the hidden layers of a discriminator."""
    last = cfg.discriminator_layers - 1
    return [
        (cfg.discriminator_width * min(2**i, 8), 1 if last and i == last else 2)
        for i in range(cfg.discriminator_layers)
    ]


def _pix2pixhd_products(cfg: Config) -> float:
    height, width = cfg.size
    widths = [min(cfg.max_width, cfg.width << i) for i in range(cfg.halvings + 1)]
    total = 49.0 * height * width * widths[0] * (input_channels(cfg) + 3)
    for i, (before, after) in enumerate(pairwise(widths), 1):
        total += 2 * 9 * before * after * (height >> i) * (width >> i)
    pixels = (height >> cfg.halvings) * (width >> cfg.halvings)
    return total + cfg.residual_blocks * 18 * widths[-1] ** 2 * pixels


def _weights(cfg: Config) -> float:
    """Number of weights of all networks, roughly."""
    total = 0.0
    if cfg.generator == "pix2pixhd":
        total = 9.0 * min(cfg.max_width, cfg.width << cfg.halvings) ** 2 * (2 * cfg.residual_blocks + 3)
    else:
        for stage in plan(cfg):
            total += 9 * min(stage.inputs, stage.outputs) * (stage.inputs + stage.outputs)
            total += 3 * cfg.hidden * 9 * (input_channels(cfg) + 2 * stage.inputs)
    for (before, _), (after, _) in pairwise(_layers(cfg)):
        total += cfg.discriminators * 16 * before * after
    if cfg.latent:
        total += (
            sum(9 * a * b for a, b in pairwise([3, *encoder_widths(cfg)])) + 32 * encoder_widths(cfg)[-1] * cfg.latent
        )
    return total


def _speed_up() -> float:
    # Small networks keep two cores busy and no more.
    return 1.7 if (os.cpu_count() or 1) > 1 else 1.0
