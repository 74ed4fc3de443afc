"""From a coarse picture to a fine one, every patch replaced by the photo's patch that suits it best.

What the patch engines share: the pyramid's levels, the settings of a replacement, and the loop over both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from calotype.image.patches import principal_filters, wrap
from calotype.image.resize import resize, resize_wrapped
from calotype.matching import field as fields
from calotype.matching import patchmatch
from calotype.matching.coherence import gathered
from calotype.matching.library import at_level
from calotype.matching.vote import vote
from calotype.run import Run

Tile = tuple[bool, bool]

# Of photos, all channels together, values from -1 to 1: a standard deviation of 0.45.
USUAL_VARIANCE = 0.2
# Pixels of a level, of result or photo, up to which patches are looked for. The matches of the largest such level are
# carried up to full size, which bounds time and memory (benchmarks/carried.py: what is lost by it).
SEARCHED = 6_000_000
# Seconds on two cores for a pixel of a patch copied where they are, fitted to benchmarks/results/speed.json.
PER_COPY = 20e-9


@dataclass(frozen=True)
class Level:
    """One level of the pyramid.

    Attributes:
        size: height and width of the result at this level.
        factor: scale of the photos at this level against their full size.
        patch: side of the patches.
        steps: replacements of every patch; 0 carries the matches of the level before up and copies what they point to.
    """

    size: tuple[int, int]
    factor: float
    patch: int
    steps: int


@dataclass(frozen=True)
class Refinement:
    """How patches are replaced.

    Attributes:
        restless: noise added at every level but the first, as a multiple of the detail it adds (root mean square).
        alpha: completeness, in units of mean squared patch difference on a -1..1 scale; 0 or less switches it off.
        relative_alpha: multiply ``alpha`` by the variance of the photo at each level over ``USUAL_VARIANCE``.
        spread: where patches overlap, each counts by a bell of this standard deviation around its middle, as a fraction
            of its side; 0 is a plain mean.
        mirror: take patches from the photos' mirror images too.
        search: ``exact`` (all with all) or ``fast`` (PatchMatch).
        components: principal components that stand for a patch; 0 for all its pixels.
        passes: sweeps of the fast search for each replacement.
        exact_below: the fast search compares all with all where the two pictures have fewer patches than this, in the
            geometric mean.
        exact_start: the same for the first level, where there is no field to start from.
        together: what it costs, as a multiple of the mean distance of the matches, that all around a patch is copied
            from elsewhere than it (``calotype.matching.coherence``); 0 takes the best match of each patch alone.
        mended: pairs of patches that are compared, at each replacement, to find better matches for those that the
            search has left with what the guide does not want there; 0 leaves them as they are.
    """

    restless: float = 0.0
    alpha: float = 0.005
    relative_alpha: bool = True
    spread: float = 0.0
    mirror: bool = False
    search: str = "fast"
    components: int = 24
    passes: int = 2
    exact_below: int = 1500
    exact_start: int = 1500
    together: float = 0.0
    mended: int = 0


@dataclass(frozen=True)
class Guide:
    """Channels that are compared along with the colours and say what belongs where; they are never changed.

    Attributes:
        source: what lies where in each of the photos: [1, G, H, W] of the photo's size, -1..1.
        target: what is to lie where in the result: [1, G, h, w], -1..1, of any size, in the shape of the result.
        weight: how much a difference counts in one of these channels, against the same difference in a colour.
    """

    source: Sequence[Tensor]
    target: Tensor
    weight: float = 1.0


def bounded(levels: Sequence[Level], photo: tuple[int, int], most: int = SEARCHED) -> list[Level]:
    """``levels``, the last one at full size, with those of more than ``most`` pixels left out or merely carried up to.

    One step leads from the largest level that is searched to the result: carried in several, matches would be rounded
    each time. The first level always stays: it is the one that the result begins with.

    Args:
        levels: coarsest first; the last is the result.
        photo: height and width of the photo at full size.
        most: pixels of result or photo at a level.
    """
    few = [
        x
        for i, x in enumerate(levels)
        if not i or max(x.size[0] * x.size[1], x.factor**2 * photo[0] * photo[1]) <= most
    ]
    return list(levels) if len(few) == len(levels) else [*few, replace(levels[-1], steps=0)]


def drawn(size: tuple[int, int], noise: torch.Generator, device: torch.device) -> Tensor:
    """Normal noise [1, 1, h, w], one value for all channels of a pixel, drawn on the CPU so that devices agree."""
    return torch.randn(1, 1, *size, generator=noise).to(device)


def refine(
    start: Tensor,
    photos: Sequence[Tensor],
    how: Refinement,
    run: Run,
    levels: Sequence[Level],
    noise: torch.Generator,
    tile: Tile,
    below: Sequence[Level] = (),
    guide: Guide | None = None,
) -> Tensor:
    """From ``start`` [1, C, h, w] at the first of ``levels`` to the result at the last of them.

    Where the first level is a large one, the fast search needs matches to begin with. It finds them from coarse to fine
    in ``start`` itself, at the levels ``below``, which leave no other trace. From random ones it would take dozens of
    steps, and patches that were badly matched till then would have been averaged to a blur.

    With a ``guide``, patches are described by its channels beside their colours: the result's come from the target anew
    at every level, sharp from the first step on, whatever its colours are so far.
    """
    family, guide = in_family(photos, guide, how)
    mean = photos[0].mean((2, 3), keepdim=True)
    picture, fit = start, first_fit(start, family, how, levels[0], below, noise, tile, guide)
    for index, level in enumerate(levels):
        stage = f"level {index + 1} of {len(levels)}"
        if not level.steps:
            for _ in run.steps(1, stage=stage):
                picture, fit = carried_up(family, fit, level, how, tile)
            continue
        library = at_level(family, level.factor, levels[index - 1].factor if index else None, level.patch)
        if index:
            picture = resize_wrapped(picture, level.size, tile)
        if library.blurred is not None and how.restless > 0:
            detail = (library.sharp - library.blurred).square().mean().sqrt()
            picture = picture + how.restless * detail * drawn(level.size, noise, picture.device)
        here = in_proportion(how, library.sharp)
        asked, lent = guiding(guide, level, tile)
        known = beside(library.sharp, lent)
        filters = principal_filters(known, level.patch, how.components or known.shape[1] * level.patch**2)
        for step in run.steps(level.steps, stage=stage):
            like_query = library.sharp if step or library.blurred is None else library.blurred
            query = fields.Grid(wrap(beside(picture - mean, asked), level.patch, tile), filters, tile=tile)
            key = fields.Grid(beside(like_query - mean, lent), filters, library.forbidden)
            fit = matched(query, key, fit, here, noise)
            if how.mended and asked is not None and lent is not None and not tile[0] and not tile[1]:
                wrong = misguided(asked, lent, fit.field, level.patch)
                fit = replace(fit, field=fields.mended(query, key, fit.field, wrong, how.mended))
            if how.together > 0:
                fit = replace(fit, field=gathered(query, key, fit.field, how.together))
            picture = vote(fit.field, query.shape, library.sharp, key.shape[1], level.patch, level.size, how.spread)
            run.report(preview=picture)
    return picture


def carried_up(
    family: Sequence[Tensor], before: Fit | None, level: Level, how: Refinement, tile: Tile
) -> tuple[Tensor, Fit]:
    """The picture at a level too large to be searched: every patch is what its match at the level before was part of.

    Neighbours that were copied together stay together, so this costs sharpness only at the joints between copies. What
    searching needs, descriptions of all patches and a field in both directions, is never held.
    """
    library = at_level(family, level.factor, None, level.patch)
    query = fields.Places(level.size, level.patch, tile)
    key = fields.Places((library.sharp.shape[2], library.sharp.shape[3]), level.patch)
    if before is None:
        count = query.shape[0] * query.shape[1]
        before = Fit(torch.arange(count, device=library.sharp.device), None, query, query)
    field = patchmatch.upscale(before.field, before.query, query, before.key, key)
    picture = vote(field, query.shape, library.sharp, key.shape[1], level.patch, level.size, how.spread)
    return picture, Fit(field, None, query, key)


def in_family(photos: Sequence[Tensor], guide: Guide | None, how: Refinement) -> tuple[Sequence[Tensor], Guide | None]:
    """All pictures that lend patches, mirror images included where they are wanted, and the guide for all of them."""
    if not how.mirror:
        return photos, guide
    family = [*photos, *(photo.flip(3) for photo in photos)]
    if guide is None:
        return family, None
    return family, replace(guide, source=[*guide.source, *(source.flip(3) for source in guide.source)])


def guiding(guide: Guide | None, level: Level, tile: Tile) -> tuple[Tensor | None, Tensor | None]:
    """The weighted channels of ``guide`` at a level, those of the result and those of the photos; ``None`` without."""
    if guide is None:
        return None, None
    library = at_level(guide.source, level.factor, None, level.patch)
    return guide.weight * resize_wrapped(guide.target, level.size, tile), guide.weight * library.sharp


def misguided(asked: Tensor, lent: Tensor, field: Tensor, patch: int) -> Tensor:
    """Which patches have a match in the middle of which the guide wants something else.

    As far apart, that is, as any two places of the photo on average.

    Args:
        asked: [1, G, h, w], the guide of the result.
        lent: [1, G, H, W], that of the photo.
        field: int64 [N], the matches.
        patch: side of the patches.

    Returns:
        bool [N].
    """
    half = patch // 2
    wanted, there = (x[0, :, half : x.shape[2] - half, half : x.shape[3] - half].flatten(1) for x in (asked, lent))
    return (wanted - there[:, field]).square().sum(0) > 2 * there.var(1).sum()


def beside(picture: Tensor, channels: Tensor | None) -> Tensor:
    """``picture`` with further channels behind its own, where there are any."""
    return picture if channels is None else torch.cat([picture, channels], 1)


def in_proportion(how: Refinement, photo: Tensor) -> Refinement:
    """``how`` with the completeness that suits the contrast of ``photo``, where it is relative."""
    if not how.relative_alpha:
        return how
    # Never 0, which would switch completeness off: a photo of one colour has nothing to lose.
    return replace(how, alpha=how.alpha * max(float(photo.var()), 1e-6) / USUAL_VARIANCE)


def first_fit(
    start: Tensor,
    family: Sequence[Tensor],
    how: Refinement,
    level: Level,
    below: Sequence[Level],
    noise: torch.Generator,
    tile: Tile,
    guide: Guide | None = None,
) -> Fit | None:
    """The matches of ``start`` at the last of the levels ``below``; ``None`` where there is none or no use for them."""
    fit = None
    keys = sum(photo.shape[2] * photo.shape[3] for photo in family) * level.factor**2
    if how.search == "exact" or level.size[0] * level.size[1] * keys < how.exact_start**2:
        return fit  # all patches will be compared with all
    mean = family[0].mean((2, 3), keepdim=True)
    for level in below:
        library = at_level(family, level.factor, None, level.patch)
        asked, lent = guiding(guide, level, tile)
        known = beside(library.sharp, lent)
        filters = principal_filters(known, level.patch, how.components or known.shape[1] * level.patch**2)
        small = resize(start, level.size, clamp=False) - mean
        query = fields.Grid(wrap(beside(small, asked), level.patch, tile), filters, tile=tile)
        key = fields.Grid(beside(library.sharp - mean, lent), filters, library.forbidden)
        fit = matched(query, key, fit, in_proportion(how, library.sharp), noise)
    return fit


@dataclass(frozen=True)
class Fit:
    """Fields found so far, and the patches they join."""

    field: Tensor
    reverse: Tensor | None
    query: fields.Places
    key: fields.Places


def matched(query: fields.Grid, key: fields.Grid, before: Fit | None, how: Refinement, noise: torch.Generator) -> Fit:
    """The field from ``query`` to ``key``; the fast search starts from the one found ``before``."""
    most = how.exact_below if before is not None else max(how.exact_start, how.exact_below)
    few = len(query) * len(key) < most**2
    if how.search == "exact" or few:
        # Only the fast search, which takes over at larger levels, has a use for the other direction.
        back, nearest = fields.exact_reverse(query, key) if how.search == "fast" else (None, None)
        return Fit(fields.exact(query, key, how.alpha, nearest=nearest), back, query.places, key.places)
    field, reverse = carried(query, key, before)
    field, reverse = patchmatch.search(query, key, field, reverse, how.alpha, how.passes, noise)
    return Fit(field, reverse, query.places, key.places)


def carried(query: fields.Grid, key: fields.Grid, before: Fit | None) -> tuple[Tensor, Tensor]:
    """The fields found before, on the grids of now; where there were none, everything in proportion to its place."""
    if before is None or before.reverse is None:
        return in_place(query, key), in_place(key, query)
    if (before.query, before.key) == (query.places, key.places):
        return before.field, before.reverse
    return (
        patchmatch.upscale(before.field, before.query, query.places, before.key, key.places),
        patchmatch.upscale(before.reverse, before.key, key.places, before.query, query.places),
    )


def in_place(query: fields.Grid, key: fields.Grid) -> Tensor:
    """The field that leaves every patch where it is, but for the difference in size."""
    (rows, columns), (key_rows, key_columns) = query.shape, key.shape
    device = query.picture.device
    row = torch.arange(rows, device=device) * key_rows // rows
    column = torch.arange(columns, device=device) * key_columns // columns
    return (row[:, None] * key_columns + column[None]).flatten()
