"""Compression of text that is sent: the page, and lists as JSON. Pictures are compressed already."""

from __future__ import annotations

import gzip
from collections import OrderedDict
from collections.abc import MutableMapping
from typing import Any

from starlette.concurrency import run_in_threadpool

from calotype.studio.security import App, Receive, Scope, Send

_TEXTS = ("text/html", "text/css", "text/javascript", "application/javascript", "application/json", "image/svg+xml")
_LEAST = 600  # bytes from which it is worth it
_SHORT = 2**15  # bytes that are compressed in a moment
_MOST_KEPT = 100  # compressed files that are kept
_LEVEL = 6


class Compressed:
    """ASGI middleware that sends text with gzip to clients that accept it; files are compressed once."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._kept: OrderedDict[tuple[str, bytes], bytes] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        accepted = dict(scope.get("headers", ())).get(b"accept-encoding", b"")
        if scope["type"] != "http" or scope["method"] != "GET" or b"gzip" not in accepted:
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, lambda tag, body: self._packed(scope["path"], tag, body))
        await self._app(scope, receive, answer)

    def _packed(self, path: str, tag: bytes, body: bytes) -> bytes:
        """The compressed body; ``tag`` is the entity tag of a file, empty for answers that are made anew."""
        if not tag:
            return gzip.compress(body, _LEVEL)
        key = (path, tag)
        packed = self._kept.get(key)
        if packed is None:
            packed = self._kept[key] = gzip.compress(body, 9)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return packed


class _Answer:
    """Collects the body of a text, and sends it compressed when it is whole; sends everything else on."""

    def __init__(self, send: Send, packed: Any) -> None:
        self._send, self._packed = send, packed
        self._start: MutableMapping[str, Any] | None = None
        self._body = bytearray()

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start" and _is_text(message):
            self._start = message
            return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._finish(self._start)

    async def _finish(self, start: MutableMapping[str, Any]) -> None:
        body, headers = bytes(self._body), list(start["headers"])
        if len(body) >= _LEAST:
            tag = dict(headers).get(b"etag", b"")
            body = await run_in_threadpool(self._packed, tag, body) if len(body) > _SHORT else self._packed(tag, body)
            headers = [(name, value) for name, value in headers if name != b"content-length"]
            headers += [(b"content-length", str(len(body)).encode()), (b"content-encoding", b"gzip")]
        headers.append((b"vary", b"accept-encoding"))
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _is_text(message: MutableMapping[str, Any]) -> bool:
    headers = dict(message["headers"])
    kind = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip()
    return message["status"] == 200 and kind in _TEXTS and b"content-encoding" not in headers
