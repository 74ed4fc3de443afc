"""Settings of 3D-controllable synthesis, and presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from calotype.nn.style_widths import widths_by_side

_EVERY = "gradient_every", "consistency_every"
PLACED = 3  # numbers of a latent vector that give a sampled pose: two places and a turn
GROUP = 4  # pictures over which a styled discriminator takes the minibatch standard deviation


@dataclass(frozen=True)
class Config:
    """Settings of 3D-controllable synthesis.

    Attributes:
        size: height and width of the pictures, pixels; a multiple of 4, from 8.
        classes: 2 where the training folder has two subfolders, ``background`` with pictures of surroundings without
            objects and ``scenes`` with objects; 0 for pictures of objects in front of plain white.
        objects: primitives of a scene.
        primitive: ``cuboid``, ``sphere`` or ``points``.
        latent: length of the latent vector; even: the first half is for geometry, the second for appearance.
        features: channels of the primitives' textures.
        texture: side of a texture, a grid that fills the primitive; a multiple of 2.
        points: points of a primitive, for ``points``.
        wide: widths of the hidden layers of the networks for geometry and appearance.
        width: channels of the 2D generator.
        transposed: enlarge feature maps by transposed convolutions, as published; else by repeating pixels before a
            convolution, which leaves no grid of stripes.
        painters: the 2D generators: ``residual``, as published, residual blocks with instance normalisation;
            ``styled``, layers of StyleGAN2 from 4 pixels up to the size, a power of two. ``width`` is that of the last
            resolution then, and half of it for objects; the surroundings are made by such layers, too.
        surroundings: height of the feature picture of all directions; its width is twice that. A multiple of 4.
        discriminator: ``residual``, as published, with spectral normalisation; ``styled``, that of StyleGAN2.
        discriminator_width: channels of the discriminator's first block.
        loss: ``logistic``, as published; ``relativistic``, that of the difference between the scores of a real and a
            generated picture (Huang et al., NeurIPS 2024, eq. 2).
        radius: distance of the camera, and of the surroundings, from the middle of the scene.
        azimuth_from: least azimuth of the camera, as a share of a full turn.
        azimuth_to: greatest azimuth of the camera.
        polar_from: least polar angle of the camera, as a share of the sphere from above.
        polar_to: greatest polar angle of the camera.
        poses: ``learned``, as published, by a network from the latent vector; ``sampled``: horizontal places and turns
            about the vertical axis are uniform functions of it, and heights and sizes are learned, so that objects are
            not in the same places in all scenes.
        reach: with ``sampled``, half the side of the square that primitives lie in, around the middle of the scene.
        highest: with ``sampled``, the greatest height of primitives, from -1, the ground, to 1. From 1 they leave the
            picture upwards in a training, and others paint several objects.
        least_size: least half size of a primitive.
        most_size: greatest half size of a primitive.
        compactness: weight of the compactness loss.
        least_area: share of the picture below which a primitive does not count for it.
        consistency: weight of the geometric consistency loss.
        colour_weight: weight of colours in that loss, relative to depth.
        consistency_every: with ``relativistic``, that loss is computed at every so many-th step only, and multiplied by
            this number.
        turn: most degrees by which objects are turned for that loss.
        surroundings_first: with ``relativistic``, share of the steps, the first ones, in which surroundings alone are
            learned, from their pictures; without ``classes``: none.
        opaque: share of the steps after them in which objects are as opaque as their primitives; in half as many steps
            after that, their alpha falls to what is painted, and the consistency loss rises to its weight. From the
            first step on, alpha lets objects disappear before they are learned, and consistency lets them shrink. With
            ``relativistic``.
        hiding: whether random objects are left out of training pictures.
        gradient_penalty: weight of R1 on real pictures.
        fake_penalty: weight of R2, the same penalty on generated pictures; with ``relativistic`` alone.
        gradient_every: with ``relativistic``, R1 and R2 are computed at every so many-th step only, and multiplied by
            this number.
        noise: amplitude of uniform noise on real pictures, on the scale -1..1.
        optimizer: ``rmsprop`` as published, or ``adam``.
        steps: training steps.
        batch: scenes a step.
        generator_rate: learning rate of the generators.
        painter_rate: that of the parts made of StyleGAN2's layers; 0: as ``generator_rate``.
        discriminator_rate: learning rate of the discriminator.
        decay_at: share of the steps after which the learning rates decay linearly.
        average: decay of the exponential moving average of the generators.
        giraffe: configuration of an imported GIRAFFE model, JSON of ``giraffe_settings.Giraffe``; empty for models that
            are trained here.
    """

    size: int = 64
    classes: Literal[0, 2] = 0
    objects: int = 3
    primitive: Literal["cuboid", "sphere", "points"] = "cuboid"
    latent: int = 128
    features: int = 8
    texture: int = 8
    points: int = 32
    wide: tuple[int, ...] = (128, 256, 512)
    width: int = 32
    transposed: bool = False
    painters: Literal["residual", "styled"] = "residual"
    surroundings: int = 16
    discriminator: Literal["residual", "styled"] = "residual"
    discriminator_width: int = 32
    loss: Literal["logistic", "relativistic"] = "logistic"
    radius: float = 2.0
    azimuth_from: float = 0.0
    azimuth_to: float = 1.0
    polar_from: float = 0.15
    polar_to: float = 0.371
    poses: Literal["learned", "sampled"] = "learned"
    reach: float = 0.7
    highest: float = 1.0
    least_size: float = 0.1
    most_size: float = 0.6
    compactness: float = 0.03
    least_area: float = 0.1
    consistency: float = 0.1
    colour_weight: float = 5.0
    consistency_every: int = 1
    turn: float = 30.0
    surroundings_first: float = 0.0
    opaque: float = 0.0
    hiding: bool = True
    gradient_penalty: float = 1.0
    fake_penalty: float = 0.0
    gradient_every: int = 1
    noise: float = 1 / 128
    optimizer: Literal["rmsprop", "adam"] = "adam"
    steps: int = 10_000
    batch: int = 16
    generator_rate: float = 4e-4
    painter_rate: float = 0.0
    discriminator_rate: float = 4e-4
    decay_at: float = 0.7
    average: float = 0.998
    giraffe: str = ""

    def __post_init__(self) -> None:
        if self.size < 8 or self.size % 4:
            raise ValueError("size has to be a multiple of 4, from 8")
        power = self.size & (self.size - 1) == 0
        if "styled" in (self.painters, self.discriminator) and not power:
            raise ValueError("size has to be a power of two, such as 32 or 64; other sizes need the preset paper")
        if self.discriminator == "styled" and self.batch % GROUP:
            raise ValueError(f"batch has to be a multiple of {GROUP} with discriminator=styled")
        if (self.loss == "relativistic") != (self.discriminator == "styled"):
            raise ValueError(
                "loss has to be relativistic with a styled discriminator, and logistic with a residual one"
            )
        if min(self.fake_penalty, self.painter_rate) < 0:
            raise ValueError("fake_penalty and painter_rate have to be at least 0")
        if not (0 <= self.surroundings_first < 1 and 0 <= self.opaque <= 1):
            raise ValueError("surroundings_first has to be from 0 to below 1, and opaque from 0 to 1")
        if self.latent < 2 or self.latent % 2:
            raise ValueError("latent has to be an even number: half of it is for geometry")
        if self.texture < 2 or self.texture % 2 or self.surroundings < 4 or self.surroundings % 4:
            raise ValueError("texture has to be a multiple of 2, and surroundings a multiple of 4")
        for name in ("objects", "features", "points", "width", "discriminator_width", "steps", "batch", *_EVERY):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} has to be at least 1")
        if self.poses == "sampled" and self.latent // 2 < PLACED * self.objects:
            raise ValueError(f"latent has to be at least {2 * PLACED * self.objects} for so many sampled poses")
        if not -1 < self.highest <= 1:
            raise ValueError("highest has to be above -1, the ground, and at most 1")
        if not 0 < self.reach <= 1:
            raise ValueError("reach has to be above 0 and at most 1, as far as objects can be moved")
        if self.giraffe:
            from calotype.models.control3d.giraffe_settings import parsed

            parsed(self.giraffe)
        if not 0 < self.least_size < self.most_size:
            raise ValueError("least_size has to be above 0 and below most_size")
        if not 0 < self.polar_from <= self.polar_to < 1:
            raise ValueError("polar_from and polar_to have to be between 0 and 1, in this order")

    @property
    def object_width(self) -> int:
        """Channels of the last resolution of the 2D generator of objects."""
        return max(1, self.width // 2) if self.painters == "styled" else self.width


def widths(size: int, width: int) -> dict[int, int]:
    """Channels of StyleGAN2's layers by resolution, from 4 pixels up: ``width`` at the last one, twice as many at each
    coarser one, at most 8 ``width``.
    """
    return widths_by_side(size, width * size, 8 * width)


_PUBLISHED = Config()

# Surroundings are learned first, then objects in front of them: begun together, the discriminator tells pictures by
# their unlike surroundings, and objects are made transparent before they are learned.
_SMALL = replace(
    _PUBLISHED,
    painters="styled",
    width=16,
    surroundings=32,
    discriminator="styled",
    discriminator_width=16,
    loss="relativistic",
    poses="sampled",
    highest=0.0,
    consistency=0.025,
    consistency_every=4,
    surroundings_first=0.5,
    opaque=0.5,
    gradient_penalty=0.25,
    fake_penalty=0.25,
    gradient_every=8,
    noise=0.0,
    generator_rate=2e-3,
    painter_rate=0.01,
    discriminator_rate=6e-3,
    decay_at=0.6,
    steps=6500,
)

PRESETS: dict[str, Config] = {
    # For some thousand pictures of 64 pixels and one processor core. With the penalties of 32 pixels, the discriminator
    # wins there before surroundings are learned, and objects leave the picture.
    "small": replace(
        _SMALL,
        surroundings=64,
        surroundings_first=0.667,
        gradient_penalty=0.5,
        fake_penalty=0.5,
        decay_at=0.75,
        steps=12_000,
    ),
    # For tests.
    "tiny": replace(
        _SMALL,
        size=16,
        objects=2,
        latent=12,
        features=3,
        texture=2,
        wide=(8, 8),
        width=4,
        surroundings=4,
        discriminator_width=4,
        steps=3,
        batch=4,
        average=0.5,
        consistency_every=1,
        gradient_every=2,
        surroundings_first=0.0,
        opaque=0.0,
    ),
    # For comparisons of settings: pictures of half the size, shorter latent vectors, a shorter time.
    "study": replace(_SMALL, size=32, latent=64, wide=(64, 128, 256), surroundings_first=0.55, average=0.995),
    # As published, for a GPU.
    "paper": replace(
        _PUBLISHED,
        classes=2,
        transposed=True,
        gradient_penalty=10.0,
        width=128,
        surroundings=64,
        discriminator_width=128,
        optimizer="rmsprop",
        steps=300_000,
        batch=32,
        generator_rate=1e-4,
        discriminator_rate=1e-4,
        decay_at=1.0,
        average=0.999,
    ),
}
