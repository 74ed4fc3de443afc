"""Time and memory that training and drawing take, estimated before they start."""

from __future__ import annotations

import os

from calotype.models.control3d.config import Config, widths
from calotype.models.control3d.giraffe_settings import parsed
from calotype.nn.residual_discriminator import blocks
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server processor for one multiplication and addition with all that goes with it.
_SECONDS = 2.4e-11
_STYLED = 1.9  # how much longer it takes in networks of StyleGAN2's layers, which are narrower
_ALONE = 0.4  # share of pictures of surroundings in a training set
# Bytes that torch itself takes; and bytes a number that a network keeps until its gradient comes.
_BASE, _PER_NUMBER = 350 << 20, 5


def training_cost(cfg: Config) -> Cost:
    """Seconds and peak memory of the whole training on this machine's processor."""
    seconds = cfg.steps * cfg.batch * _learned(cfg) * _SECONDS / _speed_up()
    numbers = 3 * _numbers(cfg) + sum(8.0 * after * side * side * 4 for after, side in _blocks(cfg))
    return Cost(seconds, int(_BASE + _PER_NUMBER * cfg.batch * numbers + 24 * _weights(cfg)))


def efforts(cfg: Config) -> list[float]:
    """The work of each stage, in the order of ``stages``, in multiplications."""
    return [cfg.steps * cfg.batch * _learned(cfg)]


def cost(size: tuple[int, int] | None, cfg: Config) -> Cost:
    """Seconds and peak memory of one picture; its size is always that of the model."""
    return Cost(max(0.02, _drawn(cfg) * _SECONDS / _speed_up()), int(_BASE + 4 * _numbers(cfg) + 4 * _weights(cfg)))


def _learned(cfg: Config) -> float:
    """Multiplications of a training step for each scene."""
    if cfg.loss == "relativistic":
        return _paired(cfg)
    # One scene is drawn without gradients, one or three with them.
    scenes = 1 + 3 * (3 if cfg.consistency else 1)
    return scenes * _drawn(cfg) + (15 if cfg.gradient_penalty else 9) * _judged(cfg)


def _paired(cfg: Config) -> float:
    """The same where both networks learn from the same pictures; of the first steps a part of a batch is used."""
    first = cfg.surroundings_first if cfg.classes else 0.0
    objects = 3 * (1 + (2 / cfg.consistency_every if cfg.consistency else 0))
    judged = 8 + (7 * (bool(cfg.gradient_penalty) + bool(cfg.fake_penalty))) / cfg.gradient_every
    everywhere = 3 * _background(cfg) + judged * _judged(cfg)
    return (1 - first) * (objects * _objects(cfg) + everywhere) + first * _ALONE * everywhere


def _drawn(cfg: Config) -> float:
    """Multiplications for one picture: those of the 2D generators count."""
    if not cfg.giraffe:
        return _objects(cfg) + _background(cfg)
    made = parsed(cfg.giraffe)
    samples = made.samples * made.side**2
    fields = [(made.objects, made.decoder), (1, made.background)]
    total = sum(samples * n * each.hidden * (each.hidden * (each.blocks + 2) + each.features) for n, each in fields)
    return 2 * (made.objects + 2) * (total + 9.0 * made.size**2 * made.renderer.least**2)


def _objects(cfg: Config) -> float:
    return cfg.objects * _painted(cfg, cfg.object_width)


def _background(cfg: Config) -> float:
    return _painted(cfg, cfg.width) if cfg.classes else 0.0


def _painted(cfg: Config, width: int) -> float:
    """Multiplications of a 2D generator for one picture."""
    if cfg.painters == "residual":
        return cfg.size * cfg.size * width**2 * (36.0 + 18 + 8 + 8)
    total, before = 0.0, 0
    for side, count in widths(cfg.size, width).items():
        total += 9.0 * side * side * count * (count + before)
        before = count
    return _STYLED * total


def _judged(cfg: Config) -> float:
    if cfg.discriminator == "styled":
        channels = widths(cfg.size, cfg.discriminator_width)
        convolved = [
            9.0 * side * side * count * (count + channels[max(4, side // 2)] / 4) for side, count in channels.items()
        ]
        return _STYLED * sum(convolved)
    total, before = 0.0, 3
    for after, side in _blocks(cfg):
        total += 4 * side * side * 9.0 * after * (before + after)
        before = after
    return total


def _numbers(cfg: Config) -> float:
    return (cfg.objects + 1) * cfg.size * cfg.size * (16.0 * cfg.width + 60)


def _blocks(cfg: Config) -> list[tuple[int, int]]:
    return blocks((cfg.size, cfg.size), cfg.discriminator_width, 4)


def _weights(cfg: Config) -> float:
    return 2e6 + 150.0 * cfg.width**2 + 400.0 * cfg.discriminator_width**2


def _speed_up() -> float:
    return max(1.0, 0.8 * (os.cpu_count() or 1))
