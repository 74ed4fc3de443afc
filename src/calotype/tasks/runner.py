"""The loop that makes outputs, and the events that tell of it.

Whoever has pictures made, from Python, on the command line, in other processes, on a cluster or in the studio, calls
``run_job`` and hears the same events.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from calotype.errors import Stopped
from calotype.files import cache_folder
from calotype.tasks.progress import Training
from calotype.tasks.training import train_model

if TYPE_CHECKING:
    from calotype.run import Event, Run
    from calotype.tasks.job import Job, OutputSpec


@dataclass(frozen=True)
class JobEvent:
    """Something that happened to a job.

    Attributes:
        kind: ``training``: a model is trained next; ``begun``: an output is made next; ``step`` and ``preview``: what
            the run reports, ``preview`` where it has a picture; ``made``: an output is there; ``saved``: it is on the
            disk; ``failed``: outputs could not be made.
        job: that it happened to.
        output: the output that is being made; ``None`` while a model is trained.
        training: the model that is being trained; ``None`` while outputs are made.
        event: what the run reported.
        value: what was made.
        path: where it was saved.
        seconds: that the output took.
        error: why outputs failed.
    """

    kind: Literal["training", "begun", "step", "preview", "made", "saved", "failed"]
    job: Job
    output: OutputSpec | None = None
    training: Training | None = None
    event: Event | None = None
    value: Any = None
    path: Path | None = None
    seconds: float = 0.0
    error: Exception | None = None


Listener = Callable[[JobEvent], object]


def run_job(
    job: Job,
    outputs: Sequence[OutputSpec],
    heard: Listener,
    *,
    path_of: Callable[[OutputSpec], Path] | None = None,
    wait: bool = False,
) -> None:
    """Train what has to be trained, then make outputs one by one, and save them where ``path_of`` says.

    Args:
        job: whose outputs.
        outputs: which of them.
        heard: called with every event, in this thread. What it raises ends the work.
        path_of: the file of an output; ``None``: they are not saved, and go along with the event ``made``.
        wait: where another process trains the same model, wait for it instead of refusing.

    Raises:
        Stopped: the run was asked to stop.
        InputError, OutputError: as the verb.
    """
    current: dict[str, Any] = {}

    def report(event: Event) -> None:
        kind: Literal["step", "preview"] = "preview" if event.preview is not None else "step"
        heard(JobEvent(kind, job, event=event, **current))

    with _listening(job.run, report):
        for training in job.pending_training:
            current = {"training": training}
            heard(JobEvent("training", job, training=training))
            train_model(training, job.run, wait=wait)
        for output in outputs:
            if job.run.stopping:
                raise Stopped("stopped between two pictures")
            current = {"output": output}
            heard(JobEvent("begun", job, output))
            made, seconds = job.make(output)
            heard(JobEvent("made", job, output, value=made, seconds=seconds))
            if path_of is not None:
                path = path_of(output)
                job.save(made, path, output)
                heard(JobEvent("saved", job, output, path=path, seconds=seconds))


@contextmanager
def _listening(run: Run, report: Callable[[Event], object]) -> Iterator[None]:
    """While a block runs, tell ``report`` what the run reports, and whoever was told before, too."""
    before = run.on_event

    def both(event: Event) -> None:
        report(event)
        if before is not None:
            before(event)

    run.on_event = both
    try:
        yield
    finally:
        run.on_event = before


def state_folder(settings: Mapping[str, Any]) -> Path:
    """Where the state of an output with these settings is kept while it is optimised."""
    told = json.dumps(dict(settings), sort_keys=True, default=str)
    return cache_folder("jobs") / hashlib.sha256(told.encode()).hexdigest()[:16]


def forget_state(folder: Path) -> None:
    """Delete the state of an output that is finished."""
    shutil.rmtree(folder, ignore_errors=True)
