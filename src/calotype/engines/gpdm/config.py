"""The engine's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings of GPDM.

    Attributes:
        patch: side of the square patches whose distribution is matched, pixels; odd.
        ratio: scale factor between neighbouring levels of the pyramid; above 1.
        coarsest: shorter side of the coarsest level, pixels. Near twice ``patch`` the layout is close to the photo's;
            larger values give looser arrangements of smaller parts.
        start: initial image of ``vary`` at structure 0: ``blank``, mid-grey; or ``photo``, the photo at the coarsest
            level, displaced by ``sway``.
        noise: standard deviation of the noise added to it, equal in all channels, on a -1..1 scale and at the
            resolution of the injection level; scaled by 1 - ``structure``.
        sway: standard deviation of the smooth random displacement of an initial photo, pixels of the injection level;
            scaled by 1 - ``structure``.
        sway_scale: correlation length of that displacement, pixels of the injection level.
        height: weight of the vertical position in ``vary``, -1 to 1, relative to a colour: what lies at the top of the
            photo stays near the top. 0 disables it.
        projections: number of random projections per step.
        fine_projections: the same at levels of more than ``fine_above`` pixels, where sorting dominates the time.
        fine_above: number of pixels of a level above which ``fine_projections`` replaces ``projections``.
        stride: stride of the patches at those levels, pixels, with a random offset at every step. 1 uses all patches.
        steps: optimization steps per level.
        remake_steps: the same for ``remake`` and ``stylize``, which keep the shapes of the given image.
        style_palette: share of the style's pixels, the nearest in colour, whose mean a colour of ``stylize`` becomes;
            0 keeps the colours, as published.
        rate: learning rate of Adam: about the maximum change of a value per step, on a -1..1 scale.
        replaced_above: shorter side of a level, pixels, above which patches are replaced by nearest neighbours, as in
            GPNN, in ``vary`` and ``retarget``; 0 matches distributions at all levels.
        replaced_patch: side of those patches, pixels; odd.
        free_patch: the same for ``vary`` at structure 0, where smaller patches keep less of the photo's layout; odd.
            Not for tiles, whose edges meet better with larger patches.
        replacements: patch replacement iterations per level.
        alpha: completeness of the replacements, in units of mean squared patch difference on a -1..1 scale, relative to
            the photo's contrast; 0 or less disables it.
        retarget_alpha: ``alpha`` for ``retarget``, where strong completeness puts objects into stretched skies.
        spread: standard deviation of the Gaussian weights with which overlapping patches are averaged, as a fraction of
            the patch side; 0 is a uniform mean.
    """

    patch: int = 7
    ratio: float = 4 / 3
    coarsest: int = 21
    start: str = "blank"
    noise: float = 0.1
    sway: float = 1.75
    sway_scale: float = 10.0
    height: float = 0.3
    projections: int = 64
    fine_projections: int = 16
    fine_above: int = 8000
    stride: int = 1
    steps: int = 300
    remake_steps: int = 100
    style_palette: float = 0.002
    rate: float = 0.01
    replaced_above: int = 64
    replaced_patch: int = 5
    free_patch: int = 3
    replacements: int = 4
    alpha: float = 0.005
    retarget_alpha: float = 0.1
    spread: float = 0.2


PRESETS: dict[str, Config] = {
    "fast": Config(),
    # The published settings: distribution matching only, all patches, 64 directions.
    "paper": Config(
        ratio=1 / 0.85, height=0.0, fine_projections=64, remake_steps=300, replaced_above=0, style_palette=0.0
    ),
    "tiny": Config(coarsest=14, projections=8, fine_projections=8, steps=6, remake_steps=6, rate=0.1, replacements=1),
}
