"""Time and memory that training and drawing take, estimated before they start."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from calotype.losses.gaussian import parameters_of
from calotype.models.disentangle.config import Config
from calotype.reposing.cost import down, drawn, trained
from calotype.types import Cost

_PERCEPTUAL = 190_000.0  # multiplications of VGG-16 for a pixel
_START = 4


def training_cost(cfg: Config) -> Cost:
    """Seconds and peak memory of the whole training on this machine's processor."""
    products, numbers = _encoder(cfg)
    more, kept = _decoder(cfg)
    if cfg.reconstruction == "perceptual":
        more += _PERCEPTUAL * cfg.resolution**2
    each = 2 * products + more + 3 * _critic(cfg)
    cost = trained(cfg.steps, cfg.batch * each, cfg.batch * (2 * numbers + kept), weights(cfg), bf16=cfg.bf16)
    alone = trained(cfg.pretrained, 2 * cfg.batch * products, 0, 0, bf16=False)
    return Cost(cost.seconds + alone.seconds, cost.bytes)


def efforts(cfg: Config) -> list[float]:
    """The work of each stage, in the order of ``stages``, in multiplications."""
    encoder, decoder = _encoder(cfg)[0], _decoder(cfg)[0]
    pictures = cfg.steps * (2 * encoder + decoder)
    return [cfg.pretrained * 2 * encoder, pictures] if cfg.pretrained else [pictures]


def cost(count: Any, cfg: Config) -> Cost:
    """Seconds and peak memory of ``count`` pictures, of one if that is no number."""
    encoder, decoder = _encoder(cfg), _decoder(cfg)
    number = max(1, count) if isinstance(count, int) else 1
    return drawn(number * (2 * encoder[0] + decoder[0]), min(number, 64) * (encoder[1] + decoder[1]), weights(cfg))


def weights(cfg: Config) -> float:
    """Weights of encoders, decoder and estimators."""
    widths = [cfg.width, *cfg.widths]
    convolutions = sum(9 * a * b + 9 * b * b for a, b in pairwise(widths)) + 9 * cfg.width**2
    blocks = 9 * cfg.blocks * widths[-1] ** 2
    positions = _START**2
    head = widths[-1] * (positions if cfg.head == "flat" else 1)
    heads = head * (parameters_of(cfg.pose, cfg.covariance) + cfg.identity)
    spread = (cfg.pose + cfg.identity) * widths[-1] * positions + 18 * widths[-1] ** 2
    ups = sum(36 * a * b + 9 * (a * a + b * b) for a, b in pairwise(widths[::-1]))
    return float(2 * (convolutions + blocks) + heads + spread + 2 * blocks + ups + 3 * _critic(cfg))


def _encoder(cfg: Config) -> tuple[float, float]:
    """Multiplications and kept numbers of one encoder for a picture."""
    products, numbers = down([cfg.width, *cfg.widths], cfg.resolution, 3, residual=True)
    last = cfg.widths[-1] * _START**2
    return products + 9 * cfg.blocks * cfg.widths[-1] * last, numbers + 2 * cfg.blocks * last


def _decoder(cfg: Config) -> tuple[float, float]:
    """Multiplications and kept numbers of the decoder for a picture."""
    widths, side = [cfg.width, *cfg.widths][::-1], _START
    products = 9.0 * (2 * cfg.blocks + 2) * widths[0] ** 2 * side**2
    numbers = (4.0 * cfg.blocks + 3) * widths[0] * side**2
    for before, after in pairwise(widths):
        products += (36 * before * after + 9 * before**2) * side**2 + 9 * after**2 * 4 * side**2
        numbers += 6 * before * side**2 + 5 * after * 4 * side**2
        side *= 2
    return products + 27.0 * widths[-1] * side**2, numbers


def _critic(cfg: Config) -> float:
    """Weights of one estimator."""
    wide = cfg.critic_width
    return float((cfg.pose + cfg.identity) * wide + 2 * cfg.critic_blocks * wide**2 + 2 * wide * cfg.critic_products)
