"""Time and memory that training and drawing take, estimated before they start."""

from __future__ import annotations

from calotype.models.bachgan.config import Config
from calotype.semantic.cost import discriminator_numbers, discriminator_products, drawn, trained
from calotype.semantic.labels import label_channels
from calotype.semantic.spade_generator import base_grid, plan
from calotype.types import Cost

_PER_MAP = 6.0e4  # multiplications that comparing a query with one map of the memory is worth
_PLAIN = 1.3  # how much longer convolutions of real-valued layouts make it all


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
    """Multiplications of a training step for each picture of the batch."""
    return 3 * _PLAIN * generator_products(cfg) + 8 * discriminator_products(cfg) + cfg.memory * _PER_MAP


def generator_products(cfg: Config) -> float:
    """Multiplications of fusion and generator for one picture of ``cfg.size``."""
    channels, (rows, columns) = label_channels(cfg), base_grid(cfg)
    total = cfg.size[0] * cfg.size[1] * 9.0 * channels**2 * (cfg.retrieved + 2) * (cfg.background == "fusion")
    for stage in plan(cfg):
        rows, columns = (2 * rows, 2 * columns) if stage.up else (rows, columns)
        between, learned = min(stage.inputs, stage.outputs), stage.inputs != stage.outputs
        modulated = stage.inputs * (1 + learned) + between
        layouts = 9 * channels * cfg.hidden * (2 + learned)
        dense = 9 * between * (stage.inputs + stage.outputs) + learned * stage.inputs * stage.outputs
        total += rows * columns * (dense + layouts + 18 * cfg.hidden * modulated)
    return total + cfg.size[0] * cfg.size[1] * 27 * plan(cfg)[-1].outputs


def generator_numbers(cfg: Config) -> float:
    """Numbers that fusion and generator keep of a picture until its gradient comes."""
    rows, columns = base_grid(cfg)
    total = cfg.size[0] * cfg.size[1] * label_channels(cfg) * (2.0 * cfg.retrieved + 4)
    for stage in plan(cfg):
        rows, columns = (2 * rows, 2 * columns) if stage.up else (rows, columns)
        total += rows * columns * (12 * stage.inputs + 3 * cfg.hidden + 3 * stage.outputs)
    return total


def _weights(cfg: Config) -> float:
    """Number of weights of all networks, roughly, and of bytes of the memory by four."""
    weights = sum(9.0 * stage.inputs * (2 * stage.outputs + 6 * cfg.hidden) for stage in plan(cfg))
    return weights + cfg.memory * cfg.size[0] * cfg.size[1] / 4
