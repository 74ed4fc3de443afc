"""Visual Genome (Krishna et al., IJCV 2017) in its original files: objects, attributes and relationships of pictures.

Classes, relations and pictures are chosen as sg2im's preprocessing chooses them (Johnson, Gupta and Fei-Fei, CVPR 2018,
section 4.1): names by aliases, frequent ones of the training pictures alone, objects of a least size, pictures with a
number of objects and relationships.

    image_data.json  objects.json  attributes.json  relationships.json  object_alias.txt  relationship_alias.txt
    vg_splits.json  VG_100K/1.jpg  VG_100K_2/2.jpg        (pictures also below images/)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from calotype.data.boxes import Box, cut, kept_relations
from calotype.data.decoded import Progress
from calotype.data.folder import Side, decoded_photos, middle, sides
from calotype.data.stream import Sample
from calotype.data.visual_genome_files import (
    FILES,
    GET,
    IMAGES,
    OBJECTS,
    aliases_in,
    by_image,
    described_in,
    listed,
    name_of,
    relationships_in,
    root_of,
    splits_in,
)
from calotype.errors import InputError, counted, unknown
from calotype.files import shown
from calotype.image.io import as_tensor

_WHOLE = 62_565  # training pictures of the published split, for which the limits are


@dataclass(frozen=True)
class Limits:
    """What is left out; as published.

    Attributes:
        picture: least side of a picture, pixels.
        side: least width and height of an object, pixels.
        objects: least and most objects of a picture.
        relationships: least and most relationships of a picture.
        classes: least number of objects of a class in the training pictures.
        attributes: least number of uses of an attribute.
        relations: least number of uses of a relation.
    """

    picture: int = 200
    side: int = 32
    objects: tuple[int, int] = (3, 30)
    relationships: tuple[int, int] = (1, 30)
    classes: int = 2000
    attributes: int = 2000
    relations: int = 500


@dataclass(frozen=True)
class Graph:
    """The graph of a picture.

    Attributes:
        image: number of the picture.
        path: where it lies.
        size: its width and height, pixels.
        boxes: left, top, right, bottom, shares of the picture, of each object.
        classes: numbers of their classes.
        attributes: numbers of the attributes of each.
        relations: (object, relation, object), as numbers.
    """

    image: int
    path: Path
    size: tuple[int, int]
    boxes: list[Box]
    classes: list[int]
    attributes: list[tuple[int, ...]]
    relations: list[tuple[int, int, int]]


@dataclass(frozen=True)
class Genome:
    """The graphs of a split, and the names of what they are made of.

    Attributes:
        names: of the classes, the most frequent first.
        attributes: names of the attributes, the most frequent first.
        relations: names of the relations, in the order in which they are first used.
        graphs: of the pictures, in the order of the split.
    """

    names: list[str]
    attributes: list[str]
    relations: list[str]
    graphs: list[Graph]


class VisualGenome:
    """Pictures with boxes, classes and relations.

    Args:
        folder: with the files.
        size: of the pictures, pixels: one number for squares, or (height, width).
        split: ``train``, ``val`` or ``test``, of the file of splits; without that file all pictures are ``train``.
        limits: what is left out; ``None``: as published, with the least numbers of uses reduced where there are fewer
            training pictures.
        genome: what was read of the folder already, instead of split and limits.
        keep: cache the decoded pictures on disk, otherwise in memory.
        on_progress: called with the number of decoded pictures and the total.

    Attributes:
        names, attributes, relations: as of ``Genome``.
        graphs: of the pictures that can be read.

    Raises:
        InputError: a file is missing or damaged, or no picture is left.
        OutputError: the decoded pictures cannot be cached.
    """

    def __init__(
        self,
        folder: str | Path,
        size: Side,
        split: str = "train",
        *,
        limits: Limits | None = None,
        genome: Genome | None = None,
        keep: bool = True,
        on_progress: Progress | None = None,
    ) -> None:
        self.size = sides(size)
        genome = genome or read_genome(Path(folder), split, limits)
        self.names, self.attributes, self.relations = genome.names, genome.attributes, genome.relations
        paths = [graph.path for graph in genome.graphs]
        self._decoded = decoded_photos(paths, self.size, keep=keep, on_progress=on_progress)
        self.graphs = [genome.graphs[number] for number in self._decoded.numbers]

    def __len__(self) -> int:
        return len(self.graphs)

    def __getitem__(self, i: int) -> Sample:
        """``image``, ``boxes`` float32 [n, 4], ``classes`` int64 [n], ``relations`` int64 [m, 3], with the numbers of
        this set's relations; what the crop of the picture shows.
        """
        graph = self.graphs[i]
        width, height = graph.size
        top, left, h, w = middle((height, width), self.size)
        frame = (left / width, top / height, (left + w) / width, (top + h) / height)
        seen = [(cut(box, frame), number) for number, box in enumerate(graph.boxes)]
        kept = [number for box, number in seen if box is not None]
        boxes = [box for box, _ in seen if box is not None]
        triples = kept_relations(graph.relations, kept)
        return {
            "image": as_tensor(self._decoded.rows[i]),
            "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
            "classes": torch.tensor([graph.classes[number] for number in kept], dtype=torch.int64),
            "relations": torch.tensor(triples, dtype=torch.int64).reshape(-1, 3),
        }

    @property
    def skipped(self) -> dict[int, str]:
        """The files that could not be read, by index, with reasons."""
        return self._decoded.skipped

    def report(self) -> str:
        """One line about the skipped files; empty if there are none."""
        return self._decoded.report()


def is_genome(folder: Path) -> bool:
    """Whether a folder has the files of Visual Genome.

    Raises:
        InputError: it has some of them.
    """
    missing = [name for name in FILES if not (folder / name).is_file()]
    if 0 < len(missing) < len(FILES):
        raise InputError(f"{shown(folder)} has files of Visual Genome, but not {' and '.join(missing)}: {GET}")
    return not missing


def read_genome(folder: Path, split: str = "train", limits: Limits | None = None) -> Genome:
    """The graphs of a split; arguments and errors as for ``VisualGenome``."""
    images = {image["image_id"]: image for image in listed(folder / IMAGES, "image_id", "url", "width", "height")}
    splits = splits_in(folder, images)
    if split not in splits:
        raise InputError(f"{shown(folder)}: {unknown('split', split, splits)}")
    limits = limits or _scaled(len(splits["train"]))
    splits = {
        name: [one for one in numbers if min(images[one]["width"], images[one]["height"]) >= limits.picture]
        for name, numbers in splits.items()
    }
    training, wanted = set(splits["train"]), {one for numbers in splits.values() for one in numbers}
    objects = by_image(folder / OBJECTS, "objects", ("object_id", "names", "x", "y", "w", "h"), wanted)
    aliases = aliases_in(folder / "object_alias.txt")
    names = _frequent(_class_names(objects, training, aliases), limits.classes)
    if not names:
        raise InputError(
            f"no class of {shown(folder)} has {counted(limits.classes, 'object')}: get all of Visual Genome's files"
        )
    classes = {name: number for number, name in enumerate(names)}
    found = {
        one["object_id"]: number
        for entries in objects.values()
        for one in entries
        if (number := _class_of(one, aliases, classes)) is not None and min(one["w"], one["h"]) >= limits.side
    }
    relationships = relationships_in(folder, wanted)
    relations = _relation_names(relationships, training, found, limits.relations)
    described = described_in(folder, wanted)
    attributes = _frequent(_attribute_names(described, training), limits.attributes)
    root = root_of(folder, images, splits[split]) if splits[split] else folder
    numbers = {name: number for number, name in enumerate(attributes)}
    known = {name: number for number, name in enumerate(relations)}
    graphs = []
    for image in splits[split]:
        entries = [one for one in objects.get(image, ()) if one["object_id"] in found]
        places = {one["object_id"]: place for place, one in enumerate(entries)}
        triples = [
            (places[one], known[word], places[other])
            for one, word, other in relationships.get(image, ())
            if word in known and one in places and other in places
        ]
        if _within(len(entries), limits.objects) and _within(len(triples), limits.relationships):
            told = described.get(image, {})
            graphs.append(_graph(images[image], root, entries, found, triples, told, numbers))
    if not graphs:
        raise InputError(f"no picture of the split {split} of {shown(folder)} has objects and relationships enough")
    return Genome(names, attributes, relations, graphs)


def _graph(
    image: Mapping[str, Any],
    root: Path,
    entries: Sequence[Mapping[str, Any]],
    found: Mapping[int, int],
    triples: list[tuple[int, int, int]],
    told: Mapping[int, Sequence[str]],
    numbers: Mapping[str, int],
) -> Graph:
    width, height = image["width"], image["height"]
    return Graph(
        image=image["image_id"],
        path=root / name_of(image),
        size=(width, height),
        boxes=[
            (one["x"] / width, one["y"] / height, (one["x"] + one["w"]) / width, (one["y"] + one["h"]) / height)
            for one in entries
        ],
        classes=[found[one["object_id"]] for one in entries],
        attributes=[
            tuple(numbers[word] for word in told.get(one["object_id"], ()) if word in numbers) for one in entries
        ],
        relations=triples,
    )


# ---------------------------------------------------------------------------------------------------------------
# Names


def _class_names(
    objects: Mapping[int, Sequence[Mapping[str, Any]]], training: Collection[int], aliases: Mapping[str, str]
) -> Counter[str]:
    """How many objects of the training pictures have each name; names of one object count once."""
    return Counter(
        name
        for image, entries in objects.items()
        if image in training
        for one in entries
        for name in dict.fromkeys(aliases.get(name, name) for name in one["names"])
    )


def _class_of(one: Mapping[str, Any], aliases: Mapping[str, str], classes: Mapping[str, int]) -> int | None:
    """The number of the first name of an object that is a class."""
    known = (aliases.get(name, name) for name in one["names"])
    return next((classes[name] for name in known if name in classes), None)


def _attribute_names(described: Mapping[int, Mapping[int, Sequence[str]]], training: Collection[int]) -> Counter[str]:
    return Counter(
        word
        for image, told in described.items()
        if image in training
        for words in told.values()
        for word in dict.fromkeys(words)
    )


def _frequent(counts: Counter[str], least: int) -> list[str]:
    return [name for name, count in counts.most_common() if count >= least]


def _relation_names(
    relationships: Mapping[int, Sequence[tuple[int, str, int]]],
    training: Collection[int],
    found: Collection[int],
    least: int,
) -> list[str]:
    counts = Counter(
        word
        for image, triples in relationships.items()
        if image in training
        for one, word, other in triples
        if one in found and other in found
    )
    return [word for word, count in counts.items() if count >= least]


def _scaled(count: int) -> Limits:
    """The published limits, with least numbers of uses for so many training pictures."""
    plain, share = Limits(), min(1.0, count / _WHOLE)
    uses = {name: max(1, round(share * getattr(plain, name))) for name in ("classes", "attributes", "relations")}
    return Limits(**uses)


def _within(count: int, limits: tuple[int, int]) -> bool:
    return limits[0] <= count <= limits[1]
