"""Many pictures of one command: planned photo by photo, what is there passed over, the rest made here or elsewhere.

A picture depends on nothing but its photo, its settings and its seed. So it does not matter which process makes it, and
a command that was cut off, by whatever, is gone on with by giving it again.
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

from calotype.errors import InputError, Stopped
from calotype.files import shown, write_whole
from calotype.tasks import model_store
from calotype.tasks.executor import Executor, Task, TaskContext
from calotype.tasks.job import Job, OutputSpec
from calotype.tasks.manifest import Manifest, hash_of
from calotype.tasks.request import Request
from calotype.types import Photo, PhotoLike

if TYPE_CHECKING:
    from calotype.run import Event, Run
    from calotype.tasks.photo_model import PhotoModel

TRIES = 3  # how often a picture is begun whose process ends before it does
_PATIENCE = 1.0  # seconds between two looks whether another process has trained a model
_ENOUGH = 0.02  # the share of the work after which its own pace tells more than what was expected


@dataclass(frozen=True)
class Terms:
    """What all photos of a command have in common.

    Attributes:
        kind: of the jobs.
        order: the checked arguments.
        also: further photos that lend their patches.
        pictures: the further pictures that the verb is handed, by the name of the argument; a path is a folder, of
            which every photo is handed the file that has its name.
    """

    kind: type[Job]
    request: Request
    also: Sequence[Photo]
    pictures: Mapping[str, Photo | Path | None]

    @classmethod
    def read(
        cls, kind: type[Job], request: Request, also: Sequence[PhotoLike], pictures: Mapping[str, PhotoLike | None]
    ) -> Terms:
        """Read the further photos and pictures.

        Raises:
            InputError: one of them cannot be used.
        """
        from calotype.image.io import open_photo

        read: dict[str, Photo | Path | None] = {}
        for name, picture in pictures.items():
            if isinstance(picture, str | Path) and Path(picture).is_dir():
                read[name] = Path(picture)
            else:
                read[name] = None if picture is None else kind.opened(name, picture, request)
        return cls(kind, request, [open_photo(other, max_side=request.max_side) for other in also], read)

    def job(self, photo: PhotoLike, run: Run | None = None, own: Mapping[str, Photo] | None = None) -> Job:
        """The order for one photo.

        Args:
            photo: which.
            run: as for the verb.
            own: those of its further pictures that come from a folder, where they have been read.

        Raises:
            InputError: the photo cannot be used, or a folder has no picture for it.
        """
        return self.kind(self.request, photo, self.also, run, **{**self.pictures, **(own or self._own(photo))})

    def _own(self, photo: PhotoLike) -> dict[str, Photo]:
        """The pictures that folders have for a photo."""
        from calotype.image.io import open_photo

        folders = {name: folder for name, folder in self.pictures.items() if isinstance(folder, Path)}
        if not folders:
            return {}
        stem = open_photo(photo, max_side=self.request.max_side).name
        read = {name: self.kind.opened(name, _namesake(stem, folder), self.request) for name, folder in folders.items()}
        return {name: picture for name, picture in read.items() if picture is not None}

    def own(self, job: Job) -> dict[str, Photo]:
        """The pictures that were read for a job alone."""
        return {name: job.pictures[name] for name, given in self.pictures.items() if isinstance(given, Path)}


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
class Shot:
    """One picture of a plan: where it goes, and the hash of its settings."""

    output: OutputSpec
    path: Path
    settings: str


@dataclass(eq=False)
class Plan:
    """What is to be made of one photo.

    Attributes:
        label: what to call the photo in messages.
        stem: how the names of its files begin.
        job: the order for it.
        shots: all its pictures.
        manifest: what is known of them, and where it is written down.
        todo: those that were not there.
        left: those of them that neither are there by now nor have failed.
        failed: whether one has.
        own: those of the job's further pictures that no other photo has.
    """

    label: str
    stem: str
    job: Job
    shots: list[Shot]
    manifest: Manifest
    todo: list[Shot]
    left: list[Shot]
    failed: bool = False
    own: Mapping[str, Photo] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        label: str,
        stem: str,
        job: Job,
        path_of: Callable[[OutputSpec], Path],
        manifest: Manifest,
        resume: bool | None,
        own: Mapping[str, Photo] | None = None,
    ) -> Plan:
        """What there is to do.

        Args:
            label: what to call the photo in messages.
            stem: how the names of its files begin.
            job: the order for it.
            path_of: where a picture goes.
            manifest: what is known of pictures.
            resume: whether pictures that are there are left out: those of this version of the program where a manifest
                is kept (``None``), those of any version (``True``), or none (``False``).
            own: see above.
        """
        shots = [Shot(output, path_of(output), hash_of({**job.settings, **output.differs})) for output in job.outputs]
        plan = cls(label, stem, job, shots, manifest, shots, list(shots), own=own or {})
        if resume or (resume is None and manifest.path):
            plan.todo = [shot for shot in shots if not plan._is_there(shot, any_version=bool(resume))]
        plan.left = list(plan.todo)
        return plan

    def _is_there(self, shot: Shot, *, any_version: bool) -> bool:
        if self.manifest.holds(shot.path, shot.settings):
            return True
        if not repeats(shot.path, {**self.job.settings, **shot.output.differs}, any_version=any_version):
            return False
        self.record(shot, None)  # written just before a process was ended, or before there was a manifest
        return True

    def record(self, shot: Shot, seconds: float | None) -> None:
        """Write down a picture that is on the disk; no ``seconds``: it was there before.

        Raises:
            OutputError: the manifest cannot be written.
        """
        sha256 = self.job.photo.sha256
        self.manifest.done(shot.path, shot.settings, seconds, **_about(self.label, sha256, shot.output))
        self.left = [other for other in self.left if other is not shot]

    def give_up(self, shots: Sequence[Shot], reason: str) -> None:
        """Write down pictures that could not be made.

        Raises:
            OutputError: the manifest cannot be written.
        """
        self.failed = True
        self.left = [shot for shot in self.left if shot not in shots]
        for shot in shots:
            about = _about(self.label, self.job.photo.sha256, shot.output)
            self.manifest.failed(shot.path, reason, settings=shot.settings, **about)


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


def give_up_photo(
    label: str, request: Request, path_of: Callable[[OutputSpec], Path], manifest: Manifest, reason: str
) -> None:
    """Write down that nothing could be made of a photo, which may not even have been read.

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
# Made by others


class Batch:
    """Plans whose pictures are made by a crew, and written here."""

    def __init__(self, crew: Executor, photos: int) -> None:
        """Nothing is begun.

        Args:
            crew: who makes the pictures; what its tasks share are ``Terms``.
            photos: how many there are in all.
        """
        self._crew, self._left = crew, float(photos)
        self._shares: dict[Task, float] = {}  # of the tasks at work, how much is done
        self._done = 0.0  # photos, of those that there was something to do for
        self._expected: list[float] = []  # seconds for each of these, alone
        self._began = time.monotonic()

    def stop(self) -> None:
        """Ask all to stop, from any thread or signal handler."""
        self._crew.stop()

    @property
    def stopping(self) -> bool:
        """Whether somebody has asked all to stop."""
        return self._crew.stopping

    def passed_over(self) -> None:
        """There is nothing to do for one photo more."""
        self._left -= 1

    @property
    def done(self) -> float:
        """How much of all the work is done, 0..1."""
        at_work = sum(share * _portion(task) for task, share in self._shares.items())
        return min(1.0, (self._done + at_work) / max(self._left, 1))

    @property
    def seconds(self) -> float:
        """How long all will take from now on: by the pace so far, or, where there is none yet, as expected."""
        done = self.done
        if done >= _ENOUGH:
            return (time.monotonic() - self._began) / done * (1 - done)
        mean = sum(self._expected) / max(1, len(self._expected))
        return mean * self._left / self._crew.at_once * (1 - done)

    def outcomes(
        self, plans: Iterable[Plan], heard: Callable[[], object]
    ) -> Iterator[tuple[Plan, list[Shot], list[float] | Exception]]:
        """Make everything, and hand out what became of it as soon as it is there.

        Args:
            plans: taken one by one, hardly sooner than they can begin.
            heard: called whenever ``done`` has changed, in the thread that asks for the outcomes.

        Returns:
            Pictures of a plan, and the seconds they took; they are on the disk. Or the reason why they are not.

        Raises:
            Stopped: ``stop`` was called.
            OutputError: a picture cannot be written.
        """

        def told(task: Task, share: float) -> None:
            self._shares[task] = share
            heard()

        self._began = time.monotonic()
        with closing(self._crew.outcomes(self._tasks(plans), told)) as outcomes:
            for task, outcome in outcomes:
                plan, shots = task.about
                self._shares.pop(task, None)
                self._done += _portion(task)
                yield plan, shots, outcome if isinstance(outcome, Exception) else _written(plan, shots, outcome)
                heard()

    def _tasks(self, plans: Iterable[Plan]) -> Iterator[Task]:
        for plan in plans:
            job = plan.job
            seconds = [job.cost.seconds * len(plan.todo), *(training.cost.seconds for training in job.pending_training)]
            self._expected.append(sum(seconds))
            models = [model_store.packed(model.folder) for model in _models(job)] if self._crew.far else []
            for shots in _divided(plan):
                outputs = [shot.output for shot in shots]
                work = Making(job.photo, outputs, shots[0].path.suffix, plan.own, models, self._crew.far)
                key = job.model.key if job.pending_training and job.model else ""
                needed = max([job.cost.bytes, *(training.cost.bytes for training in job.pending_training)])
                yield Task(work, shown(plan.label), key, needed, about=(plan, shots))


def _portion(task: Task) -> float:
    """How much of its photo a task is."""
    plan, shots = task.about
    return len(shots) / max(1, len(plan.todo))


def _divided(plan: Plan) -> list[list[Shot]]:
    """Each picture alone; but all together where something has to be learned first, and once is enough."""
    if not plan.todo:
        return []
    return [plan.todo] if plan.job.pending_training else [[shot] for shot in plan.todo]


def _models(job: Job) -> list[PhotoModel]:
    """What is trained for a job, what it builds on first."""
    if job.model is None or job.request.unfinished:
        return []
    return [model for model in (job.model.base, job.model) if model is not None]


def _written(plan: Plan, shots: list[Shot], made: Made) -> list[float]:
    for model, files in zip(_models(plan.job), made.models):
        model_store.unpack(model.folder, files)
    for shot, data, seconds in zip(shots, made.files, made.seconds):
        _write(shot.path, data)
        plan.record(shot, seconds)
    return made.seconds


def _write(path: Path, data: bytes) -> None:
    write_whole(path, lambda file: file.write(data))


# ---------------------------------------------------------------------------------------------------------------
# Wherever it is made


@dataclass(frozen=True)
class Made:
    """What has been made of one photo.

    Attributes:
        files: each picture as the file that it is to be.
        seconds: that each took.
        models: what was trained for them, packed, what it builds on first; empty where nobody else need have it.
    """

    files: list[bytes]
    seconds: list[float]
    models: list[dict[str, bytes]]


@dataclass(frozen=True)
class Making:
    """Pictures of one photo, to be made in whatever process. The photo goes along, so that nobody need find it.

    Attributes:
        photo: as it was read.
        pieces: the pictures.
        suffix: of the files, which says the format.
        own: those of its further pictures that no other photo has.
        models: those that are finished, packed; empty where they are found without that.
        far: whether to hand out what is trained.
    """

    photo: Photo
    outputs: Sequence[OutputSpec]
    suffix: str
    own: Mapping[str, Photo] = field(default_factory=dict)
    models: Sequence[Mapping[str, bytes]] = ()
    far: bool = False

    def __call__(self, terms: Terms, desk: TaskContext) -> Made:
        """Train where that is needed, then make the pictures.

        Raises:
            CalotypeError: as the verb.
        """
        from calotype.run import Run

        progress = _Progress(desk)
        run = Run(seed=terms.request.seed, device=terms.request.device, on_event=progress)
        desk.heed(run)
        job = terms.job(self.photo, run, self.own)
        for model, files in zip(_models(job), self.models):
            model_store.unpack(model.folder, files)
        pending_training = job.pending_training
        progress.expect(job, len(self.outputs))
        for training in pending_training:
            _learn(training, run)
        made = [self._made(job, output, progress) for output in self.outputs]
        learned = [model_store.packed(model.folder) for model in _models(job)] if self.far and pending_training else []
        return Made([data for data, _ in made], [seconds for _, seconds in made], learned)

    def _made(self, job: Job, output: OutputSpec, progress: _Progress) -> tuple[bytes, float]:
        made, seconds = job.make(output)
        progress.picture()
        with TemporaryDirectory(prefix="calotype-") as folder:
            path = Path(folder, f"made{self.suffix}")
            job.save(made, path, output)
            return path.read_bytes(), seconds


def _learn(model: PhotoModel, run: Run) -> None:
    """Train, or wait for somebody who does: a process that was told to stop may not have ended yet."""
    while True:
        try:
            return model.train(run)
        except model_store.Busy:
            if run.stopping:
                raise Stopped("stopped: run the same command again to go on") from None
            time.sleep(_PATIENCE)


class _Progress:
    """Tells how much of some pictures is done, what has to be learned for them included."""

    def __init__(self, desk: TaskContext) -> None:
        self._desk, self._done, self._whole, self._each = desk, 0.0, 1.0, 0.0
        self._lessons: list[PhotoModel] = []

    def expect(self, job: Job, count: int) -> None:
        """So many pictures of a job are to come."""
        self._lessons, self._each = list(job.pending_training), job.cost.seconds
        self._whole = sum(training.cost.seconds for training in self._lessons) + self._each * count

    def picture(self) -> None:
        """One picture is made."""
        self._tell_after_lessons()
        self._done += self._each
        self._desk.tell(self._done / self._whole)

    def _tell_after_lessons(self) -> None:
        self._done += sum(training.cost.seconds for training in self._lessons)
        self._lessons = []

    def __call__(self, event: Event) -> None:
        """See ``Run.on_event``."""
        training = next((training for training in self._lessons if event.stage in training.shares), None)
        if event.kind == "step" and training is not None:
            before = sum(other.cost.seconds for other in self._lessons[: self._lessons.index(training)])
            share = training.done_at(event.stage, event.step, event.steps)
            self._desk.tell((before + training.cost.seconds * share) / self._whole)
