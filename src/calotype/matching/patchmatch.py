"""Approximate nearest-neighbour fields, in time and memory proportional to the number of patches.

PatchMatch (Barnes et al., SIGGRAPH 2009): a good match of a patch, shifted, is a good match of its neighbour; and some
of many random guesses are good. Here all patches of a strip evaluate the same candidates at once, as one batched
product; fields are initialised from the coarser level of the pyramid.
"""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.matching.field import (
    FORBIDDEN,
    Grid,
    GridShape,
    PartialRows,
    completeness_weight,
    key_rows,
    products,
    query_rows,
    strip_size,
)

# Patches whose matches are upsampled at a time, in whole rows.
STRIP = 1 << 22
# Offsets of the neighbours for propagation, in units of the step.
CROSS = ((-1, 0), (0, -1), (0, 1), (1, 0))
# Distances of these neighbours in each sweep: far ones first, so that good matches spread fast.
STEPS = ((3, 1), (1,))


def search(
    query: Grid,
    key: Grid,
    field: Tensor,
    reverse: Tensor | None,
    alpha: float,
    passes: int,
    noise: torch.Generator,
) -> tuple[Tensor, Tensor | None]:
    """Improve a field (and, with completeness, the reverse field it depends on).

    Args:
        query: patches that need a match, N of them.
        key: candidate patches, M of them.
        field: int64 [N], the initial field.
        reverse: int64 [M], the initial reverse field, or ``None`` for no completeness.
        alpha: completeness, as in ``Config``; 0 or less disables it.
        passes: number of sweeps.
        noise: CPU generator of the random guesses.

    Returns:
        both fields, improved.
    """
    weight = None
    hints = None
    if alpha > 0 and reverse is not None:
        used = invert(field, torch.zeros_like(field, dtype=torch.float32), len(reverse))
        reverse, nearest = improve(key, query, None, reverse, used, passes, noise)
        weight = completeness_weight(nearest, alpha)
        wanted = nearest if key.forbidden is None else nearest.masked_fill(key.forbidden.flatten(), FORBIDDEN)
        hints = invert(reverse, wanted, len(field))
    field, _ = improve(query, key, weight, field, hints, passes, noise)
    return field, reverse


def invert(field: Tensor, score: Tensor, count: int) -> Tensor:
    """Invert a field: for each of ``count`` targets, the lowest-scored source that points to it, or -1.

    Score and index are packed into one integer and reduced by minimum, so that the result does not depend on the order
    of threads.
    """
    packed = (score.clamp_min(0).view(torch.int32).long() << 32) | torch.arange(len(field), device=field.device)
    empty = torch.iinfo(torch.int64).max
    best = torch.full((count,), empty, device=field.device)
    best.scatter_reduce_(0, field, packed, "amin")
    return torch.where(best == empty, -1, best & 0xFFFFFFFF)


def improve(
    query: Grid,
    target: Grid,
    weight: Tensor | None,
    field: Tensor,
    hints: Tensor | None,
    passes: int,
    noise: torch.Generator,
    targets: Tensor | PartialRows | None = None,
    radius: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Sweeps of propagation and random search for one field. Returns the field and its scores.

    Args:
        query: patches that need a match; inactive ones keep theirs, and score ``FORBIDDEN``.
        target: candidate patches.
        weight: [len(target)] factor of the distance to each target, or ``None`` for 1.
        field: int64 [len(query)], the initial field.
        hints: int64 [len(query)], one additional candidate each, -1 for none, or ``None``.
        passes: number of sweeps.
        noise: CPU generator.
        targets: ``key_rows(target, weight)`` or a part of them, if already computed.
        radius: largest distance of random guesses from the present match, patches; ``None`` for no limit.
    """
    columns, target_columns = query.shape[1], target.shape[1]
    targets = key_rows(target, weight) if targets is None else targets
    field = field.clone()
    score = torch.full_like(field, FORBIDDEN, dtype=torch.float32)
    radii = random_radii(min(max(target.shape), radius or max(target.shape)))
    strips = list(query.strips(strip_size(field.device)))
    longest = max(bottom - top for top, bottom in strips) * columns
    guesses = random_jumps(radii, target_columns, longest, noise, field.device)
    for sweep in range(passes):
        jumps = guesses.roll(sweep * (longest // passes), 0) if sweep else guesses
        for top, bottom in strips if sweep % 2 == 0 else reversed(strips):
            start, stop = top * columns, bottom * columns
            active = slice(None) if query.active is None else query.active[top:bottom].flatten().nonzero()[:, 0]
            if isinstance(active, Tensor) and not len(active):
                continue
            queries = query_rows(query.describe(top, bottom)[active])
            matches, current_score = field[start:stop], score[start:stop]
            candidates = []
            if sweep == 0:
                candidates.append(matches)
                if hints is not None:
                    candidates.append(torch.where(hints[start:stop] < 0, matches, hints[start:stop]))
            for step in STEPS[sweep % len(STEPS)]:
                candidates += proposals(field, columns, target_columns, start, stop, step)
            found = best_of(
                queries, targets, matches[active], current_score[active], torch.stack(candidates, 1)[active]
            )
            found = best_of(queries, targets, *found, found[0][:, None] + jumps[: len(found[0])])
            matches[active], current_score[active] = found
    return field, score


def best_of(
    queries: Tensor, targets: Tensor | PartialRows, matches: Tensor, current_score: Tensor, candidates: Tensor
) -> tuple[Tensor, Tensor]:
    """For each query the candidate [N, K] of least score, or its current match if none is better."""
    candidates = candidates.clamp_(0, len(targets) - 1)
    best, which = products(queries, targets, candidates).min(1)
    better = best < current_score
    return torch.where(better, candidates.gather(1, which[:, None])[:, 0], matches), torch.where(
        better, best, current_score
    )


def proposals(field: Tensor, columns: int, target_columns: int, start: int, stop: int, step: int) -> list[Tensor]:
    """Candidates from the neighbours at distance ``step`` of the patches ``start`` to ``stop``: their matches, shifted
    back.

    Neighbours are addressed in the flat list, so those beyond the end of a row are in the next one: a wrong neighbour
    is one more guess, and costs less than a check.
    """
    found = []
    for dy, dx in CROSS:
        offset = (dy * columns + dx) * step
        neighbours = _shifted(field, start, stop, offset)
        found.append(neighbours - (dy * target_columns + dx) * step)
    return found


def _shifted(field: Tensor, start: int, stop: int, offset: int) -> Tensor:
    """``field[start + offset : stop + offset]``; entries beyond an end of the list are the nearest ones within."""
    before = min(max(0, -start - offset), stop - start)
    after = min(max(0, stop + offset - len(field)), stop - start)
    within = field[start + offset + before : stop + offset - after]
    return torch.cat([field[:1].expand(before), within, field[-1:].expand(after)]) if before or after else within


def random_radii(side: int) -> list[int]:
    """Search radii: the whole image, then a third of the previous one, down to 1."""
    radii = [side]
    while radii[-1] > 1:
        radii.append(max(1, radii[-1] // 3))
    return radii


def random_jumps(
    radii: list[int], target_columns: int, count: int, noise: torch.Generator, device: torch.device
) -> Tensor:
    """Random offsets within each radius, in the flat list of targets: int64 [count, len(radii)]."""
    scale = torch.tensor(radii, dtype=torch.float32)
    down, across = torch.rand(2, count, len(radii), generator=noise).mul_(2 * scale).sub_(scale).round_().long()
    jumps: Tensor = down.mul_(target_columns).add_(across)
    return jumps.to(device)


def upsample(field: Tensor, old: GridShape, new: GridShape, old_target: GridShape, new_target: GridShape) -> Tensor:
    """Resample a field between two levels of the pyramid, ``old`` -> ``new``.

    Every patch takes the scaled match of the old patch at its centre, plus its own offset from the centre of that.
    Centres are scaled with the image sizes: scaling with the numbers of patches, which are smaller by a patch side,
    would shift a match half an image away by half a patch.

    Args:
        field: int64 [rows * columns of ``old``], indices into the patches of ``old_target``.
        old: geometry of the field.
        new: geometry of the result.
        old_target: geometry of the field's targets.
        new_target: geometry of the result's targets.

    Returns:
        int64 [rows * columns of ``new``].
    """
    # In blocks of rows: the temporaries of a large field take several times its memory.
    rows = torch.split(torch.arange(new.shape[0], device=field.device), max(1, STRIP // new.shape[1]))
    return torch.cat([_upsampled(field.view(old.shape), old, new, old_target, new_target, some) for some in rows])


def _upsampled(
    field: Tensor, old: GridShape, new: GridShape, old_target: GridShape, new_target: GridShape, rows: Tensor
) -> Tensor:
    """The given rows of the result of ``upsample``."""
    columns = torch.arange(new.shape[1], device=field.device)
    # Fractional positions at the old level: the corner of a patch with the same centre.
    at = [_rescaled(position, new, old, axis) for axis, position in enumerate((rows, columns))]
    y, x = (position.round().long().clamp(0, most - 1) for position, most in zip(at, old.shape))
    match = field[y][:, x]
    to_y = _rescaled(match // old_target.shape[1] + (at[0] - y)[:, None], old_target, new_target, 0)
    to_x = _rescaled(match % old_target.shape[1] + (at[1] - x)[None], old_target, new_target, 1)
    to_y = to_y.round().long().clamp(0, new_target.shape[0] - 1)
    to_x = to_x.round().long().clamp(0, new_target.shape[1] - 1)
    return (to_y * new_target.shape[1] + to_x).flatten()


def _rescaled(corner: Tensor, old: GridShape, new: GridShape, axis: int) -> Tensor:
    """The corner of the patch with the same centre, along an axis, in the image of the other size."""
    # Halves are exact in double precision, however large the image: their rounding decides what is copied.
    centre = corner.double() + old.patch / 2
    return centre * (new.size[axis] / old.size[axis]) - new.patch / 2
