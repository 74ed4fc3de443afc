"""What can be set about the engine, and the settings that have a name."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Config:
    """Settings of completion.

    Attributes:
        arranged: the hole is put together at the largest level where it has at most so many pixels.
        overview: and where the picture has at most so many.
        offsets: displacements that copies can have.
        samples: patches of the photo by which those are chosen.
        rounds: of belief propagation, by which every pixel is given one of them.
        near: what it costs to take a pixel from far away, above or below rather than beside, in squared differences of
            colour (-1..1 scale), where the hole reaches the edge of the picture: beyond it, what is as high is alike.
        tone: at seams, differences well below this are evened out over the hole, and those well above it are left, as
            edges (-1..1 scale); 0 leaves all.
        membrane: where the tones of the fill, details left aside, differ less than about this from the smoothest
            surface that meets what is around the hole, they are brought to it (-1..1 scale); 0 leaves all.
        patch: side of the square patches, pixels; odd.
        ratio: how much larger each level of the pyramid is than the one before it; above 1.
        steps: rounds of search and vote at every level but the first, where copies are made to fit each other.
        first: the same at the first level.
        peel: the same there where the hole was filled from its rim, since it has too many pixels to be put together.
        passes: sweeps of the search in each round.
        components: principal components that stand for a patch; 0 for all its values.
        spread: where patches overlap, each counts by a bell of this standard deviation around its middle, as a fraction
            of its side; 0 is a plain mean.
        reach: patches come from within so many times the longer side of the hole around it; 0 for the whole photo.
        reach_px: and from at least so many pixels around it.
        together: holes closer than this are filled as one, pixels.
    """

    arranged: int = 1600
    overview: int = 60_000
    offsets: int = 60
    samples: int = 2000
    rounds: int = 30
    near: float = 0.01
    tone: float = 0.2
    membrane: float = 0.2
    patch: int = 7
    ratio: float = 1.5
    steps: int = 2
    first: int = 1
    peel: int = 12
    passes: int = 2
    components: int = 24
    spread: float = 0.2
    reach: float = 2.0
    reach_px: int = 256
    together: int = 32


PRESETS: dict[str, Config] = {
    "fast": Config(),
    "fine": Config(arranged=4000, offsets=90, samples=6000, rounds=60, ratio=4 / 3),
    # As published: no patches replaced after the copies are in place.
    "paper": replace(Config(), membrane=0.0, steps=0, first=0, spread=0.05, samples=10_000),
    "tiny": Config(arranged=200, offsets=12, samples=200, rounds=5, steps=1, passes=1, components=8),
}
