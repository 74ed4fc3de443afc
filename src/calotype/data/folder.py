"""A folder of images as a data set of one image size."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calotype.data.decoded import Decoded, Progress, decoded
from calotype.data.stream import Sample
from calotype.data.writing import IMAGES, SAMPLES
from calotype.errors import InputError
from calotype.files import shown
from calotype.image.io import (
    MIN_SIDE,
    SUFFIXES,
    as_bytes,
    as_tensor,
    natural_order,
    open_photo,
    to_tensor,
    without_results,
)
from calotype.image.resize import resize
from calotype.types import Photo

Side = int | tuple[int, int]  # pixels: the side of a square, or (height, width)
Window = tuple[int, int, int, int]  # top, left, height, width, pixels


class Folder:
    """The images in a folder and its sub-folders, centre-cropped and resized, in natural order of their names.

    Every image is read as everywhere (upright, sRGB, transparent pixels composited on mid-grey), cropped to the largest
    centred rectangle of the aspect ratio of ``size``, and resampled with antialiasing. The result is cached: see
    ``calotype.data.decoded``. Unreadable files are skipped; ``skipped`` lists them.

    Args:
        path: the folder. Hidden files and folders are ignored.
        size: of the images, pixels: one number for squares, or (height, width).
        keep: cache the decoded images on disk, otherwise in memory.
        on_progress: called with the number of decoded images and the total.

    Attributes:
        paths: of the images, by index.
        skipped: index and reason of each file that could not be read.

    Raises:
        InputError: there is no such folder, no image in it, or none that can be read.
        OutputError: the decoded images cannot be cached.
    """

    def __init__(self, path: str | Path, size: Side, *, keep: bool = True, on_progress: Progress | None = None) -> None:
        self.size = sides(size)
        found = pictures_below(Path(path))
        self._decoded = decoded_photos(found, self.size, keep=keep, on_progress=on_progress)
        self.paths = [found[number] for number in self._decoded.numbers]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> Sample:
        """``image``: float32 [3, height, width], -1..1."""
        return {"image": as_tensor(self._decoded.rows[i])}

    @property
    def skipped(self) -> dict[int, str]:
        """The files that could not be read."""
        return self._decoded.skipped

    def report(self) -> str:
        """One line about the skipped files; empty if there are none."""
        return self._decoded.report()


def sides(size: Side) -> tuple[int, int]:
    """(height, width) of a size given as one number or two.

    Raises:
        InputError: a side is too short.
    """
    height, width = (size, size) if isinstance(size, int) else size
    if min(height, width) < MIN_SIDE:
        raise InputError(f"pictures of {width}x{height} pixels are too small: give {MIN_SIDE} or more")
    return height, width


def pictures_below(folder: Path, *, results: bool = False) -> list[Path]:
    """The images in a folder and its sub-folders, by suffix, in natural order.

    For a set made by ``calotype data``, only those in ``images/``: label maps are not included.

    Args:
        folder: the folder.
        results: include what this program made; otherwise it is included only if there is nothing else, and contact
            sheets and label maps never.

    Raises:
        InputError: there is no such folder, or no image in it.
    """
    if not folder.is_dir():
        said = "is not a folder" if folder.exists() else "does not exist"
        raise InputError(f"{shown(folder)} {said}: give a folder of pictures")
    if (folder / SAMPLES).is_file() and (folder / IMAGES).is_dir():
        folder, results = folder / IMAGES, True
    found = [place / name for place, names in _files_below(folder) for name in names]
    if found and not results:
        found = without_results(found)
    if not found:
        raise InputError(f"no pictures in {shown(folder)}: put PNG, JPEG, WebP, TIFF or HEIC files there")
    return sorted(found, key=lambda path: [natural_order(part) for part in path.relative_to(folder).parts])


def _files_below(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Each folder, hidden ones left out, with the names of the images in it."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield (
            Path(place),
            [
                name
                for name in names
                if not name.startswith(".")
                and os.path.splitext(name)[1].lower() in SUFFIXES
                and os.path.isfile(os.path.join(place, name))
            ],
        )


def decoded_photos(
    paths: Sequence[Path],
    size: tuple[int, int],
    *,
    window: Window | None = None,
    keep: bool = True,
    on_progress: Progress | None = None,
) -> Decoded:
    """Photos as rows [height, width, 3]; see ``Folder`` and ``calotype.data.decoded``."""
    return decoded(
        [(path,) for path in paths],
        (*size, 3),
        lambda number: open_photo(paths[number]),
        lambda photo: fitted_photo(photo, size, window),
        about=f"photos, cut to {window or 'the middle'}, bicubic",
        keep=keep,
        on_progress=on_progress,
    )


def fitted_photo(photo: Photo, size: tuple[int, int], window: Window | None = None) -> NDArray[np.uint8]:
    """Crop a photo to a window, or around its centre, and resample it: uint8 [height, width, 3].

    Raises:
        InputError: the window extends beyond the photo.
    """
    picture = to_tensor(photo)[:, :3]
    top, left, height, width = window or middle(photo.rgb.shape[:2], size)
    if top + height > photo.rgb.shape[0] or left + width > photo.rgb.shape[1]:
        raise InputError(f"'{photo.name}' is {photo.size}: {width}x{height} at {left},{top} reaches beyond it")
    return as_bytes(resize(picture[:, :, top : top + height, left : left + width], size)[0])


def middle(shape: Sequence[int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest centred rectangle with the aspect ratio of ``size``: top, left, height, width, pixels."""
    height, width = shape[0], shape[1]
    factor = min(height / size[0], width / size[1])
    h, w = min(height, max(1, round(size[0] * factor))), min(width, max(1, round(size[1] * factor)))
    return (height - h) // 2, (width - w) // 2, h, w
