"""The names that a file may contain, each with an inert substitute of what it stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from calotype.foreign.limits import Broken, Budget, Refused
from calotype.foreign.records import Array, Dtype, Record, Storage, View, is_size

_LONGEST_KEY = 16  # of tuples that are keys


@dataclass(frozen=True, eq=False)
class Name:
    """A class or function that a file names.

    Attributes:
        text: its module and name.
        call: what calling it gives: a function of the budget and the arguments; ``None`` if it cannot be called.
        made: whether it is a class, so that a pickle may make objects of it.
        dtype: the type of a class of storages.
    """

    text: str
    call: Callable[[Budget, tuple[Any, ...]], object] | None = None
    made: bool = False
    dtype: torch.dtype | None = None


# Names by module and name.
Names = Mapping[tuple[str, str], Name]


def records(names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Name]:
    """A table of classes whose objects become records."""

    def entry(place: str, name: str) -> Name:
        text = f"{place}.{name}"
        return Name(text, lambda budget, args: Record(text, args), made=True)

    return {(place, name): entry(place, name) for place, name in names}


def is_key(value: object) -> bool:
    """Whether a value may be a key: plain, or a short tuple of plain values.

    Hashing nested tuples takes time that doubles with every level.
    """
    if isinstance(value, tuple):
        return len(value) <= _LONGEST_KEY and all(_is_plain(one) for one in value)
    return _is_plain(value)


def _is_plain(value: object) -> bool:
    return value is None or type(value) in (str, int, float, bool, bytes)


def _mapping(budget: Budget, args: tuple[Any, ...]) -> dict[object, object]:
    """A dictionary: empty, or from a list of pairs."""
    pairs = args[-1] if args and isinstance(args[-1], list) else []
    found = {}
    for pair in pairs:
        budget.opcode()
        if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not is_key(pair[0]):
            raise Refused("holds a dictionary that is none")
        found[pair[0]] = pair[1]
    return found


def _set(budget: Budget, args: tuple[Any, ...]) -> set[object]:
    elements = args[0] if args else []
    if not isinstance(elements, list) or not all(is_key(one) for one in elements):
        raise Refused("holds a set that is none")
    budget.charge(256 + 64 * len(elements))
    return set(elements)


def _size(budget: Budget, args: tuple[Any, ...]) -> tuple[object, ...]:
    if len(args) != 1 or not isinstance(args[0], (list, tuple)):
        raise Refused("holds a size that is none")
    budget.charge(8 * len(args[0]))
    return tuple(args[0])


def _encode(budget: Budget, args: tuple[Any, ...]) -> bytes:
    """Bytes that protocol 2 writes as text."""
    if len(args) != 2 or not isinstance(args[0], str) or args[1] not in ("latin1", "latin-1"):
        raise Refused("encodes a text in an unknown way")
    budget.charge(len(args[0]))
    return args[0].encode("latin-1")


def _tensor(budget: Budget, args: tuple[Any, ...]) -> View:
    if len(args) < 4:
        raise Refused("holds a tensor that is none")
    storage, offset, size, stride = args[:4]
    good = isinstance(storage, Storage) and is_size(size) and is_size(stride) and len(size) == len(stride)
    if not good or not is_size((offset,)):
        raise Refused("holds a tensor that is none")
    return View(storage, offset, tuple(size), tuple(stride))


def _first(budget: Budget, args: tuple[Any, ...]) -> object:
    if not args:
        raise Refused("holds a parameter that is none")
    return args[0]


def _nothing(budget: Budget, args: tuple[Any, ...]) -> None:
    return None


def _persistent(budget: Budget, args: tuple[Any, ...]) -> Record:
    """An object of NVIDIA's persistent classes: its class name and its state. The source code in it is not touched."""
    meta = args[0] if len(args) == 1 else None
    if not isinstance(meta, dict) or not isinstance(meta.get("class_name"), str):
        raise Refused("holds a persistent object that is none")
    record = Record(meta["class_name"])
    record.set_state(meta.get("state"))
    return record


def _dtype(budget: Budget, args: tuple[Any, ...]) -> Dtype:
    if not args or not isinstance(args[0], str) or len(args[0]) > 4:
        raise Refused("holds a NumPy type that is none")
    return Dtype(args[0])


def _scalar(budget: Budget, args: tuple[Any, ...]) -> bool | int | float:
    if len(args) != 2 or not isinstance(args[0], Dtype) or not isinstance(args[1], (bytes, memoryview)):
        raise Refused("holds a NumPy number that is none")
    dtype = args[0].numeric
    if len(args[1]) != dtype.itemsize:
        raise Broken("a NumPy number of another length")
    import numpy as np

    value: bool | int | float = np.frombuffer(args[1], dtype)[0].item()
    return value


def _array(budget: Budget, args: tuple[Any, ...]) -> Array:
    return Array(budget)


_STORAGES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


def _named(text: str, call: Any = None, *, made: bool = False) -> dict[tuple[str, str], Name]:
    place, _, name = text.rpartition(".")
    return {(place, name): Name(text, call, made)}


# Tensors, NumPy arrays and numbers, and containers: what files of weights need.
COMMON: Names = {
    **{("torch", name): Name(f"torch.{name}", dtype=dtype) for name, dtype in _STORAGES.items()},
    # Types of numbers, in settings.
    **{
        ("torch", name): Name(f"torch.{name}")
        for name in ("float64", "float32", "float16", "bfloat16", "int64", "int32")
    },
    **_named("torch._utils._rebuild_tensor", _tensor),
    **_named("torch._utils._rebuild_tensor_v2", _tensor),
    **_named("torch._utils._rebuild_parameter", _first),
    **_named("torch.nn.backends.thnn._get_thnn_function_backend", _nothing),
    **_named("torch.Size", _size),
    **records([("torch", "device"), ("argparse", "Namespace"), ("pathlib", "PosixPath"), ("pathlib", "Path")]),
    **_named("collections.OrderedDict", _mapping, made=True),
    **_named("collections.defaultdict", _mapping, made=True),
    **_named("builtins.set", _set, made=True),
    **_named("__builtin__.set", _set, made=True),
    # What a defaultdict makes of a missing entry.
    **{(place, name): Name(name) for place in ("builtins", "__builtin__") for name in ("list", "dict", "int", "float")},
    **_named("_codecs.encode", _encode),
    **_named("numpy.dtype", _dtype),
    **_named("numpy.ndarray"),
    **{
        key: name
        for place in ("numpy.core.multiarray", "numpy._core.multiarray")
        for key, name in {**_named(f"{place}.scalar", _scalar), **_named(f"{place}._reconstruct", _array)}.items()
    },
}


# What the files of NVIDIA's StyleGAN code need besides.
PERSISTENT: Names = {
    **_named("torch_utils.persistence._reconstruct_persistent_obj", _persistent),
    **_named("dnnlib.util.EasyDict", _mapping, made=True),
    **_named("dnnlib.EasyDict", _mapping, made=True),
    **records(
        [
            ("dnnlib.tflib.network", "Network"),
            ("torch.nn.modules.container", "Sequential"),
            ("torch.nn.modules.activation", "Softplus"),
            ("training.triplane", "OSGDecoder"),
            ("training.volumetric_rendering.ray_marcher", "MipRayMarcher2"),
            ("training.volumetric_rendering.ray_sampler", "RaySampler"),
            ("training.volumetric_rendering.renderer", "ImportanceRenderer"),
        ]
    ),
}
