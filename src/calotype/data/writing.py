"""A set of pictures written as a folder, whole or not at all: what ``calotype.data.samples`` reads.

about.json       what it is, what the numbers in it mean, what it was made from, and under which licences
samples.jsonl    a line of JSON for each sample: its files, and what is known of it
images/          000000.png and so on; where there are such, maps/, instances/ and others/ with equal names
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calotype.errors import InputError
from calotype.files import output_error, shown

FORMAT = 1
ABOUT, SAMPLES, IMAGES = "about.json", "samples.jsonl", "images"


@dataclass
class Made:
    """One sample, as it is written.

    Attributes:
        image: RGB.
        map: the class of every pixel, uint8 [H, W].
        instances: which of the boxes a pixel belongs to, counted from 1; 0 where to none. uint8 [H, W].
        other: a picture that belongs to the image, RGB.
        label: the class of the whole.
        boxes: (left, top, right, bottom) as shares of the width and height, 0..1, one an object.
        classes: of the objects.
        relations: (object, relation, object), each by number.
        info: whatever else is known, JSON-ready.
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
) -> int:
    """Write a set; the number of its samples.

    Everything is written to a hidden folder beside, which takes its name when it is complete. Whatever interrupts
    this, ``folder`` is not there, nor is a part of it.

    Args:
        folder: to be made; there must be none of that name, or an empty one.
        about: what is said of the set, JSON-ready. ``format`` and ``count`` are added.
        made: its samples.
        papers: called when all samples are written: what is to lie in ``licences/``.

    Raises:
        InputError: the folder is there and has something in it.
        OutputError: no permission, no disk space, no such place.
    """
    check_free(folder)
    part = folder.parent / f".calotype-{secrets.token_hex(6)}.part"
    count = 0
    try:
        try:
            part.mkdir(parents=True)
            with open(part / SAMPLES, "w", encoding="utf-8") as lines:
                for sample in made:
                    lines.write(json.dumps(_write(part, f"{count:06d}.png", sample), sort_keys=True) + "\n")
                    count += 1
            for name, content in papers().items():
                (part / "licences").mkdir(exist_ok=True)
                (part / "licences" / name).write_bytes(content)
            text = json.dumps({**about, "format": FORMAT, "count": count}, indent=1)
            (part / ABOUT).write_text(text + "\n", encoding="utf-8")
            if folder.is_dir():
                folder.rmdir()
            part.replace(folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    except OSError as error:
        raise output_error(folder, error) from error
    return count


def check_free(folder: Path) -> None:
    """Refuse a folder that holds something.

    Raises:
        InputError: it does, or it is a file.
    """
    try:
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except OSError as error:
        raise output_error(folder, error) from error
    if taken:
        raise InputError(f"{shown(folder)} is already there: choose another folder with -o, or delete it")


def _write(folder: Path, name: str, sample: Made) -> dict[str, Any]:
    """Write the pictures of a sample; its line."""
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
