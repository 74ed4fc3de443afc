"""Settings of the encoder and of its training, by default for a given generator, and what the training takes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

from calotype.models.stylegan.config import Config, rows
from calotype.models.stylegan.cost import PER_SAMPLED, PER_TRAINED, cost, generator_macs, generator_numbers
from calotype.types import Cost

LAST_SIDE = 4  # of the encoder's last feature maps, pixels
_LARGEST = 64  # side of the pictures that an encoder sees by default, pixels
_WHOLE_BATCH = 2  # samples a step of generators that draw large pictures only as a whole
_QUICK = 128  # side up to which several whole pictures are drawn for one code, where no smaller ones can be
_SECONDS, _FEWEST = 3600.0, 200  # aim of a training on one core, and steps that it has at least
_REFINING = 0.5  # seconds that refinements may take on one core


@dataclass(frozen=True)
class EncoderConfig:
    """Settings of an encoder and of its training.

    Attributes:
        side: side of the pictures that it sees, pixels: a power of two from 8 up.
        width: channels of its first layer; they double with every halving of the size.
        max_width: upper limit of the channels.
        hidden: length of the vector before the last layer.
        passes: corrections, in training and in use.
        refinements: steps of optimisation after them, in use.
        steps: training steps; each has one batch of samples and as many updates as there are passes.
        batch: samples a step.
        rate: learning rate of Adam; it falls to a twentieth along a cosine.
        mixing: probability that a sample's rows are of several latent vectors, 0..1.
        styles_weight: weight of the squared error of the styles, relative to that of the pictures.
    """

    side: int = 32
    width: int = 32
    max_width: int = 128
    hidden: int = 384
    passes: int = 3
    refinements: int = 20
    steps: int = 1000
    batch: int = 16
    rate: float = 1e-3
    mixing: float = 0.5
    styles_weight: float = 0.02

    def __post_init__(self) -> None:
        if self.side < 2 * LAST_SIDE or self.side & (self.side - 1):
            raise ValueError(f"side={self.side} is not a power of two from {2 * LAST_SIDE} up")
        for name in ("width", "max_width", "hidden", "passes", "steps", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} has to be at least 1")
        if self.rate <= 0 or min(self.styles_weight, self.refinements) < 0 or not 0 <= self.mixing <= 1:
            raise ValueError(
                "rate has to be above 0, mixing has to be from 0 to 1, styles_weight and refinements not below 0"
            )


def drawn_side(cfg: Config, side: int) -> int:
    """The side at which a generator draws pictures that are needed at ``side`` pixels.

    Those of architecture ``skip`` give the picture of a lower resolution for the cost of that resolution.
    """
    skips = cfg.generator == "stylegan2" and cfg.architecture == "skip"
    return min(side, cfg.resolution) if skips else cfg.resolution


def encoder_config(cfg: Config) -> EncoderConfig:
    """The default settings for a generator: smaller pictures, fewer steps and refinements where it takes long.

    Generators that draw only whole pictures, and large ones, get one pass and small batches.
    """
    largest = min(_LARGEST, 2 ** int(math.log2(cfg.resolution)))
    own = EncoderConfig(side=largest)
    if drawn_side(cfg, largest) > _QUICK:
        own = replace(own, passes=1, batch=_WHOLE_BATCH)
    elif cfg.resolution > _LARGEST:
        own = replace(own, batch=own.batch // 2)
    if _allowed(cfg, own) < own.steps / 2 and largest > _LARGEST // 2:
        own = replace(own, side=_LARGEST // 2)
    refinement = 3 * generator_macs(_drawn(cfg, own)) * PER_TRAINED
    return replace(
        own,
        steps=int(min(own.steps, max(_FEWEST, _allowed(cfg, own)))),
        refinements=int(min(own.refinements, _REFINING / refinement)),
    )


def _allowed(cfg: Config, own: EncoderConfig) -> float:
    """Steps that can be made in the time that a training may take."""
    return _SECONDS / encoder_seconds(cfg, replace(own, steps=1))


def encoder_seconds(cfg: Config, own: EncoderConfig) -> float:
    """Seconds of the training on one core."""
    drawn = generator_macs(_drawn(cfg, own))
    # A sample is one pass of the generator; each correction takes one there and back of both networks.
    sampled, trained = drawn * PER_SAMPLED, 3 * own.passes * (drawn + encoder_macs(cfg, own)) * PER_TRAINED
    return own.steps * own.batch * (sampled + trained)


def encoder_cost(cfg: Config, own: EncoderConfig) -> Cost:
    """Seconds and peak memory of the training of an encoder on this machine's processor."""
    widths = encoder_widths(own)
    kept = sum(8.0 * width * (own.side / 2**i) ** 2 for i, width in enumerate(widths))
    weights = widths[-1] * LAST_SIDE**2 * own.hidden + own.hidden * rows(cfg) * cfg.style
    numbers = own.batch * (kept + generator_numbers(_drawn(cfg, own)))
    return Cost(encoder_seconds(cfg, own), int(cost(None, cfg).bytes + 4 * numbers + 16 * weights))


def encoder_widths(own: EncoderConfig) -> list[int]:
    """Channels of the encoder's feature maps, from the side of the pictures to the last."""
    depth = int(math.log2(own.side // LAST_SIDE))
    return [min(own.width * 2**i, own.max_width) for i in range(depth + 1)]


def encoder_macs(cfg: Config, own: EncoderConfig) -> float:
    """Multiply-adds of one correction."""
    widths = encoder_widths(own)
    total = 9.0 * 2 * cfg.channels * widths[0] * own.side**2
    for i, (inputs, outputs) in enumerate(pairwise(widths)):
        side = own.side // 2**i
        total += 9 * inputs**2 * side**2 + 10 * inputs * outputs * (side // 2) ** 2
    return total + widths[-1] * LAST_SIDE**2 * own.hidden + own.hidden * rows(cfg) * cfg.style


def _drawn(cfg: Config, own: EncoderConfig) -> Config:
    """The settings of a generator that ends where its pictures are needed."""
    side = drawn_side(cfg, own.side)
    return cfg if side == cfg.resolution else replace(cfg, resolution=side)
