"""The engine's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from calotype.matching.limits import MAX_SEARCHED


@dataclass(frozen=True)
class Config:
    """Settings of GPNN.

    Attributes:
        patch: side of the square patches at the coarse levels, pixels; odd.
        fine_patch: side of the patches at levels of more than ``fine_above`` pixels; odd. Smaller patches there are
            faster, sharper and copy less of the photo verbatim.
        fine_above: number of pixels of a level above which ``fine_patch`` replaces ``patch``.
        ratio: scale factor between neighbouring levels of the pyramid; above 1.
        coarsest: shorter side of the coarsest level, pixels. Near twice ``patch`` the result is close to the photo;
            larger values give looser arrangements of smaller parts.
        noise: standard deviation of the grey noise that ``vary`` adds at structure 0, in units where black to white is
            1.
        detail_noise: the same for ``structure`` above 0 and for ``remake``, as a multiple of the RMS detail that the
            injection level adds to the one below it.
        sway: standard deviation of the smooth random displacement that ``vary`` starts from, pixels of the injection
            level; scaled by 1 - ``structure``.
        sway_scale: correlation length of that displacement, pixels of the injection level.
        height: weight of the vertical position in ``vary``, -1 to 1, relative to a colour: what lies at the top of the
            photo stays near the top. 0 disables it.
        restless: noise added at every further level, as a multiple of its RMS detail: details are matched anew rather
            than propagated.
        alpha: completeness, in units of mean squared patch difference on a -1..1 scale. Small values enforce that every
            part of the photo is used; 0 or less disables it (plain nearest neighbours).
        fine_alpha: whether ``vary`` and ``texture`` enforce completeness at levels of more than ``fine_steps_above``
            pixels, too, where it needs a second search in every step.
        relative_alpha: multiply ``alpha`` by the variance of the photo at each level over 0.2, a typical value, so that
            faint and sparse photos (stars on black) are kept as complete as others.
        retarget_alpha: ``alpha`` for ``retarget``, where strong completeness puts objects into stretched skies.
        enlarge: how ``retarget`` reaches a larger size: ``warp``, a smooth warp that stretches what is distinct least;
            ``seams``, from the photo with repeated seams; ``resize``, the published method, which resizes the photo at
            the coarsest level. With ``warp``, sizes that are smaller in one direction and those from several photos
            are made with ``seams``.
        seam_level: level at which ``seams`` starts, 0 (coarsest) .. 1 (finest).
        seam_alpha: ``alpha`` there. Strong completeness puts parts of the photo where there is no place for them.
        remake_alpha: ``alpha`` for ``remake``. Strong completeness adds objects that were not drawn; none fills regions
            of one flat colour with the smoothest part of the photo.
        edit_margin: width of the margin around an edit that is synthesised again, pixels of a photo whose longer side
            has 250.
        edit_together: weight of coherence for ``edit``, as a multiple of the mean match distance: the penalty of a
            patch that is copied from elsewhere than its neighbours. Without it, mixtures of many patches blur.
        edit_height: ``height`` for ``edit``.
        edit_spread: ``spread`` for ``edit`` and ``harmonize``.
        paste_margin: ``edit_margin`` for ``harmonize``.
        paste_detail: standard deviation of the Gaussian that divides the pasted object's own shapes from what is taken
            from the photo, its texture; pixels of a photo whose longer side has 250.
        paste_light: how much of its own brightness a pasted object keeps, 0 .. 1; its hues are those of the photo.
        style_shapes: how much of the content's shapes ``stylize`` restores, 0 .. 1; 0 is the published method.
        style_detail: standard deviation of the Gaussian that divides these shapes from the style's texture, pixels of a
            photo whose longer side has 250.
        texture_alpha: ``alpha`` for ``texture``, whose results are larger than the photo: strong completeness reduces
            what is most frequent.
        texture_spread: ``spread`` for ``texture``.
        analogy_alpha: ``alpha`` for ``analogy``. Smaller values would add content that the target has no label for.
        analogy_restless: ``restless`` for ``analogy``, except where the target's colours are kept: there it blurs.
        relayout_together: weight of coherence for ``relayout`` and ``draw``, as ``edit_together``; 0 may leave holes
            where patches disagree, and blurs.
        analogy_spread: ``spread`` for ``analogy``.
        label_weight: weight of a label, 0 or 1, in ``analogy``, relative to a colour, -1..1, of the same pixel.
        light_weight: the same for the luminance of counterpart and target.
        texture_weight: the same if the photo is its own counterpart.
        usual_light: how far in ``draw`` the colours of the labels of each photo are moved towards those that are usual
            in the folder, 0..1.
        further_weight: weight in ``draw`` of not being from the photo whose layout is nearest, relative to a label.
        place_weight: weight of the position in the initial layout of ``analogy``, with coordinates from -1 to 1 on each
            axis; it decides where labels or luminance are ambiguous.
        remix_weight: weight of the classifier's features in ``remix``, whose variances sum up to 1, relative to a
            colour, -1..1.
        remix_place_weight: as ``place_weight``, for ``remix``.
        analogy_sway: standard deviation of the smooth random displacement of these positions, pixels of the coarsest
            level: how much two seeds differ.
        steps: patch replacement iterations per level.
        fine_steps: the same at levels of more than ``fine_steps_above`` pixels, where more iterations change little.
        fine_steps_above: number of pixels of a level above which ``fine_steps`` replaces ``steps``.
        spread: standard deviation of the Gaussian weights with which overlapping patches are averaged, as a fraction of
            the patch side; 0 is a uniform mean.
        mirror: also use patches of the horizontally flipped photo.
        search: ``exact`` searches exhaustively on all pixels of the patches, as published; ``fast`` is PatchMatch on
            principal components.
        components: number of principal components of a patch descriptor; 0 for all pixels.
        passes: PatchMatch sweeps per replacement.
        exact_below: ``fast`` searches exhaustively if the two images have fewer patches than this, in the geometric
            mean.
        searched: maximum pixels of a level, of the result or of the photo, at which matches are searched: above, the
            matches of the largest level below are upsampled to full size, which bounds the memory.
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
    height: float = 0.3
    restless: float = 0.0
    alpha: float = 0.005
    fine_alpha: bool = False
    relative_alpha: bool = True
    retarget_alpha: float = 0.01
    enlarge: str = "warp"
    seam_level: float = 0.8
    seam_alpha: float = 0.1
    remake_alpha: float = 0.05
    edit_margin: float = 20.0
    edit_together: float = 3.0
    edit_height: float = 0.3
    edit_spread: float = 0.2
    paste_margin: float = 2.0
    paste_detail: float = 1.5
    paste_light: float = 0.5
    style_shapes: float = 0.7
    style_detail: float = 1.7
    texture_alpha: float = 0.02
    texture_spread: float = 0.1
    analogy_alpha: float = 0.15
    analogy_restless: float = 1.0
    relayout_together: float = 1.0
    analogy_spread: float = 0.25
    label_weight: float = 2.0
    light_weight: float = 6.0
    texture_weight: float = 1.0
    usual_light: float = 0.6
    further_weight: float = 0.5
    place_weight: float = 0.3
    remix_weight: float = 0.3
    remix_place_weight: float = 3.0
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
    searched: int = MAX_SEARCHED


_PAPER = Config(
    fine_patch=7,
    coarsest=14,
    sway=0.0,
    height=0.0,
    alpha=0.005,
    fine_alpha=True,
    relative_alpha=False,
    retarget_alpha=0.005,
    enlarge="resize",
    fine_steps=10,
    spread=0.0,
    style_shapes=0.0,
    relayout_together=0.0,
    search="exact",
    components=0,
    searched=10**12,
)

PRESETS: dict[str, Config] = {
    "fast": Config(),
    "original": Config(sway=2.0, restless=2.0, spread=0.2, fine_steps=3, fine_alpha=True),
    "paper": _PAPER,
    # The published schedule with the approximate search, to evaluate the two changes separately.
    "paper-fast": replace(_PAPER, search="fast", components=24, passes=4),
    "tiny": Config(coarsest=14, steps=1, fine_steps=1, passes=1, components=8),
}
