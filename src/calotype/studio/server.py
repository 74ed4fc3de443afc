"""The web server of the studio."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from calotype.errors import InputError
from calotype.studio.api_keys import read_api_keys
from calotype.studio.job_slots import cores
from calotype.studio.limits import USUAL, Limits
from calotype.tasks import model_lock

_NEEDED = ("fastapi", "uvicorn", "prometheus_client")
_VARIABLE = "CALOTYPE_STUDIO"
_DEFAULT_AT_ONCE = 2
_POLL_SECONDS = 0.05
_SWITCH_SECONDS = 0.001  # that a thread which decodes a picture keeps the others waiting
_KEEP_ALIVE = 75  # seconds: longer than proxies keep idle connections, which else lose requests on ones that are closed


def usual_home() -> Path:
    """The default data folder: ``CALOTYPE_STUDIO``, or in the system's user data folder."""
    chosen = os.environ.get(_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_data_dir

    return Path(user_data_dir("calotype", appauthor=False)) / "studio"


def usual_at_once() -> int:
    """The default number of jobs to run at a time: 2, or 1 with one CPU core."""
    return max(1, min(_DEFAULT_AT_ONCE, cores()))


def check_installed() -> None:
    """Check that the packages of the studio are installed.

    Raises:
        InputError: they are not; the message says what to install.
    """
    if any(find_spec(name) is None for name in _NEEDED):
        raise InputError("the studio needs further packages: pip install 'calotype[studio]'")


def is_local(host: str) -> bool:
    """Whether ``host`` is a loopback address, which other machines cannot reach."""
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def run(
    home: Path,
    *,
    host: str,
    port: int,
    at_once: int,
    token: str | None,
    ready: Callable[[str], object],
    certificate: Path | None = None,
    key_file: Path | None = None,
    limits: Mapping[str, Any] | None = None,
) -> None:
    """Serve until the process is stopped.

    Args:
        home: data folder.
        host: address to bind to; for one that other machines can reach, a token is generated if none is given.
        port: port to listen on; 0: any free port.
        at_once: number of jobs to run at a time.
        token: token that all requests must send; ``None`` for none.
        ready: called with the address when the studio is ready.
        certificate: PEM file with which results are signed; ``None``: they are not.
        key_file: file of API keys; ``None``: the one in the environment, if any. With keys no token is generated.
        limits: fields of ``limits.Limits`` that differ from the usual ones of clients on other machines, which hold for
            all clients where there are keys or the address can be reached by other machines; elsewhere only these hold.

    Raises:
        InputError: packages are missing, a key cannot be used, the port is in use, or another studio uses the folder.
        OutputError: the folder cannot be created or written to.
    """
    check_installed()
    import uvicorn

    from calotype.studio.app import create
    from calotype.studio.pictures import MAX_BYTES
    from calotype.studio.security import Guard

    keys = read_api_keys(key_file)
    base = Limits() if keys is None and is_local(host) else USUAL
    limited = replace(base, **{name: value for name, value in (limits or {}).items() if value is not None})
    if token is None and keys is None and not is_local(host):
        token = secrets.token_urlsafe(18)
    sys.setswitchinterval(_SWITCH_SECONDS)
    with _bound(host, port) as listener, _locked(home):
        port = listener.getsockname()[1]
        studio = create(home, at_once=at_once, certificate=certificate, limits=limited)
        app = Guard(studio, host=host, port=port, token=token, most=MAX_BYTES, keys=keys)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,
            lifespan="on",
            timeout_keep_alive=_KEEP_ALIVE,
        )
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{port}/" + (f"?token={token}" if token else "")
        close = studio.state.studio.end_requests
        with contextlib.suppress(KeyboardInterrupt):  # already handled by the server
            asyncio.run(_serve(uvicorn.Server(config), listener, lambda: ready(address), close))


async def _serve(
    server: Any, listener: socket.socket, ready: Callable[[], object], close: Callable[[], object]
) -> None:
    """Serve; call ``ready`` after the start, and ``close`` on shutdown to end open requests."""
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    ready_called = False
    while not serving.done() and not server.should_exit:
        if server.started and not ready_called:
            ready_called = True
            await asyncio.to_thread(ready)
        await asyncio.sleep(_POLL_SECONDS)
    close()
    await serving


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
    except OSError as error:
        raise InputError(
            f"cannot listen on {host}, port {port} ({error.strerror or error}): is a studio open already? "
            "Give another --port, or --port 0 for any free port"
        ) from error
    with listener:
        yield listener


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Lock the data folder, as two servers would run each other's jobs."""
    try:
        with model_lock.locked(home):
            yield
    except model_lock.Busy:
        raise InputError(f"another studio uses {str(home)!r}: use that one, or give another --home") from None
