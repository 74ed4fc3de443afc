"""Settings of the semantic pyramid, and presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

_STRIDE = 32  # of the deepest convolutional level of every classifier


@dataclass(frozen=True)
class Config:
    """Settings of the semantic pyramid.

    Attributes:
        size: height and width of the pictures, pixels; multiples of 32 / ``enlarged``.
        classifier: whose features are inverted: ``efficientnet``, EfficientNet-Lite0, five convolutional levels, pooled
            features and the 1000 classes of ImageNet; ``vgg16``, the five convolutional levels of VGG-16; ``random``,
            untrained convolutions, for tests.
        enlarged: how many times larger a picture is for the classifier: 2 or, as published, 1.
        normalized: whether each channel of the features is divided by its standard deviation over the set, after its
            mean was subtracted; as published not.
        width: channels of the finest block of the generator; twice as many in each coarser one, up to ``max_width``.
        max_width: upper limit of the channels.
        latent: length of the latent vector.
        hidden: length of the vector between the pooled features and the coarsest block.
        attention: side, pixels, of the block that self-attention follows in both networks; 0 for none.
        mask_channel: whether the generator sees the mask beside the masked features, which tells a feature of 0 from a
            masked one.
        spectral: spectral normalisation in the generator; the discriminator always has it.
        discriminator_width: channels of the discriminator's first block.
        alone: share of training pictures for which one level alone is given.
        cropped: share for which, beside one level, the finer ones are given outside a hole. The rest are given one
            level and, weakened at random, the next finer one.
        hole: side of a rectangular hole as a share of the picture's; half of the holes are irregular, a quarter of the
            picture.
        adversarial: loss: ``least_squares`` as published, ``hinge`` or ``non_saturating``.
        reconstruction: weight of the semantic reconstruction loss.
        diversity: weight of the diversity loss.
        jitter: strength of colour jitter on what the discriminator sees, which helps with small sets; 0 for none.
        steps: training steps.
        batch: pictures a step; even, since each reference is generated twice.
        mirror: whether training pictures are mirrored at random.
        generator_rate: learning rate of Adam for the generator.
        discriminator_rate: learning rate of Adam for the discriminator.
        beta2: decay rate of the average of the squared gradient.
        decay_at: share of the steps after which the learning rates decay linearly.
        average: decay of the exponential moving average of the generator.
        bf16: whether convolutions are computed in bfloat16 on GPUs, and on CPUs with hardware support for it.
    """

    size: tuple[int, int] = (64, 64)
    classifier: Literal["efficientnet", "vgg16", "random"] = "efficientnet"
    enlarged: Literal[1, 2] = 2
    normalized: bool = True
    width: int = 32
    max_width: int = 128
    latent: int = 32
    hidden: int = 256
    attention: int = 16
    mask_channel: bool = True
    spectral: bool = False
    discriminator_width: int = 32
    alone: float = 0.6
    cropped: float = 0.3
    hole: float = 0.45
    adversarial: Literal["least_squares", "hinge", "non_saturating"] = "hinge"
    reconstruction: float = 10.0
    diversity: float = 0.1
    jitter: float = 0.5
    steps: int = 6000
    batch: int = 16
    mirror: bool = True
    generator_rate: float = 5e-4
    discriminator_rate: float = 5e-4
    beta2: float = 0.99
    decay_at: float = 0.6
    average: float = 0.998
    bf16: bool = True

    def __post_init__(self) -> None:
        for side in self.size:
            if side < 1 or side * self.enlarged % _STRIDE:
                raise ValueError(
                    f"size has to be a multiple of {_STRIDE // self.enlarged} with enlarged={self.enlarged}"
                )
        if self.batch < 2 or self.batch % 2:
            raise ValueError("batch has to be an even number: each reference is generated twice")
        if not 0 <= self.alone + self.cropped <= 1 or min(self.alone, self.cropped) < 0:
            raise ValueError("alone and cropped have to be shares whose sum is at most 1")
        for name in ("width", "max_width", "latent", "hidden", "discriminator_width", "steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} has to be at least 1")

    @property
    def seen(self) -> tuple[int, int]:
        """Height and width at which the classifier sees pictures."""
        return self.size[0] * self.enlarged, self.size[1] * self.enlarged

    def side(self, level: int) -> tuple[int, int]:
        """Height and width of the features of a convolutional level; 0 is the finest."""
        return self.seen[0] >> level + 1, self.seen[1] >> level + 1


_SMALL = Config()

PRESETS: dict[str, Config] = {
    # For some thousand pictures of 64 pixels and one processor core.
    "small": _SMALL,
    # For tests.
    "tiny": replace(
        _SMALL,
        size=(16, 16),
        classifier="random",
        width=4,
        max_width=8,
        latent=4,
        hidden=8,
        attention=4,
        discriminator_width=4,
        steps=3,
        batch=4,
        average=0.5,
    ),
    # For comparisons of settings: pictures of half the size, for a shorter time.
    "study": replace(_SMALL, size=(32, 32), width=32, max_width=96, attention=8, steps=3000, average=0.995),
    # For a GPU.
    "medium": replace(
        _SMALL,
        size=(128, 128),
        width=64,
        max_width=512,
        latent=128,
        hidden=1024,
        attention=32,
        spectral=True,
        discriminator_width=64,
        steps=100_000,
        batch=32,
        generator_rate=2e-4,
        discriminator_rate=2e-4,
        average=0.999,
    ),
    # As published, as far as it is known; the classifier of the publication is VGG-16 trained on Places365.
    "paper": Config(
        size=(256, 256),
        classifier="vgg16",
        enlarged=1,
        normalized=False,
        width=64,
        max_width=512,
        latent=128,
        hidden=4096,
        attention=64,
        mask_channel=False,
        spectral=True,
        discriminator_width=64,
        alone=0.7,
        cropped=0.3,
        adversarial="least_squares",
        reconstruction=0.1,
        diversity=0.1,
        jitter=0.0,
        steps=500_000,
        batch=32,
        generator_rate=1e-4,
        discriminator_rate=1e-4,
        beta2=0.999,
        decay_at=1.0,
        average=0.999,
    ),
}
