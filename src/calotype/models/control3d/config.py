"""Settings of 3D-controllable synthesis, and presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from calotype.models.control3d.giraffe_settings import parsed


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
        surroundings: height of the feature picture of all directions; its width is twice that. A multiple of 4.
        discriminator_width: channels of the discriminator's first block.
        radius: distance of the camera, and of the surroundings, from the middle of the scene.
        azimuth_from: least azimuth of the camera, as a share of a full turn.
        azimuth_to: greatest azimuth of the camera.
        polar_from: least polar angle of the camera, as a share of the sphere from above.
        polar_to: greatest polar angle of the camera.
        least_size: least half size of a primitive.
        most_size: greatest half size of a primitive.
        compactness: weight of the compactness loss.
        least_area: share of the picture below which a primitive does not count for it.
        consistency: weight of the geometric consistency loss.
        colour_weight: weight of colours in that loss, relative to depth.
        turn: most degrees by which objects are turned for that loss.
        hiding: whether random objects are left out of training pictures.
        gradient_penalty: weight of R1 on real pictures.
        noise: amplitude of uniform noise on real pictures, on the scale -1..1.
        optimizer: ``rmsprop`` as published, or ``adam``.
        steps: training steps.
        batch: scenes a step.
        generator_rate: learning rate of the generators.
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
    surroundings: int = 16
    discriminator_width: int = 32
    radius: float = 2.0
    azimuth_from: float = 0.0
    azimuth_to: float = 1.0
    polar_from: float = 0.15
    polar_to: float = 0.371
    least_size: float = 0.1
    most_size: float = 0.6
    compactness: float = 0.03
    least_area: float = 0.1
    consistency: float = 0.1
    colour_weight: float = 5.0
    turn: float = 30.0
    hiding: bool = True
    gradient_penalty: float = 1.0
    noise: float = 1 / 128
    optimizer: Literal["rmsprop", "adam"] = "adam"
    steps: int = 10_000
    batch: int = 16
    generator_rate: float = 4e-4
    discriminator_rate: float = 4e-4
    decay_at: float = 0.7
    average: float = 0.998
    giraffe: str = ""

    def __post_init__(self) -> None:
        if self.size < 8 or self.size % 4:
            raise ValueError("size has to be a multiple of 4, from 8")
        if self.latent < 2 or self.latent % 2:
            raise ValueError("latent has to be an even number: half of it is for geometry")
        if self.texture < 2 or self.texture % 2 or self.surroundings < 4 or self.surroundings % 4:
            raise ValueError("texture has to be a multiple of 2, and surroundings a multiple of 4")
        for name in ("objects", "features", "points", "width", "discriminator_width", "steps", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} has to be at least 1")
        if self.giraffe:
            parsed(self.giraffe)
        if not 0 < self.least_size < self.most_size:
            raise ValueError("least_size has to be above 0 and below most_size")
        if not 0 < self.polar_from <= self.polar_to < 1:
            raise ValueError("polar_from and polar_to have to be between 0 and 1, in this order")


_SMALL = Config()

PRESETS: dict[str, Config] = {
    # For some thousand pictures of 64 pixels and one processor core.
    "small": _SMALL,
    # For tests.
    "tiny": replace(
        _SMALL,
        size=16,
        objects=2,
        latent=8,
        features=3,
        texture=2,
        wide=(8, 8),
        width=4,
        surroundings=4,
        discriminator_width=4,
        steps=3,
        batch=4,
        average=0.5,
    ),
    # For comparisons of settings: pictures of half the size, narrower networks, a shorter time.
    "study": replace(
        _SMALL,
        size=32,
        latent=64,
        wide=(64, 128, 256),
        width=16,
        discriminator_width=24,
        steps=4000,
        batch=8,
        average=0.995,
    ),
    # As published, for a GPU.
    "paper": replace(
        _SMALL,
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
