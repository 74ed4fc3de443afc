"""Reader of checkpoints of the official SinGAN code, which are pickles of whole modules. No code in them is executed.

The official code writes four files per photo: ``Gs.pth`` (generators), ``Zs.pth`` (the fixed reconstruction noise,
padded), ``reals.pth`` (the photo at each scale) and ``NoiseAmp.pth``; each is a list, coarsest scale first. Both
formats of ``torch.save`` are supported: the legacy stream of pickles before torch 1.6, and the zip archive since.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from calotype.errors import InputError, counted
from calotype.files import shown
from calotype.foreign import COMMON, Limits, Names, Record, Refused, View, read, records

_LIMITS = Limits(file=1 << 30)  # a pyramid of generators has a few megabytes
_DEEPEST = 10  # nesting depth of modules; a generator has four levels
_T = TypeVar("_T")


@dataclass(frozen=True)
class Released:
    """A SinGAN checkpoint: one entry per scale, coarsest first, all float32 on the CPU.

    Attributes:
        generators: the ``state_dict()`` of each generator: ``head.conv.weight``, ``body.block1.norm.bias``,
            ``tail.0.weight``, and so on; counters stay integers.
        noises: [1, C, h, w] each, the fixed noise from which the photo is reconstructed, with its padding.
        photos: [1, 3, h, w] each, -1..1, the photo at each scale.
        amplitudes: standard deviation of the noise of each scale.
    """

    generators: list[dict[str, Tensor]]
    noises: list[Tensor]
    photos: list[Tensor]
    amplitudes: list[float]


def read_released(folder: str | Path) -> Released:
    """Read the checkpoint in ``folder``.

    Raises:
        InputError: a file is missing or damaged, contains a name that no SinGAN checkpoint needs (the message says
            which; it was not executed), or the training was not finished.
    """
    folder = Path(folder)
    generators = _read(folder / "Gs.pth", _state)
    noises = _read(folder / "Zs.pth", _picture)
    photos = _read(folder / "reals.pth", _picture)
    amplitudes = _read(folder / "NoiseAmp.pth", _number)
    counts = [len(x) for x in (generators, noises, photos, amplitudes)]
    if len(set(counts)) > 1 or not counts[0]:
        raise InputError(
            f"{shown(folder)} has {counted(counts[0], 'generator')}, {counted(counts[1], 'noise')}, "
            f"{counted(counts[2], 'photo')} and {counts[3]} "
            f"amplitudes: give the folder of a finished training, where there are as many of each"
        )
    return Released(generators, noises, photos, amplitudes)


def _read(path: Path, convert: Callable[[object], _T]) -> list[_T]:
    """The converted entries of the list in a file of ``torch.save``."""
    label = shown(path)
    if not path.exists():
        raise InputError(
            f"{label} does not exist: give the folder that holds Gs.pth, Zs.pth, reals.pth and NoiseAmp.pth"
        )
    found = read(path, _NAMES, kind="SinGAN checkpoint", limits=_LIMITS)
    try:
        if not isinstance(found, list):
            raise Refused("holds no list")
        return [convert(value) for value in found]
    except Refused as error:
        raise InputError(
            f"{label} {error}: nothing in it was run; get the checkpoint from its author, or train again"
        ) from None


# The official code is run from its folder, where its module is SinGAN.models; some copies have it as models.
_PLACES, _GENERATOR = ("SinGAN.models", "models"), "GeneratorConcatSkip2CleanAdd"
_TORCH = (
    ("container", "Sequential"),
    ("conv", "Conv2d"),
    ("batchnorm", "BatchNorm2d"),
    ("activation", "LeakyReLU"),
    ("activation", "Tanh"),
)
_NAMES: Names = {
    **COMMON,
    **records((place, name) for place in _PLACES for name in (_GENERATOR, "ConvBlock")),
    **records((f"torch.nn.modules.{place}", name) for place, name in _TORCH),
}


def _state(module: object) -> dict[str, Tensor]:
    """The parameters and buffers of a generator by their names."""
    if not isinstance(module, Record) or not module.kind.endswith(_GENERATOR):
        raise Refused("holds something else than SinGAN's generators")
    found: dict[str, Tensor] = {}
    _collect(module, "", found, 0)
    return found


def _collect(module: object, prefix: str, found: dict[str, Tensor], depth: int) -> None:
    if not isinstance(module, Record) or depth > _DEEPEST:
        raise Refused(f"holds something else than a module at {shown(prefix)}")
    for part in ("_parameters", "_buffers"):
        for name, value in _named(module.get(part)):
            if value is not None:
                found[prefix + name] = _values(value)
    for name, child in _named(module.get("_modules")):
        _collect(child, f"{prefix}{name}.", found, depth + 1)


def _named(values: object) -> list[tuple[str, object]]:
    pairs = values.items() if isinstance(values, dict) else ()
    return [(name, value) for name, value in pairs if isinstance(name, str)]


def _values(view: object) -> Tensor:
    """A tensor with its own memory: float32, or int64 for integers."""
    if not isinstance(view, View):
        raise Refused("lacks a tensor")
    tensor = view.tensor()
    if not tensor.numel():
        raise Refused("holds a tensor without numbers")
    return tensor.to(torch.float32 if tensor.is_floating_point() else torch.int64)


def _picture(view: object) -> Tensor:
    tensor = _values(view)
    if tensor.ndim != 4 or tensor.shape[0] != 1 or not tensor.isfinite().all():
        raise Refused("holds something else than pictures [1, C, h, w]")
    return tensor


def _number(value: object) -> float:
    """A Python number, or a tensor with one element."""
    if isinstance(value, View):
        tensor = _values(value)
        value = tensor.item() if tensor.numel() == 1 else None
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        raise Refused("holds something else than numbers")
    return float(value)
