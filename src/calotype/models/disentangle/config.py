"""The model's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from calotype.errors import counted
from calotype.setting_checks import at_least, within

_START = 4  # pixels, side of the grid that codes are spread over


@dataclass(frozen=True)
class Config:
    """Settings of the disentangling autoencoder.

    Attributes:
        resolution: side of the pictures, pixels: a power of two from 8 up.
        pose: length of the pose code.
        identity: length of the appearance code.
        covariance: of the pose code: ``full``, a lower-triangular matrix as published, or ``diagonal``.
        width: channels at full resolution.
        widths: channels after each halving, from full resolution to 4 pixels.
        blocks: residual blocks at 4 pixels, in each encoder and for each code in the decoder.
        head: how an encoder makes a code of its last features: ``mean`` of the positions, as published, or ``flat``, a
            linear layer of all positions.
        critic_width: channels of the estimators of mutual information.
        critic_blocks: their residual blocks.
        critic_products: length of the vectors whose product is the estimate.
        reconstruction: loss of the decoder: ``squared``, the squared error summed over a picture, or ``perceptual``,
            mean absolute differences of pixels and features of VGG-16, 1e-3 / 2 times the numbers of a picture.
        constraint: whether the pose code is trained against the estimate T of mutual information.
        bottleneck: weight gamma of the KL divergence: ``controlled`` by the second estimate T', or ``fixed``.
        gamma: its first value; the only one if fixed.
        gamma_rate: by how much gamma grows in a step for each nat that T' finds more than T.
        gamma_margin: nats that T' may find more.
        gamma_most: the largest gamma.
        epsilon: mutual information that is allowed, nats.
        multiplier_rate: mu, the rate of the multiplier lambda and the weight of the quadratic penalty.
        of_means: share of a batch, 0 to 1, for which the estimators see the mean of the pose code, which drawing uses,
            in place of a sample; published is 0.
        least_signal: signal-to-noise ratio below which directions of the pose code are dropped from the codes that
            pictures are drawn from after the training, see ``reposing.informative``; published is 0, none.
        warm_up: steps before gamma and lambda change and the constraint acts.
        averaging: decay of the moving averages of the estimates, per step.
        pretrained: steps in which the appearance encoder is trained alone, by a triplet loss of clips, before it is
            frozen; 0: it is trained together with the rest.
        steps: training steps.
        batch: pairs of pictures a step, over all processes; even.
        rate: learning rate of Adam.
        beta1: Adam's decay rate of the first moment, 0 to below 1.
        beta2: that of the second moment.
        decay_at: fraction of the steps after which the learning rates fall linearly to 0.
        mirror: whether pictures are flipped horizontally at random.
        bf16: whether convolutions are computed in bfloat16 where the processor has it.
    """

    resolution: int = 64
    pose: int = 32
    identity: int = 64
    covariance: Literal["full", "diagonal"] = "full"
    width: int = 16
    widths: tuple[int, ...] = (32, 64, 64, 96)
    blocks: int = 1
    head: Literal["mean", "flat"] = "flat"
    critic_width: int = 128
    critic_blocks: int = 2
    critic_products: int = 64
    reconstruction: Literal["squared", "perceptual"] = "squared"
    constraint: bool = True
    bottleneck: Literal["controlled", "fixed"] = "controlled"
    gamma: float = 1.0
    gamma_rate: float = 0.01
    gamma_margin: float = 0.01
    gamma_most: float = 1000.0
    epsilon: float = 0.1
    multiplier_rate: float = 0.1
    of_means: float = 0.5
    least_signal: float = 0.0
    warm_up: int = 500
    averaging: float = 0.99
    pretrained: int = 0
    steps: int = 8000
    batch: int = 32
    rate: float = 1e-3
    beta1: float = 0.5
    beta2: float = 0.9
    decay_at: float = 0.5
    mirror: bool = False
    bf16: bool = True

    def __post_init__(self) -> None:
        side = self.resolution
        if side < 2 * _START or side & (side - 1):
            raise ValueError(f"resolution={side} is not a power of two from {2 * _START} up")
        if len(self.widths) != halvings(side):
            raise ValueError(
                f"widths has {counted(len(self.widths), 'number')}, and pictures of {side} pixels need {halvings(side)}"
            )
        if self.batch % 2:
            raise ValueError(f"batch={self.batch} is not even")
        at_least(self, {"pose": 1, "identity": 1, "width": 1, "blocks": 0, "steps": 1, "batch": 2, "warm_up": 0})
        at_least(self, {"critic_width": 1, "critic_blocks": 0, "critic_products": 1, "pretrained": 0})
        within(self, {"gamma": (0, 1e6), "gamma_rate": (0, 1e3), "gamma_margin": (0, 1e3), "gamma_most": (0, 1e6)})
        within(
            self,
            {
                "of_means": (0, 1),
                "least_signal": (0, 1e6),
                "epsilon": (0, 1e3),
                "multiplier_rate": (0, 1e3),
                "averaging": (0, 0.999999),
            },
        )
        within(self, {"rate": (0, 1), "beta1": (0, 0.999999), "beta2": (0, 0.999999), "decay_at": (0, 1)})


def halvings(side: int) -> int:
    """How often a side is halved to 4 pixels."""
    return (side // _START).bit_length() - 1


_SMALL = Config(least_signal=1.0, gamma=4.0)  # the error is summed over four times as many pixels as in ``study``
PRESETS: dict[str, Config] = {
    "small": _SMALL,
    "study": replace(_SMALL, resolution=32, widths=(32, 48, 64), pose=16, gamma=1.0, steps=6000),
    "paper": Config(
        resolution=256,
        pose=256,
        identity=256,
        width=32,
        widths=(64, 128, 128, 256, 256, 256),
        blocks=4,
        head="mean",
        critic_width=512,
        critic_blocks=4,
        critic_products=512,
        reconstruction="perceptual",
        gamma=7.5,
        epsilon=0.125,
        of_means=0.0,
        warm_up=0,
        steps=100_000,
        batch=16,
        rate=2e-4,
        decay_at=0.0,
        mirror=True,
    ),
    "tiny": Config(
        resolution=16,
        pose=4,
        least_signal=1.0,
        identity=4,
        width=4,
        widths=(8, 8),
        critic_width=16,
        critic_blocks=1,
        critic_products=8,
        warm_up=1,
        steps=3,
        batch=4,
    ),
}
