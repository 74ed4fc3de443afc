"""Export of a generator to the file of another program: rosinality's stylegan2-pytorch, which most ports read."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.files import write_whole
from calotype.models.stylegan.config import Config, widths
from calotype.models.stylegan.network import Net

# Channels of that program: the first up to 32 pixels; from there the second, times its channel multiplier, by the side.
_MOST, _BASE = 512, 256 * 64


def exported(cfg: Config, net: Net, path: Path) -> str:
    """Write a generator as a converted checkpoint of rosinality's program: ``g_ema`` and ``latent_avg``.

    Args:
        cfg: the settings.
        net: the model.
        path: of the file.

    Returns:
        What the user has to know: size and channel multiplier for that program, and differences; one line.

    Raises:
        InputError: that program has no such network: other architectures than ``skip``, no filters, labels, grey
            pictures.
        OutputError: the file cannot be written.
    """
    if (
        cfg.generator != "stylegan2"
        or cfg.architecture != "skip"
        or cfg.resample != "filtered"
        or cfg.classes
        or cfg.channels != 3
        or cfg.latent != cfg.style
    ):
        raise InputError(
            "only StyleGAN2 of architecture skip, with filters (resample=filtered), in colour, without labels and with "
            "styles as long as latent vectors can be exported: the other program has no such network"
        )
    value = {"g_ema": state_of(cfg, net), "latent_avg": net.generator.mapping.w_avg.detach().cpu().clone()}
    write_whole(path, lambda file: torch.save(value, file))
    found = widths(cfg, cfg.base)
    multiplier = next((k for k in (1, 2) if all(found[s] == _theirs(s, k) for s in found)), None)
    channels = f"channel multiplier {multiplier}" if multiplier else "channels of its own, which need a changed program"
    clamp = f"; activations were limited to {cfg.clamp:g} here and are not there" if cfg.clamp else ""
    return f"size {cfg.resolution}, {cfg.mapping_layers} mapping layers, {channels}{clamp}"


def _theirs(side: int, multiplier: int) -> int:
    return _MOST if side <= 32 else _BASE * multiplier // side


def state_of(cfg: Config, net: Net) -> dict[str, Tensor]:
    """The weights by that program's names, with its dimensions of 1 and its scales."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = torch.outer(taps, taps) / taps.sum() ** 2 * 4
    found: dict[str, Tensor] = {}
    for name, tensor in net.generator.state_dict().items():
        value = tensor.detach().cpu().float()
        parts = name.split(".")
        if parts[0] == "mapping":
            if parts[1].startswith("fc"):
                found[f"style.{int(parts[1][2:]) + 1}.{parts[2]}"] = value
            continue
        side = int(parts[1][1:])
        if parts[2] == "const":
            found["input.input"] = value[None]
            continue
        found |= _layer(side, parts[2], ".".join(parts[3:]), value)
    for number in range(int(math.log2(cfg.resolution)) - 2):
        found[f"convs.{2 * number}.conv.blur.kernel"] = kernel.clone()
        found[f"to_rgbs.{number}.upsample.kernel"] = kernel.clone()
    return {name: value.contiguous().clone() for name, value in found.items()}


def _layer(side: int, layer: str, part: str, value: Tensor) -> dict[str, Tensor]:
    block = int(math.log2(side)) - 3  # -1 for 4 pixels
    if layer == "torgb":
        place = "to_rgb1" if block < 0 else f"to_rgbs.{block}"
        names = {"weight": "conv.weight", "bias": "bias"}
        value = value[None, :, None, None] if part == "bias" else value
        value = value[None] if part == "weight" else value
    else:
        number = 0 if block < 0 else 2 * block + (1 if layer == "conv0" else 2)
        place = "conv1" if block < 0 else f"convs.{number - 1}"
        names = {"weight": "conv.weight", "bias": "activate.bias", "noise_strength": "noise.weight"}
        if part == "noise_const":
            return {f"noises.noise_{number}": value[None, None]}
        if part == "weight":
            value = (value * math.sqrt(value[0].numel()))[None]
        value = value.reshape(1) if part == "noise_strength" else value
    names |= {"affine.weight": "conv.modulation.weight", "affine.bias": "conv.modulation.bias"}
    return {f"{place}.{names[part]}": value}
