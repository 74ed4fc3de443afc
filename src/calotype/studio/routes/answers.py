"""What requests are answered with: where something goes wrong one sentence, and files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Request
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from calotype.errors import CalotypeError, OutputError
from calotype.studio.pictures import MAX_BYTES, Missing
from calotype.studio.words import plain

FOR_EVER = {"cache-control": "private, max-age=31536000, immutable"}
ANEW = {"cache-control": "private, no-cache"}
# A body that is a file's bytes.
BINARY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

PictureId = Annotated[str, InPath(pattern="^[0-9a-f]{16}$", description="id of a picture")]
JobId = Annotated[str, InPath(pattern=r"^\d{14}-[0-9a-f]{8}$", description="id of a job")]
SetId = Annotated[str, InPath(pattern="^set-[0-9a-f]{12}$", description="id of a set")]
FileName = Annotated[str, InPath(pattern=r"^[\w. -]{1,200}$", description="name of a file of the job")]
ModelName = Annotated[str, InPath(pattern=r"^[\w.-]{1,200}$", description="name of a kept model")]


class Problem(BaseModel):
    """What went wrong, as one sentence that says what to do."""

    error: str


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": text}
    for code, text in {
        400: "the request cannot be read",
        401: "the token is missing",
        403: "asked by a page of another origin",
        404: "there is nothing of that name",
        413: "the body is too large",
        421: "another host was asked for",
        422: "something cannot be used as given; the sentence says what to do",
        507: "there is no room for it on the disk",
    }.items()
}


def router(tag: str) -> APIRouter:
    """A router of the interface; ``tag`` says what its requests are about."""
    return APIRouter(prefix="/api", tags=[tag], responses=_PROBLEMS)


def answer_problems(app: FastAPI) -> None:
    """Have all that goes wrong answered by a sentence."""
    for error, answer in ((CalotypeError, _problem), (RequestValidationError, _invalid), (HTTPException, _plain)):
        app.add_exception_handler(error, answer)  # type: ignore[arg-type]


def _problem(request: Request, error: CalotypeError) -> JSONResponse:
    status = 404 if isinstance(error, Missing) else 507 if isinstance(error, OutputError) else 422
    return JSONResponse({"error": plain(str(error))}, status)


def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    return JSONResponse({"error": f"{place or 'the body'}: {first['msg'][:1].lower()}{first['msg'][1:]}"}, 422)


def _plain(request: Request, error: HTTPException) -> JSONResponse:
    sentence = {404: "there is nothing here", 405: "this cannot be done here"}.get(error.status_code, str(error.detail))
    return JSONResponse({"error": sentence}, error.status_code, headers=error.headers)


async def read(request: Request) -> bytes:
    """The body, which may not be larger than a file may be."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            raise HTTPException(413, f"that is more than {MAX_BYTES >> 20} MB: send a smaller file")
    return bytes(data)


def there(path: Path) -> Path:
    """``path``, which was there when it was written down.

    Raises:
        Missing: it is gone.
    """
    if not path.is_file():
        raise Missing("this file is gone")
    return path
