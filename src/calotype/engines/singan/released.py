"""Reader of the checkpoints of the official SinGAN code, which are pickles of whole modules. Nothing in them is run.

A pickle is a program: to load it is to call whatever it names. This reader knows the few names that a SinGAN checkpoint
needs and gives an inert record for each (a bag of attributes for a module, a description for a tensor); a file that
names anything else is refused before that is looked up. The numbers of the tensors are read by our own code, which
believes no length that the file does not bear out.

The official code writes four files a photo: ``Gs.pth`` (generators), ``Zs.pth`` (the reconstruction's noise, padded),
``reals.pth`` (the photo at each scale) and ``NoiseAmp.pth``; each is a list, coarsest scale first. Both formats of
``torch.save`` are read: the stream of pickles of torch before 1.6, and the zip archive since.
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

_LARGEST_FILE = 1 << 30  # bytes; a pyramid of generators has some megabytes
_DEEPEST = 10  # modules within modules; a generator has four
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_VERSION = 1001
_T = TypeVar("_T")
_TRUST = "get the checkpoint from who made it, or train anew"


@dataclass(frozen=True)
class Released:
    """A SinGAN checkpoint as it was released: one entry a scale, coarsest first, all float32 on the CPU.

    Attributes:
        generators: what ``state_dict()`` of each generator would give: ``head.conv.weight``, ``body.block1.norm.bias``,
            ``tail.0.weight``, and so on; counts stay whole numbers.
        noises: [1, C, h, w] each, the fixed noise from which the photo is reconstructed, with its padding.
        photos: [1, 3, h, w] each, -1..1, the photo at each scale.
        amplitudes: by what new noise is multiplied.
    """

    generators: list[dict[str, Tensor]]
    noises: list[Tensor]
    photos: list[Tensor]
    amplitudes: list[float]


def read_released(folder: str | Path) -> Released:
    """The checkpoint in ``folder``.

    Raises:
        InputError: a file is missing or broken, names what no SinGAN checkpoint needs (the message says what; it was
            not run), or the training was not finished.
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
    """The values of the list in a file of ``torch.save``."""
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
    # A broken pickle ends in exceptions of any kind, RecursionError and MemoryError included.
    except Exception as error:
        raise InputError(f"{label} is broken, or no file of torch.save ({type(error).__name__}): {_TRUST}") from error


class _Refused(Exception):  # noqa: N818  (not an error of ours)
    """What a file holds that no SinGAN checkpoint does: the end of a sentence about the file."""


# ---------------------------------------------------------------------------------------------------------------
# What a file may hold


class _Inert:
    """A record that a pickle can make and hand about, and not change."""

    def __setstate__(self, state: object) -> None:
        raise _Refused("changes what it should not")


@dataclass
class _Storage(_Inert):
    """A run of numbers of one type, known by its key, and filled in when it is found in the file."""

    dtype: torch.dtype
    count: int
    values: Tensor | None = None


@dataclass(frozen=True)
class _View(_Inert):
    """A tensor: a part of a storage."""

    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


class _Module(_Inert):
    """Any module: what it was called, and the attributes it was saved with."""

    kind = ""
    state: dict[Any, Any]

    def __setstate__(self, state: object) -> None:
        self.state = state if isinstance(state, dict) else {}


@dataclass(frozen=True)
class _Dtype(_Inert):
    """Stands for the class of a storage."""

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
    """Stands for the table of numeric routines that modules carried with them before torch 1.3."""

    def __call__(self) -> None:
        return None


def _module_names() -> dict[tuple[str, str], type[_Module]]:
    # The official code is run from its folder, so that its file is SinGAN.models; copies have it as models.
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
    """What persistent references of a pickle lead to: storages by their keys."""

    storages: dict[str, _Storage] = field(default_factory=dict)

    def refer(self, reference: object) -> object:
        """The record for a reference: a storage, or, in files before torch 1.6, the class of a module."""
        if isinstance(reference, tuple) and len(reference) >= 2 and reference[0] == "module":
            # With it comes the module's source code, which is of no interest.
            if isinstance(reference[1], type) and issubclass(reference[1], _Module):
                return reference[1]
        elif isinstance(reference, tuple) and len(reference) >= 5 and reference[0] == "storage":
            kind, key, _, count = reference[1:5]
            # The sixth, in old files, says that this is a part of another storage.
            if isinstance(kind, _Dtype) and isinstance(key, str) and type(count) is int and not any(reference[5:]):
                return self.storages.setdefault(key, _Storage(kind.dtype, count))
        raise _Refused("refers to something unknown")


class _Reader(pickle.Unpickler):
    """An unpickler that finds nothing but what is on the list."""

    def __init__(self, file: io.BytesIO, contents: _Contents) -> None:
        super().__init__(file, encoding="utf-8")
        self.contents = contents

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise _Refused(f"asks for {shown(f'{module}.{name}')}, for which a SinGAN checkpoint has no use")
        return _ALLOWED[module, name]

    def persistent_load(self, reference: object) -> object:
        return self.contents.refer(reference)


# ---------------------------------------------------------------------------------------------------------------
# The two formats


def _from_stream(data: bytes) -> object:
    """The format before torch 1.6: five pickles, then for each storage its count and its bytes."""
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
    """The format since torch 1.6: an archive of one pickle, and a member for each storage."""
    contents = _Contents()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (member,) = (name for name in archive.namelist() if name.count("/") == 1 and name.endswith("/data.pkl"))
        folder = member.removesuffix("data.pkl")
        if f"{folder}byteorder" in archive.namelist() and _member(archive, f"{folder}byteorder") != b"little":
            raise ValueError("written on a big-endian machine")
        found = _Reader(io.BytesIO(_member(archive, member)), contents).load()
        left = len(data)  # members that lie over each other could be read out to any amount
        for key, storage in contents.storages.items():
            left -= storage.count * storage.dtype.itemsize
            if left < 0:
                raise ValueError("more numbers than the file has room for")
            raw = _member(archive, f"{folder}data/{key}")
            _fill(storage, raw, len(raw) // storage.dtype.itemsize)
    return found


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of a member, which torch never compresses: one that is could unfold to any size."""
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise ValueError("a compressed member")
    return archive.read(name)


def _fill(storage: _Storage, raw: bytes, count: int) -> None:
    if count != storage.count or len(raw) != count * storage.dtype.itemsize:
        raise ValueError("a storage that is shorter or longer than was said")
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
    """A tensor of its own: float32, or int64 for whole numbers."""
    if not isinstance(view, _View) or view.storage.values is None:
        raise _Refused("lacks a tensor")
    last = view.offset + sum((n - 1) * step for n, step in zip(view.size, view.stride, strict=True))
    count = math.prod(view.size)
    # Strides of 0 could make one number into any amount.
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
    """A plain number, or a tensor of one."""
    if isinstance(value, _View):
        tensor = _values(value)
        value = tensor.item() if tensor.numel() == 1 else None
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _Refused("holds something else than numbers")
    return float(value)
