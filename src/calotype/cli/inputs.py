"""Input files of a command, and a check of its output folder."""

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
    """One main input of a command.

    Attributes:
        value: the path, or the content of standard input; ``None`` if the verb has no main input.
        label: name of the input in messages.
        stem: stem of the output file names; ``None`` for that of the input.
    """

    value: Path | io.BytesIO | None
    label: str
    stem: str | None = None


def sources(photo: str, out: Path | None, *, quiet: bool) -> list[Source]:
    """The main inputs for an argument: a file, a folder, or ``-``.

    Args:
        photo: the argument.
        out: output folder; pictures in it that calotype made are skipped.
        quiet: do not print skipped files.

    Raises:
        InputError: there are no photos.
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
        # Skip earlier results among the photos, which are no inputs.
        made = [path for path in photos if settings_in(path)]
        photos = [path for path in photos if path not in made]
        if not photos:
            raise InputError(f"'{folder}' has only pictures that calotype made: give them one by one, or another -o")
        if made and not quiet:
            print(f"{folder}: skipping {len(made)} pictures that calotype made", file=sys.stderr)
    stems = Counter(path.stem.casefold() for path in photos)
    for path in photos:
        # For equal stems like bird.jpg and bird.png, the outputs get different names.
        ambiguous = stems[path.stem.casefold()] > 1
        yield Source(path, str(path), f"{path.stem}_{path.suffix[1:]}" if ambiguous else None)


def settings_in(path: Path) -> dict[str, Any] | None:
    """The settings stored in a file that calotype made; ``None`` for other files."""
    from calotype.image.io import read_settings

    if path.suffix.lower() not in _CARRY_SETTINGS:
        return None
    try:
        return read_settings(path)
    except InputError:
        return None


def check_writable(folder: Path) -> None:
    """Check before the work that the output folder can be written to.

    Raises:
        OutputError: it cannot.
    """
    from calotype.files import output_error

    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise output_error(folder, OSError(errno.ENOTDIR, ""))
    if not os.access(existing, os.W_OK | os.X_OK):
        raise output_error(folder, OSError(errno.EACCES, ""))
