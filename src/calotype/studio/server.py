"""The studio as a server of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from calotype.errors import InputError
from calotype.studio.jobs import cores
from calotype.tasks import model_store

_NEEDED = ("fastapi", "uvicorn")
_VARIABLE = "CALOTYPE_STUDIO"
_USUAL_AT_ONCE = 2
_LOOK = 0.05  # seconds between two looks at the server


def usual_home() -> Path:
    """Where pictures and jobs are kept: ``CALOTYPE_STUDIO``, or where this system keeps people's data."""
    chosen = os.environ.get(_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_data_dir

    return Path(user_data_dir("calotype", appauthor=False)) / "studio"


def usual_at_once() -> int:
    """How many jobs are worked on at a time: two, where there are two processors."""
    return max(1, min(_USUAL_AT_ONCE, cores()))


def check_installed() -> None:
    """Refuse where the packages are missing that only the studio needs.

    Raises:
        InputError: the message says what to install.
    """
    if any(find_spec(name) is None for name in _NEEDED):
        raise InputError("the studio needs a few packages more: pip install 'calotype[studio]'")


def is_local(host: str) -> bool:
    """Whether nobody but this machine can reach what is bound to ``host``."""
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def run(home: Path, *, host: str, port: int, at_once: int, token: str | None, ready: Callable[[str], object]) -> None:
    """Serve until the process is asked to end.

    Args:
        home: where pictures and jobs are kept.
        host: to bind to; one that other machines can reach needs a token, made up where none is given.
        port: to listen on; 0: any that is free.
        at_once: how many jobs are worked on at a time.
        token: that every request has to carry.
        ready: called with the address once the studio can be used.

    Raises:
        InputError: packages are missing, the port is taken, or another studio uses the folder.
        OutputError: the folder cannot be made or written to.
    """
    check_installed()
    import uvicorn

    from calotype.studio.app import create
    from calotype.studio.pictures import MAX_BYTES
    from calotype.studio.security import Guard

    if token is None and not is_local(host):
        token = secrets.token_urlsafe(18)
    with _bound(host, port) as listening, _alone(home):
        port = listening.getsockname()[1]
        studio = create(home, at_once=at_once)
        app = Guard(studio, host=host, port=port, token=token, most=MAX_BYTES)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,
            lifespan="on",
        )
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{port}/" + (f"?token={token}" if token else "")
        events = studio.state.studio.events
        with contextlib.suppress(KeyboardInterrupt):  # which the server has answered by then
            asyncio.run(_serve(uvicorn.Server(config), listening, lambda: ready(address), events.close))


async def _serve(
    server: Any, listening: socket.socket, ready: Callable[[], object], close: Callable[[], object]
) -> None:
    """Serve; say when it can be used, and ``close`` what would keep the server from ending once it is to end."""
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    said = False
    while not serving.done() and not server.should_exit:
        if server.started and not said:
            said = True
            await asyncio.to_thread(ready)
        await asyncio.sleep(_LOOK)
    close()
    await serving


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
    except OSError as error:
        raise InputError(
            f"cannot listen on {host}, port {port} ({error.strerror or error}): is a studio open already? "
            "Give another --port, or --port 0 for any that is free"
        ) from error
    with listening:
        yield listening


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Two studios would do each other's jobs."""
    try:
        with model_store.locked(home):
            yield
    except model_store.Busy:
        raise InputError(f"another studio is open with {str(home)!r}: use that one, or give another --home") from None
