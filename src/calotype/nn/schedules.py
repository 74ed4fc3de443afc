"""Learning-rate schedules: functions from a step to a factor of the initial learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch.optim import Optimizer

Schedule = Callable[[int], float]
_INITIAL = "initial_lr"  # the key that torch's own schedulers use as well


def constant_then_linear(steps: int, start: float = 0.5, floor: float = 0.0) -> Schedule:
    """1 for the first part of the training, then a straight line that reaches ``floor`` at the end.

    Args:
        steps: of the whole training, at least 1.
        start: share of the steps after which the factor falls, 0..1.
        floor: factor at step ``steps``, 0..1.

    Raises:
        ValueError: an argument is out of range.
    """
    _check(steps, floor)
    if not 0 <= start <= 1:
        raise ValueError(f"start has to be from 0 to 1, not {start}")

    def factor(step: int) -> float:
        done = min(1.0, step / steps)
        return 1.0 if done <= start or start == 1 else 1 - (1 - floor) * (done - start) / (1 - start)

    return factor


def cosine(steps: int, floor: float = 0.0) -> Schedule:
    """Half a period of a cosine, from 1 at step 0 to ``floor`` at step ``steps``.

    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017, eq. 5, without restarts.

    Raises:
        ValueError: an argument is out of range.
    """
    _check(steps, floor)

    def factor(step: int) -> float:
        return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))

    return factor


def warm_up(steps: int) -> Schedule:
    """A straight line from ``1 / steps`` at step 0 to 1 at step ``steps - 1``; 1 from then on, and for ``steps`` 0.

    Raises:
        ValueError: ``steps`` is negative.
    """
    if steps < 0:
        raise ValueError(f"steps of a warm-up have to be at least 0, not {steps}")
    return lambda step: min(1.0, (step + 1) / steps) if steps else 1.0


def product(*schedules: Schedule) -> Schedule:
    """The product of schedules, such as a warm-up and a decay."""
    return lambda step: math.prod(schedule(step) for schedule in schedules)


def set_rates(factor: float, *optimizers: Optimizer) -> None:
    """Set the learning rate of every parameter group to ``factor`` times its initial learning rate.

    The initial rate is remembered in the group as ``initial_lr`` when this is called first, so it is saved with the
    state of the optimizer.
    """
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group.setdefault(_INITIAL, group["lr"]) * factor


def _check(steps: int, floor: float) -> None:
    if steps < 1:
        raise ValueError(f"steps have to be at least 1, not {steps}")
    if not 0 <= floor <= 1:
        raise ValueError(f"floor has to be from 0 to 1, not {floor}")
