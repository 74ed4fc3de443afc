"""What a reader of one program's files finds, and what readers share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from calotype.foreign import Array, Record, Refused, View
from calotype.models.stylegan.config import Config

NVIDIA_LICENCE = (
    "NVIDIA Source Code License: non-commercial use only, for NVIDIA's networks and what is derived from them"
)
AUTHOR_LICENCE = "as the author of the weights says; networks converted from NVIDIA's are for non-commercial use only"
_DEEPEST = 32  # nesting of modules


@dataclass(frozen=True)
class Found:
    """A generator in a file.

    Attributes:
        cfg: its settings.
        tensors: its weights by the names they have here.
        writer: the program that wrote the file.
        licence: see ``Description``.
        unused: parts of the file that are not used.
        mean: whether the file has the mean style.
    """

    cfg: Config
    tensors: Mapping[str, Tensor]
    writer: str
    licence: str
    unused: tuple[str, ...] = ()
    mean: bool = True
    facts: Mapping[str, str] = field(default_factory=dict)


def tensors_of(values: object) -> dict[str, Tensor]:
    """The tensors of a dictionary, float32 where they are of floating point."""
    if not isinstance(values, dict):
        raise Refused("holds something else than weights by name")
    return {name: number(value) for name, value in values.items() if isinstance(name, str) and is_tensor(value)}


def is_tensor(value: object) -> bool:
    """Whether a value of a file is a tensor or an array."""
    return isinstance(value, (View, Array))


def number(value: object) -> Tensor:
    """A tensor of a file, float32 where it is of floating point.

    Raises:
        Refused: it is none, or has infinite values.
    """
    if not isinstance(value, (View, Array)):
        raise Refused("lacks a tensor")
    tensor = value.tensor()
    if tensor.is_floating_point():
        tensor = tensor.float()
        if not tensor.isfinite().all():
            raise Refused("holds weights that are not finite")
    return tensor


def module_tensors(record: object, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, object]]:
    """The parameters and buffers of a module's record, by name, not yet copied."""
    if not isinstance(record, Record) or depth > _DEEPEST:
        raise Refused(f"holds something else than a network at {prefix!r}")
    for part in ("_parameters", "_buffers"):
        for name, value in named(record.get(part)):
            if value is not None:
                yield prefix + name, value
    for name, child in named(record.get("_modules")):
        if child is not None:
            yield from module_tensors(child, f"{prefix}{name}.", depth + 1)


def submodule(record: object, *path: str) -> Record:
    """A module within a module.

    Raises:
        Refused: there is none.
    """
    for name in path:
        inner = record.get("_modules") if isinstance(record, Record) else None
        record = inner.get(name) if isinstance(inner, dict) else None
    if not isinstance(record, Record):
        raise Refused(f"lacks the part {'.'.join(path)}")
    return record


def named(values: object) -> list[tuple[str, object]]:
    """The entries of a dictionary whose keys are text."""
    pairs = values.items() if isinstance(values, dict) else ()
    return [(name, value) for name, value in pairs if isinstance(name, str)]


def base_of(channels: Mapping[int, int]) -> tuple[int, int]:
    """``base`` and ``max_channels`` of a network's channels by resolution.

    Raises:
        Refused: no such numbers give these channels.
    """
    most = max(channels.values())
    finest = max(channels)
    base = finest * channels[finest]
    # Where even the finest resolution has the most channels, the base may be anything larger.
    narrowed = [side * count for side, count in channels.items() if count < most]
    for candidate in [*narrowed, base]:
        if all(min(candidate // side, most) == count for side, count in channels.items()):
            return candidate, most
    raise Refused(f"has channels that no StyleGAN2 here has: {dict(channels)}")


def mean_style(value: object, rows: int) -> Tensor | None:
    """The mean style of a file: [style]; of one for each row, the mean."""
    if not is_tensor(value):
        return None
    tensor = number(value)
    return tensor.reshape(-1, tensor.shape[-1]).mean(0) if tensor.dim() > 1 else tensor


def stacked(items: list[Tensor]) -> Tensor:
    """Tensors of one shape as one."""
    return torch.stack(items)
