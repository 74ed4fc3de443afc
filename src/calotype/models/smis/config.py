"""Settings of SMIS, and presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from calotype.semantic.config import LayoutConfig


@dataclass(frozen=True)
class Config(LayoutConfig):
    """Settings of GroupDNet.

    Attributes:
        doublings: how many times the decoder doubles the size of its base grid; it has one block more than that. As
            published: 6.
        schedule: the numbers of groups where ``groups`` is empty: ``falling``, those of the classes at first, then
            fewer and fewer, at last 1; ``one``, 1 in every block, for comparison.
        groups: numbers of groups of the first convolution and of each block; empty for those of ``schedule``.
        channels: channels after the first convolution and after each block; empty for ``width`` times powers of two, up
            to ``max_width``, rounded up to multiples of the groups.
        width: channels of the last block.
        max_width: upper limit of the channels.
        label_branch: groups between the label map and the scale and shift of a CG-Norm: ``classes``, the first
            convolution has those of the classes, the second those of the block (as published for ADE20K); ``block``,
            both have those of the block (DeepFashion); ``aligned``, both have those of the classes (Cityscapes).
        hidden: channels between them, a class; of ``block``, all together. Rounded up where groups do not divide it; of
            ``aligned`` not used, as it has the block's number of groups a class.
        code: channels of the code of a class.
        code_grid: ``grid``, a code is a grid of the decoder's first size, as published; ``vector``, one vector for all
            of its pixels.
        encoder_width: channels of the encoder's first layer, a class; the last ones have eight times as many. 0 for no
            encoder: then codes are those of seeds alone.
        encoder_layers: of the encoder, each of which halves the size. The pixels of a class are cut out and resized to
            the base grid times 2 to this power.
        encoder_norm: ``instance``, instance and spectral normalisation as published; ``none``, neither: instance
            normalisation takes away the colour of flat regions.
    """

    doublings: int = 6
    schedule: Literal["falling", "one"] = "falling"
    groups: tuple[int, ...] = ()
    channels: tuple[int, ...] = ()
    width: int = 160
    max_width: int = 2560
    label_branch: Literal["classes", "block", "aligned"] = "classes"
    hidden: int = 2
    code: int = 8
    code_grid: Literal["grid", "vector"] = "grid"
    encoder_width: int = 32
    encoder_layers: int = 6
    encoder_norm: Literal["instance", "none"] = "instance"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.doublings <= 8:
            raise ValueError("doublings has to be from 1 to 8")
        self.fits(1 << self.doublings)
        self.at_least_one("width", "max_width", "hidden", "code", "encoder_layers")
        if self.encoder_width < 0:
            raise ValueError("encoder_width has to be at least 0")
        for name in ("groups", "channels"):
            given = getattr(self, name)
            if given and (len(given) != self.doublings + 2 or min(given) < 1):
                raise ValueError(f"{name} has to be empty or {self.doublings + 2} numbers of at least 1")


_PAPER = Config(
    classes=8,
    unknown="zeros",
    groups=(8, 8, 8, 4, 4, 2, 2, 1),
    channels=(2560, 2560, 2560, 2560, 1280, 640, 320, 160),
    label_branch="block",
    hidden=128,
    kl_weight=0.4,
    steps=620_000,
    batch=8,
    decay_at=0.6,
)

# For a processor: narrow networks, an encoder that sees colours, and colours compared as well.
_SMALL = Config(
    size=(64, 64),
    classes=10,
    doublings=4,
    width=24,
    max_width=96,
    hidden=4,
    code=8,
    code_grid="vector",
    encoder_width=8,
    encoder_layers=2,
    encoder_norm="none",
    discriminator_width=24,
    discriminator_layers=3,
    pixel_weight=10.0,
    pixel_pool=4,
    kl_weight=0.005,
    kl_warm_up=0.3,
    steps=6000,
    batch=8,
    generator_rate=1e-3,
    discriminator_rate=8e-4,
    beta2=0.99,
    average=0.998,
)

_TINY = replace(
    _SMALL,
    size=(16, 16),
    classes=3,
    doublings=2,
    width=4,
    max_width=8,
    hidden=2,
    code=2,
    encoder_width=2,
    encoder_layers=1,
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
    # For comparisons of settings: pictures of half the size, for a shorter time.
    "study": replace(_SMALL, size=(32, 32), doublings=3, width=32, pixel_pool=2, steps=4000, batch=16, average=0.995),
    # Scale and shift by the class of a pixel alone (CLADE).
    "quick": replace(_SMALL, modulation="class"),
    # The discriminator of OASIS.
    "oasis": replace(_SMALL, adversarial="oasis", feature_weight=0.0),
    # As published for DeepFashion, Cityscapes and ADE20K, for GPUs.
    "paper": _PAPER,
    "paper_cityscapes": replace(
        _PAPER,
        size=(256, 512),
        classes=35,
        instances=True,
        groups=(35, 35, 35, 20, 14, 10, 4, 1),
        channels=(4480, 4480, 4480, 4480, 2240, 1120, 560, 280),
        label_branch="aligned",
        encoder_width=10,
        kl_weight=0.2,
        batch=4,
        steps=148_750,
        decay_at=0.5,
    ),
    "paper_ade20k": replace(
        _PAPER,
        classes=150,
        unknown="first",
        groups=(151, 151, 16, 16, 8, 4, 2, 1),
        channels=(2416, 2416, 2048, 1024, 1024, 512, 256, 128),
        label_branch="classes",
        hidden=2,
        encoder_width=4,
        kl_weight=0.2,
        batch=4,
        steps=1_010_500,
        decay_at=0.5,
    ),
}
