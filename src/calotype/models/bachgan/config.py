"""Settings of BachGAN, and presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from calotype.errors import InputError
from calotype.semantic import config as semantic
from calotype.semantic.config import SpadeConfig


@dataclass(frozen=True)
class Config(SpadeConfig):
    """Settings of BachGAN and of what it is compared with.

    Attributes:
        salient: numbers of the classes that boxes may have; the others are backgrounds. Empty for those that the data
            set tells.
        background: ``fusion``, retrieved maps are fused with the boxes, as published; ``retrieval``, the mean of them
            without fusion (BachGAN-r); ``none``, boxes alone (SPADE on boxes).
        memory: label maps of the training set that backgrounds are retrieved from.
        retrieved: how many of them a picture takes.
        candidates: of the best ones, those among which other seeds than 0 choose.
        score: ``pooled``, one ratio of the intersections and unions of all classes, as published; ``mean``, the mean of
            the classes' ratios, so that large objects do not outweigh many small ones.
        least: boxes that cover a smaller share of a training picture are left out, 0..1.
        own_map: share of the training pictures that take their own label map as the retrieved background, 0..1; 0 as
            published. Retrieved maps never match the picture that is learned, so without this a net learns the
            background from the boxes and hardly obeys a map that is pinned.
    """

    latent: int = 0
    salient: tuple[int, ...] = ()
    background: Literal["fusion", "retrieval", "none"] = "fusion"
    memory: int = 10_000
    retrieved: int = 3
    candidates: int = 6
    score: Literal["pooled", "mean"] = "pooled"
    least: float = 0.0005
    own_map: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.latent:
            raise ValueError("BachGAN has no style code: latent has to be 0")
        if not 1 <= self.doublings <= 7:
            raise ValueError("doublings has to be from 1 to 7")
        self.fits(1 << self.doublings)
        self.at_least_one("width", "max_width", "hidden", "memory", "retrieved", "candidates")
        if self.unknown != "last":
            raise ValueError("unknown has to be last: it is the channel of pixels without a box")
        if self.instances:
            raise ValueError("BachGAN learns without instances")
        if self.adversarial == "oasis" or self.modulation == "class":
            raise ValueError("oasis and modulation=class need label maps: BachGAN learns from boxes")
        if not 0 <= self.least <= 1:
            raise ValueError("least has to be from 0 to 1")
        if not 0 <= self.own_map <= 1:
            raise ValueError("own_map has to be from 0 to 1")
        if any(not 0 <= number < self.classes for number in self.salient):
            raise ValueError("salient has to be numbers of classes")
        if not self.retrieved <= self.candidates <= self.memory:
            raise ValueError("retrieved has to be at most candidates, and candidates at most memory")


_SMALL = Config(
    size=(64, 64),
    classes=10,
    width=24,
    max_width=96,
    hidden=16,
    doublings=4,
    memory=1500,
    own_map=0.5,
    discriminator_width=24,
    discriminator_layers=3,
    pixel_weight=10.0,
    pixel_pool=4,
    steps=6000,
    batch=8,
    generator_rate=1e-3,
    discriminator_rate=8e-4,
    beta2=0.99,
    average=0.998,
)

PRESETS: dict[str, Config] = {
    # For some thousand pictures and one processor core.
    "small": _SMALL,
    # For tests.
    "tiny": replace(
        _SMALL,
        size=(16, 16),
        classes=3,
        salient=(),
        doublings=2,
        width=4,
        max_width=8,
        hidden=2,
        memory=8,
        retrieved=2,
        discriminator_width=4,
        discriminator_layers=2,
        steps=3,
        batch=4,
        average=0.5,
    ),
    # For comparisons of settings: pictures of half the size, for a shorter time.
    "study": replace(
        _SMALL, size=(32, 32), doublings=3, width=16, max_width=64, pixel_pool=2, steps=2000, batch=16, average=0.99
    ),
    # As published for ADE20K and for Cityscapes, for GPUs.
    "paper": Config(batch=16, steps=189_000, perceptual_weight=10.0),
    "paper_cityscapes": Config(size=(256, 512), classes=19, doublings=6, batch=6, memory=1487, steps=99_000),
}


def adapted(cfg: Config, about: Mapping[str, Any]) -> Config:
    """The settings for a data set: see ``calotype.semantic.config.adapted``; ``things`` are the salient classes.

    Raises:
        InputError: as there, or the set does not tell salient classes and the settings have none.
    """
    base, names = replace(cfg, salient=()), [str(name) for name in about.get("names") or ()]
    found = semantic.adapted(base, about)
    things = [names.index(name) for name in about.get("things") or () if name in names]
    salient = cfg.salient or tuple(things)
    if not salient and found.classes > 1:
        raise InputError(
            "the data set does not tell which classes are objects and which are backgrounds: give the numbers of those "
            f"that boxes may have, --set salient=2,3 (classes: {', '.join(found.names) or found.classes})"
        )
    if any(number >= found.classes for number in salient):
        raise InputError(f"there is no class {max(salient)}: the data set has 0 to {found.classes - 1} (salient=)")
    return replace(found, salient=salient)
