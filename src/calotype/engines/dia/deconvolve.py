"""Features of one layer that lead to given features of the next: the inverse of a block of the network."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def deconvolved(start: Tensor, wanted: Tensor, onward: Callable[[Tensor], Tensor], steps: int) -> Tensor:
    """Minimise the squared error of ``onward(x)`` by L-BFGS.

    Args:
        start: [1, C, h, w], where x starts.
        wanted: [1, D, h', w'], what ``onward(x)`` should be.
        onward: the block of the network, from one layer to the next.
        steps: iterations; 0 returns ``start``.

    Returns:
        [1, C, h, w], non-negative, as features after a ReLU are.
    """
    if not steps:
        return start
    x = start.detach().clone().requires_grad_()
    optimizer = torch.optim.LBFGS([x], max_iter=steps, history_size=4, line_search_fn="strong_wolfe")

    def error() -> Tensor:
        optimizer.zero_grad()
        loss = (onward(x) - wanted).square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    with torch.enable_grad():
        optimizer.step(error)  # type: ignore[no-untyped-call]
    return x.detach().clamp_min(0)
