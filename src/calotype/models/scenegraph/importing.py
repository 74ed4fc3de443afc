"""Models that the published code saved: checkpoints (``.pt``). Nothing in them is executed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.files import shown
from calotype.foreign import Array, Refused, View, read
from calotype.foreign.description import Description
from calotype.models.scenegraph import importing_sg2im
from calotype.models.scenegraph.config import Config
from calotype.models.scenegraph.network import Net, build
from calotype.models.scenegraph.objects import SPATIAL, attribute_count
from calotype.models.scenegraph.sg2im import Sg2im

_KIND = "checkpoint of a scene-graph model"
_IMAGE, _IN_IMAGE = "__image__", "__in_image__"
_LICENCE = "Apache-2.0, by the published code; the pictures that it learned from have their own licences"
_CLUSTERS = "features_clustered_{:03d}.npy"  # beside the checkpoint; of each number of clusters


def imported(path: str | Path) -> tuple[Config, Net | Sg2im]:
    """A model of the published code, or of sg2im's.

    Args:
        path: a checkpoint with ``vocab``, ``model_kwargs`` and ``model_state``. Archetypes are read from the files
            ``features_clustered_001.npy``, ``_010`` and ``_100`` beside it; without all of them, they are zeros.

    Returns:
        The settings and the net, in eval mode, on the CPU. Class i is object i + 1 of the vocabulary, whose object 0
        is the whole picture. Biases of R in front of instance normalisation are left out, as they have no effect.

    Raises:
        InputError: the file cannot be read, or is of another network.
    """
    path = Path(path)
    checkpoint = _checkpoint(path)
    if importing_sg2im.is_sg2im(checkpoint["model_state"]):
        return importing_sg2im.imported(
            _weights(checkpoint, path), checkpoint["vocab"], checkpoint["model_kwargs"], path
        )
    cfg = _settings(checkpoint, path)
    state = _state(_weights(checkpoint, path), checkpoint["vocab"], cfg, path)
    net = build(cfg)
    state["archetypes"] = _archetypes(path.parent, cfg)
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"the weights in {shown(path)} are of another network: {reason}") from error
    return cfg, net.requires_grad_(False).eval()


def described(path: str | Path) -> Description:
    """What a checkpoint holds; see ``imported``.

    Raises:
        InputError: as ``imported``.
    """
    path = Path(path)
    checkpoint = _checkpoint(path)
    unused = tuple(sorted(key for key in checkpoint if key.endswith("_state") and key != "model_state"))
    if importing_sg2im.is_sg2im(checkpoint["model_state"]):
        cfg, _ = imported(path)
        facts = {"resolution": f"{cfg.size[1]}x{cfg.size[0]}", "classes": str(cfg.classes)}
        facts |= {"relations": str(len(cfg.relations)), "masks": str(cfg.masks).lower()}
        return Description("scene graph", "sg2im", facts, _LICENCE, (importing_sg2im.UNUSED, *unused))
    cfg = _settings(checkpoint, path)
    clusters = all((path.parent / _CLUSTERS.format(size)).is_file() for size in cfg.archetypes)
    facts = {
        "resolution": f"{cfg.size[1]}x{cfg.size[0]}",
        "classes": str(cfg.classes),
        "archetypes": "beside the file" if clusters else "none",
    }
    return Description("scene graph", "scene_generation", facts, _LICENCE, unused)


def _checkpoint(path: Path) -> Mapping[str, Any]:
    found = read(path, kind=_KIND)
    if isinstance(found, Mapping) and isinstance(found.get("model_kwargs"), Mapping) and "vocab" not in found:
        found = {**found, "vocab": found["model_kwargs"].get("vocab")}  # sg2im keeps it there
    keys = ("vocab", "model_kwargs", "model_state")
    if not isinstance(found, Mapping) or not all(isinstance(found.get(key), Mapping) for key in keys):
        raise InputError(f"{shown(path)} is no {_KIND}: give a .pt file with vocab, model_kwargs and model_state")
    return found


def _weights(checkpoint: Mapping[str, Any], path: Path) -> dict[str, Tensor]:
    try:
        return {
            str(name): value.tensor().float()
            for name, value in checkpoint["model_state"].items()
            if isinstance(value, (Array, View)) and not str(name).endswith("num_batches_tracked")
        }
    except Refused as error:
        raise InputError(f"{shown(path)} {error}: nothing in it was run") from None


def _settings(checkpoint: Mapping[str, Any], path: Path) -> Config:
    vocab, given = checkpoint["vocab"], checkpoint["model_kwargs"]
    shapes = {name: tuple(value.shape) for name, value in _weights(checkpoint, path).items()}
    try:
        objects, embedding = shapes["obj_embeddings.weight"]
        hidden = shapes["gconv.net1.0.weight"][0]
        attributes = (shapes["gconv.net1.0.weight"][1] - 3 * embedding) // 2
        masks = shapes["mask_net.1.weight"][0]
        looks, represented = shapes["repr_net.2.weight"]
        width, inputs = shapes["layout_to_image.model.1.weight"][:2]
        rows = [int(side) for side in given.get("image_size", (128, 128))]
        mask_side = int(given.get("mask_size") or 32)
        layers = 1 + len({name.split(".")[2] for name in shapes if name.startswith("gconv_net.gconvs.")})
        names = _names(vocab, objects)
        halvings = int(given.get("n_downsample_global", 4))
        blocks = len({name.split(".")[2] for name in shapes if ".conv_block.1.weight" in name})
        normalised = any(name.startswith("image_encoder") and name.endswith("running_mean") for name in shapes)
    except (KeyError, IndexError, ValueError, TypeError):
        raise InputError(
            f"{shown(path)} is a checkpoint of another network: this reads those of Ashual and Wolf, and of sg2im"
        ) from None
    if attributes != attribute_count(5) or inputs != objects + looks:
        raise InputError(
            f"{shown(path)} has {attributes} attributes of objects: only models with {attribute_count(5)} fit"
        )
    return Config(
        size=(rows[0], rows[1]),
        classes=objects - 1,
        names=names,
        embedding=embedding,
        graph_layers=layers,
        graph_hidden=hidden,
        mask_side=mask_side,
        mask_width=masks,
        mask_noise=masks - embedding,
        looks=looks,
        look_width=represented,
        look_norm="batch" if normalised else "none",
        width=width,
        max_width=width << halvings,
        halvings=halvings,
        residual_blocks=blocks,
    )


def _names(vocab: Mapping[str, Any], objects: int) -> tuple[str, ...]:
    """The names of the classes, without the whole picture: names have categories of COCO, and these have places.

    Raises:
        ValueError: the whole picture is not object 0.
    """
    by_category = {str(number): str(name) for name, number in vocab["object_name_to_idx"].items()}
    places = {int(place): by_category[str(category)] for category, place in vocab["object_to_idx"].items()}
    names = [places[place] for place in range(objects)]
    if names[0] != _IMAGE:
        raise ValueError
    return tuple(names[1:])


def _state(weights: Mapping[str, Tensor], vocab: Mapping[str, Any], cfg: Config, path: Path) -> dict[str, Tensor]:
    """The weights by our names."""
    order = [str(name) for name in vocab.get("pred_idx_to_name", ())]
    try:
        rows = [order.index(name) for name in (_IN_IMAGE, *SPATIAL)]
    except ValueError:
        raise InputError(f"{shown(path)} knows other relations than {', '.join(SPATIAL)}: it cannot be read") from None
    found = {
        "graph.classes.weight": weights["obj_embeddings.weight"],
        "graph.relations.weight": weights["pred_embeddings.weight"][rows],
    }
    for name, value in weights.items():
        head, _, rest = name.partition(".")
        if head == "gconv":
            found[f"graph.layers.0.{rest}"] = value
        elif head == "gconv_net":
            number, _, inner = rest.removeprefix("gconvs.").partition(".")
            found[f"graph.layers.{int(number) + 1}.{inner}"] = value
        elif head == "box_net":
            found[f"boxes.{rest}"] = value
        elif head == "repr_net":
            found[f"looks.represent.{rest}"] = value
    found |= _mask_state(weights, cfg) | _look_state(weights) | _renderer_state(weights, cfg)
    fresh = build(cfg).state_dict()
    return found | {name: value for name, value in fresh.items() if name.endswith("num_batches_tracked")}


def _mask_state(weights: Mapping[str, Tensor], cfg: Config) -> dict[str, Tensor]:
    """Interpolation, convolution, normalisation and ReLU are four places of a list; the last convolution follows."""
    doublings = cfg.mask_side.bit_length() - 1
    places = {f"mask_net.{4 * i + 1}.": f"masks.convs.{i}." for i in range(doublings)}
    places |= {f"mask_net.{4 * i + 2}.": f"masks.norms.{i}." for i in range(doublings)}
    return _moved(weights, {**places, f"mask_net.{4 * doublings}.": "masks.last."})


def _look_state(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The convolutions and norms in their order, then a linear layer."""
    stem = "image_encoder.cnn.0."
    numbers = sorted({int(name.removeprefix(stem).split(".")[0]) for name in weights if name.startswith(stem)})
    convs = [n for n in numbers if weights[f"{stem}{n}.weight"].dim() == 4]
    norms = [n for n in numbers if n not in convs]
    places = {f"{stem}{n}.": f"looks.convs.{i}." for i, n in enumerate(convs)}
    places |= {f"{stem}{n}.": f"looks.norms.{i}." for i, n in enumerate(norms)}
    return _moved(weights, {**places, "image_encoder.cnn.2.": "looks.linear."})


def _renderer_state(weights: Mapping[str, Tensor], cfg: Config) -> dict[str, Tensor]:
    """Convolutions before instance normalisation lose their bias; only the last one keeps it."""
    stem, down, blocks = "layout_to_image.model.", cfg.halvings, cfg.residual_blocks
    first_block = 4 + 3 * down
    places = {f"{stem}1.weight": "renderer.first.weight"}
    places |= {f"{stem}{4 + 3 * i}.weight": f"renderer.down.{i}.weight" for i in range(down)}
    for i in range(blocks):
        inner = f"{stem}{first_block + i}.conv_block."
        places |= {f"{inner}{place}.weight": f"renderer.blocks.{i}.{k}.weight" for k, place in enumerate((1, 5))}
    first_up = first_block + blocks
    places |= {f"{stem}{first_up + 3 * i}.weight": f"renderer.up.{i}.weight" for i in range(down)}
    places[f"{stem}{first_up + 3 * down + 1}."] = "renderer.last."
    return _moved(weights, places)


def _moved(weights: Mapping[str, Tensor], places: Mapping[str, str]) -> dict[str, Tensor]:
    """The weights whose names begin with one of some prefixes, by other prefixes."""
    return {
        ours + name.removeprefix(theirs): value
        for theirs, ours in places.items()
        for name, value in weights.items()
        if name.startswith(theirs)
    }


def _archetypes(folder: Path, cfg: Config) -> Tensor:
    """The archetypes beside a checkpoint, by class, [classes + 1, sum of ``cfg.archetypes``, looks]; zeros without any.

    Raises:
        InputError: a file holds something else.
    """
    result = torch.zeros(cfg.classes + 1, sum(cfg.archetypes), cfg.looks)
    if not all((folder / _CLUSTERS.format(size)).is_file() for size in cfg.archetypes):
        return result
    first = 0
    for size in cfg.archetypes:
        path = folder / _CLUSTERS.format(size)
        for kind, value in _clusters(path).items():
            centres = value.view(-1, value.shape[-1]) if value.dim() else value.view(1, 1)
            if not 0 <= kind <= cfg.classes or centres.shape[1] != cfg.looks or not len(centres):
                raise InputError(f"{shown(path)} has archetypes of another model: leave it out, or give the right one")
            result[kind, first : first + size] = centres[torch.arange(size) % len(centres)]
        first += size
    return result


def _clusters(path: Path) -> dict[int, Tensor]:
    found = read(path, kind="file of archetypes")
    while isinstance(found, (Array, View)) or (isinstance(found, list) and len(found) == 1):
        found = found[0] if isinstance(found, list) else _only(found, path)
    if not isinstance(found, Mapping):
        raise InputError(f"{shown(path)} holds no archetypes by class: leave it out, or give the right one")
    try:
        return {int(kind): value.tensor().float() for kind, value in found.items()}
    except (Refused, AttributeError, TypeError, ValueError):
        raise InputError(f"{shown(path)} holds no arrays by class: leave it out, or give the right one") from None


def _only(found: Any, path: Path) -> Any:
    """What an array of one object holds."""
    values = getattr(found, "objects", None)
    if not values or len(values) != 1:
        raise InputError(f"{shown(path)} holds no archetypes by class: leave it out, or give the right one")
    return values[0]
