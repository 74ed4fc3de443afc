"""Kinds of layouts: label maps and looks, boxes, poses and scene graphs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from calotype.data.box_layouts import boxes_of
from calotype.data.boxes import RELATIONS
from calotype.data.scene_files import poses_of
from calotype.data.scene_graphs import as_json, graph_of
from calotype.kinds.kind import Reading
from calotype.kinds.pictures import photo_identity, photo_tensor
from calotype.types import Boxes, LabelMap, Photo, Poses, SceneGraph

if TYPE_CHECKING:
    import torch


def read_label_map(value: Any, reading: Reading) -> LabelMap:
    """A label map, in the classes of the model where it tells them."""
    from calotype.image.classmap import open_class_map
    from calotype.image.labelmap import open_labels

    names, colours = reading.about.get("names"), reading.about.get("colours")
    return open_class_map(value, names, colours) if names and colours else open_labels(value)


def labels_sha256(labels: LabelMap) -> str:
    """Hash of a label map's size and class numbers, independent of its colours."""
    return hashlib.sha256(f"{labels.size} {labels.classes} ".encode() + labels.index.tobytes()).hexdigest()


def label_map_identity(labels: LabelMap | Photo) -> dict[str, str]:
    """File name, size and hash of a label map, also if it was opened as a picture."""
    if isinstance(labels, Photo):
        return photo_identity(labels)
    name = labels.source.name if labels.source else labels.name
    return {"name": name, "size": str(labels.size), "sha256": labels_sha256(labels)}


def label_map_tensor(labels: LabelMap, device: torch.device) -> torch.Tensor:
    """Class numbers, int64 [1, H, W]; -1 for no class."""
    import torch

    from calotype.image.classmap import NO_CLASS

    index = torch.from_numpy(labels.index).long()[None]
    return torch.where(index == NO_CLASS, -1, index).to(device) if labels.classes <= NO_CLASS else index.to(device)


def read_looks(value: Any, reading: Reading) -> dict[int, Any]:
    """Looks of classes by their numbers."""
    from calotype.image.looks import open_looks

    return open_looks(value, reading.about.get("names") or (), reading.about.get("colours") or ())


def looks_identity(looks: Mapping[int, Any]) -> dict[str, Any]:
    """A seed, or photo and label map, of each class by its name."""
    return {
        look.name: look.seed
        if look.photo is None
        else {"photo": photo_identity(look.photo), "map": label_map_identity(look.labels)}
        for look in looks.values()
    }


def looks_tensor(looks: Mapping[int, Any], device: torch.device) -> dict[int, Any]:
    """A seed, or photo [1, 3, H, W] and label map [1, H, W], of each class by its number."""
    return {
        number: look.seed
        if look.photo is None
        else (photo_tensor(look.photo, device), label_map_tensor(look.labels, device))
        for number, look in looks.items()
    }


def read_boxes(value: Any, reading: Reading) -> Boxes:
    """Boxes from a JSON file or its content: ``{"boxes": [[l, t, r, b], ...], "classes": [...]}``.

    Names of classes become numbers where the model's classes are known.
    """
    return boxes_of(value, reading.about.get("names") or ())


def boxes_identity(boxes: Boxes) -> dict[str, Any]:
    """Name and hash of boxes."""
    serialised = json.dumps([boxes.boxes, boxes.classes])
    return {"name": f"{boxes.name}.json", "sha256": hashlib.sha256(serialised.encode()).hexdigest()}


def boxes_tensor(boxes: Boxes, device: torch.device) -> dict[str, torch.Tensor]:
    """``boxes`` float32 [1, n, 4] and ``classes`` int64 [1, n]; the classes must be numbers."""
    import torch

    positions = torch.tensor(boxes.boxes, dtype=torch.float32, device=device).reshape(1, -1, 4)
    return {"boxes": positions, "classes": torch.tensor([boxes.classes], dtype=torch.int64, device=device)}


def read_poses(value: Any, reading: Reading) -> Poses:
    """The poses of a scene from a scene file or its content."""
    return poses_of(value)


def poses_identity(poses: Poses) -> dict[str, Any]:
    """Name and hash of poses."""
    serialised = json.dumps([poses.rotations, poses.places, poses.half_sizes, dict(poses.drawn)])
    return {"name": f"{poses.name}.json", "sha256": hashlib.sha256(serialised.encode()).hexdigest()}


def poses_tensor(poses: Poses, device: torch.device) -> dict[str, torch.Tensor]:
    """``rotation`` [1, N, 3, 3], ``place`` and ``half`` [1, N, 3], float32."""
    import torch

    parts = {"rotation": poses.rotations, "place": poses.places, "half": poses.half_sizes}
    return {name: torch.tensor([part], dtype=torch.float32, device=device) for name, part in parts.items()}


def read_scene_graph(value: Any, reading: Reading) -> SceneGraph:
    """A scene graph from a JSON file, its content, or a picture that was drawn from one."""
    return graph_of(value, reading.about.get("names") or (), reading.about.get("relations") or ())


def scene_graph_identity(graph: SceneGraph) -> dict[str, Any]:
    """Name, hash and the graph itself, from which a picture can be drawn again."""
    content = as_json(graph)
    serialised = json.dumps(content, sort_keys=True)
    sha256 = hashlib.sha256(serialised.encode()).hexdigest()
    suffix = "json" if graph.seed is None else "png"  # of a picture that it was read from
    return {"name": f"{graph.name}.{suffix}", "sha256": sha256, "graph": content}


def scene_graph_tensor(graph: SceneGraph, device: torch.device) -> dict[str, Any]:
    """The graph with n objects as tensors; classes must be numbers.

    ``classes`` and ``sizes`` int64 [n], ``locations`` float32 [n, 2], ``boxes`` [n, 4]; -1 and NaN for what is left to
    the model; ``relations`` int64 [m, 3], with numbers of ``calotype.data.boxes.RELATIONS``, -1 for others, and their
    ``words``; ``looks``, for each object ``None``, a seed, ``("archetype", number)``, or a photo [1, 3, H, W] and a
    box; ``seed``, an int or ``None``.
    """
    import torch

    nothing, objects = float("nan"), graph.objects
    known = {word: number for number, word in enumerate(RELATIONS)}
    relations = [(one, known.get(word, -1), other) for one, word, other in graph.relations]
    looks = [
        (photo_tensor(each.photo, device), each.crop)
        if each.photo is not None
        else (("archetype", each.archetype) if each.archetype is not None else each.seed)
        for each in objects
    ]

    def numbers(values: list[Any], length: int) -> torch.Tensor:
        filled = [(nothing,) * length if value is None else value for value in values]
        return torch.tensor(filled, dtype=torch.float32, device=device)

    return {
        "classes": torch.tensor([each.kind for each in objects], dtype=torch.int64, device=device),
        "sizes": torch.tensor([-1 if each.size is None else each.size for each in objects], device=device),
        "locations": numbers([each.location for each in objects], 2),
        "boxes": numbers([each.box for each in objects], 4),
        "relations": torch.tensor(relations, dtype=torch.int64, device=device).reshape(-1, 3),
        "words": [word for _, word, _ in graph.relations],
        "looks": looks,
        "seed": graph.seed,
    }
