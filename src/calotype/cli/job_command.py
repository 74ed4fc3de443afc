"""The verbs that make pictures, as commands: photos in, files out, and a word on how it goes."""

# Annotations are values here, not strings: options are made from them.
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from calotype.cli.inputs import Source, check_writable, sources
from calotype.cli.options import arguments
from calotype.cli.output_options import RESULTS, JsonOfPaths, Out, Quiet, Sheet
from calotype.cli.progress import Reporter, reporter
from calotype.cli.report import Interrupted, Misuse, complain
from calotype.cli.training import announced, how_to_go_on, stopping
from calotype.errors import InputError, OutputError, Stopped, one_line
from calotype.tasks.bulk import TRIES, Batch, Plan, Shot, Terms, give_up_photo
from calotype.tasks.eta import format_duration
from calotype.tasks.executor import Executor
from calotype.tasks.job import Job, OutputSpec, format_bytes
from calotype.tasks.manifest import Manifest
from calotype.tasks.request import Request
from calotype.types import Photo

if TYPE_CHECKING:
    from calotype.run import Run

_CELL = 320  # pixels that a picture has on a sheet, each way


@dataclass(frozen=True)
class Delivery:
    """Where the pictures go, and what is said about them."""

    out: Out = Path(".")
    sheet: Sheet = False
    skip_existing: Annotated[
        bool | None,
        typer.Option(
            "--skip-existing/--again",
            help="pass over what is there already, or make it again; of a folder, what the same version of calotype "
            "made with the same settings is passed over without being told to",
            show_default=False,
            rich_help_panel=RESULTS,
        ),
    ] = None
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            metavar="COUNT",
            min=1,
            help="how many pictures to make at a time, each in a process",
            show_default=False,
            rich_help_panel=RESULTS,
        ),
    ] = None
    on: Annotated[
        str,
        typer.Option(
            "--on",
            metavar="WHERE",
            help="work on a Ray cluster: ray (the one of this machine or of RAY_ADDRESS), ray://HOST:PORT, "
            "ray:HOST:PORT, ray:local",
            show_default=False,
            rich_help_panel=RESULTS,
        ),
    ] = ""
    part: Annotated[
        str,
        typer.Option(
            "--part",
            metavar="I/N",
            help="of a folder only every N-th photo, beginning with the I-th: N commands do all of them",
            show_default=False,
            rich_help_panel=RESULTS,
        ),
    ] = ""
    as_json: JsonOfPaths = False
    quiet: Quiet = False


@dataclass
class Account:
    """What has been done so far; at the end it is the JSON document."""

    verb: str
    planned: int = 0
    places: dict[str, int] = field(default_factory=dict)  # of pictures, by their path: as they would come one by one
    pictures: list[dict[str, Any]] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)

    def document(self) -> str:
        """Everything as one JSON document."""
        from calotype import __version__

        return json.dumps(
            {
                "calotype": __version__,
                "verb": self.verb,
                "pictures": sorted(self.pictures, key=lambda said: self.places[said["path"]]),
                "sheets": self.sheets,
                "failed": self.failed,
            },
            indent=2,
        )


def make(task: Callable[..., Any], job: type[Job], typed: dict[str, Any], delivery: Delivery) -> int:
    """Do what the command line of ``task`` asks for and return the exit status.

    Raises:
        CalotypeError: nothing, or nothing more, can be done.
    """
    given = arguments(task, typed)
    photo, also = given.pop("photo"), given.pop("also", [])
    pictures = {name: given.pop(name) for name in job.wants}
    try:
        asked = job.ordered(**given)
    except InputError as error:
        raise Misuse(str(error)) from None
    _check_place(delivery)
    several = Path(photo).is_dir()
    found = _part(sources(photo, delivery.out, quiet=delivery.quiet), delivery.part)
    _check_destination(delivery, job, asked, several=several)
    account = Account(asked.verb, planned=asked.n * len(found))
    with reporter(delivery.quiet) as report:
        work = _Work(job, asked, delivery, report, account, Manifest(delivery.out if several else None))
        work.inputs = [s.photo for s in found if isinstance(s.photo, Path)]
        try:
            work.all_of(found, also, pictures)
        except (KeyboardInterrupt, Stopped) as error:
            report.close()
            complain(how_to_go_on(work.learning) if work.learning else _how_to_go_on(account, delivery, several))
            raise Interrupted(error) from None
        finally:
            if delivery.as_json:
                print(account.document(), flush=True)
    if account.failed and len(found) > 1:
        complain(f"{len(account.failed)} of {len(found)} photos could not be used, the others are done")
    return 1 if account.failed else 0


def _check_place(delivery: Delivery) -> None:
    if not delivery.on:
        return
    from calotype.tasks.cluster import check_place

    try:
        check_place(delivery.on)
    except InputError as error:
        raise Misuse(str(error)) from None


def _part(found: list[Source], part: str) -> list[Source]:
    if not part:
        return found
    match = re.fullmatch(r"(\d+)/(\d+)", part)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise Misuse(f"'{part}' is no part: write --part I/N, like 1/4 for the first of four")
    return found[int(match[1]) - 1 :: int(match[2])]


def _how_to_go_on(account: Account, delivery: Delivery, several: bool) -> str:
    again = "the same command"
    if delivery.skip_existing is False:
        again += " with --skip-existing instead of --again"
    elif not (delivery.skip_existing or several):
        again += " with --skip-existing"
    return f"stopped with {len(account.pictures)} of {account.planned} pictures finished: {again} makes the rest"


def _is_file_name(out: Path, job: type[Job]) -> bool:
    if out.is_dir():
        return False
    return out.suffix.lower() == ".png" if job.suffix == ".png" else bool(out.suffix)


def _check_destination(delivery: Delivery, job: type[Job], asked: Request, *, several: bool) -> None:
    from calotype.image.io import SUFFIXES

    out = delivery.out
    if _is_file_name(out, job):
        if job.suffix != ".png":
            _check_film(out, asked)
        if asked.n > 1 or several or asked.own.get("all_scales"):
            raise Misuse(f"-o {out} is one file, and there may be several pictures: give a folder")
        out = out.parent
    elif out.suffix.lower() in SUFFIXES and not out.is_dir():
        raise Misuse(f"results are PNG files: write -o {out.with_suffix('.png')}")
    elif job.suffix != ".png":
        _check_film(Path(f"film{job.suffix}"), asked)
    check_writable(out)


def _check_film(path: Path, asked: Request) -> None:
    from calotype.image.animation import check_animation

    try:
        check_animation(path, asked.own["fps"])
    except InputError as error:
        raise Misuse(str(error)) from None


class _Work:
    """All that the photos of one command share."""

    def __init__(
        self,
        job: type[Job],
        asked: Request,
        delivery: Delivery,
        report: Reporter,
        account: Account,
        manifest: Manifest,
    ) -> None:
        self.job, self.asked, self.delivery, self.report, self.account = job, asked, delivery, report, account
        self.manifest = manifest
        self.inputs: list[Path] = []  # files that no result may replace
        self.learning = ""  # the photo that is being trained on
        self.alone = True  # whether there is but one photo

    def all_of(self, found: list[Source], also: list[str], pictures: dict[str, str | None]) -> None:
        for path in map(Path, filter(None, (*also, *pictures.values()))):
            self.inputs += list(path.iterdir()) if path.is_dir() else [path]
        self.alone = len(found) == 1
        terms = Terms.read(self.job, self.asked, also, pictures)
        if self.delivery.on or ((self.delivery.jobs or 1) > 1 and self.account.planned > 1):
            self._by_others(found, terms)
            return
        run = self.report.run(self.asked.seed, self.asked.device)
        for source in found:
            with self._reporting(source) as planning:
                plan = self._plan(source, terms, run)
                planning.append(plan)
                self._one(plan)

    def _by_others(self, found: list[Source], terms: Terms) -> None:
        """Have the pictures made, several at a time."""
        crew = self._crew(terms)
        batch = Batch(crew, len(found))
        photos = "1 photo" if self.alone else f"{len(found)} photos"
        with self.report.together(photos, training=False) as heard, stopping(batch):
            plans = self._plans(found, terms, batch, crew)
            for plan, shots, outcome in batch.outcomes(plans, lambda: heard(batch.done, batch.seconds)):
                if isinstance(outcome, Exception):
                    self._failed(plan, shots, outcome)
                    continue
                for shot, seconds in zip(shots, outcome):
                    self._done(plan, shot, seconds)
                self._finish(plan)

    def _crew(self, terms: Terms) -> Executor:
        jobs, on, device = self.delivery.jobs, self.delivery.on, self.asked.device
        if on:
            from calotype.tasks.cluster import Cluster

            self.report.say(f"joining a Ray cluster ({on})")
            return Cluster(on, terms, jobs=jobs, device=device, tries=TRIES)
        from calotype.tasks.process_pool import Pool

        pool = Pool(terms, min(jobs or 1, self.account.planned), jobs=jobs or 1, device=device, tries=TRIES)
        self.report.say(
            f"{pool.at_once} pictures at a time, {counted(pool.threads, 'thread')} each; Ctrl-C stops all of them"
        )
        return pool

    def _plans(self, found: list[Source], terms: Terms, batch: Batch, crew: Executor) -> Iterator[Plan]:
        """What is to be made of each photo, looked at when its turn has come."""
        for source in found:
            if batch.stopping:
                return
            ready = None
            with self._reporting(source) as planning:
                plan = self._plan(source, terms)
                planning.append(plan)
                if plan.todo:
                    if not crew.far:
                        # Not by what is free now, while others work: it waits for them.
                        plan.job.check_memory(crew.free)
                    self._announce(plan)
                    ready = plan
                else:
                    self._finish(plan)
            if ready:
                yield ready
            else:
                batch.passed_over()

    @contextmanager
    def _reporting(self, source: Source) -> Iterator[list[Plan]]:
        """One photo that cannot be used does not stop the others. Hands out where to put what was planned for it."""
        planned: list[Plan] = []
        try:
            yield planned
        except (OutputError, Stopped):
            raise  # it would be no different for the next photo
        except Exception as error:
            line = _said(error)
            if planned:
                self._failed(planned[0], planned[0].left, error)
                return
            stem = source.stem or Path(source.label).stem.lstrip(".")
            if self.manifest.path:
                give_up_photo(source.label, self.asked, lambda output: self._path(stem, output), self.manifest, line)
            self._complain(source.label, error)

    def _failed(self, plan: Plan, shots: list[Shot], error: Exception) -> None:
        """Give up some pictures of a photo; of each photo only one failure is said."""
        before = plan.failed
        plan.give_up(shots, _said(error))
        if not before:
            self._complain(plan.label, error)

    def _complain(self, label: str, error: Exception) -> None:
        line = _said(error)
        self.account.failed.append({"photo": label, "error": line})
        if self.alone:
            raise error
        with self.report.silence():
            complain(line)

    def _plan(self, source: Source, terms: Terms, run: "Run | None" = None) -> Plan:
        """What is to be made of a photo; what is there already is reported."""
        job = terms.job(source.photo, run)
        stem = source.stem or job.photo.name
        resume = self.delivery.skip_existing
        own = terms.own(job)
        plan = Plan.of(source.label, stem, job, lambda output: self._path(stem, output), self.manifest, resume, own)
        self.account.planned += len(plan.shots) - self.asked.n
        for shot in plan.shots:
            self.account.places[str(shot.path)] = len(self.account.places)
            if shot not in plan.todo:
                self._done(plan, shot, None)
        return plan

    def _announce(self, plan: Plan) -> None:
        """Say what is going to be done."""
        for model in plan.job.pending_training:
            self.report.say(announced(plan.label, model))
        self.report.say(_preflight(plan.label, plan.job, len(plan.todo)))

    def _one(self, plan: Plan) -> None:
        job = plan.job
        if plan.todo:
            job.check_memory()
            self._train(plan)
            self.report.say(_preflight(plan.label, job, len(plan.todo)))
        for number, shot in enumerate(plan.todo):
            with self.report.picture(shot.path.name, number, len(plan.todo)):
                made, seconds = job.make(shot.output)
                job.save(made, shot.path, shot.output)
                plan.record(shot, seconds)
                self._done(plan, shot, seconds)
        self._finish(plan)

    def _finish(self, plan: Plan) -> None:
        """What remains to be done when all pictures of a photo are there."""
        if not plan.left and not plan.failed and (self.delivery.sheet or self.asked.own.get("all_scales")):
            self._sheet(plan)

    def _train(self, plan: Plan) -> None:
        for model in plan.job.pending_training:
            self.learning = plan.label
            self.report.say(announced(plan.label, model))
            with self.report.training(model), stopping(plan.job.run):
                model.train(plan.job.run)
        self.learning = ""

    def _done(self, plan: Plan, shot: Shot, seconds: float | None) -> None:
        """Write down a picture that is on the disk; no ``seconds``: it was there before."""
        made = None if seconds is None else round(seconds, 3)
        output = shot.output
        said: dict[str, Any] = {"path": str(shot.path), "photo": plan.label, "seed": output.seed, "seconds": made}
        self.account.pictures.append({**said, "scale": output.scale} if output.scale else said)
        if seconds is not None:
            self._print(shot.path)

    def _print(self, path: Path) -> None:
        if not self.delivery.as_json:
            with self.report.silence():
                print(path, flush=True)

    def _path(self, stem: str, output: OutputSpec) -> Path:
        from calotype.image.io import result_path

        out = self.delivery.out
        if _is_file_name(out, self.job):
            return self._safe(out)
        return self._safe(result_path(out, stem, self.asked.verb, output.seed, output.scale, suffix=self.job.suffix))

    def _safe(self, path: Path) -> Path:
        if path.exists() and any(photo.exists() and path.samefile(photo) for photo in self.inputs):
            raise OutputError(f"'{path}' is one of the photos themselves: give another -o")
        return path

    def _sheet(self, plan: Plan) -> None:
        from PIL import Image

        from calotype.image.grid import contact_sheet
        from calotype.image.io import save_png

        out, job, stem = self.delivery.out, plan.job, plan.stem
        one_file = _is_file_name(out, self.job)
        name = f"{out.stem}_sheet.png" if one_file else f"{stem}_{self.asked.verb}_sheet.png"
        path = self._safe((out.parent if one_file else out) / name)
        given = {stem: job.photo, **job.pictures}
        pictures, labels = [_picture(photo) for photo in given.values()], list(given)
        for shot in plan.shots:
            with Image.open(shot.path) as picture:
                # Only what the sheet shows of it is kept: there may be hundreds.
                picture.thumbnail((2 * _CELL, 2 * _CELL))
                pictures.append(picture.copy())
            labels.append(shot.output.label)
        cell = min(_CELL, max(max(picture.size) for picture in pictures))
        sheet = contact_sheet(pictures, labels, cell=cell, mark_first=True)
        settings = {**job.settings, "sheet": self.asked.n}
        if self.asked.own.get("all_scales"):
            settings["own"] = {"all_scales": True}
        save_png(sheet, path, settings)
        self.account.sheets.append(str(path))
        self._print(path)


def _picture(photo: Photo) -> Any:
    from calotype.image.io import to_image, to_tensor

    return to_image(to_tensor(photo))


def _said(error: Exception) -> str:
    """What to tell the user; an error that is a fault of the program is raised again."""
    line = one_line(error)
    if line is None:
        raise error
    return line


def counted(count: int, thing: str) -> str:
    """``1 thread``, ``2 threads``."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _preflight(label: str, job: Job, count: int) -> str:
    cost = job.cost
    pictures = counted(count, "picture" if job.suffix == ".png" else f"film of {job.request.own['frames']} frames")
    note = f" ({cost.note})" if cost.note else ""
    return (
        f"{label} {job.photo.size} -> {pictures} of {job.size}, "
        f"about {format_duration(cost.seconds * count)} and {format_bytes(cost.bytes)}{note}"
    )
