"""Estimated remaining time, and formatting of durations."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calotype.tasks.progress import Training

_MIN_FRACTION = 0.02  # of a training, before the measured speed replaces the estimate


def format_duration(seconds: float) -> str:
    """A duration for display: ``a second``, ``12 s``, ``5 min``, ``2.5 h``."""
    if seconds < 1.5:
        return "a second"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class TimeEstimate:
    """Estimated remaining time of a training."""

    def __init__(self, model: Training) -> None:
        self._done_at = model.done_at
        self._expected = model.cost.seconds
        self._done_before = model.done()
        self._began = time.monotonic()

    def seconds(self, stage: str, step: int, steps: int) -> float:
        """Remaining seconds: from the measured speed, or from the cost estimate at the start."""
        done = self._done_at(stage, step, steps)
        progress = done - self._done_before
        if progress < _MIN_FRACTION:
            return self._expected * (1 - done)
        return (time.monotonic() - self._began) / progress * (1 - done)
