"""What can be set about the engine, and the settings that have a name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings of the edge detector.

    Attributes:
        blur: standard deviation of the Gaussian that the photo is smoothed by, as a share of its longer side; at least
            one pixel. More leaves out what is small.
        surround: how far what is rough all around is held down; 0: not at all.
        reach: the radius of these surroundings, as a multiple of ``blur``.
        strong: share of the pixels on lines that a line may begin at, the strongest ones.
        weak: how strong a line has to be to be gone on with, as a share of the threshold to begin at.
        shortest: length below which a line is dropped, as a share of the longer side.
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
