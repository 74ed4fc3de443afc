"""Settings that models of label maps share: of the data set, the discriminator, the losses and the training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeVar

from calotype.errors import InputError, counted


@dataclass(frozen=True)
class LayoutConfig:
    """Settings of a model that draws label maps.

    Attributes:
        size: height and width of the training pictures, pixels; multiples of a power of two that the networks need.
        classes: number of classes in the label maps, at least 1.
        names: of the classes, in their order; empty where they are not known.
        colours: of the classes, each as #rrggbb; empty where they are not known.
        unknown: what a pixel without a class (-1) is to the networks: ``last``, a channel of its own after those of the
            classes; ``first``, one before them, as in the released ADE20K weights, whose label 0 is unknown;
            ``zeros``, no channel.
        instances: whether the edges between instances are one more input channel.
        norm: normalisation before the scale and shift: ``batch`` or ``instance``.
        statistics: what batch normalisation uses in ``draw``: ``running``, the statistics of the training set;
            ``batch``, those of the drawn picture.
        discriminators: number of scales of the discriminator.
        discriminator_width: channels of its first layer; the last ones have up to eight times as many.
        discriminator_layers: hidden layers of each scale.
        adversarial: kind of the adversarial loss; ``oasis``, a discriminator that tells the classes of pixels and which
            are generated (Schoenfeld et al., ICLR 2021), with ``discriminator_layers`` halvings and without feature
            matching.
        mix_weight: weight of LabelMix, for ``oasis``.
        modulation: how scale and shift depend on the label map: ``map``, by convolutions of it, as published;
            ``class``, by the class of a pixel alone (CLADE, Tan et al., PAMI 2021), which is quicker.
        feature_weight: weight of feature matching.
        perceptual: network of the perceptual loss: ``none``; ``offline``, formulas that need no weights; ``vgg16``,
            whose weights are read from the folder that the environment variable CALOTYPE_WEIGHTS names.
        perceptual_weight: weight of the perceptual loss.
        pixel_weight: weight of the mean absolute difference from the real picture.
        pixel_pool: side of the squares that pixels are averaged over before that difference is taken, pixels; larger
            squares compare colours and leave details to the discriminator.
        kl_weight: weight of the Kullback-Leibler divergence of the style code, which is summed over the dimensions of
            the code and averaged over the batch.
        kl_warm_up: share of the steps over which that weight rises linearly from 0, so that the generator learns to
            use the code first.
        steps: training steps, each with one update of the generator and one of the discriminator.
        batch: pictures a step, all processes together.
        generator_rate: learning rate of the generator and the encoder.
        discriminator_rate: learning rate of the discriminator.
        beta1: decay rate of Adam's average of the gradient.
        beta2: decay rate of Adam's average of the squared gradient.
        decay_at: share of the steps after which the learning rates fall linearly to 0; 1 for never.
        average: decay of the exponential moving average of the weights that pictures are drawn with; 0 for none.
        mirror: whether half of the training pictures are mirrored.
        bf16: whether convolutions of the training are computed in bfloat16, on GPUs and on processors that support it.
    """

    size: tuple[int, int] = (256, 256)
    classes: int = 150
    names: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    unknown: Literal["last", "first", "zeros"] = "last"
    instances: bool = False
    norm: Literal["batch", "instance"] = "batch"
    statistics: Literal["running", "batch"] = "running"
    discriminators: int = 2
    discriminator_width: int = 64
    discriminator_layers: int = 4
    adversarial: Literal["hinge", "non_saturating", "least_squares", "wasserstein", "oasis"] = "hinge"
    mix_weight: float = 10.0
    modulation: Literal["map", "class"] = "map"
    feature_weight: float = 10.0
    perceptual: Literal["none", "offline", "vgg16"] = "none"
    perceptual_weight: float = 10.0
    pixel_weight: float = 0.0
    pixel_pool: int = 1
    kl_weight: float = 0.2
    kl_warm_up: float = 0.0
    steps: int = 126_400
    batch: int = 32
    generator_rate: float = 1e-4
    discriminator_rate: float = 4e-4
    beta1: float = 0.0
    beta2: float = 0.9
    decay_at: float = 0.5
    average: float = 0.999
    mirror: bool = True
    bf16: bool = True

    def __post_init__(self) -> None:
        counts = ("classes", "discriminators", "discriminator_width", "discriminator_layers")
        self.at_least_one(*counts, "pixel_pool", "steps", "batch")
        for name in (field.name for field in fields(self)):
            if name.endswith("_weight") and not getattr(self, name) >= 0:
                raise ValueError(f"{name} has to be at least 0")
            if name in ("generator_rate", "discriminator_rate") and not getattr(self, name) > 0:
                raise ValueError(f"{name} has to be above 0")
        if not 0 <= self.kl_warm_up <= 1:
            raise ValueError("kl_warm_up has to be from 0 to 1")
        if not 0 <= self.average < 1 or not 0 <= self.decay_at <= 1:
            raise ValueError("decay_at has to be from 0 to 1, average at least 0 and below 1")
        if self.adversarial == "oasis":
            self.fits(1 << self.discriminator_layers)
        if any(known and len(known) != self.classes for known in (self.names, self.colours)):
            raise ValueError("there have to be as many names and colours as classes, or none")

    def at_least_one(self, *names: str) -> None:
        """Check counts.

        Raises:
            ValueError: one of them is below 1.
        """
        for name in names:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} has to be at least 1")

    def fits(self, grid: int) -> None:
        """Check that the training pictures can be halved down to a grid.

        Raises:
            ValueError: a side is no multiple of ``grid`` pixels.
        """
        if min(self.size) < grid or self.size[0] % grid or self.size[1] % grid:
            raise ValueError(f"both sides of size have to be multiples of {grid} with these settings")


@dataclass(frozen=True)
class SpadeConfig(LayoutConfig):
    """Settings of a SPADE generator.

    Attributes:
        width: channels of the generator's last layer; the first have sixteen times as many.
        max_width: upper limit of the generator's channels.
        hidden: channels between the layout and the scale and shift of a SPADE layer.
        doublings: how many times the generator doubles the size of its base grid: 5, 6 and 7 are the published
            "normal", "more" and "most".
        latent: length of the style code; 0 for no code and no encoder.
    """

    width: int = 64
    max_width: int = 1024
    hidden: int = 128
    doublings: int = 5
    latent: int = 256


C = TypeVar("C", bound=LayoutConfig)


def adapted(cfg: C, about: Mapping[str, Any]) -> C:
    """The settings for a data set.

    Args:
        cfg: settings, such as a preset.
        about: what the data set says of itself; each may be missing: ``classes``, their number; ``names``, a list of
            text; ``colours``, a list of [red, green, blue], 0..255; ``instances``, whether it has maps of instances;
            ``size``, which is not used: pictures are brought to ``cfg.size``.

    Returns:
        ``cfg`` with the number of classes, their names and their colours. Edges of instances are switched off where the
        data set is known to have none.

    Raises:
        InputError: the number of classes cannot be told, or the lists do not fit it.
    """
    names = tuple(str(name) for name in about.get("names") or ())
    colours = tuple(
        "#{:02x}{:02x}{:02x}".format(*(int(part) for part in colour)) for colour in about.get("colours") or ()
    )
    classes = int(about.get("classes") or len(names) or len(colours))
    if not classes:
        raise InputError("the data set does not tell how many classes it has: give their number or their names")
    for word, known in (("names", names), ("colours", colours)):
        if known and len(known) != classes:
            raise InputError(f"the data set has {counted(classes, 'class')} and {len(known)} {word} of classes")
    instances = cfg.instances and bool(about.get("instances", True))
    return replace(cfg, classes=classes, names=names, colours=colours, instances=instances)


def about(cfg: LayoutConfig) -> dict[str, Any]:
    """What the settings know of the data set's classes: ``classes``, ``names``, and ``colours`` as [red, green, blue].

    Classes without a name are numbered, and those without a colour get one that is far from the others.
    """
    from calotype.image.labels import flat_colours  # imports torch

    names = cfg.names or tuple(f"class {number}" for number in range(cfg.classes))
    colours = [list(bytes.fromhex(colour.removeprefix("#"))) for colour in cfg.colours]
    return {
        "classes": cfg.classes,
        "names": list(names),
        "colours": colours or [list(colour) for colour in flat_colours(cfg.classes)],
    }
