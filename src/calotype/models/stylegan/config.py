"""The model's configuration and its presets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from calotype.nn.style_widths import widths_by_side


@dataclass(frozen=True)
class Config:
    """Settings of StyleGAN2 and of the generators that are only imported.

    Attributes:
        generator: ``stylegan2``; ``stylegan3``, which is imported and not trained; ``lucidrains``, the generator of
            that code, imported and not trained.
        resolution: side of the pictures, pixels: a power of two from 8 up.
        channels: 3 for colour, 1 for grey.
        classes: number of classes of labelled pictures; 0: no labels.
        names: of the classes; empty: numbers.
        latent: length of the latent vector z.
        style: length of the vector w that the mapping network makes of it.
        mapping_layers: layers of the mapping network.
        mapping_rate: their learning rate, relative to that of the other layers.
        base: channels of a layer of ``r`` pixels are ``base / r``, at most ``max_channels``.
        max_channels: upper limit of the channels.
        architecture: how the generator makes pictures: ``skip``, the sum of every resolution's RGB; ``orig``, from the
            last resolution alone; ``resnet``, residual blocks.
        clamp: activations are limited to this value times their gain, also in float32; 0: no limit.
        layers: stylegan3: number of layers.
        critical: stylegan3: how many of the last layers are critically sampled.
        first_cutoff: stylegan3: cutoff frequency of the first layer, cycles per picture.
        first_stopband: stylegan3: lowest stopband frequency of the first layer.
        last_stopband: stylegan3: lowest stopband frequency of the last layer, relative to its cutoff.
        margin: stylegan3: pixels around the picture that activations have.
        output_scale: stylegan3: factor of the output.
        kernel: stylegan3: side of the convolutions, pixels; 1 in configuration R.
        taps: stylegan3: length of the filters relative to the lower resolution.
        radial: stylegan3: whether the filters for downsampling are radially symmetric, as in configuration R.
        encoder: imported with the generator: ``psp`` or ``e4e``; ``none``.
        encoder_widths: its channels: of the first layer and of four blocks of units.
        encoder_units: residual units of each block.
        encoder_excited: by what the channels are divided in squeeze and excitation; 0: there is none.
        discriminator_architecture: of the discriminator: ``resnet`` or ``orig``.
        discriminator_base: as ``base``, for the discriminator.
        resample: how both networks change the size: ``filtered``, by a binomial filter as published; ``nearest``, by
            repeating pixels in the generator, by every second pixel of a convolution in the discriminator: for drawings
            with hard edges.
        group: pictures over which the discriminator's minibatch standard deviation is taken.
        steps: training steps.
        batch: pictures per step, over all processes.
        generator_rate: learning rate of Adam for the generator.
        discriminator_rate: learning rate of Adam for the discriminator.
        loss: ``logistic``, the non-saturating cross-entropy; ``relativistic``, that of the difference between the
            scores of a real and a generated picture (Huang et al., NeurIPS 2024, eq. 2).
        beta1: Adam's decay rate of the first moment, 0 to below 1.
        beta2: Adam's decay rate of the second moment, 0 to below 1.
        decay_at: fraction of the steps after which the learning rates decay linearly to a tenth, 0..1.
        gradient_penalty: weight gamma of R1.
        fake_penalty: weight gamma of R2, the same penalty at generated pictures; 0: none.
        gradient_every: R1 and R2 are computed at every so many-th step only, and multiplied by this number.
        path_weight: weight of path length regularization; 0: none.
        path_every: it is computed at every so many-th step only, and multiplied by this number.
        path_shrink: it uses the batch divided by this number.
        mixing: probability that a picture has two latent vectors, the second from a random layer on, 0..1.
        average: half-life of the exponential moving average of the generator's weights, in thousands of pictures.
        mirror: whether training pictures are flipped horizontally at random.
        augment: adaptive augmentation of what the discriminator sees: ``bgc`` (flips, quarter turns and shifts; scales,
            rotations and stretches; colours), ``bc`` without the free geometric ones, ``colour``, or ``none``.
        augment_target: sign of the discriminator's scores of real pictures that the strength is adapted to.
        augment_thousands: thousands of pictures in which the strength can change by 1.
        bf16: whether convolutions are computed in bfloat16 on GPUs, and on CPUs with hardware support for it.
            Regularization is computed in float32.
    """

    generator: Literal["stylegan2", "stylegan3", "lucidrains"] = "stylegan2"
    resolution: int = 256
    channels: int = 3
    classes: int = 0
    names: tuple[str, ...] = ()
    latent: int = 512
    style: int = 512
    mapping_layers: int = 8
    mapping_rate: float = 0.01
    base: int = 32768
    max_channels: int = 512
    architecture: Literal["skip", "orig", "resnet"] = "skip"
    clamp: float = 256.0
    layers: int = 14
    critical: int = 2
    first_cutoff: float = 2.0
    first_stopband: float = 2**2.1
    last_stopband: float = 2**0.3
    margin: int = 10
    output_scale: float = 0.25
    kernel: int = 3
    taps: int = 6
    radial: bool = False
    encoder: Literal["none", "psp", "e4e"] = "none"
    encoder_widths: tuple[int, ...] = (64, 64, 128, 256, 512)
    encoder_units: tuple[int, ...] = (3, 4, 14, 3)
    encoder_excited: int = 16
    discriminator_architecture: Literal["resnet", "orig"] = "resnet"
    discriminator_base: int = 32768
    resample: Literal["filtered", "nearest"] = "filtered"
    group: int = 4
    steps: int = 800_000
    batch: int = 32
    generator_rate: float = 2.5e-3
    discriminator_rate: float = 2.5e-3
    loss: Literal["logistic", "relativistic"] = "logistic"
    beta1: float = 0.0
    beta2: float = 0.99
    decay_at: float = 1.0
    gradient_penalty: float = 1.0
    fake_penalty: float = 0.0
    gradient_every: int = 16
    path_weight: float = 2.0
    path_every: int = 4
    path_shrink: int = 2
    mixing: float = 0.9
    average: float = 10.0
    mirror: bool = False
    augment: Literal["bgc", "bc", "colour", "none"] = "bgc"
    augment_target: float = 0.6
    augment_thousands: float = 500.0
    bf16: bool = True

    def __post_init__(self) -> None:
        side = self.resolution
        if self.generator != "stylegan3" and (side < 8 or side & (side - 1)):
            raise ValueError(f"resolution={side} is not a power of two from 8 up")
        if self.channels not in (1, 3):
            raise ValueError("channels has to be 1 or 3")
        if self.batch % self.group or (self.path_weight and self.batch % self.path_shrink):
            raise ValueError("batch has to be a multiple of group and of path_shrink")
        counts = (
            "latent",
            "style",
            "mapping_layers",
            "base",
            "max_channels",
            "discriminator_base",
            "group",
            "steps",
            "batch",
        )
        for name in (*counts, "gradient_every", "path_every", "path_shrink", "layers", "kernel", "taps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} has to be at least 1")
        if not (0 <= self.beta1 < 1 and 0 <= self.beta2 < 1 and 0 <= self.mixing <= 1 and 0 <= self.decay_at <= 1):
            raise ValueError("mixing and decay_at have to be from 0 to 1, beta1 and beta2 from 0 to below 1")
        if min(self.average, self.augment_thousands) <= 0:
            raise ValueError("average and augment_thousands have to be above 0")
        if min(self.clamp, self.gradient_penalty, self.fake_penalty) < 0:
            raise ValueError("clamp, gradient_penalty and fake_penalty have to be at least 0")
        if self.fake_penalty and not self.gradient_penalty:
            raise ValueError("fake_penalty is computed with gradient_penalty: set both to 0 for none")
        if self.names and len(self.names) != self.classes:
            raise ValueError("there have to be as many names as classes, or none")


def widths(cfg: Config, base: int) -> dict[int, int]:
    """Channels by resolution, from 4 pixels up."""
    return widths_by_side(cfg.resolution, base, cfg.max_channels)


def rows(cfg: Config) -> int:
    """Number of style vectors that the layers of the generator take."""
    if cfg.generator == "stylegan3":
        return cfg.layers + 2
    blocks = int(math.log2(cfg.resolution)) - 1
    return blocks if cfg.generator == "lucidrains" else 2 * blocks


def about(cfg: Config) -> Mapping[str, Any]:
    """What the settings know of the data set: ``classes`` and ``names``."""
    return {"classes": cfg.classes, "names": list(cfg.names)} if cfg.classes else {}


# For a few thousand aligned pictures, on a CPU: narrow networks, a short mapping network, no path length
# regularization, no augmentation. Weights have unit variance, so that the published learning rate hardly moves them in
# a few thousand steps. Chosen on drawn faces of 32 pixels, whose edges are hard.
_SMALL = Config(
    resolution=32,
    latent=64,
    style=64,
    mapping_layers=2,
    base=512,
    max_channels=128,
    discriminator_base=512,
    resample="nearest",
    steps=34_000,
    batch=16,
    generator_rate=0.01,
    discriminator_rate=0.01,
    loss="relativistic",
    decay_at=0.5,
    gradient_penalty=0.5,
    fake_penalty=0.5,
    gradient_every=8,
    path_weight=0.0,
    mixing=0.5,
    average=10.0,
    mirror=True,
    augment="none",
    augment_thousands=30.0,
)

PRESETS: dict[str, Config] = {
    "small": _SMALL,
    # For comparisons of settings: the same networks, trained for a shorter time.
    "study": replace(_SMALL, steps=2000, average=5.0),
    "medium": replace(
        _SMALL,
        resolution=64,
        base=1024,
        discriminator_base=1024,
        latent=128,
        style=128,
        gradient_penalty=1.0,
        fake_penalty=1.0,
        steps=12_000,
    ),
    # As published for 256 x 256 pixels, for GPUs.
    "paper": Config(),
    # For tests: with what is published.
    "tiny": replace(
        _SMALL,
        resolution=16,
        latent=8,
        style=8,
        base=64,
        discriminator_base=64,
        max_channels=8,
        resample="filtered",
        group=2,
        steps=3,
        batch=4,
        loss="logistic",
        fake_penalty=0.0,
        gradient_every=2,
        path_weight=2.0,
        path_every=2,
        average=0.01,
        augment="bgc",
        augment_thousands=0.1,
    ),
}
