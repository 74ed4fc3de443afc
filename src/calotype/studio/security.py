"""Access control: requests are accepted from this machine only, or with a token."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from calotype.studio.api_keys import ApiKeys

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "calotype_token"
# What supervisors ask without a token, by any host name: it tells only whether the server is alive and ready.
PROBES = frozenset({"/healthz", "/readyz"})
_CLIENT = "calotype.client"  # key of the client's name in the scope of a request
_TOO_LARGE = "that is more than {} MB: send a smaller file"
_DRAINED, _DRAINING = 1 << 27, 10.0  # bytes and seconds of a refused body that are waited for
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_HEADERS = {
    # Nothing from other machines, no inline code, never in a frame.
    b"content-security-policy": (
        b"default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
}


class Guard:
    """ASGI middleware that refuses unauthorised requests.

    The Host header must name this machine, which prevents DNS rebinding; cross-origin requests are refused; the size of
    bodies is limited. If a token is set, it is required as ``Authorization: Bearer``, as a cookie, or once as
    ``?token=`` of the page, which sets the cookie. A request with an API key needs no token and may have any host name,
    as a proxy's: pages of others have no key.

    Args:
        app: the ASGI application.
        host: address that the server is bound to.
        port: port that the server is bound to; ``None`` to accept any.
        token: the required token; ``None`` for none.
        most: maximum size of a body, bytes.
        keys: the API keys; ``None`` for none. With keys and no token, every request needs a key.
    """

    def __init__(
        self, app: App, *, host: str, port: int | None, token: str | None, most: int, keys: ApiKeys | None = None
    ) -> None:
        self._app, self._port, self._token, self._most, self._keys = app, port, token, most, keys
        self._hosts = _LOCAL | {host.lower()}
        if token is not None:
            self._hosts |= {socket.gethostname().lower(), socket.getfqdn().lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        if scope["path"] in PROBES and scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, _with_headers(send))
            return
        client = None if self._keys is None else self._keys.client_of(headers)
        refusal = self._size_refusal(headers) if client else self._refusal(scope, headers)
        if refusal is not None:
            await drained(receive)
            await _answer(send, *refusal)
            return
        if client:
            scope[_CLIENT] = client
        elif self._keys is not None and self._token is None:
            await drained(receive)
            await _answer(send, 401, "the API key is missing or wrong: send it as Authorization: Bearer KEY")
            return
        elif self._token is not None and not self._has_token(scope, headers):
            if scope["path"] == "/" and secrets.compare_digest(_query_token(scope), self._token):
                await self._welcome(send)
            else:
                await drained(receive)
                await _answer(send, 401, "the token is missing: open the address that 'calotype studio' printed")
            return
        await self._app(scope, self._limited(receive), _with_headers(send))

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        host = headers.get(b"host", b"").decode("latin-1")
        if not self._is_own_host(host):
            return 421, "wrong host name: open the address that 'calotype studio' printed"
        origin = headers.get(b"origin")
        if origin is not None and origin.decode("latin-1").lower() not in (
            f"http://{host}".lower(),
            f"https://{host}".lower(),
        ):
            return 403, "pages of other origins may not use the studio"
        site = headers.get(b"sec-fetch-site", b"none")
        # Other pages may link to the studio, but may not call or embed it.
        opened = headers.get(b"sec-fetch-mode") == b"navigate" and scope["path"] == "/" and scope["method"] == "GET"
        if site not in (b"same-origin", b"none") and not opened:
            return 403, "pages of other origins may not use the studio"
        return self._size_refusal(headers)

    def _size_refusal(self, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        length = headers.get(b"content-length", b"0")
        if not length.isdigit():
            return 400, "the content length is not a number"
        if int(length) > self._most:
            return 413, _TOO_LARGE.format(self._most >> 20)
        return None

    def _is_own_host(self, host: str) -> bool:
        try:
            parts = urlsplit(f"//{host}")
            name, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return False
        if "@" in host or "/" in host or (self._port is not None and (port or 80) != self._port):
            return False
        return name in self._hosts or (self._token is not None and _is_address(name))

    def _has_token(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        assert self._token is not None
        kind, _, given = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if kind.lower() == "bearer" and _same(given.strip(), self._token):
            return True
        try:
            cookie = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and _same(cookie.value, self._token)

    async def _welcome(self, send: Send) -> None:
        cookie = f"{COOKIE}={self._token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000"
        await _answer(send, 303, "welcome", ((b"location", b"/"), (b"set-cookie", cookie.encode())))

    def _limited(self, receive: Receive) -> Receive:
        """Limit the size of the body, also if the content length is wrong or missing."""
        received = 0

        async def limited() -> MutableMapping[str, Any]:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most:
                raise HTTPException(413, _TOO_LARGE.format(self._most >> 20), {"connection": "close"})
            return message

        return limited


async def drained(receive: Receive, most: int = _DRAINED, seconds: float = _DRAINING) -> None:
    """Read the body of a request that is refused, and drop it, as far as it is not too large or too slow.

    A connection that is closed while its client still sends is reset, and many clients then never see the answer.
    """
    received = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while received < most:
                message = await receive()
                received += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return


def client_of(scope: Scope) -> str:
    """The name of the client that sent a request: that of its API key, or its address."""
    return str(scope.get(_CLIENT) or (scope.get("client") or ("",))[0])


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode("utf-8", "replace"), other.encode())


def _query_token(scope: Scope) -> str:
    given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
    return given if given.isascii() else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _with_headers(send: Send) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            more = [(name, value) for name, value in _HEADERS.items() if name not in present]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return sending


async def _answer(send: Send, status: int, sentence: str, more: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    import json

    body = json.dumps({"error": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *more]
    sending = _with_headers(send)
    await sending({"type": "http.response.start", "status": status, "headers": headers})
    await sending({"type": "http.response.body", "body": body})
