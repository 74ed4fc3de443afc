"""The verbs that take a model and no photo, as commands."""

# Annotations are values here, not strings: options are made from them.
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calotype.cli.inputs import check_writable
from calotype.cli.options import arguments
from calotype.cli.output_options import JsonOfPaths, Out, Quiet, Sheet
from calotype.cli.progress import reporter
from calotype.cli.report import Interrupted, Misuse, complain
from calotype.cli.training import stopping
from calotype.errors import Stopped
from calotype.tasks.eta import format_duration
from calotype.tasks.job import format_bytes
from calotype.tasks.sampling import ModelJob

_CELL = 256  # pixels that a picture has on a sheet, each way, at most
_ROUND = 10  # pictures a row of a sheet, at most


@dataclass(frozen=True)
class Delivered:
    """Where the pictures go, and what is said about them."""

    out: Out = Path(".")
    sheet: Sheet = False
    as_json: JsonOfPaths = False
    quiet: Quiet = False


def sample_from(task: Callable[..., Any], sampling: type[ModelJob], typed: dict[str, Any], delivered: Delivered) -> int:
    """Make what the command line of ``task`` asks for and return the exit status.

    Raises:
        CalotypeError: nothing, or nothing more, can be done.
    """
    out, given = delivered.out, arguments(task, typed)
    one_file = out.suffix.lower() == ".png" and not out.is_dir()
    if one_file and given["n"] > 1:
        raise Misuse(f"-o {out} is one file, and there are {given['n']} pictures: give a folder")
    check_writable(out.parent if one_file else out)
    work = sampling(given.pop("model"), **given)
    work.check_memory()
    paths: list[Path] = []
    seconds: list[float] = []
    with reporter(delivered.quiet) as report:
        pictures = "1 picture" if work.n == 1 else f"{work.n} pictures"
        cost = f"about {format_duration(work.cost.seconds * work.n)} and {format_bytes(work.cost.bytes)}"
        report.say(f"{work.folder.name} -> {pictures} of {work.size}, {cost}")
        try:
            with stopping(work.run):
                for number, seed in enumerate(work.seeds):
                    path = out if one_file else _path(out, work, seed)
                    with report.picture(path.name, number, work.n):
                        made, took = work.make(seed)
                        work.save(made, path, seed)
                    paths.append(path)
                    seconds.append(round(took, 3))
                    if not delivered.as_json:
                        with report.silence():
                            print(path, flush=True)
                    if work.run.stopping:
                        raise Stopped("stopped")
        except (KeyboardInterrupt, Stopped) as error:
            report.close()
            complain(
                f"stopped with {len(paths)} of {work.n} pictures finished: --seed {work.seed + len(paths)} goes on"
            )
            raise Interrupted(error) from None
        sheets = [_sheet(out.parent if one_file else out, work, paths)] if delivered.sheet else []
    if delivered.as_json:
        print(_document(work, paths, seconds, sheets), flush=True)
    else:
        for sheet in sheets:
            print(sheet, flush=True)
    return 0


def _path(folder: Path, work: ModelJob, seed: int) -> Path:
    from calotype.image.io import result_path

    return result_path(folder, work.name, work.verb, seed)


def _sheet(folder: Path, work: ModelJob, paths: list[Path]) -> Path:
    from PIL import Image

    from calotype.image.grid import contact_sheet
    from calotype.image.io import save_png

    pictures = []
    for path in paths:
        with Image.open(path) as picture:
            picture.thumbnail((_CELL, _CELL))
            pictures.append(picture.copy())
    columns = min(_ROUND, max(1, round(len(pictures) ** 0.5)))
    sheet = contact_sheet(pictures, columns=columns, cell=max(max(picture.size) for picture in pictures))
    path = folder / f"{work.name}_{work.verb}_sheet.png"
    save_png(sheet, path, {**work.settings, "sheet": work.n})
    return path


def _document(work: ModelJob, paths: list[Path], seconds: list[float], sheets: list[Path]) -> str:
    from calotype import __version__

    said = [
        {"path": str(path), "model": work.folder.name, "seed": seed, "seconds": took}
        for path, seed, took in zip(paths, work.seeds, seconds)
    ]
    document = {"calotype": __version__, "verb": work.verb, "pictures": said, "sheets": list(map(str, sheets))}
    return json.dumps(document, indent=2)
