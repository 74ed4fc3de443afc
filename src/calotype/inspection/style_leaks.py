"""What the code of a look tells of the content, and the other way round: the leak report of a model of styles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.metrics.probes import Probe, logistic_probe, ridge_probe, split
from calotype.metrics.separation import separation

_MOST_CLASSES = 64
_STYLES = ("style",)  # what sets say of a look
_CONTENTS = ("category", "label")  # of the content; a label that says the same as the style is that of the style
_SAME = ("content", "name")  # pictures of one content in several styles have this in common
_COLOURS = "colours"


def classes_of(labels: Sequence[Mapping[str, Any]]) -> dict[str, Tensor]:
    """The classes of pictures by factor, int64 [n] each, from the lines of a set.

    Args:
        labels: the lines; of a factor, 2 to 64 classes are needed.
    """
    found: dict[str, Tensor] = {}
    for name in (*_STYLES, *_CONTENTS):
        if not labels or any(name not in line for line in labels):
            continue
        told = [str(line[name]) for line in labels]
        number = {each: i for i, each in enumerate(dict.fromkeys(told))}
        classes = torch.tensor([number[each] for each in told])
        if 2 <= len(number) <= _MOST_CLASSES and not any(classes.equal(other) for other in found.values()):
            found[name] = classes
    return found


def groups_of(labels: Sequence[Mapping[str, Any]]) -> list[int] | None:
    """The content of each picture, where a set shows one content in several styles; ``None`` where it does not."""
    for name in _SAME:
        if labels and all(name in line for line in labels):
            number = {each: i for i, each in enumerate(dict.fromkeys(str(line[name]) for line in labels))}
            return [number[str(line[name])] for line in labels]
    return None


def colours_of(pictures: Tensor) -> Tensor:
    """Mean and standard deviation of each channel of pictures [n, 3, H, W], [n, 6]."""
    deviation, mean = torch.std_mean(pictures.float(), (2, 3))
    return torch.cat([mean, deviation], 1)


def style_leak_report(
    codes: Mapping[str, Tensor],
    colours: Tensor,
    classes: Mapping[str, Tensor],
    *,
    groups: Sequence[int] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Probes of codes for the look and the content of pictures.

    A probe learns from three quarters of the pictures, and of contents that are there in several styles, from three
    quarters of the contents.

    Args:
        codes: ``style`` and perhaps ``content``, [n, d] each.
        colours: of the pictures, see ``colours_of``.
        classes: what the set says of each, see ``classes_of``.
        groups: number of the content of each; ``None``: every picture has its own.
        seed: of splits and probes.

    Returns:
        JSON-ready: ``pictures``, ``probes`` by code and factor, ``separation`` of both codes (``None`` where there is
        one code, or the set has no classes of content).

    Raises:
        InputError: there are too few pictures for a probe.
    """
    count = len(colours)
    if count < 8:
        raise InputError(f"{count} pictures are too few for a leak report: give 8 or more")
    learned = split(count, groups=groups, seed=seed)
    probes: dict[str, dict[str, Probe]] = {}
    for name, code in codes.items():
        flat = code.float().cpu()
        probes[name] = {_COLOURS: ridge_probe(flat, colours, learned, seed=seed)}
        for factor, each in classes.items():
            probes[name][factor] = logistic_probe(flat, each, learned, seed=seed)
    contents = [name for name in _CONTENTS if name in classes]
    look = next((name for name in _STYLES if name in classes), _COLOURS)
    score = None
    if len(probes) > 1 and contents:
        score = separation(
            {name: {"style": each[look], "content": each[contents[0]]} for name, each in probes.items()},
            {"style": "style", "content": "content"},
        )
    return {
        "pictures": count,
        "probes": {name: {factor: one.as_dict() for factor, one in each.items()} for name, each in probes.items()},
        "separation": score,
    }
