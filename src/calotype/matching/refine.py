"""Coarse-to-fine synthesis: every patch is replaced by its best match in the photo, level by level.

Shared by the patch engines: the levels of the pyramid, the settings of the replacement, and the loop over both.
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
from calotype.matching.coherence import make_coherent
from calotype.matching.library import at_level
from calotype.matching.limits import MAX_SEARCHED
from calotype.matching.vote import vote
from calotype.run import Run

Tile = tuple[bool, bool]

# Typical variance of a photo over all channels, -1..1: a standard deviation of 0.45.
TYPICAL_VARIANCE = 0.2
# Seconds on two cores per pixel of a patch copied at such levels, fitted to benchmarks/results/speed.json.
SECONDS_PER_COPY = 20e-9


@dataclass(frozen=True)
class Level:
    """One level of the pyramid.

    Attributes:
        size: height and width of the result at this level.
        factor: scale of the photos at this level relative to full size.
        patch: side of the patches.
        steps: number of search and replacement iterations; 0 upsamples the matches of the previous level and copies.
        complete: whether completeness (``Refinement.alpha``) counts at this level.
    """

    size: tuple[int, int]
    factor: float
    patch: int
    steps: int
    complete: bool = True


@dataclass(frozen=True)
class Refinement:
    """Settings of the patch replacement.

    Attributes:
        restless: noise added at every level but the first, as a multiple of the RMS detail of that level.
        alpha: completeness, in units of mean squared patch difference on a -1..1 scale; 0 or less disables it.
        relative_alpha: multiply ``alpha`` by the variance of the photo at each level over ``TYPICAL_VARIANCE``.
        spread: standard deviation of the Gaussian weights with which overlapping patches are averaged, as a fraction of
            the patch side; 0 is a uniform mean.
        mirror: also use patches of the horizontally flipped photos.
        search: ``exact`` (exhaustive) or ``fast`` (PatchMatch).
        components: number of principal components of a patch descriptor; 0 for all pixels.
        passes: PatchMatch sweeps per replacement.
        exact_below: ``fast`` searches exhaustively if the two images have fewer patches than this, in the geometric
            mean.
        exact_start: the same for the first level, which has no initial field.
        together: weight of the coherence term, as a multiple of the mean match distance
            (``calotype.matching.coherence``); 0 takes the best match of each patch independently.
        worst_pairs: maximum pairs compared, at each replacement, in an exhaustive search for the patches whose match
            contradicts the guide; 0 for none.
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
    worst_pairs: int = 0


@dataclass(frozen=True)
class Guide:
    """Additional channels in the patch distance that define the layout; they are never changed.

    Attributes:
        source: guide channels of each photo: [1, G, H, W] of the photo's size, -1..1.
        target: guide channels of the result: [1, G, h, w], -1..1, of any size, with the result's aspect ratio.
        weight: weight of a difference in these channels, relative to one in a colour.
    """

    source: Sequence[Tensor]
    target: Tensor
    weight: float = 1.0


def limited(levels: Sequence[Level], photo: tuple[int, int], most: int = MAX_SEARCHED) -> list[Level]:
    """``levels`` without those of more than ``most`` pixels; the last one then only upsamples and copies.

    A single step leads from the largest searched level to the result: with several, matches would be rounded each time.
    The first level always stays, since it has the initial image.

    Args:
        levels: coarsest first; the last is the result, at full size.
        photo: height and width of the photo at full size.
        most: maximum pixels of result or photo at a level.
    """
    few = [
        x
        for i, x in enumerate(levels)
        if not i or max(x.size[0] * x.size[1], x.factor**2 * photo[0] * photo[1]) <= most
    ]
    return list(levels) if len(few) == len(levels) else [*few, replace(levels[-1], steps=0)]


@dataclass(frozen=True)
class Kept:
    """What does not change: a picture [1, C, h, w], -1..1, and the region [1, 1, h, w], 0 or 1, that may change.

    Both have the size of the result.
    """

    picture: Tensor
    region: Tensor

    def restored(self, picture: Tensor) -> Tensor:
        """``picture`` [1, C, y, x] of some level, with the kept pixels restored outside of the region."""
        size = (picture.shape[2], picture.shape[3])
        inside = resize(self.region, size, mode="bilinear") > 0.5
        return torch.where(inside, picture, resize(self.picture, size))


def noise_map(size: tuple[int, int], noise: torch.Generator, device: torch.device) -> Tensor:
    """Normal noise [1, 1, h, w], equal in all channels of a pixel, sampled on the CPU so that devices agree."""
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
    kept: Kept | None = None,
    initial: Matches | None = None,
) -> Tensor:
    """From ``start`` [1, C, h, w] at the first of ``levels`` to the result at the last of them.

    If the first level is a large one, PatchMatch needs initial matches. They are computed coarse to fine for ``start``
    itself, at the levels ``below``, which have no other effect. From random ones it would need dozens of steps, and
    patches badly matched until then would have been averaged to a blur. ``initial`` are such matches, already known.

    With a ``guide``, patch descriptors include its channels: those of the result are resampled from the target at every
    level, and do not change with its colours.
    """
    sources, guide = with_mirrored(photos, guide, how)
    mean = photos[0].mean((2, 3), keepdim=True)
    picture, matches = start, initial
    if matches is None:
        matches = initial_matches(start, sources, how, levels[0], below, noise, tile, guide)
    for index, level in enumerate(levels):
        stage = f"level {index + 1} of {len(levels)}"
        if not level.steps:
            for _ in run.steps(1, stage=stage):
                picture, matches = copy_upsampled(sources, matches, level, how, tile)
            continue
        library = at_level(sources, level.factor, levels[index - 1].factor if index else None, level.patch)
        if index:
            picture = resize_wrapped(picture, level.size, tile)
        if library.blurred is not None and how.restless > 0:
            detail = (library.sharp - library.blurred).square().mean().sqrt()
            picture = picture + how.restless * detail * noise_map(level.size, noise, picture.device)
        scaled = with_scaled_alpha(how, library.sharp) if level.complete else replace(how, alpha=0.0)
        target_guide, source_guide = guide_at(guide, level, tile)
        known = concatenated(library.sharp, source_guide)
        filters = principal_filters(known, level.patch, how.components or known.shape[1] * level.patch**2)
        key = None
        for step in run.steps(level.steps, stage=stage):
            comparable = library.sharp if step or library.blurred is None else library.blurred
            query = fields.Grid(wrap(concatenated(picture - mean, target_guide), level.patch, tile), filters, tile=tile)
            if key is None or (step == 1 and library.blurred is not None):
                key = fields.Grid(concatenated(comparable - mean, source_guide), filters, library.forbidden)
            matches = find_matches(query, key, matches, scaled, noise)
            if (
                how.worst_pairs
                and target_guide is not None
                and source_guide is not None
                and not tile[0]
                and not tile[1]
            ):
                wrong = contradicts_guide(target_guide, source_guide, matches.field, level.patch)
                matches = replace(
                    matches, field=fields.rematch_worst(query, key, matches.field, wrong, how.worst_pairs)
                )
            if how.together > 0:
                matches = replace(matches, field=make_coherent(query, key, matches.field, how.together))
            picture = vote(matches.field, query.shape, library.sharp, key.shape[1], level.patch, level.size, how.spread)
            if kept is not None:
                picture = kept.restored(picture)
            run.report(preview=picture if picture.shape[1] > 1 else picture.expand(-1, 3, -1, -1))
    return picture


def copy_upsampled(
    sources: Sequence[Tensor], before: Matches | None, level: Level, how: Refinement, tile: Tile
) -> tuple[Tensor, Matches]:
    """The image at a level too large to search: every patch is copied from its upsampled match of the previous level.

    Neighbours that were copied together stay together, so sharpness is lost only at the seams between copies.
    Descriptors of all patches and reverse fields, which a search needs, are never stored.
    """
    library = at_level(sources, level.factor, None, level.patch)
    query = fields.GridShape(level.size, level.patch, tile)
    key = fields.GridShape((library.sharp.shape[2], library.sharp.shape[3]), level.patch)
    if before is None:
        count = query.shape[0] * query.shape[1]
        before = Matches(torch.arange(count, device=library.sharp.device), None, query, query)
    field = patchmatch.upsample(before.field, before.query, query, before.key, key)
    picture = vote(field, query.shape, library.sharp, key.shape[1], level.patch, level.size, how.spread)
    return picture, Matches(field, None, query, key)


def with_mirrored(
    photos: Sequence[Tensor], guide: Guide | None, how: Refinement
) -> tuple[Sequence[Tensor], Guide | None]:
    """All source photos, with mirror images if wanted, and the guide for all of them."""
    if not how.mirror:
        return photos, guide
    sources = [*photos, *(photo.flip(3) for photo in photos)]
    if guide is None:
        return sources, None
    return sources, replace(guide, source=[*guide.source, *(source.flip(3) for source in guide.source)])


def guide_at(guide: Guide | None, level: Level, tile: Tile) -> tuple[Tensor | None, Tensor | None]:
    """The weighted channels of ``guide`` at a level, of the result and of the photos; ``None`` without a guide."""
    if guide is None:
        return None, None
    library = at_level(guide.source, level.factor, None, level.patch)
    return guide.weight * resize_wrapped(guide.target, level.size, tile), guide.weight * library.sharp


def contradicts_guide(target_guide: Tensor, source_guide: Tensor, field: Tensor, patch: int) -> Tensor:
    """Which patches have a match whose centre contradicts the guide.

    That is, with a distance as large as that of two random positions of the photo.

    Args:
        target_guide: [1, G, h, w], the guide of the result.
        source_guide: [1, G, H, W], the guide of the photo.
        field: int64 [N], the matches.
        patch: side of the patches.

    Returns:
        bool [N].
    """
    half = patch // 2
    wanted, there = (
        x[0, :, half : x.shape[2] - half, half : x.shape[3] - half].flatten(1) for x in (target_guide, source_guide)
    )
    return (wanted - there[:, field]).square().sum(0) > 2 * there.var(1).sum()


def concatenated(picture: Tensor, channels: Tensor | None) -> Tensor:
    """``picture`` with further channels appended, if there are any."""
    return picture if channels is None else torch.cat([picture, channels], 1)


def with_scaled_alpha(how: Refinement, photo: Tensor) -> Refinement:
    """``how`` with ``alpha`` scaled to the contrast of ``photo``, if it is relative."""
    if not how.relative_alpha:
        return how
    # Never 0, which would disable completeness.
    return replace(how, alpha=how.alpha * max(float(photo.var()), 1e-6) / TYPICAL_VARIANCE)


def initial_matches(
    start: Tensor,
    sources: Sequence[Tensor],
    how: Refinement,
    level: Level,
    below: Sequence[Level],
    noise: torch.Generator,
    tile: Tile,
    guide: Guide | None = None,
) -> Matches | None:
    """Matches of ``start`` at the last of the levels ``below``; ``None`` if there are none, or they are not needed."""
    matches = None
    keys = sum(photo.shape[2] * photo.shape[3] for photo in sources) * level.factor**2
    if how.search == "exact" or level.size[0] * level.size[1] * keys < how.exact_start**2:
        return matches  # the first level is searched exhaustively
    mean = sources[0].mean((2, 3), keepdim=True)
    for level in below:
        library = at_level(sources, level.factor, None, level.patch)
        target_guide, source_guide = guide_at(guide, level, tile)
        known = concatenated(library.sharp, source_guide)
        filters = principal_filters(known, level.patch, how.components or known.shape[1] * level.patch**2)
        small = resize(start, level.size, clamp=False) - mean
        query = fields.Grid(wrap(concatenated(small, target_guide), level.patch, tile), filters, tile=tile)
        key = fields.Grid(concatenated(library.sharp - mean, source_guide), filters, library.forbidden)
        matches = find_matches(query, key, matches, with_scaled_alpha(how, library.sharp), noise)
    return matches


@dataclass(frozen=True)
class Matches:
    """Fields found so far, and the geometry of their grids."""

    field: Tensor
    reverse: Tensor | None
    query: fields.GridShape
    key: fields.GridShape

    def one_way(self) -> Matches:
        """These without the reverse field."""
        return replace(self, reverse=None)


def find_matches(
    query: fields.Grid, key: fields.Grid, before: Matches | None, how: Refinement, noise: torch.Generator
) -> Matches:
    """The field from ``query`` to ``key``; PatchMatch starts from the one found ``before``."""
    most = how.exact_below if before is not None else max(how.exact_start, how.exact_below)
    small = len(query) * len(key) < most**2
    if how.search == "exact":
        return Matches(fields.exact(query, key, how.alpha), None, query.geometry, key.geometry)
    if small:  # PatchMatch, which takes over at larger levels, needs the reverse field, too
        return Matches(*fields.exact_both(query, key, how.alpha), query.geometry, key.geometry)
    field, reverse = upsampled_fields(query, key, before if how.alpha > 0 or before is None else before.one_way())
    field, reverse = patchmatch.search(query, key, field, reverse, how.alpha, how.passes, noise)
    return Matches(field, reverse, query.geometry, key.geometry)


def upsampled_fields(query: fields.Grid, key: fields.Grid, before: Matches | None) -> tuple[Tensor, Tensor | None]:
    """The fields found before, resampled to the current grids; if there are none, the identity.

    There is no reverse field once a level has been searched without completeness.
    """
    if before is None:
        return identity_field(query, key), identity_field(key, query)
    if (before.query, before.key) == (query.geometry, key.geometry):
        return before.field, before.reverse
    field = patchmatch.upsample(before.field, before.query, query.geometry, before.key, key.geometry)
    if before.reverse is None:
        return field, None
    return field, patchmatch.upsample(before.reverse, before.key, key.geometry, before.query, query.geometry)


def matched(field: Tensor, query: fields.GridShape, key: fields.GridShape) -> Matches:
    """The matches of a field; the reverse field is its inverse, and the relative position where it has none."""
    back = patchmatch.invert(field, torch.zeros_like(field, dtype=torch.float32), key.shape[0] * key.shape[1])
    return Matches(field, torch.where(back < 0, _relative(key.shape, query.shape, field.device), back), query, key)


def identity_field(query: fields.Grid, key: fields.Grid) -> Tensor:
    """The field that keeps every patch at its relative position."""
    return _relative(query.shape, key.shape, query.picture.device)


def _relative(shape: tuple[int, int], to: tuple[int, int], device: torch.device) -> Tensor:
    """For each patch of a grid of ``shape`` that at its relative position in a grid of the shape ``to``."""
    (rows, columns), (key_rows, key_columns) = shape, to
    row = torch.arange(rows, device=device) * key_rows // rows
    column = torch.arange(columns, device=device) * key_columns // columns
    return (row[:, None] * key_columns + column[None]).flatten()
