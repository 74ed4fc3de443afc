"""Data sets too large to decode in advance: samples in tar files, read in place.

The format is WebDataset: the files of one sample are adjacent and have the same name up to the first dot
(``000123.jpg``, ``000123.cls``, ``000123.json``). Only the offsets of the files are held in memory.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from calotype.data.folder import Side, fitted_photo, sides
from calotype.data.stream import Sample
from calotype.errors import InputError
from calotype.files import shown, write_whole
from calotype.image.io import SUFFIXES, as_tensor, natural_order, open_photo

_LABEL, _MORE = "cls", "json"


@dataclass
class _Entry:
    """Location of one sample's files: the shard, and offset and length for each suffix."""

    shard: int
    name: str
    parts: dict[str, tuple[int, int]] = field(default_factory=dict)


class Shards:
    """The samples of tar files, decoded on access.

    ``Stream`` reads them in an order that suits the disk: shard after shard, shuffled within each. So write samples
    into shards in random order, not class by class.

    Args:
        path: a folder with ``.tar`` files, or a list of them.
        size: of the images, pixels: one number for squares, or (height, width).

    Attributes:
        paths: of the shards.
        skipped: index and reason of each accessed sample that could not be read; the next readable one replaces it.

    Raises:
        InputError: there is no shard, one is not a tar file, or no sample has an image.
    """

    def __init__(self, path: str | Path | Sequence[str | Path], size: Side) -> None:
        self.size = sides(size)
        self.paths = _shards(path)
        self._entries = [entry for number, shard in enumerate(self.paths) for entry in _listed(shard, number)]
        if not self._entries:
            raise InputError("no sample in the shards has a picture: name its files alike, like 000001.jpg, 000001.cls")
        labelled = [_LABEL in entry.parts for entry in self._entries]
        if any(labelled) and not all(labelled):
            lacking = self._entries[labelled.index(False)]
            raise InputError(f"sample '{lacking.name}' of {shown(self.paths[lacking.shard])} has no label: give it one")
        self.skipped: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, i: int) -> Sample:
        """``image`` float32 [3, height, width], -1..1, and ``label`` if the samples have one.

        Raises:
            InputError: no sample can be read.
        """
        for number in range(i, i + len(self)):
            try:
                return self._read(self._entries[number % len(self)])
            except InputError as error:
                self.skipped[number % len(self)] = str(error)
        raise InputError(f"not one sample of the shards can be read: {next(iter(self.skipped.values()))}")

    def about(self, i: int) -> dict[str, Any]:
        """The content of a sample's ``.json`` file; empty if there is none.

        Raises:
            InputError: it is damaged.
        """
        entry = self._entries[i]
        if _MORE not in entry.parts:
            return {}
        try:
            said = json.loads(self._bytes(entry, _MORE))
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise InputError(
                f"'{entry.name}.json' in {shown(self.paths[entry.shard])} is damaged: write the shard again"
            )
        return said

    def order(self, generator: torch.Generator) -> Tensor:
        """All samples, with shards in random order and shuffled within each."""
        members: list[list[int]] = [[] for _ in self.paths]
        for number, entry in enumerate(self._entries):
            members[entry.shard].append(number)
        parts = []
        for shard in torch.randperm(len(members), generator=generator).tolist():
            numbers = torch.tensor(members[shard], dtype=torch.int64)
            parts.append(numbers[torch.randperm(len(numbers), generator=generator)])
        return torch.cat(parts)

    def report(self) -> str:
        """One line about the samples replaced so far; empty if there are none."""
        if not self.skipped:
            return ""
        number, why = next(iter(self.skipped.items()))
        return f"{len(self.skipped)} of {len(self)} samples could not be read so far: number {number}: {why}"

    def _read(self, entry: _Entry) -> Sample:
        suffix = next(part for part in entry.parts if f".{part}" in SUFFIXES)
        name = f"'{entry.name}.{suffix}' in {shown(self.paths[entry.shard])}"
        data = io.BytesIO(self._bytes(entry, suffix))
        try:
            sample = {"image": as_tensor(fitted_photo(open_photo(data), self.size))}
        except InputError as error:
            raise InputError(f"{name}: {error}") from error
        if _LABEL in entry.parts:
            text = self._bytes(entry, _LABEL).decode("ascii", "replace").strip()
            try:
                sample["label"] = torch.tensor(int(text))
            except ValueError:
                raise InputError(f"'{entry.name}.cls' in {shown(self.paths[entry.shard])} is no number") from None
        return sample

    def _bytes(self, entry: _Entry, suffix: str) -> bytes:
        offset, length = entry.parts[suffix]
        path = self.paths[entry.shard]
        try:
            with open(path, "rb") as file:  # opened for each access, since several threads read
                file.seek(offset)
                data = file.read(length)
        except OSError as error:
            raise InputError(
                f"{shown(path)} cannot be read ({error.strerror}): check that it is still there"
            ) from error
        if len(data) < length:
            raise InputError(f"{shown(path)} is cut short: get it again")
        return data


def write_shards(
    samples: Iterable[Mapping[str, bytes]], folder: str | Path, *, per_shard: int = 1000, name: str = "shard"
) -> list[Path]:
    """Write samples into tar files, each atomically: ``{folder}/{name}-000000.tar`` and so on.

    Args:
        samples: for each, its files by suffix without the dot, like ``{"jpg": ..., "cls": b"3"}``.
        folder: created if missing; shards of these names are replaced.
        per_shard: samples per shard.
        name: prefix of the file names.

    Raises:
        InputError: ``per_shard`` is below 1.
        OutputError: no permission, no disk space, no such folder.
    """
    if per_shard < 1:
        raise InputError(f"a shard cannot have {per_shard} samples: give 1 or more")
    written: list[Path] = []
    held: list[Mapping[str, bytes]] = []
    done = 0

    def flush() -> None:
        path = Path(folder) / f"{name}-{len(written):06d}.tar"
        data = _tar(held, done - len(held))
        write_whole(path, lambda file: file.write(data))
        written.append(path)
        held.clear()

    for sample in samples:
        held.append(sample)
        done += 1
        if len(held) == per_shard:
            flush()
    if held:
        flush()
    return written


def _tar(samples: Sequence[Mapping[str, bytes]], first: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for number, sample in enumerate(samples, first):
            for suffix, content in sample.items():
                entry = tarfile.TarInfo(f"{number:09d}.{suffix}")  # without time and owner, for reproducible bytes
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _shards(path: str | Path | Sequence[str | Path]) -> list[Path]:
    if not isinstance(path, str | Path):
        found = [Path(one) for one in path]
    else:
        folder = Path(path)
        if not folder.is_dir():
            raise InputError(f"{shown(folder)} is not a folder: give a folder with .tar files, or a list of them")
        found = sorted(folder.glob("*.tar"), key=lambda one: natural_order(one.name))
    if not found:
        raise InputError(f"no shards in {shown(path)}: put .tar files there")
    return found


def _listed(path: Path, shard: int) -> list[_Entry]:
    """The samples of a shard that have an image, from its headers."""
    entries: dict[str, _Entry] = {}
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                folder, _, file = member.name.rpartition("/")
                stem, _, suffix = file.partition(".")
                if member.isfile() and stem and suffix:
                    name = f"{folder}/{stem}" if folder else stem
                    entry = entries.setdefault(name, _Entry(shard, name))
                    entry.parts[suffix.lower()] = (member.offset_data, member.size)
    except (OSError, tarfile.TarError) as error:
        raise InputError(f"{shown(path)} is missing, or no tar file that can be read in place: get it again") from error
    return [entry for entry in entries.values() if any(f".{part}" in SUFFIXES for part in entry.parts)]
