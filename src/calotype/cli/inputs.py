"""Input files of a command."""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from calotype.cli.report import Misuse
from calotype.errors import InputError, counted
from calotype.files import shown


class Source(NamedTuple):
    """One main input of a command.

    Attributes:
        value: the path, or the content of standard input; ``None`` if the verb has no main input.
        label: name of the input in messages.
        stem: stem of the output file names; ``None`` for that of the input.
    """

    value: Path | io.BytesIO | None
    label: str
    stem: str | None = None


def sources(
    photo: str, out: Path | None, *, quiet: bool, suffixes: tuple[str, ...] = (), maps: bool = False
) -> list[Source]:
    """The main inputs for an argument: a file, a folder, or ``-``.

    Args:
        photo: the argument.
        out: output folder.
        quiet: do not print skipped files.
        suffixes: of the files that are taken from a folder, the first that there are; empty: photos.
        maps: label maps that calotype made are inputs, not results.

    Raises:
        InputError: there are no photos.
    """
    if not photo.strip():
        raise Misuse("the name of the input is empty: give a file or a folder, . for this one")
    if photo == "-":
        if sys.stdin.isatty():
            raise Misuse("- stands for a photo on standard input: pipe one in, like calotype vary - < photo.jpg")
        return [Source(io.BytesIO(sys.stdin.buffer.read()), "the photo on standard input")]
    if Path(photo).is_dir() and suffixes:
        return _files(Path(photo), suffixes, quiet)
    if Path(photo).is_dir():
        return list(_folder(Path(photo), out, quiet, maps))
    return [Source(Path(photo), photo)]


def _files(folder: Path, suffixes: tuple[str, ...], quiet: bool) -> list[Source]:
    """The files of a folder with the first of these suffixes that any has."""
    from calotype.image.io import natural_order

    there = sorted((path for path in folder.iterdir() if path.is_file()), key=lambda path: natural_order(path.name))
    for suffix in suffixes:
        found = [path for path in there if path.suffix.lower() == suffix and not path.name.startswith(".")]
        if found:
            others = [path for path in there if path.suffix.lower() in suffixes and path.suffix.lower() != suffix]
            if others and not quiet:
                endings = ", ".join(sorted({path.suffix.lower() for path in others}))
                print(
                    f"note: {shown(folder)} has {suffix} files, which are used; {counted(len(others), 'file')} with "
                    f"{endings} left out: give those one by one",
                    file=sys.stderr,
                )
            return [Source(path, str(path)) for path in found]
    raise InputError(f"no files in {shown(folder)} that end in {' or '.join(suffixes)}: give a folder of them")


def _folder(folder: Path, out: Path | None, quiet: bool, maps: bool) -> Iterator[Source]:
    from calotype.image.io import list_photos, maps_among, settings_of, without_results

    there = list_photos(folder)
    photos = maps_among(there) if maps else without_results(there)
    here = not maps and out is not None and out.is_dir() and out.samefile(folder)
    if not photos or (here and settings_of(photos[0]) is not None):
        raise InputError(f"'{folder}' has only pictures that calotype made: give them one by one, or another -o")
    if len(photos) < len(there) and not quiet:
        print(f"{folder}: skipping {counted(len(there) - len(photos), 'picture')} that calotype made", file=sys.stderr)
    stems = [path.stem.casefold() for path in photos]
    # For equal stems like bird.jpg and bird.png, the outputs get different names.
    ambiguous = {stem for stem, count in Counter(stems).items() if count > 1}
    place = str(folder / "_")[:-1]
    for path, stem in zip(photos, stems):
        yield Source(path, place + path.name, f"{path.stem}_{path.suffix[1:]}" if stem in ambiguous else None)
