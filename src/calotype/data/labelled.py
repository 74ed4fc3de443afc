"""Images in one sub-folder per class: the layout of ImageNet, of exported LSUN, and of most custom sets."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import torch

from calotype.data.decoded import Progress
from calotype.data.folder import Side, decoded_photos, pictures_below, sides
from calotype.data.sample_lines import read_about, read_lines
from calotype.data.stream import Sample
from calotype.data.writing import SAMPLES
from calotype.errors import InputError, counted
from calotype.files import shown
from calotype.image.io import as_tensor, natural_order


class Labelled:
    """The images of a folder with a sub-folder for each class, resized as by ``Folder``.

    Args:
        path: the folder. Files deeper inside a sub-folder belong to its class, too.
        size: of the images, pixels: one number for squares, or (height, width).
        keep: cache the decoded images on disk, otherwise in memory.
        on_progress: called with the number of decoded images and the total.

    Attributes:
        names: of the classes: those of the sub-folders, in natural order.
        paths: of the images, by index.
        labels: class indices of the images.

    Raises:
        InputError: there is no such folder, it has fewer than two sub-folders with images, or none can be read.
        OutputError: the decoded images cannot be cached.
    """

    def __init__(self, path: str | Path, size: Side, *, keep: bool = True, on_progress: Progress | None = None) -> None:
        folder = Path(path)
        self.size = sides(size)
        found = [picture for picture in pictures_below(folder) if picture.parent != folder]
        of = [picture.relative_to(folder).parts[0] for picture in found]
        self.names = sorted(set(of), key=natural_order)
        if len(self.names) < 2:
            raise InputError(
                f"{shown(folder)} has no subfolders with pictures: put the pictures of each class into a subfolder"
            )
        self._decoded = decoded_photos(found, self.size, keep=keep, on_progress=on_progress)
        self.paths = [found[number] for number in self._decoded.numbers]
        self.labels = [self.names.index(of[number]) for number in self._decoded.numbers]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> Sample:
        """``image`` float32 [3, height, width], -1..1, and ``label`` int64."""
        return {"image": as_tensor(self._decoded.rows[i]), "label": torch.tensor(self.labels[i])}

    @property
    def skipped(self) -> dict[int, str]:
        """The files that could not be read, by index, with reasons."""
        return self._decoded.skipped

    def report(self) -> str:
        """One line about the skipped files; empty if there are none."""
        return self._decoded.report()


def class_counts(folder: Path) -> dict[str, int]:
    """How many pictures each class of a folder has: of a set of samples those of its labels, else of its sub-folders.

    In the order of the labels; empty if there are neither.

    Raises:
        InputError: there is no such folder, or no picture in it; or a damaged set of samples.
    """
    if (folder / SAMPLES).is_file():
        lines = read_lines(folder)
        if not all("label" in line for line in lines):
            return {}
        of = Counter(int(line["label"]) for line in lines)
        names = [str(name) for name in read_about(folder).get("labels", ())] or list(map(str, range(max(of) + 1)))
        if max(of) >= len(names):
            raise InputError(
                f"{shown(folder)} has pictures with label {max(of)} and names for {counted(len(names), 'label')}: make "
                "the set again"
            )
        return {name: of[number] for number, name in enumerate(names)}
    found = [picture for picture in pictures_below(folder) if picture.parent != folder]
    counts = Counter(picture.relative_to(folder).parts[0] for picture in found)
    return {name: counts[name] for name in sorted(counts, key=natural_order)}
