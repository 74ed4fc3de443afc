"""The engine's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Config:
    """Settings of SPAN.

    Attributes:
        weights: ``span``, the published ones, which ``calotype weights span`` fetches; ``untrained``, random ones, for
            tests.
        channels: of the network's features.
        beyond: how factors above 4 get from 4 times the size to theirs: ``bicubic``, or ``network`` for the network
            that doubles, which takes 17 times as long.
        stable: whether hard edges between which the network fails, as in drawings and text, are smoothed a little.
        strip: pixels of the photo that are computed at a time, in whole rows; memory grows with it.
    """

    weights: Literal["span", "untrained"] = "span"
    channels: Literal[48, 52] = 48
    beyond: Literal["bicubic", "network"] = "bicubic"
    stable: bool = True
    strip: int = 32_000


PRESETS: dict[str, Config] = {
    "fast": Config(),
    "paper": Config(channels=52, beyond="network"),
    "tiny": Config(weights="untrained", stable=False, strip=400),
}
