"""Upload of a data set with labels: its metadata and label maps, until the upload is complete.

A folder that ``calotype data`` created is uploaded file by file. Metadata and label maps are stored separately from the
pictures, so that an incomplete upload is a valid set of pictures without labels.
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
# The folders of a sample's files, by the keys of its line in ``samples.jsonl``.
_PLACES = {"image": IMAGES, "map": "maps", "instances": "instances", "other": "others"}
_MAPS = {"map", "instances"}
_AS_MADE = "upload the folder as 'calotype data' created it"
_MOST_LICENCES = 100
_LARGEST_LICENCE = 1 << 20  # bytes


class DatasetUpload:
    """The uploaded files of one set other than its pictures.

    Attributes:
        bytes: total size of these files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._about: dict[str, Any] = {}
        self._lines: list[dict[str, Any]] = []
        self._kinds: dict[str, str] = {}  # key of each file named in the lines, by path
        self._licences: set[str] = set()
        self.bytes = 0

    def put(self, path: str, data: bytes) -> None:
        """Store a file: ``about.json`` and ``samples.jsonl`` first, then licences, label maps and other files.

        Args:
            path: path within the folder of the set.
            data: content of the file.

        Raises:
            InputError: the file does not belong to the set, or cannot be read.
            OutputError: it cannot be saved.
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
                raise InputError(f"'{safe_name(path, 'this')}' is not listed in {SAMPLES}: {_AS_MADE}")
            _check_picture(kind, path, data)
            self._save(path, data)

    def complete(self, place: Path, pictures: Collection[str]) -> Mapping[str, Any]:
        """Turn a folder of pictures into the data set with labels; samples with missing files are left out.

        Args:
            place: folder of the set; ``about.json`` is written last.
            pictures: paths of the uploaded pictures.

        Returns:
            The content of ``about.json``, with the paths of the ``pictures``, ``source``, and whether there are
            ``maps``.

        Raises:
            InputError: the metadata or all samples are missing.
            OutputError: a file cannot be saved.
        """
        if not self._about or not self._lines:
            raise InputError(f"{ABOUT} or {SAMPLES} is missing: {_AS_MADE}")
        lines = [line for line in self._lines if self._is_whole(line, place, pictures)]
        if not lines:
            raise InputError(f"no sample of this set is complete: {_AS_MADE}")
        try:
            for line in lines:
                for key in _PLACES.keys() & line.keys() - {"image"}:
                    (place / line[key]).parent.mkdir(parents=True, exist_ok=True)
                    if (self._folder / line[key]).is_file():  # unless it is shared by samples, and moved already
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
        further = [line[key] for key in _PLACES.keys() & line.keys() - {"image"}]
        # Files uploaded as pictures were not checked as maps. An earlier failed call may have moved files already.
        return line["image"] in pictures and all(
            path not in pictures and ((self._folder / path).is_file() or (place / path).is_file()) for path in further
        )

    def _put_licence(self, path: str, data: bytes) -> None:
        name = safe_name(path)
        if len(data) > _LARGEST_LICENCE or len(self._licences | {name}) > _MOST_LICENCES:
            raise InputError(f"too many or too large licence files: {_AS_MADE}")
        self._save(f"{LICENCES}/{name}", data)
        self._licences.add(name)

    def _save(self, path: str, data: bytes) -> None:
        file = self._folder / path
        old_size = file.stat().st_size if file.is_file() else 0
        write_whole(file, lambda out: out.write(data))
        self.bytes += len(data) - old_size


def _read_about(data: bytes) -> dict[str, Any]:
    try:
        about = json.loads(data)
    except (ValueError, RecursionError):
        about = None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise InputError(f"{ABOUT} does not describe a data set: {_AS_MADE}")
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
    """Whether the path is a file directly in that folder, with a safe name."""
    if not isinstance(path, str):
        return False
    first, _, name = path.partition("/")
    return first == folder and bool(name) and name == safe_name(name)


def _check_picture(kind: str, path: str, data: bytes) -> None:
    checked = checked_photo(data, path)
    if checked.name != PurePosixPath(path).name:
        raise InputError(f"'{safe_name(path)}' has a suffix that does not match its format: {_AS_MADE}")
    if kind in _MAPS:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.format != "PNG" or picture.mode not in ("L", "P", "1"):
                raise InputError(f"'{safe_name(path)}' is in colour: a label map needs class numbers as grey levels")
