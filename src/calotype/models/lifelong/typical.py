"""Auxiliary conditions that look like those of earlier tasks, from statistics that are kept with a model."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.translation.record import GRID, Record, description

_LEAST_CHANGE = 0.05  # of the brightness of a square: below, it is not made stronger any further
_MOST = 8.0  # greatest factor of its contrast
_GREY = 1e-3  # variance of brightness that is added to that of colours


def typical(conditions: Tensor, records: Sequence[Record], chosen: Tensor) -> Tensor:
    """Pictures whose squares have the mean colours and the contrast of conditions of earlier tasks.

    A record has, for each of 4 x 4 squares, mean and standard deviation of the colours and of the changes of brightness
    of a task's conditions (``calotype.translation.record.description``). For every picture these numbers of
    one task are drawn from normal distributions. The picture's own details are shifted and scaled to have them.
    The colours of the details are mixed by chance, but vary together as much as in the task: details of a grey task are
    grey.

    Args:
        conditions: montages of conditions of the new task, [B, 3, H, W], -1..1; both sides multiples of 4.
        records: of the earlier tasks, at least one.
        chosen: the number of the task of each picture, [B].

    Returns:
        Of the same shape, -1..1.
    """
    count, _, height, width = conditions.shape
    mean, spread, colours = (
        torch.stack(each)[chosen]
        for each in zip(*((of.mean.view(4, GRID, GRID), of.spread.view(4, GRID, GRID), together(of)) for of in records))
    )
    noise, signs = torch.randn(2, count, 4, GRID, GRID).to(conditions)
    wanted = mean[:, :3] + spread[:, :3] * _mixed(colours, noise[:, :3])
    change = (mean[:, 3:] + spread[:, 3:] * noise[:, 3:]).clamp_min(0)
    side = (height // GRID, width // GRID)

    def whole(squares: Tensor) -> Tensor:
        return squares.repeat_interleave(side[0], 2).repeat_interleave(side[1], 3)

    details = conditions - whole(F.avg_pool2d(conditions, side))
    details = _mixed(colours, whole(signs[:, :3].sign()) * details)
    factor = change / description(details)[:, -GRID * GRID :].view_as(change).clamp_min(_LEAST_CHANGE)
    return (whole(wanted.clamp(-1, 1)) + whole(factor.clamp_max(_MOST)) * details).clamp(-1, 1)


def together(record: Record) -> Tensor:
    """How the colours of a task's conditions vary together, over their squares: root of the correlations, [3, 3]."""
    squares = record.mean.view(4, -1)[:3].cpu().double()  # not all devices have float64
    apart = squares - squares.mean(1, keepdim=True)
    covariance = apart @ apart.T / squares.shape[1] + _GREY
    deviation = covariance.diagonal().sqrt()
    values, axes = torch.linalg.eigh(covariance / (deviation[:, None] * deviation))
    root: Tensor = (axes * values.clamp_min(0).sqrt()) @ axes.T
    return root.to(record.mean)


def _mixed(colours: Tensor, pictures: Tensor) -> Tensor:
    """Three channels [B, 3, h, w], mixed by matrices [B, 3, 3]."""
    found: Tensor = torch.einsum("bij,bjhw->bihw", colours, pictures)
    return found
