"""Shared state of the server: the stores, the job queue, and the descriptions of the engines."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from calotype import __version__
from calotype.catalog import ENGINES, MODELS
from calotype.files import write_whole
from calotype.studio.events import Events
from calotype.studio.file_upload import FileUploads
from calotype.studio.job_store import Job
from calotype.studio.jobs import Jobs
from calotype.studio.measuring import Measures
from calotype.studio.pictures import Pictures, write_thumbnail
from calotype.studio.query_process import QueryProcess
from calotype.studio.sets import Sets
from calotype.studio.times import TimesFile

_FORM = 2  # of the descriptions of the engines, which are kept in a file


class Studio:
    """The shared state of all requests.

    Args:
        home: data folder for pictures, sets and jobs.
        at_once: number of jobs to run at a time.
        certificate: PEM file with which results are signed; ``None``: they are not.
        most_waiting: number of jobs of one client that may wait; ``None`` for no limit.
    """

    def __init__(
        self, home: Path, at_once: int, certificate: Path | None = None, most_waiting: int | None = None
    ) -> None:
        self.home = home
        self.events = Events()
        self.pictures = Pictures(home / "pictures")
        self.sets = Sets(home / "sets")
        self.file_uploads = FileUploads(home / "uploads")
        self.times = TimesFile(home / "times.json")
        kept = self.pictures, self.sets, self.file_uploads
        self.jobs = Jobs(home / "jobs", *kept, at_once, self._changed, self.times, certificate, most_waiting)
        self.queries = QueryProcess()
        self.measures = Measures(self.jobs.settled)
        self._engines: dict[str, Any] | None = None
        self._thumbnail_lock, self._engines_lock = threading.Lock(), threading.Lock()

    def _changed(self, job: Job | str) -> None:
        self.measures.on_job(job)
        if isinstance(job, str):
            self.events.tell("gone", job)
        else:
            self.events.tell("job", asdict(job))

    def is_ready(self) -> bool:
        """Whether jobs can be taken: the queue is open, and the data folder can be written to."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError:
            return False
        return self.jobs.is_open and os.access(self.home, os.W_OK)

    def rest(self, now: float) -> None:
        """End the processes that have had nothing to do for a while, so that a studio at rest needs little memory."""
        self.jobs.rest(now)
        self.queries.rest(now)

    def end_requests(self) -> None:
        """End the streams of events, and the requests that wait for an answer of the query process."""
        self.events.close()
        self.queries.close()

    def engines(self) -> dict[str, Any]:
        """The descriptions of the engines, cached in the data folder."""
        cache = self.home / "engines.json"
        with self._engines_lock:
            if self._engines is None:
                self._engines = _read_engines(cache)
            if self._engines is None:
                self._engines = self.queries.ask("engines")
                record = {"of": _engines_key(), "engines": self._engines}
                write_whole(cache, lambda file: file.write(json.dumps(record).encode()))
        return self._engines

    def thumbnail(self, job: str, name: str) -> Path:
        """The thumbnail file of a result, WebP, created on demand."""
        from PIL import Image

        path = self.jobs.file(job, name)
        small = path.parent / "shown" / f"{name}.webp"
        with self._thumbnail_lock:
            if not small.exists():
                with Image.open(path) as image:
                    image.draft("RGB", (640, 640))
                    write_whole(small, lambda file: write_thumbnail(image, file, 640))
        return small


def _engines_key() -> list[Any]:
    """Key of the cache: version, names and newest modification time of the engines."""
    package = Path(__file__).parents[1]
    newest = max(path.stat().st_mtime for part in ("engines", "models") for path in (package / part).rglob("*.py"))
    return [__version__, _FORM, sorted({*ENGINES, *MODELS}), newest]


def _read_engines(cache: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(cache.read_text("utf-8"))
        engines: dict[str, Any] = record["engines"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return engines if record["of"] == _engines_key() else None
