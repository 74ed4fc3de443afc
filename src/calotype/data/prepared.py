"""Where sets that were made are, and what is kept of them beside: fetched packages and decoded pictures."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from calotype.data.packages import Package, kept_file
from calotype.data.writing import ABOUT, SAMPLES
from calotype.errors import InputError
from calotype.files import cache_folder, output_error, shown, write_whole

_OURS = {ABOUT, SAMPLES, "images", "maps", "instances", "others", "licences"}  # what a set is made of


@dataclass(frozen=True)
class Prepared:
    """A set that was made.

    Attributes:
        name: of the set.
        folder: where it was made last, and still is.
        bytes: of it on the disk.
    """

    name: str
    folder: Path
    bytes: int


def remember(name: str, folder: Path) -> None:
    """Write down where a set was made.

    Raises:
        OutputError: it cannot be written.
    """
    said = json.dumps({"folder": str(folder.resolve())})
    write_whole(_note(name), lambda file: file.write(said.encode("utf-8", "surrogateescape")))


def prepared(name: str) -> Prepared | None:
    """The set of that name as it was made last; ``None`` where it was not, or is not there any more."""
    try:
        folder = Path(json.loads(_note(name).read_text(encoding="utf-8", errors="surrogateescape"))["folder"])
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(about, dict) or about.get("set") != name:
        return None
    return Prepared(name, folder, size_on_disk(folder))


def remove_prepared(found: Prepared) -> None:
    """Delete a set that was made.

    Raises:
        InputError: its folder holds something else, too.
        OutputError: it cannot be deleted.
    """
    try:
        others = sorted(path.name for path in found.folder.iterdir() if path.name not in _OURS)
        if others:
            raise InputError(
                f"{shown(found.folder)} holds more than the set ({shown(others[0])}): move that away, or delete the "
                "folder yourself"
            )
        # Last of all the file that makes it a set: an interruption leaves something that can be removed again.
        for path in found.folder.iterdir():
            if path.name != ABOUT:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        (found.folder / ABOUT).unlink()
        found.folder.rmdir()
        _note(found.name).unlink(missing_ok=True)
    except OSError as error:
        raise output_error(found.folder, error) from error


def remove_package(package: Package) -> int:
    """Delete what was kept of a package, if anything was; the bytes that it had.

    Raises:
        OutputError: it cannot be deleted.
    """
    path = kept_file(package)
    count = size_on_disk(path)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise output_error(path, error) from error
    return count


def kept_bytes() -> dict[str, int]:
    """Bytes of what can be had again: ``packages`` that were fetched, and ``data``, pictures that were decoded."""
    return {kind: size_on_disk(cache_folder(kind)) for kind in ("packages", "data")}


def clean() -> int:
    """Delete fetched packages and decoded pictures, which are had again when they are needed; the bytes they had.

    Raises:
        OutputError: something cannot be deleted.
    """
    count = sum(kept_bytes().values())
    for kind in ("packages", "data"):
        folder = cache_folder(kind)
        try:
            if folder.is_dir():
                shutil.rmtree(folder)
        except OSError as error:
            raise output_error(folder, error) from error
    return count


def size_on_disk(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; 0 where there is nothing."""
    count = 0
    for each in path.rglob("*") if path.is_dir() else [path]:
        try:
            count += each.stat().st_size if each.is_file() else 0
        except OSError:  # gone meanwhile
            continue
    return count


def _note(name: str) -> Path:
    return cache_folder("sets") / f"{name}.json"
