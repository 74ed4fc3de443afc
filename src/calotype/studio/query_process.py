"""A process that answers questions that only a process with torch can answer; it does no jobs."""

from __future__ import annotations

import threading
from typing import Any

from calotype.errors import InputError
from calotype.studio.queries import Query
from calotype.tasks.worker import WorkerProcess

_PATIENCE = 120.0  # seconds for an answer


class QueryProcess:
    """Starts its process when it is first asked something, and again when that has ended."""

    def __init__(self) -> None:
        self._worker: WorkerProcess | None = None
        self._asking = threading.Lock()
        self._said = threading.Condition()
        self._answer: tuple[str, Any] | None = None
        self._closed = False

    def ask(self, question: str, /, **arguments: Any) -> Any:
        """The answer.

        Raises:
            InputError: there is none, for a reason that people can mend.
        """
        with self._asking:
            if self._closed:
                raise InputError("the studio is closing: start it again")
            if self._worker is None:
                self._worker = WorkerProcess(1, self._heard)
            with self._said:
                self._answer = None
                self._worker.submit(Query(question, arguments))
                if not self._said.wait_for(lambda: self._answer is not None, timeout=_PATIENCE):
                    raise InputError("no answer came in time: the machine is very busy, try again later")
                answer = self._answer
        if answer is None or answer[0] == "error":
            raise InputError("no answer came" if answer is None else str(answer[1]))
        return answer[1]

    def _heard(self, worker: WorkerProcess, message: tuple[str, Any]) -> None:
        what, value = message
        with self._said:
            if what == "ended" and self._worker is worker:
                self._worker = None
                self._answer = ("error", "the studio could not find that out: try again")
            elif what == "done":
                # A query answers its own errors in words; what else is raised is a fault of the program.
                self._answer = ("error", str(value)) if isinstance(value, Exception) else value
            self._said.notify_all()

    def close(self) -> None:
        """End its process."""
        self._closed = True
        if self._worker is not None:
            self._worker.kill()
