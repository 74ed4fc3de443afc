"""Time and memory that training and drawing take, estimated before they start."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from calotype.models.idpose.config import Config
from calotype.reposing.cost import down, drawn, trained
from calotype.types import Cost

_OFFLINE, _VGG = 2_000.0, 190_000.0  # multiplications of perceptual features for a pixel
_START = 4


def training_cost(cfg: Config) -> Cost:
    """Seconds and peak memory of the whole training on this machine's processor."""
    encoder, generator, tracing, judging = _encoder(cfg), _generator(cfg), _verification(cfg), _discriminator(cfg)
    pictures = 3 if cfg.own_weight else 1
    products = 4 * encoder[0] + pictures * generator[0]
    numbers = 4 * encoder[1] + pictures * generator[1]
    if cfg.trace_weight:
        products, numbers = products + 2 * tracing[0], numbers + 2 * tracing[1]
    if cfg.adversarial_weight:
        products, numbers = products + 3 * judging[0], numbers + 2 * judging[1]
    if cfg.perceptual_weight:
        products += pictures * cfg.resolution**2 * (_VGG if cfg.perceptual == "vgg" else _OFFLINE)
    return trained(cfg.steps, cfg.batch * products, cfg.batch * numbers, weights(cfg), bf16=cfg.bf16)


def efforts(cfg: Config) -> list[float]:
    """The work of each stage, in the order of ``stages``, in multiplications."""
    return [cfg.steps * cfg.batch * (4 * _encoder(cfg)[0] + 3 * _generator(cfg)[0])]


def cost(count: Any, cfg: Config) -> Cost:
    """Seconds and peak memory of ``count`` pictures, of one if that is no number."""
    encoder, generator = _encoder(cfg), _generator(cfg)
    number = max(1, count) if isinstance(count, int) else 1
    return drawn(number * (2 * encoder[0] + generator[0]), min(number, 64) * (encoder[1] + generator[1]), weights(cfg))


def weights(cfg: Config) -> float:
    """Weights of encoders, generator and discriminator."""
    widths = [cfg.width, *cfg.widths]
    encoders = 2 * sum(16 * a * b for a, b in pairwise(widths))
    last = widths[-1] * _START**2
    ups = sum(9 * (a * b + b * b) + 4 * cfg.identity * b for a, b in pairwise(widths[::-1]))
    discriminator = 16 * cfg.discriminators * 8 * (cfg.discriminator_width * 2 ** (cfg.discriminator_layers - 1)) ** 2
    return float(encoders + last * (cfg.identity + 2 * cfg.pose) + 9 * widths[-1] ** 2 + ups + discriminator)


def _encoder(cfg: Config) -> tuple[float, float]:
    return down([cfg.width, *cfg.widths], cfg.resolution, 4, residual=False)


def _generator(cfg: Config) -> tuple[float, float]:
    widths, side = [cfg.width, *cfg.widths][::-1], _START
    products, numbers = 9.0 * widths[0] ** 2 * side**2, 5.0 * widths[0] * side**2
    for before, after in pairwise(widths):
        side *= 2
        products += 9.0 * (before * after + after**2) * side**2
        numbers += (before + 10 * after) * side**2
    return products + 27.0 * widths[-1] * side**2, numbers


def _verification(cfg: Config) -> tuple[float, float]:
    side, wide = cfg.resolution, cfg.trace_channels
    products, numbers = 27.0 * wide * side**2, 2.0 * wide * side**2
    while side > cfg.trace_side:
        side //= 2
        products += 16.0 * wide**2 * side**2
        numbers += 2.0 * wide * side**2
    positions = side**2
    return products + (10 * wide**2 + wide * positions) * positions, numbers + 2.0 * positions**2


def _discriminator(cfg: Config) -> tuple[float, float]:
    products = numbers = 0.0
    for scale in range(cfg.discriminators):
        side, before, wide = cfg.resolution / 2**scale, 3, cfg.discriminator_width
        for i in range(cfg.discriminator_layers):
            side = side / (1 if cfg.discriminator_layers > 1 and i == cfg.discriminator_layers - 1 else 2) + 1
            products += 16.0 * before * wide * side**2
            numbers += 2.0 * wide * side**2
            before, wide = wide, min(2 * wide, 8 * cfg.discriminator_width)
    return products, numbers
