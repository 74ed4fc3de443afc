"""Batch processing: plan the outputs of each input, skip existing ones, and make the others, here or on an executor.

An output depends only on its inputs, settings and seed. So any process can make it, and an interrupted command resumes
when it is repeated.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from calotype.errors import InputError
from calotype.files import shown, write_whole
from calotype.tasks import model_store
from calotype.tasks.eta import remaining
from calotype.tasks.executor import Executor, Task
from calotype.tasks.job import Job, OutputSpec
from calotype.tasks.manifest import Manifest, hash_of
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.photo_model import PhotoModel
from calotype.tasks.request import Request
from calotype.tasks.runner import JobEvent, run_job
from calotype.tasks.worker import TaskContext

if TYPE_CHECKING:
    from calotype.run import Run

ATTEMPTS = 3  # maximum number of attempts for an output if its process dies
_REPORT_INTERVAL = 0.5  # seconds between two progress reports of one process


@dataclass(frozen=True)
class BulkRequest:
    """The part of a batch command that all its inputs share.

    Attributes:
        kind: class of the jobs.
        request: the checked arguments.
        shared: the opened inputs of all jobs, by argument name; a ``Path`` is a folder, from which each job takes the
            file with the same stem as its main input.
    """

    kind: type[Job]
    request: Request
    shared: Mapping[str, Any]

    @classmethod
    def read(cls, kind: type[Job], request: Request, inputs: Mapping[str, Any]) -> BulkRequest:
        """Open the shared inputs.

        Raises:
            InputError: an input cannot be used.
        """
        from calotype.image.io import open_photo

        read: dict[str, Any] = {}
        for name, given in inputs.items():
            if name == "also":
                read[name] = [open_photo(other, max_side=request.max_side) for other in given]
            elif isinstance(given, str | Path) and Path(given).is_dir():
                read[name] = Path(given)
            else:
                read[name] = None if given is None else kind.opened(name, given, request)
        return cls(kind, request, read)

    def job(self, main: Any, run: Run | None = None, own: Mapping[str, Any] | None = None) -> Job:
        """The job for one main input.

        Args:
            main: the main input, a path or opened; ``None`` if the verb has none.
            run: as for the verb.
            own: the inputs that come from folders, if they are already opened.

        Raises:
            InputError: an input cannot be used, or a folder has no file for the main input.
        """
        given = {self.kind.main: main} if self.kind.main else {}
        return self.kind.create(
            self.request, {**given, **self.shared, **(self._own(main) if own is None else own)}, run
        )

    def _own(self, main: Any) -> dict[str, Any]:
        """The inputs from folders that belong to a main input, opened."""
        folders = {name: folder for name, folder in self.shared.items() if isinstance(folder, Path)}
        if not folders:
            return {}
        stem = _stem_of(main, self.request.max_side)
        files = {name: _file_with_stem(stem, folder) for name, folder in folders.items()}
        opened = {name: self.kind.opened(name, file, self.request) for name, file in files.items()}
        return {name: value for name, value in opened.items() if value is not None}

    def own(self, job: Job) -> dict[str, Any]:
        """The inputs of a job that come from folders."""
        return {name: job.inputs[name] for name, given in self.shared.items() if isinstance(given, Path)}


def _stem_of(main: Any, max_side: int | None) -> str:
    from calotype.image.io import open_photo

    return Path(main).stem if isinstance(main, str | Path) else open_photo(main, max_side=max_side).name


def _file_with_stem(stem: str, folder: Path) -> Path:
    """The picture in a folder with the same stem as a photo.

    Raises:
        InputError: there is not exactly one.
    """
    from calotype.image.io import list_photos

    found = [path for path in list_photos(folder) if path.stem == stem]
    if len(found) != 1:
        recorded = f"{len(found)} pictures" if found else "no picture"
        raise InputError(f"{recorded} named '{stem}' in {shown(folder)}: put one there for each photo, like {stem}.png")
    return found[0]


# ---------------------------------------------------------------------------------------------------------------
# Plans


@dataclass(frozen=True)
class PlannedOutput:
    """One output of a plan, its file, and the hash of its settings."""

    output: OutputSpec
    path: Path
    settings: str


@dataclass(eq=False)
class Plan:
    """The outputs to make from one input.

    Attributes:
        label: name of the input in messages.
        stem: stem of the output file names.
        job: the job of the input.
        planned: all outputs of the job.
        manifest: records the state of the outputs.
        todo: the outputs that did not exist at the start.
        left: the outputs of ``todo`` that are neither done nor failed yet.
        failed: whether an output failed.
        own: the inputs of the job that come from folders.
    """

    label: str
    stem: str
    job: Job
    planned: list[PlannedOutput]
    manifest: Manifest
    todo: list[PlannedOutput]
    left: list[PlannedOutput]
    failed: bool = False
    own: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        label: str,
        stem: str,
        job: Job,
        path_of: Callable[[OutputSpec], Path],
        manifest: Manifest,
        resume: bool | None,
        own: Mapping[str, Any] | None = None,
    ) -> Plan:
        """Plan the outputs of a job and skip existing ones.

        Args:
            label: name of the input in messages.
            stem: stem of the output file names.
            job: the job of the input.
            path_of: returns the file of an output.
            manifest: records the state of the outputs.
            resume: which existing outputs to skip: if there is a manifest, those of this version of the program
                (``None``), those of any version (``True``), or none (``False``).
            own: the inputs of the job that come from folders.
        """
        planned = [
            PlannedOutput(output, path_of(output), hash_of({**job.settings, **output.differs}))
            for output in job.outputs
        ]
        plan = cls(label, stem, job, planned, manifest, planned, list(planned), own=own or {})
        if resume or (resume is None and manifest.path):
            plan.todo = [one for one in planned if not plan._is_there(one, any_version=bool(resume))]
        plan.left = list(plan.todo)
        return plan

    @property
    def sha256(self) -> str | None:
        """Hash of the main input; ``None`` if the verb has none."""
        main = self.job.main
        identity = self.job.identities([main]).get(main, {}) if main else {}
        return identity.get("sha256")

    def of_output(self, output: OutputSpec) -> PlannedOutput:
        """The planned output of an output specification."""
        return next(one for one in self.planned if one.output == output)

    def _is_there(self, one: PlannedOutput, *, any_version: bool) -> bool:
        if self.manifest.holds(one.path, one.settings):
            return True
        if not repeats(one.path, {**self.job.settings, **one.output.differs}, any_version=any_version):
            return False
        self.record(one, None)  # written just before the process died, or without a manifest
        return True

    def record(self, one: PlannedOutput, seconds: float | None) -> None:
        """Record an output that is on disk in the manifest; ``seconds`` is ``None`` if it existed before.

        Raises:
            OutputError: the manifest cannot be written.
        """
        self.manifest.done(one.path, one.settings, seconds, **_about(self.label, self.sha256, one.output))
        self.left = [other for other in self.left if other is not one]

    def give_up(self, some: Sequence[PlannedOutput], reason: str) -> None:
        """Record failed outputs in the manifest.

        Raises:
            OutputError: the manifest cannot be written.
        """
        self.failed = True
        self.left = [one for one in self.left if one not in some]
        for one in some:
            about = _about(self.label, self.sha256, one.output)
            self.manifest.failed(one.path, reason, settings=one.settings, **about)


def repeats(path: Path, settings: Mapping[str, Any], *, any_version: bool) -> bool:
    """Whether ``path`` is a complete output of these settings; only formats with embedded settings can tell."""
    from calotype.image.io import is_whole, read_settings

    try:
        recorded = read_settings(path) if path.is_file() else None
    except InputError:
        return False
    if recorded is None:
        return False
    expected = json.loads(json.dumps(dict(settings)))  # as read from a file: lists instead of tuples
    if any_version:
        recorded, expected = {**recorded, "calotype": ""}, {**expected, "calotype": ""}
    return recorded == expected and is_whole(path)


def give_up_input(
    label: str, request: Request, path_of: Callable[[OutputSpec], Path], manifest: Manifest, reason: str
) -> None:
    """Record in the manifest that all outputs of an input failed, for instance because it cannot be opened.

    Raises:
        OutputError: the manifest cannot be written.
    """
    for output in map(OutputSpec, request.seeds):
        manifest.failed(path_of(output), reason, **_about(label, None, output))


def _about(label: str, sha256: str | None, output: OutputSpec) -> dict[str, Any]:
    # Without the folder, which may be private.
    fields = {"photo": Path(label).name, "photo_sha256": sha256, "seed": output.seed}
    return {**fields, "scale": output.scale} if output.scale else fields


# ---------------------------------------------------------------------------------------------------------------
# On an executor


class BulkRun:
    """Makes the outputs of plans on an executor, and writes them in this process."""

    def __init__(self, executor: Executor, inputs: int) -> None:
        """Create the batch run; nothing is started yet.

        Args:
            executor: runs the tasks; their shared argument is a ``BulkRequest``.
            inputs: total number of inputs.
        """
        self._executor, self._left = executor, float(inputs)
        self._shares: dict[Task, float] = {}  # fraction done of each running task
        self._done = 0.0  # number of processed inputs, those without pending outputs not counted
        self._expected: list[float] = []  # estimated seconds of each input, run alone
        self._began = time.monotonic()

    def stop(self) -> None:
        """Request a stop, from any thread or signal handler."""
        self._executor.stop()

    @property
    def stopping(self) -> bool:
        """Whether a stop was requested."""
        return self._executor.stopping

    def skip(self) -> None:
        """Count an input whose outputs all exist."""
        self._left -= 1

    @property
    def done(self) -> float:
        """Fraction of all the work that is done, 0..1."""
        running = sum(share * _fraction_of_input(task) for task, share in self._shares.items())
        return min(1.0, (self._done + running) / max(self._left, 1))

    @property
    def seconds(self) -> float:
        """Estimated remaining time, seconds, see ``eta.remaining``."""
        done, mean = self.done, sum(self._expected) / max(1, len(self._expected))
        expected = mean * self._left / self._executor.concurrency * (1 - done)
        return remaining(expected, 1 - done, done, time.monotonic() - self._began)

    def outcomes(
        self, plans: Iterable[Plan], on_progress: Callable[[], object]
    ) -> Iterator[tuple[Plan, list[PlannedOutput], list[float] | Exception]]:
        """Make all outputs, and yield them as soon as they are done.

        Args:
            plans: read lazily, about as fast as they can be started.
            on_progress: called whenever ``done`` has changed, in the thread that iterates over the outcomes.

        Returns:
            Plan, outputs, and either the seconds that each took, when they are on disk, or the error.

        Raises:
            Stopped: ``stop`` was called.
            OutputError: an output cannot be written.
        """

        def on_task_progress(task: Task, share: float) -> None:
            self._shares[task] = share
            on_progress()

        self._began = time.monotonic()
        with closing(self._executor.outcomes(self._tasks(plans), on_task_progress)) as outcomes:
            for task, outcome in outcomes:
                plan, some = task.about
                self._shares.pop(task, None)
                self._done += _fraction_of_input(task)
                yield plan, some, outcome if isinstance(outcome, Exception) else _write_outputs(plan, some, outcome)
                on_progress()

    def _tasks(self, plans: Iterable[Plan]) -> Iterator[Task]:
        far = self._executor.far
        for plan in plans:
            job, pending = plan.job, plan.job.pending_training
            seconds = [job.cost.seconds * len(plan.todo), *(training.cost.seconds for training in pending)]
            self._expected.append(sum(seconds))
            models = [model_store.packed(model.folder) for model in _models(job)] if far else []
            for some in _task_outputs(plan):
                outputs = [one.output for one in some]
                main = job.inputs[job.main] if job.main else None
                work = MakeTask(main, outputs, some[0].path.suffix, plan.own, models, far)
                key = pending[-1].key if pending else ""
                needed = max([job.cost.bytes, *(training.cost.bytes for training in pending)])
                yield Task(work, shown(plan.label), key, needed, about=(plan, some))


def _fraction_of_input(task: Task) -> float:
    """Fraction of its input's outputs that a task makes."""
    plan, some = task.about
    return len(some) / max(1, len(plan.todo))


def _task_outputs(plan: Plan) -> list[list[PlannedOutput]]:
    """The outputs of each task: one, or all of the plan if a model must be trained first."""
    if not plan.todo:
        return []
    return [plan.todo] if plan.job.pending_training else [[one] for one in plan.todo]


def _models(job: Job) -> list[PhotoModel]:
    """The models that are trained for a job, the base first."""
    if not isinstance(job, PhotoJob) or job.model is None or job.request.unfinished:
        return []
    return [model for model in (job.model.base, job.model) if model is not None]


def _write_outputs(plan: Plan, some: list[PlannedOutput], made: Made) -> list[float]:
    for model, files in zip(_models(plan.job), made.models):
        model_store.unpack(model.folder, files)
    for one, files, seconds in zip(some, made.files, made.seconds):
        for suffix in sorted(files, key=lambda suffix: suffix == one.path.suffix):  # the output itself last
            _write(one.path.with_suffix(suffix), files[suffix])
        plan.record(one, seconds)
    return made.seconds


def _write(path: Path, data: bytes) -> None:
    write_whole(path, lambda file: file.write(data))


# ---------------------------------------------------------------------------------------------------------------
# In the worker process


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
        for model, files in zip(_models(job), self.models):
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
        trained = [model_store.packed(model.folder) for model in _models(job)] if self.far and trains else []
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
            self._made.files.append({path.suffix: path.read_bytes() for path in files})
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
