"""Pictures with conditions: pairs of pictures, or pictures with a label.

Known layouts: what ``calotype data`` makes, where ``other`` is the condition; two folders side by side, ``images`` and
``conditions``, with equal names; a folder of pictures of double width, the condition in the left half; and for labels a
folder with a sub-folder for each, named by its number.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from calotype.data.decoded import Progress
from calotype.data.folder import pictures_below
from calotype.data.halves import without_seams
from calotype.data.labelled import Labelled
from calotype.data.pairs import Pairs
from calotype.data.sample_lines import read_about, read_lines
from calotype.data.samples import Samples
from calotype.data.stream import DataSet, Sample
from calotype.data.writing import ABOUT, IMAGES, SAMPLES
from calotype.errors import InputError
from calotype.files import shown
from calotype.image.io import upright_size, without_maps

_CONDITIONS = ("conditions", "others", "edges", "labels")
_SAME_SHAPE = 0.02  # relative tolerance of aspect ratios
_DOUBLE = 1.5  # least ratio of width and height of a picture with its condition beside it


@dataclass(frozen=True)
class ConditionSet:
    """Pictures with conditions, not decoded yet.

    Attributes:
        folder: where they are.
        files: of the pictures.
        others: of the conditions that are files of their own.
        layout: ``samples``, ``folders``, ``halves`` or ``labels``.
        conditions: folder of the conditions, for ``folders``.
        labels: number of labels; 0 where there are none.
        unpaired: pictures without a condition and conditions without a picture, which are ignored.
    """

    folder: Path
    files: tuple[Path, ...]
    layout: str
    others: tuple[Path, ...] = ()
    conditions: Path | None = None
    labels: int = 0
    unpaired: tuple[Path, ...] = ()

    @property
    def pairs(self) -> bool:
        """Whether there are pairs of pictures."""
        return self.layout != "labels"

    def opened(self, size: tuple[int, int], on_progress: Progress | None = None, *, classes: int = 0) -> DataSet:
        """The pairs at one size (height, width), or with ``classes`` the pictures with their labels.

        Raises:
            InputError: they cannot be read, or a label is not below ``classes``.
            OutputError: what was decoded cannot be kept.
        """
        if classes:
            return self._labelled(size, on_progress, classes)
        self.check_pairs()
        if self.layout == "samples":
            return Samples(self.folder, size, keys=["other"], on_progress=on_progress)
        images = self.folder / IMAGES if self.layout == "folders" else self.folder
        return Pairs(images, self.conditions, size, on_progress=on_progress)

    def check_pairs(self) -> None:
        """Check that the conditions are pictures.

        Raises:
            InputError: they are labels.
        """
        if not self.pairs:
            raise InputError(
                f"{shown(self.folder)} has no pairs of pictures: put the pictures into its folder 'images' and their "
                "conditions, of the same names, into 'conditions'"
            )

    def _labelled(self, size: tuple[int, int], on_progress: Progress | None, classes: int) -> DataSet:
        if (self.folder / SAMPLES).is_file():
            found: DataSet = Samples(self.folder, size, keys=["label"], on_progress=on_progress)
            most = max(int(line.get("label", 0)) for line in read_lines(self.folder))
        else:
            numbered = NumberedFolders(self.folder, size, on_progress)
            found, most = numbered, max(numbered.numbers)
        if most >= classes:
            raise InputError(f"{shown(self.folder)} has a label {most}: the model knows those from 0 to {classes - 1}")
        return found


class NumberedFolders:
    """Pictures in sub-folders whose names are labels; sub-folders without a number count from 0 in their order."""

    def __init__(self, folder: Path, size: tuple[int, int], on_progress: Progress | None) -> None:
        self._labelled = Labelled(folder, size, on_progress=on_progress)
        names = self._labelled.names
        self.numbers = [int(name) for name in names] if all(map(str.isdecimal, names)) else list(range(len(names)))

    def __len__(self) -> int:
        return len(self._labelled)

    def __getitem__(self, i: int) -> Sample:
        """``image`` float32 [3, height, width], -1..1, and ``label`` int64."""
        sample = self._labelled[i]
        return {**sample, "label": torch.tensor(self.numbers[int(sample["label"])])}


def condition_set(folder: Path) -> ConditionSet:
    """The pictures with conditions in a folder.

    Raises:
        InputError: there are none, a condition has another shape than its picture, or wide pictures are no pairs.
    """
    if not folder.is_dir():
        raise InputError(f"there is no folder {shown(folder)}: give a folder of pairs of pictures")
    if (folder / SAMPLES).is_file() and (folder / ABOUT).is_file():
        return _of_samples(folder)
    conditions = next((folder / name for name in _CONDITIONS if (folder / name).is_dir()), None)
    if (folder / IMAGES).is_dir() and conditions is not None:
        return _of_folders(folder, conditions)
    subfolders = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    found = pictures_below(folder, results=True)
    if len(subfolders) > 1 and all(path.parent != folder for path in found):
        numbers = [int(path.name) + 1 for path in subfolders if path.name.isdecimal()]
        return ConditionSet(folder, tuple(found), "labels", labels=max([len(subfolders), *numbers]))
    pairs = without_maps(found)
    if not pairs:
        raise InputError(f"{shown(folder)} has only maps that calotype made: give pairs of pictures")
    for path in pairs:
        size = upright_size(path)  # what cannot be read is told when it is decoded
        if size is not None and size.width < _DOUBLE * size.height:
            raise InputError(
                f"{shown(path)} is {size} pixels and no pair: give pictures of double width with the "
                "condition in the left half, or the folders 'images' and 'conditions' with equal names"
            )
    if without_seams(pairs):
        raise InputError(
            f"{shown(folder)} has wide photos and no pairs: they have no edge in the middle; give pictures of double "
            "width with the condition in the left half, or the folders 'images' and 'conditions' with equal names"
        )
    return ConditionSet(folder, tuple(pairs), "halves")


def _of_samples(folder: Path) -> ConditionSet:
    lines = read_lines(folder)
    labels = len(read_about(folder).get("labels", ()))
    if labels and any(line.get("label", 0) >= labels for line in lines):
        raise InputError(f"{shown(folder / SAMPLES)} has a label above {labels - 1}: make the set again")
    if all("other" in line for line in lines):
        pairs = [(folder / line["image"], folder / line["other"]) for line in lines]
        _check_shapes(pairs)
        pictures, others = zip(*pairs)
        return ConditionSet(folder, pictures, "samples", others, labels=labels)
    if labels and all("label" in line for line in lines):
        return ConditionSet(folder, tuple(folder / line["image"] for line in lines), "labels", labels=labels)
    raise InputError(
        f"the samples of {shown(folder)} have neither conditions nor labels: choose a set of pairs, like face_edges"
    )


def _of_folders(folder: Path, conditions: Path) -> ConditionSet:
    images = folder / IMAGES
    by_name = {path.relative_to(conditions).with_suffix(""): path for path in pictures_below(conditions, results=True)}
    named = [(path, path.relative_to(images).with_suffix("")) for path in pictures_below(images, results=True)]
    pairs = [(path, by_name[name]) for path, name in named if name in by_name]
    if not pairs:
        raise InputError(
            f"no pictures in {shown(images)} and {shown(conditions)} have the same name: name both of a pair alike"
        )
    _check_shapes(pairs)
    pictures, others = zip(*pairs)
    paired = {*pictures, *others}
    unpaired = [path for path in (*(path for path, _ in named), *by_name.values()) if path not in paired]
    return ConditionSet(folder, pictures, "folders", others, conditions, unpaired=tuple(unpaired))


def _check_shapes(pairs: list[tuple[Path, Path]]) -> None:
    """Check that the two pictures of a pair have the same aspect ratio.

    Raises:
        InputError: they have not.
    """
    for picture, condition in pairs:
        one, other = upright_size(picture), upright_size(condition)
        if one is None or other is None:  # told when they are decoded
            continue
        if abs(one.width * other.height / (one.height * other.width) - 1) > _SAME_SHAPE:
            raise InputError(
                f"{shown(picture)} is {one} and {shown(condition)} {other} pixels: both pictures of a pair need the "
                "same aspect ratio"
            )


def made_as(folder: Path) -> str:
    """The name of the set that ``calotype data`` made in a folder; empty for other folders."""
    return str(read_about(folder).get("set", "")) if (folder / SAMPLES).is_file() else ""
