"""Measured times of work on this machine beside its estimates, from which later estimates are corrected."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calotype.errors import OutputError
from calotype.files import write_whole

_MOST = 12  # measurements kept for each kind of work
_NEAREST = 3  # measurements that an estimate is corrected by: those of the most similar amount of work
_MOST_STAGES = 100  # of work whose stages are kept
_LEAST = 0.05  # seconds; shorter times say nothing
_MOST_FACTOR = 100.0  # by which an estimate is corrected, up or down


def work_key(verb: str, engine: str = "", preset: str = "") -> str:
    """The key of a kind of work."""
    return " ".join(filter(None, (verb, engine, preset)))


@dataclass(frozen=True)
class Times:
    """Measured times of kinds of work.

    Attributes:
        pairs: by key (``work_key``), pairs of an estimate and the measured time, seconds, oldest first.
        stages: by key, the share of the time of each stage of the last work of that kind.
    """

    pairs: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    stages: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def corrected(self, key: str, estimate: float) -> float:
        """The expected time of work of that kind, seconds, with an estimate that knows nothing of this machine.

        Work of the kind is corrected by the measurements whose estimates are nearest; other work by the typical factor
        of its system or, without measurements of that, of all work measured here.
        """
        estimate = max(_LEAST, estimate)
        near = sorted(self.pairs.get(key, ()), key=lambda pair: abs(math.log(pair[0] / estimate)))[:_NEAREST]
        return estimate * math.exp(_mean_log(near) if near else self._typical(key))

    def _typical(self, key: str) -> float:
        """The logarithm of the factor by which work like that differs from its estimates; 0 if nothing is measured."""
        system = key.split(" ")[1:2]
        for alike in (lambda other: system and other.split(" ")[1:2] == system, lambda other: True):
            found = [pair for other, pairs in self.pairs.items() if alike(other) for pair in pairs]
            if found:
                return _mean_log(found)
        return 0.0

    def with_measured(self, key: str, estimate: float, seconds: float, stages: Mapping[str, float]) -> Times:
        """These times and another measurement."""
        pairs = (*self.pairs.get(key, ()), (max(_LEAST, estimate), max(_LEAST, seconds)))[-_MOST:]
        known = {**self.stages, key: dict(stages)} if 0 < len(stages) <= _MOST_STAGES else self.stages
        return Times({**self.pairs, key: pairs}, known)


def _mean_log(pairs: Any) -> float:
    """The median of the logarithms of measured by estimated time: one odd measurement does not count."""
    logs = sorted(math.log(seconds / estimate) for estimate, seconds in pairs)
    middle = (logs[(len(logs) - 1) // 2] + logs[len(logs) // 2]) / 2
    return max(-math.log(_MOST_FACTOR), min(math.log(_MOST_FACTOR), middle))


class TimesFile:
    """The measured times, kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self.times = _read(path)

    def learn(self, measured: Mapping[str, Any]) -> None:
        """Add a measurement: ``key``, ``estimate``, ``seconds`` and ``stages`` of ``Times.with_measured``."""
        with self._lock:
            self.times = self.times.with_measured(**measured)
            record = {"pairs": self.times.pairs, "stages": self.times.stages}
            with suppress(OutputError):  # they are known until the studio is closed
                write_whole(self._path, lambda file: file.write(json.dumps(record).encode()))


def _read(path: Path) -> Times:
    """The times of a file; none if it is missing or damaged."""
    try:
        record = json.loads(path.read_text("utf-8"))
        pairs = {
            key: tuple((float(a), float(b)) for a, b in some if a > 0 < b) for key, some in record["pairs"].items()
        }
        stages = {key: {name: float(share) for name, share in some.items()} for key, some in record["stages"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Times()
    return Times({key: some for key, some in pairs.items() if some}, stages)
