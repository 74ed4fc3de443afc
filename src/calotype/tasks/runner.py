"""The loop that makes a job's outputs, and the events that it emits.

Python calls, the command line, worker processes, cluster tasks and the studio all use ``run_job`` and its events.
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
    from calotype.tasks.job import Job
    from calotype.tasks.outputs import OutputSpec


@dataclass(frozen=True)
class JobEvent:
    """An event of a job.

    Attributes:
        kind: ``training``: a training starts; ``begun``: an output is started; ``step`` and ``preview``: a progress
            report of the run, without and with a picture; ``made``: an output is finished; ``saved``: it is written to
            disk; ``failed``: outputs could not be made.
        job: the job.
        output: the current output; ``None`` during a training.
        training: the current training; ``None`` while outputs are made.
        event: the progress report of the run.
        value: the finished output.
        path: the file of the saved output.
        seconds: time that the output took.
        error: reason of a failure.
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
    on_event: Listener,
    *,
    path_of: Callable[[OutputSpec], Path] | None = None,
    wait: bool = False,
) -> None:
    """Run the pending trainings, then make outputs one by one and save them.

    Args:
        job: the job.
        outputs: which of its outputs to make.
        on_event: called with every event, in this thread. An exception that it raises ends the work.
        path_of: returns the file of an output; ``None``: outputs are not saved, only passed with the event ``made``.
        wait: if another process trains the same model, wait for it instead of raising an error.

    Raises:
        Stopped: the run was stopped.
        InputError, OutputError: as for the verb.
    """
    current: dict[str, Any] = {}

    def report(event: Event) -> None:
        kind: Literal["step", "preview"] = "preview" if event.preview is not None else "step"
        on_event(JobEvent(kind, job, event=event, **current))

    with _listening(job.run, report):
        for training in job.pending_training:
            current = {"training": training}
            on_event(JobEvent("training", job, training=training))
            train_model(training, job.run, wait=wait)
        for output in outputs:
            if job.run.stopping:
                raise Stopped("stopped between two pictures")
            current = {"output": output}
            on_event(JobEvent("begun", job, output))
            value, seconds = job.make(output)
            on_event(JobEvent("made", job, output, value=value, seconds=seconds))
            if path_of is not None:
                path = path_of(output)
                job.save(value, path, output)
                on_event(JobEvent("saved", job, output, path=path, seconds=seconds))


@contextmanager
def _listening(run: Run, report: Callable[[Event], object]) -> Iterator[None]:
    """In the block, pass the run's events to ``report`` as well as to the previous listener."""
    previous = run.on_event

    def both(event: Event) -> None:
        report(event)
        if previous is not None:
            previous(event)

    run.on_event = both
    try:
        yield
    finally:
        run.on_event = previous


def state_folder(settings: Mapping[str, Any]) -> Path:
    """Folder for the optimisation state of an output with these settings."""
    serialised = json.dumps(dict(settings), sort_keys=True, default=str)
    return cache_folder("jobs") / hashlib.sha256(serialised.encode()).hexdigest()[:16]


def forget_state(folder: Path) -> None:
    """Delete the optimisation state of a finished output."""
    shutil.rmtree(folder, ignore_errors=True)
