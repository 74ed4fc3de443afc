"""Registry of generated data sets, and management of cached packages and decoded images."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from calotype.data.packages import Package, kept_file
from calotype.data.writing import ABOUT, SAMPLES
from calotype.errors import InputError
from calotype.files import cache_folder, output_error, shown, write_whole

_OURS = {ABOUT, SAMPLES, "images", "maps", "instances", "others", "licences"}  # entries of a set's folder


@dataclass(frozen=True)
class Prepared:
    """A generated data set.

    Attributes:
        name: of the set.
        folder: where it was generated last.
        bytes: size on disk.
    """

    name: str
    folder: Path
    bytes: int


def remember(name: str, folder: Path) -> None:
    """Record where a set was generated.

    Raises:
        OutputError: it cannot be written.
    """
    said = json.dumps({"folder": str(folder.resolve())})
    write_whole(_note(name), lambda file: file.write(said.encode("utf-8", "surrogateescape")))


def check_recordable() -> None:
    """Check that a set can be recorded, before it is generated.

    Raises:
        OutputError: it cannot.
    """
    probe = cache_folder("sets") / ".probe"
    write_whole(probe, lambda file: None)
    with suppress(OSError):
        probe.unlink(missing_ok=True)


def prepared(name: str) -> Prepared | None:
    """The data set of a name as generated last; ``None`` if it was not, or does not exist any more."""
    try:
        folder = Path(json.loads(_note(name).read_text(encoding="utf-8", errors="surrogateescape"))["folder"])
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(about, dict) or about.get("set") != name:
        return None
    return Prepared(name, folder, size_on_disk(folder))


def remove_prepared(found: Prepared) -> None:
    """Delete a generated data set.

    Raises:
        InputError: its folder contains other files.
        OutputError: it cannot be deleted.
    """
    try:
        others = sorted(path.name for path in found.folder.iterdir() if path.name not in _OURS)
        if others:
            raise InputError(
                f"{shown(found.folder)} holds more than the set ({shown(others[0])}): move that away, or delete the "
                "folder yourself"
            )
        # The metadata file last: after an interruption it can be removed again.
        for path in found.folder.iterdir():
            if path.name != ABOUT:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        (found.folder / ABOUT).unlink()
        found.folder.rmdir()
        _note(found.name).unlink(missing_ok=True)
    except OSError as error:
        raise output_error(found.folder, error) from error


def remove_package(package: Package) -> int:
    """Delete the cached file of a package, if there is one; returns its size in bytes.

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
    """Bytes that can be reclaimed: downloaded ``packages``, and ``data``, the decoded images."""
    return {kind: size_on_disk(cache_folder(kind)) for kind in ("packages", "data")}


def clean() -> int:
    """Delete downloaded packages and decoded images, which are recreated when needed; returns their size in bytes.

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
    """Bytes of a file, or of all files below a folder; 0 if it does not exist."""
    count = 0
    for each in path.rglob("*") if path.is_dir() else [path]:
        try:
            count += each.stat().st_size if each.is_file() else 0
        except OSError:  # deleted meanwhile
            continue
    return count


def _note(name: str) -> Path:
    return cache_folder("sets") / f"{name}.json"
