"""The inputs that a command names, and whether its results have somewhere to go."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calotype.cli.report import Misuse
from calotype.errors import InputError

_CARRY_SETTINGS = {".png", ".apng", ".gif", ".webp"}


@dataclass(frozen=True)
class Source:
    """One main input that was asked for.

    Attributes:
        value: the path, or what came on standard input; ``None`` where a verb has no main input.
        label: what to call it in messages.
        stem: how the names of its results begin, or ``None`` for the input's own name.
    """

    value: Path | io.BytesIO | None
    label: str
    stem: str | None = None


def sources(photo: str, out: Path | None, *, quiet: bool) -> list[Source]:
    """The photos that ``photo`` stands for: a file, a folder, or ``-``.

    Args:
        photo: as it was typed.
        out: where the results go; what calotype made there before is no photo.
        quiet: do not say what is skipped.

    Raises:
        InputError: there are none.
    """
    if photo == "-":
        if sys.stdin.isatty():
            raise Misuse("- stands for a photo on standard input: pipe one in, like calotype vary - < photo.jpg")
        return [Source(io.BytesIO(sys.stdin.buffer.read()), "the photo on standard input")]
    if Path(photo).is_dir():
        return list(_folder(Path(photo), out, quiet))
    return [Source(Path(photo), photo)]


def _folder(folder: Path, out: Path | None, quiet: bool) -> Iterator[Source]:
    from calotype.image.io import list_photos

    photos = list_photos(folder)
    if out is not None and out.is_dir() and out.samefile(folder):
        # Results of the last run lie among the photos: the next run would make variations of variations.
        made = [path for path in photos if settings_in(path)]
        photos = [path for path in photos if path not in made]
        if not photos:
            raise InputError(f"'{folder}' holds only pictures that calotype made: give them one by one, or another -o")
        if made and not quiet:
            print(f"{folder}: skipping {len(made)} that calotype made", file=sys.stderr)
    stems = Counter(path.stem.casefold() for path in photos)
    for path in photos:
        # bird.jpg and bird.png side by side must not write to the same file.
        twin = stems[path.stem.casefold()] > 1
        yield Source(path, str(path), f"{path.stem}_{path.suffix[1:]}" if twin else None)


def settings_in(path: Path) -> dict[str, Any] | None:
    """The settings that a file of ours carries; ``None`` for any other file."""
    from calotype.image.io import read_settings

    if path.suffix.lower() not in _CARRY_SETTINGS:
        return None
    try:
        return read_settings(path)
    except InputError:
        return None


def check_writable(folder: Path) -> None:
    """Find out now, not after the work, that its results have nowhere to go.

    Raises:
        OutputError: nothing can be written there.
    """
    from calotype.files import output_error

    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise output_error(folder, OSError(errno.ENOTDIR, ""))
    if not os.access(there, os.W_OK | os.X_OK):
        raise output_error(folder, OSError(errno.EACCES, ""))
