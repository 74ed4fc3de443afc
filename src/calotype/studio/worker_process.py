"""The processes that work: begun when they are needed, kept warm, ended by force only when they must."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from calotype.errors import InputError
from calotype.studio.worker import serve

_PATIENCE = 10.0  # seconds that a process gets to end by itself


class Hand:
    """One process.

    Args:
        threads: that it may use.
        heard: called with everything it says, in a thread of its own; with ``None`` when it has ended.
    """

    def __init__(self, threads: int, heard: Callable[[Hand, Mapping[str, Any] | None], object]) -> None:
        context = get_context("spawn")  # threads do not survive a fork
        self._listens, says = context.Pipe(duplex=False)
        listens, self._says = context.Pipe(duplex=False)
        self._process = context.Process(target=serve, args=(threads, says, listens), daemon=True)
        self._process.start()
        # The other ends are the process's: without ours, its end is heard as the end of the pipe.
        says.close()
        listens.close()
        self._heard = heard
        self._thread = threading.Thread(target=self._listen, args=(self._listens,), daemon=True)
        self._thread.start()

    def tell(self, what: Mapping[str, Any]) -> None:
        """Say something to the process; nothing happens where it has ended, which is heard."""
        with suppress(OSError):
            self._says.send_bytes(json.dumps(what).encode())

    def kill(self) -> None:
        """End it now."""
        self._process.kill()

    def leave(self) -> None:
        """Ask it to stop and end: it ends at the next step."""
        with suppress(OSError):
            self._says.close()

    def join(self) -> None:
        """Wait until it has ended, and do not wait for ever."""
        self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._thread.join(_PATIENCE)

    @property
    def status(self) -> int | None:
        """The exit status, once it has ended."""
        self._process.join(1.0)
        return self._process.exitcode

    def _listen(self, connection: Connection) -> None:
        with suppress(EOFError, OSError):
            while True:
                self._heard(self, json.loads(connection.recv_bytes()))
        self._heard(self, None)


class Clerk:
    """A process that answers questions that only who has imported torch can answer; it does no jobs."""

    def __init__(self) -> None:
        self._hand: Hand | None = None
        self._asking = threading.Lock()
        self._said = threading.Condition()
        self._answer: Mapping[str, Any] | None = None
        self._closed = False

    def ask(self, question: str, /, **arguments: Any) -> Any:
        """The answer.

        Raises:
            InputError: there is none, for a reason that people can mend.
        """
        with self._asking:
            if self._closed:
                raise InputError("the studio is closing: start it again")
            if self._hand is None:
                self._hand = Hand(1, self._heard)
            with self._said:
                self._answer = None
                self._hand.tell({"ask": question, "with": arguments})
                if not self._said.wait_for(lambda: self._answer is not None, timeout=120):
                    raise InputError("no answer came in time: the machine is very busy, try again later")
                answer = self._answer
        if answer is None or "error" in answer:
            raise InputError("no answer came" if answer is None else str(answer["error"]))
        return answer["answer"]

    def _heard(self, hand: Hand, what: Mapping[str, Any] | None) -> None:
        with self._said:
            if what is None and self._hand is hand:
                self._hand = None
                self._answer = {"error": "the studio could not find that out: try again"}
            elif what is not None and "ready" not in what:
                self._answer = what
            self._said.notify_all()

    def close(self) -> None:
        """End its process."""
        self._closed = True
        if self._hand is not None:
            self._hand.kill()
