"""What happens, told to every page that listens: server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

_BEAT = 15.0  # seconds after which a line is sent where nothing happens, so that dead connections are found
_MOST = 1000  # events that a page may be behind


class Events:
    """Hands what happens, in whatever thread, to all listeners in the server's loop."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[tuple[str, Any]]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listeners are in this loop."""
        self._loop = loop

    def close(self) -> None:
        """End all streams; they end at their next look."""
        self._closed = True
        self.tell("close", None)

    def tell(self, kind: str, data: Any) -> None:
        """Something has happened; may be called in any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._spread, kind, data)

    def _spread(self, kind: str, data: Any) -> None:
        for listener in self._listeners:
            if listener.qsize() < _MOST:
                listener.put_nowait((kind, data))

    async def stream(self, first: Callable[[], tuple[str, Any]], gone: Callable[[], Any]) -> AsyncIterator[bytes]:
        """The events as they are sent, beginning with what ``first`` says of how things stand."""
        listener: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self._listeners.add(listener)
        try:
            yield _message(*first())
            while not self._closed:
                try:
                    kind, data = await asyncio.wait_for(listener.get(), _BEAT)
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
