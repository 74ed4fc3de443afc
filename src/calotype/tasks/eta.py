"""Estimated remaining time, and formatting of durations."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calotype.tasks.progress import Training

_MEASURED = 10.0  # seconds, during which the measured speed replaces the estimate step by step
_SLOWER, _FASTER = 1.5, 0.6  # measured time divided by the estimate, from which on the user is told


def format_duration(seconds: float) -> str:
    """A duration for display: ``a second``, ``12 s``, ``5 min``, ``2.5 h``."""
    if seconds < 1.5:
        return "a second"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def remaining(expected: float, left: float, progress: float, elapsed: float) -> float:
    """Remaining seconds: at first the estimate, after some seconds by the measured speed, in between a weighted mean.

    Args:
        expected: the estimate of the remaining time, seconds.
        left: fraction of the work that is not done, 0..1.
        progress: fraction of the work that was done since the clock was started.
        elapsed: seconds since then.
    """
    if progress <= 0:
        return expected
    weight = min(1.0, elapsed / _MEASURED)
    return weight * elapsed / progress * left + (1 - weight) * expected


class TimeEstimate:
    """Estimated remaining time of a training."""

    def __init__(
        self, model: Training, *, expected: float | None = None, clock: Callable[[], float] | None = None
    ) -> None:
        """Start the clock; ``model`` may be partly trained.

        Args:
            model: the training.
            expected: expected time of the whole, seconds; ``None``: as the system estimates it.
            clock: the time, seconds; ``None`` for that of the machine.
        """
        self._told = False
        self._done_at = model.done_at
        self._expected = model.cost.seconds if expected is None else expected
        self._done_before = model.done()
        self._clock = clock or time.monotonic
        self._began = self._clock()

    def seconds(self, stage: str, step: int, steps: int) -> float:
        """Remaining seconds, see ``remaining``."""
        done = self._done_at(stage, step, steps)
        progress, elapsed = done - self._done_before, self._clock() - self._began
        return remaining(self._expected * (1 - done), 1 - done, progress, elapsed)

    def correction(self, stage: str, step: int, steps: int) -> float | None:
        """The measured time of all that was left at the start, seconds, once, if it is not near the estimate."""
        progress, elapsed = self._done_at(stage, step, steps) - self._done_before, self._clock() - self._began
        if self._told or progress <= 0 or elapsed < _MEASURED:
            return None
        self._told = True
        whole, expected = elapsed / progress * (1 - self._done_before), self._expected * (1 - self._done_before)
        return None if _FASTER * expected <= whole <= _SLOWER * expected else whole
