"""Reader of checkpoints of the official SinGAN code, which are pickles of whole modules. No code in them is executed.

Unpickling can call arbitrary functions. This reader knows only the few names that a SinGAN checkpoint needs and returns
an inert record for each (a bag of attributes for a module, a description for a tensor); a file that names anything else
is refused before the name is resolved. Tensor data is read by this module, which checks every length against the size
of the file.

The official code writes four files per photo: ``Gs.pth`` (generators), ``Zs.pth`` (the fixed reconstruction noise,
padded), ``reals.pth`` (the photo at each scale) and ``NoiseAmp.pth``; each is a list, coarsest scale first. Both
formats of ``torch.save`` are supported: the legacy stream of pickles before torch 1.6, and the zip archive since.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.files import shown

_LARGEST_FILE = 1 << 30  # bytes; a pyramid of generators has a few megabytes
_DEEPEST = 10  # nesting depth of modules; a generator has four levels
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_VERSION = 1001
_T = TypeVar("_T")
_TRUST = "get the checkpoint from its author, or train again"


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
            f"{shown(folder)} has {counts[0]} generators, {counts[1]} noises, {counts[2]} photos and {counts[3]} "
            f"amplitudes: give the folder of a finished training, where there are as many of each"
        )
    return Released(generators, noises, photos, amplitudes)


def _read(path: Path, convert: Callable[[object], _T]) -> list[_T]:
    """The converted entries of the list in a file of ``torch.save``."""
    label = shown(path)
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InputError(f"{label} is too large for a SinGAN checkpoint: {_TRUST}")
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            f"{label} does not exist: give the folder that holds Gs.pth, Zs.pth, reals.pth and NoiseAmp.pth"
        ) from None
    except OSError as error:
        raise InputError(f"{label} cannot be read ({error.strerror}): check the folder") from error
    try:
        found = _from_zip(data) if data[:4] == b"PK\x03\x04" else _from_stream(data)
        if not isinstance(found, list):
            raise _Refused("holds no list")
        return [convert(value) for value in found]
    except _Refused as error:
        raise InputError(f"{label} {error}: nothing in it was run; {_TRUST}") from None
    # A damaged pickle can raise any exception, including RecursionError and MemoryError.
    except Exception as error:
        raise InputError(f"{label} is broken, or no file of torch.save ({type(error).__name__}): {_TRUST}") from error


class _Refused(Exception):  # noqa: N818  (not an error of ours)
    """Content that no SinGAN checkpoint has; the text completes a sentence about the file."""


# ---------------------------------------------------------------------------------------------------------------
# Names a file may contain


class _Inert:
    """A record that a pickle can create and pass around, but not change."""

    def __setstate__(self, state: object) -> None:
        raise _Refused("sets the state of a record that has none")


@dataclass
class _Storage(_Inert):
    """A typed array of numbers, identified by its key; filled when its data is read from the file."""

    dtype: torch.dtype
    count: int
    values: Tensor | None = None


@dataclass(frozen=True)
class _View(_Inert):
    """A tensor: a strided view of a storage."""

    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


class _Module(_Inert):
    """Any module: its class name and its saved attributes."""

    kind = ""
    state: dict[Any, Any]

    def __setstate__(self, state: object) -> None:
        self.state = state if isinstance(state, dict) else {}


@dataclass(frozen=True)
class _Dtype(_Inert):
    """Stands for a storage class."""

    dtype: torch.dtype


class _MakeTensor(_Inert):
    """Stands for ``torch._utils._rebuild_tensor`` and ``_rebuild_tensor_v2``."""

    def __call__(self, storage: object, offset: Any, size: Any, stride: Any, *rest: object) -> _View:
        numbers = (offset, *size, *stride)
        if not isinstance(storage, _Storage) or any(type(n) is not int or n < 0 for n in numbers):
            raise _Refused("holds a tensor that is none")
        return _View(storage, offset, tuple(size), tuple(stride))


class _MakeParameter(_Inert):
    """Stands for ``torch._utils._rebuild_parameter``: gives the tensor in it."""

    def __call__(self, tensor: object, *rest: object) -> object:
        return tensor


class _MakeNothing(_Inert):
    """Stands for the function table that modules were saved with before torch 1.3."""

    def __call__(self) -> None:
        return None


def _module_names() -> dict[tuple[str, str], type[_Module]]:
    # The official code is run from its folder, where its module is SinGAN.models; some copies have it as models.
    own = [
        (place, name) for place in ("SinGAN.models", "models") for name in ("GeneratorConcatSkip2CleanAdd", "ConvBlock")
    ]
    torch_names = (
        ("container", "Sequential"),
        ("conv", "Conv2d"),
        ("batchnorm", "BatchNorm2d"),
        ("activation", "LeakyReLU"),
        ("activation", "Tanh"),
    )
    names = own + [(f"torch.nn.modules.{place}", name) for place, name in torch_names]
    return {(place, name): type(name, (_Module,), {"kind": name}) for place, name in names}


_MODULES = _module_names()
_STORAGES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
}
_ALLOWED: Mapping[tuple[str, str], object] = {
    **_MODULES,
    **{("torch", name): _Dtype(dtype) for name, dtype in _STORAGES.items()},
    ("torch._utils", "_rebuild_tensor"): _MakeTensor(),
    ("torch._utils", "_rebuild_tensor_v2"): _MakeTensor(),
    ("torch._utils", "_rebuild_parameter"): _MakeParameter(),
    ("torch.nn.backends.thnn", "_get_thnn_function_backend"): _MakeNothing(),
    ("torch", "Size"): tuple,
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
}


@dataclass
class _Contents:
    """The targets of a pickle's persistent references: storages by their keys."""

    storages: dict[str, _Storage] = field(default_factory=dict)

    def refer(self, reference: object) -> object:
        """The record for a persistent reference: a storage or, in legacy files, the class of a module."""
        if isinstance(reference, tuple) and len(reference) >= 2 and reference[0] == "module":
            # It is followed by the module's source code, which is not needed.
            if isinstance(reference[1], type) and issubclass(reference[1], _Module):
                return reference[1]
        elif isinstance(reference, tuple) and len(reference) >= 5 and reference[0] == "storage":
            kind, key, _, count = reference[1:5]
            # In legacy files, the sixth entry marks a view of another storage.
            if isinstance(kind, _Dtype) and isinstance(key, str) and type(count) is int and not any(reference[5:]):
                return self.storages.setdefault(key, _Storage(kind.dtype, count))
        raise _Refused("refers to something unknown")


class _Reader(pickle.Unpickler):
    """An unpickler that resolves only the names in ``_ALLOWED``."""

    def __init__(self, file: io.BytesIO, contents: _Contents) -> None:
        super().__init__(file, encoding="utf-8")
        self.contents = contents

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise _Refused(f"names {shown(f'{module}.{name}')}, which no SinGAN checkpoint needs")
        return _ALLOWED[module, name]

    def persistent_load(self, reference: object) -> object:
        return self.contents.refer(reference)


# ---------------------------------------------------------------------------------------------------------------
# The two formats


def _from_stream(data: bytes) -> object:
    """The legacy format before torch 1.6: five pickles, then the count and the bytes of each storage."""
    file = io.BytesIO(data)
    contents = _Contents()

    def next_pickle() -> Any:
        return _Reader(file, contents).load()

    if next_pickle() != _LEGACY_MAGIC or next_pickle() != _LEGACY_VERSION:
        raise ValueError("not a file of torch")
    if next_pickle().get("little_endian") is not True:
        raise ValueError("written on a big-endian machine")
    found = next_pickle()
    for key in next_pickle():
        storage = contents.storages[key]
        count = int.from_bytes(file.read(8), "little")
        _fill(storage, file.read(max(0, min(count, storage.count)) * storage.dtype.itemsize), count)
    return found


def _from_zip(data: bytes) -> object:
    """The format since torch 1.6: an archive with one pickle and one member per storage."""
    contents = _Contents()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (member,) = (name for name in archive.namelist() if name.count("/") == 1 and name.endswith("/data.pkl"))
        folder = member.removesuffix("data.pkl")
        if f"{folder}byteorder" in archive.namelist() and _member(archive, f"{folder}byteorder") != b"little":
            raise ValueError("written on a big-endian machine")
        found = _Reader(io.BytesIO(_member(archive, member)), contents).load()
        left = len(data)  # overlapping members could expand to any size
        for key, storage in contents.storages.items():
            left -= storage.count * storage.dtype.itemsize
            if left < 0:
                raise ValueError("more numbers than the file has room for")
            raw = _member(archive, f"{folder}data/{key}")
            _fill(storage, raw, len(raw) // storage.dtype.itemsize)
    return found


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of an archive member. torch never compresses members, and a compressed one could expand to any size."""
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise ValueError("a compressed member")
    return archive.read(name)


def _fill(storage: _Storage, raw: bytes, count: int) -> None:
    if count != storage.count or len(raw) != count * storage.dtype.itemsize:
        raise ValueError("a storage whose length is not the declared one")
    storage.values = (
        torch.frombuffer(bytearray(raw), dtype=storage.dtype) if raw else torch.empty(0, dtype=storage.dtype)
    )


# ---------------------------------------------------------------------------------------------------------------
# From records to values


def _state(module: object) -> dict[str, Tensor]:
    """The parameters and buffers of a generator by their names."""
    if getattr(module, "kind", "") != "GeneratorConcatSkip2CleanAdd":
        raise _Refused("holds something else than SinGAN's generators")
    found: dict[str, Tensor] = {}
    _collect(module, "", found, 0)
    return found


def _collect(module: object, prefix: str, found: dict[str, Tensor], depth: int) -> None:
    if not isinstance(module, _Module) or depth > _DEEPEST:
        raise _Refused(f"holds something else than a module at {shown(prefix)}")
    for part in ("_parameters", "_buffers"):
        for name, value in _named(module.state.get(part)):
            if value is not None:
                found[prefix + name] = _values(value)
    for name, child in _named(module.state.get("_modules")):
        _collect(child, f"{prefix}{name}.", found, depth + 1)


def _named(values: object) -> list[tuple[str, object]]:
    # Not values.items(): an attribute of that name can have been given to an OrderedDict.
    return (
        [(name, value) for name, value in dict.items(values) if isinstance(name, str)]
        if isinstance(values, dict)
        else []
    )


def _values(view: object) -> Tensor:
    """A tensor with its own memory: float32, or int64 for integers."""
    if not isinstance(view, _View) or view.storage.values is None:
        raise _Refused("lacks a tensor")
    last = view.offset + sum((n - 1) * step for n, step in zip(view.size, view.stride, strict=True))
    count = math.prod(view.size)
    # Strides of 0 could expand one number to any size.
    if not 0 < count <= view.storage.count or last >= view.storage.count:
        raise _Refused("holds a tensor larger than what is stored of it")
    tensor = view.storage.values.as_strided(view.size, view.stride, view.offset)
    tensor = tensor.to(torch.float32 if tensor.is_floating_point() else torch.int64)
    return tensor.clone(memory_format=torch.contiguous_format)


def _picture(view: object) -> Tensor:
    tensor = _values(view)
    if tensor.ndim != 4 or tensor.shape[0] != 1 or not tensor.isfinite().all():
        raise _Refused("holds something else than pictures [1, C, h, w]")
    return tensor


def _number(value: object) -> float:
    """A Python number, or a tensor with one element."""
    if isinstance(value, _View):
        tensor = _values(value)
        value = tensor.item() if tensor.numel() == 1 else None
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _Refused("holds something else than numbers")
    return float(value)
