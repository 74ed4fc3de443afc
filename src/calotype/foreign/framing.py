"""The four ways in which pickles and numbers are laid out in a file."""

from __future__ import annotations

import ast
import io
import math
import zipfile
import zlib
from dataclasses import dataclass, field

from calotype.foreign.limits import Broken, Budget, Refused
from calotype.foreign.machine import Machine
from calotype.foreign.names import COMMON, Name, Names
from calotype.foreign.records import Array, Dtype, Storage, is_size

_MAGIC = 0x1950A86A20F9469CFC6C  # first value in a stream of torch.save before torch 1.6
_VERSION = 1001
_ZIP, _NUMPY = b"PK\x03\x04", b"\x93NUMPY"
_LONGEST_HEADER = 4096  # of a NumPy file, bytes
_LOCAL_HEADER = 30  # of an archive's member, bytes, before its name


@dataclass
class Storages:
    """The targets of a pickle's persistent references: storages by their keys."""

    budget: Budget
    found: dict[str, Storage] = field(default_factory=dict)

    def refer(self, reference: object) -> object:
        """The record for a persistent reference: a storage or, in old streams, the class of a module."""
        if isinstance(reference, tuple) and len(reference) >= 2 and reference[0] == "module":
            # It is followed by the module's source code, which is not needed.
            if isinstance(reference[1], Name) and reference[1].made:
                return reference[1]
        elif isinstance(reference, tuple) and len(reference) >= 5 and reference[0] == "storage":
            kind, key, _, count = reference[1:5]
            # In streams, the sixth entry marks a view of another storage.
            known = isinstance(kind, Name) and kind.dtype is not None
            if known and isinstance(key, str) and is_size((count,)) and not any(reference[5:]):
                assert isinstance(kind, Name)
                assert kind.dtype is not None
                return self.found.setdefault(key, Storage(kind.dtype, count, self.budget))
        raise Refused("refers to something unknown")


def unpacked(data: memoryview, names: Names, budget: Budget) -> object:
    """The content of a file in any of the four framings.

    Raises:
        Refused: it has something that no file of the expected kind has.
        Broken: it is damaged.
    """
    if data[: len(_ZIP)] == _ZIP:
        return _from_archive(data, names, budget)
    if data[: len(_NUMPY)] == _NUMPY:
        return _from_numpy(data, names, budget)
    return _from_pickles(data, names, budget)


def _nested(names: Names, budget: Budget) -> Names:
    """The names with the function that reads a tensor's stream within a pickle, as NVIDIA's and older files have it."""

    def load(budget: Budget, args: tuple[object, ...]) -> object:
        if len(args) != 1 or not isinstance(args[0], (bytes, memoryview)):
            raise Refused("holds a stream that is none")
        if budget.depth >= budget.limits.nesting:
            raise Refused("has pickles nested too deeply")
        budget.charge(len(args[0]))  # each may be read more than once
        budget.depth += 1
        found = _from_pickles(memoryview(args[0]), COMMON, budget)
        budget.depth -= 1
        return found

    key = ("torch.storage", "_load_from_bytes")
    return {**names, key: Name("torch.storage._load_from_bytes", load)}


def _from_pickles(data: memoryview, names: Names, budget: Budget) -> object:
    """A bare pickle; or, if it is the number that begins them, a stream: five pickles, then counts and bytes."""
    storages = Storages(budget)
    machine = Machine(data, _nested(names, budget), storages.refer, budget)
    first = machine.load()
    if type(first) is not int or first != _MAGIC:
        if storages.found:
            raise Broken("storages without content")
        return first
    version, system = machine.load(), machine.load()
    if type(version) is not int or version != _VERSION or not isinstance(system, dict):
        raise Broken("an unknown version")
    if system.get("little_endian") is not True:
        raise Broken("written on a big-endian machine")
    found, keys = machine.load(), machine.load()
    if not isinstance(keys, list):
        raise Broken("no list of storages")
    for key in keys:
        budget.opcode()
        storage = storages.found.get(key) if isinstance(key, str) else None
        if storage is None:
            raise Broken("an unknown storage")
        count = int.from_bytes(machine.take(8), "little")
        if count != storage.count:
            raise Broken("a storage whose length is not the declared one")
        storage.fill(machine.take(count * storage.dtype.itemsize), count)
    return found


def _from_archive(data: memoryview, names: Names, budget: Budget) -> object:
    """An archive with one pickle and one member per storage; torch compresses none."""
    members, folder = _members(data, budget)
    if bytes(members.get(f"{folder}byteorder", b"little")) != b"little":
        raise Broken("written on a big-endian machine")
    storages = Storages(budget)
    found = Machine(members[f"{folder}data.pkl"], _nested(names, budget), storages.refer, budget).load()
    for key, storage in storages.found.items():
        budget.opcode()
        member = members.get(f"{folder}data/{key}")
        if member is None:
            raise Broken("a storage is missing")
        storage.fill(member, len(member) // storage.dtype.itemsize)
    return found


def _members(data: memoryview, budget: Budget) -> tuple[dict[str, memoryview], str]:
    """The members of an archive by name, as parts of it, and the folder of its pickle."""
    try:
        with zipfile.ZipFile(_Reading(data)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise Broken("its archive is damaged") from None
    if len(infos) > budget.limits.members:
        raise Refused(f"has more than {budget.limits.members} members")
    found: dict[str, memoryview] = {}
    left = len(data)  # overlapping members could hold any size
    for info in infos:
        if info.filename in found:
            raise Refused(f"has two members named {info.filename!r}")
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 or info.file_size != info.compress_size:
            raise Broken("a compressed member")
        left -= info.file_size
        if left < 0:
            raise Broken("more numbers than the file has room for")
        found[info.filename] = _content(data, info)
    pickles = [name for name in found if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise Broken("not one pickle")
    return found, pickles[0].removesuffix("data.pkl")


def _content(data: memoryview, info: zipfile.ZipInfo) -> memoryview:
    """The bytes of a member, checked against its checksum."""
    header = data[info.header_offset : info.header_offset + _LOCAL_HEADER]
    if len(header) < _LOCAL_HEADER or header[:4] != _ZIP:
        raise Broken("a member without a header")
    start = info.header_offset + _LOCAL_HEADER
    start += int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    part = data[start : start + info.file_size]
    if len(part) != info.file_size or zlib.crc32(part) != info.CRC:
        raise Broken("a member whose checksum is wrong")
    return part


class _Reading(io.RawIOBase):
    """A file over bytes in memory, without a copy of them."""

    def __init__(self, data: memoryview) -> None:
        super().__init__()
        self.data, self.place = data, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: len(self.data)}[whence]
        if start + offset < 0:
            raise ValueError("a place before the start")
        self.place = start + offset
        return self.place

    def read(self, size: int | None = -1) -> bytes:
        end = len(self.data) if size is None or size < 0 else self.place + size
        part = bytes(self.data[self.place : end])
        self.place += len(part)
        return part


def _from_numpy(data: memoryview, names: Names, budget: Budget) -> object:
    """An array with its header, and numbers or a pickle after it."""
    size = 4 if len(data) > 6 and data[6] >= 2 else 2
    start = 8 + size
    length = int.from_bytes(data[8:start], "little")
    if length > _LONGEST_HEADER or start + length > len(data):
        raise Broken("a header without an end")
    try:
        header = ast.literal_eval(str(data[start : start + length], "latin-1").strip())
        code, columns, shape = header["descr"], header["fortran_order"], header["shape"]
    except (ValueError, SyntaxError, KeyError, TypeError, MemoryError, RecursionError):
        raise Broken("an unknown header") from None
    if not isinstance(code, str) or not is_size(shape):
        raise Refused("holds a NumPy array of something else than numbers")
    content = data[start + length :]
    if code.lstrip("|") == "O":
        return Machine(content, _nested(names, budget), Storages(budget).refer, budget).load()
    array = Array(budget, shape, Dtype(code), bool(columns))
    array.data = content[: math.prod(shape) * array.dtype.numeric.itemsize]
    return array
