"""A separate process with torch for queries of the server."""

from __future__ import annotations

import threading
import time
from typing import Any

from calotype.errors import InputError
from calotype.studio.queries import Query
from calotype.tasks.worker import WorkerProcess

IDLE = 120.0  # seconds without a query after which the process is ended
_TIMEOUT = 120.0  # seconds for an answer


class QueryProcess:
    """Answers queries in a process that is started on demand, and restarted if it has ended."""

    def __init__(self) -> None:
        self._worker: WorkerProcess | None = None
        self._query_lock = threading.Lock()
        self._answered = threading.Condition()
        self._answer: tuple[str, Any] | None = None
        self._closed = False
        self._asked = 0.0  # time of the last query, seconds since 1970

    def rest(self, now: float) -> None:
        """End the process if it was not asked for a while."""
        if self._query_lock.acquire(blocking=False):
            try:
                if self._worker is not None and now - self._asked >= IDLE:
                    worker, self._worker = self._worker, None
                    worker.kill()
            finally:
                self._query_lock.release()

    def ask(self, question: str, /, **arguments: Any) -> Any:
        """Send a query and return the answer.

        Raises:
            InputError: the query failed for a reason that the user can fix, or timed out.
        """
        with self._query_lock:
            if self._closed:
                raise InputError("the studio is closing: start it again")
            if self._worker is None:
                self._worker = WorkerProcess(1, self._on_message)
            with self._answered:
                self._answer = None
                self._worker.submit(Query(question, arguments))
                if not self._answered.wait_for(lambda: self._answer is not None, timeout=_TIMEOUT):
                    raise InputError("the query timed out: the machine is busy, try again later")
                answer = self._answer
            self._asked = time.time()
        if answer is None or answer[0] == "error":
            raise InputError("there was no answer: try again" if answer is None else str(answer[1]))
        return answer[1]

    def _on_message(self, worker: WorkerProcess, message: tuple[str, Any]) -> None:
        what, value = message
        with self._answered:
            if what == "ended" and self._worker is worker:
                self._worker = None
                self._answer = ("error", "the query failed: try again")
            elif what == "done":
                # Queries return their errors as text; other exceptions are bugs.
                self._answer = ("error", str(value)) if isinstance(value, Exception) else value
            self._answered.notify_all()

    def close(self) -> None:
        """Kill the process."""
        self._closed = True
        if self._worker is not None:
            self._worker.kill()
