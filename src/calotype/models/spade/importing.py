"""Generators and encoders that the published code saved: ``latest_net_G.pth``, ``latest_net_E.pth`` and ``opt.txt``.

Only tensors are read, and the options from text. The pickled options beside them are never opened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from calotype.errors import InputError
from calotype.models.spade.config import Config
from calotype.models.spade.network import Net, build
from calotype.semantic.official import (
    ENCODER,
    GENERATOR,
    OPTIONS,
    UPSAMPLINGS,
    file_of,
    filled,
    generator_state,
    plain_weights,
    read_options,
)


def imported(folder: str | Path) -> tuple[Config, Net]:
    """A SPADE generator of the published code, with its encoder where there is one.

    Args:
        folder: with ``latest_net_G.pth`` (or another epoch's), ``opt.txt``, and ``latest_net_E.pth`` where the
            generator takes style codes.

    Returns:
        The settings and the net, in eval mode, on the CPU. Spectral normalisation is folded into the weights. For
        ADE20K (``dataset_mode`` ade20k) label 0 of the files is a pixel without a class, so ``unknown`` is "first" and
        class i is label i + 1 of the files.

    Raises:
        InputError: a file is missing or holds something else, or the options are not those of a SPADE generator.
    """
    folder = Path(folder)
    options = read_options(folder / OPTIONS)
    weights = plain_weights(file_of(folder, GENERATOR))
    # A generator whose first layer is linear takes style codes.
    coded = "fc.weight" in weights and weights["fc.weight"].dim() == 2
    encoder = plain_weights(file_of(folder, ENCODER)) if coded else {}
    cfg = settings(options, weights, encoder)
    net = build(cfg)
    state = generator_state(weights, batch=cfg.norm == "batch")
    state |= {f"encoder.{name}": value for name, value in _encoder_state(encoder).items()}
    return cfg, filled(net, state, folder)


def settings(options: Mapping[str, Any], weights: Mapping[str, Tensor], encoder: Mapping[str, Tensor]) -> Config:
    """The settings of a net with these options; widths are taken from the weights.

    Raises:
        InputError: it is no SPADE generator, or one of an unknown kind.
    """
    if str(options.get("netG", "spade")) != "spade" or "conv_img.weight" not in weights:
        raise InputError("this is no SPADE generator: only netG spade of the published code can be read")
    up = str(options.get("num_upsampling_layers", "normal"))
    if up not in UPSAMPLINGS:
        raise InputError(f"num_upsampling_layers {up} is not known: it is one of {', '.join(UPSAMPLINGS)}")
    width = weights["G_middle_0.conv_0.weight"].shape[0] // 16
    hidden = weights["head_0.norm_0.mlp_shared.0.weight"].shape[0]
    across = int(options.get("crop_size", 256)) >> UPSAMPLINGS[up]
    down = round(across / float(options.get("aspect_ratio", 1.0)))
    classes = int(options["label_nc"])
    unknown = "last" if options.get("contain_dontcare_label") else "zeros"
    if str(options.get("dataset_mode")) == "ade20k" and unknown == "last":
        unknown = "first"
    norm = re.sub(r"^spectral", "", str(options.get("norm_G", "spectralspadesyncbatch3x3")))
    return Config(
        size=(down << UPSAMPLINGS[up], across << UPSAMPLINGS[up]),
        classes=classes,
        unknown=unknown,  # type: ignore[arg-type]
        instances=not options.get("no_instance", False),
        width=width,
        max_width=16 * width,
        hidden=hidden,
        doublings=UPSAMPLINGS[up],
        norm="instance" if "instance" in norm else "batch",
        latent=weights["fc.weight"].shape[1] if weights["fc.weight"].dim() == 2 else 0,
        encoder_width=encoder["layer1.0.weight"].shape[0] if encoder else 64,
        encoder_size=256,
        encoder_norm="instance",
    )


def _encoder_state(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of the encoder by our names."""
    found = {}
    for name, value in weights.items():
        if match := re.fullmatch(r"layer(\d+)\.0\.weight", name):
            found[f"convs.{int(match[1]) - 1}.weight"] = value
        elif match := re.fullmatch(r"fc_(mu|var)\.(weight|bias)", name):
            found[f"{'mean' if match[1] == 'mu' else 'log_variance'}.{match[2]}"] = value
    return found
