"""The set store: sets uploaded file by file, created from results, or created by ``calotype data``; one folder each."""

from __future__ import annotations

import json
import secrets
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path, PurePosixPath

from calotype.data.writing import ABOUT, IMAGES
from calotype.errors import InputError
from calotype.files import output_error, write_whole
from calotype.studio.dataset_upload import DatasetUpload
from calotype.studio.picture_set import (
    INDEX,
    MAX_LENGTH,
    RECORD,
    Member,
    PictureSet,
    id_of,
    kinds_of,
    place_in,
    read_set,
)
from calotype.studio.pictures import MAX_BYTES, Missing, checked_photo, safe_name, write_thumbnail

MOST_SETS = 500
MOST_MEMBERS = 20_000  # pictures of one set
MOST_BYTES = 8 << 30  # of one set
_THUMBNAIL_SIDE = 240  # pixels of the longer side


class Sets:
    """The set store: a folder with a sub-folder for each set."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        # Decode one picture at a time, to limit memory.
        self._decoding = threading.Lock()
        self._known: dict[str, PictureSet] = {}
        self._uploads: dict[str, DatasetUpload] = {}
        for about in sorted(folder.glob(f"*/{RECORD}")):
            found = read_set(about)
            if found is not None:
                self._known[found.id] = found

    def all(self) -> list[PictureSet]:
        """All sets, newest first."""
        return sorted(self._known.copy().values(), key=lambda one: -one.added)

    def get(self, id: str) -> PictureSet:
        """The set with that id.

        Raises:
            InputError: there is none.
        """
        found = self._known.get(id)
        if found is None:
            raise Missing("this set is not in the studio any more: upload it again")
        return found

    def folder(self, id: str) -> Path:
        """The folder of a set's pictures, which has the name of the set."""
        return self._place(self.get(id))

    def _place(self, one: PictureSet) -> Path:
        return self._folder / one.id / "set" / one.name

    def new(self, name: str, source: str = "") -> PictureSet:
        """Create an empty set.

        Raises:
            InputError: there are too many sets.
            OutputError: it cannot be saved.
        """
        with self._lock:
            if len(self._known) >= MOST_SETS:
                raise InputError(f"there are {MOST_SETS} sets already: delete some")
            one = PictureSet(f"set-{secrets.token_hex(6)}", safe_name(name, "pictures"), time.time(), source)
            self._save(one)
            self._known[one.id] = one
            return one

    def add(self, id: str, data: bytes, path: str) -> Member:
        """Add a picture to a set; uploading the same picture with the same path again has no effect.

        Args:
            id: id of the set.
            data: content of the file.
            path: file name with its folders, given by the client.

        Raises:
            InputError: it is not a picture, damaged or too large, or the set is full.
            OutputError: it cannot be saved.
        """
        one = self.get(id)
        if len(data) > MAX_BYTES:
            raise InputError(f"the file has more than {MAX_BYTES >> 20} MB: give a smaller one")
        with self._decoding:
            given = checked_photo(data, path)
        place = place_in(path, given.name)
        with self._lock:
            self._check_room(one, len(data))
            file = self._free_path(one, place, data)
            size = given.photo.size
            member = Member(id_of(file), file, size.width, size.height, len(data))
            if member.id in one.members:
                return one.members[member.id]
            if one.whole:
                raise InputError("this is a complete data set, which cannot be changed: make another set")
            write_whole(self._place(one) / file, lambda out: out.write(data))
            write_whole(
                self._thumbnail_path(one, member), lambda out: write_thumbnail(given.upright, out, _THUMBNAIL_SIDE)
            )
            self._append(one, member)
            one.members[member.id] = member
        return member

    def _check_room(self, one: PictureSet, more: int, pictures: int = 1) -> None:
        if one.id not in self._known:
            raise Missing("this set was deleted in the meantime: upload it again")
        if len(one.members) + pictures > MOST_MEMBERS:
            raise InputError(f"a set has at most {MOST_MEMBERS} pictures: put the rest into another set")
        other_bytes = self._uploads[one.id].bytes if one.id in self._uploads else 0
        if sum(member.bytes for member in one.members.values()) + other_bytes + more > MOST_BYTES:
            raise InputError(f"a set has at most {MOST_BYTES >> 30} GB: put the rest into another set")

    def _free_path(self, one: PictureSet, place: PurePosixPath, data: bytes) -> str:
        """A free path, or that of the same picture; checked on disk, where names may be case-insensitive."""
        for number in range(1, MOST_MEMBERS + 2):
            candidate = place if number == 1 else place.with_name(f"{place.stem}-{number}{place.suffix}")
            existing = self._place(one) / candidate
            if not existing.exists() or (existing.stat().st_size == len(data) and existing.read_bytes() == data):
                return str(candidate)
        raise InputError(f"too many pictures are called {place.name}: give them other names")

    def put_beside(self, id: str, data: bytes, path: str) -> None:
        """Store a file of a data set with labels other than a picture; see ``DatasetUpload.put``.

        Raises:
            InputError: there is no such set, it is complete, or the file does not belong to it.
            OutputError: it cannot be saved.
        """
        one = self.get(id)
        if len(data) > MAX_BYTES:
            raise InputError(
                f"the file has more than {MAX_BYTES >> 20} MB, too many for a data set: give a smaller one"
            )
        # Label maps are decoded for checks, also one at a time.
        with self._decoding, self._lock:
            if one.whole:
                raise InputError("this is a complete data set, which cannot be changed: make another set")
            self._check_room(one, len(data), pictures=0)
            if id not in self._uploads:
                shutil.rmtree(self._upload_folder(one), ignore_errors=True)  # left by an earlier server
                self._uploads[id] = DatasetUpload(self._upload_folder(one))
            self._uploads[id].put(path, data)

    def complete(self, id: str) -> PictureSet:
        """Complete the upload of a data set with labels.

        Pictures that do not belong to it, or whose samples have missing files, are removed.

        Raises:
            InputError: there is no such set, or its metadata are missing.
            OutputError: it cannot be saved.
        """
        with self._lock:
            one = self.get(id)
            if id not in self._uploads:
                raise InputError("the description of this set is missing: upload its folder again")
            by_file = {member.file: member for member in one.members.values()}
            about = self._uploads[id].complete(self._place(one), by_file.keys())
            kept = [by_file.pop(file) for file in about["pictures"]]
            for member in by_file.values():
                self._delete(one, member)
            one.members = {member.id: member for member in kept}
            one.licence = str(about.get("licence", ""))[:MAX_LENGTH]
            one.source, one.maps = about["source"], about["maps"]
            one.whole, one.kinds = True, kinds_of(self._place(one))
            del self._uploads[id]
            shutil.rmtree(self._upload_folder(one), ignore_errors=True)
            self._write_index(one)
            self._save(one)
            return one

    def _upload_folder(self, one: PictureSet) -> Path:
        return self._folder / one.id / "upload"

    def _delete(self, one: PictureSet, member: Member) -> None:
        with suppress(OSError):
            (self._place(one) / member.file).unlink()
            self._thumbnail_path(one, member).unlink()

    def adopt(self, id: str, *, whole: bool) -> PictureSet:
        """Register the files that a job has created in the folder of a set.

        Args:
            id: of the set.
            whole: whether it is a data set with labels; else the folder has pictures alone.

        Raises:
            InputError: there is no such set, or its files cannot be read.
        """
        one = self.get(id)
        folder = self._place(one)
        if not whole:
            return self._registered(one, folder)
        try:
            licence = str(json.loads((folder / ABOUT).read_text("utf-8"))["licence"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"the set '{one.name}' cannot be read: create it again") from error
        with self._lock:
            one.licence, one.maps = licence, (folder / "maps").is_dir()
            one.whole, one.kinds = True, kinds_of(folder)
            return self._registered(one, folder / IMAGES)

    def _registered(self, one: PictureSet, pictures: Path) -> PictureSet:
        """A set with the PNGs of a folder of it."""
        with self._lock:
            for path in sorted(pictures.glob("*.png")):
                file = path.relative_to(self._place(one)).as_posix()
                one.members[id_of(file)] = Member(id_of(file), file, 0, 0, path.stat().st_size)
            self._write_index(one)
            self._save(one)
        return one

    def rename(self, id: str, name: str) -> PictureSet:
        """Rename a set.

        Raises:
            InputError: there is none.
            OutputError: its folder cannot be renamed.
        """
        with self._lock:
            one = self.get(id)
            old_place = self._place(one)
            one.name = safe_name(name, "pictures")
            try:
                if old_place.is_dir() and old_place != self._place(one):
                    old_place.rename(self._place(one))
            except OSError as error:
                raise output_error(old_place, error) from error
            self._save(one)
            return one

    def remove(self, id: str) -> None:
        """Delete a set.

        Raises:
            InputError: there is none.
        """
        with self._lock:
            one = self.get(id)
            del self._known[one.id]
            self._uploads.pop(one.id, None)
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
            InputError: there is no such picture, or the set is a data set with labels.
        """
        with self._lock:
            one, found = self.get(id), self.member(id, member)
            if one.whole:
                raise InputError("this is a complete data set, which cannot be changed: make another set")
            self._delete(one, found)
            del one.members[member]
            self._write_index(one)
            return one

    def file(self, id: str, member: str) -> Path:
        """The file of a picture."""
        one = self.get(id)
        return self._place(one) / self.member(id, member).file

    def thumbnail(self, id: str, member: str) -> Path:
        """The thumbnail file of a picture, WebP, created on demand."""
        from calotype.image.io import image_of, open_photo

        one, found = self.get(id), self.member(id, member)
        small = self._thumbnail_path(one, found)
        with self._decoding:
            if not small.exists():
                image = image_of(open_photo(self._place(one) / found.file))
                write_whole(small, lambda out: write_thumbnail(image, out, _THUMBNAIL_SIDE))
        return small

    def _thumbnail_path(self, one: PictureSet, member: Member) -> Path:
        return self._folder / one.id / "shown" / f"{member.id}.webp"

    def _save(self, one: PictureSet) -> None:
        about = {key: value for key, value in one.__dict__.items() if key != "members"}
        text = json.dumps(about, indent=1)
        write_whole(self._folder / one.id / RECORD, lambda out: out.write(text.encode()))

    def _append(self, one: PictureSet, member: Member) -> None:
        # Append one line, as rewriting the index for each picture would be slow for large sets.
        path = self._folder / one.id / INDEX
        try:
            with open(path, "a", encoding="utf-8") as out:
                out.write(json.dumps(asdict(member)) + "\n")
        except OSError as error:
            raise output_error(path, error) from error

    def _write_index(self, one: PictureSet) -> None:
        text = "".join(json.dumps(asdict(member)) + "\n" for member in one.members.values())
        write_whole(self._folder / one.id / INDEX, lambda out: out.write(text.encode()))
