"""Folders of pictures with label maps: which picture has which map, which classes there are, and how they look.

Known layouts: what ``calotype data`` makes; two folders side by side, ``images`` and ``maps``, in which a picture and
its map have the same name; Cityscapes, ADE20K and COCO-Stuff as they are published. Maps are grey or palette PNGs of
class numbers, or pictures in one flat colour a class.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calotype.data import layouts
from calotype.data.decoded import Progress
from calotype.data.folder import pictures_below
from calotype.data.layouts import CITYSCAPES, NONE, Layouts, Pair
from calotype.data.sample_lines import read_about, read_lines
from calotype.data.samples import read_map
from calotype.data.writing import ABOUT, IMAGES, SAMPLES
from calotype.errors import InputError, counted, listed
from calotype.files import shown
from calotype.image.io import open_photo, opened
from calotype.image.labelmap import colour_codes
from calotype.image.labels import MOST_LABELS, flat_colours

Colour = tuple[int, int, int]
_PICTURES, _MAPS = (IMAGES, "pictures", "photos"), ("maps", "labels", "annotations")
_CLASSES = "classes.json"  # beside the folders: a list of names, or a mapping of names to "#rrggbb"


@dataclass(frozen=True)
class MapSet:
    """Pictures with label maps, not decoded yet.

    Attributes:
        pairs: files of the pictures, each with that of its map.
        classes: how many there are.
        names: of the classes.
        colours: of the classes, for people to see and to paint with.
        painted: whether the maps are pictures in these colours; otherwise they hold class numbers.
        table: which class each number in a file means, 255 for none; ``None``: numbers are classes.
        things: the names of the classes of salient objects, not of backgrounds, if they are known.
        unmapped: pictures without a map, which are left out.
    """

    pairs: tuple[Pair, ...]
    classes: int
    names: tuple[str, ...]
    colours: tuple[Colour, ...]
    painted: bool = False
    table: tuple[int, ...] | None = None
    things: tuple[str, ...] = ()
    unmapped: tuple[Path, ...] = ()

    @property
    def note(self) -> str:
        """A line about pictures without a map, which are left out; empty if there are none."""
        if not self.unmapped:
            return ""
        one, names = len(self.unmapped) == 1, listed(path.name for path in self.unmapped)
        return f"{counted(len(self.unmapped), 'picture')} without a map {'is' if one else 'are'} left out: {names}"

    def opened(self, size: tuple[int, int], on_progress: Progress | None = None) -> Layouts:
        """The pictures and maps at one size (height, width).

        Raises:
            InputError: none of them can be read.
            OutputError: what was decoded cannot be kept.
        """
        colours = self.colours if self.painted else None
        return Layouts(
            self.pairs,
            size,
            classes=self.classes,
            table=self.table,
            names=self.names,
            colours=colours,
            on_progress=on_progress,
        )

    def label_map(self, number: int) -> NDArray[np.uint8]:
        """The classes of the map of a pair, at its full size: uint8 [H, W], 255 for none.

        Raises:
            InputError: it cannot be read, or has a class that the set does not have.
        """
        means = np.array(range(256) if self.table is None else self.table, np.uint8)
        return layouts.class_map(self.pairs[number][1], self.classes, means, self.colours if self.painted else None)


def map_set(folder: Path) -> MapSet:
    """The pictures with label maps in a folder.

    Raises:
        InputError: there are none, or the maps do not fit together; the message says what to do.
    """
    for known, read in ((_made_here, _of_samples), (_is_cityscapes, _cityscapes), (_is_ade20k, _ade20k)):
        if known(folder):
            return read(folder)
    if (folder / "stuffthingmaps").is_dir():
        return _coco_stuff(folder)
    if (folder / "cihp_train_mask").is_dir():
        return _deepfashion(folder)
    pictures, maps = _sub(folder, _PICTURES), _sub(folder, _MAPS)
    if pictures is None or maps is None:
        raise InputError(
            f"{shown(folder)} has no label maps: put the pictures into its folder 'images' and a map of each, of the "
            "same name, into 'maps', or make a set that has some, like 'calotype data scenes'"
        )
    return _of_two_folders(folder, pictures, maps)


def _sub(folder: Path, names: tuple[str, ...]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_dir()), None)


# ---------------------------------------------------------------------------------------------------------------
# Published layouts


def _made_here(folder: Path) -> bool:
    return (folder / SAMPLES).is_file() and (folder / ABOUT).is_file()


def _of_samples(folder: Path) -> MapSet:
    about, lines = read_about(folder), read_lines(folder)
    pairs = tuple((folder / line["image"], folder / line["map"]) for line in lines if "map" in line)
    if not pairs:
        raise InputError(f"the samples of {shown(folder)} have no label maps: choose a set that has, like scenes")
    names = tuple(str(name) for name in about.get("map_classes", ()))
    if not names:
        return _numbered(pairs, ())
    told = about.get("things") or about.get("classes") or ()
    things = tuple(name for name in names if name in told)
    return MapSet(pairs, len(names), names, flat_colours(len(names)), things=things)


def _is_cityscapes(folder: Path) -> bool:
    return (folder / "leftImg8bit").is_dir() and (folder / "gtFine").is_dir()


def _cityscapes(folder: Path) -> MapSet:
    names, pairs = tuple(CITYSCAPES), tuple(layouts.cityscapes_pairs(folder, "train"))
    return MapSet(
        pairs, len(names), names, flat_colours(len(names)), table=layouts.CITYSCAPES_TABLE, things=_ROAD_USERS
    )


# The foreground classes of BachGAN (Li et al., CVPR 2020) among those that are evaluated.
_ROAD_USERS = ("person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle")


def _is_ade20k(folder: Path) -> bool:
    return (folder / "annotations" / "training").is_dir()


def _ade20k(folder: Path) -> MapSet:
    count = layouts.ADE20K_CLASSES
    pairs = tuple(layouts.ade20k_pairs(folder, "training"))
    return MapSet(pairs, count, _plain_names(count), flat_colours(count), table=layouts.ADE20K_TABLE)


def _coco_stuff(folder: Path) -> MapSet:
    count = layouts.COCO_STUFF_CLASSES
    return MapSet(tuple(layouts.coco_stuff_pairs(folder, "train2017")), count, _plain_names(count), flat_colours(count))


def _deepfashion(folder: Path) -> MapSet:
    count = layouts.DEEPFASHION_CLASSES
    return MapSet(tuple(layouts.deepfashion_pairs(folder, "train")), count, _plain_names(count), flat_colours(count))


def _plain_names(count: int) -> tuple[str, ...]:
    return tuple(f"class {number}" for number in range(count))


# ---------------------------------------------------------------------------------------------------------------
# A user's own folders


_SEGMENTED = re.compile(r"_segment_\d+$")  # what the verb ``segment`` adds to the name of a photo


def _named_as(path: Path) -> Path:
    """The picture that a map is named after, without suffix."""
    return path.with_name(_SEGMENTED.sub("", path.stem))


def _of_two_folders(folder: Path, pictures: Path, maps: Path) -> MapSet:
    found = {_named_as(path.relative_to(maps)): path for path in pictures_below(maps, results=True)}
    of = {path: path.relative_to(pictures).with_suffix("") for path in pictures_below(pictures, results=True)}
    pairs = tuple((path, found[name]) for path, name in of.items() if name in found)
    if not pairs:
        raise InputError(
            f"no picture in {shown(pictures)} has a map of its name in {shown(maps)}: call each map like its picture"
        )
    names, colours = _told(folder)
    painted = {_is_painted(index) for _, index in pairs}
    if len(painted) > 1:
        odd = next(index for _, index in pairs if _is_painted(index))
        raise InputError(
            f"{shown(odd)} is in colours and other maps of {shown(maps)} hold class numbers: save all of them one way"
        )
    made = _coloured(pairs, names, colours) if painted == {True} else _numbered(pairs, names, colours)
    return replace(made, unmapped=tuple(path for path, name in of.items() if name not in found))


def _told(folder: Path) -> tuple[tuple[str, ...], tuple[Colour, ...]]:
    """Names and colours as a file beside the folders has them."""
    path = folder / _CLASSES
    if not path.is_file():
        return (), ()
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(told, list):
            return tuple(str(name) for name in told), ()
        colours = [bytes.fromhex(str(colour).removeprefix("#")) for colour in told.values()]
        return tuple(map(str, told)), tuple((red, green, blue) for red, green, blue in colours)
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(
            f'{shown(path)} cannot be read: write a list of names, like ["sky", "grass"], or {{"sky": "#4080ff"}}'
        ) from error


def _is_painted(path: Path) -> bool:
    """Whether a map is a picture in colours, not of class numbers."""
    try:
        with open(path, "rb") as file, opened(file, shown(path)) as picture:
            return picture.mode not in ("L", "P", "1") and not picture.mode.startswith("I")
    except (OSError, ValueError):
        return False  # what cannot be read is said when it is decoded


def _numbered(pairs: tuple[Pair, ...], names: tuple[str, ...], colours: tuple[Colour, ...] = ()) -> MapSet:
    """A set whose maps hold class numbers; without names, every number up to the highest is a class."""
    count = len(names) or 1 + max((int(used.max()) for used in map(_used, pairs) if len(used)), default=0)
    if count > MOST_LABELS:
        raise InputError(f"the maps hold class numbers up to {count - 1}: give at most {MOST_LABELS} classes, from 0")
    return MapSet(pairs, count, names or _plain_names(count), colours or flat_colours(count))


def _used(pair: Pair) -> NDArray[np.uint8]:
    """The class numbers of the map of a pair; none where it cannot be read, which is said when it is decoded."""
    try:
        numbers = np.unique(read_map(pair[1]))
    except InputError:
        return np.empty(0, np.uint8)
    kept: NDArray[np.uint8] = numbers[numbers != NONE]
    return kept


def _coloured(pairs: tuple[Pair, ...], names: tuple[str, ...], colours: tuple[Colour, ...]) -> MapSet:
    """A set whose maps are pictures in flat colours: those that are told, or all that are there."""
    if not colours:
        found: set[int] = set()
        for _, index in pairs:
            found.update(int(code) for code in np.unique(colour_codes(open_photo(index).rgb)))
            if len(found) > MOST_LABELS:
                raise InputError(
                    f"the maps up to {shown(index)} have more than {MOST_LABELS} colours: save them as PNGs without "
                    f"smoothed edges, or write the classes and their colours into {_CLASSES}"
                )
        colours = tuple((code >> 16, code >> 8 & 255, code & 255) for code in sorted(found))
        names = names if len(names) == len(colours) else tuple("#{:02x}{:02x}{:02x}".format(*c) for c in colours)
    return MapSet(pairs, len(colours), names, colours, painted=True)


@cache
def _digest(path: Path, size: int, modified: int) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def maps_sha256(pairs: tuple[Pair, ...]) -> str:
    """What tells the maps of a set from those of every other: the bytes of all files, in their order.

    Raises:
        InputError: one cannot be read.
    """
    digest = hashlib.sha256()
    for _, index in pairs:
        try:
            known = index.stat()
            digest.update(_digest(index, known.st_size, known.st_mtime_ns))
        except OSError as error:
            raise InputError(f"{shown(index)} cannot be read ({error.strerror}): mend or remove it") from error
    return digest.hexdigest()
