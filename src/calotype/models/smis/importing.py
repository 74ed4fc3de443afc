"""Generators and encoders that the published code of SMIS saved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from calotype.errors import InputError
from calotype.models.smis.config import Config
from calotype.models.smis.network import Net, build
from calotype.models.smis.plan import plan
from calotype.semantic.labels import label_channels
from calotype.semantic.official import (
    ENCODER,
    GENERATOR,
    OPTIONS,
    file_of,
    filled,
    other_statistics,
    plain_weights,
    read_options,
    statistics_of,
)

_BLOCKS = ("head_0", "G_middle_0", "G_middle_1", "up_0", "up_1", "up_2", "up_3")
_BRANCHES = {"deepfashion": "block", "cityscapes": "aligned", "ade20k": "classes"}
_SIDE = 256  # height of the pictures, and of the resized pixels of a class
_CODE = 8


def imported(folder: str | Path) -> tuple[Config, Net]:
    """A GroupDNet of the published code, with its encoder where there is one.

    Args:
        folder: with ``latest_net_G.pth`` (or another epoch's), ``opt.txt``, and ``latest_net_E.pth`` for the codes of
            photos.

    Returns:
        The settings and the net, in eval mode, on the CPU. Spectral normalisation is folded into the weights. For
        ADE20K (``dataset_mode`` ade20k) label 0 of the files is a pixel without a class, so ``unknown`` is "first" and
        class i is label i + 1 of the files; the block up_4 of these files is never used there, and left out.

    Raises:
        InputError: a file is missing or holds something else, or the options are not those of such a generator.
    """
    folder = Path(folder)
    options = read_options(folder / OPTIONS)
    weights = plain_weights(file_of(folder, GENERATOR))
    coded = any(folder.glob(f"*_{ENCODER}"))
    encoder = plain_weights(file_of(folder, ENCODER)) if coded else {}
    cfg = settings(options, weights, encoder)
    state = _generator_state(weights) | _encoder_state(encoder)
    return cfg, filled(build(cfg), state, folder)


def settings(options: Mapping[str, Any], weights: Mapping[str, Tensor], encoder: Mapping[str, Tensor]) -> Config:
    """The settings of a net with these options; channels and groups are taken from the weights.

    Raises:
        InputError: it is no GroupDNet, or one of an unknown kind.
    """
    mode = str(options.get("dataset_mode"))
    if mode not in _BRANCHES or any(f"{block}.conv_0.weight" not in weights for block in _BLOCKS):
        raise InputError(
            f"this is no generator of SMIS: those of the published code have the dataset_mode {', '.join(_BRANCHES)}"
        )
    if (up := str(options.get("num_upsampling_layers", "more"))) != "more":
        raise InputError(f"num_upsampling_layers {up} is not known of generators of SMIS: it is more")
    across = int(options.get("crop_size", _SIDE))
    down = round(across / float(options.get("aspect_ratio", 1.0)))
    if down != _SIDE:
        raise InputError(f"pictures {down} pixels high are not known of generators of SMIS: they are {_SIDE}")
    unknown = ("first" if mode == "ade20k" else "last") if options.get("contain_dontcare_label") else "zeros"
    channels = [len(weights["fc.weight"]), *(len(weights[f"{block}.conv_1.bias"]) for block in _BLOCKS)]
    classes = int(options["label_nc"])
    cfg = Config(
        size=(down, across),
        classes=classes,
        unknown=unknown,  # type: ignore[arg-type]
        instances=mode == "cityscapes",
        norm="instance" if "instance" in str(options.get("norm_G")).removeprefix("spectral") else "batch",
        doublings=len(_BLOCKS) - 1,
        groups=(classes + (unknown != "zeros"), *(_groups(weights, block) for block in _BLOCKS)),
        channels=tuple(channels),
        label_branch=_BRANCHES[mode],  # type: ignore[arg-type]
        code=_CODE,
    )
    first = len(weights["head_0.norm_0.mlp_shared.0.bias"])
    return _with_widths(cfg, first, encoder)


def _with_widths(cfg: Config, hidden: int, encoder: Mapping[str, Tensor]) -> Config:
    """The settings with the width of the label branch and of the encoder.

    Raises:
        InputError: channels and groups do not fit.
    """
    classes = label_channels(cfg)
    width = len(encoder["layer1.0.weight"]) // classes if encoder else 0
    cfg = replace(cfg, hidden=hidden if cfg.label_branch == "block" else max(1, hidden // classes), encoder_width=width)
    try:
        plan(cfg)
    except ValueError as error:
        raise InputError(f"the options in {OPTIONS} do not fit the weights: {error}") from None
    return cfg


def _groups(weights: Mapping[str, Tensor], block: str) -> int:
    """The groups of a block: the channels of its input over those that one output of its first convolution sees."""
    return len(weights[f"{block}.norm_0.mlp_gamma.bias"]) // weights[f"{block}.conv_0.weight"].shape[1]


def _generator_state(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of the decoder by our names."""
    found = {f"generator.{name}": value for name, value in weights.items() if name.split(".")[0] in ("fc", "conv_img")}
    for block in _BLOCKS:
        ours = f"generator.blocks.{block}"
        found |= {f"generator.blocks.{name}": w for name, w in weights.items() if name.startswith(f"{block}.conv_")}
        for kind in "01s":
            if f"{block}.norm_{kind}.mlp_gamma.weight" in weights:
                found |= _norm_state(weights, f"{block}.norm_{kind}", f"{ours}.spade_{kind}")
        for kind in "01":
            norm = statistics_of(weights, f"{block}.norm_{kind}")
            found |= {f"{ours}.norm_{kind}.{name}": value for name, value in norm.items()}
    return found


def _norm_state(weights: Mapping[str, Tensor], theirs: str, ours: str) -> dict[str, Tensor]:
    """One CG-Norm; the 1 that is added to gamma becomes part of its bias."""
    scale, offset = other_statistics(weights, theirs)
    gamma, one = weights[f"{theirs}.mlp_gamma.weight"], weights[f"{theirs}.mlp_gamma.bias"] + 1
    beta, bias = (weights[f"{theirs}.mlp_beta.{part}"] for part in ("weight", "bias"))
    return {
        f"{ours}.shared.weight": weights[f"{theirs}.mlp_shared.0.weight"],
        f"{ours}.shared.bias": weights[f"{theirs}.mlp_shared.0.bias"],
        f"{ours}.gamma.weight": gamma * scale[:, None, None, None],
        f"{ours}.gamma.bias": one * scale,
        f"{ours}.beta.weight": beta + gamma * offset[:, None, None, None],
        f"{ours}.beta.bias": bias + one * offset,
    }


def _encoder_state(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of the encoder by our names."""
    found = {}
    for name, value in weights.items():
        if match := re.fullmatch(r"layer(\d+)\.0\.weight", name):
            found[f"encoder.convs.{int(match[1]) - 1}.weight"] = value
        elif match := re.fullmatch(r"fc_(mu|var)\.(weight|bias)", name):
            found[f"encoder.{'mean' if match[1] == 'mu' else 'log_variance'}.{match[2]}"] = value
    return found
