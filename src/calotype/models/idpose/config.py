"""The model's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from calotype.errors import counted
from calotype.setting_checks import at_least, within

START = 4  # pixels, side of the grid that the pose code is spread over


@dataclass(frozen=True)
class Config:
    """Settings of the generator of an identity in a pose.

    Attributes:
        resolution: side of the pictures, pixels: a power of two from 16 up.
        pose: length of the pose code.
        identity: numbers of the identity code that tell of parts, a multiple of ``parts``, at least four for each.
        whole: length of what is said of the whole identity beside its parts.
        parts: that pictures are taken apart into, without labels.
        width: channels at full resolution.
        widths: channels after each halving, from full resolution to 4 pixels.
        error: of pictures: ``squared``, the mean squared error, or ``absolute``, the mean absolute one.
        target_weight: of the error of the picture of both codes against the frame of the clip.
        own_weight: of the disentanglement loss: that error of the other pictures that the same codes have to give, see
            ``Trainer``; 0: none.
        same_share: share of the disentanglement loss, 0 to 1, for pictures drawn by their own pose codes, which rewards
            codes that say more than the pose; the rest is for a picture drawn by the pose code of another one.
        kl_weight: of the KL divergence of the pose code, nats, which is drawn from a Gaussian distribution in training;
            0: the code is its mean.
        least_signal: signal-to-noise ratio below which directions of the pose code are dropped from the codes that
            pictures are drawn from after the training, see ``reposing.informative``; 0: none.
        code_weight: with the disentanglement loss, of the mean squared difference of pose codes of one pose.
        perceptual_weight: of the mean absolute difference of features; 0: none.
        perceptual: those features: ``offline``, which need no weights, or ``vgg``.
        trace_weight: of pixel verification; 0: none.
        trace_side: positions on a side of the grid on which parts are placed and pixels are compared.
        trace_from: share of the steps after which pixel verification begins; it takes as long again to reach its
            weight.
        adversarial_weight: of the discriminator's loss; 0: no discriminator.
        discriminators: number of its scales.
        discriminator_width: its channels in the first layer.
        discriminator_layers: its layers.
        retrieval: features by which frames of one pose are found in other clips: ``efficientnet``, whose weights have
            to be installed, ``edges`` or ``pixels``.
        neighbours: how many of the nearest frames are used by turns.
        expanded: nearest frames whose features are added to those of a frame before the search, see
            ``data.retrieval.neighbours_of``; 0: none.
        rejected: share of the frames, those with the least similar neighbours, that are not learned from.
        most_alike: similarity of two frames of a clip above which they count as one pose.
        steps: training steps.
        batch: triplets a step, over all processes.
        optimizer: of encoders and generator: ``muon``, orthogonal steps of weight matrices, or ``adam``.
        rate: learning rate of encoders and generator.
        discriminator_rate: that of the discriminator, by Adam.
        beta1: Adam's decay rate of the first moment, 0 to below 1.
        beta2: that of the second moment.
        decay_at: fraction of the steps after which the learning rates fall linearly to 0.
        average: decay of the exponential moving average of the weights, per step.
        mirror: whether the pictures of a pose are flipped horizontally at random, both alike.
        bf16: whether convolutions are computed in bfloat16 where the processor has it.
    """

    resolution: int = 64
    pose: int = 32
    identity: int = 288
    whole: int = 64
    parts: int = 24
    width: int = 16
    widths: tuple[int, ...] = (32, 64, 96, 128)
    error: Literal["squared", "absolute"] = "squared"
    target_weight: float = 15.0
    own_weight: float = 30.0
    same_share: float = 0.2
    kl_weight: float = 0.01
    least_signal: float = 0.0
    code_weight: float = 0.5
    perceptual_weight: float = 0.0
    perceptual: Literal["offline", "vgg"] = "offline"
    trace_weight: float = 5.0
    trace_side: int = 32
    trace_from: float = 0.0
    adversarial_weight: float = 0.2
    discriminators: int = 2
    discriminator_width: int = 16
    discriminator_layers: int = 3
    retrieval: Literal["efficientnet", "edges", "pixels"] = "efficientnet"
    neighbours: int = 20
    expanded: int = 10
    rejected: float = 0.05
    most_alike: float = 0.95
    steps: int = 6000
    batch: int = 8
    optimizer: Literal["muon", "adam"] = "muon"
    rate: float = 3e-3
    discriminator_rate: float = 1.5e-3
    beta1: float = 0.5
    beta2: float = 0.99
    decay_at: float = 0.5
    average: float = 0.999
    mirror: bool = False
    bf16: bool = True

    def __post_init__(self) -> None:
        side = self.resolution
        if side < 4 * START or side & (side - 1):
            raise ValueError(f"resolution={side} is not a power of two from {4 * START} up")
        if len(self.widths) != (side // START).bit_length() - 1:
            wanted = (side // START).bit_length() - 1
            raise ValueError(
                f"widths has {counted(len(self.widths), 'number')}, and pictures of {side} pixels need {wanted}"
            )
        if not START <= self.trace_side <= side or side % self.trace_side:
            raise ValueError(f"trace_side={self.trace_side} does not divide resolution={side}, or is below {START}")
        at_least(self, {"pose": 1, "parts": 2, "whole": 1, "width": 1, "steps": 1, "batch": 1})
        if self.identity % self.parts or self.identity < 4 * self.parts:
            raise ValueError(f"identity={self.identity} is not a multiple of parts={self.parts}, four times or more")
        at_least(
            self,
            {"discriminators": 1, "discriminator_width": 1, "discriminator_layers": 1, "neighbours": 1, "expanded": 0},
        )
        weights = ("target", "own", "kl", "code", "perceptual", "trace", "adversarial")
        within(self, {f"{name}_weight": (0.0, 1e6) for name in weights})
        within(
            self,
            {
                "same_share": (0, 1),
                "least_signal": (0, 1e6),
                "trace_from": (0, 1),
                "rejected": (0, 0.99),
                "most_alike": (-1, 1),
            },
        )
        within(
            self,
            {
                "rate": (0, 1),
                "discriminator_rate": (0, 1),
                "beta1": (0, 0.999999),
                "beta2": (0, 0.999999),
                "decay_at": (0, 1),
            },
        )
        within(self, {"average": (0, 0.999999)})


_SMALL = Config(least_signal=1.0, adversarial_weight=0.0)
PRESETS: dict[str, Config] = {
    "small": _SMALL,
    "study": replace(_SMALL, resolution=32, widths=(32, 64, 96), trace_side=16, retrieval="edges", steps=8000),
    "paper": Config(
        resolution=128,
        pose=64,
        identity=512,
        whole=256,
        parts=32,
        width=64,
        widths=(64, 128, 256, 512, 512),
        perceptual_weight=1.0,
        perceptual="vgg",
        trace_side=32,
        adversarial_weight=1.0,
        discriminator_width=64,
        discriminator_layers=4,
        steps=100_000,
        batch=16,
        same_share=2 / 3,
        neighbours=5,
        expanded=0,
        rejected=0.2,
        optimizer="adam",
        rate=2e-4,
        discriminator_rate=2e-4,
        beta2=0.999,
        mirror=True,
    ),
    "tiny": Config(
        resolution=16,
        pose=4,
        identity=16,
        parts=4,
        whole=4,
        width=4,
        widths=(8, 8),
        trace_side=8,
        discriminators=1,
        discriminator_width=4,
        discriminator_layers=2,
        retrieval="edges",
        steps=3,
        batch=4,
    ),
}
