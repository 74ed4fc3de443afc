"""The piece of work that a worker process does for a batch command: some outputs of one input."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from calotype.tasks import model_store
from calotype.tasks.bulk_plan import BulkRequest
from calotype.tasks.job import Job
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.photo_model import PhotoModel
from calotype.tasks.runner import JobEvent, run_job
from calotype.tasks.worker import TaskContext

_REPORT_INTERVAL = 0.5  # seconds between two progress reports of one process


@dataclass(frozen=True)
class Made:
    """The result of a ``MakeTask``.

    Attributes:
        files: for each output, the contents of its files by suffix: there may be a film besides a picture.
        seconds: time that each output took.
        models: the trained models, packed, the base first; empty if they are on a shared disk.
    """

    files: list[dict[str, bytes]]
    seconds: list[float]
    models: list[dict[str, bytes]]


@dataclass(frozen=True)
class MakeTask:
    """A task that makes outputs of one input. It contains the opened input, so the process needs no access to its file.

    Attributes:
        main: the main input, opened.
        outputs: the outputs to make.
        suffix: suffix of the output files, which determines their format.
        own: the inputs of the job that come from folders, opened.
        models: the finished models, packed; empty if the process has access to the model store.
        far: whether to return trained models.
    """

    main: Any
    outputs: Sequence[OutputSpec]
    suffix: str
    own: Mapping[str, Any] = field(default_factory=dict)
    models: Sequence[Mapping[str, bytes]] = ()
    far: bool = False

    def __call__(self, bulk: BulkRequest, context: TaskContext) -> Made:
        """Train if necessary, then make the outputs.

        Raises:
            CalotypeError: as for the verb.
        """
        from calotype.run import Run

        run = Run(seed=bulk.request.seed, device=bulk.request.device)
        context.attach(run)
        job = bulk.job(self.main, run, self.own)
        for model, files in zip(models_of(job), self.models):
            model_store.unpack(model.folder, files)
        trains = bool(job.pending_training)
        made = Made([], [], [])
        with TemporaryDirectory(prefix="calotype-") as folder:
            listener = _Collector(job, len(self.outputs), context, made)
            number = {id(output): str(k) for k, output in enumerate(self.outputs)}
            run_job(
                job,
                self.outputs,
                listener.on_event,
                path_of=lambda output: Path(folder, number[id(output)], f"made{self.suffix}"),
                wait=True,
            )
        trained = [model_store.packed(model.folder) for model in models_of(job)] if self.far and trains else []
        return Made(made.files, made.seconds, trained)


class _Collector:
    """Event listener of a job: collects the output files and reports the fraction of the work that is done."""

    def __init__(self, job: Job, count: int, context: TaskContext, made: Made) -> None:
        self._context, self._made = context, made
        self._pending, self._output_seconds = list(job.pending_training), job.cost.seconds
        self._total_seconds = sum(training.cost.seconds for training in self._pending) + self._output_seconds * count
        self._done, self._last_report = 0.0, time.monotonic()

    def on_event(self, event: JobEvent) -> None:
        """See ``runner.Listener``."""
        if event.kind in ("step", "preview"):
            self._step(event)
        elif event.kind == "saved" and event.path is not None:
            self._done = sum(training.cost.seconds for training in self._pending)
            self._done += self._output_seconds * (len(self._made.seconds) + 1)
            files = sorted(event.path.parent.iterdir())
            stem = event.path.stem
            self._made.files.append({path.name.removeprefix(stem): path.read_bytes() for path in files})
            self._made.seconds.append(event.seconds)
            self._report(self._done)

    def _step(self, event: JobEvent) -> None:
        training, report = event.training, event.event
        if training is None or report is None or report.kind != "step":
            return
        seconds_before = sum(other.cost.seconds for other in self._pending[: self._pending.index(training)])
        self._report(seconds_before + training.cost.seconds * training.done_at(report.stage, report.step, report.steps))

    def _report(self, seconds: float) -> None:
        now = time.monotonic()
        if now - self._last_report >= _REPORT_INTERVAL:
            self._last_report = now
            self._context.report(min(1.0, seconds / self._total_seconds))


def models_of(job: Job) -> list[PhotoModel]:
    """The models that are trained for a job, the base first."""
    if not isinstance(job, PhotoJob) or job.model is None or job.request.unfinished:
        return []
    return [model for model in (job.model.base, job.model) if model is not None]
