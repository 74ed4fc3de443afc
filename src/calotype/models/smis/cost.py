"""Time and memory that training and drawing take, estimated before they start."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from calotype.models.smis.config import Config
from calotype.models.smis.encoder import encoder_widths
from calotype.models.smis.plan import Stage, base_grid, hidden_channels, plan
from calotype.semantic.cost import discriminator_layers, discriminator_numbers, discriminator_products, drawn, trained
from calotype.semantic.labels import input_channels, label_channels
from calotype.types import Cost

# How much longer a multiplication of a grouped convolution takes than one of a dense one: channels of a group are few.
_GROUPED = 2.5


def training_cost(cfg: Config) -> Cost:
    """Seconds and peak memory of the whole training on this machine's processor."""
    numbers = generator_numbers(cfg) + encoder_numbers(cfg) + 2 * discriminator_numbers(cfg)
    return trained(cfg, learned_products(cfg), numbers, _weights(cfg))


def efforts(cfg: Config) -> list[float]:
    """The work of each stage, in the order of ``stages``, in multiplications."""
    return [cfg.steps * cfg.batch * learned_products(cfg)]


def cost(size: tuple[int, int] | None, cfg: Config) -> Cost:
    """Seconds and peak memory of one picture of ``size`` (height, width; ``None``: as in training)."""
    return drawn(cfg, size, _GROUPED * generator_products(cfg), generator_numbers(cfg), _weights(cfg))


def learned_products(cfg: Config) -> float:
    """Multiplications of a training step for each picture of the batch, those of grouped convolutions weighted."""
    return 3 * _GROUPED * (generator_products(cfg) + encoder_products(cfg)) + 8 * discriminator_products(cfg)


def generator_products(cfg: Config) -> float:
    """Multiplications of convolutions for one picture of ``cfg.size``; table look-ups count nothing."""
    height, width = base_grid(cfg)
    stem, _ = plan(cfg)
    total = float(height * width * 9 * cfg.code * stem)
    for stage, pixels in _stages(cfg):
        hidden, _, groups = hidden_channels(cfg, stage.groups)
        between = min(stage.inputs, stage.outputs)
        learned = stage.inputs != stage.outputs
        dense = 9 * between * (stage.inputs + stage.outputs) + learned * stage.inputs * stage.outputs
        modulated = stage.inputs * (1 + learned) + between
        by_map = 18 * hidden * modulated / groups if cfg.modulation == "map" else 0
        total += pixels * (dense / stage.groups + by_map)
    return total + cfg.size[0] * cfg.size[1] * 27 * plan(cfg).stages[-1].outputs


def encoder_products(cfg: Config) -> float:
    """Multiplications for the codes of one picture."""
    if not cfg.encoder_width:
        return 0.0
    height, width = (side << cfg.encoder_layers for side in base_grid(cfg))
    total, classes, widths = 0.0, label_channels(cfg), encoder_widths(cfg)
    for before, after in pairwise([3 * classes, *widths]):
        height, width = height // 2, width // 2
        total += 9 * before * after * height * width / classes
    last = 2.0 * widths[-1] * cfg.code
    return total + last * (1 if cfg.code_grid == "vector" else 9 * height * width)


def generator_numbers(cfg: Config) -> float:
    """Numbers that the decoder keeps of a picture until its gradient comes."""
    total = 0.0
    for stage, pixels in _stages(cfg):
        hidden, _, _ = hidden_channels(cfg, stage.groups)
        learned = stage.inputs != stage.outputs
        between = min(stage.inputs, stage.outputs)
        modulated = stage.inputs * (1 + learned) + between
        total += pixels * (5 * modulated + (2 + learned) * hidden + between + 2 * stage.outputs)
    return total


def encoder_numbers(cfg: Config) -> float:
    """Numbers that the encoder keeps of a picture until its gradient comes."""
    height, width = (side << cfg.encoder_layers for side in base_grid(cfg))
    total = 3.0 * label_channels(cfg) * height * width
    for channels in encoder_widths(cfg):
        height, width = height // 2, width // 2
        total += 2 * channels * height * width
    return total


def _stages(cfg: Config) -> Iterator[tuple[Stage, int]]:
    """The blocks, each with its number of pixels."""
    height, width = base_grid(cfg)
    for stage in plan(cfg).stages:
        height, width = (2 * height, 2 * width) if stage.up else (height, width)
        yield stage, height * width


def _weights(cfg: Config) -> float:
    """Number of weights of all networks, roughly."""
    total = 0.0
    for stage in plan(cfg).stages:
        hidden, first, second = hidden_channels(cfg, stage.groups)
        total += 9 * min(stage.inputs, stage.outputs) * (stage.inputs + stage.outputs) / stage.groups
        total += 3 * 9 * hidden * (input_channels(cfg) / first + 2 * stage.inputs / second)
    for (before, _), (after, _) in pairwise(discriminator_layers(cfg)):
        total += cfg.discriminators * 16 * before * after
    return total + sum(9 * a * b / label_channels(cfg) for a, b in pairwise(encoder_widths(cfg)))
