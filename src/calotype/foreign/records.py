"""What a file's objects become: records without behaviour, and numbers that are copied out when they are asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from calotype.foreign.limits import Broken, Budget, Refused

_DIMENSIONS = 16
_NUMERIC = "biuf"  # kinds of NumPy types that are read: truth values, integers, floats


@dataclass(eq=False)
class Record:
    """An object of any class: its name, what it was made with, and its attributes.

    Attributes:
        kind: module and name of the class, or the class name of NVIDIA's persistent objects.
        args: arguments it was made with.
        state: its attributes by name.
    """

    kind: str
    args: tuple[object, ...] = ()
    state: dict[object, object] = field(default_factory=dict)

    def get(self, name: str, otherwise: object = None) -> object:
        """The attribute of that name."""
        return self.state.get(name, otherwise)

    def set_state(self, state: object) -> None:
        """Take the attributes that a pickle sets."""
        # Objects of classes with __slots__ have two dictionaries, of which the first is that of other classes.
        parts = state[:2] if isinstance(state, tuple) else (state,)
        self.state = next((part for part in parts if isinstance(part, dict)), {})


@dataclass(eq=False)
class Storage:
    """A typed array of numbers.

    Attributes:
        dtype: their type.
        count: how many the pickle declares.
        budget: what copies of them are charged to.
        data: their bytes; ``None`` until they are read.
    """

    dtype: torch.dtype
    count: int
    budget: Budget
    data: memoryview | None = None

    def fill(self, data: memoryview, count: int) -> None:
        """Set the bytes.

        Raises:
            Broken: their number is not the declared one.
        """
        if count != self.count or len(data) != count * self.dtype.itemsize:
            raise Broken("a storage whose length is not the declared one")
        self.data = data


@dataclass(frozen=True, eq=False)
class View:
    """A tensor: a strided view of a storage."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def tensor(self) -> Tensor:
        """The numbers, contiguous, with memory of their own.

        Raises:
            Refused: the storage does not hold them all.
        """
        data, dtype = self.storage.data, self.storage.dtype
        if data is None:
            raise Refused("lacks a tensor")
        count = math.prod(self.size)
        if not count:
            return torch.empty(self.size, dtype=dtype)
        last = self.offset + sum((n - 1) * step for n, step in zip(self.size, self.stride, strict=True))
        # Strides of 0 could expand one number to any size.
        if count > self.storage.count or last >= self.storage.count:
            raise Refused("holds a tensor larger than what is stored of it")
        self.storage.budget.charge(count * dtype.itemsize)
        used = data[self.offset * dtype.itemsize : (last + 1) * dtype.itemsize]
        flat = torch.empty(last + 1 - self.offset, dtype=dtype)
        flat.view(torch.uint8).numpy()[:] = np.frombuffer(used, np.uint8)
        return flat.as_strided(self.size, self.stride).contiguous()


# NumPy has no bfloat16: it writes arrays of the package ml_dtypes, which JAX uses, as void of two bytes.
_BFLOAT16 = "V2"


def numeric_type(text: object, order: object = "<") -> np.dtype[np.generic]:
    """The NumPy type of a code such as ``f4`` and a byte order; that of bfloat16 is of the same bytes.

    Raises:
        Refused: it is not one of numbers.
    """
    if isinstance(text, str) and isinstance(order, str) and len(text) <= 4:
        code = text.lstrip("<>|=")
        order = text[0] if text[:1] in ("<", ">") else order
        if code == _BFLOAT16:
            return np.dtype("<u2")
        if code[:1] in _NUMERIC and code[1:] in ("1", "2", "4", "8"):
            return np.dtype(f"{'>' if order == '>' else '<'}{code}")
    raise Refused("holds a NumPy array of something else than numbers")


@dataclass(eq=False)
class Dtype:
    """A NumPy type: its code, such as ``f4``, and its byte order."""

    code: str
    order: str = "<"

    def set_state(self, state: object) -> None:
        """Take the byte order from a pickle's state."""
        if not isinstance(state, tuple) or len(state) < 2 or not isinstance(state[1], str):
            raise Refused("holds a NumPy type that is none")
        self.order = state[1]

    @property
    def numeric(self) -> np.dtype[np.generic]:
        """See ``numeric_type``."""
        return numeric_type(self.code, self.order)


@dataclass(eq=False)
class Array:
    """A NumPy array.

    Attributes:
        budget: what copies are charged to.
        shape: its shape.
        dtype: its type; of numbers, or ``O`` for objects.
        columns: whether the first index varies fastest.
        data: the bytes of its numbers.
        objects: its objects, for type ``O``.
    """

    budget: Budget
    shape: tuple[int, ...] = ()
    dtype: Dtype = field(default_factory=lambda: Dtype("u1"))
    columns: bool = False
    data: memoryview | None = None
    objects: list[object] | None = None

    def set_state(self, state: object) -> None:
        """Take shape, type and content from a pickle's state."""
        parts = state[1:] if isinstance(state, tuple) and len(state) == 5 else state
        if not isinstance(parts, tuple) or len(parts) != 4:
            raise Refused("holds a NumPy array that is none")
        shape, dtype, columns, data = parts
        if not is_size(shape) or not isinstance(dtype, Dtype):
            raise Refused("holds a NumPy array that is none")
        self.shape, self.dtype, self.columns = shape, dtype, bool(columns)
        if isinstance(data, list):
            self.objects = data
        elif isinstance(data, (bytes, memoryview)):
            self.data = memoryview(data)
        else:
            raise Refused("holds a NumPy array without content")

    def array(self) -> np.ndarray:
        """The numbers, in memory of their own.

        Raises:
            Refused: it does not hold numbers, or not as many as it says.
        """
        dtype = self.dtype.numeric
        count = math.prod(self.shape)
        if self.data is None or len(self.data) != count * dtype.itemsize:
            raise Refused("holds a NumPy array whose length is not the declared one")
        self.budget.charge(len(self.data))
        flat = np.frombuffer(self.data, dtype).astype(dtype.newbyteorder("="))
        return flat.reshape(self.shape, order="F" if self.columns else "C")

    def tensor(self) -> Tensor:
        """The numbers as a tensor, contiguous."""
        values = torch.from_numpy(np.asarray(self.array(), order="C"))
        return values.view(torch.bfloat16) if self.dtype.code.lstrip("<>|=") == _BFLOAT16 else values


def is_size(value: object) -> bool:
    """Whether it is a tuple of a few numbers of at least 0."""
    return (
        isinstance(value, tuple)
        and len(value) <= _DIMENSIONS
        and all(type(n) is int and 0 <= n < 1 << 62 for n in value)
    )
