"""The engine's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Config:
    """Settings of Deep Image Analogy. Values by layer are in the order of the search, deepest layer first.

    Attributes:
        features: ``vgg16``, with the weights that ``calotype weights vgg16`` fetches; ``vgg19``, the published network,
            with torchvision's file ``vgg19-dcbb9e9d.pth`` in the folder in CALOTYPE_WEIGHTS; ``untrained``, VGG-16 with
            random weights, for tests.
        patches: side of the compared patches at the layers 5 to 1, in positions of the layer.
        radii: largest distance of random guesses from the present match at these layers, in positions; 0 for no limit.
        passes: sweeps of propagation and random search per layer and direction.
        channels: principal components of the channels that patches are made of.
        components: principal components of the patches that are compared.
        weights: weight of the picture's own features at the layers 4 to 1, at structure 0.
        gain: what ``structure`` 1 adds to these weights.
        threshold: responses above it, relative to the strongest of the layer, count as the picture's own; 0..1.
        deconvolution: steps of L-BFGS per layer; 0 for none.
        side: longer side of the pictures whose features are computed, pixels; larger ones are shrunk.
        spread: standard deviation of the Gaussian weights with which the patches of the result are averaged, as a
            fraction of the patch side; 0 is the published mean.
    """

    features: Literal["vgg16", "vgg19", "untrained"] = "vgg16"
    patches: tuple[int, ...] = (3, 3, 3, 5, 5)
    radii: tuple[int, ...] = (0, 6, 6, 4, 4)
    passes: int = 5
    channels: int = 48
    components: int = 48
    weights: tuple[float, ...] = (0.7, 0.6, 0.5, 0.0)
    gain: float = 0.2
    threshold: float = 0.05
    deconvolution: int = 0
    side: int = 400
    spread: float = 0.0


PRESETS: dict[str, Config] = {
    "fast": Config(),
    "paper": Config(passes=10, channels=128, components=128, deconvolution=60, side=700),
    "tiny": Config(features="untrained", passes=2, channels=8, components=8, deconvolution=1, side=48),
}
