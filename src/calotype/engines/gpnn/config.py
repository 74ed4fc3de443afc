"""What can be set about the engine, and the settings that have a name."""

from __future__ import annotations

from dataclasses import dataclass, replace

from calotype.matching.refine import SEARCHED


@dataclass(frozen=True)
class Config:
    """Settings of GPNN.

    Attributes:
        patch: side of the square patches at the coarse levels, pixels; odd.
        fine_patch: side of the patches at levels of more than ``fine_above`` pixels; odd. Smaller patches there are
            faster, sharper and less of a copy.
        fine_above: pixels of a level from which ``fine_patch`` replaces ``patch``.
        ratio: how much larger each level of the pyramid is than the one before it; above 1.
        coarsest: shorter side of the coarsest level, pixels. Near twice ``patch`` the result is close to the photo;
            higher, it is a looser arrangement of smaller pieces.
        noise: standard deviation of the grey noise that ``vary`` adds where ``structure`` is 0, in units where black
            to white is 1.
        detail_noise: the same where ``structure`` is above 0 and for ``remake``, as a multiple of the detail that the
            starting level adds to the one below it (root mean square).
        sway: standard deviation of the smooth random displacement that ``vary`` starts from, pixels of the starting
            level; less in proportion where ``structure`` is above 0.
        sway_scale: distance over which that displacement changes, pixels of the starting level.
        restless: noise added at every further level, as a multiple of the detail it adds (root mean square): details
            are chosen anew rather than carried over.
        alpha: completeness, in units of mean squared patch difference on a -1..1 scale. Small insists that every
            part of the photo is used somewhere; 0 or less switches it off (plain nearest neighbours).
        relative_alpha: multiply ``alpha`` by the variance of the photo at each level over 0.2, a usual one, so that
            faint and sparse photos (stars on black) are kept as complete as others.
        retarget_alpha: ``alpha`` for ``retarget``, where insisting puts things into skies that were only stretched.
        remake_alpha: ``alpha`` for ``remake``. Insisting puts things where nothing of the kind was drawn; not insisting
            at all fills what was drawn in one flat colour with the smoothest piece of the photo.
        texture_alpha: ``alpha`` for ``texture``, whose results are larger than the photo: insisting wears away what
            there is most of.
        texture_spread: ``spread`` for ``texture``.
        analogy_alpha: ``alpha`` for ``analogy``. Less would bring in what the target has no label for.
        analogy_restless: ``restless`` for ``analogy``, but where the target's colours are kept: there it blurs.
        analogy_spread: ``spread`` for ``analogy``.
        label_weight: how much a label, 0 or 1, counts in ``analogy`` against a colour, -1..1, of the same pixel.
        light_weight: the same for the brightness of counterpart and target.
        texture_weight: the same where the photo is its own counterpart.
        place_weight: how much the place counts in the layout that ``analogy`` starts from, top to bottom and left to
            right being a difference of 2 each: what lies where, as far as labels or brightness leave it open.
        analogy_sway: standard deviation of the smooth random displacement of these places, pixels of the coarsest
            level: how much two seeds differ.
        steps: replacements of every patch by its nearest neighbour, per level.
        fine_steps: the same at levels of more than ``fine_steps_above`` pixels, where more change little.
        fine_steps_above: pixels of a level from which ``fine_steps`` replaces ``steps``.
        spread: where patches overlap, each counts by a bell of this standard deviation around its middle, as a fraction
            of its side; 0 is a plain mean.
        mirror: take patches from the photo's mirror image too.
        search: ``exact`` compares every patch with every other on all their pixels, as published;
            ``fast`` follows neighbours' matches and random guesses (PatchMatch) on principal components.
        components: principal components that stand for a patch; 0 for all its pixels.
        passes: sweeps of the fast search for each replacement.
        exact_below: the fast search compares all with all where the two pictures have fewer patches than this, in the
            geometric mean.
        searched: pixels of a level, of the result or of the photo, above which patches are not looked for any more:
            the matches of the largest level below are carried up to full size, which bounds the memory.
    """

    patch: int = 7
    fine_patch: int = 5
    fine_above: int = 8000
    ratio: float = 4 / 3
    coarsest: int = 17
    noise: float = 0.75
    detail_noise: float = 0.5
    sway: float = 1.75
    sway_scale: float = 10.0
    restless: float = 0.0
    alpha: float = 0.005
    relative_alpha: bool = True
    retarget_alpha: float = 0.01
    remake_alpha: float = 0.05
    texture_alpha: float = 0.02
    texture_spread: float = 0.2
    analogy_alpha: float = 0.15
    analogy_restless: float = 1.0
    analogy_spread: float = 0.25
    label_weight: float = 2.0
    light_weight: float = 6.0
    texture_weight: float = 1.0
    place_weight: float = 0.3
    analogy_sway: float = 1.0
    steps: int = 10
    fine_steps: int = 2
    fine_steps_above: int = 4000
    spread: float = 0.0
    mirror: bool = False
    search: str = "fast"
    components: int = 24
    passes: int = 2
    exact_below: int = 1500
    searched: int = SEARCHED


_PAPER = Config(
    fine_patch=7,
    coarsest=14,
    sway=0.0,
    alpha=0.005,
    relative_alpha=False,
    retarget_alpha=0.005,
    fine_steps=10,
    spread=0.0,
    search="exact",
    components=0,
    searched=10**12,
)

PRESETS: dict[str, Config] = {
    "fast": Config(),
    "original": Config(sway=2.0, restless=2.0, spread=0.2, fine_steps=3),
    "paper": _PAPER,
    # The published schedule with the approximate search, to tell the two changes apart.
    "paper-fast": replace(_PAPER, search="fast", components=24, passes=4),
    "tiny": Config(coarsest=14, steps=1, fine_steps=1, passes=1, components=8),
}
