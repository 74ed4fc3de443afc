"""Requests for sets of pictures, and for the data sets that can be created from packages."""

# Annotations are values here, not strings: the interface is made from them.
import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field

from calotype.errors import InputError
from calotype.studio.app_state import Studio
from calotype.studio.job_store import ENDED
from calotype.studio.picture_set import Member, PictureSet
from calotype.studio.routes.answers import BINARY, FOR_EVER, SetId, read, router

MemberId = Annotated[str, InPath(pattern="^[0-9a-f]{16}$", description="id of a picture of the set")]
_MAX_LISTED = 500  # pictures in one response


class Named(BaseModel):
    """The name of a set."""

    name: str = Field(max_length=300, description="name of the set; models that are trained on it are named after it")


class Wanted(Named):
    """A set to create."""

    job: str | None = Field(
        None, pattern=r"^\d{14}-[0-9a-f]{8}$", description="id of a job; the set contains its results"
    )


def sets(studio: Studio) -> APIRouter:
    """The router of the requests for sets."""
    api = router("sets")
    store = studio.sets

    @api.get("/sets")
    def listed() -> list[dict[str, Any]]:
        """List the sets, newest first."""
        return [one.said() for one in store.all()]

    @api.post("/sets", status_code=201)
    def new(wanted: Wanted) -> dict[str, Any]:
        """Create a set, empty or from the results of a job. Verbs accept its ``id`` in place of a folder."""
        return (store.new(wanted.name) if wanted.job is None else _of_job(studio, wanted.name, wanted.job)).said()

    @api.get("/sets/{id}")
    def one(id: SetId) -> dict[str, Any]:
        """Get the description of a set."""
        return store.get(id).said()

    @api.put("/sets/{id}")
    def rename(id: SetId, request: Named) -> dict[str, Any]:
        """Rename a set."""
        _check_free(studio, id)
        return store.rename(id, request.name).said()

    @api.delete("/sets/{id}", status_code=204)
    def remove(id: SetId) -> None:
        """Delete a set and its pictures."""
        store.get(id)
        _check_free(studio, id)
        store.remove(id)

    @api.get("/sets/{id}/pictures")
    def members(
        id: SetId,
        start: Annotated[int, Query(ge=0, le=10**9, description="index of the first picture, from 0")] = 0,
        count: Annotated[int, Query(ge=1, le=_MAX_LISTED, description="maximum number of pictures")] = 100,
    ) -> list[Member]:
        """List the pictures of a set, in upload order."""
        return list(store.get(id).members.values())[start : start + count]

    @api.post("/sets/{id}/pictures", status_code=201, openapi_extra=BINARY)
    async def add(
        request: Request,
        id: SetId,
        path: Annotated[str, Query(max_length=1000, description="path of the file within the set")] = "picture",
    ) -> Member:
        """Upload a picture to a set; the body is the content of the file. Repeated uploads have no effect."""
        store.get(id)
        _check_free(studio, id)
        data = await read(request)
        return await asyncio.to_thread(store.add, id, data, path)

    @api.post("/sets/{id}/beside", status_code=204, openapi_extra=BINARY)
    async def beside(
        request: Request,
        id: SetId,
        path: Annotated[str, Query(max_length=300, description="path of the file within the folder of the set")],
    ) -> None:
        """Upload a file of a data set other than a picture; the body is the content of the file.

        Upload ``about.json`` and ``samples.jsonl`` first, then the files in ``licences``, ``maps``, ``instances`` and
        ``others``. When these and the pictures in ``images`` are uploaded, request ``whole``.
        """
        store.get(id)
        _check_free(studio, id)
        data = await read(request)
        await asyncio.to_thread(store.put_beside, id, data, path)

    @api.post("/sets/{id}/whole")
    def whole(id: SetId) -> dict[str, Any]:
        """Complete the upload of a data set. Samples with missing files are left out."""
        _check_free(studio, id)
        return store.complete(id).said()

    @api.delete("/sets/{id}/pictures/{picture}")
    def take_out(id: SetId, picture: MemberId) -> dict[str, Any]:
        """Delete a picture of a set."""
        _check_free(studio, id)
        return store.take_out(id, picture).said()

    @api.get("/sets/{id}/pictures/{picture}/thumbnail", response_class=Response)
    def thumbnail(id: SetId, picture: MemberId) -> Response:
        """Get the thumbnail of a picture of a set, WebP."""
        return FileResponse(store.thumbnail(id, picture), media_type="image/webp", headers=FOR_EVER)

    @api.post("/sets/{id}/pictures/{picture}/use", status_code=201)
    def use(id: SetId, picture: MemberId) -> Any:
        """Add a picture of a set to the single pictures, as an input for jobs."""
        path = store.file(id, picture)
        return studio.pictures.add(path.read_bytes(), path.name)

    @api.get("/data")
    def available() -> list[dict[str, Any]]:
        """List the data sets that can be created, with their packages and licences."""
        known: list[dict[str, Any]] = studio.queries.ask("data")
        return known

    @api.get("/data/kept")
    def kept_for_sets() -> dict[str, int]:
        """Get the size in bytes of the caches: downloaded ``packages``, and decoded pictures, ``data``."""
        sizes: dict[str, int] = studio.queries.ask("kept_for_sets")
        return sizes

    @api.delete("/data/kept")
    def clean() -> dict[str, int]:
        """Delete these caches, which are recreated on demand."""
        if any(job.state not in ENDED for job in studio.jobs.all()):
            raise InputError("active jobs may need these files: stop them first, or wait for them")
        return {"bytes": studio.queries.ask("clean")}

    return api


def _check_free(studio: Studio, id: str) -> None:
    if studio.jobs.uses(id):
        raise InputError("a job still needs this set: remove the job first, or make another set")


def _of_job(studio: Studio, name: str, job: str) -> PictureSet:
    """Create a set from the results of a job; films are skipped."""
    done = studio.jobs.get(job)
    results = [made.file for made in done.results if made.file.endswith(".png")]
    if not results:
        raise InputError("this job has no pictures yet: a set of its results would be empty")
    one = studio.sets.new(name, source=done.verb)
    try:
        for file in results:
            studio.sets.add(one.id, studio.jobs.file(job, file).read_bytes(), file)
    except BaseException:
        studio.sets.remove(one.id)
        raise
    return one
