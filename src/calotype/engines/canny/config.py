"""The engine's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings of the edge detector.

    Attributes:
        blur: standard deviation of the Gaussian smoothing, as a share of the longer side; at least one pixel. Larger
            values ignore small structures.
        surround: strength of the surround suppression; 0: none.
        reach: radius of the surroundings, as a multiple of ``blur``.
        strong: fraction of the edge pixels that are above the upper hysteresis threshold, the strongest ones.
        weak: lower hysteresis threshold, as a fraction of the upper one.
        shortest: minimum length of a line, as a share of the longer side.
    """

    blur: float = 0.0035
    surround: float = 1.0
    reach: float = 6.0
    strong: float = 0.25
    weak: float = 0.4
    shortest: float = 0.03


PRESETS: dict[str, Config] = {
    "fast": Config(),
    "paper": Config(surround=0.0, shortest=0.0),
    "tiny": Config(blur=0.001),
}
