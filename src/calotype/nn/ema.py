"""Exponential moving average of a module's parameters and buffers."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)
_UNIT_VECTORS = ("parametrizations.weight.0._u", "parametrizations.weight.0._v")  # of spectral normalisation


class ExponentialMovingAverage(Generic[M]):
    """Exponential moving average of a module, with optional warm-up of the decay.

    At update t (counted from 0) every floating-point parameter and buffer a of the average becomes
    ``d a + (1 - d) s``, where s is the value of the source and ``d = min(decay, (1 + t) / (warmup + t))``. Other
    buffers, such as counters, are copied, and so are the unit vectors of spectral normalisation, whose means would not
    have length 1; ``nn.spectral.estimate_again`` and ``nn.statistics.measure_statistics`` make them, and statistics of
    batch normalisation, those of the average. It has ``state_dict`` and ``load_state_dict``, so it can be part of the
    state of a training that is resumed.

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
        update_average(self.module, source, 0.0)
        self.updates = 0

    @torch.no_grad()
    def update(self, source: M) -> None:
        """Move the average towards the present state of the source."""
        update_average(self.module, source, self.current_decay())
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


@torch.no_grad()
def update_average(average: nn.Module, source: nn.Module, decay: float) -> None:
    """Move the tensors of an average towards those of the source, see ``ExponentialMovingAverage``.

    Args:
        average: module with the structure of the source; changed in place.
        source: the trained module.
        decay: share of the average that is kept, 0 <= decay < 1; with 0 everything is copied.
    """
    theirs = source.state_dict()
    averages: list[Tensor] = []
    values: list[Tensor] = []
    for name, mine in average.state_dict().items():
        if decay and mine.is_floating_point() and not name.endswith(_UNIT_VECTORS):
            averages.append(mine)
            values.append(theirs[name])
        else:
            mine.copy_(theirs[name])
    if averages:
        torch._foreach_lerp_(averages, values, 1 - decay)
