"""Writing a data set as a folder, atomically; the format that ``calotype.data.samples`` reads.

about.json       metadata: description, meaning of the class numbers, sources and licences

samples.jsonl    one line of JSON per sample: its files and annotations

images/          000000.png and so on; optionally maps/, instances/ and others/ with equal names
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calotype.errors import InputError
from calotype.files import is_free, output_error, shown, write_folder

FORMAT = 1
ABOUT, SAMPLES, IMAGES = "about.json", "samples.jsonl", "images"


@dataclass
class Made:
    """One sample to write.

    Attributes:
        image: RGB.
        map: class of every pixel, uint8 [H, W].
        instances: index of the box that a pixel belongs to, from 1; 0 for none. uint8 [H, W].
        other: a second image paired with ``image``, RGB.
        label: class of the whole image.
        boxes: (left, top, right, bottom) relative to width and height, 0..1, one per object.
        classes: of the objects.
        relations: (object, relation, object), as indices.
        info: further metadata, JSON-ready.
    """

    image: Image.Image
    map: NDArray[np.uint8] | None = None
    instances: NDArray[np.uint8] | None = None
    other: Image.Image | None = None
    label: int | None = None
    boxes: Sequence[tuple[float, float, float, float]] | None = None
    classes: Sequence[int] | None = None
    relations: Sequence[tuple[int, int, int]] | None = None
    info: Mapping[str, Any] = field(default_factory=dict)


def write_samples(
    folder: Path,
    about: Mapping[str, Any],
    made: Iterable[Made],
    papers: Callable[[], Mapping[str, bytes]] = dict,
    then: Callable[[], object] = lambda: None,
) -> int:
    """Write a data set; returns the number of its samples.

    Everything is written to a hidden folder, which is renamed when complete. After an error or an interruption neither
    ``folder`` nor a part of it exists.

    Args:
        folder: to be created; must not exist, or be empty.
        about: metadata of the set, JSON-ready. ``format`` and ``count`` are added.
        made: its samples.
        papers: called after all samples are written; returns the files of ``licences/``.
        then: called when the set is complete; where it fails, the set is deleted again.

    Raises:
        InputError: the folder exists and is not empty.
        OutputError: no permission, no disk space, no such folder.
    """
    check_free(folder)
    count = 0

    def write(part: Path) -> None:
        nonlocal count
        with open(part / SAMPLES, "w", encoding="utf-8") as lines:
            for sample in made:
                lines.write(json.dumps(_write(part, f"{count:06d}.png", sample), sort_keys=True) + "\n")
                count += 1
        for name, content in papers().items():
            (part / "licences").mkdir(exist_ok=True)
            (part / "licences" / name).write_bytes(content)
        text = json.dumps({**about, "format": FORMAT, "count": count}, indent=1)
        (part / ABOUT).write_text(text + "\n", encoding="utf-8")

    write_folder(folder, write, then, last=ABOUT)
    return count


def check_free(folder: Path) -> None:
    """Check that a folder does not exist or is empty.

    Raises:
        InputError: it is not empty, or is a file.
    """
    try:
        taken = not is_free(folder)
    except OSError as error:
        raise output_error(folder, error) from error
    if taken:
        raise InputError(f"{shown(folder)} is already there: choose another folder with -o, or delete it")


def _write(folder: Path, name: str, sample: Made) -> dict[str, Any]:
    """Write the images of a sample; returns its line."""
    line: dict[str, Any] = dict(sample.info)
    pictures = {
        "image": (IMAGES, sample.image),
        "map": ("maps", None if sample.map is None else Image.fromarray(sample.map)),
        "instances": ("instances", None if sample.instances is None else Image.fromarray(sample.instances)),
        "other": ("others", sample.other),
    }
    for key, (sub, picture) in pictures.items():
        if picture is not None:
            (folder / sub).mkdir(exist_ok=True)
            picture.save(folder / sub / name, format="PNG")
            line[key] = f"{sub}/{name}"
    known = {
        "label": sample.label,
        "boxes": None if sample.boxes is None else [[round(x, 6) for x in box] for box in sample.boxes],
        "classes": None if sample.classes is None else list(sample.classes),
        "relations": None if sample.relations is None else [list(triple) for triple in sample.relations],
    }
    return line | {key: value for key, value in known.items() if value is not None}
