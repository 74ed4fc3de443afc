"""Free photos in four changed layouts, by all systems that can follow one: the figure of docs/verbs.md.

    python benchmarks/layout_comparison.py --weights WEIGHTS --out benchmarks/results/layout_comparison.json

The photos are those of ``examples/photos``, their label maps those of ``segment`` with default settings, and each
target is made of the photo's own map by one rule: mirrored, everything moved to the right by a third of the width, the
brightest region grown, and the whole map twice side by side at half its width. Systems, segmenters and figures are
those of ``relayout.py``; what learns is trained on the one photo, with seed 0. Nothing is chosen by the results.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

import calotype
import relayout
from calotype.image.grid import contact_sheet
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.image.labelmap import open_labels
from calotype.metrics.sifid import sifid
from calotype.nn.features import inception_stem
from calotype.nn.filter_bank import offline_features
from calotype.nn.vgg import vgg16
from machine import provenance

HERE = Path(__file__).parent
PHOTOS = HERE.parent / "examples" / "photos"
FIGURE = HERE.parent / "docs" / "images" / "comparison.jpg"
SIDE = 200
GROWTH = 11  # side of the square that the grown region is dilated with, pixels

Index = NDArray[np.uint8]


def mirrored(index: Index, grey: NDArray[np.float32]) -> Index:
    """Left and right exchanged."""
    return np.ascontiguousarray(index[:, ::-1])


def moved(index: Index, grey: NDArray[np.float32]) -> Index:
    """Everything a third of the width farther to the right, what is left open taken from there mirrored."""
    columns = np.abs(np.arange(index.shape[1]) - index.shape[1] // 3)
    return index[:, columns]


def grown(index: Index, grey: NDArray[np.float32]) -> Index:
    """The label that is brightest in the photo dilated over the others."""
    brightest = max(np.unique(index), key=lambda label: grey[index == label].mean())
    inside = Image.fromarray((index == brightest).astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(GROWTH))
    return np.where(np.asarray(inside) > 0, brightest, index).astype(np.uint8)


def doubled(index: Index, grey: NDArray[np.float32]) -> Index:
    """The map at half its width, and beside it the same mirrored."""
    half = index[:, ::2]
    return np.concatenate([half, half[:, ::-1]], 1)[:, : index.shape[1]]


CASES: tuple[tuple[str, str, Callable[[Index, NDArray[np.float32]], Index]], ...] = (
    ("mountains", "mirrored", mirrored),
    ("pagoda", "moved", moved),
    ("stream", "rock grown", grown),
    ("mountains", "doubled", doubled),
)


def cases() -> Iterator[relayout.Case]:
    """The photos with their maps and targets."""
    for name, word, change in CASES:
        photo = open_photo(PHOTOS / f"{name}.jpg", max_side=SIDE)
        pixels = to_tensor(photo)[:, :3]
        own = open_labels(calotype.segment(photo)[0])
        target = change(own.index, pixels[0].mean(0).numpy())
        yield relayout.Case(name, word, pixels, own, open_labels(coloured(target, own.colours), like=own))


def coloured(index: Index, colours: tuple[tuple[int, int, int], ...]) -> Image.Image:
    """A map as a picture in its colours."""
    return Image.fromarray(np.array(colours, np.uint8)[index])


@dataclass(frozen=True)
class Compared:
    """One case: its rows of figures, and its pictures with their captions."""

    rows: list[dict[str, Any]]
    pictures: list[Image.Image]
    captions: list[str]


def compared(case: relayout.Case, options: argparse.Namespace) -> Compared:
    """All systems on one case, training included."""
    deep = vgg16(options.weights) if options.weights else None
    features = {"sifid_offline": offline_features()}
    if options.weights:
        features["sifid"] = inception_stem(options.weights)
    segmenters = relayout.segmenters_of(case, deep)
    rows = [relayout.row(case, "photo, target", relayout.found(case.target, case.photo, segmenters))]
    pictures = [to_image(case.photo), case.own.image(), case.target.image()]
    captions = ["photo", "segment", case.layout]
    for system in relayout.SYSTEMS:
        made, seconds = relayout.drawn(case, system, options)
        values = {**relayout.found(case.target, made, segmenters), "seconds": seconds}
        values |= {key: sifid(case.photo, made, each) for key, each in features.items()}
        rows.append(relayout.row(case, system, values))
        pictures.append(to_image(made))
        captions.append(system)
        print(f"{case.name} {json.dumps(rows[-1])}", flush=True)
    return Compared(rows, pictures, captions)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default=os.environ.get("CALOTYPE_WEIGHTS"), help="default: CALOTYPE_WEIGHTS")
    parser.add_argument("--work", type=Path, default=Path("runs/layout_comparison"), help="trainings of spade one")
    parser.add_argument("--figure", type=Path, default=FIGURE, help="the picture to write")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.set_defaults(set=[])
    return parser.parse_args()


def main() -> None:
    options, ran_on, found = arguments(), provenance(), []
    for case in cases():
        found.append(compared(case, options))
        written(found, ran_on, options)


def written(found: list[Compared], ran_on: dict[str, Any], options: argparse.Namespace) -> None:
    """The figure and the figures, after each case, as all of it takes an hour."""
    pictures = [picture for each in found for picture in each.pictures]
    captions = [caption for each in found for caption in each.captions]
    # Two rows of the sheet are one case.
    sheet = contact_sheet(pictures, captions, columns=len(found[0].pictures) // 2, cell=SIDE)
    options.figure.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(options.figure, quality=80, optimize=True, progressive=True)
    rows = [row for each in found for row in each.rows]
    relayout.write(options.out, {**ran_on, "seed": 0, "side": SIDE, "summary": relayout.summary(rows), "rows": rows})


if __name__ == "__main__":
    main()
