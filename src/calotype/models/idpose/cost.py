"""Time and memory that training and drawing take, estimated before they start."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from calotype.models.idpose.config import START, Config
from calotype.reposing.cost import down, drawn, trained
from calotype.types import Cost

_OFFLINE, _VGG = 2_000.0, 190_000.0  # multiplications of perceptual features for a pixel


def training_cost(cfg: Config) -> Cost:
    """Seconds and peak memory of the whole training on this machine's processor."""
    products, numbers = _learned(cfg)
    if cfg.adversarial_weight:
        judging = _discriminator(cfg)
        products, numbers = products + 3 * judging[0], numbers + 2 * judging[1]
    if cfg.perceptual_weight:
        products += (4 if cfg.own_weight else 1) * cfg.resolution**2 * (_VGG if cfg.perceptual == "vgg" else _OFFLINE)
    if cfg.optimizer == "muon":
        products += orthogonal(cfg) / (3 * cfg.batch)
    return trained(cfg.steps, cfg.batch * products, cfg.batch * numbers, weights(cfg), bf16=cfg.bf16)


def orthogonal(cfg: Config) -> float:
    """Multiplications of the orthogonal steps of Muon: five times three products of each weight matrix."""
    widths = [cfg.width, *cfg.widths]
    convs = [(b, 16 * a) for a, b in pairwise(widths)]
    ups = [(min(a, b), 9 * max(a, b)) for a, b in pairwise(widths)] + [(b, 9 * b) for b in widths]
    flat = widths[-1] * START**2
    codes = [(2 * cfg.pose, flat), (cfg.pose, flat), (cfg.whole, flat), (cfg.identity, cfg.identity)]
    return sum(5.0 * (2 * n**2 * m + n**3) for n, m in (*convs, *convs, *ups, *codes))


def efforts(cfg: Config) -> list[float]:
    """The work of each stage, in the order of ``stages``, in multiplications."""
    return [cfg.steps * cfg.batch * _learned(cfg)[0]]


def cost(count: Any, cfg: Config) -> Cost:
    """Seconds and peak memory of ``count`` pictures, of one if that is no number."""
    pose, parts, generator = _pose(cfg), _parts(cfg), _generator(cfg)
    number = max(1, count) if isinstance(count, int) else 1
    products = number * (pose[0] + parts[0] + generator[0])
    return drawn(products, min(number, 64) * (parts[1] + generator[1]), weights(cfg))


def _learned(cfg: Config) -> tuple[float, float]:
    """Multiplications and kept numbers of encoders and generator for a triplet, forwards."""
    pairs = 2 if cfg.own_weight else 1
    runs = ((_pose(cfg), 2 * pairs), (_parts(cfg), pairs), (_generator(cfg), pairs**2))
    return sum(each[0] * count for each, count in runs), sum(each[1] * count for each, count in runs)


def weights(cfg: Config) -> float:
    """Weights of encoders, generator and discriminator."""
    widths = [cfg.width, *cfg.widths]
    encoders = 2 * sum(16 * a * b for a, b in pairwise(widths))
    ups = sum(9 * (a * b + b * b) for a, b in pairwise(widths[::-1]))
    discriminator = 16 * cfg.discriminators * 8 * (cfg.discriminator_width * 2 ** (cfg.discriminator_layers - 1)) ** 2
    codes = widths[-1] * START**2 * (2 * cfg.pose + cfg.whole) + cfg.identity**2 + 8 * sum(widths) * cfg.whole
    return float(encoders + ups + codes + 27 * widths[_levels(cfg)] ** 2 + discriminator)


def _levels(cfg: Config) -> int:
    """How often the picture is halved to the grid."""
    return (cfg.resolution // cfg.trace_side).bit_length() - 1


def _pose(cfg: Config) -> tuple[float, float]:
    return down([cfg.width, *cfg.widths], cfg.resolution, 4, residual=False)


def _parts(cfg: Config) -> tuple[float, float]:
    widths = [cfg.width, *cfg.widths]
    products, numbers = down(widths, cfg.resolution, 4, residual=False)
    widths = widths[: _levels(cfg) + 1]
    grid = cfg.trace_side**2
    return products + (9.0 * widths[-1] ** 2 + 2 * cfg.identity) * grid, numbers + (3.0 * widths[-1] + cfg.parts) * grid


def _generator(cfg: Config) -> tuple[float, float]:
    widths, side = [cfg.width, *cfg.widths][::-1], START
    products, numbers = 0.0, float(widths[0] * side**2)
    for before, after in pairwise(widths):
        side *= 2
        products += 9.0 * (before * after + after**2) * side**2
        numbers += (before + 4 * after) * side**2
    wide, grid = widths[-1 - _levels(cfg)], cfg.trace_side**2
    products += (9.0 * (2 * wide + cfg.identity / cfg.parts) * wide + cfg.identity) * grid
    return products + 27.0 * widths[-1] * side**2, numbers + (5.0 * wide + 3.0 * cfg.parts) * grid


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
