"""What can be set about the engine, and the settings that have a name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings of GPDM.

    Attributes:
        patch: side of the square patches whose distribution is matched, pixels; odd.
        ratio: how much larger each level of the pyramid is than the one before it; above 1.
        coarsest: shorter side of the coarsest level, pixels. Near twice ``patch`` the layout is close to the photo's;
            higher, it is a looser arrangement of smaller pieces.
        start: what ``vary`` begins with where ``structure`` is 0: ``blank``, mid-grey; or ``photo``, the photo at the
            coarsest level, displaced by ``sway``.
        noise: standard deviation of the noise that is added to that, the same in all channels, on a -1..1 scale and at
            the starting level's own resolution; less in proportion where ``structure`` is higher.
        sway: standard deviation of the smooth random displacement of the photo, where the photo is what is begun with,
            pixels of the starting level; less in proportion where ``structure`` is higher.
        sway_scale: distance over which that displacement changes, pixels of the starting level.
        projections: random directions on which the patches are projected at each step.
        fine_projections: the same at levels of more than ``fine_above`` pixels, where sorting is what takes the time.
        fine_above: pixels of a level from which ``fine_projections`` replaces ``projections``.
        stride: distance of neighbouring patches at those levels, pixels; every step another of the stride's offsets. 1
            takes all patches.
        steps: steps per level.
        remake_steps: the same for ``remake`` and ``stylize``, whose pictures are to keep their shapes.
        rate: learning rate of Adam: about how far a value moves in one step, on a -1..1 scale.
        replaced_above: shorter side of a level, pixels, from which patches are replaced by the photo's nearest instead,
            as GPNN does, in ``vary`` and ``retarget``; 0 matches distributions at all levels.
        replaced_patch: side of those patches, pixels; odd.
        replacements: replacements of every patch by its nearest, per level.
        alpha: completeness of the replacements, in units of mean squared patch difference on a -1..1 scale, in
            proportion to the photo's contrast; 0 or less switches it off.
        retarget_alpha: ``alpha`` for ``retarget``, where insisting puts things into skies that were only stretched.
        spread: where replaced patches overlap, each counts by a bell of this standard deviation around its middle, as a
            fraction of its side; 0 is a plain mean.
    """

    patch: int = 7
    ratio: float = 4 / 3
    coarsest: int = 21
    start: str = "blank"
    noise: float = 0.1
    sway: float = 1.75
    sway_scale: float = 10.0
    projections: int = 64
    fine_projections: int = 16
    fine_above: int = 8000
    stride: int = 1
    steps: int = 300
    remake_steps: int = 100
    rate: float = 0.01
    replaced_above: int = 64
    replaced_patch: int = 5
    replacements: int = 4
    alpha: float = 0.005
    retarget_alpha: float = 0.1
    spread: float = 0.2


PRESETS: dict[str, Config] = {
    "fast": Config(),
    # The published settings: nothing but distributions, all patches, 64 directions.
    "paper": Config(ratio=1 / 0.85, fine_projections=64, remake_steps=300, replaced_above=0),
    "tiny": Config(coarsest=14, projections=8, fine_projections=8, steps=6, remake_steps=6, rate=0.1, replacements=1),
}
