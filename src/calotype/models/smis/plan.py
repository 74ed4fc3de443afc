"""Channels and groups of the decoder's blocks."""

from __future__ import annotations

from math import ceil, log
from typing import NamedTuple

from calotype.models.smis.config import Config
from calotype.semantic.labels import label_channels

_FIRST = 3 / 8  # share of the layers whose groups are the classes: 3 of the 8 published ones


class Stage(NamedTuple):
    """A residual block of the decoder.

    Attributes:
        name: as in the published code.
        inputs: channels.
        outputs: channels.
        groups: of its convolutions.
        up: whether the input is doubled in size first.
    """

    name: str
    inputs: int
    outputs: int
    groups: int
    up: bool


class Plan(NamedTuple):
    """The decoder.

    Attributes:
        stem: channels after the first convolution, whose groups are the classes.
        stages: the residual blocks, in their order.
    """

    stem: int
    stages: list[Stage]


def plan(cfg: Config) -> Plan:
    """Channels and groups of the decoder.

    The number of groups begins with that of the classes and falls to 1. Of a schedule that is not given, each number is
    the divisor of the block's input channels that is nearest to a geometric series, and channels are rounded up to
    multiples of the groups.

    Raises:
        ValueError: given groups do not divide given channels.
    """
    classes, layers = label_channels(cfg), cfg.doublings + 2
    wanted = [_wanted(cfg, classes, i, layers) for i in range(layers)]
    given = cfg.channels or [0, *(min(cfg.max_width, cfg.width << cfg.doublings - i) for i in range(layers - 1))]
    stem = given[0] or _rounded(given[1], classes)
    _check(stem, cfg.groups[0] if cfg.groups else classes)
    stages, before, last = [], stem, classes
    for i in range(1, layers):
        groups = cfg.groups[i] if cfg.groups else _divisor(before, wanted[i], last)
        after = given[i] if cfg.channels else _rounded(given[i], groups)
        _check(before, groups)
        _check(after, groups)
        stages.append(Stage(_name(i - 1), before, after, groups, up=i > 1))
        before, last = after, groups
    return Plan(stem, stages)


def base_grid(cfg: Config) -> tuple[int, int]:
    """Height and width of the first activations for pictures of ``cfg.size``."""
    return cfg.size[0] >> cfg.doublings, cfg.size[1] >> cfg.doublings


def code_size(cfg: Config) -> tuple[int, int]:
    """Height and width of the codes of pictures of ``cfg.size``."""
    return base_grid(cfg) if cfg.code_grid == "grid" else (1, 1)


def hidden_channels(cfg: Config, groups: int) -> tuple[int, int, int]:
    """Channels between the label map and scale and shift in a block of so many groups, and the groups of the first and
    the second convolution there."""
    classes = label_channels(cfg)
    if cfg.label_branch == "block":
        # Groups that do not divide the classes cannot have classes of their own.
        return (_rounded(cfg.hidden, groups), groups if classes % groups == 0 else 1, groups)
    if cfg.label_branch == "aligned":
        return classes * groups, classes, classes
    each = cfg.hidden
    while classes * each % groups:
        each += 1
    return classes * each, classes, groups


def _wanted(cfg: Config, classes: int, layer: int, layers: int) -> float:
    if cfg.schedule == "one":
        return 1.0
    first = ceil(_FIRST * layers)
    if layer < first:
        return float(classes)
    return float(classes ** (1 - (layer - first + 1) / (layers - first)))


def _divisor(channels: int, wanted: float, most: int) -> int:
    """The divisor of the channels, no more than ``most``, that is nearest to ``wanted`` by ratio."""
    able = [n for n in range(1, most + 1) if channels % n == 0]
    return min(able, key=lambda n: (abs(log(n / wanted)), n))


def _rounded(channels: int, groups: int) -> int:
    return ceil(channels / groups) * groups


def _check(channels: int, groups: int) -> None:
    if channels % groups:
        raise ValueError(f"{groups} groups do not divide {channels} channels")


def _name(block: int) -> str:
    names = ("head_0", "G_middle_0", "G_middle_1")
    return names[block] if block < len(names) else f"up_{block - len(names)}"
