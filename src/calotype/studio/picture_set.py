"""What is known of a set: its record, its pictures, its labels, and paths within it.

File names from clients only determine the path within the set: each part is sanitised, and the suffix is set by the
format of the file. So no name can lead outside of the set, and a set contains pictures only.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from calotype.data.writing import ABOUT, SAMPLES
from calotype.studio.pictures import safe_name

RECORD, INDEX = "set.json", "index.jsonl"  # files of a set
MAX_LENGTH = 300  # characters of a licence or label
_MAX_DEPTH = 4  # nested folders; deeper ones are dropped
_SHOWN = 8  # pictures of a set in lists of sets
_ID = re.compile(r"set-[0-9a-f]{12}")


@dataclass(frozen=True)
class Member:
    """One picture of a set.

    Attributes:
        id: 16 hexadecimal digits of a hash of its path.
        file: path within the set, with slashes.
        width: pixels, after EXIF rotation; 0 if unknown.
        height: pixels, after EXIF rotation; 0 if unknown.
        bytes: file size.
    """

    id: str
    file: str
    width: int
    height: int
    bytes: int


@dataclass
class PictureSet:
    """One set.

    Attributes:
        id: ``set-`` and twelve hexadecimal digits.
        name: name of its folder, used in the names of models that are trained on it.
        added: creation time, seconds since 1970.
        source: name of the ``calotype data`` set, or the verb whose results it contains; empty if uploaded.
        licence: licence of the pictures, if known.
        maps: whether its samples have label maps.
        whole: whether it is a data set with labels, which cannot be changed.
        kinds: number of samples by label; empty if there are no labels.
        members: its pictures by id, in upload order.
    """

    id: str
    name: str
    added: float
    source: str = ""
    licence: str = ""
    maps: bool = False
    whole: bool = False
    kinds: dict[str, int] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)

    def said(self) -> dict[str, Any]:
        """JSON-ready description for clients, with the ids of a few of its pictures."""
        files = list(self.members.values())
        step = max(1, len(files) // _SHOWN)
        about = {key: value for key, value in self.__dict__.items() if key not in ("members", "kinds")}
        return {
            **about,
            "count": len(files),
            "bytes": sum(one.bytes for one in files),
            "labels": self.kinds or labels_of(one.file for one in files),
            "shown": [one.id for one in files[::step][:_SHOWN]],
        }


def labels_of(files: Iterable[str]) -> dict[str, int]:
    """The number of pictures by top-level sub-folder; empty if there is only one."""
    counts = Counter(file.split("/", 1)[0] for file in files if "/" in file)
    return dict(sorted(counts.items())) if len(counts) > 1 else {}


def kinds_of(folder: Path) -> dict[str, int]:
    """The number of samples of a data set by label name or number; empty if there are no labels."""
    try:
        names = json.loads((folder / ABOUT).read_text("utf-8")).get("labels", [])
        lines = [json.loads(line) for line in (folder / SAMPLES).read_text("utf-8").splitlines()]
        counts = Counter(int(line["label"]) for line in lines if "label" in line)
    except (OSError, ValueError, TypeError, AttributeError, OverflowError):
        return {}  # labels are optional
    named = isinstance(names, list) and all(0 <= label < len(names) for label in counts)
    return {str(names[label])[:MAX_LENGTH] if named else str(label): count for label, count in sorted(counts.items())}


def place_in(path: str, name: str) -> PurePosixPath:
    """The path of a file within its set: its sanitised folders and the safe ``name``."""
    folders = [part for part in path.replace("\\", "/").split("/")[:-1] if part.strip(" .")]
    return PurePosixPath(*(safe_name(part, "folder") for part in folders[:_MAX_DEPTH]), name)


def id_of(file: str) -> str:
    """The id of a picture by its path within the set."""
    return hashlib.sha256(file.encode()).hexdigest()[:16]


def read_set(about: Path) -> PictureSet | None:
    """Load the set of a record; ``None`` if it cannot be read."""
    try:
        one = PictureSet(**json.loads(about.read_text("utf-8")))
        if not _ID.fullmatch(one.id) or one.id != about.parent.name or safe_name(one.name, "pictures") != one.name:
            return None
        index = about.parent / INDEX
        lines = index.read_text("utf-8").splitlines() if index.is_file() else []
    except (OSError, ValueError, TypeError):
        return None
    # Determined by the files, as the record may be older.
    one.whole = (about.parent / "set" / one.name / ABOUT).is_file()
    for line in lines:
        # The last line may be truncated; the upload of that picture was not confirmed.
        with suppress(ValueError, TypeError):
            member = Member(**json.loads(line))
            if member.id == id_of(member.file):
                one.members[member.id] = member
    return one
