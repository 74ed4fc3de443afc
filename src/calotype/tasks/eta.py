"""How long work will still take, and times as people say them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calotype.tasks.progress import Training

_ENOUGH = 0.02  # the share of a training after which its own pace tells more than what was expected


def format_duration(seconds: float) -> str:
    """A time as people say it: ``a second``, ``12 s``, ``5 min``, ``2.5 h``."""
    if seconds < 1.5:
        return "a second"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class TimeEstimate:
    """How long a training will take from now on."""

    def __init__(self, model: Training) -> None:
        self._done_at = model.done_at
        self._expected = model.cost.seconds
        self._before = model.done()
        self._began = time.monotonic()

    def seconds(self, stage: str, step: int, steps: int) -> float:
        """From the pace so far, or, where there is none yet, from what was expected."""
        done = self._done_at(stage, step, steps)
        worked = done - self._before
        if worked < _ENOUGH:
            return self._expected * (1 - done)
        return (time.monotonic() - self._began) / worked * (1 - done)
