"""The verbs that make pictures, as commands: photos in, files out, and a word on how it goes."""

# Annotations are values here, not strings: options are made from them.
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from calotype.cli.options import arguments
from calotype.cli.progress import Reporter, duration, reporter
from calotype.cli.report import Interrupted, Misuse, complain, one_line
from calotype.cli.sources import Source, check_writable, settings_in, sources
from calotype.cli.training import announced, how_to_go_on, stopping
from calotype.errors import InputError, OutputError, Stopped
from calotype.tasks.making import Job, Piece, gigabytes
from calotype.tasks.order import Order
from calotype.types import Photo

_PANEL = "Results"
_CELL = 320  # pixels that a picture has on a sheet, each way


@dataclass(frozen=True)
class Delivery:
    """Where the pictures go, and what is said about them."""

    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--out",
            metavar="FOLDER|FILE",
            help="folder for the results, made where missing; or the file for a single one",
            rich_help_panel=_PANEL,
        ),
    ] = Path(".")
    sheet: Annotated[
        bool, typer.Option("--sheet", help="also one sheet with all the pictures of a photo", rich_help_panel=_PANEL)
    ] = False
    skip_existing: Annotated[
        bool,
        typer.Option("--skip-existing", help="pass over what an earlier run has made already", rich_help_panel=_PANEL),
    ] = False
    as_json: Annotated[
        bool, typer.Option("--json", help="print one JSON document instead of paths", rich_help_panel=_PANEL)
    ] = False
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="say nothing but what went wrong", rich_help_panel=_PANEL)
    ] = False


@dataclass
class Account:
    """What has been done so far; at the end it is the JSON document."""

    verb: str
    planned: int = 0
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
                "pictures": self.pictures,
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
    found = sources(photo, delivery.out, quiet=delivery.quiet)
    _check_destination(delivery, job, asked, several=Path(photo).is_dir())
    account = Account(asked.verb, planned=asked.n * len(found))
    with reporter(delivery.quiet) as report:
        work = _Work(job, asked, delivery, report, account)
        work.inputs = [s.photo for s in found if isinstance(s.photo, Path)]
        try:
            work.all_of(found, also, pictures)
        except (KeyboardInterrupt, Stopped) as error:
            report.close()
            complain(how_to_go_on(work.learning) if work.learning else _how_to_go_on(account, delivery))
            raise Interrupted(error) from None
        finally:
            if delivery.as_json:
                print(account.document(), flush=True)
    if account.failed and len(found) > 1:
        complain(f"{len(account.failed)} of {len(found)} photos could not be used, the others are done")
    return 1 if account.failed else 0


def _how_to_go_on(account: Account, delivery: Delivery) -> str:
    again = "the same command" if delivery.skip_existing else "the same command with --skip-existing"
    return f"stopped with {len(account.pictures)} of {account.planned} pictures finished: {again} makes the rest"


def _is_file_name(out: Path, job: type[Job]) -> bool:
    if out.is_dir():
        return False
    return out.suffix.lower() == ".png" if job.suffix == ".png" else bool(out.suffix)


def _check_destination(delivery: Delivery, job: type[Job], asked: Order, *, several: bool) -> None:
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


def _check_film(path: Path, asked: Order) -> None:
    from calotype.image.animation import check_animation

    try:
        check_animation(path, asked.own["fps"])
    except InputError as error:
        raise Misuse(str(error)) from None


class _Work:
    """All that the photos of one command share."""

    def __init__(self, job: type[Job], asked: Order, delivery: Delivery, report: Reporter, account: Account) -> None:
        self.job, self.asked, self.delivery, self.report, self.account = job, asked, delivery, report, account
        self.inputs: list[Path] = []  # files that no result may replace
        self.learning = ""  # the photo that is being trained on

    def all_of(self, found: list[Source], also: list[str], pictures: dict[str, str | None]) -> None:
        from calotype.image.io import open_photo

        lent = [open_photo(path, max_side=self.asked.max_side) for path in also]
        self.inputs += [Path(path) for path in (*also, *pictures.values()) if path]
        run = self.report.run(self.asked.seed, self.asked.device)
        for source in found:
            try:
                self._one(source, self.job(self.asked, source.photo, lent, run, **pictures))
            except (OutputError, Stopped):
                raise  # it would be no different for the next photo
            except Exception as error:
                self._failed(source, error, alone=len(found) == 1)

    def _failed(self, source: Source, error: Exception, *, alone: bool) -> None:
        line = one_line(error)
        if line is None:
            raise error
        self.account.failed.append({"photo": source.label, "error": line})
        if alone:
            raise error
        with self.report.silence():
            complain(line)

    def _one(self, source: Source, job: Job) -> None:
        stem = source.stem or job.photo.name
        pieces = [(piece, self._path(stem, piece)) for piece in job.pieces]
        self.account.planned += len(pieces) - self.asked.n
        todo = []
        for piece, path in pieces:
            if self.delivery.skip_existing and _repeats(path, {**job.settings, **piece.differs}):
                self._done(source, path, piece, None)
            else:
                todo.append((piece, path))
        if todo:
            job.check_memory()
            self._train(source, job)
            self.report.say(_preflight(source, job, len(todo)))
        for number, (piece, path) in enumerate(todo):
            with self.report.picture(path.name, number, len(todo)):
                made, seconds = job.make(piece)
                job.save(made, path, piece)
                self._done(source, path, piece, seconds)
        if self.delivery.sheet or self.asked.own.get("all_scales"):
            self._sheet(job, stem, pieces)

    def _train(self, source: Source, job: Job) -> None:
        for model in job.lessons:
            self.learning = source.label
            self.report.say(announced(source.label, model))
            with self.report.training(model), stopping(job.run):
                model.train(job.run)
        self.learning = ""

    def _done(self, source: Source, path: Path, piece: Piece, seconds: float | None) -> None:
        """Write down a picture that is on the disk; no ``seconds``: it was there before."""
        made = None if seconds is None else round(seconds, 3)
        said: dict[str, Any] = {"path": str(path), "photo": source.label, "seed": piece.seed, "seconds": made}
        self.account.pictures.append({**said, "scale": piece.scale} if piece.scale else said)
        if seconds is not None:
            self._print(path)

    def _print(self, path: Path) -> None:
        if not self.delivery.as_json:
            with self.report.silence():
                print(path, flush=True)

    def _path(self, stem: str, piece: Piece) -> Path:
        from calotype.image.io import result_path

        out = self.delivery.out
        if _is_file_name(out, self.job):
            return self._safe(out)
        return self._safe(result_path(out, stem, self.asked.verb, piece.seed, piece.scale, suffix=self.job.suffix))

    def _safe(self, path: Path) -> Path:
        if path.exists() and any(photo.exists() and path.samefile(photo) for photo in self.inputs):
            raise OutputError(f"'{path}' is one of the photos themselves: give another -o")
        return path

    def _sheet(self, job: Job, stem: str, pieces: list[tuple[Piece, Path]]) -> None:
        from PIL import Image

        from calotype.image.grid import contact_sheet
        from calotype.image.io import save_png

        out = self.delivery.out
        one_file = _is_file_name(out, self.job)
        name = f"{out.stem}_sheet.png" if one_file else f"{stem}_{self.asked.verb}_sheet.png"
        path = self._safe((out.parent if one_file else out) / name)
        given = {stem: job.photo, **job.pictures}
        pictures, labels = [_picture(photo) for photo in given.values()], list(given)
        for piece, at in pieces:
            with Image.open(at) as picture:
                # Only what the sheet shows of it is kept: there may be hundreds.
                picture.thumbnail((2 * _CELL, 2 * _CELL))
                pictures.append(picture.copy())
            labels.append(piece.label)
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


def _repeats(path: Path, settings: dict[str, Any]) -> bool:
    """Whether ``path`` is already what these settings make; a picture made otherwise is made again."""
    there = settings_in(path) if path.exists() else None
    wanted = json.loads(json.dumps(settings))  # as it would come back from a file: lists for tuples
    return there is not None and {**there, "calotype": ""} == {**wanted, "calotype": ""}


def _preflight(source: Source, job: Job, count: int) -> str:
    cost = job.cost
    thing = "picture" if job.suffix == ".png" else f"film of {job.order.own['frames']} frames"
    pictures = f"1 {thing}" if count == 1 else f"{count} {thing}s"
    note = f" ({cost.note})" if cost.note else ""
    return (
        f"{source.label} {job.photo.size} -> {pictures} of {job.size}, "
        f"about {duration(cost.seconds * count)} and {gigabytes(cost.bytes)}{note}"
    )
