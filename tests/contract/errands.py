"""Work for other processes, which have to be able to import it: it writes down that it was begun, and then fails."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calotype.errors import InputError

PATIENCE = 200.0  # seconds: a process that has to be begun first may take its time


@dataclass(frozen=True)
class Errand:
    """Something to do.

    Attributes:
        notes: a folder for files, one each time it is begun.
        name: of it.
        then: ``bad`` (there is something wrong with what it works on), ``die`` (its process ends), ``die once``,
            ``alone`` (it fails if another one that is to be alone is at work), or ``""``, all is well.
        seconds: that it takes.
        beside: the name of another one, which has to be begun before this one goes on.
    """

    notes: Path
    name: str
    then: str = ""
    seconds: float = 0.0
    beside: str = ""

    def __call__(self, shared: Any, context: Any) -> str:
        number = self.begun()
        (self.notes / f"{self.name}.{number}").write_text(str(os.getpid()))
        self._wait_for_the_other()
        place = self.notes / "one that is to be alone"
        if self.then == "alone":
            place.mkdir()
        time.sleep(self.seconds)
        if self.then == "alone":
            place.rmdir()
        if self.then == "bad":
            raise InputError(f"{self.name} is bad")
        if self.then == "die" or (self.then == "die once" and number == 0):
            os.kill(os.getpid(), signal.SIGKILL)
        return f"{shared} {self.name}"

    def _wait_for_the_other(self) -> None:
        until = time.monotonic() + PATIENCE
        while self.beside and not list(self.notes.glob(f"{self.beside}.*")):
            if time.monotonic() > until:
                raise InputError(f"{self.beside} was not begun beside {self.name}")
            time.sleep(0.01)

    def begun(self) -> int:
        """How often it was begun."""
        return len(list(self.notes.glob(f"{self.name}.*")))
