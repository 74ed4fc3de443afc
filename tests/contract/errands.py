"""Work for other processes, which have to be able to import it: it writes down that it was begun, and then fails."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calotype.errors import InputError


@dataclass(frozen=True)
class Errand:
    """Something to do.

    Attributes:
        notes: a folder for files, one each time it is begun.
        name: of it.
        then: ``bad`` (there is something wrong with what it works on), ``die`` (its process ends), ``die once``, or
            ``""``, all is well.
        seconds: that it takes.
    """

    notes: Path
    name: str
    then: str = ""
    seconds: float = 0.0

    def __call__(self, shared: Any, context: Any) -> str:
        number = self.begun()
        (self.notes / f"{self.name}.{number}").write_text(str(os.getpid()))
        time.sleep(self.seconds)
        if self.then == "bad":
            raise InputError(f"{self.name} is bad")
        if self.then == "die" or (self.then == "die once" and number == 0):
            os.kill(os.getpid(), signal.SIGKILL)
        return f"{shared} {self.name}"

    def begun(self) -> int:
        """How often it was begun."""
        return len(list(self.notes.glob(f"{self.name}.*")))
