"""Jobs that find photos in a model: what it draws of each, and what is lost."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calotype.studio.job_progress import Progress
from calotype.studio.job_spec import JobSpec, Tell, all_arguments, photos_of
from calotype.tasks import invert as tasks
from calotype.tasks.worker import TaskContext

_PAGE = "inversion"  # folder of the page, in that of the job
# Estimated time of an encoder with the usual settings and of one step for a photo.
_SECONDS, _SECONDS_A_STEP = 300.0, 0.01
_STEPS = 500


def invert(spec: JobSpec, context: TaskContext, tell: Tell) -> None:
    """Run a job of layer inversion; see ``job_runner.do``. There is a result for every photo, and a report of what is
    lost by class in the form of one that compares sets.
    """
    given = {name: value for name, value in all_arguments(tasks.invert, spec.arguments).items() if name != "out"}
    run = spec.run(context)
    progress = Progress(spec.place, tell)
    found = tasks.invert(**given, out=spec.place / _PAGE, run=run, on_progress=progress.counted)
    photos = found.report["photos"]
    tell({"count": len(photos)})
    size = found.report["settings"]["size"]
    for row in photos:
        path = found.folder / row["file"]
        shutil.copyfile(path, spec.place / path.name)
        tell({"made": _record(path, int(given["seed"]), size)})
    tell({"report": _report(found)})


def _record(path: Path, seed: int, size: list[int]) -> dict[str, Any]:
    about = {"seed": seed, "scale": "", "seconds": 0.0, "film": "", "code": ""}
    return {"file": path.name, **about, "width": size[1], "height": size[0]}


def _report(found: tasks.Inverted) -> dict[str, Any]:
    photos, settings = found.report["photos"], found.report["settings"]
    classes = [
        {
            "name": row["name"],
            "real": row["real"],
            "fake": row["made"],
            "change": row["kept"] - 1,
            "least": None,
            "most": None,
        }
        for row in found.report["classes"]
    ]
    return {
        "values": {"psnr": statistics.median(row["psnr"] for row in photos)},
        "features": settings["features"],
        "real": len(photos),
        "fake": len(photos),
        "classes": classes,
        "notes": [note.rstrip(".") for note in found.notes],
    }


def seconds(given: Mapping[str, Any]) -> float:
    """Estimated time, seconds."""
    photos = sum(len(photos_of(one)) for one in given["photos"])
    return _SECONDS + _SECONDS_A_STEP * photos * float(given.get("steps") or _STEPS)
