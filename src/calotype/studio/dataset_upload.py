"""A set of samples on its way in: what it says of its pictures, and the maps beside them, until all of it is here.

A folder that ``calotype data`` made comes file by file. What says that it is such a set, and whatever is no picture of
its own, waits apart from the pictures: a set that never came whole is a set of pictures, none of which is a map.
"""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image

from calotype.data.sets import SETS
from calotype.data.writing import ABOUT, FORMAT, IMAGES, SAMPLES
from calotype.errors import InputError
from calotype.files import output_error, write_whole
from calotype.studio.pictures import checked_photo, safe_name

LICENCES = "licences"
# Where the files of a sample lie, by what its line calls them.
_PLACES = {"image": IMAGES, "map": "maps", "instances": "instances", "other": "others"}
_MAPS = {"map", "instances"}
_AS_MADE = "hand in the folder as 'calotype data' made it"
_MOST_LICENCES = 100
_LARGEST_LICENCE = 1 << 20  # bytes


class Coming:
    """What has come of one set beside its pictures.

    Attributes:
        bytes: of all that, on the disk.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._about: dict[str, Any] = {}
        self._lines: list[dict[str, Any]] = []
        self._kinds: dict[str, str] = {}  # of the files that lines name, by their place
        self._licences: set[str] = set()
        self.bytes = 0

    def put(self, path: str, data: bytes) -> None:
        """Take a file: ``about.json`` and ``samples.jsonl`` first, then licences, maps and what else samples have.

        Args:
            path: of the file within the folder of the set.
            data: its bytes.

        Raises:
            InputError: it does not belong to the set, or cannot be read.
            OutputError: it cannot be kept.
        """
        if path == ABOUT:
            self._about = _read_about(data)
        elif path == SAMPLES:
            self._lines = _read_lines(data)
            self._kinds = {line[key]: key for line in self._lines for key in _PLACES if key in line}
        elif path.startswith(f"{LICENCES}/"):
            self._put_licence(path, data)
        else:
            kind = self._kinds.get(path)
            if kind is None or kind == "image":
                raise InputError(f"'{safe_name(path, 'this')}' is named by no line of {SAMPLES}: {_AS_MADE}")
            _check_picture(kind, path, data)
            self._keep(path, data)

    def complete(self, place: Path, pictures: Collection[str]) -> Mapping[str, Any]:
        """Make a folder of pictures the set that it was, but for samples of which something has not come.

        Args:
            place: the folder; it says that it is a set of samples when all else is there.
            pictures: those that are in it.

        Returns:
            What the set says of itself, with ``pictures``, which they are, ``source`` and whether it has ``maps``.

        Raises:
            InputError: what says what the set is has not come, or nothing else has.
            OutputError: it cannot be kept.
        """
        if not self._about or not self._lines:
            raise InputError(f"{ABOUT} or {SAMPLES} has not come: {_AS_MADE}")
        lines = [line for line in self._lines if self._is_whole(line, place, pictures)]
        if not lines:
            raise InputError(f"no sample of this set has come with all that belongs to it: {_AS_MADE}")
        try:
            for line in lines:
                for key in _PLACES.keys() & line.keys() - {"image"}:
                    (place / line[key]).parent.mkdir(parents=True, exist_ok=True)
                    if (self._folder / line[key]).is_file():  # not one that several samples have, and has gone already
                        (self._folder / line[key]).replace(place / line[key])
            for file in (self._folder / LICENCES).glob("*"):
                (place / LICENCES).mkdir(exist_ok=True)
                file.replace(place / LICENCES / file.name)
        except OSError as error:
            raise output_error(place, error) from error
        text = "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines)
        write_whole(place / SAMPLES, lambda out: out.write(text.encode()))
        about = {**self._about, "count": len(lines)}
        write_whole(place / ABOUT, lambda out: out.write((json.dumps(about, indent=1) + "\n").encode()))
        return {
            **about,
            "pictures": list(dict.fromkeys(line["image"] for line in lines)),
            "source": about["set"] if about.get("set") in SETS else "",
            "maps": any("map" in line for line in lines),
        }

    def _is_whole(self, line: Mapping[str, Any], place: Path, pictures: Collection[str]) -> bool:
        beside = [line[key] for key in _PLACES.keys() & line.keys() - {"image"}]
        # What came as a picture was not looked at as a map. What an attempt that failed has moved is at its place.
        return line["image"] in pictures and all(
            path not in pictures and ((self._folder / path).is_file() or (place / path).is_file()) for path in beside
        )

    def _put_licence(self, path: str, data: bytes) -> None:
        name = safe_name(path)
        if len(data) > _LARGEST_LICENCE or len(self._licences | {name}) > _MOST_LICENCES:
            raise InputError(f"that is too much to be the licences of a set: {_AS_MADE}")
        self._keep(f"{LICENCES}/{name}", data)
        self._licences.add(name)

    def _keep(self, path: str, data: bytes) -> None:
        file = self._folder / path
        before = file.stat().st_size if file.is_file() else 0
        write_whole(file, lambda out: out.write(data))
        self.bytes += len(data) - before


def _read_about(data: bytes) -> dict[str, Any]:
    try:
        about = json.loads(data)
    except (ValueError, RecursionError):
        about = None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise InputError(f"{ABOUT} is none of a set of samples: {_AS_MADE}")
    return about


def _read_lines(data: bytes) -> list[dict[str, Any]]:
    try:
        lines = [json.loads(line) for line in data.decode("utf-8").splitlines() if line.strip()]
    except (ValueError, RecursionError):
        lines = []
    if not lines or not all(isinstance(line, dict) and "image" in line for line in lines):
        raise InputError(f"{SAMPLES} is damaged: {_AS_MADE}")
    for line in lines:
        for key in _PLACES.keys() & line.keys():
            if not _is_place(line[key], _PLACES[key]):
                raise InputError(f"{SAMPLES} names a file that is not in {_PLACES[key]}/: {_AS_MADE}")
    return lines


def _is_place(path: object, folder: str) -> bool:
    """Whether that is a file in that very folder, with a name that leads nowhere else."""
    if not isinstance(path, str):
        return False
    first, _, name = path.partition("/")
    return first == folder and bool(name) and name == safe_name(name)


def _check_picture(kind: str, path: str, data: bytes) -> None:
    found = checked_photo(data, path)
    if found.name != PurePosixPath(path).name:
        raise InputError(f"'{safe_name(path)}' is a file of another kind than its name says: {_AS_MADE}")
    if kind in _MAPS:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.format != "PNG" or picture.mode not in ("L", "P", "1"):
                raise InputError(f"'{safe_name(path)}' is in colour: a map of classes has their numbers as grey levels")
