"""Holds the work of other processes where a test needs it, so that no test has to be quicker than what it looks at.

A process that was begun with ``CALOTYPE_TEST_HOLD`` set to a path waits, before any step of a run, as long as a file is
there that names the place: the stage and the step, or how many files have to be there. A run that is asked to stop goes
on, unless it is to be deaf. See ``tests/cli/registered/sitecustomize.py``, by which such a process finds this module.
"""

from __future__ import annotations

import glob
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

VARIABLE = "CALOTYPE_TEST_HOLD"
LOOK = 0.02  # seconds between two looks


class Hold:
    """The place where work is held.

    Args:
        path: of the file, which other processes are told by ``VARIABLE``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._name = ""  # of the place: a process may still be at one that has been left

    def at(
        self,
        *,
        stage: str | None = None,
        step: int = 0,
        files: Path | str = "",
        count: int = 0,
        deaf: bool = False,
    ) -> None:
        """Hold every run in any stage, or in this one, from a step on, once ``count`` files are there.

        Args:
            stage: name of it.
            step: steps that are done.
            files: a pattern.
            count: of the files that match.
            deaf: whether a run that is asked to stop waits all the same.
        """
        self.release()
        self._name = secrets.token_hex(4)
        place = {"name": self._name, "stage": stage, "step": step, "files": str(files), "count": count, "deaf": deaf}
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(place), encoding="utf-8")
        part.replace(self.path)

    def release(self) -> None:
        """Let all go on."""
        self.path.unlink(missing_ok=True)

    def waiting(self) -> int:
        """How many processes have come to the place."""
        return len(list(self.path.parent.glob(f"{self.path.name}.{self._name}.*")))

    def wait(self, stage: str, step: int, stopping: Callable[[], bool]) -> None:
        """What a process does before each step: wait, if this is the place."""
        while (place := self._place()) and self._holds(place, stage, step, stopping):
            Path(f"{self.path}.{place['name']}.{os.getpid()}").touch()
            time.sleep(LOOK)

    def _place(self) -> dict[str, Any] | None:
        try:
            place: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return place

    @staticmethod
    def _holds(place: dict[str, Any], stage: str, step: int, stopping: Callable[[], bool]) -> bool:
        if place["stage"] not in (None, stage) or step < place["step"] or (stopping() and not place["deaf"]):
            return False
        return not place["files"] or len(glob.glob(place["files"])) >= place["count"]


def install() -> None:
    """Make the runs of this process wait, if it was begun so."""
    if VARIABLE not in os.environ:
        return
    from calotype.run import Run

    hold, steps = Hold(Path(os.environ[VARIABLE])), Run.steps

    def held(self: Run, n: int, state: Any = None, stage: str = "") -> Iterator[int]:
        for i in steps(self, n, state, stage):
            hold.wait(stage, i, lambda: self.stopping)
            yield i

    Run.steps = held  # type: ignore[method-assign]
