"""Paired images: a drawing and its photo, a place by day and by night."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calotype.data.decoded import Progress, decoded
from calotype.data.folder import Side, fitted_photo, middle, pictures_below, sides
from calotype.data.stream import Sample
from calotype.errors import InputError
from calotype.files import shown
from calotype.image.io import as_tensor, open_photo
from calotype.types import Photo


class Pairs:
    """Images of two folders with equal names, whatever the suffix; or the halves of images of one folder.

    Args:
        path: folder of the first image of each pair, ``image``.
        other: folder of the second, ``other``; ``None`` if both are in one file, side by side, as in the sets of
            pix2pix (Isola et al., CVPR 2017): then the left half is ``other`` and the right ``image``.
        size: of the images, pixels: one number for squares, or (height, width).
        keep: cache the decoded images on disk, otherwise in memory.
        on_progress: called with the number of decoded pairs and the total.

    Attributes:
        unpaired: files without a partner, which are ignored.

    Raises:
        InputError: a folder is missing, no two names are equal, or no pair can be read.
        OutputError: the decoded images cannot be cached.
    """

    def __init__(
        self,
        path: str | Path,
        other: str | Path | None,
        size: Side,
        *,
        keep: bool = True,
        on_progress: Progress | None = None,
    ) -> None:
        self.size = sides(size)
        firsts = pictures_below(Path(path), results=True)
        self.unpaired: list[Path] = []
        sources: list[tuple[Path, ...]] = [(one,) for one in firsts]
        if other is not None:
            seconds = {two.relative_to(other).with_suffix(""): two for two in pictures_below(Path(other), results=True)}
            names = {one: one.relative_to(path).with_suffix("") for one in firsts}
            sources = [(one, seconds[name]) for one, name in names.items() if name in seconds]
            used = {file for source in sources for file in source}
            self.unpaired = [file for file in [*firsts, *seconds.values()] if file not in used]
            if not sources:
                raise InputError(
                    f"no pictures in {shown(path)} and {shown(other)} have the same name: name both of a pair alike"
                )
        self._decoded = decoded(
            sources,
            (*self.size, 6),
            lambda number: [open_photo(file) for file in sources[number]],
            self._fit,
            about="pairs",
            keep=keep,
            on_progress=on_progress,
        )
        self.paths = [sources[number][0] for number in self._decoded.numbers]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> Sample:
        """``image`` and ``other``, float32 [3, height, width], -1..1."""
        row = self._decoded.rows[i]
        return {"image": as_tensor(row[:, :, :3]), "other": as_tensor(row[:, :, 3:])}

    @property
    def skipped(self) -> dict[int, str]:
        """The pairs that could not be read, by index, with reasons."""
        return self._decoded.skipped

    def report(self) -> str:
        """One line about the skipped pairs; empty if there are none."""
        return self._decoded.report()

    def _fit(self, photos: list[Photo]) -> NDArray[np.uint8]:
        if len(photos) == 2:
            return np.dstack([fitted_photo(photo, self.size) for photo in photos])
        photo = photos[0]
        height, width = photo.rgb.shape[:2]
        half = width // 2
        top, left, h, w = middle((height, half), self.size)
        return np.dstack([fitted_photo(photo, self.size, (top, left + at, h, w)) for at in (width - half, 0)])
