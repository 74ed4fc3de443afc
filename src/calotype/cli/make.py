"""The verbs that make pictures, as commands: photos in, files out, and a word on how it goes."""

# Annotations are values here, not strings: options are made from them.
import errno
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from calotype.cli.options import arguments
from calotype.cli.progress import Reporter, reporter
from calotype.cli.report import Interrupted, Misuse, complain, one_line
from calotype.errors import InputError, OutputError, Stopped
from calotype.tasks.making import Job, Order, gigabytes, order
from calotype.types import Photo

if TYPE_CHECKING:
    pass

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
            metavar="FOLDER|FILE.png",
            help="folder for the pictures, made where missing; or the file for a single one",
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


@dataclass(frozen=True)
class Source:
    """One photo that was asked for.

    Attributes:
        photo: the path, or what came on standard input.
        label: what to call it in messages.
        stem: how the names of its results begin, or ``None`` for the photo's own name.
    """

    photo: Path | io.BytesIO
    label: str
    stem: str | None = None


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


def make(task: Callable[..., Any], typed: dict[str, Any], delivery: Delivery) -> int:
    """Do what the command line of ``task`` asks for and return the exit status.

    Raises:
        CalotypeError: nothing, or nothing more, can be done.
    """
    given = arguments(task, typed)
    photo, also = given.pop("photo"), given.pop("also")
    try:
        asked = order(task.__name__, **given)
    except InputError as error:
        raise Misuse(str(error)) from None
    sources = list(_sources(photo, delivery))
    _check_destination(delivery, asked, sources, photo)
    account = Account(asked.verb, planned=asked.n * len(sources))
    with reporter(delivery.quiet) as report:
        work = _Work(asked, delivery, report, account, inputs=[s.photo for s in sources if isinstance(s.photo, Path)])
        try:
            work.all_of(sources, also)
        except (KeyboardInterrupt, Stopped) as error:
            report.close()
            complain(_how_to_go_on(account, delivery))
            raise Interrupted(error) from None
        finally:
            if delivery.as_json:
                print(account.document(), flush=True)
    if account.failed and len(sources) > 1:
        complain(f"{len(account.failed)} of {len(sources)} photos could not be used, the others are done")
    return 1 if account.failed else 0


def _how_to_go_on(account: Account, delivery: Delivery) -> str:
    again = "the same command" if delivery.skip_existing else "the same command with --skip-existing"
    return f"stopped with {len(account.pictures)} of {account.planned} pictures finished: {again} makes the rest"


# ---------------------------------------------------------------------------------------------------------------
# What is asked for


def _sources(photo: str, delivery: Delivery) -> Iterator[Source]:
    if photo == "-":
        if sys.stdin.isatty():
            raise Misuse("- stands for a photo on standard input: pipe one in, like calotype vary - < photo.jpg")
        yield Source(io.BytesIO(sys.stdin.buffer.read()), "the photo on standard input")
    elif Path(photo).is_dir():
        yield from _folder(Path(photo), delivery)
    else:
        yield Source(Path(photo), photo)


def _folder(folder: Path, delivery: Delivery) -> Iterator[Source]:
    from calotype.image.io import list_photos

    photos = list_photos(folder)
    if delivery.out.is_dir() and delivery.out.samefile(folder):
        # Results of the last run lie among the photos: the next run would make variations of variations.
        made = [path for path in photos if _settings_in(path)]
        photos = [path for path in photos if path not in made]
        if not photos:
            raise InputError(f"'{folder}' holds only pictures that calotype made: give them one by one, or another -o")
        if made and not delivery.quiet:
            print(f"{folder}: passing over {len(made)} that calotype made", file=sys.stderr)
    stems = Counter(path.stem.casefold() for path in photos)
    for path in photos:
        # bird.jpg and bird.png side by side must not write to the same file.
        twin = stems[path.stem.casefold()] > 1
        yield Source(path, str(path), f"{path.stem}_{path.suffix[1:]}" if twin else None)


def _settings_in(path: Path) -> dict[str, Any] | None:
    from calotype.image.io import read_settings

    if path.suffix.lower() != ".png":
        return None
    try:
        return read_settings(path)
    except InputError:
        return None


def _is_file_name(out: Path) -> bool:
    return out.suffix.lower() == ".png" and not out.is_dir()


def _check_destination(delivery: Delivery, asked: Order, sources: list[Source], photo: str) -> None:
    """Find out now, not after the work, that its result has nowhere to go."""
    from calotype.files import output_error
    from calotype.image.io import SUFFIXES

    out = delivery.out
    if _is_file_name(out):
        if asked.n > 1 or Path(photo).is_dir():
            raise Misuse(f"-o {out} is one file, and there may be several pictures: give a folder")
        out = out.parent
    elif out.suffix.lower() in SUFFIXES and not out.is_dir():
        raise Misuse(f"results are PNG files: write -o {out.with_suffix('.png')}")
    there = next(path for path in (out.absolute(), *out.absolute().parents) if path.exists())
    if not there.is_dir():
        raise output_error(out, OSError(errno.ENOTDIR, ""))
    if not os.access(there, os.W_OK | os.X_OK):
        raise output_error(out, OSError(errno.EACCES, ""))


# ---------------------------------------------------------------------------------------------------------------
# Doing it


class _Work:
    """All that the photos of one command share."""

    def __init__(
        self, asked: Order, delivery: Delivery, report: Reporter, account: Account, inputs: list[Path]
    ) -> None:
        self.asked, self.delivery, self.report, self.account, self.inputs = asked, delivery, report, account, inputs

    def all_of(self, sources: list[Source], also: list[str]) -> None:
        from calotype.image.io import open_photo

        lent = [open_photo(path, max_side=self.asked.max_side) for path in also]
        self.inputs += [Path(path) for path in also]
        run = self.report.run(self.asked)
        for source in sources:
            try:
                self._one(source, lent, run)
            except (OutputError, Stopped):
                raise  # it would be no different for the next photo
            except Exception as error:
                self._failed(source, error, alone=len(sources) == 1)

    def _failed(self, source: Source, error: Exception, *, alone: bool) -> None:
        line = one_line(error)
        if line is None:
            raise error
        self.account.failed.append({"photo": source.label, "error": line})
        if alone:
            raise error
        with self.report.silence():
            complain(line)

    def _one(self, source: Source, lent: list[Photo], run: Any) -> None:
        job = Job(self.asked, source.photo, lent, run)
        stem = source.stem or job.photo.name
        todo = []
        for seed in self.asked.seeds:
            path = self._path(stem, seed)
            if self.delivery.skip_existing and _repeats(path, {**job.settings, "seed": seed}):
                self._done(source, path, seed, None)
            else:
                todo.append((seed, path))
        if todo:
            job.check_memory()
            self.report.say(_preflight(source, job, len(todo)))
        for number, (seed, path) in enumerate(todo):
            with self.report.picture(path.name, number, len(todo)):
                self._make(job, seed, path, source)
        if self.delivery.sheet:
            self._sheet(job, stem)

    def _make(self, job: Job, seed: int, path: Path, source: Source) -> None:
        from calotype.image.io import save_png

        image, seconds = job.make(seed)
        save_png(image, path, {**job.settings, "seed": seed})
        self._done(source, path, seed, seconds)

    def _done(self, source: Source, path: Path, seed: int, seconds: float | None) -> None:
        """Write down a picture that is on the disk; no ``seconds``: it was there before."""
        made = None if seconds is None else round(seconds, 3)
        self.account.pictures.append({"path": str(path), "photo": source.label, "seed": seed, "seconds": made})
        if seconds is not None:
            self._print(path)

    def _print(self, path: Path) -> None:
        if not self.delivery.as_json:
            with self.report.silence():
                print(path, flush=True)

    def _path(self, stem: str, seed: int) -> Path:
        from calotype.image.io import result_path

        out = self.delivery.out
        return self._safe(out if _is_file_name(out) else result_path(out, stem, self.asked.verb, seed))

    def _safe(self, path: Path) -> Path:
        if path.exists() and any(photo.exists() and path.samefile(photo) for photo in self.inputs):
            raise OutputError(f"'{path}' is one of the photos themselves: give another -o")
        return path

    def _sheet(self, job: Job, stem: str) -> None:
        from PIL import Image

        from calotype.image.grid import contact_sheet
        from calotype.image.io import save_png, to_image, to_tensor

        out = self.delivery.out
        name = f"{out.stem}_sheet.png" if _is_file_name(out) else f"{stem}_{self.asked.verb}_sheet.png"
        path = self._safe((out.parent if _is_file_name(out) else out) / name)
        pictures, labels = [to_image(to_tensor(job.photo))], [stem]
        for seed in self.asked.seeds:
            with Image.open(self._path(stem, seed)) as picture:
                # Only what the sheet shows of it is kept: there may be hundreds.
                picture.thumbnail((2 * _CELL, 2 * _CELL))
                pictures.append(picture.copy())
            labels.append(f"seed {seed}")
        cell = min(_CELL, max(max(picture.size) for picture in pictures))
        sheet = contact_sheet(pictures, labels, cell=cell, mark_first=True)
        save_png(sheet, path, {**job.settings, "sheet": self.asked.n})
        self.account.sheets.append(str(path))
        self._print(path)


def _repeats(path: Path, settings: dict[str, Any]) -> bool:
    """Whether ``path`` is already what these settings make; a picture made otherwise is made again."""
    there = _settings_in(path) if path.exists() else None
    wanted = json.loads(json.dumps(settings))  # as it would come back from a file: lists for tuples
    return there is not None and {**there, "calotype": ""} == {**wanted, "calotype": ""}


def _preflight(source: Source, job: Job, count: int) -> str:
    cost = job.cost
    pictures = "1 picture" if count == 1 else f"{count} pictures"
    note = f" ({cost.note})" if cost.note else ""
    return (
        f"{source.label} {job.photo.size} -> {pictures} of {job.size}, "
        f"about {duration(cost.seconds * count)} and {gigabytes(cost.bytes)}{note}"
    )


def duration(seconds: float) -> str:
    """A time as people say it: ``under a second``, ``12 s``, ``5 min``, ``2.5 h``."""
    if seconds < 1:
        return "a second"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
