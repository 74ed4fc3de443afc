"""Models that sg2im's published code saved: checkpoints (``.pt``). Nothing in them is executed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from calotype.errors import InputError
from calotype.files import shown
from calotype.models.scenegraph.config import Config
from calotype.models.scenegraph.sg2im import Sg2im

_IMAGE, _IN_IMAGE, _NONE = "__image__", "__in_image__", "NONE"
_SLOPE = 0.01  # of a leaky ReLU whose slope is not told
_MODULES = "refinement_net.refinement_modules."
UNUSED = "rel_aux_net"  # tells relations of boxes; needed in training alone


def is_sg2im(names: Mapping[str, Any]) -> bool:
    """Whether the names of weights are those of sg2im."""
    return any(name.startswith(_MODULES) for name in names)


def imported(
    weights: Mapping[str, Tensor], vocab: Mapping[str, Any], given: Mapping[str, Any], path: Path
) -> tuple[Config, Sg2im]:
    """Settings and net, in eval mode, on the CPU.

    Args:
        weights: by their names in the file.
        vocab: names of objects and relations.
        given: the arguments that the network was made with.
        path: for messages.

    Raises:
        InputError: the network is of another form.
    """
    try:
        objects, relations = (
            _numbers(vocab["object_idx_to_name"], _IMAGE),
            _numbers(vocab["pred_idx_to_name"], _IN_IMAGE),
        )
        cfg = _settings(weights, given, objects, relations)
        net = Sg2im(cfg)
        net.load_state_dict(_state(weights, cfg, net, [objects, relations]))
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"the weights in {shown(path)} are of another network than sg2im's: {reason}") from error
    return cfg, net.requires_grad_(False).eval()


def _numbers(names: Sequence[Any], first: str) -> dict[str, int]:
    """The places of names, ``first`` first; those of categories that there are not are left out.

    Raises:
        ValueError: ``first`` is missing.
    """
    places = {str(name): place for place, name in enumerate(names) if name != _NONE}
    if first not in places:
        raise ValueError(f"there is no {first} in the vocabulary")
    return {first: places.pop(first), **places}


def _settings(
    weights: Mapping[str, Tensor], given: Mapping[str, Any], objects: Mapping[str, int], relations: Mapping[str, int]
) -> Config:
    shapes = {name: tuple(value.shape) for name, value in weights.items()}
    pooling, norm = given.get("gconv_pooling", "avg"), given.get("mlp_normalization", "none")
    if pooling != "avg" or norm != "none" or "gconv.net1.0.weight" not in shapes:
        raise ValueError("graph convolutions with mean pooling and without normalisation are read")
    modules = 1 + max(int(name.removeprefix(_MODULES).split(".")[0]) for name in shapes if name.startswith(_MODULES))
    refinement = tuple(shapes[f"{_MODULES}{i}.net.0.weight"][0] for i in range(modules))
    width = shapes["box_net.0.weight"][1]
    rows, columns = (int(side) for side in given.get("image_size", (64, 64)))
    masks = bool(given.get("mask_size"))
    return Config(
        network="sg2im",
        size=(rows, columns),
        classes=len(objects) - 1,
        names=tuple(objects)[1:],
        relations=tuple(relations)[1:],
        embedding=shapes["obj_embeddings.weight"][1],
        graph_layers=1 + len({name.split(".")[2] for name in shapes if name.startswith("gconv_net.gconvs.")}),
        graph_hidden=shapes["box_net.0.weight"][0],
        graph_width=width,
        masks=masks,
        mask_side=int(given["mask_size"]) if masks else 32,
        refinement=refinement,
        refinement_norm=given.get("normalization", "batch"),
        slope=_slope(str(given.get("activation", "leakyrelu-0.2"))),
        layout_noise=shapes[f"{_MODULES}0.net.0.weight"][1] - 1 - width,
        halvings=modules,
    )


def _slope(activation: str) -> float:
    """The slope of an activation below 0: ``relu``, ``leakyrelu`` or ``leakyrelu-SLOPE``, as sg2im names them.

    Raises:
        ValueError: it is another one.
    """
    name, _, number = activation.lower().partition("-")
    slope = {"relu": 0.0, "leakyrelu": float(number) if number else _SLOPE}.get(name)
    if slope is None or not 0 <= slope < 1 or (name == "relu" and number):
        raise ValueError(f"the activation {activation} is not known: relu, leakyrelu and leakyrelu-0.2 are read")
    return slope


def _state(
    weights: Mapping[str, Tensor], cfg: Config, net: Sg2im, places: Sequence[Mapping[str, int]]
) -> dict[str, Tensor]:
    """The weights by our names; the rows of embeddings in the order of our numbers."""
    found = {
        f"{ours}.weight": weights[f"{theirs}.weight"][list(rows.values())]
        for ours, theirs, rows in zip(("classes", "relations"), ("obj_embeddings", "pred_embeddings"), places)
    }
    prefixes = {"gconv.": "graph.0.", "box_net.": "boxes.", "refinement_net.output_conv.0.": "paint."}
    prefixes["refinement_net.output_conv.2."] = "last."
    prefixes |= {f"gconv_net.gconvs.{i}.": f"graph.{i + 1}." for i in range(cfg.graph_layers - 1)}
    doublings = cfg.mask_side.bit_length() - 1 if cfg.masks else 0
    for i in range(doublings):  # interpolation, normalisation, convolution and ReLU are four places of a list
        prefixes |= {f"mask_net.{4 * i + 1}.": f"masks.norms.{i}.", f"mask_net.{4 * i + 2}.": f"masks.convs.{i}."}
    if cfg.masks:
        prefixes[f"mask_net.{4 * doublings}."] = "masks.last."
    step = 2 if cfg.refinement_norm == "none" else 3  # convolution, perhaps normalisation, and activation
    for i in range(len(cfg.refinement)):
        for k in range(2):
            prefixes[f"{_MODULES}{i}.net.{step * k}."] = f"refinement.{i}.convs.{k}."
            if cfg.refinement_norm == "batch":
                prefixes[f"{_MODULES}{i}.net.{step * k + 1}."] = f"refinement.{i}.norms.{k}."
    for name, value in weights.items():
        prefix = next((each for each in prefixes if name.startswith(each)), None)
        if prefix is not None:
            found[prefixes[prefix] + name.removeprefix(prefix)] = value
        elif not name.startswith((UNUSED, "obj_embeddings.", "pred_embeddings.")):
            raise ValueError(f"{name} is not known")
    fresh = {name: value for name, value in net.state_dict().items() if name.endswith("num_batches_tracked")}
    return found | fresh
