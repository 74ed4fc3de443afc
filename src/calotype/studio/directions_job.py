"""Jobs that learn directions of attributes for a model, which ``adjust`` offers then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calotype.studio.job_progress import Progress
from calotype.studio.job_spec import JobSpec, Tell, all_arguments
from calotype.studio.words import plain
from calotype.tasks import directions as tasks
from calotype.tasks.worker import TaskContext

_SECONDS, _SECONDS_A_SAMPLE = 60.0, 0.03  # estimated time of a classifier, and for one random picture
_SAMPLES = 4000


def directions(spec: JobSpec, context: TaskContext, tell: Tell) -> None:
    """Learn directions and keep them with the model; see ``job_runner.do``. The report has what was measured."""
    given = {name: value for name, value in all_arguments(tasks.directions, spec.arguments).items() if name != "out"}
    run = spec.run(context)
    progress = Progress(spec.place, tell)
    made = tasks.directions(**given, run=run, on_progress=progress.counted)
    found = [{name: value for name, value in one.as_dict().items() if name != "path"} for one in made.found]
    tell({"report": {"directions": found, "notes": [plain(note).rstrip(".") for note in made.notes]}})


def seconds(given: Mapping[str, Any]) -> float:
    """Estimated time, seconds."""
    return _SECONDS + _SECONDS_A_SAMPLE * float(given.get("samples") or _SAMPLES)
