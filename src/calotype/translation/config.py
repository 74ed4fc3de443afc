"""Settings of the networks and the training of BicycleGAN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from calotype.errors import InputError, counted


@dataclass(frozen=True)
class TranslationConfig:
    """Settings of a model that makes pictures from conditions: from other pictures, or from labels.

    Attributes:
        size: height and width of the training pictures, pixels; multiples of 2 to the power of ``levels``.
        classes: number of labels where the condition is a label; 0: the condition is a picture.
        code: numbers of the latent code.
        levels: how many times the U-Net halves its input, at least 2.
        width: channels after the first of these; doubled from level to level, up to ``growth`` times.
        growth: greatest number of channels, in multiples of ``width``.
        encoder_width: channels of the first convolution of the encoder.
        encoder_blocks: its residual blocks, each of which halves the size.
        encoder_norm: its normalisation: ``instance`` as published, or ``none``, which lets it see colours better.
        discriminators: number of scales of each of the two discriminators.
        discriminator_width: channels of their first layer.
        discriminator_layers: their hidden layers.
        discriminator_condition: whether they see the condition beside the picture; as published they do not.
        adversarial_weight: weight of the adversarial losses.
        pixel_weight: weight of the mean absolute difference of the reconstruction.
        code_weight: weight of the mean absolute difference of the code that is found again.
        kl_weight: weight of the Kullback-Leibler divergence of the code, summed over its dimensions.
        steps: training steps.
        batch: pictures a step, an even number: every second one is reconstructed, the others are the real pictures of
            the second discriminator.
        rate: learning rate of all networks.
        beta1: decay rate of Adam's average of the gradient.
        beta2: decay rate of Adam's average of the squared gradient.
        decay_at: share of the steps after which the learning rates fall linearly to 0; 1 for never.
        code_prior: what codes are drawn from after the training: ``normal``, the standard normal distribution, as
            published, or ``fitted``, a normal one with mean and covariance of the codes of the training pictures.
        kept: pairs that are kept with the model, for the certificate of a later task; they are not learned from again.
    """

    size: tuple[int, int] = (256, 256)
    classes: int = 0
    code: int = 8
    levels: int = 8
    width: int = 64
    growth: int = 8
    encoder_width: int = 64
    encoder_blocks: int = 4
    encoder_norm: Literal["instance", "none"] = "instance"
    discriminators: int = 2
    discriminator_width: int = 64
    discriminator_layers: int = 3
    discriminator_condition: bool = False
    adversarial_weight: float = 1.0
    pixel_weight: float = 10.0
    code_weight: float = 0.5
    kl_weight: float = 0.01
    steps: int = 60_000
    batch: int = 2
    rate: float = 2e-4
    beta1: float = 0.5
    beta2: float = 0.999
    decay_at: float = 0.5
    code_prior: Literal["normal", "fitted"] = "normal"
    kept: int = 16

    def __post_init__(self) -> None:
        counts = ("code", "width", "growth", "encoder_width", "encoder_blocks", "discriminators", "steps", "kept")
        for name in (*counts, "discriminator_width", "discriminator_layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} has to be at least 1")
        grid = 1 << self.levels
        if self.levels < 2 or min(self.size) < grid or self.size[0] % grid or self.size[1] % grid:
            raise ValueError(f"levels has to be at least 2, and both sides of size multiples of {grid}")
        if self.batch < 2 or self.batch % 2:
            raise ValueError("batch has to be an even number")
        if self.classes < 0 or not 0 <= self.decay_at <= 1:
            raise ValueError("classes has to be at least 0, decay_at from 0 to 1")

    @property
    def condition_channels(self) -> int:
        """Channels of the condition."""
        return self.classes or 3

    @property
    def widths(self) -> list[int]:
        """Channels after each level of the U-Net."""
        return [self.width * min(1 << level, self.growth) for level in range(self.levels)]

    @property
    def encoder_widths(self) -> list[int]:
        """Channels after the first convolution and after each block of the encoder."""
        return [self.encoder_width * min(4, 1 + block) for block in range(self.encoder_blocks + 1)]


C = TypeVar("C", bound=TranslationConfig)


def adapted(cfg: C, about: Mapping[str, Any]) -> C:
    """The settings for a data set.

    Args:
        cfg: settings, such as a preset.
        about: what the data set says of itself: ``labels``, their number, where it has labels and no conditions.

    Raises:
        InputError: the set has labels alone, more of them than the settings allow.
    """
    labels, pairs = int(about.get("labels") or 0), bool(about.get("pairs", True))
    if pairs and not cfg.classes:
        return cfg
    if labels < 2:
        raise InputError("the data set has no labels: leave out --set classes, or give a set whose samples have them")
    if cfg.classes and labels > cfg.classes:
        raise InputError(f"the data set has {counted(labels, 'label')}: give --set classes={labels}")
    return replace(cfg, classes=cfg.classes or labels)


SMALL = {
    "size": (32, 32),
    "levels": 4,
    "width": 24,
    "growth": 4,
    "encoder_width": 16,
    "encoder_blocks": 3,
    "encoder_norm": "none",
    "discriminator_width": 24,
    "discriminator_layers": 2,
    "code": 4,
    "adversarial_weight": 0.25,
    "pixel_weight": 20.0,
    "kl_weight": 0.005,
    "steps": 6000,
    "batch": 16,
    "rate": 1e-3,
    "beta2": 0.99,
}
STUDY = {**SMALL, "width": 16, "encoder_width": 12, "discriminator_width": 16, "steps": 2000}
TINY = {
    **SMALL,
    "size": (16, 16),
    "code": 2,
    "levels": 2,
    "width": 4,
    "growth": 2,
    "encoder_width": 4,
    "encoder_blocks": 1,
    "discriminators": 1,
    "discriminator_width": 4,
    "discriminator_layers": 1,
    "steps": 3,
    "batch": 4,
    "kept": 4,
}
