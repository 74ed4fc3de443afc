"""Jobs: how they stand, what they made, and what happens."""

# Annotations are values here, not strings: the interface is made from them.
import io
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from pydantic import BaseModel, Field

from calotype.errors import InputError
from calotype.studio.app_state import Studio
from calotype.studio.jobs import Jobs
from calotype.studio.pictures import Missing, safe_name
from calotype.studio.routes.answers import ANEW, FOR_EVER, FileName, JobId, router, there
from calotype.studio.routes.pictures import settings_of

_CELL = 320  # pixels that a picture has on a sheet, each way, at most
_MOST_ON_SHEET = 100  # pictures
_MEDIA = {".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".apng": "image/png", ".mp4": "video/mp4"}


class Kept(BaseModel):
    """Whether a result is wanted."""

    kept: bool = Field(description="true: keep it; false: it was not wanted after all")


def jobs(studio: Studio) -> APIRouter:
    """The requests about jobs."""
    api = router("jobs")
    queue = studio.jobs

    @api.get("/jobs")
    def listed() -> list[dict[str, Any]]:
        """Every job, the newest first."""
        return [asdict(job) for job in queue.all()]

    @api.get("/jobs/{id}")
    def one(id: JobId) -> dict[str, Any]:
        """One job: how it stands, and its results."""
        return asdict(queue.get(id))

    @api.post("/jobs/{id}/stop")
    def stop(id: JobId) -> dict[str, Any]:
        """Stop at the next step and keep what is finished; asked again, stop at once."""
        return asdict(queue.stop(id))

    @api.post("/jobs/{id}/continue")
    def go_on(id: JobId) -> dict[str, Any]:
        """Go on with a job that was stopped or has failed, where it was."""
        return asdict(queue.go_on(id))

    @api.delete("/jobs/{id}", status_code=204)
    def remove(id: JobId) -> None:
        """Forget a job and delete its results."""
        queue.remove(id)

    @api.get("/jobs/{id}/files/{name}", response_class=Response)
    def file(id: JobId, name: FileName) -> Response:
        """A result, or a picture of how it came about."""
        path = there(queue.file(id, name))
        return FileResponse(
            path,
            media_type=_MEDIA.get(path.suffix, "application/octet-stream"),
            filename=name,
            content_disposition_type="inline",
            headers=ANEW,
        )

    @api.get("/jobs/{id}/thumbnails/{name}", response_class=Response)
    def thumbnail(id: JobId, name: FileName) -> Response:
        """A small WebP of a result."""
        queue.result(id, name)
        if Path(name).suffix == ".mp4":
            raise Missing("a film has no thumbnail")
        there(queue.file(id, name))
        return FileResponse(studio.thumbnail(id, name), media_type="image/webp", headers=FOR_EVER)

    @api.get("/jobs/{id}/archive", response_class=StreamingResponse)
    def archive(id: JobId) -> StreamingResponse:
        """All results of a job as one zip."""
        paths = [queue.file(id, made.file) for made in queue.get(id).results]
        name = f"{queue.get(id).verb}-{id}.zip"
        headers = {**ANEW, "content-disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(_zipped(paths), media_type="application/zip", headers=headers)

    @api.get("/jobs/{id}/sheet", response_class=Response)
    def sheet(id: JobId) -> Response:
        """One picture with all results of a job, each with its seed; it carries how they were made."""
        return Response(_sheet(queue, id), media_type="image/png", headers=ANEW)

    @api.put("/jobs/{id}/results/{name}")
    def keep(id: JobId, name: FileName, wish: Kept) -> dict[str, Any]:
        """Keep a result, or no longer."""
        return asdict(queue.keep(id, name, wish.kept))

    @api.delete("/jobs/{id}/results/{name}")
    def discard(id: JobId, name: FileName) -> dict[str, Any]:
        """Delete a result."""
        return asdict(queue.discard(id, name))

    @api.post("/jobs/{id}/results/{name}/picture", status_code=201)
    def use(id: JobId, name: FileName) -> dict[str, Any]:
        """Hand a result in as a picture, to be worked on."""
        queue.result(id, name)
        path = there(queue.file(id, name))
        if path.suffix != ".png":
            raise InputError("a film cannot be worked on: use a picture")
        return asdict(studio.pictures.add(path.read_bytes(), name))

    @api.get("/jobs/{id}/results/{name}/settings")
    def made_by(id: JobId, name: FileName) -> dict[str, Any]:
        """What made a result: its verb, its arguments, and the command that repeats it."""
        queue.result(id, name)
        return settings_of(studio, there(queue.file(id, name)), f"'{safe_name(name)}'")

    @api.get("/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
    async def events(request: Request) -> StreamingResponse:
        """Server-sent events: ``jobs`` (all) at first, then ``job`` (one that has changed) and ``gone`` (its id)."""

        def first() -> tuple[str, Any]:
            return "jobs", [asdict(job) for job in queue.all()]

        stream = studio.events.stream(first, request.is_disconnected)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"cache-control": "no-store"})

    return api


def _sheet(queue: Jobs, id: str) -> bytes:
    from PIL import Image

    from calotype.image.grid import contact_sheet
    from calotype.image.io import png_bytes, read_settings

    made = [one for one in queue.get(id).results if one.file.endswith(".png")][:_MOST_ON_SHEET]
    if not made:
        raise InputError("this job has made no pictures: there is nothing to lay on a sheet")
    paths, images = [there(queue.file(id, one.file)) for one in made], []
    for path in paths:
        with Image.open(path) as image:
            image.thumbnail((_CELL, _CELL))  # only what the sheet shows of it is kept
            images.append(image.copy())
    labels = [" ".join(part for part in (f"seed {one.seed}", one.scale) if part) for one in made]
    largest = max(max(image.size) for image in images)
    return png_bytes(contact_sheet(images, labels, cell=largest), {**read_settings(paths[0]), "sheet": len(made)})


def _zipped(paths: list[Path]) -> Iterator[bytes]:
    """A zip of files, as it grows; pictures do not get smaller, so they are stored as they are."""
    out = _Passing()
    with zipfile.ZipFile(out, "w") as archive:
        for path in paths:
            if path.is_file():
                archive.write(path, path.name)
                yield out.taken()
    yield out.taken()


class _Passing(io.RawIOBase):
    """What is written is handed on, not kept: a file that cannot be gone back in."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """As of any file."""
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since this was asked last."""
        data, self._held = bytes(self._held), bytearray()
        return data
