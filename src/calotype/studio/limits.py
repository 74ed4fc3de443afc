"""Limits of each client, and of all together: rate of requests, uploads at a time, waiting jobs."""

from __future__ import annotations

import json
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from calotype.errors import CalotypeError
from calotype.studio.security import PROBES, App, Receive, Scope, Send, client_of, drained

_REMEMBERED = 10_000  # clients
_UPLOAD_BYTES = 2**16  # from which a body is an upload
_RETRY_UPLOAD, RETRY_QUEUE = 1, 10  # seconds


class TooMany(CalotypeError):  # noqa: N818  (named after the state)
    """A client has asked for too much at once; ``retry`` is the number of seconds after which it may ask again."""

    def __init__(self, message: str, retry: int) -> None:
        super().__init__(message)
        self.retry = retry


@dataclass(frozen=True)
class Limits:
    """What one client may do; ``None`` for no limit.

    Attributes:
        rate: requests a second in the long run; twice as many at once.
        uploads: uploads at a time.
        queued: jobs that wait.
        upload_bytes: bytes of the uploads of all clients at a time, which are held in memory.
    """

    rate: float | None = None
    uploads: int | None = None
    queued: int | None = None
    upload_bytes: int = 128 << 20


# For clients on other machines, unless other limits are given.
USUAL = Limits(rate=50.0, uploads=4, queued=20)


class Rates:
    """Token buckets, one a client; those of clients that are seen least are forgotten.

    Args:
        rate: tokens a second, and half of what a bucket holds.
        clock: seconds.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str) -> float:
        """Take a token; the seconds until there is one if there is none, else 0."""
        now, most = self._clock(), max(1.0, 2 * self._rate)
        tokens, before = self._buckets.pop(client, (most, now))
        tokens = min(most, tokens + (now - before) * self._rate)
        taken = tokens >= 1
        self._buckets[client] = (tokens - 1 if taken else tokens, now)
        while len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        return 0.0 if taken else (1 - tokens) / self._rate


class Limiting:
    """ASGI middleware that answers 429 with ``Retry-After`` to requests beyond the limits.

    Args:
        app: the ASGI application.
        limits: of each client.
        most: largest body, bytes: that of an upload whose length is not told.
    """

    def __init__(self, app: App, limits: Limits, most: int) -> None:
        self._app, self._limits, self._most = app, limits, most
        self._rates = None if limits.rate is None else Rates(limits.rate)
        self._uploads: dict[str, int] = {}
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http" or scope.get("path") in PROBES:
            await self._app(scope, receive, send)
            return
        client = client_of(scope)
        seconds = self._rates.wait(client) if self._rates else 0.0
        if seconds:
            await _refuse(receive, send, "too many requests: send fewer a second", math.ceil(seconds))
            return
        size = _body_bytes(scope, self._most)
        if size < _UPLOAD_BYTES:
            await self._app(scope, receive, send)
            return
        most = self._limits.uploads
        if most is not None and self._uploads.get(client, 0) >= most:
            said = f"{most} uploads at a time are the limit: wait until one is done"
            await _refuse(receive, send, said, _RETRY_UPLOAD)
            return
        if self._bytes and self._bytes + size > self._limits.upload_bytes:
            await _refuse(receive, send, "too many uploads at a time: send this one again", _RETRY_UPLOAD)
            return
        self._uploads[client] = self._uploads.get(client, 0) + 1
        self._bytes += size
        try:
            await self._app(scope, receive, send)
        finally:  # also where the client has vanished
            self._bytes -= size
            self._uploads[client] -= 1
            if not self._uploads[client]:
                del self._uploads[client]


def _body_bytes(scope: Scope, most: int) -> int:
    """How large the body of a request may be."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return most
    length = headers.get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


async def _refuse(receive: Receive, send: Send, sentence: str, seconds: int) -> None:
    await drained(receive)
    body = json.dumps({"error": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    # The body may not have been read to its end: the connection cannot be used further.
    headers += [(b"retry-after", str(max(1, seconds)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": body})
