"""Remaining time of one piece of work: expected at first, then by what is measured while it runs."""

from __future__ import annotations

from collections.abc import Mapping

from calotype.tasks.eta import remaining

_OVERDUE = 0.1  # of the time that work has taken is expected to be left, once it takes longer than expected
_MOST_DONE = 0.97  # fraction done that is told without a step that says so


class Remaining:
    """The time that is left of one output, by a clock that the caller reads.

    Args:
        expected: expected time of the whole, seconds.
        began: time of the clock at the start, seconds.
        stages: the share of the time of each stage of the last work of that kind, in order, if known.
    """

    def __init__(self, expected: float, began: float, stages: Mapping[str, float] | None = None) -> None:
        self.expected, self.began = expected, began
        self._shares = stages or {}
        self._times: dict[str, float] = {}  # seconds of each stage so far
        self._last = began  # time of the last step
        self._place: tuple[str, int, int] | None = None

    def step(self, stage: str, step: int, steps: int, now: float) -> None:
        """Note that ``step`` of ``steps`` steps of a stage are done at the time ``now``."""
        self._times[stage] = self._times.get(stage, 0.0) + now - self._last
        self._last, self._place = now, (stage, step, steps)

    def stages(self, now: float) -> dict[str, float]:
        """The share of the time of each stage of the finished work; the time after the last step is the last one's."""
        if not self._times:
            return {}
        times = dict(self._times)
        times[next(reversed(times))] += now - self._last
        whole = max(1e-9, now - self.began)
        return {stage: seconds / whole for stage, seconds in times.items()}

    def left(self, now: float) -> float:
        """Seconds that are left; never less than what the steps of the current stage take that are known to come."""
        elapsed = now - self.began
        by_time = self.expected - elapsed if elapsed < self.expected else _OVERDUE * elapsed
        progress = self._progress()
        if progress > 0:
            at_step = self._last - self.began
            by_time = remaining(by_time, 1 - progress, progress, at_step) - _weight(at_step) * (now - self._last)
        # What is left shrinks to nothing only when the work is done.
        return max(by_time, self._known(now), min(_OVERDUE * elapsed, 0.1 * self.expected))

    def done(self, now: float) -> float:
        """The fraction that is done, 0..1."""
        elapsed = now - self.began
        return min(_MOST_DONE, elapsed / max(1e-9, elapsed + self.left(now)))

    def _progress(self) -> float:
        """The fraction that is done by the stages of the last work of that kind; 0 if it had other stages."""
        if self._place is None or self._place[0] not in self._shares:
            return 0.0
        stage, step, steps = self._place
        names = list(self._shares)
        before = sum(self._shares[name] for name in names[: names.index(stage)])
        return min(1.0, before + self._shares[stage] * step / max(1, steps))

    def _known(self, now: float) -> float:
        """Seconds for the steps of the current stage that are left, as long as those before."""
        if self._place is None or not self._place[1]:
            return 0.0
        stage, step, steps = self._place
        return max(0.0, self._times[stage] / step * (steps - step) - (now - self._last))


def _weight(elapsed: float) -> float:
    """How much ``remaining`` trusts what was measured for so long, 0..1."""
    return remaining(0.0, 1.0, 1.0, elapsed) / elapsed if elapsed > 0 else 0.0
