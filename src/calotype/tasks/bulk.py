"""Many outputs of one command: planned input by input, what is there skipped, the rest made here or elsewhere.

An output depends on nothing but its inputs, its settings and its seed. So it does not matter which process makes it,
and a command that was interrupted goes on when it is given again.
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

ATTEMPTS = 3  # how often an output is begun whose process ends before it does
_ENOUGH = 0.02  # the share of the work after which its own pace tells more than what was expected
_EVERY = 0.5  # seconds between two reports of one process


@dataclass(frozen=True)
class BulkRequest:
    """What all inputs of a command have in common.

    Attributes:
        kind: of the jobs.
        request: the checked arguments.
        shared: the inputs that all jobs share, by the name of the argument, read; a path is a folder, of which every
            job takes the file that has the name of its main input.
    """

    kind: type[Job]
    request: Request
    shared: Mapping[str, Any]

    @classmethod
    def read(cls, kind: type[Job], request: Request, inputs: Mapping[str, Any]) -> BulkRequest:
        """Read the shared inputs.

        Raises:
            InputError: one of them cannot be used.
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
            main: as it was given, or read; ``None`` where the verb has none.
            run: as for the verb.
            own: those of its further inputs that come from a folder, where they have been read.

        Raises:
            InputError: an input cannot be used, or a folder has none for it.
        """
        given = {self.kind.main: main} if self.kind.main else {}
        return self.kind.create(
            self.request, {**given, **self.shared, **(self._own(main) if own is None else own)}, run
        )

    def _own(self, main: Any) -> dict[str, Any]:
        """The inputs that folders have for a main input."""
        folders = {name: folder for name, folder in self.shared.items() if isinstance(folder, Path)}
        if not folders:
            return {}
        stem = _stem(main, self.request.max_side)
        read = {name: self.kind.opened(name, _namesake(stem, folder), self.request) for name, folder in folders.items()}
        return {name: given for name, given in read.items() if given is not None}

    def own(self, job: Job) -> dict[str, Any]:
        """The inputs that were read for a job alone."""
        return {name: job.inputs[name] for name, given in self.shared.items() if isinstance(given, Path)}


def _stem(main: Any, max_side: int | None) -> str:
    from calotype.image.io import open_photo

    return Path(main).stem if isinstance(main, str | Path) else open_photo(main, max_side=max_side).name


def _namesake(stem: str, folder: Path) -> Path:
    """The picture in a folder that has the name of a photo.

    Raises:
        InputError: there is none, or more than one.
    """
    from calotype.image.io import list_photos

    found = [path for path in list_photos(folder) if path.stem == stem]
    if len(found) != 1:
        there = f"{len(found)} pictures" if found else "no picture"
        raise InputError(f"{there} named '{stem}' in {shown(folder)}: put one there for each photo, like {stem}.png")
    return found[0]


# ---------------------------------------------------------------------------------------------------------------
# What is to be made


@dataclass(frozen=True)
class PlannedOutput:
    """One output of a plan: where it goes, and the hash of its settings."""

    output: OutputSpec
    path: Path
    settings: str


@dataclass(eq=False)
class Plan:
    """What is to be made of one input.

    Attributes:
        label: what to call the input in messages.
        stem: how the names of its files begin.
        job: the job for it.
        planned: all its outputs.
        manifest: what is known of them, and where it is written down.
        todo: those that were not there.
        left: those of them that neither are there by now nor have failed.
        failed: whether one has.
        own: those of the job's further inputs that no other job has.
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
        """What there is to do.

        Args:
            label: what to call the input in messages.
            stem: how the names of its files begin.
            job: the job for it.
            path_of: where an output goes.
            manifest: what is known of outputs.
            resume: whether outputs that are there are left out: those of this version of the program where a manifest
                is kept (``None``), those of any version (``True``), or none (``False``).
            own: see above.
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
        """What tells the main input from every other one; ``None`` where there is none."""
        main = self.job.main
        identity = self.job.identities([main]).get(main, {}) if main else {}
        return identity.get("sha256")

    def of_output(self, output: OutputSpec) -> PlannedOutput:
        """The plan of an output."""
        return next(one for one in self.planned if one.output == output)

    def _is_there(self, one: PlannedOutput, *, any_version: bool) -> bool:
        if self.manifest.holds(one.path, one.settings):
            return True
        if not repeats(one.path, {**self.job.settings, **one.output.differs}, any_version=any_version):
            return False
        self.record(one, None)  # written just before a process was ended, or before there was a manifest
        return True

    def record(self, one: PlannedOutput, seconds: float | None) -> None:
        """Write down an output that is on the disk; no ``seconds``: it was there before.

        Raises:
            OutputError: the manifest cannot be written.
        """
        self.manifest.done(one.path, one.settings, seconds, **_about(self.label, self.sha256, one.output))
        self.left = [other for other in self.left if other is not one]

    def give_up(self, some: Sequence[PlannedOutput], reason: str) -> None:
        """Write down outputs that could not be made.

        Raises:
            OutputError: the manifest cannot be written.
        """
        self.failed = True
        self.left = [one for one in self.left if one not in some]
        for one in some:
            about = _about(self.label, self.sha256, one.output)
            self.manifest.failed(one.path, reason, settings=one.settings, **about)


def repeats(path: Path, settings: Mapping[str, Any], *, any_version: bool) -> bool:
    """Whether ``path`` is, whole, what these settings make; of films only formats that carry their settings say so."""
    from calotype.image.io import is_whole, read_settings

    try:
        there = read_settings(path) if path.is_file() else None
    except InputError:
        return False
    if there is None:
        return False
    wanted = json.loads(json.dumps(dict(settings)))  # as it would come back from a file: lists for tuples
    if any_version:
        there, wanted = {**there, "calotype": ""}, {**wanted, "calotype": ""}
    return there == wanted and is_whole(path)


def give_up_input(
    label: str, request: Request, path_of: Callable[[OutputSpec], Path], manifest: Manifest, reason: str
) -> None:
    """Write down that nothing could be made of an input, which may not even have been read.

    Raises:
        OutputError: the manifest cannot be written.
    """
    for output in map(OutputSpec, request.seeds):
        manifest.failed(path_of(output), reason, **_about(label, None, output))


def _about(label: str, sha256: str | None, output: OutputSpec) -> dict[str, Any]:
    # The file's name without its folders: where somebody keeps their photos is not for everybody to read.
    said = {"photo": Path(label).name, "photo_sha256": sha256, "seed": output.seed}
    return {**said, "scale": output.scale} if output.scale else said


# ---------------------------------------------------------------------------------------------------------------
# Made by an executor


class BulkRun:
    """Plans whose outputs are made by an executor, and written here."""

    def __init__(self, executor: Executor, inputs: int) -> None:
        """Nothing is begun.

        Args:
            executor: runs the tasks; what these share is a ``BulkRequest``.
            inputs: how many there are in all.
        """
        self._executor, self._left = executor, float(inputs)
        self._shares: dict[Task, float] = {}  # of the running tasks, how much is done
        self._done = 0.0  # inputs, of those that there was something to do for
        self._expected: list[float] = []  # seconds for each of these, alone
        self._began = time.monotonic()

    def stop(self) -> None:
        """Ask all to stop, from any thread or signal handler."""
        self._executor.stop()

    @property
    def stopping(self) -> bool:
        """Whether somebody has asked all to stop."""
        return self._executor.stopping

    def skip(self) -> None:
        """There is nothing to do for one input more."""
        self._left -= 1

    @property
    def done(self) -> float:
        """How much of all the work is done, 0..1."""
        running = sum(share * _portion(task) for task, share in self._shares.items())
        return min(1.0, (self._done + running) / max(self._left, 1))

    @property
    def seconds(self) -> float:
        """How long all will take from now on: by the pace so far, or, where there is none yet, as expected."""
        done = self.done
        if done >= _ENOUGH:
            return (time.monotonic() - self._began) / done * (1 - done)
        mean = sum(self._expected) / max(1, len(self._expected))
        return mean * self._left / self._executor.concurrency * (1 - done)

    def outcomes(
        self, plans: Iterable[Plan], on_progress: Callable[[], object]
    ) -> Iterator[tuple[Plan, list[PlannedOutput], list[float] | Exception]]:
        """Make everything, and hand out what became of it as soon as it is there.

        Args:
            plans: taken one by one, hardly sooner than they can begin.
            on_progress: called whenever ``done`` has changed, in the thread that asks for the outcomes.

        Returns:
            Outputs of a plan, and the seconds they took; they are on the disk. Or the reason why they are not.

        Raises:
            Stopped: ``stop`` was called.
            OutputError: an output cannot be written.
        """

        def told(task: Task, share: float) -> None:
            self._shares[task] = share
            on_progress()

        self._began = time.monotonic()
        with closing(self._executor.outcomes(self._tasks(plans), told)) as outcomes:
            for task, outcome in outcomes:
                plan, some = task.about
                self._shares.pop(task, None)
                self._done += _portion(task)
                yield plan, some, outcome if isinstance(outcome, Exception) else _written(plan, some, outcome)
                on_progress()

    def _tasks(self, plans: Iterable[Plan]) -> Iterator[Task]:
        far = self._executor.far
        for plan in plans:
            job, pending = plan.job, plan.job.pending_training
            seconds = [job.cost.seconds * len(plan.todo), *(training.cost.seconds for training in pending)]
            self._expected.append(sum(seconds))
            models = [model_store.packed(model.folder) for model in _models(job)] if far else []
            for some in _divided(plan):
                outputs = [one.output for one in some]
                main = job.inputs[job.main] if job.main else None
                work = MakeTask(main, outputs, some[0].path.suffix, plan.own, models, far)
                key = pending[-1].key if pending else ""
                needed = max([job.cost.bytes, *(training.cost.bytes for training in pending)])
                yield Task(work, shown(plan.label), key, needed, about=(plan, some))


def _portion(task: Task) -> float:
    """How much of its input a task is."""
    plan, some = task.about
    return len(some) / max(1, len(plan.todo))


def _divided(plan: Plan) -> list[list[PlannedOutput]]:
    """Each output alone; but all together where something has to be trained first, and once is enough."""
    if not plan.todo:
        return []
    return [plan.todo] if plan.job.pending_training else [[one] for one in plan.todo]


def _models(job: Job) -> list[PhotoModel]:
    """What is trained for a job, what it builds on first."""
    if not isinstance(job, PhotoJob) or job.model is None or job.request.unfinished:
        return []
    return [model for model in (job.model.base, job.model) if model is not None]


def _written(plan: Plan, some: list[PlannedOutput], made: Made) -> list[float]:
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
# In whatever process makes it


@dataclass(frozen=True)
class Made:
    """What has been made of one input.

    Attributes:
        files: of each output, the bytes of its files by their suffix: a film may lie beside a picture.
        seconds: that each took.
        models: what was trained for them, packed, what it builds on first; empty where nobody else need have it.
    """

    files: list[dict[str, bytes]]
    seconds: list[float]
    models: list[dict[str, bytes]]


@dataclass(frozen=True)
class MakeTask:
    """Outputs of one input, to be made in whatever process. The input goes along, so that nobody need find it.

    Attributes:
        main: the main input, as it was read.
        outputs: which outputs.
        suffix: of the files, which says the format.
        own: those of its further inputs that no other job has.
        models: those that are finished, packed; empty where they are found without that.
        far: whether to hand out what is trained.
    """

    main: Any
    outputs: Sequence[OutputSpec]
    suffix: str
    own: Mapping[str, Any] = field(default_factory=dict)
    models: Sequence[Mapping[str, bytes]] = ()
    far: bool = False

    def __call__(self, bulk: BulkRequest, context: TaskContext) -> Made:
        """Train where that is needed, then make the outputs.

        Raises:
            CalotypeError: as the verb.
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
                listener.heard,
                path_of=lambda output: Path(folder, number[id(output)], f"made{self.suffix}"),
                wait=True,
            )
        learned = [model_store.packed(model.folder) for model in _models(job)] if self.far and trains else []
        return Made(made.files, made.seconds, learned)


class _Collector:
    """Hears a job's events: collects the files and reports the share of the work that is done."""

    def __init__(self, job: Job, count: int, context: TaskContext, made: Made) -> None:
        self._context, self._made = context, made
        self._pending, self._each = list(job.pending_training), job.cost.seconds
        self._whole = sum(training.cost.seconds for training in self._pending) + self._each * count
        self._done, self._told = 0.0, time.monotonic()

    def heard(self, event: JobEvent) -> None:
        """See ``runner.Listener``."""
        if event.kind in ("step", "preview"):
            self._step(event)
        elif event.kind == "saved" and event.path is not None:
            self._done = sum(training.cost.seconds for training in self._pending)
            self._done += self._each * (len(self._made.seconds) + 1)
            files = sorted(event.path.parent.iterdir())
            self._made.files.append({path.suffix: path.read_bytes() for path in files})
            self._made.seconds.append(event.seconds)
            self._report(self._done)

    def _step(self, event: JobEvent) -> None:
        training, report = event.training, event.event
        if training is None or report is None or report.kind != "step":
            return
        before = sum(other.cost.seconds for other in self._pending[: self._pending.index(training)])
        self._report(before + training.cost.seconds * training.done_at(report.stage, report.step, report.steps))

    def _report(self, seconds: float) -> None:
        now = time.monotonic()
        if now - self._told >= _EVERY:
            self._told = now
            self._context.report(min(1.0, seconds / self._whole))
