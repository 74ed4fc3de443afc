"""Tensors and plain values in one safetensors file: what a run and a model keep on disk. No pickle, ever."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.optim import Optimizer

from calotype.errors import InputError
from calotype.files import shown, write_whole

_KEY = "calotype"  # the name of our entry in the header


@runtime_checkable
class Stateful(Protocol):
    """Modules, optimizers, schedulers, and whatever else can say what it holds."""

    def state_dict(self) -> Any:
        """Everything that changes, as nested dicts, lists, tuples, tensors and plain values."""

    def load_state_dict(self, state_dict: Any, /) -> Any:
        """Take it all back."""


# What a training loop works on: a name for each module, optimizer, scheduler or bare tensor.
State = Mapping[str, Stateful | Tensor]


def write_tensors(path: Path, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
    """Write tensors, with JSON-ready ``meta`` in the header, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    # Copies: the format refuses tensors that share memory, which tied weights do.
    flat = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}
    data = save(flat, metadata={_KEY: json.dumps(meta, sort_keys=True)})
    write_whole(path, lambda file: file.write(data))


def read_tensors(path: Path, advice: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors, on the CPU, and the meta of a file written by ``write_tensors``.

    Args:
        path: the file.
        advice: what the user should do where it is damaged.

    Raises:
        InputError: the file is missing, damaged or not one of ours.
    """
    meta = read_meta(path, advice)
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name).clone() for name in file.keys()}, meta  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"{shown(path)} is damaged or not a file of calotype: {advice}") from error


def read_meta(path: Path, advice: str) -> dict[str, Any]:
    """The meta alone of a file written by ``write_tensors``: quick, however large the tensors are.

    Raises:
        InputError: as ``read_tensors``.
    """
    try:
        with safe_open(path, framework="pt") as file:
            meta = json.loads((file.metadata() or {})[_KEY])
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise InputError(f"{shown(path)} is damaged or not a file of calotype: {advice}") from error
    if not isinstance(meta, dict):
        raise InputError(f"{shown(path)} is not a file of calotype: {advice}")
    return meta


def write_state(path: Path, state: State, meta: Mapping[str, Any]) -> None:
    """Write everything that ``state`` holds, and ``meta``, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
        TypeError: a state dict holds something that is neither a tensor nor plain: a fault of the code.
    """
    tensors: dict[str, Tensor] = {}
    tree = {name: _pack(_held(item), name, tensors) for name, item in state.items()}
    write_tensors(path, tensors, {**meta, "state": tree})


def restore_state(state: State, tensors: Mapping[str, Tensor], tree: Mapping[str, Any]) -> None:
    """Put what ``write_state`` wrote back into ``state``.

    Raises:
        KeyError, RuntimeError, ValueError: it was written from a state of another shape.
    """
    if set(state) != set(tree):
        raise KeyError(f"saved {sorted(tree)}, wanted {sorted(state)}")
    for name, item in state.items():
        held = _unpack(tree[name], tensors)
        if isinstance(item, Tensor):
            with torch.no_grad():
                item.copy_(held)
        else:
            item.load_state_dict(held)
            if isinstance(item, Optimizer):
                _lay_out(item)


@torch.no_grad()
def _lay_out(optimizer: Optimizer) -> None:
    """Have what an optimizer keeps of a parameter lie in memory as the parameter does.

    Files know one order of dimensions, and the fused kernels of torch walk through memory without looking.
    """
    for parameter, kept in optimizer.state.items():
        for name, value in kept.items():
            if isinstance(value, Tensor) and value.dim() > 1 and value.shape == parameter.shape:
                kept[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def _held(item: Stateful | Tensor) -> Any:
    return item if isinstance(item, Tensor) else item.state_dict()


def _pack(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """``value`` as JSON that remembers tuples and whole-number keys; its tensors go to ``tensors`` by path."""
    if isinstance(value, Tensor):
        tensors[path] = value
        return {"tensor": path}
    if isinstance(value, Mapping):
        kind = "counter" if isinstance(value, Counter) else "dict"  # MultiStepLR counts its milestones
        pairs = []
        for i, (key, item) in enumerate(value.items()):
            if type(key) not in (str, int):
                raise TypeError(f"{path}: cannot keep a key of type {type(key).__name__}")
            # The position keeps 1 and "1" apart.
            pairs.append([key, _pack(item, f"{path}.{i}.{key}", tensors)])
        return {kind: pairs}
    if isinstance(value, (list, tuple)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_pack(item, f"{path}.{i}", tensors) for i, item in enumerate(value)]}
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(f"{path}: cannot keep a {type(value).__name__} in a state file, only tensors and plain values")


def _unpack(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        return tensors[content]
    if kind in ("dict", "counter"):
        plain = {key: _unpack(item, tensors) for key, item in content}
        return Counter(plain) if kind == "counter" else plain
    items = [_unpack(item, tensors) for item in content]
    return tuple(items) if kind == "tuple" else items
