"""Temporary uploads of files other than pictures, in chunks: the files of models and packages."""

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

MOST_FILES = 16  # of one upload
MOST_BYTES = 4 << 30  # of one upload
MOST_UPLOADS = 8
_CHUNK = 1 << 20  # bytes
_NAME = re.compile(r"\w[\w.-]{0,99}")
_EXPIRY = 6 * 3600.0  # seconds after which an unused upload is deleted


class FileUploads:
    """The current uploads, called file_uploads, in a folder that is emptied at the start of the server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._created: dict[str, float] = {}
        shutil.rmtree(folder, ignore_errors=True)

    def new(self) -> str:
        """Create an empty upload and return its id.

        Raises:
            InputError: there are too many unused uploads.
        """
        with self._lock:
            for id in [id for id, created in self._created.items() if time.time() - created > _EXPIRY]:
                self._forget(id)
            if len(self._created) >= MOST_UPLOADS:
                raise InputError("too many uploads at a time: wait until the others are finished")
            id = secrets.token_hex(8)
            self._created[id] = time.time()
            return id

    def folder(self, id: str) -> Path:
        """The folder with the files of an upload.

        Raises:
            InputError: there is no such upload.
        """
        if id not in self._created:
            raise Missing("this upload does not exist any more: upload the files again")
        return self._folder / id

    def put(self, id: str, name: str, at: int, data: bytes) -> int:
        """Append a chunk to a file at offset ``at`` bytes, and return the new size of the file in bytes.

        Raises:
            InputError: no such upload, an invalid name, a wrong offset, or too many files or bytes.
            OutputError: the file cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise InputError("a file name may have letters, digits, dots and dashes only: rename the file")
        with self._lock:
            folder = self.folder(id)
            try:
                folder.mkdir(parents=True, exist_ok=True)
                path, existing = folder / name, list(folder.iterdir())
                if path not in existing and len(existing) >= MOST_FILES:
                    raise InputError(f"at most {MOST_FILES} files can be uploaded together")
                if sum(one.stat().st_size for one in existing) + len(data) > MOST_BYTES:
                    raise InputError(f"at most {MOST_BYTES >> 30} GB can be uploaded together")
                with open(path, "ab") as file:
                    if file.tell() != at:
                        raise InputError("a part of this file is missing: upload it again")
                    file.write(data)
                    return file.tell()
            except OSError as error:
                raise output_error(folder, error) from error

    def opened(self, id: str, name: str | None = None) -> Path:
        """Finish an upload: unpack zip files and return a folder with all files.

        Args:
            id: id of the upload.
            name: folder name given by the client; ``None`` for that of the one folder in the zip, else that of the only
                file that was uploaded.

        Raises:
            InputError: no such upload, no files, or a zip that is damaged or too large.
            OutputError: the files cannot be written.
        """
        with self._lock:
            folder = self.folder(id)
            try:
                files = sorted(folder.iterdir()) if folder.is_dir() else []
                found = files[0].stem if len(files) == 1 else ""
                for path in [path for path in files if path.suffix.lower() == ".zip"]:
                    found = _unzip(path, folder) or found
                    path.unlink()
                files = sorted(folder.iterdir()) if folder.is_dir() else []
                if not files:
                    raise InputError("the upload has no model files: choose all files of the model's folder")
                # The path depends on the content, so that the same files are recognised as the same model.
                place = self._folder / f"opened-{_digest(files)}" / safe_name(name or found, "model")
                shutil.rmtree(place.parent, ignore_errors=True)
                place.parent.mkdir(parents=True)
                folder.rename(place)
            except OSError as error:
                raise output_error(folder, error) from error
            self._created.pop(id)
            return place

    def close(self, place: Path) -> None:
        """Delete the folder that ``opened`` returned."""
        shutil.rmtree(place.parent, ignore_errors=True)

    def forget(self, id: str) -> None:
        """Delete an upload.

        Raises:
            InputError: there is none.
        """
        with self._lock:
            self.folder(id)
            self._forget(id)

    def _forget(self, id: str) -> None:
        self._created.pop(id, None)
        shutil.rmtree(self._folder / id, ignore_errors=True)


def _unzip(path: Path, folder: Path) -> str:
    """Unpack the files of a zip without their folders; skip invalid names, and limit the total size.

    Returns:
        The name of the folder that all of them are in; empty if there is none.
    """
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
                    # Count the unpacked bytes, as sizes in headers cannot be trusted.
                    while chunk := packed.read(_CHUNK):
                        left -= len(chunk)
                        if left < 0:
                            raise InputError(f"this zip has more than {MOST_BYTES >> 30} GB: give a smaller one")
                        out.write(chunk)
        tops = {one.filename.split("/", 1)[0] if "/" in one.filename else "" for one in members}
        return tops.pop() if len(tops) == 1 else ""
    except InputError:
        raise
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise InputError("this zip is damaged or has an unsupported compression: create it again") from error


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with open(path, "rb") as file:
            digest.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\0".encode())
    return digest.hexdigest()[:16]
