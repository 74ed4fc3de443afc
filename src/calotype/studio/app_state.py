"""What the requests share: the stores, the queue, and what is known of the engines."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from calotype import __version__
from calotype.catalog import ENGINES, MODELS
from calotype.files import write_whole
from calotype.studio.events import Events
from calotype.studio.file_upload import Parcels
from calotype.studio.job_store import Job
from calotype.studio.jobs import Jobs
from calotype.studio.pictures import Pictures, write_thumbnail
from calotype.studio.query_process import QueryProcess
from calotype.studio.sets import Sets


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
        self.sets = Sets(home / "sets")
        self.parcels = Parcels(home / "parcels")
        self.jobs = Jobs(home / "jobs", self.pictures, self.sets, self.parcels, at_once, self._changed)
        self.queries = QueryProcess()
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
                self._engines = self.queries.ask("engines")
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
    package = Path(__file__).parents[1]
    newest = max(path.stat().st_mtime for part in ("engines", "models") for path in (package / part).rglob("*.py"))
    return [__version__, sorted({*ENGINES, *MODELS}), newest]


def _read_engines(kept: Path) -> dict[str, Any] | None:
    try:
        said = json.loads(kept.read_text("utf-8"))
        engines: dict[str, Any] = said["engines"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return engines if said["of"] == _state_of_engines() else None
