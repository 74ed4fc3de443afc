"""A CUDA device that there is not: its tensors compute on the processor, but mix with the processor's as little.

What fails on a card only because a tensor is on the other device fails here too: operations on tensors of two devices,
``numpy()`` of a tensor on the card, numbers drawn there by the processor's generator, operations that CUDA lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

NAME = "cuda:0"
_aten = torch.ops.aten
# A tensor of the processor may index one of the card, and be copied from or to it.
_MIXING = {
    "_to_copy", "copy_", "_copy_from", "index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index",
    "_unsafe_index_put", "set_", "is_same_size",
    "_has_compatible_shallow_copy_type",
}  # fmt: skip
_LACKING = {"histogram", "histogramdd", "mkldnn_convolution", "_mkldnn_reshape", "mkldnn_linear"}


class OnCard(Tensor):
    """A tensor that says it is on the card, and what it holds on the processor.

    To autograd it is on ``meta``, as torch has no queue for a device that there is not.
    """

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> OnCard:
        about = {"dtype": held.dtype, "layout": held.layout, "device": "meta"}
        strides = {} if held.layout != torch.strided else {"strides": held.stride()}
        with torch.inference_mode(False):
            made: OnCard = torch.Tensor._make_wrapper_subclass(cls, held.size(), **strides, **about)
        made.held = held.detach()
        return made

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return torch.device(NAME)

    @property
    def is_cuda(self) -> bool:  # type: ignore[override]
        return True

    @property
    def is_meta(self) -> bool:  # type: ignore[override]
        return False

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _work(func, args, kwargs or {})

    def __repr__(self, **_: Any) -> str:
        return f"OnCard({tuple(self.held.shape)}, {self.held.dtype})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        copied = self.detach().clone()
        if isinstance(self, torch.nn.Parameter):
            copied = torch.nn.Parameter(copied, self.requires_grad)
        else:
            copied.requires_grad_(self.requires_grad)
        memo[id(self)] = copied
        return copied

    def __getitem__(self, index: Any) -> Tensor:
        return super().__getitem__(_followed(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(value, bool | int | float):
            value = torch.full((), value, dtype=self.dtype, device=NAME)
        super().__setitem__(_followed(index), value)

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def new_tensor(self, data: Any, *, dtype: torch.dtype | None = None, **more: Any) -> Tensor:
        return torch.tensor(data, dtype=dtype or self.dtype, **{"device": NAME, **more})


def _followed(index: Any) -> Any:
    """Lists of numbers as tensors, which torch makes of them below what can be followed."""
    parts = index if isinstance(index, tuple) else (index,)
    return tuple(
        torch.tensor(one, dtype=None if one else torch.long) if isinstance(one, list) else one for one in parts
    )


class _Card(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _work(func, args, kwargs or {})


def _on_card(device: Any) -> bool:
    return device is not None and torch.device(device).type in ("cuda", "meta")


def _work(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    flat, spec = tree_flatten((args, kwargs))
    held = {id(one.held): one for one in flat if isinstance(one, OnCard)}
    plain = [one for one in flat if isinstance(one, Tensor) and not isinstance(one, OnCard)]
    target = kwargs.get("device")
    name = func.overloadpacket.__name__
    on_card = _on_card(target) if target is not None else bool(held)
    if name in ("copy_", "_copy_from", "set_"):
        on_card = isinstance(args[0], OnCard)
    if held or on_card:
        _check(func, name, held, plain, kwargs.get("generator"), on_card)
    inner = [one.held if isinstance(one, OnCard) else one for one in flat]
    inner_args, inner_kwargs = tree_unflatten(inner, spec)
    if _on_card(target):
        inner_kwargs["device"] = torch.device("cpu")
    with _disable_current_modes():
        made = func(*inner_args, **inner_kwargs)
    if not on_card:
        return made
    return tree_map(lambda one: _wrapped(one, held) if isinstance(one, Tensor) else one, made)


def _wrapped(made: Tensor, held: dict[int, OnCard]) -> OnCard:
    """What was given, where an operation changed that in place."""
    return held[id(made)] if id(made) in held else OnCard(made)


def _check(func: Any, name: str, held: Any, plain: list[Tensor], generator: Any, on_card: bool) -> None:
    if any(one.device.type == "meta" for one in plain):
        raise AssertionError(f"{func}: a number became a tensor that this cannot follow")
    mixed = [one for one in plain if one.dim() and name not in _MIXING]
    if held and mixed:
        raise RuntimeError(f"{func}: expected all tensors on one device, but one {tuple(mixed[0].shape)} is on cpu")
    if generator is not None and on_card:
        raise RuntimeError(f"{func}: expected a 'cuda' device type for generator but found 'cpu'")
    if name in _LACKING or "mkldnn" in name:
        raise NotImplementedError(f"{func} cannot be run with the backend 'CUDA'")


_where = torch.where


def _where_numbers(condition: Tensor, *choices: Any) -> Any:
    """``torch.where``, which makes tensors of numbers below what can be followed."""
    tensors = [one for one in choices if isinstance(one, Tensor)]
    if not isinstance(condition, OnCard) or len(tensors) == len(choices):
        return _where(condition, *choices)
    dtypes = [torch.result_type(tensors[0], one) if tensors else torch.tensor(one).dtype for one in choices]
    given = [
        one if isinstance(one, Tensor) else torch.full((), one, dtype=t, device=NAME) for one, t in zip(choices, dtypes)
    ]
    return _where(condition, *given)


@contextmanager
def fake_card() -> Iterator[None]:
    """Within the block there is a card ``cuda``."""
    changes: dict[str, Callable[..., Any]] = {
        "_lazy_init": lambda: None,
        "is_available": lambda: True,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "is_bf16_supported": lambda *_: True,
        "synchronize": lambda *_: None,
        "empty_cache": lambda: None,
        "reset_peak_memory_stats": lambda *_: None,
        "max_memory_allocated": lambda *_: 0,
        "get_rng_state": lambda *_: torch.get_rng_state(),
        "set_rng_state": lambda *_: None,
        "manual_seed_all": lambda *_: None,
    }
    torch._C._ensureCUDADeviceGuardSet()
    before = torch.__future__.get_overwrite_module_params_on_conversion()
    with ExitStack() as stack:
        for name, change in changes.items():
            stack.enter_context(patch.object(torch.cuda, name, change))
        stack.enter_context(patch.object(torch, "where", _where_numbers))
        torch._C._set_only_lift_cpu_tensors(True)
        torch.__future__.set_overwrite_module_params_on_conversion(True)
        try:
            with _Card():
                yield
        finally:
            torch._C._set_only_lift_cpu_tensors(False)
            torch.__future__.set_overwrite_module_params_on_conversion(before)
