"""CelebA: faces with 40 attributes, in its original layout (Liu, Luo, Wang and Tang, ICCV 2015)."""

from __future__ import annotations

from pathlib import Path

import torch

from calotype.data.decoded import Progress
from calotype.data.folder import Side, Window, decoded_photos, sides
from calotype.data.stream import Sample
from calotype.errors import InputError, unknown
from calotype.files import shown
from calotype.image.io import as_tensor

SPLITS = ("train", "valid", "test")  # indexed as in the set's partition list
# Rows 50 to 178 and columns 25 to 153: the face without most of the background, as cropped for COCO-GAN.
FACE: Window = (50, 25, 128, 128)


class CelebA:
    """The aligned faces of CelebA.

    The folder is the unpacked set: ``img_align_celeba`` with the images, and, beside it or in ``Anno`` and ``Eval``,
    ``list_attr_celeba.txt`` and ``list_eval_partition.txt``.

    Args:
        path: the folder.
        size: of the images, pixels: one number for squares, or (height, width).
        split: ``train``, ``valid``, ``test``, or ``all``, which does not need the partition list.
        window: crop of each image; ``None`` is a centre crop.
        attributes: whether to read the attributes; needs their list.
        keep: cache the decoded images on disk, otherwise in memory.
        on_progress: called with the number of decoded images and the total.

    Attributes:
        names: of the attributes; empty if they are not read.

    Raises:
        InputError: the folder or a list is missing or damaged, or no image can be read.
        OutputError: the decoded images cannot be cached.
    """

    def __init__(
        self,
        path: str | Path,
        size: Side,
        *,
        split: str = "train",
        window: Window | None = FACE,
        attributes: bool = True,
        keep: bool = True,
        on_progress: Progress | None = None,
    ) -> None:
        if split not in (*SPLITS, "all"):
            raise InputError(unknown("part of CelebA", split, (*SPLITS, "all")))
        folder = Path(path)
        self.size = sides(size)
        self.names: list[str] = []
        values: dict[str, list[int]] = {}
        if attributes:
            self.names, values = _attributes(_list(folder, "list_attr_celeba.txt", "Anno"))
        files = self._files(folder, split)
        if attributes:
            lacking = [file.name for file in files if file.name not in values]
            if lacking:
                raise InputError(f"list_attr_celeba.txt says nothing of {lacking[0]}: get the list of the whole set")
        self._decoded = decoded_photos(files, self.size, window=window, keep=keep, on_progress=on_progress)
        self.paths = [files[number] for number in self._decoded.numbers]
        rows = [values[file.name] for file in self.paths] if attributes else []
        self.attributes = torch.tensor(rows, dtype=torch.int64)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> Sample:
        """``image`` float32 [3, height, width], -1..1, and, if read, ``attributes`` int64 [40], 0 or 1."""
        sample = {"image": as_tensor(self._decoded.rows[i])}
        return sample | {"attributes": self.attributes[i]} if self.names else sample

    @property
    def skipped(self) -> dict[int, str]:
        """The files that could not be read, by index, with reasons."""
        return self._decoded.skipped

    def report(self) -> str:
        """One line about the skipped files; empty if there are none."""
        return self._decoded.report()

    def _files(self, folder: Path, split: str) -> list[Path]:
        pictures = folder / "img_align_celeba"
        if not pictures.is_dir():
            raise InputError(f"{shown(folder)} has no folder img_align_celeba: give the folder that CelebA unpacks to")
        found = sorted(path for path in pictures.iterdir() if path.suffix.lower() in (".jpg", ".png"))
        if split != "all":
            of = {}
            for line in _list(folder, "list_eval_partition.txt", "Eval"):
                name, _, number = line.partition(" ")
                of[name] = number.strip()
            found = [path for path in found if of.get(path.name) == str(SPLITS.index(split))]
        if not found:
            raise InputError(f"no pictures of the split '{split}' are in {shown(pictures)}: unpack the set again")
        return found


def _list(folder: Path, name: str, sub: str) -> list[str]:
    for path in (folder / name, folder / sub / name, folder.parent / sub / name):
        if path.is_file():
            return [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    raise InputError(f"{shown(folder)} has no {name}: put that list of the set there")


def _attributes(lines: list[str]) -> tuple[list[str], dict[str, list[int]]]:
    """Names, and 0/1 values of each image. The file has the count, the names, then one line per image."""
    names = lines[1].split() if len(lines) > 1 else []
    found = {}
    for line in lines[2:]:
        name, *marks = line.split()
        if len(marks) != len(names) or set(marks) - {"1", "-1"}:
            raise InputError(f"list_attr_celeba.txt is damaged at {name}: get it again")
        found[name] = [int(mark == "1") for mark in marks]
    if not names or not found:
        raise InputError("list_attr_celeba.txt is empty: get it again")
    return names, found
