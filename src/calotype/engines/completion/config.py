"""The engine's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings of completion.

    Attributes:
        start: the first fill of a hole at its coarsest level: ``offsets`` (shifted copies of the photo, He and Sun) or
            ``smooth`` (a membrane). A hole no deeper than ``depth`` starts smooth, unless ``steps`` is 0.
        thin: parts of a hole up to twice as wide are filled as thin ones, pixels; 0 for none.
        depth: greatest distance of the hole's pixels from its rim at the coarsest level of a smooth start, pixels.
        rim: width of the rim of the hole that counts as known at the coarsest level, with the values of a membrane; at
            finer levels it becomes narrower, down to 0, pixels. Patches at the edge of the hole find matches that
            would otherwise not be in the photo, such as sky alone.
        jitter: standard deviation of the noise in a smooth start, by which seeds differ (-1..1 scale).
        coherence: weight of coherence: the penalty of a patch that is copied from elsewhere than its neighbours, as a
            multiple of the mean match distance; 0 for none.
        near: cost of a copy from the longer side of the image away, vertically, in squared colour differences (-1..1
            scale); a quarter of it horizontally. What is near fits better, since content depends on the position, above
            all on the height. 0 disables it.
        texture: cost of a patch whose local contrast is e times the expected one, or 1/e, in squared colour differences
            (-1..1 scale). It keeps grass and foliage sharp. 0 disables it.
        single: cost of a copy of a pixel of a single thing, in squared colour differences (-1..1 scale), so that such
            things are not repeated. 0 disables it.
        border_start: ``start`` of a hole that reaches the border of the image, as in outpainting.
        border_single: ``single`` of such a hole.
        border_depth: ``depth`` of such a hole.
        border_rim: ``rim`` of such a hole.
        border_near: ``near`` of such a hole.
        border_edge: ``edge`` of such a hole.
        border_screen: ``screen`` of such a hole.
        arranged: maximum pixels of the hole at the initial level, where offsets are assigned.
        overview: maximum pixels of the image at that level.
        offsets: number of dominant offsets.
        rounds: iterations of belief propagation, each to and fro along rows and columns.
        tone: Poisson blending removes seam differences well below this and keeps those well above, as edges (-1..1
            scale); 0 disables it.
        edge: patches are averaged with their gradients, which hides seams; where the gradients and those of the mean
            colours differ by well more than this, as at edges, the mean colours stay (-1..1 scale). 0 disables it.
        screen: weight of the mean colours beside the gradients; larger values spread less colour from the rim of the
            hole into the fill.
        patch: side of the square patches, pixels; odd.
        ratio: scale factor between neighbouring levels of the pyramid; above 1.
        steps: iterations of search and vote at the last level.
        first: the same at the first level; in between, the number is interpolated.
        peel: the same at the first level after onion peeling, which is used if the hole is too large for assigned
            offsets.
        passes: PatchMatch sweeps per iteration.
        components: number of principal components of a patch descriptor; 0 for all values.
        spread: standard deviation of the Gaussian weights with which overlapping patches are averaged, as a fraction of
            the patch side; 0 is a uniform mean.
        last_spread: ``spread`` at full size; smaller values are sharper.
        last_edge: ``edge`` at full size; smaller values spread less colour from edges into the fill.
        reach: margin around the hole from which patches are taken, as a multiple of its longer side; 0 for the whole
            photo.
        reach_px: minimum of that margin, pixels.
        together: holes closer than this are filled as one, pixels.
    """

    start: str = "offsets"
    thin: int = 2
    depth: int = 5
    rim: int = 3
    jitter: float = 0.03
    coherence: float = 1.0
    near: float = 0.2
    texture: float = 0.05
    single: float = 0.0
    border_start: str = "smooth"
    border_single: float = 0.03
    border_depth: int = 8
    border_rim: int = 1
    border_near: float = 0.1
    border_edge: float = 0.5
    border_screen: float = 0.01
    arranged: int = 1000
    overview: int = 60_000
    offsets: int = 80
    rounds: int = 4
    tone: float = 0.2
    edge: float = 0.5
    screen: float = 0.005
    patch: int = 7
    ratio: float = 2**0.5
    steps: int = 1
    first: int = 3
    peel: int = 12
    passes: int = 2
    components: int = 24
    spread: float = 0.2
    last_spread: float = 0.1
    last_edge: float = 0.15
    reach: float = 2.0
    reach_px: int = 256
    together: int = 32


STARTS = ("smooth", "offsets")

PRESETS: dict[str, Config] = {
    "fast": Config(),
    "fine": Config(ratio=1.25, steps=2, first=8, passes=3),
    # He and Sun, as published: no patch replacement after the offsets are assigned.
    "paper": Config(
        thin=0,
        near=0.01,
        texture=0.0,
        border_start="offsets",
        border_single=0.0,
        border_near=0.01,
        border_edge=0.0,
        arranged=1600,
        offsets=60,
        rounds=8,
        edge=0.0,
        last_edge=0.0,
        coherence=0.0,
        spread=0.05,
        last_spread=0.05,
        ratio=1.5,
        steps=0,
        first=0,
    ),
    "tiny": Config(arranged=200, offsets=12, rounds=2, ratio=1.5, steps=1, first=1, passes=1, components=8),
}
