"""The engine's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings of the edge detector.

    Attributes:
        side: longer side of the network's input, pixels; 0: the original size. Smaller photos are not upsampled.
        strong: upper hysteresis threshold, a probability.
        weak: lower hysteresis threshold, a probability.
        shortest: minimum length of a line, as a share of the longer side.
    """

    side: int = 480
    strong: float = 0.5
    weak: float = 0.25
    shortest: float = 0.03


PRESETS: dict[str, Config] = {
    "fast": Config(),
    "paper": Config(side=0, shortest=0.0),
    "tiny": Config(side=64),
}
