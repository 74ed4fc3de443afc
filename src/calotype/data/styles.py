"""Photos and artworks: two folders, ``content`` and ``style``, or a set made here whose samples have styles.

In the folders, sub-folders of ``content`` are categories, if there are any, and those of ``style`` are artists. Of a
set with labels (like emoji) the first label is that of the photos, the others are the artists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from calotype.data.decoded import Progress
from calotype.data.folder import decoded_photos, pictures_below
from calotype.data.sample_lines import read_about, read_lines
from calotype.data.stream import Sample
from calotype.data.writing import ABOUT, SAMPLES
from calotype.errors import InputError
from calotype.files import shown
from calotype.image.io import as_tensor, natural_order

CONTENT, STYLE = "content", "style"
_FEWEST = 2  # artworks: the losses compare two


@dataclass(frozen=True)
class StyleSet:
    """Photos and artworks, not decoded yet.

    Attributes:
        photos: files of the photos.
        artworks: files of the artworks.
        category: of each photo, a number.
        artist: of each artwork, a number.
        categories: their names; empty where photos have none.
        artists: their names.
    """

    photos: tuple[Path, ...]
    artworks: tuple[Path, ...]
    category: tuple[int, ...]
    artist: tuple[int, ...]
    categories: tuple[str, ...]
    artists: tuple[str, ...]

    def opened(self, size: tuple[int, int], on_progress: Progress | None = None) -> Stylings:
        """The pictures at one size (height, width).

        Raises:
            InputError: none of them can be read.
            OutputError: what was decoded cannot be kept.
        """
        return Stylings(self, size, on_progress)


class Stylings:
    """Photos, each beside an artwork: ``image``, ``category``, ``art`` and ``artist``.

    Args:
        of: the files.
        size: height and width, pixels.
        on_progress: called with the number of decoded pictures and the total.
    """

    def __init__(self, of: StyleSet, size: tuple[int, int], on_progress: Progress | None = None) -> None:
        self.of = of
        self._photos = decoded_photos(list(of.photos), size, keep=True, on_progress=on_progress)
        self._artworks = decoded_photos(list(of.artworks), size, keep=True, on_progress=on_progress)
        order = torch.Generator().manual_seed(0)
        self._order = torch.randperm(len(self._artworks.numbers), generator=order).tolist()

    def __len__(self) -> int:
        return max(len(self._photos.numbers), len(self._artworks.numbers))

    def __getitem__(self, i: int) -> Sample:
        """``image`` and ``art`` float32 [3, height, width], -1..1; ``category`` and ``artist`` int64."""
        photo, art = i % len(self._photos.numbers), self._order[i % len(self._order)]
        return {
            "image": as_tensor(self._photos.rows[photo]),
            "art": as_tensor(self._artworks.rows[art]),
            "category": torch.tensor(self.of.category[self._photos.numbers[photo]]),
            "artist": torch.tensor(self.of.artist[self._artworks.numbers[art]]),
        }


def style_set(folder: Path) -> StyleSet:
    """The photos and artworks in a folder.

    Raises:
        InputError: there are none, or only one artwork.
    """
    if not folder.is_dir():
        raise InputError(f"there is no folder {shown(folder)}: give one with the folders 'content' and 'style'")
    if (folder / SAMPLES).is_file() and (folder / ABOUT).is_file():
        found = _of_samples(folder)
    else:
        for name in (CONTENT, STYLE):
            if not (folder / name).is_dir():
                raise InputError(
                    f"{shown(folder)} has no folder '{name}': put photos into 'content' and artworks into 'style', "
                    "a sub-folder an artist"
                )
        photos, category, categories = _sorted(folder / CONTENT)
        artworks, artist, artists = _sorted(folder / STYLE)
        names = categories if len(categories) > 1 else ()
        found = StyleSet(photos, artworks, category, artist, names, artists)
    if len(found.artworks) < _FEWEST:
        raise InputError(
            f"{shown(folder)} has one artwork: give at least {_FEWEST}, since styles are learned from their differences"
        )
    return found


def artworks_in(folder: Path) -> tuple[list[Path], list[str]]:
    """The artworks below a folder, and the artist of each: the name of its sub-folder or of its label; empty for none.

    Of a set that was made here and has labels, those of the first label are the photos and are left out, as they are of
    a folder with ``content`` and ``style``.

    Raises:
        InputError: there are none.
    """
    if (folder / SAMPLES).is_file() and (folder / ABOUT).is_file():
        labels = [str(name) for name in read_about(folder).get("labels", ())]
        lines = read_lines(folder)
        if len(labels) < 2 or any("label" not in line for line in lines):
            return [folder / line["image"] for line in lines], [""] * len(lines)
        chosen = [line for line in lines if int(line["label"]) > 0]
        return [folder / line["image"] for line in chosen], [labels[int(line["label"])] for line in chosen]
    if (folder / CONTENT).is_dir() and (folder / STYLE).is_dir():
        folder = folder / STYLE
    found = pictures_below(folder, results=True)
    return found, [path.relative_to(folder).parts[0] if path.parent != folder else "" for path in found]


def _sorted(folder: Path) -> tuple[tuple[Path, ...], tuple[int, ...], tuple[str, ...]]:
    """Files, the number of the sub-folder of each, and the names of these."""
    found = pictures_below(folder, results=True)
    of = [path.relative_to(folder).parts[0] if path.parent != folder else folder.name for path in found]
    names = sorted(set(of), key=natural_order)
    return tuple(found), tuple(names.index(name) for name in of), tuple(names)


def _of_samples(folder: Path) -> StyleSet:
    about, lines = read_about(folder), read_lines(folder)
    labels = [str(name) for name in about.get("labels", ())]
    if len(labels) < 2 or any("label" not in line for line in lines):
        raise InputError(
            f"the samples of {shown(folder)} have no styles: choose a set that has, like emoji, paintings or portraits"
        )
    photos = [line for line in lines if int(line["label"]) == 0]
    artworks = [line for line in lines if int(line["label"]) > 0]
    if not photos or not artworks:
        raise InputError(f"{shown(folder)} needs samples of '{labels[0]}', the content, and of other labels")
    told = [str(line.get("category", "")) for line in photos]
    names = _names(told)
    return StyleSet(
        tuple(folder / line["image"] for line in photos),
        tuple(folder / line["image"] for line in artworks),
        tuple(names.index(name) if names else 0 for name in told),
        tuple(int(line["label"]) - 1 for line in artworks),
        names,
        tuple(labels[1:]),
    )


def _names(told: Sequence[str]) -> tuple[str, ...]:
    """The categories, if there are several."""
    names = tuple(sorted(set(told)))
    return names if len(names) > 1 else ()
