"""The HTTP interface of the studio: every verb as a request, jobs, pictures, models, and the page."""

# Annotations are values here, not strings: the interface is made from them.
import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Body, FastAPI, Query, Request
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from calotype import __version__
from calotype.catalog import ENGINES
from calotype.errors import CalotypeError, InputError, OutputError
from calotype.files import write_whole
from calotype.studio.crew import Clerk
from calotype.studio.events import Events
from calotype.studio.forms import VERBS, body, checked, form
from calotype.studio.jobs import Jobs, model_folder
from calotype.studio.pictures import MAX_BYTES, Missing, Pictures, safe_name, write_thumbnail
from calotype.studio.records import Job
from calotype.tasks.param import description

PAGE = Path(__file__).parent / "page"
_MEDIA = {".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".apng": "image/png", ".mp4": "video/mp4"}
_FOR_EVER = {"cache-control": "private, max-age=31536000, immutable"}

PictureId = Annotated[str, InPath(pattern="^[0-9a-f]{16}$", description="id of a picture")]
JobId = Annotated[str, InPath(pattern=r"^\d{14}-[0-9a-f]{8}$", description="id of a job")]
FileName = Annotated[str, InPath(pattern=r"^[\w. -]{1,200}$", description="name of a file of the job")]
ModelName = Annotated[str, InPath(pattern=r"^[\w.-]{1,200}$", description="name of a kept model")]


class Problem(BaseModel):
    """What went wrong, as one sentence that says what to do."""

    error: str


class Kept(BaseModel):
    """Whether a result is wanted."""

    kept: bool = Field(description="true: keep it; false: it was not wanted after all")


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


class Studio:
    """All that the requests share.

    Args:
        home: the folder where pictures and jobs are kept.
        at_once: how many jobs are worked on at a time.
    """

    def __init__(self, home: Path, at_once: int) -> None:
        self.home = home
        self.events = Events()
        self.pictures = Pictures(home / "pictures")
        self.jobs = Jobs(home / "jobs", self.pictures, at_once, self._changed)
        self.clerk = Clerk()
        self._engines: dict[str, Any] | None = None
        self._thumbnailing, self._asking = threading.Lock(), threading.Lock()

    def _changed(self, job: Job | str) -> None:
        if isinstance(job, str):
            self.events.tell("gone", job)
        else:
            self.events.tell("job", asdict(job))

    def engines(self) -> dict[str, Any]:
        """What there is to know of the engines: asked for once, and kept for the next time the studio is opened."""
        kept = self.home / "engines.json"
        with self._asking:
            if self._engines is None:
                self._engines = _read_engines(kept)
            if self._engines is None:
                self._engines = self.clerk.ask("engines")
                said = {"of": _state_of_engines(), "engines": self._engines}
                write_whole(kept, lambda file: file.write(json.dumps(said).encode()))
        return self._engines

    def thumbnail(self, job: str, name: str) -> Path:
        """A small WebP of a result, made when it is first asked for."""
        from PIL import Image

        path = self.jobs.file(job, name)
        small = path.parent / "shown" / f"{name}.webp"
        with self._thumbnailing:
            if not small.exists():
                with Image.open(path) as image:
                    image.draft("RGB", (640, 640))
                    write_whole(small, lambda file: write_thumbnail(image, file, 640))
        return small


def _state_of_engines() -> list[Any]:
    """What changes when an engine does: one that is worked on has the same version for long."""
    newest = max(path.stat().st_mtime for path in (Path(__file__).parents[1] / "engines").rglob("*.py"))
    return [__version__, sorted(ENGINES), newest]


def _read_engines(kept: Path) -> dict[str, Any] | None:
    try:
        said = json.loads(kept.read_text("utf-8"))
        engines: dict[str, Any] = said["engines"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return engines if said["of"] == _state_of_engines() else None


def create(home: Path, *, at_once: int = 1) -> FastAPI:
    """The studio's application; ``security.Guard`` is to stand before it.

    Args:
        home: the folder where pictures and jobs are kept, made where missing.
        at_once: how many jobs are worked on at a time.
    """
    studio = Studio(home, at_once)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        studio.events.open(asyncio.get_running_loop())
        await asyncio.to_thread(studio.jobs.start)
        yield
        studio.events.close()
        studio.clerk.close()
        await asyncio.to_thread(studio.jobs.close)

    app = FastAPI(
        title="Calotype studio",
        version=__version__,
        description="The verbs of calotype over HTTP. Hand pictures in, ask for jobs, fetch the results.",
        docs_url=None,  # FastAPI's own pages fetch their scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
        separate_input_output_schemas=False,
    )
    app.state.studio = studio
    for error, answer in ((CalotypeError, _problem), (RequestValidationError, _invalid), (HTTPException, _plain)):
        app.add_exception_handler(error, answer)  # type: ignore[arg-type]
    app.include_router(_verbs(studio))
    app.include_router(_pictures(studio))
    app.include_router(_jobs(studio))
    app.include_router(_models(studio))
    _pages(app)
    return app


# ---------------------------------------------------------------------------------------------------------------
# What went wrong


def _problem(request: Request, error: CalotypeError) -> JSONResponse:
    status = 404 if isinstance(error, Missing) else 507 if isinstance(error, OutputError) else 422
    return JSONResponse({"error": for_people(str(error))}, status)


def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    return JSONResponse({"error": f"{place or 'the body'}: {first['msg'][:1].lower()}{first['msg'][1:]}"}, 422)


def _plain(request: Request, error: HTTPException) -> JSONResponse:
    sentence = {404: "there is nothing here", 405: "this cannot be done here"}.get(error.status_code, str(error.detail))
    return JSONResponse({"error": sentence}, error.status_code, headers=error.headers)


def for_people(sentence: str) -> str:
    """A sentence without the names of a program's arguments, which mean nothing on a page."""
    import re

    return re.sub(r" \((?:\w+=[^)]*|\w+)\)", "", sentence)


def _api(tag: str) -> APIRouter:
    return APIRouter(prefix="/api", tags=[tag], responses=_PROBLEMS)


# ---------------------------------------------------------------------------------------------------------------
# Verbs


def _verbs(studio: Studio) -> APIRouter:
    api = _api("verbs")

    @api.get("/verbs")
    def verbs() -> list[dict[str, Any]]:
        """Every verb with its form: its arguments, what they mean, and what they are if nobody says."""
        return [form(verb) for verb in VERBS]

    @api.get("/engines")
    def engines() -> dict[str, Any]:
        """Every engine: its presets, what can be set, and which verbs it can."""
        return studio.engines()

    for verb in VERBS:
        _asked_for(api, studio, verb)
    return api


def _asked_for(api: APIRouter, studio: Studio, verb: str) -> None:
    asked = body(verb)
    text = description(VERBS[verb])

    def ask(given: Any) -> Any:
        return asdict(studio.jobs.submit(verb, given.model_dump(exclude_unset=True)))

    def estimate(given: Any) -> Any:
        arguments = studio.jobs.spec(verb, checked(verb, given.model_dump(exclude_unset=True)))
        return studio.clerk.ask("estimate", verb=verb, arguments=arguments)

    for function in (ask, estimate):
        function.__annotations__ = {"given": Annotated[asked, Body()]}
    name = verb.capitalize()
    api.post(f"/verbs/{verb}/jobs", status_code=201, summary=name, description=text, operation_id=verb)(ask)
    api.post(
        f"/verbs/{verb}/estimate",
        summary=f"{name}: what it would take",
        description="Seconds, memory and size of what would be made, and what would have to be learned first.",
        operation_id=f"{verb}_estimate",
    )(estimate)


# ---------------------------------------------------------------------------------------------------------------
# Pictures


_BINARY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def _pictures(studio: Studio) -> APIRouter:
    api = _api("pictures")
    pictures = studio.pictures

    @api.get("/pictures")
    def listed() -> list[dict[str, Any]]:
        """The pictures that were handed in, the newest first."""
        return [asdict(picture) for picture in pictures.all()]

    @api.post("/pictures", status_code=201, openapi_extra=_BINARY)
    async def add(
        request: Request,
        name: Annotated[str, Query(max_length=300, description="of the file; results are called after it")] = "picture",
        part: Annotated[bool, Query(description="a mask, a map or the like, not a photo")] = False,
    ) -> dict[str, Any]:
        """Hand in a picture: the file's bytes are the body. Verbs take it by its ``id``."""
        data = await _read(request)
        return asdict(await asyncio.to_thread(pictures.add, data, name, part=part))

    @api.get("/pictures/{id}")
    def one(id: PictureId) -> dict[str, Any]:
        """One picture."""
        return asdict(pictures.get(id))

    @api.get("/pictures/{id}/file", response_class=Response)
    def shown(id: PictureId) -> Response:
        """The picture, in a format that browsers show."""
        return FileResponse(pictures.shown(id), media_type=pictures.get(id).media, headers=_FOR_EVER)

    @api.get("/pictures/{id}/thumbnail", response_class=Response)
    def thumbnail(id: PictureId) -> Response:
        """A small WebP of the picture."""
        return FileResponse(pictures.thumbnail(id), media_type="image/webp", headers=_FOR_EVER)

    @api.delete("/pictures/{id}", status_code=204)
    def remove(id: PictureId) -> None:
        """Forget a picture."""
        if studio.jobs.uses(id):
            raise InputError("a job still needs this picture: remove the job first")
        pictures.remove(id)

    @api.post("/settings", openapi_extra=_BINARY)
    async def settings(request: Request) -> dict[str, Any]:
        """What made a picture: the body is a file that calotype wrote. Its verb, its arguments, and the command."""
        data = await _read(request)
        return await asyncio.to_thread(_what_made, studio, data)

    return api


async def _read(request: Request) -> bytes:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            raise HTTPException(413, f"that is more than {MAX_BYTES >> 20} MB: send a smaller file")
    return bytes(data)


def _what_made(studio: Studio, data: bytes) -> dict[str, Any]:
    import tempfile

    # The file is read by its path, which no client has a say in.
    with tempfile.NamedTemporaryFile(suffix=".png", delete=False) as file:
        file.write(data)
    try:
        return _settings_of(studio, Path(file.name), "this picture")
    finally:
        Path(file.name).unlink(missing_ok=True)


def _settings_of(studio: Studio, path: Path, name: str) -> dict[str, Any]:
    from calotype.studio.restoring import restored
    from calotype.tasks.show import show

    try:
        return restored(show(path), studio.pictures)
    except InputError as error:
        # The path is of a passing file: it says nothing to anybody.
        raise InputError(str(error).replace(f"'{path}'", name)) from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"{name} has settings that cannot be read: use the version that made it") from error


# ---------------------------------------------------------------------------------------------------------------
# Jobs


def _jobs(studio: Studio) -> APIRouter:
    api = _api("jobs")
    jobs = studio.jobs

    @api.get("/jobs")
    def listed() -> list[dict[str, Any]]:
        """Every job, the newest first."""
        return [asdict(job) for job in jobs.all()]

    @api.get("/jobs/{id}")
    def one(id: JobId) -> dict[str, Any]:
        """One job: how it stands, and its results."""
        return asdict(jobs.get(id))

    @api.post("/jobs/{id}/stop")
    def stop(id: JobId) -> dict[str, Any]:
        """Stop at the next step and keep what is finished; asked again, stop at once."""
        return asdict(jobs.stop(id))

    @api.post("/jobs/{id}/continue")
    def go_on(id: JobId) -> dict[str, Any]:
        """Go on with a job that was stopped or has failed, where it was."""
        return asdict(jobs.go_on(id))

    @api.delete("/jobs/{id}", status_code=204)
    def remove(id: JobId) -> None:
        """Forget a job and delete its results."""
        jobs.remove(id)

    @api.get("/jobs/{id}/files/{name}", response_class=Response)
    def file(id: JobId, name: FileName) -> Response:
        """A result, or a picture of how it came about."""
        path = _there(jobs.file(id, name))
        return FileResponse(
            path,
            media_type=_MEDIA.get(path.suffix, "application/octet-stream"),
            filename=name,
            content_disposition_type="inline",
            headers={"cache-control": "private, no-cache"},
        )

    @api.get("/jobs/{id}/thumbnails/{name}", response_class=Response)
    def thumbnail(id: JobId, name: FileName) -> Response:
        """A small WebP of a result."""
        jobs.result(id, name)
        if Path(name).suffix == ".mp4":
            raise Missing("a film has no thumbnail")
        _there(jobs.file(id, name))
        return FileResponse(studio.thumbnail(id, name), media_type="image/webp", headers=_FOR_EVER)

    @api.put("/jobs/{id}/results/{name}")
    def keep(id: JobId, name: FileName, wish: Kept) -> dict[str, Any]:
        """Keep a result, or no longer."""
        return asdict(jobs.keep(id, name, wish.kept))

    @api.delete("/jobs/{id}/results/{name}")
    def discard(id: JobId, name: FileName) -> dict[str, Any]:
        """Delete a result."""
        return asdict(jobs.discard(id, name))

    @api.post("/jobs/{id}/results/{name}/picture", status_code=201)
    def use(id: JobId, name: FileName) -> dict[str, Any]:
        """Hand a result in as a picture, to be worked on."""
        jobs.result(id, name)
        path = _there(jobs.file(id, name))
        if path.suffix != ".png":
            raise InputError("a film cannot be worked on: use a picture")
        return asdict(studio.pictures.add(path.read_bytes(), name))

    @api.get("/jobs/{id}/results/{name}/settings")
    def made_by(id: JobId, name: FileName) -> dict[str, Any]:
        """What made a result: its verb, its arguments, and the command that repeats it."""
        jobs.result(id, name)
        return _settings_of(studio, _there(jobs.file(id, name)), f"'{safe_name(name)}'")

    @api.get("/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
    async def events(request: Request) -> StreamingResponse:
        """Server-sent events: ``jobs`` (all) at first, then ``job`` (one that has changed) and ``gone`` (its id)."""

        def first() -> tuple[str, Any]:
            return "jobs", [asdict(job) for job in jobs.all()]

        stream = studio.events.stream(first, request.is_disconnected)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"cache-control": "no-store"})

    return api


def _there(path: Path) -> Path:
    if not path.is_file():
        raise Missing("this file is gone")
    return path


# ---------------------------------------------------------------------------------------------------------------
# Models


def _models(studio: Studio) -> APIRouter:
    api = _api("models")

    @api.get("/models")
    def listed() -> list[dict[str, Any]]:
        """The models that were trained, finished or not."""
        models: list[dict[str, Any]] = studio.clerk.ask("models")
        return models

    @api.delete("/models/{name}", status_code=204)
    def remove(name: ModelName) -> None:
        """Delete a model."""
        model_folder(name)
        studio.clerk.ask("remove_model", name=name)

    @api.get("/models/{name}/previews/{file}", response_class=Response)
    def preview(name: ModelName, file: Annotated[str, InPath(pattern=r"^[\w. %-]{1,200}\.png$")]) -> Response:
        """A picture of a stage of a training."""
        folder = model_folder(name) / "previews"
        found = next((path for path in folder.glob("*.png") if path.name == file), None)
        if found is None:
            raise Missing("there is no such picture of this model")
        return FileResponse(found, media_type="image/png", headers={"cache-control": "private, no-cache"})

    return api


# ---------------------------------------------------------------------------------------------------------------
# The page


def _pages(app: FastAPI) -> None:
    def page(name: str) -> Callable[[], Response]:
        def answer() -> Response:
            return FileResponse(PAGE / name, media_type="text/html", headers={"cache-control": "no-cache"})

        return answer

    app.get("/", include_in_schema=False)(page("index.html"))
    app.get("/api", include_in_schema=False)(page("api.html"))
    app.mount("/page", StaticFiles(directory=PAGE), name="page")
