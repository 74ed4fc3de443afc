"""Sets of pictures: handed in piece by piece, made of results, looked at; and those that anyone can have."""

# Annotations are values here, not strings: the interface is made from them.
import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field

from calotype.errors import InputError
from calotype.studio.app_state import Studio
from calotype.studio.routes.answers import BINARY, FOR_EVER, SetId, read, router
from calotype.studio.sets import Member, PictureSet

MemberId = Annotated[str, InPath(pattern="^[0-9a-f]{16}$", description="id of a picture of the set")]
_MOST_SHOWN = 500  # pictures that are listed at a time


class Named(BaseModel):
    """What a set is to be called."""

    name: str = Field(max_length=300, description="of the set; models that learn from it are called after it")


class Wanted(Named):
    """A set that is to be made."""

    job: str | None = Field(None, pattern=r"^\d{14}-[0-9a-f]{8}$", description="made of the results of this job")


def sets(studio: Studio) -> APIRouter:
    """The requests about sets."""
    api = router("sets")
    kept = studio.sets

    @api.get("/sets")
    def listed() -> list[dict[str, Any]]:
        """The sets there are, the newest first."""
        return [one.said() for one in kept.all()]

    @api.post("/sets", status_code=201)
    def new(wanted: Wanted) -> dict[str, Any]:
        """A set: without pictures, or of the results of a job. Verbs take it by its ``id`` where they take a folder."""
        return (kept.new(wanted.name) if wanted.job is None else _of_job(studio, wanted.name, wanted.job)).said()

    @api.get("/sets/{id}")
    def one(id: SetId) -> dict[str, Any]:
        """One set."""
        return kept.get(id).said()

    @api.put("/sets/{id}")
    def rename(id: SetId, wish: Named) -> dict[str, Any]:
        """Call a set otherwise."""
        _check_free(studio, id)
        return kept.rename(id, wish.name).said()

    @api.delete("/sets/{id}", status_code=204)
    def remove(id: SetId) -> None:
        """Delete a set and its pictures."""
        kept.get(id)
        _check_free(studio, id)
        kept.remove(id)

    @api.get("/sets/{id}/pictures")
    def members(
        id: SetId,
        start: Annotated[int, Query(ge=0, le=10**9, description="the first one, counted from 0")] = 0,
        count: Annotated[int, Query(ge=1, le=_MOST_SHOWN, description="how many")] = 100,
    ) -> list[Member]:
        """The pictures of a set, in the order in which they came."""
        return list(kept.get(id).members.values())[start : start + count]

    @api.post("/sets/{id}/pictures", status_code=201, openapi_extra=BINARY)
    async def add(
        request: Request,
        id: SetId,
        path: Annotated[
            str, Query(max_length=1000, description="name of the file, with the folders within the set before it")
        ] = "picture",
    ) -> Member:
        """Put a picture into a set: the file's bytes are the body. Sent twice, it is in it once."""
        kept.get(id)
        _check_free(studio, id)
        data = await read(request)
        return await asyncio.to_thread(kept.add, id, data, path)

    @api.post("/sets/{id}/beside", status_code=204, openapi_extra=BINARY)
    async def beside(
        request: Request,
        id: SetId,
        path: Annotated[str, Query(max_length=300, description="place of the file within the folder of the set")],
    ) -> None:
        """Hand in what belongs to a set of samples and is none of its pictures, each file's bytes as the body.

        That is ``about.json`` and ``samples.jsonl`` first, then what lies in ``licences``, ``maps``, ``instances`` and
        ``others``. When this and the pictures in ``images`` have come, ask for ``whole``.
        """
        kept.get(id)
        _check_free(studio, id)
        data = await read(request)
        await asyncio.to_thread(kept.put_beside, id, data, path)

    @api.post("/sets/{id}/whole")
    def whole(id: SetId) -> dict[str, Any]:
        """Say that all of a set of samples has come. A sample of which something is missing is left out."""
        _check_free(studio, id)
        return kept.complete(id).said()

    @api.delete("/sets/{id}/pictures/{picture}")
    def take_out(id: SetId, picture: MemberId) -> dict[str, Any]:
        """Take a picture out of a set."""
        _check_free(studio, id)
        return kept.take_out(id, picture).said()

    @api.get("/sets/{id}/pictures/{picture}/thumbnail", response_class=Response)
    def thumbnail(id: SetId, picture: MemberId) -> Response:
        """A small WebP of a picture of a set."""
        return FileResponse(kept.thumbnail(id, picture), media_type="image/webp", headers=FOR_EVER)

    @api.post("/sets/{id}/pictures/{picture}/use", status_code=201)
    def use(id: SetId, picture: MemberId) -> Any:
        """Hand a picture of a set in as a single one, to be worked on."""
        path = kept.file(id, picture)
        return studio.pictures.add(path.read_bytes(), path.name)

    @api.get("/data")
    def anyones() -> list[dict[str, Any]]:
        """The sets that anyone can have: what they are, from what they are made, and under which licences."""
        known: list[dict[str, Any]] = studio.queries.ask("data")
        return known

    @api.get("/data/kept")
    def kept_for_sets() -> dict[str, int]:
        """Bytes of what was fetched for such sets, ``packages``, and of what was decoded of all sets, ``data``."""
        held: dict[str, int] = studio.queries.ask("kept_for_sets")
        return held

    @api.delete("/data/kept")
    def clean() -> dict[str, int]:
        """Delete that; all of it is had again when it is needed."""
        if any(job.state in ("waiting", "running", "stopping") for job in studio.jobs.all()):
            raise InputError("jobs at work may need what would be deleted: stop them first, or wait for them")
        return {"bytes": studio.queries.ask("clean")}

    return api


def _check_free(studio: Studio, id: str) -> None:
    if studio.jobs.uses(id):
        raise InputError("a job still needs this set as it is: remove the job first, or make another set")


def _of_job(studio: Studio, name: str, job: str) -> PictureSet:
    """A set of a job's results; those that are films are passed over."""
    done = studio.jobs.get(job)
    results = [made.file for made in done.results if made.file.endswith(".png")]
    if not results:
        raise InputError("this job has made no pictures: a set of its results would be empty")
    one = studio.sets.new(name, source=done.verb)
    for file in results:
        studio.sets.add(one.id, studio.jobs.file(job, file).read_bytes(), file)
    return one
