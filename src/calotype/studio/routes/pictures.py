"""Requests for single pictures and their settings."""

# Annotations are values here, not strings: the interface is made from them.
import asyncio
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response

from calotype.errors import InputError
from calotype.studio.app_state import Studio
from calotype.studio.routes.answers import BINARY, FOR_EVER, PictureId, read, router


def pictures(studio: Studio) -> APIRouter:
    """The router of the requests for single pictures."""
    api = router("pictures")
    store = studio.pictures

    @api.get("/pictures")
    def listed() -> list[dict[str, Any]]:
        """List the uploaded pictures, newest first."""
        return [asdict(picture) for picture in store.all()]

    @api.post("/pictures", status_code=201, openapi_extra=BINARY)
    async def add(
        request: Request,
        name: Annotated[str, Query(max_length=300, description="file name; results are named after it")] = "picture",
        part: Annotated[bool, Query(description="a mask, label map or sketch, not a photo")] = False,
    ) -> dict[str, Any]:
        """Upload a picture; the body is the content of the file. Verbs refer to it by its ``id``."""
        data = await read(request)
        await run_in_threadpool(studio.jobs.wake)  # it may have to wait for a record that is written
        return asdict(await asyncio.to_thread(store.add, data, name, part=part))

    @api.get("/pictures/{id}")
    def one(id: PictureId) -> dict[str, Any]:
        """Get the description of a picture."""
        return asdict(store.get(id))

    @api.get("/pictures/{id}/file", response_class=Response)
    def shown(id: PictureId) -> Response:
        """Get a picture in a format for browsers."""
        return FileResponse(store.shown(id), media_type=store.get(id).media, headers=FOR_EVER)

    @api.get("/pictures/{id}/thumbnail", response_class=Response)
    def thumbnail(id: PictureId) -> Response:
        """Get the thumbnail of a picture, WebP."""
        return FileResponse(store.thumbnail(id), media_type="image/webp", headers=FOR_EVER)

    @api.delete("/pictures/{id}", status_code=204)
    def remove(id: PictureId) -> None:
        """Delete a picture."""
        if studio.jobs.uses(id):
            raise InputError("a job still needs this picture: remove the job first")
        store.remove(id)

    @api.post("/settings", openapi_extra=BINARY)
    async def settings(request: Request) -> dict[str, Any]:
        """Read the settings of a file that calotype wrote (the body): verb, arguments and command."""
        data = await read(request)
        return await asyncio.to_thread(_settings_of_upload, studio, data)

    return api


def _settings_of_upload(studio: Studio, data: bytes) -> dict[str, Any]:
    # ``show`` reads a file, so the upload is written to a temporary one.
    with tempfile.NamedTemporaryFile(suffix=".png", delete=False) as file:
        file.write(data)
    try:
        return settings_of(studio, Path(file.name), "this picture")
    finally:
        Path(file.name).unlink(missing_ok=True)


def settings_of(studio: Studio, path: Path, name: str) -> dict[str, Any]:
    """The form values of the file at ``path``, called ``name`` in messages; see ``restoring``.

    Raises:
        InputError: calotype did not make the file, or its settings cannot be read.
    """
    from calotype.studio.restoring import restored
    from calotype.tasks.show import show

    try:
        return restored(show(path), studio.pictures)
    except InputError as error:
        # Messages show the name instead of the temporary path.
        raise InputError(str(error).replace(f"'{path}'", name)) from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"{name} has settings that cannot be read: use the version that made it") from error
