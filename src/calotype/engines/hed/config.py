"""What can be set about the engine, and the settings that have a name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings of the edge detector.

    Attributes:
        side: the longer side of the photo as the network sees it, pixels; 0: as it is. Smaller photos are not enlarged.
        strong: likelihood that a line must reach somewhere to be drawn.
        weak: likelihood down to which it is followed from there.
        shortest: length below which a line is dropped, as a share of the longer side.
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
