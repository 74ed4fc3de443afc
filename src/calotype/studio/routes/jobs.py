"""Requests for jobs, their results, and the stream of events."""

# Annotations are values here, not strings: the interface is made from them.
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from pydantic import BaseModel, Field

from calotype.errors import InputError
from calotype.studio.app_state import Studio
from calotype.studio.jobs import Jobs
from calotype.studio.pictures import Missing, safe_name
from calotype.studio.routes.answers import ANEW, FOR_EVER, FileName, JobId, router, there
from calotype.studio.routes.pictures import settings_of

_CELL = 320  # maximum side of a picture on a contact sheet, pixels
_PIECE = 1 << 18  # bytes of a file that are sent at a time
_MAX_ON_SHEET = 100  # pictures
_MEDIA = {".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".apng": "image/png", ".mp4": "video/mp4"}


class Kept(BaseModel):
    """Whether a result is marked as saved."""

    kept: bool = Field(description="true: mark the result as saved; false: remove the mark")


def jobs(studio: Studio) -> APIRouter:
    """The router of the requests for jobs."""
    api = router("jobs")
    queue = studio.jobs

    @api.get("/jobs")
    def listed() -> list[dict[str, Any]]:
        """List all jobs, newest first."""
        return [asdict(job) for job in queue.all()]

    @api.post("/wake", status_code=204)
    def wake() -> None:
        """Start a process that works, if there is none: somebody is about to ask for a job."""
        queue.wake()

    @api.get("/jobs/{id}")
    def one(id: JobId) -> dict[str, Any]:
        """Get the state and the results of a job."""
        return asdict(queue.get(id))

    @api.post("/jobs/{id}/stop")
    def stop(id: JobId) -> dict[str, Any]:
        """Stop a job at its next step, keeping finished results; a second request stops it at once."""
        return asdict(queue.stop(id))

    @api.post("/jobs/{id}/continue")
    def go_on(id: JobId) -> dict[str, Any]:
        """Resume a stopped or failed job."""
        return asdict(queue.go_on(id))

    @api.delete("/jobs/{id}", status_code=204)
    def remove(id: JobId) -> None:
        """Delete a job and its results."""
        queue.remove(id)

    @api.get("/jobs/{id}/files/{name}", response_class=Response)
    def file(id: JobId, name: FileName) -> Response:
        """Get a result or preview."""
        path = there(queue.file(id, name))
        media = _MEDIA.get(path.suffix, "application/octet-stream")
        if name in queue.get(id).previews:
            # Read at once: one that is made anew meanwhile has another length.
            return Response(path.read_bytes(), media_type=media, headers=ANEW)
        return FileResponse(
            path,
            media_type=media,
            filename=name,
            content_disposition_type="inline",
            headers=ANEW,
        )

    @api.get("/jobs/{id}/thumbnails/{name}", response_class=Response)
    def thumbnail(id: JobId, name: FileName) -> Response:
        """Get the thumbnail of a result, WebP."""
        queue.result(id, name)
        if Path(name).suffix == ".mp4":
            raise Missing("a film has no thumbnail")
        there(queue.file(id, name))
        return FileResponse(studio.thumbnail(id, name), media_type="image/webp", headers=FOR_EVER)

    @api.get("/jobs/{id}/archive", response_class=StreamingResponse)
    def archive(id: JobId) -> StreamingResponse:
        """Get all results of a job as a zip file, with their films, latent codes and layers."""
        paths = [queue.file(id, name) for made in queue.get(id).results for name in made.files]
        return _zip_of(paths, f"{queue.get(id).verb}-{id}.zip")

    @api.get("/kept/archive", response_class=StreamingResponse)
    def kept_archive(
        verb: Annotated[str, Query(max_length=40, description="of this verb only")] = "",
        photo: Annotated[str, Query(max_length=40, description="id of a picture or set: of this one only")] = "",
        since: Annotated[float, Query(ge=0, description="asked for since, seconds since 1970")] = 0.0,
        until: Annotated[float, Query(ge=0, description="asked for before, seconds since 1970")] = 1e12,
    ) -> StreamingResponse:
        """Get the results that are marked as saved as a zip file."""
        found = queue.kept(verb=verb, photo=photo, since=since, until=until)
        if not found:
            raise Missing("no saved result is like that")
        paths = [queue.file(job.id, name) for job, made in found for name in made.files]
        return _zip_of(paths, "calotype-saved.zip")

    @api.get("/jobs/{id}/sheet", response_class=Response)
    def sheet(id: JobId) -> Response:
        """Get a contact sheet of all results of a job, labelled with their seeds, with embedded settings."""
        return Response(_sheet(queue, id), media_type="image/png", headers=ANEW)

    @api.put("/jobs/{id}/results/{name}")
    def keep(id: JobId, name: FileName, mark: Kept) -> dict[str, Any]:
        """Mark a result as saved, or remove the mark."""
        return asdict(queue.keep(id, name, mark.kept))

    @api.get("/jobs/{id}/results/{name}/archive", response_class=StreamingResponse)
    def result_archive(id: JobId, name: FileName) -> StreamingResponse:
        """Get all files of a result as a zip file: the picture, its film, latent code or layers."""
        made = queue.result(id, name)
        return _zip_of([queue.file(id, file) for file in made.files], f"{queue.get(id).verb}-{id}-{made.seed}.zip")

    @api.delete("/jobs/{id}/results/{name}")
    def discard(id: JobId, name: FileName) -> dict[str, Any]:
        """Delete a result."""
        return asdict(queue.discard(id, name))

    @api.post("/jobs/{id}/results/{name}/picture", status_code=201)
    def use(id: JobId, name: FileName) -> dict[str, Any]:
        """Add a result to the pictures, as an input for other jobs."""
        queue.result(id, name)
        path = there(queue.file(id, name))
        if path.suffix != ".png":
            raise InputError("a film cannot be used as an input: use a picture")
        return asdict(studio.pictures.add(path.read_bytes(), name))

    @api.get("/jobs/{id}/results/{name}/export", response_class=Response)
    def export(
        id: JobId,
        name: FileName,
        form: Annotated[Literal["png", "jpeg", "webp"], Query(description="format of the file")] = "png",
        quality: Annotated[int, Query(ge=1, le=100, description="of JPEG and WebP; WebP of 100 is lossless")] = 92,
        settings: Annotated[bool, Query(description="whether the settings that repeat it go with it")] = True,
    ) -> Response:
        """Get a result in another format, or without its settings; its origin stays in it."""
        from calotype.image.exporting import FORMS, exported

        queue.result(id, name)
        path = there(queue.file(id, name))
        if path.suffix != ".png":
            raise InputError("a film is downloaded as it is: export a picture")
        data = exported(path, form, quality, settings=settings)
        stem = f"{path.stem}.{'jpg' if form == 'jpeg' else form}"
        headers = {**ANEW, "content-disposition": f'attachment; filename="{stem}"'}
        return Response(data, media_type=FORMS[form], headers=headers)

    @api.get("/jobs/{id}/results/{name}/settings")
    def made_by(id: JobId, name: FileName) -> dict[str, Any]:
        """Get the settings of a result: verb, arguments, and the command that reproduces it."""
        queue.result(id, name)
        found = settings_of(studio, there(queue.file(id, name)), f"'{safe_name(name)}'")
        # Of several pictures of one argument the file has one hash: the job knows them.
        known = {key: queue.get(id).arguments.get(key) for key in found["missing"]}
        several = {key: value for key, value in known.items() if isinstance(value, list)}
        missing = {key: value for key, value in found["missing"].items() if key not in several}
        return {**found, "arguments": {**found["arguments"], **several}, "missing": missing}

    @api.get("/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
    async def events(request: Request) -> StreamingResponse:
        """Server-sent events: first ``jobs`` (all), then ``job`` (a changed job) and ``gone`` (id of a deleted job)."""

        def first() -> tuple[str, Any]:
            return "jobs", [asdict(job) for job in queue.all()]

        stream = studio.events.stream(first, request.is_disconnected)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"cache-control": "no-store"})

    return api


def _sheet(queue: Jobs, id: str) -> bytes:
    from PIL import Image

    from calotype.image.grid import contact_sheet
    from calotype.image.io import png_bytes, read_settings

    made = [one for one in queue.get(id).results if one.file.endswith(".png")][:_MAX_ON_SHEET]
    if not made:
        raise InputError("this job has no pictures yet: a contact sheet would be empty")
    paths, images = [there(queue.file(id, one.file)) for one in made], []
    for path in paths:
        with Image.open(path) as image:
            image.thumbnail((_CELL, _CELL))  # shrunk at once, to save memory
            images.append(image.copy())
    labels = [" ".join(part for part in (f"seed {one.seed}", one.scale) if part) for one in made]
    largest = max(max(image.size) for image in images)
    return png_bytes(contact_sheet(images, labels, cell=largest), {**read_settings(paths[0]), "sheet": len(made)})


def _zip_of(paths: list[Path], name: str) -> StreamingResponse:
    headers = {**ANEW, "content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(zipped(paths), media_type="application/zip", headers=headers)


def zipped(paths: list[Path]) -> Iterator[bytes]:
    """Stream a zip of files, piece by piece, without compression, as pictures are already compressed.

    Files of the same name get numbers; files that are not there any more are left out.
    """
    out, used = _ChunkBuffer(), Counter[str]()
    with zipfile.ZipFile(out, "w") as archive:
        for path in paths:
            if not path.is_file():
                continue
            used[path.name] += 1
            again = f" {used[path.name]}" if used[path.name] > 1 else ""
            member = zipfile.ZipInfo.from_file(path, f"{path.stem}{again}{path.suffix}")
            with path.open("rb") as file, archive.open(member, "w") as packed:
                while piece := file.read(_PIECE):
                    packed.write(piece)
                    yield out.taken()
    yield out.taken()


class _ChunkBuffer(io.RawIOBase):
    """A write-only, non-seekable file whose content can be taken out in chunks."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def writable(self) -> bool:
        """See ``io``."""
        return True

    def write(self, data: Any) -> int:
        """See ``io``."""
        self._buffer += data
        return len(data)

    def taken(self) -> bytes:
        """The bytes written since the last call."""
        data, self._buffer = bytes(self._buffer), bytearray()
        return data
