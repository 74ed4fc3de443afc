"""API keys of clients behind a proxy, read from a file or the environment. They are never logged or stored."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from calotype.errors import InputError
from calotype.files import read_error, shown

VARIABLE = "CALOTYPE_STUDIO_API_KEY"
_SHORTEST = 16  # characters
_NAME = re.compile(r"[\w.@-]{1,64}")
_ADVICE = "write one key a line, or a name and a key, like: alice 5f1c0d..."


class ApiKeys:
    """Keys, and the names of the clients that have them.

    Args:
        keys: key by the name of the client.
    """

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = {name: key.encode() for name, key in keys.items()}

    def client_of(self, headers: Mapping[bytes, bytes]) -> str | None:
        """The name of the client that sent a request; ``None`` without a known key.

        The key is sent as ``Authorization: Bearer KEY`` or ``X-API-Key: KEY``. It is compared with every known key in
        constant time.

        Args:
            headers: of the request, names in lower case.
        """
        kind, _, bearer = headers.get(b"authorization", b"").partition(b" ")
        given = headers.get(b"x-api-key", b"") or (bearer.strip() if kind.lower() == b"bearer" else b"")
        found = None
        for name, key in self._keys.items():
            if secrets.compare_digest(given, key):
                found = name
        return found


def read_api_keys(path: Path | None) -> ApiKeys | None:
    """The keys in a file, or the one in ``CALOTYPE_STUDIO_API_KEY``; ``None`` without either.

    Raises:
        InputError: the file cannot be read or has no keys, or a key is too short or there twice.
    """
    if path is None:
        key = os.environ.get(VARIABLE, "").strip()
        return ApiKeys(_checked([("client", key)], VARIABLE)) if key else None
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise read_error(path, error, _ADVICE) from None
    lines = [line.split() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines or any(len(words) > 2 for words in lines):
        raise InputError(f"{shown(path)} has no keys, or more than a name and a key in a line: {_ADVICE}")
    named = [(words[0] if len(words) > 1 else f"client{number}", words[-1]) for number, words in enumerate(lines, 1)]
    return ApiKeys(_checked(named, shown(path)))


def _checked(named: list[tuple[str, str]], place: str) -> dict[str, str]:
    """The keys by name. Messages do not show keys."""
    for name, key in named:
        if len(key) < _SHORTEST or not (key.isascii() and key.isprintable()):
            raise InputError(
                f"a key in {place} is shorter than {_SHORTEST} characters, or not in ASCII: make a longer one"
            )
        if not _NAME.fullmatch(name):
            raise InputError(f"a name in {place} has other characters than letters, digits and . _ @ -: {_ADVICE}")
    if len({name for name, _ in named}) < len(named) or len({key for _, key in named}) < len(named):
        raise InputError(f"a name or key is twice in {place}: give every client its own")
    return dict(named)
