"""What can be set about the engine, and the settings that have a name."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Config:
    """Settings of GPNN.

    Attributes:
        patch: side of the square patches, pixels.
        ratio: how much larger each level of the pyramid is than the one before it.
        coarsest: shorter side of the coarsest level, pixels. Near ``patch`` the result is a copy; higher is closer to
            collage of large pieces.
        noise: standard deviation of the noise that a new sample starts from, in units where black to white is 1.
        alpha: completeness, in units of mean squared patch difference on a -1..1 scale. Small insists that every
            part of the photo is used somewhere; 0 or less switches it off (plain nearest neighbours).
        steps: replacements of every patch by its nearest neighbour, per level.
        coarsest_steps: the same at the coarsest level of all.
        search: ``"exact"`` compares every patch with every other on all their pixels, as published;
            ``"fast"`` follows neighbours' matches and random guesses (PatchMatch) on principal components.
        components: principal components that stand for a patch in the fast search.
        passes: sweeps of the fast search for each replacement.
        exact_below: the fast search compares all with all while a level has fewer patches than this.
        polish_steps: replacements at levels with more than ``polish_above`` patches.
        polish_above: the number of patches from which ``polish_steps`` replaces ``steps``.
    """

    patch: int = 7
    ratio: float = 4 / 3
    coarsest: int = 14
    noise: float = 0.75
    alpha: float = 0.005
    steps: int = 10
    coarsest_steps: int = 10
    search: str = "fast"
    components: int = 24
    passes: int = 2
    exact_below: int = 1500
    polish_steps: int = 2
    polish_above: int = 4000
    structure_noise: float = 2.0
    retarget_noise: float = 0.0
    mirror: bool = False
    scales: tuple[float, ...] = ()
    restless: float = 0.0
    spread: float = 0.0
    restless_below: int = 10**9
    wide_below: int = 10**9
    drop: float = 0.0
    drop_size: int = 3
    drop_below: int = 4000


PRESETS: dict[str, Config] = {
    "fast": Config(),
    "paper": Config(search="exact", components=0),
    "tiny": Config(steps=1, coarsest_steps=1, polish_steps=1, passes=1, components=8),
}
