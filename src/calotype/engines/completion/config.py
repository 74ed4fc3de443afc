"""The engine's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Config:
    """Settings of completion.

    Attributes:
        arranged: maximum pixels of the hole at the initial level, where offsets are assigned.
        overview: maximum pixels of the image at that level.
        offsets: number of dominant offsets.
        samples: number of patches whose matches vote for offsets.
        rounds: iterations of belief propagation.
        near: cost of distant copies, more for vertical than for horizontal offsets, in squared colour differences
            (-1..1 scale), if the hole reaches the border of the image, where content depends on the height.
        tone: Poisson blending removes seam differences well below this and keeps those well above, as edges (-1..1
            scale); 0 disables it.
        membrane: low frequencies of the fill that differ less than about this from the membrane are corrected to it
            (-1..1 scale); 0 disables it.
        patch: side of the square patches, pixels; odd.
        ratio: scale factor between neighbouring levels of the pyramid; above 1.
        steps: iterations of search and vote at every level but the first.
        first: the same at the first level.
        peel: the same at the first level after onion peeling, which is used if the hole is too large for assigned
            offsets.
        passes: PatchMatch sweeps per iteration.
        components: number of principal components of a patch descriptor; 0 for all values.
        spread: standard deviation of the Gaussian weights with which overlapping patches are averaged, as a fraction of
            the patch side; 0 is a uniform mean.
        reach: margin around the hole from which patches are taken, as a multiple of its longer side; 0 for the whole
            photo.
        reach_px: minimum of that margin, pixels.
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
    # As published: no patch replacement after the offsets are assigned.
    "paper": replace(Config(), membrane=0.0, steps=0, first=0, spread=0.05, samples=10_000),
    "tiny": Config(arranged=200, offsets=12, samples=200, rounds=5, steps=1, passes=1, components=8),
}
