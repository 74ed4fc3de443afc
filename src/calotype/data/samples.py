"""A folder of annotated samples, as written by ``calotype data`` or in the same format.

The format is documented in ``calotype.data.writing``; only ``image`` is required in a line of ``samples.jsonl``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from calotype.data.boxes import Box, cut, kept_relations
from calotype.data.decoded import Progress, decoded
from calotype.data.folder import Side, fitted_photo, middle, sides
from calotype.data.sample_lines import read_about, read_lines
from calotype.data.stream import Sample
from calotype.data.writing import ABOUT, SAMPLES
from calotype.errors import InputError
from calotype.files import shown
from calotype.image.io import as_tensor, open_photo, opened
from calotype.image.mapfile import map_numbers
from calotype.types import Photo

_MIN_VISIBLE = 0.25  # minimum visible share of a box
_DEPTH = {"image": 3, "map": 1, "instances": 1, "other": 3}  # bytes per pixel


class Samples:
    """The samples of a folder, resized to one size.

    Args:
        path: the folder.
        size: of the images, pixels: one number for squares, or (height, width); ``None``: that of the first.
        keys: entries of a sample, of ``image``, ``map``, ``instances``, ``other``, ``label``, ``boxes`` (with
            ``classes``) and ``relations``; ``None``: all that the first line has.
        where: only samples whose line has these values, like ``{"category": "Food & Drink"}``.
        boxed: only samples with boxes.
        keep: cache the decoded images on disk, otherwise in memory.
        on_progress: called with the number of decoded samples and the total.

    Attributes:
        about: metadata of the folder; names of classes under ``labels``, ``map_classes``, ``classes`` and
            ``relations``.
        lines: metadata of each sample.

    Raises:
        InputError: there is no such folder, it is not a set of samples, a key is missing, or no image can be read.
        OutputError: the decoded images cannot be cached.
    """

    def __init__(
        self,
        path: str | Path,
        size: Side | None = None,
        *,
        keys: Sequence[str] | None = None,
        where: Mapping[str, Any] | None = None,
        boxed: bool = False,
        keep: bool = True,
        on_progress: Progress | None = None,
    ) -> None:
        folder = Path(path)
        self.about, lines = read_about(folder), read_lines(folder)
        if where:
            lines = [line for line in lines if all(line.get(key) == value for key, value in where.items())]
            if not lines:
                asked = ", ".join(f"{key} {value}" for key, value in where.items())
                raise InputError(f"no sample of {shown(folder)} has {asked}: {SAMPLES} lists the fields")
        if boxed:
            lines = [line for line in lines if line.get("boxes")]
            if not lines:
                raise InputError(f"no picture of {shown(folder)} has boxes: choose a set that has, like shapes")
        have = set(lines[0])
        self.keys = [key for key in KEYS if key in (have if keys is None else {"image", *keys})]
        for line in lines:
            for key in self.keys:
                if key not in line:
                    raise InputError(f"a sample of {shown(folder)} has no {key}: every line of {SAMPLES} needs one")
        pictures = [key for key in self.keys if key in _DEPTH]
        sources = [tuple(folder / line[key] for key in pictures) for line in lines]
        self.size = sides(_size_of(sources[0][0]) if size is None else size)
        self._decoded = decoded(
            sources,
            (*self.size, sum(_DEPTH[key] for key in pictures)),
            lambda number: [_read(key, file) for key, file in zip(pictures, sources[number])],
            lambda read: np.dstack([_fit(key, one, self.size) for key, one in zip(pictures, read)]),
            about=f"samples: {pictures}",
            keep=keep,
            on_progress=on_progress,
        )
        self._pictures = pictures
        self.lines = [lines[number] for number in self._decoded.numbers]
        self._frames: list[Box] = []
        if "boxes" in self.keys:
            said = self.about.get("size")
            if said and tuple(said) != _size_of(sources[self._decoded.numbers[0]][0]):
                raise InputError(
                    f"{shown(folder / ABOUT)} gives another size than the pictures have: make the set again"
                )
            shapes = [said or _size_of(sources[number][0]) for number in self._decoded.numbers]
            self._frames = [_frame(shape, self.size) for shape in shapes]
            if not any(self._boxes(i)[0] for i in range(len(self))):
                raise InputError(f"no picture of {shown(folder)} has a box that is seen in it: make the set again")

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, i: int) -> Sample:
        """The entries in ``keys``, as in ``calotype.data.stream.DataSet``; ``instances`` int64 [H, W]."""
        found, row, at = {}, self._decoded.rows[i], 0
        for key in self._pictures:
            part = row[:, :, at : at + _DEPTH[key]]
            at += _DEPTH[key]
            found[key] = as_tensor(part) if _DEPTH[key] == 3 else torch.from_numpy(part[:, :, 0].astype(np.int64))
        line = self.lines[i]
        if "label" in self.keys:
            found["label"] = torch.tensor(int(line["label"]))
        if "boxes" in self.keys:
            boxes, kept = self._boxes(i)
            found["boxes"] = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
            found["classes"] = torch.tensor([line["classes"][n] for n in kept], dtype=torch.int64)
            if "relations" in self.keys:
                triples = kept_relations(line["relations"], kept)
                found["relations"] = torch.tensor(triples, dtype=torch.int64).reshape(-1, 3)
        return found

    @property
    def skipped(self) -> dict[int, str]:
        """The samples that could not be read, by line, with reasons."""
        return self._decoded.skipped

    def report(self) -> str:
        """One line about the skipped samples; empty if there are none."""
        return self._decoded.report()

    def _boxes(self, i: int) -> tuple[list[Box], list[int]]:
        """The visible boxes of sample ``i`` in the cropped image, and their indices in its line."""
        found = [(cut(tuple(box), self._frames[i], _MIN_VISIBLE), n) for n, box in enumerate(self.lines[i]["boxes"])]
        return [box for box, _ in found if box is not None], [n for box, n in found if box is not None]


def _frame(shape: Sequence[int], size: tuple[int, int]) -> Box:
    """The crop of an image of that shape, in relative coordinates."""
    height, width = shape
    top, left, h, w = middle((height, width), size)
    return left / width, top / height, (left + w) / width, (top + h) / height


KEYS = ("image", "map", "instances", "other", "label", "boxes", "relations")


def _size_of(path: Path) -> tuple[int, int]:
    try:
        with open(path, "rb") as file, opened(file, shown(path)) as picture:
            return picture.height, picture.width
    except (OSError, ValueError):
        raise InputError(f"{shown(path)} cannot be read: make the set again") from None


def _read(key: str, path: Path) -> Photo | NDArray[np.uint8]:
    if _DEPTH[key] == 3:
        return open_photo(path)
    return read_map(path)


def read_map(path: Path) -> NDArray[np.uint8]:
    """A label map, uint8 [H, W]: grey levels, palette indices, bits or 16-bit values are class numbers.

    Raises:
        InputError: it cannot be read, is in colour, or has a number above 255.
    """
    numbers = map_numbers(path)
    if numbers is None:
        raise InputError(f"{shown(path)} is in colour: a map of classes has their numbers as grey levels")
    if numbers.max() > 255:
        raise InputError(f"{shown(path)} has class {numbers.max()}: give numbers from 0 to 254, and 255 for none")
    return numbers.astype(np.uint8)


def _fit(key: str, read: Photo | NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    return fitted_photo(read, size) if isinstance(read, Photo) else fitted_map(read, size)


def fitted_map(index: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Centre-crop and resample a label map; each pixel has the class that covers most of its area.

    Returns:
        uint8 [height, width, 1].
    """
    from calotype.image.labelmap import resized

    top, left, height, width = middle(index.shape, size)
    part = torch.from_numpy(index[top : top + height, left : left + width].astype(np.int64))[None]
    found, numbers = torch.unique(part, return_inverse=True)  # few of many classes are present
    fitted: NDArray[np.uint8] = found[resized(numbers, size)[0]].numpy().astype(np.uint8)[:, :, None]
    return fitted
