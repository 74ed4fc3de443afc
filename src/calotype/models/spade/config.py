"""Settings of SPADE, and presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from calotype.errors import InputError
from calotype.image.labels import flat_colours


@dataclass(frozen=True)
class Config:
    """Settings of SPADE and of the pix2pixHD generator.

    Attributes:
        size: height and width of the training pictures, pixels; both multiples of 2 to the power of ``doublings``.
        classes: number of classes in the label maps, at least 1.
        names: of the classes, in their order; empty where they are not known.
        colours: of the classes, each as #rrggbb; empty where they are not known.
        unknown: what a pixel without a class (-1) is to the networks: ``last``, a channel of its own after those of the
            classes; ``first``, one before them, as in the released ADE20K weights, whose label 0 is unknown;
            ``zeros``, no channel.
        instances: whether the edges between instances are one more input channel.
        generator: ``spade``, or ``pix2pixhd``, the baseline of the published code.
        width: channels of the generator's last layer; the first have sixteen times as many.
        max_width: upper limit of the generator's channels.
        hidden: channels between the label map and the scale and shift of a SPADE layer.
        doublings: how many times the SPADE generator doubles the size of its base grid: 5, 6 and 7 are the published
            "normal", "more" and "most".
        halvings: how many times the pix2pixHD generator halves the size.
        residual_blocks: of the pix2pixHD generator.
        norm: normalisation before the scale and shift: ``batch`` or ``instance``.
        statistics: what batch normalisation uses in ``draw``: ``running``, the statistics of the training set;
            ``batch``, those of the drawn picture.
        latent: length of the style code; 0 for no code and no encoder.
        encoder_width: channels of the encoder's first layer; the last ones have eight times as many.
        encoder_size: side of the square that a style picture is resized to, pixels; a power of two, at least 8.
        encoder_norm: ``instance``, instance and spectral normalisation as published; ``none``, neither: instance
            normalisation takes away the brightness and the tint of a picture.
        discriminators: number of scales of the discriminator.
        discriminator_width: channels of its first layer; the last ones have up to eight times as many.
        discriminator_layers: hidden layers of each scale.
        adversarial: kind of the adversarial loss.
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
    generator: Literal["spade", "pix2pixhd"] = "spade"
    width: int = 64
    max_width: int = 1024
    hidden: int = 128
    doublings: int = 5
    halvings: int = 4
    residual_blocks: int = 9
    norm: Literal["batch", "instance"] = "batch"
    statistics: Literal["running", "batch"] = "running"
    latent: int = 256
    encoder_width: int = 64
    encoder_size: int = 256
    encoder_norm: Literal["instance", "none"] = "instance"
    discriminators: int = 2
    discriminator_width: int = 64
    discriminator_layers: int = 4
    adversarial: Literal["hinge", "non_saturating", "least_squares", "wasserstein"] = "hinge"
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
        grid = 1 << (self.doublings if self.generator == "spade" else self.halvings)
        if self.generator == "spade" and not 1 <= self.doublings <= 7:
            raise ValueError("doublings has to be from 1 to 7")
        if min(self.size) < grid or self.size[0] % grid or self.size[1] % grid:
            raise ValueError(f"both sides of size have to be multiples of {grid} with these settings")
        if self.encoder_size < 8 or self.encoder_size & (self.encoder_size - 1):
            raise ValueError(f"encoder_size={self.encoder_size} is not a power of two from 8 up")
        if self.generator == "pix2pixhd" and self.latent:
            raise ValueError("pix2pixhd has no style code: latent has to be 0")
        counts = ("classes", "width", "max_width", "hidden", "encoder_width", "discriminators", "discriminator_width")
        for name in (*counts, "discriminator_layers", "residual_blocks", "halvings", "pixel_pool", "steps", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} has to be at least 1")
        if not 0 <= self.kl_warm_up <= 1:
            raise ValueError("kl_warm_up has to be from 0 to 1")
        if self.latent < 0 or not 0 <= self.average < 1 or not 0 <= self.decay_at <= 1:
            raise ValueError("latent has to be at least 0, decay_at from 0 to 1, average at least 0 and below 1")
        if any(known and len(known) != self.classes for known in (self.names, self.colours)):
            raise ValueError("there have to be as many names and colours as classes, or none")


def adapted(cfg: Config, about: Mapping[str, Any]) -> Config:
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
            raise InputError(f"the data set has {classes} classes and {len(known)} {word} of classes")
    instances = cfg.instances and bool(about.get("instances", True))
    return replace(cfg, classes=classes, names=names, colours=colours, instances=instances)


def about(cfg: Config) -> dict[str, Any]:
    """What the settings know of the data set's classes: ``classes``, ``names``, and ``colours`` as [red, green, blue].

    Classes without a name are numbered, and those without a colour get one that is far from the others.
    """
    names = cfg.names or tuple(f"class {number}" for number in range(cfg.classes))
    colours = [list(bytes.fromhex(colour.removeprefix("#"))) for colour in cfg.colours]
    return {
        "classes": cfg.classes,
        "names": list(names),
        "colours": colours or [list(colour) for colour in flat_colours(cfg.classes)],
    }


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
    "medium": _MEDIUM,
    # As published for ADE20K: 200 epochs of 20,210 pictures, for GPUs.
    "paper": Config(),
    # The baseline of the published code, with the budget of small.
    "pix2pixhd": replace(_SMALL, generator="pix2pixhd", latent=0, width=16, halvings=3, residual_blocks=4),
}
