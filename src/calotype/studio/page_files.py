"""The files of the page: at addresses with a hash of their content, which browsers keep for ever."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles

PAGE = Path(__file__).parent / "page"
_KEY = re.compile(r"[0-9a-f]{12}")
_FOR_EVER, _ASKED_AGAIN = "public, max-age=31536000, immutable", "no-cache"


def key_of(folder: Path) -> str:
    """A hash of the files of the page: 12 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


class PageFiles(StaticFiles):
    """Files below ``/page`` and, for ever, below ``/page/KEY``; those of another key are as they are now."""

    def __init__(self) -> None:
        super().__init__(directory=PAGE)
        self.key = key_of(PAGE)

    async def get_response(self, path: str, scope: Any) -> Response:
        """See Starlette."""
        first, _, rest = path.replace("\\", "/").partition("/")
        response = await super().get_response(rest if _KEY.fullmatch(first) else path, scope)
        response.headers["cache-control"] = _FOR_EVER if first == self.key else _ASKED_AGAIN
        return response

    def document(self, name: str) -> Response:
        """A page whose files are at their lasting addresses; the page itself is asked for again each time."""
        text = (PAGE / name).read_text("utf-8").replace('"/page/', f'"/page/{self.key}/')
        return HTMLResponse(text, headers={"cache-control": _ASKED_AGAIN})
