"""Common parts of the requests: error responses, headers, path parameters and bodies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Request
from fastapi import Path as InPath
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from calotype.errors import CalotypeError, OutputError
from calotype.studio.limits import TooMany
from calotype.studio.pictures import MAX_BYTES, Missing
from calotype.studio.words import plain

FOR_EVER = {"cache-control": "private, max-age=31536000, immutable"}
ANEW = {"cache-control": "private, no-cache"}
# OpenAPI description of a body with the content of a file.
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
ModelName = Annotated[str, InPath(pattern=r"^[\w.-]{1,200}$", description="name of a model")]


class Problem(BaseModel):
    """An error, as one sentence that says what to do."""

    error: str


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": text}
    for code, text in {
        400: "the request cannot be read",
        401: "the token is missing",
        403: "the request comes from another origin",
        404: "not found",
        413: "the body is too large",
        421: "wrong host name",
        429: "too many requests, uploads or waiting jobs; Retry-After says when to ask again",
        422: "an argument is invalid; the sentence says what to do",
        507: "the disk is full or cannot be written to",
    }.items()
}


def router(tag: str) -> APIRouter:
    """A router of the HTTP interface; ``tag`` groups its requests in the documentation."""
    return APIRouter(prefix="/api", tags=[tag], responses=_PROBLEMS)


def answer_problems(app: FastAPI) -> None:
    """Register handlers that answer errors with a ``Problem``."""
    answers = ((CalotypeError, _problem), (RequestValidationError, _invalid), (HTTPException, _plain))
    for error, answer in (*answers, (ClientDisconnect, _vanished)):
        app.add_exception_handler(error, answer)  # type: ignore[arg-type]


def _problem(request: Request, error: CalotypeError) -> JSONResponse:
    if isinstance(error, TooMany):
        return JSONResponse({"error": plain(str(error))}, 429, headers={"retry-after": str(error.retry)})
    status = 404 if isinstance(error, Missing) else 507 if isinstance(error, OutputError) else 422
    return JSONResponse({"error": plain(str(error))}, status)


def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return JSONResponse({"error": "the body is not valid JSON: send an object of arguments"}, 422)
    place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    return JSONResponse({"error": f"{place or 'the body'}: {first['msg'][:1].lower()}{first['msg'][1:]}"}, 422)


def _plain(request: Request, error: HTTPException) -> JSONResponse:
    sentence = {404: "there is no such page", 405: "this method is not allowed"}.get(
        error.status_code, str(error.detail)
    )
    return JSONResponse({"error": sentence}, error.status_code, headers=error.headers)


def _vanished(request: Request, error: ClientDisconnect) -> JSONResponse:
    """Nobody is there to read it: it is for the measures."""
    return JSONResponse({"error": "the request was broken off: send it again"}, 400)


async def read(request: Request) -> bytes:
    """Read the body of a request, at most ``MAX_BYTES``."""
    chunks, size = [], 0
    async for chunk in request.stream():
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            raise HTTPException(413, f"that is more than {MAX_BYTES >> 20} MB: send a smaller file")
    return chunks[0] if len(chunks) == 1 else await run_in_threadpool(b"".join, chunks)


def there(path: Path) -> Path:
    """Check that a recorded file still exists, and return its path.

    Raises:
        Missing: it does not.
    """
    if not path.is_file():
        raise Missing("this file was deleted")
    return path
