"""The studio's web application: the HTTP interface and the page."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response

from calotype import __version__
from calotype.files import remove_stale_parts
from calotype.studio.app_state import Studio
from calotype.studio.compression import Compressed
from calotype.studio.limits import Limiting, Limits
from calotype.studio.measuring import CONTENT_TYPE, Measuring
from calotype.studio.page_files import PageFiles
from calotype.studio.pictures import MAX_BYTES
from calotype.studio.routes.answers import answer_problems
from calotype.studio.routes.jobs import jobs
from calotype.studio.routes.models import models
from calotype.studio.routes.pictures import pictures
from calotype.studio.routes.sets import sets
from calotype.studio.routes.verbs import verbs

_LOOK = 15.0  # seconds between two looks for processes without work
_NO_LIMITS = Limits()


def create(home: Path, *, at_once: int = 1, certificate: Path | None = None, limits: Limits = _NO_LIMITS) -> FastAPI:
    """Create the web application, which must be wrapped by ``security.Guard``.

    Args:
        home: data folder, created if missing.
        at_once: number of jobs to run at a time.
        certificate: PEM file with which results are signed; ``None``: they are not.
        limits: of each client.
    """
    studio = Studio(home, at_once, certificate, limits.queued)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        studio.events.open(asyncio.get_running_loop())
        await asyncio.to_thread(studio.jobs.start)
        resting = asyncio.create_task(_rest(studio))
        yield
        resting.cancel()
        studio.events.close()
        studio.queries.close()
        await asyncio.to_thread(studio.jobs.close)

    app = FastAPI(
        title="Calotype studio",
        version=__version__,
        description="The verbs of calotype over HTTP. Upload pictures, submit jobs, download the results.",
        docs_url=None,  # FastAPI's documentation pages load scripts from other hosts
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
        separate_input_output_schemas=False,
    )
    app.state.studio = studio
    answer_problems(app)
    for part in (verbs, pictures, sets, jobs, models):
        app.include_router(part(studio))
    _pages(app)
    _measures(app, studio)
    _probes(app, studio)
    app.add_middleware(Compressed)
    app.add_middleware(Limiting, limits=limits, most=MAX_BYTES)
    app.add_middleware(Measuring, measures=studio.measures)
    return app


async def _rest(studio: Studio) -> None:
    await asyncio.to_thread(remove_stale_parts, studio.home, below=True)
    while True:
        await asyncio.sleep(_LOOK)
        await asyncio.to_thread(studio.rest, time.time())


def _measures(app: FastAPI, studio: Studio) -> None:
    @app.get("/metrics", include_in_schema=False)
    def measures() -> Response:
        return Response(studio.measures.text(), media_type=CONTENT_TYPE)


def _probes(app: FastAPI, studio: Studio) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def alive() -> dict[str, str]:
        return {"state": "alive"}

    @app.get("/readyz", include_in_schema=False)
    def ready() -> JSONResponse:
        is_ready = studio.is_ready()
        return JSONResponse({"state": "ready" if is_ready else "not ready"}, 200 if is_ready else 503)


def _pages(app: FastAPI) -> None:
    files = PageFiles()

    def page(name: str) -> Callable[[], Response]:
        return lambda: files.document(name)

    app.get("/", include_in_schema=False)(page("index.html"))
    app.get("/api", include_in_schema=False)(page("api.html"))
    app.mount("/page", files, name="page")
