"""Label maps as the nets are shown them: a channel a class, or a colour a class."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.analogy.config import Config
from calotype.errors import InputError


def coded(labels: Tensor, cfg: Config) -> Tensor:
    """[1, h, w] class indices to [1, K, h, w], 0 or 1, or to [1, 3, h, w], -1..1, where maps are shown in colours."""
    if cfg.coding == "colours":
        return colours(cfg.classes).to(labels.device)[labels].permute(0, 3, 1, 2)
    return F.one_hot(labels, cfg.classes).permute(0, 3, 1, 2).float()


def colours(classes: int) -> Tensor:
    """A colour for each class, [K, 3], -1..1: corners of the cube of colours first, then points between them."""
    steps = 2
    while steps**3 < classes:
        steps += 1
    ticks = torch.linspace(-1, 1, steps)
    grid = torch.cartesian_prod(ticks, ticks, ticks)
    # Black and white first, so that two classes are as far apart as can be.
    order = torch.arange(len(grid))
    order = torch.stack([order, order.flip(0)], 1).flatten()[: len(grid)]
    return grid[order][:classes]


def checked_labels(labels: Tensor, size: tuple[int, int], classes: int, what: str) -> None:
    """Refuse a map that is no map of what is ``size`` pixels large, or has more than so many classes.

    Raises:
        InputError: the message says what to do.
    """
    if labels.ndim != 3 or len(labels) != 1 or labels.is_floating_point() or labels.dtype == torch.bool:
        raise InputError(
            f"{what} is a {str(labels.dtype).removeprefix('torch.')} tensor {tuple(labels.shape)}: "
            "give class indices, int64 [1, H, W]"
        )
    if tuple(labels.shape[1:]) != tuple(size):
        raise InputError(
            f"{what} is {labels.shape[2]}x{labels.shape[1]} pixels, not {size[1]}x{size[0]}: give a map of that size"
        )
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        raise InputError(
            f"{what} has class {low if low < 0 else high}, and the model knows {classes}, 0 to {classes - 1}: "
            f"give a map with those, or train with classes={high + 1}"
        )


def present(labels: Tensor) -> list[int]:
    """The classes that a map [1, h, w] has, in ascending order."""
    found: list[int] = labels.flatten().bincount().nonzero()[:, 0].tolist()
    return found


def check_known(before: Tensor, target: Tensor) -> None:
    """Refuse a target with a class that the photo shows nothing of.

    Raises:
        InputError: the message names the classes.
    """
    missing = sorted(set(present(target)) - set(present(before)))
    if missing:
        named = ", ".join(str(each) for each in missing)
        raise InputError(
            f"the target has class {named}, which the photo's own map has not, so that nothing says what it looks "
            "like: paint it in another class"
        )


def classes_in(shown: Tensor, cfg: Config) -> Tensor:
    """The class at every pixel of a map as ``coded`` gives it, [B, K or 3, h, w]: int64 [B, h, w]."""
    if cfg.coding == "colours":
        known = colours(cfg.classes).to(shown)
        return (shown[:, None] - known[None, :, :, None, None]).abs().sum(2).argmin(1)
    return shown.argmax(1)
