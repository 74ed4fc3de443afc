"""Registry of the kinds of arguments and results: how each is opened, identified, and given in the front ends.

It is used by the command line, the studio, ``show``, the jobs and the contract tests. New kinds are added to ``KINDS``
(arguments) or ``OUTPUTS`` (results).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from calotype.errors import ArgumentError
from calotype.kinds.kind import Kind, Reading
from calotype.kinds.latents import latent_identity, latent_tensor, latent_tensors, read_latent, read_latents
from calotype.kinds.layouts import (
    boxes_identity,
    boxes_tensor,
    label_map_identity,
    label_map_tensor,
    looks_identity,
    looks_tensor,
    poses_identity,
    poses_tensor,
    read_boxes,
    read_label_map,
    read_looks,
    read_poses,
    read_scene_graph,
    scene_graph_identity,
    scene_graph_tensor,
)
from calotype.kinds.pictures import (
    clip_identity,
    mask_tensor,
    photo_identity,
    photo_tensor,
    photos_tensor,
    read_clip,
    read_photo,
    read_photos,
)


def _read_numbers(value: Any, reading: Reading) -> tuple[int, ...]:
    """Whole numbers from 0, from text with commas between them."""
    parts = str(value).split(",") if isinstance(value, str | int) else [str(one) for one in value]
    if not all(part.strip().isdigit() for part in parts):
        raise ArgumentError(f"'{value}' is no list of numbers: write them with commas between, like 12,40")
    return tuple(int(part) for part in parts)


def _numbers_identity(numbers: tuple[int, ...]) -> dict[str, str]:
    return {"name": ",".join(str(number) for number in numbers)}


# ---------------------------------------------------------------------------------------------------------------
# The registry


_GRAPHS = (".json", ".png")  # the latter are pictures that were drawn from one


def _picture(name: str, tensor: Callable[[Any, Any], Any] = photo_tensor) -> Kind:
    return Kind(name, "file", read_photo, photo_identity, tensor, picture=True)


_ALL = (
    _picture("photo"),
    Kind("clip", "file", read_clip, clip_identity, photos_tensor, picture=True),
    Kind("photos", "files", read_photos, lambda photos: [photo_identity(one) for one in photos], photos_tensor),
    _picture("picture"),
    _picture("sketch"),
    _picture("mask", mask_tensor),
    Kind("label map", "file", read_label_map, label_map_identity, label_map_tensor, picture=True, auto=True),
    Kind("looks", "pairs", read_looks, looks_identity, looks_tensor),
    Kind("boxes", "file", read_boxes, boxes_identity, boxes_tensor, suffixes=(".json",)),
    Kind("poses", "file", read_poses, poses_identity, poses_tensor, suffixes=(".json",)),
    Kind("scene graph", "file", read_scene_graph, scene_graph_identity, scene_graph_tensor, suffixes=_GRAPHS),
    Kind("numbers", "text", _read_numbers, _numbers_identity, lambda numbers, device: numbers),
    Kind("latent", "file", read_latent, latent_identity, latent_tensor),
    Kind("direction", "file", read_latent, latent_identity, latent_tensor),
    Kind("latents", "files", read_latents, lambda codes: [latent_identity(one) for one in codes], latent_tensors),
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
