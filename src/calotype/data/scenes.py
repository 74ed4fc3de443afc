"""Images with bounding boxes of objects, from annotation files in COCO format."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from calotype.data.boxes import Box, cut, relation
from calotype.data.decoded import Progress
from calotype.data.folder import Side, decoded_photos, middle, sides
from calotype.data.stream import Sample
from calotype.errors import InputError
from calotype.files import shown
from calotype.image.io import as_tensor


class Scenes:
    """Images with boxes and classes of objects, in COCO format (Lin et al., ECCV 2014).

    Small objects and images with too few or too many objects are excluded, as in Sg2Im (Johnson, Gupta and Fei-Fei,
    CVPR 2018) and later work.

    Args:
        pictures: folder of the images.
        annotations: one file (``instances_train2017.json``) or several about the same images (and
            ``stuff_train2017.json``).
        size: of the images, pixels: one number for squares, or (height, width).
        things: minimum and maximum number of objects in an image.
        least: minimum area of an object's box, as a share of the cropped image.
        keep: cache the decoded images on disk, otherwise in memory.
        on_progress: called with the number of decoded images and the total.

    Attributes:
        names: of the classes, in the order of the files' category ids.

    Raises:
        InputError: a file is missing or damaged, or no image is left.
        OutputError: the decoded images cannot be cached.
    """

    def __init__(
        self,
        pictures: str | Path,
        annotations: str | Path | Sequence[str | Path],
        size: Side,
        *,
        things: tuple[int, int] = (3, 8),
        least: float = 0.02,
        keep: bool = True,
        on_progress: Progress | None = None,
    ) -> None:
        self.size = sides(size)
        files = [annotations] if isinstance(annotations, str | Path) else list(annotations)
        said = [_read(Path(file)) for file in files]
        names = {entry["id"]: str(entry["name"]) for one in said for entry in one["categories"]}
        numbers = {identity: number for number, identity in enumerate(sorted(names))}
        self.names = [names[identity] for identity in sorted(names)]
        images = {entry["id"]: entry for one in said for entry in one["images"]}
        found: dict[Any, list[tuple[Box, int]]] = {identity: [] for identity in images}
        for one in said:
            for entry in one["annotations"]:
                if entry["image_id"] in images and not entry.get("iscrowd"):
                    box = self._box(entry["bbox"], images[entry["image_id"]], least)
                    if box is not None:
                        found[entry["image_id"]].append((box, numbers[entry["category_id"]]))
        chosen = [identity for identity in sorted(images) if things[0] <= len(found[identity]) <= things[1]]
        if not chosen:
            raise InputError(f"no picture has {things[0]} to {things[1]} things: allow for others (things=)")
        paths = [Path(pictures) / images[identity]["file_name"] for identity in chosen]
        self._decoded = decoded_photos(paths, self.size, keep=keep, on_progress=on_progress)
        self.paths = [paths[number] for number in self._decoded.numbers]
        self._things = [found[chosen[number]] for number in self._decoded.numbers]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> Sample:
        """``image``, ``boxes`` float32 [n, 4], ``classes`` int64 [n], and the ``relations`` of all pairs by their
        boxes.
        """
        boxes = [box for box, _ in self._things[i]]
        pairs = [(a, relation(boxes[a], boxes[b]), b) for a in range(len(boxes)) for b in range(len(boxes)) if a != b]
        return {
            "image": as_tensor(self._decoded.rows[i]),
            "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
            "classes": torch.tensor([kind for _, kind in self._things[i]], dtype=torch.int64),
            "relations": torch.tensor(pairs, dtype=torch.int64).reshape(-1, 3),
        }

    @property
    def skipped(self) -> dict[int, str]:
        """The files that could not be read, by index, with reasons."""
        return self._decoded.skipped

    def report(self) -> str:
        """One line about the skipped files; empty if there are none."""
        return self._decoded.report()

    def _box(self, said: Sequence[float], image: Mapping[str, Any], least: float) -> Box | None:
        """A box in the cropped image; ``None`` if it is too small there, or outside."""
        width, height = image["width"], image["height"]
        top, left, h, w = middle((height, width), self.size)
        x, y, across, down = said
        frame = (left / width, top / height, (left + w) / width, (top + h) / height)
        box = cut((x / width, y / height, (x + across) / width, (y + down) / height), frame)
        if box is None or (box[2] - box[0]) * (box[3] - box[1]) < least:
            return None
        return box


def category_names(files: Sequence[Path]) -> list[str]:
    """The names of the classes of annotation files, in the order of the categories' ids.

    Raises:
        InputError: a file is missing or damaged.
    """
    names = {entry["id"]: str(entry["name"]) for path in files for entry in _read(path)["categories"]}
    return [names[identity] for identity in sorted(names)]


def _is_box(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 4 and all(isinstance(one, int | float) for one in value)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        lists = {name: list(said[name]) for name in ("images", "annotations", "categories")}
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{shown(path)} is missing, or no annotation in the format of COCO: get it again") from None
    wanted = {"images": {"id", "file_name", "width", "height"}, "categories": {"id", "name"}}
    wanted["annotations"] = {"image_id", "category_id", "bbox"}
    for name, keys in wanted.items():
        for entry in lists[name]:
            if not keys <= set(entry):
                raise InputError(f"{shown(path)} has {name} without {', '.join(sorted(keys - set(entry)))}")
    boxes = [entry["bbox"] for entry in lists["annotations"]]
    if not all(_is_box(box) for box in boxes):
        raise InputError(f"{shown(path)} has a bbox that is no list of four numbers: get it again")
    if boxes and max(max(box) for box in boxes) <= 1:
        raise InputError(
            f"the boxes of {shown(path)} are no pixels: the format of COCO has left, top, width and height in pixels; "
            "multiply shares by the size of the picture"
        )
    return lists
