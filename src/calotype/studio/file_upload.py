"""What is handed in and is no picture, piece by piece: the files of a model. It is opened, or forgotten, soon after."""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import threading
import time
import zipfile
import zlib
from pathlib import Path

from calotype.errors import InputError
from calotype.files import output_error
from calotype.studio.pictures import Missing, safe_name

MOST_FILES = 16  # of one parcel
MOST_BYTES = 4 << 30  # of one parcel
MOST_PARCELS = 8
_PIECE = 1 << 20  # bytes
_NAME = re.compile(r"\w[\w.-]{0,99}")
_OLD = 6 * 3600.0  # seconds after which nobody is going to open it any more


class Parcels:
    """A folder of parcels; all that an earlier server had is thrown away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._begun: dict[str, float] = {}
        shutil.rmtree(folder, ignore_errors=True)

    def new(self) -> str:
        """The id of an empty parcel.

        Raises:
            InputError: there are too many that nobody has opened.
        """
        with self._lock:
            for id in [id for id, begun in self._begun.items() if time.time() - begun > _OLD]:
                self._forget(id)
            if len(self._begun) >= MOST_PARCELS:
                raise InputError("too many files are being handed in at a time: wait until the others have come")
            id = secrets.token_hex(8)
            self._begun[id] = time.time()
            return id

    def folder(self, id: str) -> Path:
        """Where its files are.

        Raises:
            InputError: there is no such parcel.
        """
        if id not in self._begun:
            raise Missing("these files are not here any more: hand them in again")
        return self._folder / id

    def put(self, id: str, name: str, at: int, data: bytes) -> int:
        """Put a piece of a file, which begins ``at`` so many bytes; returns how many bytes of the file are there.

        Raises:
            InputError: no such parcel, a name that cannot be used, a piece that does not follow, or too much.
            OutputError: it cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise InputError("a file's name has letters, digits, dots and dashes, and no folders: rename it")
        with self._lock:
            folder = self.folder(id)
            try:
                folder.mkdir(parents=True, exist_ok=True)
                path, there = folder / name, list(folder.iterdir())
                if path not in there and len(there) >= MOST_FILES:
                    raise InputError(f"at most {MOST_FILES} files can be handed in together")
                if sum(one.stat().st_size for one in there) + len(data) > MOST_BYTES:
                    raise InputError(f"at most {MOST_BYTES >> 30} GB can be handed in together")
                with open(path, "ab") as file:
                    if file.tell() != at:
                        raise InputError("a piece of this file is missing: hand it in again")
                    file.write(data)
                    return file.tell()
            except OSError as error:
                raise output_error(folder, error) from error

    def opened(self, id: str, name: str) -> Path:
        """A folder with the files of a parcel; what came as one zip is taken out of it.

        Args:
            id: of the parcel.
            name: of the folder, from wherever it came.

        Raises:
            InputError: no such parcel, nothing in it, or a zip that cannot be read or holds too much.
            OutputError: it cannot be written.
        """
        with self._lock:
            folder = self.folder(id)
            try:
                files = sorted(folder.iterdir()) if folder.is_dir() else []
                for path in [path for path in files if path.suffix.lower() == ".zip"]:
                    _unzip(path, folder)
                    path.unlink()
                files = sorted(folder.iterdir()) if folder.is_dir() else []
                if not files:
                    raise InputError("there is no file of a model in this: choose all the files of its folder")
                # Where the same files come again, they are at the same place again: they are the same model.
                place = self._folder / f"opened-{_digest(files)}" / safe_name(name, "model")
                shutil.rmtree(place.parent, ignore_errors=True)
                place.parent.mkdir(parents=True)
                folder.rename(place)
            except OSError as error:
                raise output_error(folder, error) from error
            self._begun.pop(id)
            return place

    def close(self, place: Path) -> None:
        """Delete what ``opened`` made."""
        shutil.rmtree(place.parent, ignore_errors=True)

    def forget(self, id: str) -> None:
        """Delete a parcel.

        Raises:
            InputError: there is none.
        """
        with self._lock:
            self.folder(id)
            self._forget(id)

    def _forget(self, id: str) -> None:
        self._begun.pop(id, None)
        shutil.rmtree(self._folder / id, ignore_errors=True)


def _unzip(path: Path, folder: Path) -> None:
    """Take the files out of a zip, whatever folders they are in, as far as their names and sizes are allowed."""
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if len(members) > MOST_FILES:
                raise InputError(f"a model has at most {MOST_FILES} files, and this zip has {len(members)}")
            for member in members:
                name = member.filename.rsplit("/", 1)[-1]
                if not _NAME.fullmatch(name):
                    continue
                with archive.open(member) as packed, open(folder / name, "wb") as out:
                    # What a header says of a size is not believed: what comes out is counted.
                    while piece := packed.read(_PIECE):
                        left -= len(piece)
                        if left < 0:
                            raise InputError(f"there are more than {MOST_BYTES >> 30} GB in this zip")
                        out.write(piece)
    except InputError:
        raise
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise InputError("this zip is damaged, or packed in a way that is not known here: pack it again") from error


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with open(path, "rb") as file:
            digest.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\0".encode())
    return digest.hexdigest()[:16]
