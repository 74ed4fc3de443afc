"""Reading files inside packages and archives by name, without extracting them to disk."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from calotype.errors import InputError
from calotype.files import shown

Wanted = Callable[[str], bool]
_AR = b"!<arch>\n"
_RCC = b"qres"
_DIRECTORY, _ZLIB, _UNSUPPORTED = 2, 1, 4  # flags of entries in Qt resource files
_MAX_BYTES = 1 << 30  # maximum bytes of one file inside


def members(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    """The files in an archive for which ``wanted`` is true, as (name, content), in archive order.

    Names are relative, with slashes. Supported are Debian packages, wheels and other zips, tar archives with any common
    compression, and Qt resource files.

    Raises:
        InputError: it cannot be read, or is damaged.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(8)
            if head == _AR:
                yield from _of_debian(path, wanted)
            elif head[:4] == _RCC:
                file.seek(0)
                yield from resources(file.read(), wanted)
            elif zipfile.is_zipfile(path):
                yield from _of_zip(path, wanted)
            else:
                with tarfile.open(path) as archive:
                    yield from _of_tar(archive, wanted)
    except (OSError, EOFError, ValueError, struct.error, zlib.error, tarfile.TarError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{shown(path)} is damaged ({reason}): delete it and fetch it again") from error


def _of_tar(archive: tarfile.TarFile, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    for entry in archive:
        name = entry.name.removeprefix("./")
        if entry.isfile() and wanted(name):
            content = archive.extractfile(entry)
            if content is not None:
                yield name, content.read(_MAX_BYTES)


def _of_zip(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.endswith("/") and wanted(name):
                yield name, archive.read(name)


def _of_debian(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    """The data of a Debian package: an ar archive that contains a tar archive."""
    with open(path, "rb") as file:
        file.seek(len(_AR))
        while header := file.read(60):
            name, size = header[:16].decode("ascii").strip().rstrip("/"), int(header[48:58])
            if name.startswith("data.tar"):
                # Streamed: the data may be too large for memory.
                with tarfile.open(fileobj=_Part(file, size), mode="r|*") as archive:
                    yield from _of_tar(archive, wanted)
                return
            file.seek(size + size % 2, io.SEEK_CUR)
    raise ValueError("there is no data in it")


class _Part(io.RawIOBase):
    """A given number of bytes of a file, as a file."""

    def __init__(self, file: io.BufferedReader, size: int) -> None:
        self.file, self.left = file, size

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: object) -> int:
        """As for any raw file."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        content = self.file.read(min(len(view), self.left))
        view[: len(content)] = content
        self.left -= len(content)
        return len(content)


def resources(data: bytes, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    """The files in a Qt resource file, versions 1 to 3: a tree of entries, their names, and their contents.

    Raises:
        ValueError: its compression is not supported.
        struct.error, zlib.error: it is damaged.
    """
    version, tree, contents, names = struct.unpack_from(">4I", data, 4)
    entry = 14 if version < 2 else 22

    def name_at(offset: int) -> str:
        (length,) = struct.unpack_from(">H", data, names + offset)
        start = names + offset + 6
        return data[start : start + 2 * length].decode("utf-16-be")

    def walk(number: int, above: str) -> Iterator[tuple[str, bytes]]:
        name_offset, flags = struct.unpack_from(">IH", data, tree + number * entry)
        path = f"{above}/{name_at(name_offset)}" if number else ""
        if flags & _DIRECTORY:
            count, first = struct.unpack_from(">II", data, tree + number * entry + 6)
            for child in range(first, first + count):
                yield from walk(child, path)
        elif wanted(path.lstrip("/")):
            (offset,) = struct.unpack_from(">I", data, tree + number * entry + 10)
            (size,) = struct.unpack_from(">I", data, contents + offset)
            content = data[contents + offset + 4 : contents + offset + 4 + size]
            if flags & _UNSUPPORTED:
                raise ValueError(f"{path} is packed in a way that cannot be read here")
            yield path.lstrip("/"), zlib.decompress(content[4:]) if flags & _ZLIB else content

    yield from walk(0, "")
