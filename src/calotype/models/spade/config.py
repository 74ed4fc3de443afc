"""Settings of SPADE, and presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from calotype.semantic.config import SpadeConfig


@dataclass(frozen=True)
class Config(SpadeConfig):
    """Settings of SPADE and of the pix2pixHD generator.

    Attributes:
        generator: ``spade``, or ``pix2pixhd``, the baseline of the published code.
        halvings: how many times the pix2pixHD generator halves the size.
        residual_blocks: of the pix2pixHD generator.
        encoder_width: channels of the encoder's first layer; the last ones have eight times as many.
        encoder_size: side of the square that a style picture is resized to, pixels; a power of two, at least 8.
        encoder_norm: ``instance``, instance and spectral normalisation as published; ``none``, neither: instance
            normalisation takes away the brightness and the tint of a picture.
    """

    generator: Literal["spade", "pix2pixhd"] = "spade"
    halvings: int = 4
    residual_blocks: int = 9
    encoder_width: int = 64
    encoder_size: int = 256
    encoder_norm: Literal["instance", "none"] = "instance"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.generator == "spade" and not 1 <= self.doublings <= 7:
            raise ValueError("doublings has to be from 1 to 7")
        self.fits(1 << (self.doublings if self.generator == "spade" else self.halvings))
        if self.encoder_size < 8 or self.encoder_size & (self.encoder_size - 1):
            raise ValueError(f"encoder_size={self.encoder_size} is not a power of two from 8 up")
        if self.generator == "pix2pixhd" and self.latent:
            raise ValueError("pix2pixhd has no style code: latent has to be 0")
        if self.generator == "pix2pixhd" and self.modulation != "map":
            raise ValueError("pix2pixhd has no scale and shift by the label map: leave out modulation")
        self.at_least_one("width", "max_width", "hidden", "encoder_width", "residual_blocks", "halvings")
        if self.latent < 0:
            raise ValueError("latent has to be at least 0")


# For a processor: narrow networks, an encoder that sees tints, and colours compared as well.
_MEDIUM = Config(
    size=(128, 128),
    width=24,
    max_width=192,
    hidden=24,
    latent=32,
    encoder_width=16,
    encoder_size=64,
    encoder_norm="none",
    discriminator_width=32,
    pixel_weight=10.0,
    pixel_pool=8,
    kl_warm_up=0.3,
    steps=15_000,
    batch=8,
    generator_rate=2e-4,
)

_SMALL = replace(
    _MEDIUM,
    size=(64, 64),
    classes=33,
    width=16,
    max_width=64,
    hidden=16,
    doublings=4,
    latent=16,
    encoder_width=8,
    discriminator_width=24,
    discriminator_layers=3,
    steps=6000,
    generator_rate=4e-4,
    discriminator_rate=8e-4,
    beta2=0.99,
    average=0.998,
)

_TINY = replace(
    _SMALL,
    size=(16, 16),
    classes=3,
    width=4,
    max_width=8,
    hidden=4,
    doublings=2,
    latent=4,
    encoder_width=2,
    encoder_size=8,
    discriminator_width=4,
    discriminator_layers=2,
    steps=3,
    batch=4,
    average=0.5,
)

PRESETS: dict[str, Config] = {
    # For some thousand pictures and one processor core.
    "small": _SMALL,
    # For tests.
    "tiny": _TINY,
    # For comparisons of settings: the same networks, trained for a shorter time.
    "study": replace(_SMALL, steps=2500, average=0.995),
    # Scale and shift by the class of a pixel alone (CLADE).
    "quick": replace(_SMALL, modulation="class"),
    # The discriminator of OASIS.
    "oasis": replace(_SMALL, adversarial="oasis", feature_weight=0.0),
    "medium": _MEDIUM,
    # As published for ADE20K: 200 epochs of 20,210 pictures, for GPUs.
    "paper": Config(),
    # The baseline of the published code, with the budget of small.
    "pix2pixhd": replace(_SMALL, generator="pix2pixhd", latent=0, width=16, halvings=3, residual_blocks=4),
}
