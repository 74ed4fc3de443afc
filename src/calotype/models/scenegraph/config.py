"""Settings of the scene-graph model, and presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from calotype.semantic import classes

_COUNTS = (
    *("classes", "embedding", "graph_layers", "graph_hidden", "mask_width", "mask_noise", "looks", "look_width"),
    *("width", "max_width", "halvings", "discriminator_width", "discriminator_layers", "mask_discriminator_width"),
    *("object_discriminator_width", "pool", "steps", "batch", "archetype_pictures"),
)
_LEAST_CROP = 22  # pixels: three convolutions of 4 x 4 with stride 2 and without padding leave one


@dataclass(frozen=True)
class Config:
    """Settings of the networks G, M, B, A, R, of their discriminators and of the training.

    Attributes:
        network: ``ashual``, which has looks and is trained here; ``sg2im``, for imported models, which takes the fields
            from ``relations`` to ``layout_noise`` and has no looks.
        size: height and width of the pictures, pixels; multiples of 2 to the power of ``halvings``.
        classes: number of classes of objects, at least 1.
        names: of the classes, in their order; empty where they are not known.
        objects: the most objects of a picture that are learned from, the largest ones; at least 2.
        least: objects whose box has a smaller share of the picture are not learned from, 0..1.
        embedding: length of the embeddings of classes and relations, and of what G gives of an object.
        graph_layers: graph convolutions of G.
        graph_hidden: channels of its hidden layers, and of those of B.
        location_cells: columns and rows of the grid whose cells are the attribute of location; 5 as published. A cell
            of a finer grid tells where small objects lie, too. At least 2.
        box_head: last layer of B: ``relu``, as published; ``linear``, without an activation, so that it cannot die.
        mask_side: height and width of the masks, pixels; a power of two.
        mask_width: channels of M.
        mask_noise: length of the noise that M takes.
        noise_by: ``batch``, one noise for all objects of a batch, as in the published code; ``object``, one for each,
            as in the paper.
        looks: length of the appearance vector of an object.
        crop: height and width of the crops that A takes, pixels.
        look_width: channels of A's first layer.
        look_norm: ``batch``, batch normalisation as published; ``none``.
        look_head: last layer of A: ``relu``, as published; ``linear``, without an activation.
        compose: how objects make the layout tensor: ``sum``, in training the sum of their masks, in drawing each pixel
            is that of one object, small ones first, as published; ``paint``, one object a pixel in training, too, and
            the appearance of the whole picture everywhere.
        norm: normalisation of R: ``instance``, as published; ``batch``: instance normalisation takes away how strong
            the appearance of flat objects is.
        width: channels of R's first layer, doubled at each halving.
        max_width: upper limit of R's channels.
        halvings: how many times R halves the size.
        residual_blocks: of R.
        discriminator_width: channels of the first layer of the discriminator of pictures.
        discriminator_layers: its hidden layers.
        mask_discriminator_width: channels of the first layer of that of masks.
        object_discriminator_width: channels of the first layer of that of objects.
        object_side: height and width of the crops that the discriminator of objects takes, pixels.
        box_weight: weight of the squared error of boxes.
        box_updates: more updates of G and B by that error alone in each step, each with other relations, and without
            attributes, too; 0 as published, where boxes are learned from attributes alone. No picture is drawn for
            them, so they take little time.
        exchange_rate: share of the pictures of these updates in which the objects exchange their classes at random, so
            that relations are obeyed against what classes tell, too: a sky below a tree. 0 for none, 0..1.
        perceptual: network of the perceptual loss: ``none``; ``offline``, formulas that need no weights; ``vgg16``,
            whose weights are read from the folder that the environment variable CALOTYPE_WEIGHTS names.
        perceptual_weight: weight of the perceptual loss.
        pixel_weight: weight of the mean absolute difference of pixels.
        object_pixel_weight: weight of the same of the crops of objects: a small object counts as much as a large one,
            which has A learn the hues of small ones sooner. 0 as published.
        feature_weight: weight of feature matching by the discriminator of pictures.
        mask_feature_weight: weight of feature matching by that of masks.
        object_weight: weight of the adversarial loss of objects.
        class_weight: weight of the classification of objects.
        mismatch_weight: weight of real pictures beside layouts with wrong appearance vectors, in the discriminator of
            pictures; generated pictures have the rest of 0.5. 0 for none.
        pool: earlier appearance vectors of each class that wrong ones are taken from.
        archetypes: numbers of clusters of appearance vectors of each class, ascending, the first 1.
        archetype_pictures: pictures whose appearance vectors are clustered.
        attribute_rate: share of the steps with attributes of size and location.
        steps: training steps.
        batch: pictures a step, all processes together.
        rate: learning rate.
        mask_rate: learning rate of the discriminator of masks.
        beta1: decay rate of Adam's average of the gradient.
        beta2: decay rate of Adam's average of the squared gradient.
        decay_at: share of the steps after which the learning rates fall linearly to 0; 1 for never.
        average: decay of the exponential moving average of the weights; 0 for none.
        mirror: whether half of the training pictures are mirrored.
        bf16: whether convolutions are computed in bfloat16, where the device supports it.
        relations: names of the relations, for ``sg2im``; empty for the six that follow from boxes.
        graph_width: length of the vectors that graph convolutions give, for ``sg2im``.
        masks: whether objects have masks, for ``sg2im``.
        refinement: channels of the cascade's modules, the smallest size first, for ``sg2im``.
        refinement_norm: their normalisation, for ``sg2im``.
        slope: of their leaky ReLU, for ``sg2im``.
        layout_noise: channels of noise beside the layout, for ``sg2im``.
    """

    network: Literal["ashual", "sg2im"] = "ashual"
    size: tuple[int, int] = (128, 128)
    classes: int = 171
    names: tuple[str, ...] = ()
    objects: int = 8
    least: float = 0.02
    embedding: int = 128
    graph_layers: int = 5
    graph_hidden: int = 512
    location_cells: int = 5
    box_head: Literal["relu", "linear"] = "relu"
    mask_side: int = 32
    mask_width: int = 192
    mask_noise: int = 64
    noise_by: Literal["batch", "object"] = "batch"
    looks: int = 32
    crop: int = 64
    look_width: int = 64
    look_norm: Literal["batch", "none"] = "batch"
    look_head: Literal["relu", "linear"] = "relu"
    compose: Literal["sum", "paint"] = "sum"
    norm: Literal["instance", "batch"] = "instance"
    width: int = 64
    max_width: int = 1024
    halvings: int = 4
    residual_blocks: int = 9
    discriminator_width: int = 64
    discriminator_layers: int = 4
    mask_discriminator_width: int = 64
    object_discriminator_width: int = 64
    object_side: int = 32
    box_weight: float = 10.0
    box_updates: int = 0
    exchange_rate: float = 0.0
    perceptual: Literal["none", "offline", "vgg16"] = "none"
    perceptual_weight: float = 10.0
    pixel_weight: float = 0.0
    object_pixel_weight: float = 0.0
    feature_weight: float = 10.0
    mask_feature_weight: float = 10.0
    object_weight: float = 0.1
    class_weight: float = 0.1
    mismatch_weight: float = 0.25
    pool: int = 100
    archetypes: tuple[int, ...] = (1, 10, 100)
    archetype_pictures: int = 20_000
    attribute_rate: float = 0.5
    steps: int = 1_000_000
    batch: int = 12
    rate: float = 1e-4
    mask_rate: float = 1e-5
    beta1: float = 0.5
    beta2: float = 0.999
    decay_at: float = 1.0
    average: float = 0.0
    mirror: bool = False
    bf16: bool = True
    relations: tuple[str, ...] = ()
    graph_width: int = 128
    masks: bool = True
    refinement: tuple[int, ...] = (1024, 512, 256, 128, 64)
    refinement_norm: Literal["batch", "instance", "none"] = "batch"
    slope: float = 0.2
    layout_noise: int = 32

    def __post_init__(self) -> None:
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} has to be at least 1")
        if self.box_updates < 0:
            raise ValueError("box_updates has to be at least 0")
        for name in ("objects", "location_cells"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} has to be at least 2")
        grid = 1 << self.halvings
        if any(side < grid or side % grid for side in self.size):
            raise ValueError(f"both sides of size have to be multiples of {grid} with these settings")
        if self.mask_side < 8 or self.mask_side & (self.mask_side - 1):
            raise ValueError(f"mask_side={self.mask_side} is not a power of two from 8 up")
        if self.crop < _LEAST_CROP or self.object_side < _LEAST_CROP:
            raise ValueError(f"crop and object_side have to be at least {_LEAST_CROP}")
        if self.archetypes[:1] != (1,) or list(self.archetypes) != sorted(set(self.archetypes)):
            raise ValueError("archetypes has to begin with 1 and to ascend, like 1,10,100")
        for name in ("least", "attribute_rate", "exchange_rate", "decay_at"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} has to be from 0 to 1")
        if not 0 <= self.mismatch_weight <= 0.5:
            raise ValueError("mismatch_weight has to be from 0 to 0.5")
        if not 0 <= self.average < 1:
            raise ValueError("average has to be at least 0 and below 1")
        if not self.refinement or min(self.refinement) < 1 or self.graph_width < 1 or self.layout_noise < 0:
            raise ValueError("refinement and graph_width have to be at least 1, and layout_noise at least 0")
        if self.names and len(self.names) != self.classes:
            raise ValueError("there have to be as many names as classes, or none")


_PAPER = Config()

# For a processor: narrow networks, appearance without normalisation, colours compared as well.
_SMALL = Config(
    size=(64, 64),
    classes=10,
    embedding=64,
    graph_hidden=128,
    location_cells=9,
    box_head="linear",
    mask_side=16,
    mask_width=48,
    mask_noise=16,
    noise_by="object",
    looks=8,
    crop=32,
    look_width=32,
    look_norm="none",
    look_head="linear",
    compose="paint",
    norm="batch",
    width=24,
    max_width=96,
    halvings=2,
    residual_blocks=1,
    discriminator_width=16,
    discriminator_layers=3,
    mask_discriminator_width=16,
    object_discriminator_width=16,
    object_side=32,
    least=0.01,
    box_updates=4,
    exchange_rate=0.1,
    pixel_weight=10.0,
    object_pixel_weight=10.0,
    archetype_pictures=1600,
    steps=6000,
    batch=16,
    rate=1e-3,
    mask_rate=1e-3,
    beta2=0.99,
    decay_at=0.5,
    average=0.998,
)

_TINY = replace(
    _SMALL,
    size=(16, 16),
    classes=3,
    objects=3,
    embedding=8,
    graph_layers=2,
    graph_hidden=8,
    location_cells=5,
    mask_side=8,
    mask_width=4,
    mask_noise=2,
    looks=2,
    crop=22,
    look_width=8,
    width=4,
    max_width=8,
    halvings=2,
    residual_blocks=1,
    discriminator_width=4,
    discriminator_layers=2,
    mask_discriminator_width=4,
    object_discriminator_width=4,
    object_side=22,
    pool=3,
    archetypes=(1, 2),
    archetype_pictures=8,
    box_updates=1,
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
    "study": replace(_SMALL, size=(32, 32), crop=32, box_updates=12, steps=2400, average=0.99),
    # As published, for GPUs.
    "paper": _PAPER,
}


def picture_size(cfg: Config) -> tuple[int, int]:
    """Height and width of the training pictures, pixels."""
    return cfg.size


def batch_size(cfg: Config) -> int:
    """Pictures a step, all processes together."""
    return cfg.batch


def about(cfg: Config) -> dict[str, Any]:
    """What the settings know of classes and relations: ``classes``, ``names``, ``colours``, perhaps ``relations``."""
    found = classes.about(cfg)
    return {**found, "relations": list(cfg.relations)} if cfg.relations else found
