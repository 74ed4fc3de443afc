"""Encodings of label maps for the networks: one-hot, or a colour per class."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.analogy.config import Config
from calotype.errors import InputError


def encode_labels(labels: Tensor, cfg: Config) -> Tensor:
    """[1, h, w] class indices to [1, K, h, w], one-hot, or to [1, 3, h, w], -1..1, for the encoding in colours."""
    if cfg.coding == "colours":
        return class_colours(cfg.classes).to(labels.device)[labels].permute(0, 3, 1, 2)
    return F.one_hot(labels, cfg.classes).permute(0, 3, 1, 2).float()


def class_colours(classes: int) -> Tensor:
    """A colour per class, [K, 3], -1..1: corners of the RGB cube first, then points of a regular grid in it."""
    steps = 2
    while steps**3 < classes:
        steps += 1
    ticks = torch.linspace(-1, 1, steps)
    grid = torch.cartesian_prod(ticks, ticks, ticks)
    # Black and white first, so that two classes have the maximum distance.
    order = torch.arange(len(grid))
    order = torch.stack([order, order.flip(0)], 1).flatten()[: len(grid)]
    return grid[order][:classes]


def checked_labels(labels: Tensor, size: tuple[int, int], classes: int, what: str) -> None:
    """Check that a map has ``size`` (height, width) and at most ``classes`` classes.

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
            f"give a map with those, or train with --set classes={high + 1}"
        )


def classes_of(labels: Tensor) -> list[int]:
    """The class indices that a map [1, h, w] has, in ascending order."""
    found: list[int] = labels.flatten().bincount().nonzero()[:, 0].tolist()
    return found


def check_known(before: Tensor, target: Tensor) -> None:
    """Check that the photo has every class of the target.

    Raises:
        InputError: the message names the missing classes.
    """
    missing = sorted(set(classes_of(target)) - set(classes_of(before)))
    if missing:
        named = ", ".join(str(each) for each in missing)
        raise InputError(
            f"the target has class {named}, which the photo's own map does not have, so its appearance is unknown: "
            "paint it in another class"
        )


def decode_labels(encoded: Tensor, cfg: Config) -> Tensor:
    """The inverse of ``encode_labels``: the nearest class at every pixel, [B, K or 3, h, w] -> int64 [B, h, w]."""
    if cfg.coding == "colours":
        known = class_colours(cfg.classes).to(encoded)
        return (encoded[:, None] - known[None, :, :, None, None]).abs().sum(2).argmin(1)
    return encoded.argmax(1)
