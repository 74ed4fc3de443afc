"""Registry of the kinds of arguments and results: how each is opened, identified, and given in the front ends.

It is used by the command line, the studio, ``show``, the jobs and the contract tests. New kinds are added to ``KINDS``
(arguments) or ``OUTPUTS`` (results).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from calotype.data.boxes import RELATIONS
from calotype.data.scene_files import poses_of
from calotype.data.scene_graphs import as_json, boxes_of, graph_of
from calotype.errors import InputError
from calotype.files import read_error, shown
from calotype.results import Latent, read_latent_settings
from calotype.types import Boxes, LabelMap, Photo, Poses, SceneGraph

if TYPE_CHECKING:
    import torch

Form = Literal["file", "files", "whole", "number", "switch", "text", "pairs"]


@dataclass(frozen=True)
class Reading:
    """Context for opening an input.

    Attributes:
        max_side: shrink photos so that no side is longer, pixels; ``None``: full size.
        about: description of the model's data set: ``names`` and ``colours`` of its classes.
    """

    max_side: int | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


def _unchanged(value: Any, reading: Reading) -> Any:
    return value


def _no_tensor(value: Any, device: torch.device) -> Any:
    raise TypeError(f"{type(value).__name__} is no tensor")


@dataclass(frozen=True)
class Kind:
    """One kind of argument.

    Attributes:
        name: name of the kind.
        form: form on the command line: ``file`` is a path, ``files`` a path option that can be repeated, ``pairs`` a
            ``KEY=VALUE`` option that can be repeated; the others are plain values.
        read: opens or converts the given value for jobs.
        identity: JSON-ready identity of the value (name, hash), for recorded settings and ``show``.
        tensor: converts the value to tensors on a device, for functions of models.
        picture: whether it is a picture that can be displayed, painted and uploaded.
        auto: whether the word ``auto`` is allowed instead of a file.
        numeric: whether clients may send it as a JSON number.
        suffixes: of the files that are taken from a folder; empty for photos.
    """

    name: str
    form: Form
    read: Callable[[Any, Reading], Any] = _unchanged
    identity: Callable[[Any], Any] = lambda value: value
    tensor: Callable[[Any, Any], Any] = _no_tensor
    picture: bool = False
    auto: bool = False
    numeric: bool = False
    suffixes: tuple[str, ...] = ()

    @property
    def file(self) -> bool:
        """Whether it is read from files."""
        return self.form in ("file", "files")


# ---------------------------------------------------------------------------------------------------------------
# Pictures


def _read_photo(value: Any, reading: Reading) -> Photo:
    from calotype.image.io import open_photo

    return open_photo(value, max_side=reading.max_side)


def _read_photos(value: Any, reading: Reading) -> list[Photo]:
    return [_read_photo(one, reading) for one in value]


def photo_identity(photo: Photo) -> dict[str, str]:
    """File name, size and hash of a photo."""
    # Without the folder, which may be private.
    name = photo.source.name if photo.source else photo.name
    return {"name": name, "size": str(photo.size), "sha256": photo.sha256}


def _photo_tensor(photo: Photo, device: torch.device) -> torch.Tensor:
    """[1, 3, H, W], -1..1."""
    from calotype.image.io import to_tensor

    return to_tensor(photo, device)[:, :3]


def _photos_tensor(photos: list[Photo], device: torch.device) -> list[torch.Tensor]:
    return [_photo_tensor(photo, device) for photo in photos]


_MOST_FRAMES = 2000  # of a clip


def _read_clip(value: Any, reading: Reading) -> list[Photo]:
    """A picture, a film's frames, the pictures of a folder, or several of these."""
    from calotype.data.video import frames_of, is_film
    from calotype.image.io import list_photos, open_photo

    if isinstance(value, list | tuple):
        found = [photo for one in value for photo in _read_clip(one, reading)]
    elif isinstance(value, str | Path) and Path(value).is_dir():
        found = [_read_photo(path, reading) for path in list_photos(Path(value))]
    elif isinstance(value, str | Path) and is_film(Path(value)):
        film = Path(value)
        frames = (open_photo(frame, max_side=reading.max_side) for frame in frames_of(film))
        found = [replace(frame, name=film.stem, source=film) for frame in frames]
    else:
        found = [_read_photo(value, reading)]
    if not found:
        raise InputError(f"{shown(value)} has no pictures: give a picture, a film, or a folder of pictures")
    if len(found) > _MOST_FRAMES:
        raise InputError(f"{len(found)} pictures are too many: give {_MOST_FRAMES} or fewer")
    return found


def _clip_identity(photos: list[Photo]) -> Any:
    """That of the picture; of several their number, the name of their film or folder, and one hash."""
    if len(photos) == 1:
        return photo_identity(photos[0])
    files = {photo.source for photo in photos if photo.source is not None}
    folders = {file.parent for file in files}
    places = files if len(files) == 1 else folders
    name = next(iter(places)).resolve().name if len(places) == 1 else photos[0].name
    digest = hashlib.sha256("".join(photo.sha256 for photo in photos).encode()).hexdigest()
    return {"name": name, "count": len(photos), "sha256": digest}


def _mask_tensor(photo: Photo, device: torch.device) -> torch.Tensor:
    """[1, 1, H, W], 0 or 1."""
    from calotype.image.mask import open_mask

    return open_mask(photo, photo.size).to(device)


# ---------------------------------------------------------------------------------------------------------------
# Label maps


def _read_label_map(value: Any, reading: Reading) -> LabelMap:
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


def _label_map_tensor(labels: LabelMap, device: torch.device) -> torch.Tensor:
    """Class numbers, int64 [1, H, W]; -1 for no class."""
    import torch

    from calotype.image.classmap import NO_CLASS

    index = torch.from_numpy(labels.index).long()[None]
    return torch.where(index == NO_CLASS, -1, index).to(device) if labels.classes <= NO_CLASS else index.to(device)


def _read_looks(value: Any, reading: Reading) -> dict[int, Any]:
    """Looks of classes by their numbers."""
    from calotype.image.looks import open_looks

    return open_looks(value, reading.about.get("names") or (), reading.about.get("colours") or ())


def _looks_identity(looks: Mapping[int, Any]) -> dict[str, Any]:
    """A seed, or photo and label map, of each class by its name."""
    return {
        look.name: look.seed
        if look.photo is None
        else {"photo": photo_identity(look.photo), "map": label_map_identity(look.labels)}
        for look in looks.values()
    }


def _looks_tensor(looks: Mapping[int, Any], device: torch.device) -> dict[int, Any]:
    """A seed, or photo [1, 3, H, W] and label map [1, H, W], of each class by its number."""
    return {
        number: look.seed
        if look.photo is None
        else (_photo_tensor(look.photo, device), _label_map_tensor(look.labels, device))
        for number, look in looks.items()
    }


# ---------------------------------------------------------------------------------------------------------------
# Boxes, scene graphs and latent codes


def _read_boxes(value: Any, reading: Reading) -> Boxes:
    """Boxes from a JSON file or its content: ``{"boxes": [[l, t, r, b], ...], "classes": [...]}``.

    Names of classes become numbers where the model's classes are known.
    """
    return boxes_of(value, reading.about.get("names") or ())


def _boxes_identity(boxes: Boxes) -> dict[str, Any]:
    serialised = json.dumps([boxes.boxes, boxes.classes])
    return {"name": f"{boxes.name}.json", "sha256": hashlib.sha256(serialised.encode()).hexdigest()}


def _boxes_tensor(boxes: Boxes, device: torch.device) -> dict[str, torch.Tensor]:
    """``boxes`` float32 [1, n, 4] and ``classes`` int64 [1, n]; the classes must be numbers."""
    import torch

    positions = torch.tensor(boxes.boxes, dtype=torch.float32, device=device).reshape(1, -1, 4)
    return {"boxes": positions, "classes": torch.tensor([boxes.classes], dtype=torch.int64, device=device)}


def _read_poses(value: Any, reading: Reading) -> Poses:
    """The poses of a scene from a scene file or its content."""
    return poses_of(value)


def _poses_identity(poses: Poses) -> dict[str, Any]:
    serialised = json.dumps([poses.rotations, poses.places, poses.half_sizes, dict(poses.drawn)])
    return {"name": f"{poses.name}.json", "sha256": hashlib.sha256(serialised.encode()).hexdigest()}


def _poses_tensor(poses: Poses, device: torch.device) -> dict[str, torch.Tensor]:
    """``rotation`` [1, N, 3, 3], ``place`` and ``half`` [1, N, 3], float32."""
    import torch

    parts = {"rotation": poses.rotations, "place": poses.places, "half": poses.half_sizes}
    return {name: torch.tensor([part], dtype=torch.float32, device=device) for name, part in parts.items()}


def _read_scene_graph(value: Any, reading: Reading) -> SceneGraph:
    """A scene graph from a JSON file, its content, or a picture that was drawn from one."""
    return graph_of(value, reading.about.get("names") or (), reading.about.get("relations") or ())


def _scene_graph_identity(graph: SceneGraph) -> dict[str, Any]:
    """Name, hash and the graph itself, from which a picture can be drawn again."""
    content = as_json(graph)
    serialised = json.dumps(content, sort_keys=True)
    sha256 = hashlib.sha256(serialised.encode()).hexdigest()
    suffix = "json" if graph.seed is None else "png"  # of a picture that it was read from
    return {"name": f"{graph.name}.{suffix}", "sha256": sha256, "graph": content}


def _scene_graph_tensor(graph: SceneGraph, device: torch.device) -> dict[str, Any]:
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
        (_photo_tensor(each.photo, device), each.crop)
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


def _read_numbers(value: Any, reading: Reading) -> tuple[int, ...]:
    """Whole numbers from 0, from text with commas between them."""
    parts = str(value).split(",") if isinstance(value, str | int) else [str(one) for one in value]
    if not all(part.strip().isdigit() for part in parts):
        raise InputError(f"'{value}' is no list of numbers: write whole numbers with commas between them, like 12,40")
    return tuple(int(part) for part in parts)


def _numbers_identity(numbers: tuple[int, ...]) -> dict[str, str]:
    return {"name": ",".join(str(number) for number in numbers)}


def _read_latent(value: Any, reading: Reading) -> Latent:
    """A latent code from a safetensors file, or a direction of another program: one array in an .npy or .pt file."""
    if isinstance(value, Latent):
        return value
    if Path(value).is_dir():
        raise InputError(f"{shown(value)} is a folder: give one latent code, a .safetensors file")
    latent = _foreign_latent(Path(value)) if Path(value).suffix.lower() in _FOREIGN else _own_latent(Path(value))
    if not all(_is_finite(array) for array in latent.values.values()):
        raise InputError(f"{shown(value)} holds values that are not finite: make the latent code or direction anew")
    return latent


def _read_latents(value: Any, reading: Reading) -> list[Latent]:
    """Several latent codes, or one."""
    several = value if isinstance(value, list | tuple) else [value]
    return [_read_latent(one, reading) for one in several]


def _is_finite(array: Any) -> bool:
    import numpy as np

    return bool(np.isfinite(array).all())


def _own_latent(value: Path) -> Latent:
    from safetensors import SafetensorError
    from safetensors.torch import load  # that of NumPy does not know bfloat16, which other programs write

    try:
        values = {name: _numbers(tensor) for name, tensor in load(value.read_bytes()).items()}
    except OSError as error:
        raise read_error(value, error, "give a saved latent code") from error
    except SafetensorError as error:
        raise InputError(f"{shown(value)} is no latent code: give a .safetensors file that calotype wrote") from error
    return Latent(values, value.stem, _settings_in(value), source=value)


def _settings_in(path: Path) -> dict[str, Any]:
    """The settings in a latent code; none in that of another program."""
    try:
        return read_latent_settings(path)[0]
    except InputError:
        return {}


def _numbers(tensor: torch.Tensor) -> Any:
    """The values as a NumPy array, those of types that NumPy does not know (bfloat16) as float32."""
    try:
        return tensor.numpy()
    except TypeError:
        return tensor.float().numpy()


_FOREIGN = (".npy", ".pt", ".pth")


def _foreign_latent(path: Path) -> Latent:
    """The one array in a file, which is read without executing anything in it."""
    from calotype.foreign import Array, Refused, View, read

    found = read(path, kind="file of one array")
    inner = list(found.values()) if isinstance(found, dict) else found
    single = inner[0] if isinstance(inner, list) and len(inner) == 1 else found
    if not isinstance(single, (Array, View)):
        raise InputError(f"{shown(path)} holds something else than one array: give a direction of styles")
    try:
        values = single.tensor().float().numpy()
    except Refused as error:
        raise InputError(f"{shown(path)} {error}: give a direction of styles") from None
    return Latent({"direction": values}, path.stem, source=path)


def _latent_identity(latent: Latent) -> dict[str, str]:
    digest = hashlib.sha256()
    for name in sorted(latent.values):
        digest.update(f"{name} {latent.values[name].shape} ".encode() + latent.values[name].tobytes())
    name = latent.source.name if latent.source else f"{latent.name}.safetensors"
    return {"name": name, "sha256": digest.hexdigest()}


def _latent_tensor(latent: Latent, device: torch.device) -> dict[str, torch.Tensor]:
    """The arrays by name, float32."""
    import torch

    return {name: torch.from_numpy(value).float().to(device) for name, value in latent.values.items()}


def _latent_tensors(latents: list[Latent], device: torch.device) -> list[dict[str, torch.Tensor]]:
    return [_latent_tensor(latent, device) for latent in latents]


# ---------------------------------------------------------------------------------------------------------------
# The registry


_GRAPHS = (".json", ".png")  # the latter are pictures that were drawn from one


def _picture(name: str, tensor: Callable[[Any, Any], Any] = _photo_tensor) -> Kind:
    return Kind(name, "file", _read_photo, photo_identity, tensor, picture=True)


_ALL = (
    _picture("photo"),
    Kind("clip", "file", _read_clip, _clip_identity, _photos_tensor, picture=True),
    Kind("photos", "files", _read_photos, lambda photos: [photo_identity(one) for one in photos], _photos_tensor),
    _picture("picture"),
    _picture("sketch"),
    _picture("mask", _mask_tensor),
    Kind("label map", "file", _read_label_map, label_map_identity, _label_map_tensor, picture=True, auto=True),
    Kind("looks", "pairs", _read_looks, _looks_identity, _looks_tensor),
    Kind("boxes", "file", _read_boxes, _boxes_identity, _boxes_tensor, suffixes=(".json",)),
    Kind("poses", "file", _read_poses, _poses_identity, _poses_tensor, suffixes=(".json",)),
    Kind("scene graph", "file", _read_scene_graph, _scene_graph_identity, _scene_graph_tensor, suffixes=_GRAPHS),
    Kind("numbers", "text", _read_numbers, _numbers_identity, lambda numbers, device: numbers),
    Kind("latent", "file", _read_latent, _latent_identity, _latent_tensor),
    Kind("direction", "file", _read_latent, _latent_identity, _latent_tensor),
    Kind("latents", "files", _read_latents, lambda codes: [_latent_identity(one) for one in codes], _latent_tensors),
    Kind("whole", "whole"),
    Kind("seed", "whole"),
    Kind("margin", "whole"),
    Kind("number", "number"),
    Kind("switch", "switch"),
    Kind("settings", "pairs"),
    Kind("factor", "text", numeric=True),
    Kind("structure", "text", numeric=True),
    *(
        Kind(name, "text")
        for name in ("text", "move", "task", "size", "shape", "engine", "preset", "model", "device", "weights")
    ),
    *(Kind(name, "text") for name in ("several", "folder")),
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}


@dataclass(frozen=True)
class OutputKind:
    """One kind of result.

    Attributes:
        name: name of the kind.
        suffix: default suffix of its files.
        picture: whether it can be shown on a contact sheet.
    """

    name: str
    suffix: str
    picture: bool = False


OUTPUTS: dict[str, OutputKind] = {
    kind.name: kind
    for kind in (
        OutputKind("picture", ".png", picture=True),
        OutputKind("film", ".gif"),
        OutputKind("latent", ".safetensors"),
        OutputKind("table", ".csv"),
        OutputKind("several", ""),
    )
}
