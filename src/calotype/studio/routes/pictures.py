"""Pictures handed in, one by one, and what made them."""

# Annotations are values here, not strings: the interface is made from them.
import asyncio
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response

from calotype.errors import InputError
from calotype.studio.app_state import Studio
from calotype.studio.routes.answers import BINARY, FOR_EVER, PictureId, read, router


def pictures(studio: Studio) -> APIRouter:
    """The requests about single pictures."""
    api = router("pictures")
    kept = studio.pictures

    @api.get("/pictures")
    def listed() -> list[dict[str, Any]]:
        """The pictures that were handed in, the newest first."""
        return [asdict(picture) for picture in kept.all()]

    @api.post("/pictures", status_code=201, openapi_extra=BINARY)
    async def add(
        request: Request,
        name: Annotated[str, Query(max_length=300, description="of the file; results are called after it")] = "picture",
        part: Annotated[bool, Query(description="a mask, a map or the like, not a photo")] = False,
    ) -> dict[str, Any]:
        """Hand in a picture: the file's bytes are the body. Verbs take it by its ``id``."""
        data = await read(request)
        return asdict(await asyncio.to_thread(kept.add, data, name, part=part))

    @api.get("/pictures/{id}")
    def one(id: PictureId) -> dict[str, Any]:
        """One picture."""
        return asdict(kept.get(id))

    @api.get("/pictures/{id}/file", response_class=Response)
    def shown(id: PictureId) -> Response:
        """The picture, in a format that browsers show."""
        return FileResponse(kept.shown(id), media_type=kept.get(id).media, headers=FOR_EVER)

    @api.get("/pictures/{id}/thumbnail", response_class=Response)
    def thumbnail(id: PictureId) -> Response:
        """A small WebP of the picture."""
        return FileResponse(kept.thumbnail(id), media_type="image/webp", headers=FOR_EVER)

    @api.delete("/pictures/{id}", status_code=204)
    def remove(id: PictureId) -> None:
        """Forget a picture."""
        if studio.jobs.uses(id):
            raise InputError("a job still needs this picture: remove the job first")
        kept.remove(id)

    @api.post("/settings", openapi_extra=BINARY)
    async def settings(request: Request) -> dict[str, Any]:
        """What made a picture: the body is a file that calotype wrote. Its verb, its arguments, and the command."""
        data = await read(request)
        return await asyncio.to_thread(_what_made, studio, data)

    return api


def _what_made(studio: Studio, data: bytes) -> dict[str, Any]:
    # The file is read by its path, which no client has a say in.
    with tempfile.NamedTemporaryFile(suffix=".png", delete=False) as file:
        file.write(data)
    try:
        return settings_of(studio, Path(file.name), "this picture")
    finally:
        Path(file.name).unlink(missing_ok=True)


def settings_of(studio: Studio, path: Path, name: str) -> dict[str, Any]:
    """What made the file at ``path``, which is called ``name``: see ``restoring``.

    Raises:
        InputError: calotype did not make it, or cannot read it.
    """
    from calotype.studio.restoring import restored
    from calotype.tasks.show import show

    try:
        return restored(show(path), studio.pictures)
    except InputError as error:
        # The path is of a passing file: it says nothing to anybody.
        raise InputError(str(error).replace(f"'{path}'", name)) from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"{name} has settings that cannot be read: use the version that made it") from error
