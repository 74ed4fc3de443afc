"""The model's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class Config:
    """Settings of COCO-GAN.

    Attributes:
        size: height and width of the training images, pixels; both multiples of ``micro``.
        macro: side of the macro patches that the discriminator sees, pixels: a multiple of ``micro``, a power of two.
        micro: side of the micro patches that the generator outputs, pixels: a power of two.
        overlap: pixels by which every micro patch extends over each of its sides, where it is blended with its
            neighbours to hide seams; at most half of ``micro``. 0: patches lie side by side, as published.
        coordinates: ``planar``, with an edge on every side; ``cylindrical``, for panoramas whose left and right edges
            join.
        latent: length of the latent vector that all patches of an image share.
        width: channels of the generator's last blocks; the first have up to 16 times as many.
        critic_width: channels of the discriminator's first blocks; the last have up to 8 times as many.
        extra_blocks: generator blocks without upsampling, after those with it.
        steps: training steps, each with one update of the discriminator and one of the generator.
        batch: macro patches per step, over all processes.
        accumulate: number of parts the batch is split into for gradient accumulation, to save memory; batch norm sees
            one part at a time.
        generator_rate: learning rate of Adam for the generator.
        critic_rate: learning rate of Adam for the discriminator, with its coordinate head.
        latent_rate: learning rate of Adam for the discriminator's latent head.
        beta2: Adam's decay rate of the second moment, 0 to below 1; values below the published 0.999 adapt the step
            size faster.
        decay_at: fraction of the steps after which the learning rates decay linearly to a tenth, 0..1.
        adversarial: ``wasserstein``, with a gradient penalty, as published; ``hinge``, which needs no penalty, so that
            a step is faster. As published are then also the initial weights of the coordinates, which with ``hinge``
            are scaled up to match the many latent inputs, and the training beyond the edges, which takes positions
            inside as well and has a hundred times the weight of the coordinates.
        penalty: weight of the gradient penalty: WGAN-GP's with ``wasserstein``, R1 with ``hinge``; 0 for none.
        penalty_every: the penalty is computed at every so many-th step only, and multiplied by this number.
        released: use the gradient penalty and the batch norm of the published code instead of those of the literature.
        coordinate_weight: weight of the mean squared error of the predicted coordinates.
        latent_weight: weight of the mean absolute error of the predicted latent vector; 0: no latent head, and no
            patch-guided generation.
        latent_spectral: whether the latent head has spectral normalisation, as published; it limits how far apart the
            predictions of narrow networks can be.
        average: decay per step of the exponential moving average of the generator's weights, with which images are
            generated, 0 to below 1. 0: the weights themselves, as published.
        mirror: whether training images are flipped horizontally at random.
        roll: with ``cylindrical``, whether training images are rotated by random angles.
        edges: how many times as often as elsewhere macro patches lie at an edge. Cells at edges are in fewer macro
            patches than others; with 2 they are trained about as often. 1: uniform sampling, as published.
        tint: strength of the random colour jitter of patches before the discriminator sees them, 0..1; it reduces
            overfitting of the discriminator on small sets.
        beyond: cells beyond every edge that the generator learns to extrapolate to, after the other steps.
        beyond_steps: training steps of that stage.
        bf16: whether convolutions are computed in bfloat16 on GPUs, and on CPUs with hardware support for it.
    """

    size: tuple[int, int] = (64, 64)
    macro: int = 32
    micro: int = 16
    overlap: int = 0
    coordinates: Literal["planar", "cylindrical"] = "planar"
    latent: int = 128
    width: int = 64
    critic_width: int = 64
    extra_blocks: int = 0
    steps: int = 200_000
    batch: int = 128
    accumulate: int = 1
    generator_rate: float = 1e-4
    critic_rate: float = 4e-4
    latent_rate: float = 1e-4
    beta2: float = 0.999
    decay_at: float = 1.0
    adversarial: Literal["wasserstein", "hinge"] = "wasserstein"
    penalty: float = 10.0
    penalty_every: int = 1
    released: bool = False
    coordinate_weight: float = 100.0
    latent_weight: float = 0.0
    latent_spectral: bool = True
    average: float = 0.999
    mirror: bool = False
    roll: bool = True
    edges: float = 1.0
    tint: float = 0.0
    beyond: int = 0
    beyond_steps: int = 0
    bf16: bool = True

    def __post_init__(self) -> None:
        height, width = self.size
        for name in ("macro", "micro"):
            side = getattr(self, name)
            if side < 4 or side & (side - 1):
                raise ValueError(f"{name}={side} is not a power of two from 4 up")
        if self.macro % self.micro or height % self.micro or width % self.micro:
            raise ValueError("macro and both sides of size have to be multiples of micro")
        if not 0 <= self.overlap <= self.micro // 2:
            raise ValueError("overlap has to be from 0 to half of micro")
        if self.macro < 8 or self.macro > min(self.size) or self.micro == max(self.size):
            raise ValueError("macro has to be at least 8 and no larger than size, which has more than one cell")
        if self.batch % self.accumulate or self.accumulate < 1:
            raise ValueError("batch has to be a multiple of accumulate")
        if min(self.steps, self.batch, self.latent, self.width, self.critic_width, self.penalty_every) < 1:
            raise ValueError("steps, batch, latent, width, critic_width and penalty_every have to be at least 1")
        if self.beyond < 0 or self.beyond_steps < 0 or (self.beyond > 0) != (self.beyond_steps > 0):
            raise ValueError("beyond and beyond_steps have to be both 0 or both above")
        if self.edges <= 0:
            raise ValueError("edges has to be above 0")
        if not (0 <= self.average < 1 and 0 <= self.beta2 < 1):
            raise ValueError("average and beta2 have to be from 0 up to, but not, 1")


_MEDIUM = Config(
    overlap=4,
    latent=64,
    width=16,
    critic_width=16,
    steps=8000,
    batch=32,
    generator_rate=4e-4,
    critic_rate=8e-4,
    decay_at=0.7,
    adversarial="hinge",
    penalty=0.0,
    coordinate_weight=10.0,
    latent_weight=1.0,
    average=0.998,
    mirror=True,
    tint=0.1,
)

PRESETS: dict[str, Config] = {
    # For a few hundred to a few thousand aligned images, on a CPU.
    "small": replace(
        _MEDIUM,
        size=(32, 32),
        macro=16,
        micro=8,
        steps=6000,
        batch=64,
        generator_rate=1.6e-3,
        critic_rate=3.2e-3,
        beta2=0.99,
        decay_at=0.5,
        latent_rate=1.6e-3,
        latent_weight=5.0,
        latent_spectral=False,
        edges=2.0,
    ),
    "medium": _MEDIUM,
    # As published for CelebA at 128 x 128 pixels, with the faults of the published code corrected.
    "paper": Config(size=(128, 128), macro=64, micro=32),
    # For tests.
    "tiny": Config(
        size=(16, 16),
        macro=8,
        micro=4,
        overlap=1,
        latent=8,
        width=2,
        critic_width=4,
        steps=3,
        batch=4,
        adversarial="hinge",
        penalty=1.0,
        penalty_every=2,
        coordinate_weight=10.0,
        average=0.5,
        tint=0.2,
        latent_weight=1.0,
    ),
}
