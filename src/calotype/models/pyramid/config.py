"""Settings of the semantic pyramid, and presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

CLASSIFIER_BATCH = 64  # pictures of a training step of the classifier of a set, at least
_STRIDE = 32  # of the deepest convolutional level of every classifier


@dataclass(frozen=True)
class Config:
    """Settings of the semantic pyramid.

    Attributes:
        size: height and width of the pictures, pixels; multiples of 32 / ``enlarged``.
        classifier: whose features are inverted: ``efficientnet``, EfficientNet-Lite0, five convolutional levels, pooled
            features and the 1000 classes of ImageNet; ``vgg16``, the five convolutional levels of VGG-16; ``set``, a
            small network that is trained first to tell the classes of the data set: the sub-folders of a folder, or
            the labels of a made set; ``random``, untrained convolutions, for tests.
        classifier_file: ``vgg16``: the path of its weights with the fully connected layers, as torchvision names them,
            for the levels fc7 and classes; empty: the five convolutional levels, with the weights of ``calotype
            weights vgg16``.
        fully_connected: outputs of the three fully connected layers in this file.
        classifier_width: ``set``: channels of its finest level.
        classifier_steps: ``set``: its training steps, of 64 pictures at least.
        classifier_rate: ``set``: learning rate of AdamW.
        classes: ``set``: number of classes, as the data set has them; else 0.
        names: of the classes.
        enlarged: how many times larger a picture is for the classifier: 2 or, as published, 1; ``set`` leaves out its
            first pooling instead.
        normalized: whether each channel of the features is divided by its standard deviation over the set, after its
            mean was subtracted; as published not.
        width: channels of the finest block of the generator; twice as many in each coarser one, up to ``max_width``.
        max_width: upper limit of the channels.
        latent: length of the latent vector.
        hidden: length of the vector between the pooled features and the coarsest block.
        attention: side, pixels, of the block that self-attention follows in both networks; 0 for none.
        mask_channel: whether the generator sees the mask beside the masked features, which tells a feature of 0 from a
            masked one.
        gated: whether, where one of the two finest levels is given, what comes from coarser blocks is weakened by a
            learned factor for each channel, so that the latent vector changes little there.
        spectral: spectral normalisation in the generator; the discriminator always has it.
        discriminator_width: channels of the discriminator's first block.
        alone: share of training pictures for which one level alone is given.
        cropped: share for which, beside one level, the finer ones are given outside a hole. The rest are given one
            level and, weakened at random, the next finer one.
        exchanged: share for which beside one of the coarser maps the vectors of another picture are given, so that a
            picture can take another subject.
        hole: side of a rectangular hole as a share of the picture's; half of the holes are irregular, a quarter of the
            picture.
        adversarial: loss: ``least_squares`` as published, ``hinge`` or ``non_saturating``.
        reconstruction: weight of the semantic reconstruction loss.
        diversity: weight of the diversity loss.
        vectors: weight of pooled features and classes in the reconstruction loss, relative to that of maps.
        by_depth: whether the difference of two pictures counts, in the diversity loss, the more in a place the deeper
            the finest level is that was given there; as published it counts the same everywhere.
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
    classifier: Literal["efficientnet", "vgg16", "set", "random"] = "efficientnet"
    classifier_file: str = ""
    fully_connected: tuple[int, ...] = ()
    classifier_width: int = 16
    classifier_steps: int = 1000
    classifier_rate: float = 3e-3
    classes: int = 0
    names: tuple[str, ...] = ()
    enlarged: Literal[1, 2] = 2
    normalized: bool = True
    width: int = 32
    max_width: int = 128
    latent: int = 32
    hidden: int = 256
    attention: int = 16
    mask_channel: bool = True
    gated: bool = False
    spectral: bool = False
    discriminator_width: int = 32
    alone: float = 0.6
    cropped: float = 0.3
    exchanged: float = 0.0  # of models of earlier versions, which do not tell it
    hole: float = 0.45
    adversarial: Literal["least_squares", "hinge", "non_saturating"] = "hinge"
    reconstruction: float = 4.0
    vectors: float = 2.0
    diversity: float = 0.1
    by_depth: bool = True
    jitter: float = 0.2
    steps: int = 6000
    batch: int = 16
    mirror: bool = True
    generator_rate: float = 5e-4
    discriminator_rate: float = 1e-3
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
        shares = self.alone, self.cropped, self.exchanged
        if not 0 <= sum(shares) <= 1 + 1e-9 or min(shares) < 0:
            raise ValueError("alone, cropped and exchanged have to be shares whose sum is at most 1")
        if self.classifier_file and self.classifier != "vgg16":
            raise ValueError("classifier_file has to be of a VGG-16: give classifier=vgg16 too")
        if self.names and len(self.names) != self.classes:
            raise ValueError("there have to be as many names as classes, or none")
        for name in ("width", "max_width", "latent", "hidden", "discriminator_width", "steps", "classifier_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} has to be at least 1")

    @property
    def known(self) -> int:
        """Number of the classes that a picture can be given by name or number; 0: none."""
        return self.classes or (self.fully_connected[-1] if self.fully_connected else 0)

    @property
    def joined(self) -> int:
        """Batches that are joined for a step of the training of the classifier: of ``CLASSIFIER_BATCH`` pictures."""
        return -(-CLASSIFIER_BATCH // self.batch)

    @property
    def seen(self) -> tuple[int, int]:
        """Height and width at which the classifier sees pictures."""
        return self.size[0] * self.enlarged, self.size[1] * self.enlarged

    def side(self, level: int) -> tuple[int, int]:
        """Height and width of the features of a convolutional level; 0 is the finest."""
        return self.seen[0] >> level + 1, self.seen[1] >> level + 1


_SMALL = Config(gated=True, cropped=0.2, exchanged=0.1)

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
    "study": replace(
        _SMALL, size=(32, 32), width=32, max_width=96, attention=8, steps=1500, average=0.995, classifier_steps=300
    ),
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
        by_depth=False,
        adversarial="least_squares",
        reconstruction=0.1,
        vectors=1.0,
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
