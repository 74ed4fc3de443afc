"""Time and memory that training and drawing take, estimated before they start."""

from __future__ import annotations

from itertools import pairwise

from calotype.models.spade.config import Config
from calotype.models.spade.encoder import encoder_widths
from calotype.semantic.cost import discriminator_layers, discriminator_numbers, discriminator_products, drawn, trained
from calotype.semantic.labels import input_channels
from calotype.semantic.spade_generator import base_grid, plan
from calotype.types import Cost


def training_cost(cfg: Config) -> Cost:
    """Seconds and peak memory of the whole training on this machine's processor."""
    numbers = generator_numbers(cfg) + 2 * discriminator_numbers(cfg)
    return trained(cfg, learned_products(cfg), numbers, _weights(cfg))


def efforts(cfg: Config) -> list[float]:
    """The work of each stage, in the order of ``stages``, in multiplications."""
    return [cfg.steps * cfg.batch * learned_products(cfg)]


def cost(size: tuple[int, int] | None, cfg: Config) -> Cost:
    """Seconds and peak memory of one picture of ``size`` (height, width; ``None``: as in training)."""
    return drawn(cfg, size, generator_products(cfg), generator_numbers(cfg), _weights(cfg))


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
        total += height * width * (pixel + (18 * cfg.hidden * modulated if cfg.modulation == "map" else 0))
    return total + height * width * 27 * plan(cfg)[-1].outputs


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
    for (before, _), (after, _) in pairwise(discriminator_layers(cfg)):
        total += cfg.discriminators * 16 * before * after
    if cfg.latent:
        total += (
            sum(9 * a * b for a, b in pairwise([3, *encoder_widths(cfg)])) + 32 * encoder_widths(cfg)[-1] * cfg.latent
        )
    return total
