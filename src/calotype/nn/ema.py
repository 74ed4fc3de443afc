"""Exponential moving average of a module's parameters and buffers."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)


class ExponentialMovingAverage(Generic[M]):
    """Exponential moving average of a module, with optional warm-up of the decay.

    At update t (counted from 0) every floating-point parameter and buffer a of the average becomes
    ``d a + (1 - d) s``, where s is the value of the source and ``d = min(decay, (1 + t) / (warmup + t))``. Other
    buffers, such as counters, are copied. It has ``state_dict`` and ``load_state_dict``, so it can be part of the state
    of a training that is resumed.

    Args:
        average: module with the structure of the source. It is overwritten by the first ``copy_from`` or by updates.
            It is set to eval mode and its parameters need no gradient.
        decay: share of the average that is kept in an update, 0 <= decay < 1.
        warmup: number of updates after which the decay is about one half; 0 or 1 for no warm-up.

    Raises:
        ValueError: the decay or the warm-up is out of range.
    """

    def __init__(self, average: M, decay: float, *, warmup: float = 0.0) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"decay has to be at least 0 and below 1, not {decay}")
        if warmup < 0:
            raise ValueError(f"warmup has to be at least 0, not {warmup}")
        self.module = average.eval().requires_grad_(False)
        self.decay, self.warmup = decay, warmup
        self.updates = 0

    @torch.no_grad()
    def copy_from(self, source: M) -> None:
        """Make the average equal to the source, as before the first update."""
        for mine, theirs in _pairs(self.module, source):
            mine.copy_(theirs)
        self.updates = 0

    @torch.no_grad()
    def update(self, source: M) -> None:
        """Move the average towards the present state of the source."""
        floating = [(mine, theirs) for mine, theirs in _pairs(self.module, source) if mine.is_floating_point()]
        if floating:
            averages, values = (list(each) for each in zip(*floating))
            torch._foreach_lerp_(averages, values, 1 - self.current_decay())
        for mine, theirs in _pairs(self.module, source):
            if not mine.is_floating_point():
                mine.copy_(theirs)
        self.updates += 1

    def current_decay(self) -> float:
        """The decay that the next update uses, 0 <= decay < 1."""
        if self.warmup <= 1:
            return self.decay
        return min(self.decay, (1 + self.updates) / (self.warmup + self.updates))

    def state_dict(self) -> dict[str, Any]:
        """The number of updates, and the tensors of the average by name."""
        return {"updates": self.updates, "module": self.module.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what ``state_dict`` returned.

        Raises:
            RuntimeError: the tensors do not fit the module.
        """
        self.updates = int(state["updates"])
        self.module.load_state_dict(state["module"])


def _pairs(average: nn.Module, source: nn.Module) -> list[tuple[Tensor, Tensor]]:
    """Tensors of the average, each with that of the source of the same name."""
    theirs = source.state_dict()
    return [(mine, theirs[name]) for name, mine in average.state_dict().items()]
