"""Images with semantic label maps: Cityscapes, ADE20K and COCO-Stuff in their original layouts, and custom folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from calotype.data.decoded import Progress, decoded
from calotype.data.folder import Side, fitted_photo, pictures_below, sides
from calotype.data.samples import fitted_map, read_map
from calotype.data.stream import Sample
from calotype.errors import InputError, unknown
from calotype.files import shown
from calotype.image.io import as_tensor, open_photo
from calotype.types import Photo

NONE = 255  # in files: the label of pixels without a class
Pair = tuple[Path, Path]  # an image and its map
Table = Sequence[int]  # class of each of the 256 values of a file, or ``NONE``

# The 19 evaluated classes of Cityscapes, and their label ids in its files.
CITYSCAPES = {
    "road": 7,
    "sidewalk": 8,
    "building": 11,
    "wall": 12,
    "fence": 13,
    "pole": 17,
    "traffic light": 19,
    "traffic sign": 20,
    "vegetation": 21,
    "terrain": 22,
    "sky": 23,
    "person": 24,
    "rider": 25,
    "car": 26,
    "truck": 27,
    "bus": 28,
    "train": 31,
    "motorcycle": 32,
    "bicycle": 33,
}
CITYSCAPES_TABLE = tuple(
    {label: number for number, label in enumerate(CITYSCAPES.values())}.get(label, NONE) for label in range(256)
)
ADE20K_CLASSES = 150
# Its files count from 1, with 0 for pixels without a class.
ADE20K_TABLE = (NONE, *range(ADE20K_CLASSES), *(NONE,) * (255 - ADE20K_CLASSES))
COCO_STUFF_CLASSES = 182
DEEPFASHION_CLASSES = 8


class Layouts:
    """Images and their label maps, both centre-cropped and resized.

    A pixel of a resized map has the class that covers most of its area.

    Args:
        pairs: image files with their map files: PNGs whose grey levels are class numbers.
        size: of both, pixels: one number for squares, or (height, width).
        classes: number of classes.
        table: class of each value of a file; ``None``: values are class indices, 255 for none.
        names: of the classes, if known.
        colours: of the classes, if maps are colour images; ``None`` if they have class numbers.
        keep: cache the decoded data on disk, otherwise in memory.
        on_progress: called with the number of decoded pairs and the total.

    Raises:
        InputError: there are no pairs, or none that can be read.
        OutputError: the decoded data cannot be cached.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        size: Side,
        *,
        classes: int,
        table: Table | None = None,
        names: Sequence[str] = (),
        colours: Sequence[tuple[int, int, int]] | None = None,
        keep: bool = True,
        on_progress: Progress | None = None,
    ) -> None:
        if not pairs:
            raise InputError("no picture has a map: give at least one pair")
        self.size, self.classes, self.names = sides(size), classes, tuple(names)
        means = np.array(range(256) if table is None else table, np.uint8)

        def fit(read: tuple[Photo, NDArray[np.uint8]]) -> NDArray[np.uint8]:
            return np.dstack([fitted_photo(read[0], self.size), fitted_map(read[1], self.size)])

        def read(number: int) -> tuple[Photo, NDArray[np.uint8]]:
            photo = open_photo(pairs[number][0])
            index = class_map(pairs[number][1], classes, means, colours)
            if photo.rgb.shape[:2] != index.shape:
                height, width = index.shape
                raise InputError(f"{shown(pairs[number][1])} is {width}x{height}, its picture {photo.size}: not a pair")
            return photo, index

        self._decoded = decoded(
            pairs,
            (*self.size, 4),
            read,
            fit,
            about=f"layouts: {means.tolist()}" + ("" if colours is None else f" in {list(colours)}"),
            keep=keep,
            on_progress=on_progress,
        )
        self.paths = [pairs[number][0] for number in self._decoded.numbers]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> Sample:
        """``image`` float32 [3, height, width], -1..1, and ``map`` int64 [height, width], -1 for pixels without a
        class.
        """
        row = self._decoded.rows[i]
        index = torch.from_numpy(row[:, :, 3].astype(np.int64))
        return {"image": as_tensor(row[:, :, :3]), "map": torch.where(index == NONE, -1, index)}

    @property
    def skipped(self) -> dict[int, str]:
        """The pairs that could not be read, by index, with reasons."""
        return self._decoded.skipped

    def report(self) -> str:
        """One line about the skipped pairs; empty if there are none."""
        return self._decoded.report()


def class_map(
    path: Path, classes: int, table: NDArray[np.uint8], colours: Sequence[tuple[int, int, int]] | None
) -> NDArray[np.uint8]:
    """The classes of a map: uint8 [H, W], 255 for none.

    Args:
        path: of the map.
        classes: how many there are.
        table: the class of each number in the file, 256 of them.
        colours: of the classes, if the map is painted in them; ``None`` if it holds numbers.

    Raises:
        InputError: it cannot be read, or has a class that there is not.
    """
    known = table[read_map(path) if colours is None else _painted(path, colours)]
    wrong = known[(known >= classes) & (known != NONE)]
    if len(wrong):
        raise InputError(f"{shown(path)} has class {wrong[0]}: there are {classes}, from 0")
    return known


def _painted(path: Path, colours: Sequence[tuple[int, int, int]]) -> NDArray[np.uint8]:
    """The class indices of a map in flat colours: uint8 [H, W].

    Raises:
        InputError: it has a colour that is not a class; the message names it.
    """
    rgb = open_photo(path).rgb
    index = np.full(rgb.shape[:2], NONE, np.uint8)
    for number, colour in enumerate(colours):
        index[(rgb == colour).all(-1)] = number
    if (index == NONE).any():
        y, x = np.argwhere(index == NONE)[0]
        unknown_colour = "#{:02x}{:02x}{:02x}".format(*rgb[y, x])
        raise InputError(f"{shown(path)} has the colour {unknown_colour} at {x},{y}, which is that of no class")
    return index


def folders(
    pictures: str | Path,
    maps: str | Path,
    size: Side,
    *,
    classes: int,
    keep: bool = True,
    on_progress: Progress | None = None,
) -> Layouts:
    """Two folders, with equal names for an image and its map, whatever the suffix.

    Raises:
        InputError: a folder is missing, or no image has a map.
        OutputError: the decoded data cannot be cached.
    """
    found = {path.relative_to(maps).with_suffix(""): path for path in pictures_below(Path(maps), results=True)}
    of = {path: path.relative_to(pictures).with_suffix("") for path in pictures_below(Path(pictures), results=True)}
    pairs = [(path, found[name]) for path, name in of.items() if name in found]
    if not pairs:
        raise InputError(
            f"no picture in {shown(pictures)} has a map of its name in {shown(maps)}: name each map like its picture"
        )
    return Layouts(pairs, size, classes=classes, keep=keep, on_progress=on_progress)


def cityscapes(
    path: str | Path, size: Side, *, split: str = "train", keep: bool = True, on_progress: Progress | None = None
) -> Layouts:
    """Cityscapes (Cordts et al., CVPR 2016) with the 19 evaluated classes; pixels of others have no class.

    Args:
        path: the folder with ``leftImg8bit`` and ``gtFine``.
        size: one number for squares, or (height, width), pixels.
        split: ``train`` or ``val``; the maps of ``test`` are empty.
        keep: as for ``Layouts``.
        on_progress: as for ``Layouts``.

    Raises:
        InputError: a folder or a map is missing.
        OutputError: the decoded data cannot be cached.
    """
    return Layouts(
        cityscapes_pairs(path, split),
        size,
        classes=len(CITYSCAPES),
        table=CITYSCAPES_TABLE,
        names=tuple(CITYSCAPES),
        keep=keep,
        on_progress=on_progress,
    )


def ade20k(
    path: str | Path, size: Side, *, split: str = "training", keep: bool = True, on_progress: Progress | None = None
) -> Layouts:
    """ADE20K in its scene parsing version (Zhou et al., CVPR 2017): 150 classes.

    Args:
        path: the folder with ``images`` and ``annotations``.
        size: one number for squares, or (height, width), pixels.
        split: ``training`` or ``validation``.
        keep: as for ``Layouts``.
        on_progress: as for ``Layouts``.

    Raises:
        InputError: a folder or a map is missing.
        OutputError: the decoded data cannot be cached.
    """
    pairs = ade20k_pairs(path, split)
    return Layouts(pairs, size, classes=ADE20K_CLASSES, table=ADE20K_TABLE, keep=keep, on_progress=on_progress)


def coco_stuff(
    path: str | Path, size: Side, *, split: str = "train2017", keep: bool = True, on_progress: Progress | None = None
) -> Layouts:
    """COCO-Stuff (Caesar, Uijlings and Ferrari, CVPR 2018) with its stuff and thing maps: 182 classes.

    Args:
        path: the folder with the images (``train2017`` or ``images/train2017``) and ``stuffthingmaps``.
        size: one number for squares, or (height, width), pixels.
        split: ``train2017`` or ``val2017``.
        keep: as for ``Layouts``.
        on_progress: as for ``Layouts``.

    Raises:
        InputError: a folder or a map is missing.
        OutputError: the decoded data cannot be cached.
    """
    pairs = coco_stuff_pairs(path, split)
    return Layouts(pairs, size, classes=COCO_STUFF_CLASSES, keep=keep, on_progress=on_progress)


def deepfashion(
    path: str | Path, size: Side, *, split: str = "train", keep: bool = True, on_progress: Progress | None = None
) -> Layouts:
    """DeepFashion (Liu et al., CVPR 2016) as SMIS takes it (Zhu et al., CVPR 2020): people with maps of 8 classes.

    Args:
        path: the folder with the images (``train`` and ``test``) and the maps (``cihp_train_mask``,
            ``cihp_test_mask``), named like their images.
        size: one number for squares, or (height, width), pixels.
        split: ``train`` or ``test``.
        keep: as for ``Layouts``.
        on_progress: as for ``Layouts``.

    Raises:
        InputError: a folder or a map is missing.
        OutputError: the decoded data cannot be cached.
    """
    pairs = deepfashion_pairs(path, split)
    return Layouts(pairs, size, classes=DEEPFASHION_CLASSES, keep=keep, on_progress=on_progress)


def cityscapes_pairs(path: str | Path, split: str) -> list[Pair]:
    """The images and maps of a split of Cityscapes; see ``cityscapes``."""
    _check_split("Cityscapes", split, ("train", "val"))
    pictures, maps = Path(path) / "leftImg8bit" / split, Path(path) / "gtFine" / split
    ending = "_leftImg8bit"
    pairs = [
        (file, maps / file.parent.name / f"{file.stem.removesuffix(ending)}_gtFine_labelIds.png")
        for file in pictures_below(pictures, results=True)
        if file.stem.endswith(ending)
    ]
    return _checked(pairs)


def ade20k_pairs(path: str | Path, split: str) -> list[Pair]:
    """The images and maps of a split of ADE20K; see ``ade20k``."""
    _check_split("ADE20K", split, ("training", "validation"))
    pictures, maps = Path(path) / "images" / split, Path(path) / "annotations" / split
    return _checked([(file, maps / f"{file.stem}.png") for file in pictures_below(pictures, results=True)])


def coco_stuff_pairs(path: str | Path, split: str) -> list[Pair]:
    """The images and maps of a split of COCO-Stuff; see ``coco_stuff``."""
    _check_split("COCO-Stuff", split, ("train2017", "val2017"))
    folder = Path(path)
    pictures = next((p for p in (folder / "images" / split, folder / split) if p.is_dir()), folder / "images" / split)
    maps = folder / "stuffthingmaps" / split
    return _checked([(file, maps / f"{file.stem}.png") for file in pictures_below(pictures, results=True)])


def deepfashion_pairs(path: str | Path, split: str) -> list[Pair]:
    """The images and maps of a split of DeepFashion; see ``deepfashion``."""
    _check_split("DeepFashion", split, ("train", "test"))
    pictures, maps = Path(path) / split, Path(path) / f"cihp_{split}_mask"
    return _checked([(file, maps / f"{file.stem}.png") for file in pictures_below(pictures, results=True)])


def _check_split(name: str, split: str, known: Sequence[str]) -> None:
    if split not in known:
        raise InputError(unknown(f"part of {name}", split, known))


def _checked(pairs: list[Pair]) -> list[Pair]:
    for picture, index in pairs:
        if not index.is_file():
            raise InputError(
                f"{shown(picture)} has no map {shown(index)}: unpack the maps of the set beside its pictures"
            )
    return pairs
