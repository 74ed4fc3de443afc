"""Run a job in a worker process, and report progress and previews to the server."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.errors import InputError, Stopped, counted, one_line
from calotype.studio import (
    alignment_job,
    dataset_job,
    directions_job,
    dissection_job,
    evaluation_job,
    inversion_job,
    training_job,
)
from calotype.studio.job_progress import Progress
from calotype.studio.job_spec import JobSpec, Tell, all_arguments, photos_of
from calotype.studio.stand_ins import with_stand_ins
from calotype.studio.times import Times, work_key
from calotype.studio.words import plain
from calotype.tasks.job import Job
from calotype.tasks.latent_job import CODE_SUFFIX
from calotype.tasks.memory import format_bytes
from calotype.tasks.runner import JobEvent, run_job
from calotype.tasks.verbs import VERBS
from calotype.tasks.worker import TaskContext

if TYPE_CHECKING:
    from calotype.run import Run

_INTERNAL_ERROR = "an internal error occurred ({}): please report it, with the photo if you can"
MOST_RESULTS = 500  # of one job on a set
_LIVE = 2.0  # seconds that a picture may take that follows a slider
_FILM_SUFFIXES = (".gif", ".webp", ".apng", ".mp4")  # of films beside pictures
_NAMED = 3  # number of failed photos that are listed by name


@dataclass(frozen=True)
class RunJob:
    """Task of a worker process that runs a job and reports the changed fields of its record, the state last."""

    spec: JobSpec

    def __call__(self, shared: Any, context: TaskContext) -> None:
        """Run the job and report the final state: ``{"state": ..., "message": ...}``."""
        do(self.spec, context, context.report)


def do(spec: JobSpec, context: TaskContext, tell: Tell) -> None:
    """Run a job; its final state ``{"state": ..., "message": ...}`` is reported last.

    Args:
        spec: the job.
        context: receives stop requests.
        tell: called with the changed fields of the job's record.
    """
    try:
        began = time.monotonic()
        message = _WORK.get(spec.verb, _make)(spec, context, tell) or ""
        if spec.verb in _SECONDS:
            estimated = _SECONDS[spec.verb](spec.arguments)
            seconds = time.monotonic() - began
            tell({"measured": {"key": spec.verb, "estimate": estimated, "seconds": seconds, "stages": {}}})
    except Stopped:
        tell({"state": "stopped", "message": "stopped: finished results are saved, and it can be resumed"})
    except Exception as error:
        tell({"state": "failed", "message": sentence(error)})
    else:
        tell({"state": "done", "message": message, "share": 1.0, "left": None, "stage": ""})


def sentence(error: BaseException) -> str:
    """The error message for the page."""
    message = one_line(error)
    if message is None:
        return _INTERNAL_ERROR.format(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
    return plain(message)


def job_of(verb: str, arguments: Mapping[str, Any], run: Run | None = None) -> Job:
    """The job of a verb for these arguments.

    Raises:
        InputError: an argument or input cannot be used.
    """
    task, kind = VERBS[verb]
    return kind.of({**all_arguments(task, arguments), "run": run})


def _make(spec: JobSpec, context: TaskContext, tell: Tell) -> str:
    arguments, kind = dict(spec.arguments), VERBS[spec.verb][1]
    inputs = photos_of(arguments[kind.main]) if isinstance(arguments.get(kind.main), str) else [(None, "")]
    if len(inputs) * int(arguments.get("n") or 1) > MOST_RESULTS:
        raise InputError(f"{len(inputs)} photos give too many results for one job: the maximum is {MOST_RESULTS} (n)")
    progress = Progress(spec.place, tell, spec.times)
    work = _OutputMaker(spec, spec.run(context), progress, tell, len(inputs))
    with progress.ticking():
        skipped = _all_made(work, inputs, arguments, kind.main)
    if not skipped:
        return ""
    more = f" and {len(skipped) - _NAMED} more" if len(skipped) > _NAMED else ""
    return f"skipped: {', '.join(skipped[:_NAMED])}{more}"


def _all_made(
    work: _OutputMaker, inputs: Sequence[tuple[Path | None, str]], arguments: dict[str, Any], main: str
) -> list[str]:
    """Make the outputs of all inputs; returns the names of those that failed, with the reasons."""
    skipped: list[str] = []
    for number, (path, stem) in enumerate(inputs):
        try:
            work.one({**arguments, **({main: str(path)} if path else {})}, stem, number)
        except InputError as error:
            if len(inputs) == 1 or path is None:
                raise
            skipped.append(f"{path.name} ({sentence(error)})")
            if len(skipped) == len(inputs):
                raise InputError(f"all {counted(len(inputs), 'photo')} failed; the first: {skipped[0]}") from error
    return skipped


class _OutputMaker:
    """Makes the outputs of a studio job, input by input."""

    def __init__(self, spec: JobSpec, run: Run, progress: Progress, tell: Tell, inputs: int) -> None:
        self._spec, self._run, self._progress, self._tell, self._inputs = spec, run, progress, tell, inputs

    def one(self, arguments: dict[str, Any], stem: str, number: int) -> None:
        """Make all outputs of the input with index ``number``."""
        from calotype.image.io import result_path

        film_format = arguments.pop("film_format", "gif")
        job = job_of(self._spec.verb, arguments, self._run)
        job.request = replace(job.request, certificate=self._spec.certificate)
        job.check_memory()
        suffix = f".{film_format}" if job.gives == "film" else job.suffix
        place, verb = self._spec.place, self._spec.verb
        paths = {o: result_path(place, stem or job.name, verb, o.seed, o.scale, suffix=suffix) for o in job.outputs}
        todo = [output for output, path in paths.items() if path.name not in self._spec.there]
        notes = [plain(note) for note in job.notes] if self._inputs == 1 else []
        self._tell({"count": len(paths) * self._inputs, "notes": notes})
        pending = [(model.engine, model.cost.seconds * (1 - model.done())) for model in job.pending_training]
        later = len(paths) * (self._inputs - number - 1)  # outputs of the following inputs
        finished_before = len(paths) * number + len(paths) - len(todo)
        self._progress.expect(_key_of(job), job.cost.seconds, len(todo) + later, finished_before, pending)
        run_job(job, todo, self._on_event, path_of=paths.__getitem__)

    def _on_event(self, event: JobEvent) -> None:
        self._progress.on_event(event)
        if event.kind == "saved":
            self._tell({"made": _record(event)})


def is_live(job: Job, times: Times) -> bool:
    """Whether one picture of a job comes so soon that it can follow a slider: with a trained model, in a moment."""
    one = times.corrected(_key_of(job), job.cost.seconds)
    return job.gives == "picture" and job.request.model is not None and one <= _LIVE


def _key_of(job: Job) -> str:
    return work_key(job.verb, job.request.engine, job.request.preset)


def _record(event: JobEvent) -> dict[str, Any]:
    """A saved output for the job's record."""
    from PIL import Image

    path, output, size = event.path, event.output, event.job.size
    assert path is not None
    assert output is not None
    there = [other.name for other in map(path.with_suffix, event.job.beside) if other.is_file()]
    films = [name for name in there if name.endswith(_FILM_SUFFIXES)]
    codes = [name for name in there if name.endswith(CODE_SUFFIX)]
    with Image.open(path) if path.suffix != ".mp4" else Image.new("RGB", (size.width, size.height)) as image:
        shape = {"width": image.width, "height": image.height}
    return {
        "file": path.name,
        "seed": output.seed,
        "scale": output.scale,
        "seconds": event.seconds,
        "film": films[0] if films else "",
        "code": codes[0] if codes else "",
        "beside": [name for name in there if name not in (*films, *codes)],
        **shape,
    }


_WORK: dict[str, Callable[[JobSpec, TaskContext, Tell], str | None]] = {
    "train": training_job.train,
    "evaluate": evaluation_job.evaluate,
    "dissect": dissection_job.dissect,
    "invert": inversion_job.invert,
    "align": alignment_job.align,
    "directions": directions_job.directions,
    "data": dataset_job.data,
}
# Estimated seconds of work that makes no pictures.
_SECONDS: dict[str, Callable[[Mapping[str, Any]], float]] = {
    "evaluate": evaluation_job.seconds,
    "dissect": dissection_job.seconds,
    "invert": inversion_job.seconds,
    "align": alignment_job.seconds,
    "directions": directions_job.seconds,
}


def estimate(
    verb: str, arguments: Mapping[str, Any], times: Times | None = None, unpainted: float | None = None
) -> dict[str, Any]:
    """Estimate a job without running it: ``seconds``, ``memory`` (as text), ``size``, ``training`` and ``note``.

    Args:
        verb: name of the verb.
        arguments: its arguments, as for a job.
        times: the times measured on this machine, by which estimates are corrected.
        unpainted: estimate as if the pictures that are painted on the photo were there; the share of the photo that
            masks cover, 0..1. ``None``: they have to be given.

    Raises:
        InputError: an argument is invalid.
    """
    given = {name: value for name, value in arguments.items() if name != "film_format"}
    times = times or Times()
    if verb == "train":
        seconds, memory, training = training_job.estimate(given, times)
        return _estimate_record(seconds, memory, training=training)
    if verb in _SECONDS:
        return _estimate_record(times.corrected(verb, _SECONDS[verb](given)))
    if verb == "data":
        return _estimate_record(0.0, note=dataset_job.estimate(given))
    main = VERBS[verb][1].main
    inputs = photos_of(given[main]) if isinstance(given.get(main), str) else []
    if inputs:
        given[main] = str(inputs[0][0])
    if unpainted is None:
        return _estimated(verb, given, times, len(inputs))
    with with_stand_ins(verb, given, unpainted) as whole:
        return _estimated(verb, whole, times, len(inputs))


def _estimated(verb: str, given: Mapping[str, Any], times: Times, inputs: int) -> dict[str, Any]:
    """The estimate of a verb that makes pictures; all photos of a set are assumed to be like the first one."""
    job = job_of(verb, given)
    job.check_memory()
    pending = job.pending_training
    trainings = sum(training_job.expected_seconds(model, times) for model in pending)
    seconds = times.corrected(_key_of(job), job.cost.seconds) * len(job.outputs) + trainings
    memory = max([job.cost.bytes, *(model.cost.bytes for model in pending)])
    names, size = [model.engine for model in pending], str(job.size) if inputs <= 1 else ""
    note = "; ".join(filter(None, [job.cost.note, *job.notes]))
    live = is_live(job, times)
    return _estimate_record(seconds * max(1, inputs), memory, size=size, training=names, note=note, live=live)


def _estimate_record(
    seconds: float,
    memory: int = 0,
    *,
    size: str = "",
    training: list[str] | None = None,
    note: str = "",
    live: bool = False,
) -> dict[str, Any]:
    return {
        "seconds": round(seconds, 2),
        "memory": format_bytes(memory),
        "size": size,
        "training": training or [],
        "note": note,
        "live": live,
    }
