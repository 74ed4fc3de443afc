"""The engine's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings of ZSSR.

    Attributes:
        layers: convolutions of the network.
        channels: of its features.
        stride: largest enlargement of one step; the factor is reached in equal steps of at most about this.
        steps: training steps of the first enlargement.
        further: training steps of each further one, which goes on from the network before.
        crop: side of the trained parts, pixels.
        rate: largest learning rate of Adam.
        ensemble: in how many orientations the network is applied, 1 to 8.
        corrections: steps of back-projection.
    """

    layers: int = 6
    channels: int = 32
    stride: float = 1.42
    steps: int = 600
    further: int = 300
    crop: int = 64
    rate: float = 2e-3
    ensemble: int = 4
    corrections: int = 4


PRESETS: dict[str, Config] = {
    "fast": Config(),
    "paper": Config(layers=8, channels=64, steps=3000, further=1500, crop=128, rate=1e-3, ensemble=8, corrections=8),
    "tiny": Config(layers=3, channels=4, steps=3, further=2, crop=16, ensemble=2, corrections=1),
}
