"""Which label maps of many are most like a given one, and which of them together have all of its labels."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from calotype.errors import InputError

GRID = 24  # cells a side in which label maps are compared
_NEAR = 0.8  # agreement relative to the best, of maps that may lead
_ENOUGH = 0.5  # share of the wanted area of a label that photos have to have of it
_COVERED = 0.3  # of the score of a map, the part that is the labels of which it has enough
_LIGHT = 0.05  # difference of the colours of two photos at which a further one counts e times less
_USUAL = 0.1  # median difference of the colours of a photo and others at which it leads e times less
_COMPARED = 12  # photos whose colours are compared, those that may lead, or have most of what is lacking


def label_shares(label_map: Tensor, classes: int, grid: int = GRID) -> Tensor:
    """The share of each label in each cell of a grid over a map, so that maps of any size can be compared.

    Args:
        label_map: int64 [1, H, W], -1 for no label.
        classes: number of labels.
        grid: cells a side; fewer where the map has fewer pixels, which are repeated.

    Returns:
        [classes, grid, grid], float32, 0..1.
    """
    height, width = label_map.shape[1:]
    down, across = (torch.arange(grid) * side // grid for side in (height, width))
    if min(height, width) < grid:  # a cell is a pixel
        label_map = label_map[:, down][:, :, across]
        height = width = grid
    rows, columns = (torch.arange(side) * grid // side for side in (height, width))
    cells = rows[:, None] * grid + columns
    found = torch.where(label_map[0].cpu() < 0, classes, label_map[0].cpu())
    counts = torch.bincount((cells * (classes + 1) + found).flatten(), minlength=grid * grid * (classes + 1))
    counts = counts.view(grid, grid, classes + 1)
    return (counts / counts.sum(2, keepdim=True))[..., :classes].permute(2, 0, 1).float()


def agreement(target: Tensor, shares: Tensor) -> Tensor:
    """The share of a map, 0..1, in which others have the same labels in the same places.

    Args:
        target: [classes, g, g], as ``label_shares`` gives.
        shares: [n, classes, g, g], of the others.

    Returns:
        [n].
    """
    return torch.minimum(shares, target).sum((1, 2, 3)) / target.sum().clamp_min(1e-12)


def covered(target: Tensor, shares: Tensor) -> Tensor:
    """How much maps have of the labels of another one, wherever they lie: mean over these labels, 0..1.

    Args:
        target: [classes, g, g], as ``label_shares`` gives.
        shares: [n, classes, g, g], of n maps.

    Returns:
        [n]; 1 for a map that has half of the area of every label of the target.
    """
    wanted, there = target.sum((1, 2)), shares.sum((2, 3))
    asked = wanted > 0
    return (there[:, asked] / (_ENOUGH * wanted[asked])).clamp(max=1).mean(1)


def chosen(
    target: Tensor,
    shares: Tensor,
    names: Sequence[str],
    *,
    rank: int = 0,
    most: int = 3,
    unlike: Callable[[int, int], float] | None = None,
) -> list[int]:
    """The maps to draw a target from: the one that is most like it, and as few more as have the labels it lacks.

    The first one is chosen by its agreement with the target, by how many of its labels it has, and by how usual its
    light is among the best; the others by how much they have of what is lacking, and by their light: clouds of an
    evening do not fit into a sky at noon.

    Args:
        target: [classes, g, g], as ``label_shares`` gives.
        shares: [n, classes, g, g], of n maps.
        names: of the labels.
        rank: 0 begins with the best map, 1 with the next one, and so on, around those that are nearly as similar as the
            most similar one, in the order of similarity and usual light.
        most: upper limit of the number of maps, as far as fewer have all labels.
        unlike: how much the colours of two photos differ, 0..1, by the numbers of their maps, such as
            ``calotype.matching.light.unlike``; it is asked for the best few. ``None``: colours do not matter.

    Returns:
        Numbers of maps, the first in the lead.

    Raises:
        InputError: a label of the target is in none of the maps.
    """
    wanted, there = target.sum((1, 2)), shares.sum((2, 3))
    if not wanted.any():
        raise InputError("the layout has no pixel of a class: paint it in the classes of the photos")
    absent = [names[i] for i in range(len(names)) if wanted[i] > 0 and there[:, i].max() == 0]
    if absent:
        raise InputError(f"no photo has a pixel of the class {', '.join(absent)}: paint the map with other classes")
    leads = _leads(_scores(target, shares), unlike)
    found = [leads[rank % len(leads)]]
    while (lacking := wanted > there[found].sum(0) / _ENOUGH).any() and len(found) < len(shares):
        gain = (torch.minimum(there, wanted) * lacking).sum(1)
        gain[found] = -1.0
        if len(found) >= most:  # more only for labels that are missing altogether
            none = (wanted > 0) & (there[found].sum(0) == 0)
            gain = torch.where((there * none).sum(1) > 0, gain, torch.tensor(-1.0))
        gain = gain if unlike is None else _of_one_light(gain, found[0], unlike)
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        found.append(best)
    return found


def most_alike(target: Tensor, shares: Tensor, count: int) -> list[int]:
    """The numbers of the maps that a target may be drawn from, at most ``count``, the best first.

    Args:
        target: [classes, g, g], as ``label_shares`` gives.
        shares: [n, classes, g, g], of n maps.
        count: upper limit.
    """
    numbers: list[int] = _scores(target, shares).topk(min(count, len(shares))).indices.tolist()
    return numbers


def _scores(target: Tensor, shares: Tensor) -> Tensor:
    """How well maps may lead, [n]: by their agreement, and by how many labels of the target they have."""
    return agreement(target, shares) * (1 - _COVERED + _COVERED * covered(target, shares))


def _leads(scores: Tensor, unlike: Callable[[int, int], float] | None) -> list[int]:
    """The maps that may lead, the best first: those nearly as similar as the best, and one of more usual light."""
    order = scores.argsort(descending=True, stable=True).tolist()
    near = [number for number in order if scores[number] >= _NEAR * scores[order[0]]]
    if unlike is None:
        return near
    light = _usual_light(order[:_COMPARED], unlike)
    lit = {number: float(scores[number]) * light.get(number, min(light.values())) for number in order}
    first = max(light, key=lambda number: lit[number])
    return [first, *sorted((number for number in near if number != first), key=lambda number: -lit[number])]


def _usual_light(numbers: Sequence[int], unlike: Callable[[int, int], float]) -> dict[int, float]:
    """A factor for each photo, 0..1: less for those whose colours differ from most of the others.

    What is usual in a folder is what its labels are expected to look like: haze hides the trees of a photo.
    """
    apart = {one: [unlike(one, other) for other in numbers if other != one] for one in numbers}
    return {one: math.exp(-statistics.median(found) / _USUAL) if found else 1.0 for one, found in apart.items()}


def _of_one_light(gain: Tensor, lead: int, unlike: Callable[[int, int], float]) -> Tensor:
    """What further maps add, less for those whose photos differ from that of the first one in their colours."""
    best, numbers = gain.topk(min(_COMPARED, len(gain)))
    result = torch.full_like(gain, -1.0)
    for value, number in zip(best.tolist(), numbers.tolist()):
        if value > 0:
            result[number] = value * math.exp(-unlike(lead, number) / _LIGHT)
    return result
