"""Pictures with boxes of objects for training: sets that ``calotype data`` makes, those in the format of COCO, and
Visual Genome.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

from calotype.data.decoded import Progress
from calotype.data.folder import pictures_below
from calotype.data.packages import digest
from calotype.data.sample_lines import read_about, read_lines
from calotype.data.samples import Samples
from calotype.data.scenes import Scenes, category_names
from calotype.data.stream import DataSet
from calotype.data.visual_genome import Genome, VisualGenome, is_genome, read_genome
from calotype.data.visual_genome_files import FILES
from calotype.data.writing import ABOUT, SAMPLES
from calotype.errors import InputError
from calotype.files import shown
from calotype.image.labels import flat_colours

_ANNOTATIONS, _PICTURES = "annotations", ("images", "train2017", "val2017")
_KINDS = ("instances_*.json", "stuff_*.json", "*.json")  # the first that there are, and stuff besides


def object_pictures(folder: Path) -> list[Path]:
    """The pictures of a set with boxes.

    Raises:
        InputError: the folder has no boxes; the message says what is read.
    """
    if _made_here(folder):
        found = [folder / line["image"] for line in read_lines(folder) if line.get("boxes")]
        if not found:
            raise InputError(f"the samples of {shown(folder)} have no boxes: choose a set that has, like shapes")
        return found
    if is_genome(folder):
        return [graph.path for graph in _genome(folder).graphs]
    return pictures_below(_coco(folder)[0])


def objects_sha256(folder: Path) -> str:
    """Hash of the annotations of a set with boxes.

    Raises:
        InputError: as ``object_pictures``.
    """
    if is_genome(folder):
        return hashlib.sha256("".join(digest(folder / name) for name in FILES).encode()).hexdigest()
    files = [folder / SAMPLES, folder / ABOUT] if _made_here(folder) else _coco(folder)[1]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def object_classes(folder: Path) -> dict[str, Any]:
    """The classes of the objects: ``classes``, ``names`` and ``colours`` for label maps.

    Raises:
        InputError: as ``object_pictures``.
    """
    if _made_here(folder):
        names = read_about(folder).get("classes", ())
    else:
        names = _genome(folder).names if is_genome(folder) else category_names(_coco(folder)[1])
    if not names:
        raise InputError(f"{shown(folder / ABOUT)} does not name the classes of its boxes: add a list 'classes'")
    colours = [list(colour) for colour in flat_colours(len(names))]
    return {"classes": len(names), "names": [str(name) for name in names], "colours": colours}


def opened_objects(folder: Path, size: tuple[int, int], on_progress: Progress | None = None) -> DataSet:
    """The samples at one size (height, width): ``image``, ``boxes``, ``classes``, ``instances`` if the set has them.

    Raises:
        InputError: as ``object_pictures``, or nothing can be read.
        OutputError: what was decoded cannot be kept.
    """
    if _made_here(folder):
        lines = read_lines(folder)
        keys = ["image", "boxes", *(["instances"] if "instances" in lines[0] else [])]
        return Samples(folder, size, keys=keys, boxed=True, on_progress=on_progress)
    if is_genome(folder):
        return VisualGenome(folder, size, genome=_genome(folder), on_progress=on_progress)
    pictures, annotations = _coco(folder)
    return Scenes(pictures, annotations, size, on_progress=on_progress)


def _genome(folder: Path) -> Genome:
    """The training pictures of Visual Genome, whose files are large: the last ones are kept.

    Their paths are below ``folder`` as it is given, whatever folder a relative one began in before.
    """
    stamps = tuple((folder / name).stat().st_mtime_ns for name in FILES)
    return _kept_genome(folder, folder.resolve(), stamps)


@functools.lru_cache(1)
def _kept_genome(folder: Path, place: Path, stamps: tuple[int, ...]) -> Genome:
    return read_genome(folder)


def _made_here(folder: Path) -> bool:
    return (folder / SAMPLES).is_file() and (folder / ABOUT).is_file()


def _coco(folder: Path) -> tuple[Path, list[Path]]:
    """The folder of the pictures and the annotation files of a set in the format of COCO."""
    if not folder.is_dir():
        raise InputError(f"{shown(folder)} {'is not a folder' if folder.exists() else 'does not exist'}: give a set")
    notes = folder / _ANNOTATIONS
    found = [path for kind in _KINDS[:2] for path in sorted(notes.glob(kind))[:1]] or sorted(notes.glob(_KINDS[2]))[:1]
    pictures = next((folder / name for name in _PICTURES if (folder / name).is_dir()), None)
    if pictures is None or not found:
        raise InputError(
            f"{shown(folder)} has no boxes of objects: make a set that has some, like 'calotype data shapes', or put "
            "pictures into 'images' and a file in the format of COCO into 'annotations'"
        )
    return pictures, found
