"""Jobs that dissect a model: what it leaves out of a set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calotype.studio.job_progress import Progress
from calotype.studio.job_spec import JobSpec, Tell, all_arguments
from calotype.tasks import dissect as tasks
from calotype.tasks.worker import TaskContext

_PAGE = "dissection"  # folder of the page, in that of the job
_SECONDS, _SECONDS_A_PICTURE = 60.0, 0.02  # estimated time of a segmenter, and for one picture of either side


def dissect(spec: JobSpec, context: TaskContext, tell: Tell) -> None:
    """Run a dissection job; see ``job_runner.do``. The report has the form of one that compares sets."""
    given = {name: value for name, value in all_arguments(tasks.dissect, spec.arguments).items() if name != "out"}
    run = spec.run(context)
    progress = Progress(spec.place, tell)
    found = tasks.dissect(**given, out=spec.place / _PAGE, run=run, on_progress=progress.counted)
    report = found.report
    values = {name: report[name] for name in ("fsd", "fsd_floor", "fsd_standardised")}
    count = report["settings"]["n"]
    tell(
        {
            "report": {
                "values": values,
                "features": report["settings"]["segmenter"],
                "real": count,
                "fake": count,
                "classes": report["classes"],
                "notes": [found.summary.rstrip("."), *(note.rstrip(".") for note in found.notes)],
            }
        }
    )


def seconds(given: Mapping[str, Any]) -> float:
    """Estimated time, seconds."""
    return _SECONDS + _SECONDS_A_PICTURE * 2 * float(given.get("n") or 2000)
