"""The encoders in files of pSp and e4e."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from calotype.foreign import Record

_KINDS = {"GradualStyleEncoder": "psp", "Encoder4Editing": "e4e"}
_BLOCKS = 4  # of units, each with one size of features


def kind_of(options: object) -> str:
    """``psp`` or ``e4e``, from the options in a file; empty for other encoders."""
    if isinstance(options, Record):
        options = options.state
    named = options.get("encoder_type", "") if isinstance(options, dict) else ""
    return _KINDS.get(named, "") if isinstance(named, str) else ""


def uses_average(options: object) -> bool:
    """Whether the mean style is added to what the encoder gives; it is unless the options say otherwise."""
    if isinstance(options, Record):
        options = options.state
    return not isinstance(options, dict) or bool(options.get("start_from_latent_avg", True))


def settings_of(weights: Mapping[str, Tensor], kind: str) -> dict[str, Any] | None:
    """The settings of an encoder from the sizes of its weights; ``None`` where it is no such network.

    Args:
        weights: by their names in the file, without ``encoder.``.
        kind: see ``kind_of``.
    """
    first = weights.get("input_layer.0.weight")
    outputs: list[int] = []
    while (value := weights.get(f"body.{len(outputs)}.res_layer.1.weight")) is not None:
        outputs.append(value.shape[0])
    starts = [k for k in range(len(outputs)) if _halves(weights, k, outputs, first)]
    if first is None or len(starts) != _BLOCKS or not kind:
        return None
    ends = [*starts[1:], len(outputs)]
    excited = weights.get("body.0.res_layer.5.fc1.weight")
    return {
        "encoder": kind,
        "encoder_widths": (first.shape[0], *(outputs[start] for start in starts)),
        "encoder_units": tuple(end - start for start, end in zip(starts, ends)),
        "encoder_excited": 0 if excited is None else excited.shape[1] // excited.shape[0],
    }


def _halves(weights: Mapping[str, Tensor], number: int, outputs: list[int], first: Tensor | None) -> bool:
    """Whether a unit begins a block: the first one, and those with another number of channels than the one before."""
    if number == 0 or first is None:
        return True
    return outputs[number] != outputs[number - 1]


def tensors_of_encoder(weights: Mapping[str, Tensor], mean: Tensor | None, rows: int, style: int) -> dict[str, Tensor]:
    """The weights by the names they have here.

    Args:
        weights: see ``settings_of``.
        mean: the mean style that is added, [style] or [rows, style]; ``None``: none.
        rows: number of styles of the generator.
        style: their length.
    """
    average = torch.zeros(rows, style) if mean is None else mean.reshape(-1, style).expand(rows, style)
    known = {name: value for name, value in weights.items() if re.match(r"(input_layer|body|styles|latlayer)", name)}
    return {**{f"encoder.{name}": value for name, value in known.items()}, "encoder.average": average}
