"""Checkpoints: tensors and JSON values in one safetensors file. No pickle."""

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

_KEY = "calotype"  # key of the metadata in the file's header


@runtime_checkable
class Stateful(Protocol):
    """Anything with a state dict: modules, optimizers, schedulers."""

    def state_dict(self) -> Any:
        """The state as nested dicts, lists, tuples, tensors and plain values."""

    def load_state_dict(self, state_dict: Any, /) -> Any:
        """Restore a state."""


# The state of a training: modules, optimizers, schedulers and tensors by name.
State = Mapping[str, Stateful | Tensor]


def write_tensors(path: Path, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
    """Write tensors, with JSON-ready ``meta`` in the header, atomically.

    Raises:
        OutputError: the file cannot be written.
    """
    # Copies: the format rejects tensors that share memory, such as tied weights.
    flat = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}
    data = save(flat, metadata={_KEY: json.dumps(meta, sort_keys=True)})
    write_whole(path, lambda file: file.write(data))


def read_tensors(path: Path, advice: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read the tensors, to the CPU, and the meta of a file written by ``write_tensors``.

    Args:
        path: the file.
        advice: what the user should do if it is damaged.

    Raises:
        InputError: the file is missing, damaged or not written by ``write_tensors``.
    """
    meta = read_meta(path, advice)
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name).clone() for name in file.keys()}, meta  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"{shown(path)} is damaged or not a file of calotype: {advice}") from error


def read_meta(path: Path, advice: str) -> dict[str, Any]:
    """Read only the meta of a file written by ``write_tensors``: fast, however large the tensors are.

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
    """Write ``state`` and ``meta`` atomically.

    Raises:
        OutputError: the file cannot be written.
        TypeError: a state dict contains a value that is neither a tensor nor a plain value: a programming error.
    """
    tensors: dict[str, Tensor] = {}
    tree = {name: _pack(_state_of(item), name, tensors) for name, item in state.items()}
    write_tensors(path, tensors, {**meta, "state": tree})


def restore_state(state: State, tensors: Mapping[str, Tensor], tree: Mapping[str, Any]) -> None:
    """Restore ``state`` from what ``write_state`` has written.

    Raises:
        KeyError, RuntimeError, ValueError: the saved state has another structure.
    """
    if set(state) != set(tree):
        raise KeyError(f"saved {sorted(tree)}, wanted {sorted(state)}")
    for name, item in state.items():
        value = _unpack(tree[name], tensors)
        if isinstance(item, Tensor):
            with torch.no_grad():
                item.copy_(value)
        else:
            item.load_state_dict(value)
            if isinstance(item, Optimizer):
                _match_memory_format(item)


@torch.no_grad()
def _match_memory_format(optimizer: Optimizer) -> None:
    """Give the optimizer's per-parameter tensors the memory format of their parameters.

    Files store contiguous tensors, but torch's fused kernels assume the layout of the parameter.
    """
    for parameter, values in optimizer.state.items():
        for name, value in values.items():
            if isinstance(value, Tensor) and value.dim() > 1 and value.shape == parameter.shape:
                values[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def _state_of(item: Stateful | Tensor) -> Any:
    return item if isinstance(item, Tensor) else item.state_dict()


def _pack(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """``value`` as JSON that preserves tuples and integer keys; its tensors are added to ``tensors`` by path."""
    if isinstance(value, Tensor):
        tensors[path] = value
        return {"tensor": path}
    if isinstance(value, Mapping):
        kind = "counter" if isinstance(value, Counter) else "dict"  # MultiStepLR counts its milestones
        pairs = []
        for i, (key, item) in enumerate(value.items()):
            if type(key) not in (str, int):
                raise TypeError(f"{path}: cannot save a key of type {type(key).__name__}")
            # The position distinguishes the keys 1 and "1".
            pairs.append([key, _pack(item, f"{path}.{i}.{key}", tensors)])
        return {kind: pairs}
    if isinstance(value, (list, tuple)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_pack(item, f"{path}.{i}", tensors) for i, item in enumerate(value)]}
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(f"{path}: cannot save a {type(value).__name__} in a state file, only tensors and plain values")


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
