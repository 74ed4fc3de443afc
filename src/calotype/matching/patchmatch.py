"""Approximate nearest-neighbour fields, in time and memory proportional to the number of patches.

PatchMatch (Barnes et al., SIGGRAPH 2009) rests on two facts: a good match of a patch is, shifted, a good match of its
neighbour; and among many random guesses some are good. Here all patches of a strip try the same few candidates at once,
as one batched product; fields come from the coarser level of the pyramid, so they start near the answer.
"""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.matching.field import FORBIDDEN, Grid, Places, as_seekers, as_targets, completeness_weight, strip_size

# Patches whose matches are carried up at a time, in whole rows.
STRIP = 1 << 22
# Neighbours whose matches are tried, in units of the step.
CROSS = ((-1, 0), (0, -1), (0, 1), (1, 0))
# Distances of the neighbours asked in each sweep: far ones first, so that a find spreads quickly.
STEPS = ((3, 1), (1,))


def search(
    query: Grid, key: Grid, field: Tensor, reverse: Tensor, alpha: float, passes: int, noise: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Improve a field (and, with completeness, the reverse field it depends on).

    Args:
        query: patches that look for a match, N of them.
        key: patches that they choose from, M of them.
        field: int64 [N], where the search starts.
        reverse: int64 [M], where the search for each key's nearest query starts; not looked at where ``alpha`` is 0 or
            less.
        alpha: completeness, as in ``Config``.
        passes: sweeps.
        noise: CPU generator of the random guesses.

    Returns:
        the two fields, improved.
    """
    weight = None
    hints = None
    if alpha > 0:
        used = claim(field, torch.zeros_like(field, dtype=torch.float32), len(reverse))
        reverse, nearest = improve(key, query, None, reverse, used, passes, noise)
        weight = completeness_weight(nearest, alpha)
        wanted = nearest if key.forbidden is None else nearest.masked_fill(key.forbidden.flatten(), FORBIDDEN)
        hints = claim(reverse, wanted, len(field))
    field, _ = improve(query, key, weight, field, hints, passes, noise)
    return field, reverse


def claim(field: Tensor, score: Tensor, count: int) -> Tensor:
    """Turn a field round: for each of ``count`` targets, the lowest-scored source that points at it, or -1.

    Score and index are packed into one integer and reduced by minimum, so the answer does not depend on the order of
    threads.
    """
    packed = (score.clamp_min(0).view(torch.int32).long() << 32) | torch.arange(len(field), device=field.device)
    empty = torch.iinfo(torch.int64).max
    best = torch.full((count,), empty, device=field.device)
    best.scatter_reduce_(0, field, packed, "amin")
    return torch.where(best == empty, -1, best & 0xFFFFFFFF)


def improve(
    seek: Grid,
    target: Grid,
    weight: Tensor | None,
    field: Tensor,
    hints: Tensor | None,
    passes: int,
    noise: torch.Generator,
    targets: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Sweeps of propagation and random search for one field. Returns the field and its scores.

    Args:
        seek: the patches that look for a match; those that are not active keep theirs, and score ``FORBIDDEN``.
        target: the patches they choose from.
        weight: [len(target)] factor on the distance to each target, or ``None`` for 1.
        field: int64 [len(seek)], the start.
        hints: int64 [len(seek)], one more candidate each, -1 for none, or ``None``.
        passes: number of sweeps.
        noise: CPU generator.
        targets: ``as_targets(target, weight)``, where it is known from before.
    """
    columns, target_columns = seek.shape[1], target.shape[1]
    targets = as_targets(target, weight) if targets is None else targets
    field = field.clone()
    score = torch.full_like(field, FORBIDDEN, dtype=torch.float32)
    radii = random_radii(max(target.shape))
    strips = list(seek.strips(strip_size(field.device)))
    longest = max(bottom - top for top, bottom in strips) * columns
    for sweep in range(passes):
        jumps = random_jumps(radii, target_columns, longest, noise, field.device)
        for top, bottom in strips if sweep % 2 == 0 else reversed(strips):
            start, stop = top * columns, bottom * columns
            busy = slice(None) if seek.active is None else seek.active[top:bottom].flatten().nonzero()[:, 0]
            if isinstance(busy, Tensor) and not len(busy):
                continue
            seekers = as_seekers(seek.describe(top, bottom)[busy])
            own, worth = field[start:stop], score[start:stop]
            candidates = []
            if sweep == 0:
                candidates.append(own)
                if hints is not None:
                    candidates.append(torch.where(hints[start:stop] < 0, own, hints[start:stop]))
            for step in STEPS[sweep % len(STEPS)]:
                candidates += proposals(field, columns, target_columns, start, stop, step)
            found = choose(seekers, targets, own[busy], worth[busy], torch.stack(candidates, 1)[busy])
            found = choose(seekers, targets, *found, found[0][:, None] + jumps[: len(found[0])])
            own[busy], worth[busy] = found
    return field, score


def choose(seekers: Tensor, targets: Tensor, own: Tensor, worth: Tensor, candidates: Tensor) -> tuple[Tensor, Tensor]:
    """For each seeker the candidate [N, K] of least score, or its own match where none is better."""
    candidates = candidates.clamp_(0, len(targets) - 1)
    rows = targets.index_select(0, candidates.flatten()).view(*candidates.shape, -1)
    scores = torch.bmm(rows, seekers[:, :, None])[:, :, 0]
    best, which = scores.min(1)
    better = best < worth
    return torch.where(better, candidates.gather(1, which[:, None])[:, 0], own), torch.where(better, best, worth)


def proposals(field: Tensor, columns: int, target_columns: int, start: int, stop: int, step: int) -> list[Tensor]:
    """What neighbours at distance ``step`` propose for the patches ``start`` to ``stop``: their match, shifted back.

    Neighbours are found by their place in the flat list, so those beyond the end of a row lie in the next one: a wrong
    neighbour there is one more guess, and costs less than telling it apart.
    """
    found = []
    for dy, dx in CROSS:
        offset = (dy * columns + dx) * step
        first = min(max(start + offset, 0), len(field) - (stop - start))
        found.append(field[first : first + stop - start] - (dy * target_columns + dx) * step)
    return found


def random_radii(side: int) -> list[int]:
    """Search radii: the whole picture, then a third of the last each time, down to 1."""
    radii = [side]
    while radii[-1] > 1:
        radii.append(max(1, radii[-1] // 3))
    return radii


def random_jumps(
    radii: list[int], target_columns: int, count: int, noise: torch.Generator, device: torch.device
) -> Tensor:
    """int64 [count, len(radii)]: for each radius a random jump within it, as a distance in the flat list of targets."""
    scale = torch.tensor(radii, dtype=torch.float32)[:, None]
    jumps = ((torch.rand(count, len(radii), 2, generator=noise) * 2 - 1) * scale).round().long()
    return (jumps[:, :, 0] * target_columns + jumps[:, :, 1]).to(device)


def upscale(field: Tensor, old: Places, new: Places, old_target: Places, new_target: Places) -> Tensor:
    """Carry a field between two levels of the pyramid, ``old`` -> ``new``.

    Every patch takes the match of the patch that its middle lies in at the old level, scaled, plus its own offset from
    the middle of that. Middles are scaled as the pictures are: by the counts of patches, which are smaller by the side
    of a patch, a match half a picture away would be off by half a patch.

    Args:
        field: int64 [rows * columns of ``old``], indices into the patches of ``old_target``.
        old: patches that the field is of.
        new: patches that it is to be of.
        old_target: what it leads to.
        new_target: what it is to lead to.

    Returns:
        int64 [rows * columns of ``new``].
    """
    # Some rows at a time: of a large field the temporaries would weigh several times as much as itself.
    rows = torch.split(torch.arange(new.shape[0], device=field.device), max(1, STRIP // new.shape[1]))
    return torch.cat([_upscaled(field.view(old.shape), old, new, old_target, new_target, some) for some in rows])


def _upscaled(field: Tensor, old: Places, new: Places, old_target: Places, new_target: Places, rows: Tensor) -> Tensor:
    """Those rows of the field that ``upscale`` makes."""
    columns = torch.arange(new.shape[1], device=field.device)
    # Fractional places at the old level: of the pixel that begins a patch with the same middle.
    at = [_rescaled(there, new, old, axis) for axis, there in enumerate((rows, columns))]
    y, x = (there.round().long().clamp(0, most - 1) for there, most in zip(at, old.shape))
    match = field[y][:, x]
    to_y = _rescaled(match // old_target.shape[1] + (at[0] - y)[:, None], old_target, new_target, 0)
    to_x = _rescaled(match % old_target.shape[1] + (at[1] - x)[None], old_target, new_target, 1)
    to_y = to_y.round().long().clamp(0, new_target.shape[0] - 1)
    to_x = to_x.round().long().clamp(0, new_target.shape[1] - 1)
    return (to_y * new_target.shape[1] + to_x).flatten()


def _rescaled(corner: Tensor, old: Places, new: Places, axis: int) -> Tensor:
    """Where the patch with the same middle begins, along an axis, in the picture at another size."""
    # Halves are exact in double precision, however large the picture: where they round to decides what is copied.
    middle = corner.double() + old.patch / 2
    return middle * (new.size[axis] / old.size[axis]) - new.patch / 2
