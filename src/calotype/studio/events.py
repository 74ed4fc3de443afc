"""Server-sent events: changes of jobs, sent to all open pages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool

_HEARTBEAT = 15.0  # seconds without events after which a comment is sent, to detect closed connections
_MAX_QUEUED = 1000  # events for one page


class Events:
    """Distributes events from any thread to the listeners in the server's event loop."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[tuple[str, Any]]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Set the event loop of the listeners."""
        self._loop = loop

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        self.tell("close", None)

    def tell(self, kind: str, data: Any) -> None:
        """Send an event to all listeners, from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._distribute, kind, data)

    def _distribute(self, kind: str, data: Any) -> None:
        for listener in self._listeners:
            if listener.qsize() < _MAX_QUEUED:
                listener.put_nowait((kind, data))

    async def stream(self, first: Callable[[], tuple[str, Any]], gone: Callable[[], Any]) -> AsyncIterator[bytes]:
        """The encoded events of one listener, starting with the current state returned by ``first``."""
        listener: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self._listeners.add(listener)
        try:
            yield await run_in_threadpool(lambda: _message(*first()))
            while not self._closed:
                try:
                    kind, data = await asyncio.wait_for(listener.get(), _HEARTBEAT)
                except TimeoutError:
                    if await gone():
                        return
                    yield b": still here\n\n"
                    continue
                if kind == "close":
                    return
                yield _message(kind, data)
        finally:
            self._listeners.discard(listener)


def _message(kind: str, data: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()
