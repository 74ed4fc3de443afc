"""The studio's web application: the HTTP interface and the page."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import Response

from calotype import __version__
from calotype.studio.app_state import Studio
from calotype.studio.compression import Compressed
from calotype.studio.measuring import CONTENT_TYPE, Measuring
from calotype.studio.page_files import PageFiles
from calotype.studio.routes.answers import answer_problems
from calotype.studio.routes.jobs import jobs
from calotype.studio.routes.models import models
from calotype.studio.routes.pictures import pictures
from calotype.studio.routes.sets import sets
from calotype.studio.routes.verbs import verbs

_LOOK = 15.0  # seconds between two looks for processes without work


def create(home: Path, *, at_once: int = 1) -> FastAPI:
    """Create the web application, which must be wrapped by ``security.Guard``.

    Args:
        home: data folder, created if missing.
        at_once: number of jobs to run at a time.
    """
    studio = Studio(home, at_once)

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
    app.add_middleware(Compressed)
    app.add_middleware(Measuring, measures=studio.measures)
    return app


async def _rest(studio: Studio) -> None:
    while True:
        await asyncio.sleep(_LOOK)
        await asyncio.to_thread(studio.rest, time.time())


def _measures(app: FastAPI, studio: Studio) -> None:
    @app.get("/metrics", include_in_schema=False)
    def measures() -> Response:
        return Response(studio.measures.text(), media_type=CONTENT_TYPE)


def _pages(app: FastAPI) -> None:
    files = PageFiles()

    def page(name: str) -> Callable[[], Response]:
        return lambda: files.document(name)

    app.get("/", include_in_schema=False)(page("index.html"))
    app.get("/api", include_in_schema=False)(page("api.html"))
    app.mount("/page", files, name="page")
