"""Sets of pictures: handed in file by file, made of results, or made by ``calotype data``; each a folder of its own.

What a client calls a file says where it is to stand within its set, and nothing else: every part of the name is made
safe, and a suffix is given by what the file is. So no name leads anywhere, and what lies in a set are pictures.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from calotype.data.writing import ABOUT, IMAGES, SAMPLES
from calotype.errors import InputError
from calotype.files import output_error, write_whole
from calotype.studio.dataset_upload import Coming
from calotype.studio.pictures import MAX_BYTES, Missing, checked_photo, safe_name, write_thumbnail

MOST_SETS = 500
MOST_MEMBERS = 20_000  # pictures of one set
MOST_BYTES = 8 << 30  # of one set
_LONGEST = 300  # letters of what is said of a set's licence
_DEEPEST = 4  # folders within folders; what is deeper is put into the last
_SMALL = 240  # pixels of the longer side of a thumbnail
_SHOWN = 8  # pictures that stand for a set where sets are listed
_ID = re.compile(r"set-[0-9a-f]{12}")
_RECORD, _INDEX = "set.json", "index.jsonl"


@dataclass(frozen=True)
class Member:
    """One picture of a set.

    Attributes:
        id: 16 hexadecimal digits of the hash of its place.
        file: its place in the set, with slashes.
        width: in pixels, upright; 0 where nobody has looked.
        height: the same.
        bytes: of the file.
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
        name: of its folder: models that learn from it are called after it.
        added: seconds since 1970.
        source: the set that anyone can have that it is, or the verb whose results it is of; empty: handed in.
        licence: of the pictures, where that is known.
        maps: whether it says of every pixel what it shows.
        whole: whether it is a set of samples, which belong together: nothing is added to it or taken out.
        kinds: the labels of its samples, with how many have each; empty where they have none.
        members: its pictures, by id, in the order in which they came.
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
        """What a client is told of it: without its pictures, of which a few stand for all."""
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
    """The sub-folders that pictures stand in, with how many there are in each; none where all stand together."""
    counts = Counter(file.split("/", 1)[0] for file in files if "/" in file)
    return dict(sorted(counts.items())) if len(counts) > 1 else {}


def kinds_of(folder: Path) -> dict[str, int]:
    """The labels of a set of samples, by name or number, with how many samples have each; none where it has none."""
    try:
        names = json.loads((folder / ABOUT).read_text("utf-8")).get("labels", [])
        lines = [json.loads(line) for line in (folder / SAMPLES).read_text("utf-8").splitlines()]
        counts = Counter(int(line["label"]) for line in lines if "label" in line)
    except (OSError, ValueError, TypeError, AttributeError, OverflowError):
        return {}  # what a set shows is told without it
    named = isinstance(names, list) and all(0 <= label < len(names) for label in counts)
    return {str(names[label])[:_LONGEST] if named else str(label): count for label, count in sorted(counts.items())}


class Sets:
    """A folder of sets."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        # Decoding takes memory: one at a time, however many are handed in.
        self._decoding = threading.Lock()
        self._known: dict[str, PictureSet] = {}
        self._coming: dict[str, Coming] = {}
        for about in sorted(folder.glob(f"*/{_RECORD}")):
            found = _read(about)
            if found is not None:
                self._known[found.id] = found

    def all(self) -> list[PictureSet]:
        """Every set, the newest first."""
        return sorted(self._known.copy().values(), key=lambda one: -one.added)

    def get(self, id: str) -> PictureSet:
        """The set of that id.

        Raises:
            InputError: there is none.
        """
        found = self._known.get(id)
        if found is None:
            raise Missing("this set is not in the studio any more: hand it in again")
        return found

    def folder(self, id: str) -> Path:
        """Where the pictures of a set are: named like the set."""
        return self._place(self.get(id))

    def _place(self, one: PictureSet) -> Path:
        return self._folder / one.id / "set" / one.name

    def new(self, name: str, source: str = "") -> PictureSet:
        """A set without pictures.

        Raises:
            InputError: there are too many.
            OutputError: it cannot be kept.
        """
        with self._lock:
            if len(self._known) >= MOST_SETS:
                raise InputError(f"there are {MOST_SETS} sets already: delete some")
            one = PictureSet(f"set-{secrets.token_hex(6)}", safe_name(name, "pictures"), time.time(), source)
            self._noted(one)
            self._known[one.id] = one
            return one

    def add(self, id: str, data: bytes, path: str) -> Member:
        """Put a picture into a set; one that is in it already, at the same place, is not put there again.

        Args:
            id: of the set.
            data: the file's bytes.
            path: what it is called, with the folders that it was in, from wherever it came.

        Raises:
            InputError: it is no picture, broken or too large, or the set would be.
            OutputError: it cannot be kept.
        """
        one = self.get(id)
        if len(data) > MAX_BYTES:
            raise InputError(f"the file has more than {MAX_BYTES >> 20} MB: give a smaller one")
        with self._decoding:
            given = checked_photo(data, path)
        place = place_in(path, given.name)
        with self._lock:
            self._check_room(one, len(data))
            file = self._free(one, place, data)
            size = given.photo.size
            member = Member(_id_of(file), file, size.width, size.height, len(data))
            if member.id in one.members:
                return one.members[member.id]
            if one.whole:
                raise InputError("this set belongs together as it is: nothing can be added to it, make another set")
            write_whole(self._place(one) / file, lambda out: out.write(data))
            write_whole(self._small(one, member), lambda out: write_thumbnail(given.upright, out, _SMALL))
            self._append(one, member)
            one.members[member.id] = member
        return member

    def _check_room(self, one: PictureSet, more: int, pictures: int = 1) -> None:
        if one.id not in self._known:
            raise Missing("this set was deleted in the meantime: hand it in again")
        if len(one.members) + pictures > MOST_MEMBERS:
            raise InputError(f"a set has at most {MOST_MEMBERS} pictures: make another one of the rest")
        beside = self._coming[one.id].bytes if one.id in self._coming else 0
        if sum(member.bytes for member in one.members.values()) + beside + more > MOST_BYTES:
            raise InputError(f"a set has at most {MOST_BYTES >> 30} GB: make another one of the rest")

    def _free(self, one: PictureSet, place: PurePosixPath, data: bytes) -> str:
        """A place where nothing else stands, or this very picture; asked of the disk, which may not tell a from A."""
        for number in range(1, MOST_MEMBERS + 2):
            tried = place if number == 1 else place.with_name(f"{place.stem}-{number}{place.suffix}")
            there = self._place(one) / tried
            if not there.exists() or (there.stat().st_size == len(data) and there.read_bytes() == data):
                return str(tried)
        raise InputError(f"too many pictures are called {place.name}: give them other names")

    def put_beside(self, id: str, data: bytes, path: str) -> None:
        """Take what belongs to a set of samples and is none of its pictures; see ``Coming.put``.

        Raises:
            InputError: there is no such set, it is whole already, or the file does not belong to it.
            OutputError: it cannot be kept.
        """
        one = self.get(id)
        if len(data) > MAX_BYTES:
            raise InputError(f"the file has more than {MAX_BYTES >> 20} MB: it is none of a set of samples")
        # Maps are decoded to be checked, which takes memory, as with the pictures themselves.
        with self._decoding, self._lock:
            if one.whole:
                raise InputError("this set belongs together as it is: nothing can be added to it, make another set")
            self._check_room(one, len(data), pictures=0)
            if id not in self._coming:
                shutil.rmtree(self._waiting(one), ignore_errors=True)  # what an earlier server had
                self._coming[id] = Coming(self._waiting(one))
            self._coming[id].put(path, data)

    def complete(self, id: str) -> PictureSet:
        """Make a set the set of samples that it was elsewhere, now that its files have come.

        Pictures that are none of it, or to which something is missing, are taken out.

        Raises:
            InputError: there is no such set, or what makes it one has not come.
            OutputError: it cannot be kept.
        """
        with self._lock:
            one = self.get(id)
            if id not in self._coming:
                raise InputError("what says what this set is has not come: hand in its folder again")
            by_file = {member.file: member for member in one.members.values()}
            said = self._coming[id].complete(self._place(one), by_file.keys())
            kept = [by_file.pop(file) for file in said["pictures"]]
            for member in by_file.values():
                self._delete(one, member)
            one.members = {member.id: member for member in kept}
            one.licence, one.source, one.maps = str(said.get("licence", ""))[:_LONGEST], said["source"], said["maps"]
            one.whole, one.kinds = True, kinds_of(self._place(one))
            del self._coming[id]
            shutil.rmtree(self._waiting(one), ignore_errors=True)
            self._write_index(one)
            self._noted(one)
            return one

    def _waiting(self, one: PictureSet) -> Path:
        return self._folder / one.id / "coming"

    def _delete(self, one: PictureSet, member: Member) -> None:
        with suppress(OSError):
            (self._place(one) / member.file).unlink()
            self._small(one, member).unlink()

    def adopt(self, id: str) -> PictureSet:
        """Take up what a job has put into a set's folder.

        Raises:
            InputError: there is no such set, or what lies there cannot be read.
        """
        one = self.get(id)
        folder = self._place(one)
        try:
            licence = str(json.loads((folder / ABOUT).read_text("utf-8"))["licence"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"the set '{one.name}' cannot be read: make it again") from error
        with self._lock:
            one.licence, one.maps = licence, (folder / "maps").is_dir()
            one.whole, one.kinds = True, kinds_of(folder)
            for path in sorted((folder / IMAGES).iterdir()):
                file = path.relative_to(folder).as_posix()
                one.members[_id_of(file)] = Member(_id_of(file), file, 0, 0, path.stat().st_size)
            self._write_index(one)
            self._noted(one)
        return one

    def rename(self, id: str, name: str) -> PictureSet:
        """Call a set otherwise.

        Raises:
            InputError: there is none.
            OutputError: its folder cannot be renamed.
        """
        with self._lock:
            one = self.get(id)
            before = self._place(one)
            one.name = safe_name(name, "pictures")
            try:
                if before.is_dir() and before != self._place(one):
                    before.rename(self._place(one))
            except OSError as error:
                raise output_error(before, error) from error
            self._noted(one)
            return one

    def remove(self, id: str) -> None:
        """Delete a set.

        Raises:
            InputError: there is none.
        """
        with self._lock:
            one = self.get(id)
            del self._known[one.id]
            self._coming.pop(one.id, None)
            shutil.rmtree(self._folder / one.id, ignore_errors=True)

    def member(self, id: str, member: str) -> Member:
        """One picture of a set.

        Raises:
            InputError: there is no such set, or no such picture in it.
        """
        found = self.get(id).members.get(member)
        if found is None:
            raise Missing("there is no such picture in this set")
        return found

    def take_out(self, id: str, member: str) -> PictureSet:
        """Delete a picture of a set.

        Raises:
            InputError: there is none, or the set says of each of its pictures what it shows.
        """
        with self._lock:
            one, found = self.get(id), self.member(id, member)
            if one.whole:
                raise InputError("this set belongs together as it is: nothing can be taken out of it")
            self._delete(one, found)
            del one.members[member]
            self._write_index(one)
            return one

    def file(self, id: str, member: str) -> Path:
        """The file of a picture."""
        one = self.get(id)
        return self._place(one) / self.member(id, member).file

    def thumbnail(self, id: str, member: str) -> Path:
        """A small WebP of a picture, made when it is first asked for."""
        from calotype.image.io import image_of, open_photo

        one, found = self.get(id), self.member(id, member)
        small = self._small(one, found)
        with self._decoding:
            if not small.exists():
                image = image_of(open_photo(self._place(one) / found.file))
                write_whole(small, lambda out: write_thumbnail(image, out, _SMALL))
        return small

    def _small(self, one: PictureSet, member: Member) -> Path:
        return self._folder / one.id / "shown" / f"{member.id}.webp"

    def _noted(self, one: PictureSet) -> None:
        about = {key: value for key, value in one.__dict__.items() if key != "members"}
        text = json.dumps(about, indent=1)
        write_whole(self._folder / one.id / _RECORD, lambda out: out.write(text.encode()))

    def _append(self, one: PictureSet, member: Member) -> None:
        # A line a picture: to write all of them anew with each would take long where there are thousands.
        path = self._folder / one.id / _INDEX
        try:
            with open(path, "a", encoding="utf-8") as out:
                out.write(json.dumps(asdict(member)) + "\n")
        except OSError as error:
            raise output_error(path, error) from error

    def _write_index(self, one: PictureSet) -> None:
        text = "".join(json.dumps(asdict(member)) + "\n" for member in one.members.values())
        write_whole(self._folder / one.id / _INDEX, lambda out: out.write(text.encode()))


def place_in(path: str, name: str) -> PurePosixPath:
    """Where a file is to stand in its set: in folders like those it came in, under its safe ``name``."""
    folders = [part for part in path.replace("\\", "/").split("/")[:-1] if part.strip(" .")]
    return PurePosixPath(*(safe_name(part, "folder") for part in folders[:_DEEPEST]), name)


def _id_of(file: str) -> str:
    return hashlib.sha256(file.encode()).hexdigest()[:16]


def _read(about: Path) -> PictureSet | None:
    """The set that a file describes; nothing where it cannot be read."""
    try:
        one = PictureSet(**json.loads(about.read_text("utf-8")))
        if not _ID.fullmatch(one.id) or one.id != about.parent.name or safe_name(one.name, "pictures") != one.name:
            return None
        index = about.parent / _INDEX
        lines = index.read_text("utf-8").splitlines() if index.is_file() else []
    except (OSError, ValueError, TypeError):
        return None
    # What is on the disk says it: a record may be older than its set is whole.
    one.whole = (about.parent / "set" / one.name / ABOUT).is_file()
    for line in lines:
        # The last line may have been cut short: that picture was not said to be there.
        with suppress(ValueError, TypeError):
            member = Member(**json.loads(line))
            if member.id == _id_of(member.file):
                one.members[member.id] = member
    return one
