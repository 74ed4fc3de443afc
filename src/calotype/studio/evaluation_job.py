"""A job that measures: results against their photo, one by one, or two sets against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from calotype.errors import InputError, Stopped
from calotype.studio.job_progress import Progress
from calotype.studio.job_spec import JobSpec, Tell, all_arguments, photos_of
from calotype.tasks import evaluate as tasks
from calotype.tasks.compare import compare
from calotype.tasks.worker import TaskContext

_OF_SETS = ("metrics", "features", "segmenter")  # whoever says one of these wants sets compared
_SECONDS = 3.0  # that one result takes, about
_QUICK = 0.05  # that a picture of a set takes, about


def evaluate(spec: JobSpec, context: TaskContext, tell: Tell) -> None:
    """Measure; see ``job_runner.do``."""
    given = spec.arguments
    run = spec.run(context, device="cpu")
    progress = Progress(spec.place, tell)
    real, fakes = given["real"], list(given["fakes"])

    def watched(stage: str) -> Callable[[int, int], None]:
        def heard(done: int, count: int) -> None:
            if run.stopping:
                raise Stopped("stopped while the pictures were looked at")
            progress.counted(stage, done, count)

        return heard

    if not as_sets(given):
        tell({"stage": "measuring"})
        results = fakes[0] if _is_set(fakes) else fakes
        tell({"report": tasks.evaluate(real, results, on_progress=watched("measuring")).as_dict()})
        return
    if not (Path(real).is_dir() and _is_set(fakes)):
        raise InputError("sets are compared with sets: choose a set on both sides, or leave out the measures of sets")
    asked = all_arguments(compare, given)
    if asked["segmenter"] is not None and asked["metrics"] is None:
        asked["metrics"] = "fsd"
    tell({"report": compare(real, fakes[0], on_progress=watched("looking at the pictures"), **asked).as_dict()})


def as_sets(given: Mapping[str, Any]) -> bool:
    """Whether whole sets are to be compared, not picture by picture."""
    return any(given.get(name) not in (None, "auto") for name in _OF_SETS)


def _is_set(fakes: list[str]) -> bool:
    return len(fakes) == 1 and Path(fakes[0]).is_dir()


def seconds(given: Mapping[str, Any]) -> float:
    """What it takes, about."""
    fakes = sum(len(photos_of(one)) for one in given["fakes"])
    return _QUICK * (fakes + len(photos_of(given["real"]))) if as_sets(given) else _SECONDS * fakes
