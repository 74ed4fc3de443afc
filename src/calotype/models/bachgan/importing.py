"""Generators that the published code saved: ``latest_net_G.pth`` and ``opt.txt``. Nothing in them is executed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError
from calotype.files import shown
from calotype.models.bachgan.config import Config
from calotype.models.bachgan.network import Net, build
from calotype.semantic.official import (
    GENERATOR,
    OPTIONS,
    UPSAMPLINGS,
    file_of,
    filled,
    generator_state,
    plain_weights,
    read_options,
)

# Layers that the published generator has and does not use, by the beginnings of their names.
UNUSED = ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "upscore", "conv_seg")
_FOREGROUND = range(24, 34)  # label ids of Cityscapes that have boxes


def imported(folder: str | Path) -> tuple[Config, Net]:
    """A BachGAN generator of the published code.

    Args:
        folder: with ``latest_net_G.pth`` (or another epoch's) and ``opt.txt``.

    Returns:
        The settings and the net, in eval mode, on the CPU. Classes are the labels of the files; salient are those of
        Cityscapes for 35 labels, else all. There, label 0 stands for pixels without a box as well; here these have a
        channel of their own with its weights. The files hold no label maps, so the memory is empty: give
        ``background``. Layers named ``UNUSED`` are left.

    Raises:
        InputError: a file is missing or holds something else.
    """
    folder = Path(folder)
    options = read_options(folder / OPTIONS)
    weights = {
        name: value for name, value in plain_weights(file_of(folder, GENERATOR)).items() if not name.startswith(UNUSED)
    }
    if "encode_shared.0.weight" not in weights or "memory_shared.0.weight" not in weights:
        raise InputError(f"{shown(folder)} holds no BachGAN generator: it has no layers that fuse backgrounds")
    cfg = _settings(options, weights)
    net = build(cfg)
    fusion = {name: weights.pop(name) for name in list(weights) if name.startswith(("encode_shared", "memory_shared"))}
    state = generator_state(weights, batch=cfg.norm == "batch")
    state = {name: _with_channel(name, value) for name, value in state.items()} | _fusion_state(fusion)
    return cfg, filled(net, {**state, "memory": net.memory}, folder)


def _settings(options: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Config:
    up = str(options.get("num_upsampling_layers", "normal"))
    if up not in UPSAMPLINGS:
        raise InputError(f"num_upsampling_layers {up} is not known: it is one of {', '.join(UPSAMPLINGS)}")
    width = weights["G_middle_0.conv_0.weight"].shape[0] // 16
    classes = weights["encode_shared.0.weight"].shape[0]
    across = int(options.get("crop_size", 256)) >> UPSAMPLINGS[up]
    down = round(across / float(options.get("aspect_ratio", 1.0)))
    return Config(
        size=(down << UPSAMPLINGS[up], across << UPSAMPLINGS[up]),
        classes=classes,
        salient=tuple(_FOREGROUND) if classes == 35 else tuple(range(classes)),
        width=width,
        max_width=16 * width,
        hidden=weights["head_0.norm_0.mlp_shared.0.weight"].shape[0],
        doublings=UPSAMPLINGS[up],
        norm="instance" if "instance" in str(options.get("norm_G", "")) else "batch",
        memory=6,
    )


def _with_channel(name: str, value: Tensor) -> Tensor:
    """Weights that take a layout, with one more channel of zeros: the fused layout has nothing there."""
    if name == "generator.fc.weight" or name.endswith(".shared.weight"):
        return F.pad(value, (0, 0, 0, 0, 0, 1))
    return value


def _fusion_state(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Both convolutions with a channel for pixels without a box, which is seen as label 0 is and gives nothing."""
    found = {}
    for theirs, ours in (("encode_shared.0", "encode"), ("memory_shared.0", "merge")):
        weight = weights[f"{theirs}.weight"]
        seen = weight[:, :1] if ours == "encode" else torch.zeros_like(weight[:, :1])
        wide = torch.cat([weight, seen], 1)
        found[f"fusion.{ours}.weight"] = torch.cat([wide, torch.zeros_like(wide[:1])])
        found[f"fusion.{ours}.bias"] = F.pad(weights[f"{theirs}.bias"], (0, 1))
    return found
