"""The layers of a scene as pictures, and its poses as a scene file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.results import SceneLayers
from calotype.types import Carried

if TYPE_CHECKING:
    from calotype.models.control3d.network import Layers

_FAR = 4.0  # depth that is black, units of the scene


def scene_layers(
    found: Layers,
    *,
    model: Path,
    seed: int,
    edits: Mapping[str, Any],
    removed: Sequence[int],
    weights: str,
    settings: Mapping[str, Any],
    carried: Carried,
) -> SceneLayers:
    """Depth, background, objects with alpha, and the scene file of a scene.

    Args:
        found: a scene, [1, ...] each.
        model: folder of the model.
        seed: of the scene.
        edits: the options that it was drawn with.
        removed: numbers, from 1, of the objects that are left out.
        weights: SHA-256 of the weights of the model; empty for one whose training is not finished.
        settings: those that reproduce the picture.
        carried: what the files carry.
    """
    import torch

    from calotype.image.io import to_image

    near = (1 - found.fused / _FAR).clamp(0, 1)
    pictures = {"depth": (near * 2 - 1).expand(-1, 3, -1, -1), "background": found.background.clamp(-1, 1)}
    for k in range(found.alpha.shape[1]):
        alpha, colours = found.alpha[:, k], found.colours[:, k].clamp(-1, 1)
        # Colours of picture tensors are premultiplied by alpha.
        pictures[f"object{k + 1}"] = torch.cat([colours * alpha, alpha * 2 - 1], 1)
    told = {
        "model": model.resolve().name,
        "model_sha256": weights,
        "seed": seed,
        "edits": dict(edits),
        "far": _FAR,
        "objects": [_object(found, k, present=k + 1 not in removed) for k in range(found.alpha.shape[1])],
    }
    return SceneLayers({name: to_image(picture) for name, picture in pictures.items()}, told, settings, carried)


def _object(found: Layers, k: int, *, present: bool) -> dict[str, Any]:
    return {
        "rotation": found.world.rotation[0, k].tolist(),
        "place": found.world.place[0, k].tolist(),
        "half_sizes": found.world.half[0, k].tolist(),
        "seen_at": found.pose.place[0, k].tolist(),
        "present": present,
    }
