"""Jobs that crop the faces of a set of photos and turn them upright; the pictures are a new set."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calotype.studio.job_progress import Progress
from calotype.studio.job_spec import JobSpec, Tell, all_arguments, photos_of
from calotype.studio.words import plain
from calotype.tasks import align as tasks
from calotype.tasks.worker import TaskContext

_PHOTOS = "photos"  # folder of the job with the photos of the set, which may lie in sub-folders
_SECONDS = 0.5  # estimated time for one photo


def align(spec: JobSpec, context: TaskContext, tell: Tell) -> str:
    """Write the pictures to the folder ``out``; see ``job_runner.do``. Returns what the user should know."""
    given = all_arguments(tasks.align, spec.arguments)
    run = spec.run(context)
    progress = Progress(spec.place, tell)
    photos = _gathered(given.pop("photos"), spec.place / _PHOTOS)
    try:
        made = tasks.align(
            photos, **given, run=run, on_progress=lambda done, count: progress.counted("aligning", done, count)
        )
    finally:
        shutil.rmtree(photos, ignore_errors=True)
    return "; ".join(plain(note) for note in made.notes)


def _gathered(photos: str, place: Path) -> Path:
    """The photos of a set in one folder."""
    shutil.rmtree(place, ignore_errors=True)  # left by a process that was killed
    place.mkdir(parents=True)
    for path, stem in photos_of(photos):
        target = place / f"{stem or path.stem}{path.suffix}"
        try:
            os.link(path, target)
        except OSError:  # a file system without links
            shutil.copyfile(path, target)
    return place


def seconds(given: Mapping[str, Any]) -> float:
    """Estimated time, seconds."""
    return _SECONDS * len(photos_of(given["photos"]))
