"""Evaluation jobs: measure results against their photo, or compare two sets."""

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

_SET_ARGUMENTS = ("metrics", "features", "segmenter")  # if one of these is given, sets are compared
_SECONDS = 3.0  # estimated time for one result
_SECONDS_IN_SET = 0.05  # estimated time for one picture of a set


def evaluate(spec: JobSpec, context: TaskContext, tell: Tell) -> None:
    """Run an evaluation job; see ``job_runner.do``."""
    given = spec.arguments
    check(given)
    run = spec.run(context, device="cpu")
    progress = Progress(spec.place, tell)
    real, fakes = given["real"], list(given["fakes"])

    def progress_of(stage: str) -> Callable[[int, int], None]:
        def on_progress(done: int, count: int) -> None:
            if run.stopping:
                raise Stopped("stopped during the evaluation")
            progress.counted(stage, done, count)

        return on_progress

    if not as_sets(given):
        tell({"stage": "measuring"})
        results = fakes[0] if _is_set(fakes) else fakes
        tell({"report": tasks.evaluate(real, results, on_progress=progress_of("measuring")).as_dict()})
        return
    options = all_arguments(compare, given)
    if options["segmenter"] is not None and options["metrics"] is None:
        options["metrics"] = "fsd"
    tell({"report": compare(real, fakes[0], on_progress=progress_of("comparing"), **options).as_dict()})


def check(given: Mapping[str, Any]) -> None:
    """Check what the arguments alone tell.

    Raises:
        InputError: measures of sets are asked for of single pictures.
    """
    if as_sets(given) and not (Path(given["real"]).is_dir() and _is_set(list(given["fakes"]))):
        raise InputError("the measures of sets compare two sets: choose a set for both, or leave out these measures")


def as_sets(given: Mapping[str, Any]) -> bool:
    """Whether two sets are compared, instead of results with their photo."""
    return any(given.get(name) not in (None, "auto") for name in _SET_ARGUMENTS)


def _is_set(fakes: list[str]) -> bool:
    return len(fakes) == 1 and Path(fakes[0]).is_dir()


def seconds(given: Mapping[str, Any]) -> float:
    """Estimated time, seconds."""
    fakes = sum(len(photos_of(one)) for one in given["fakes"])
    return _SECONDS_IN_SET * (fakes + len(photos_of(given["real"]))) if as_sets(given) else _SECONDS * fakes
