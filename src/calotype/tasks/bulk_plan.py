"""The plan of a batch command: what it makes of each input, in which files, and what is on disk already."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.errors import InputError, counted
from calotype.files import shown
from calotype.tasks.job import Job
from calotype.tasks.manifest import Manifest, hash_of
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.request import Request

if TYPE_CHECKING:
    from calotype.run import Run


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
            elif kind.main and isinstance(given, str | Path) and Path(given).is_dir():
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
        folders = self._folders()
        if not folders:
            return {}
        stem = _stem_of(main, self.request.max_side)
        files = {name: _file_with_stem(stem, folder) for name, folder in folders.items()}
        opened = {name: self.kind.opened(name, file, self.request) for name, file in files.items()}
        return {name: value for name, value in opened.items() if value is not None}

    def check_folders(self, mains: Sequence[Any]) -> None:
        """Check before the work that every folder has a picture for at least one of the main inputs.

        Args:
            mains: the main inputs; what is no path has no name yet and is not looked for.

        Raises:
            InputError: a folder has no pictures, or none for any of them.
        """
        from calotype.image.io import list_photos

        stems = [Path(main).stem for main in mains if isinstance(main, str | Path)]
        for folder in self._folders().values():
            there = {path.stem for path in list_photos(folder)}
            if len(stems) > 1 and there.isdisjoint(stems):
                raise InputError(
                    f"no picture in {shown(folder)} is named like one of the {counted(len(stems), 'photo')}: put one "
                    f"there for each photo, like {stems[0]}.png"
                )

    def _folders(self) -> dict[str, Path]:
        return {name: folder for name, folder in self.shared.items() if isinstance(folder, Path)}

    def own(self, job: Job) -> dict[str, Any]:
        """The inputs of a job that come from folders."""
        return {name: job.as_given(name) for name in self._folders()}


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
        recorded = counted(len(found), "picture") if found else "no picture"
        raise InputError(f"{recorded} named '{stem}' in {shown(folder)}: put one there for each photo, like {stem}.png")
    return found[0]


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
        bare: dict[str, Any] = {} if job.request.metadata else {"metadata": False}
        if job.request.certificate is not None:
            bare["signed"] = True
        planned = [
            PlannedOutput(output, path_of(output), hash_of({**job.settings, **output.differs, **bare}))
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
        if not all(one.path.with_suffix(suffix).is_file() for suffix in self.job.beside):
            return False
        if self.manifest.holds(one.path, one.settings):
            return True
        if not self.job.request.metadata or self.job.request.certificate is not None:
            return False  # a file without settings cannot tell, nor can settings whether it is signed
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
