"""Files of NVIDIA's StyleGAN2 for TensorFlow: a tuple of three networks (G, D and the average of G)."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from calotype.foreign import Record, Refused
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.dialects.found import NVIDIA_LICENCE, Found, base_of, is_tensor, named, number

_KIND = "dnnlib.tflib.network.Network"
_OLDEST = 4  # version of such networks that has all settings
_LAYERS = {"Conv": "conv1", "Conv0_up": "conv0", "Conv1": "conv1", "ToRGB": "torgb"}


def read(value: object) -> Found | None:
    """The average generator of a tuple of networks; ``None`` for other files.

    Raises:
        Refused: it is one that cannot be used.
    """
    networks = list(value) if isinstance(value, (tuple, list)) else [value]
    if not networks or not all(isinstance(one, Record) and one.kind == _KIND for one in networks):
        return None
    record = networks[-1]
    assert isinstance(record, Record)
    variables = dict(_variables(record, "", 0))
    version = record.get("version")
    if any("StyleMod" in name for name in variables):
        raise Refused("holds a network of StyleGAN1: only StyleGAN2 and 3 are read")
    if type(version) is not int or version < _OLDEST or "synthesis/4x4/Const/const" not in variables:
        raise Refused("holds a network of StyleGAN1 or of configuration A to D: only configurations E and F are read")
    settings = dict(named(record.get("static_kwargs")))
    tensors = _tensors(variables)
    names = ("G", "D", "Gs")[: len(networks) - 1]
    return Found(
        _config(settings, tensors), tensors, "NVIDIA StyleGAN2 for TensorFlow", NVIDIA_LICENCE, unused=tuple(names)
    )


def _variables(record: Record, prefix: str, depth: int) -> list[tuple[str, object]]:
    """The variables of a network and of its parts."""
    found = []
    listed = record.get("variables")
    for pair in listed if isinstance(listed, list) else []:
        if isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str):
            found.append((prefix + pair[0], pair[1]))
    for name, part in named(record.get("components")):
        if isinstance(part, Record) and depth < 3:
            found += _variables(part, f"{prefix}{name}/", depth + 1)
    return found


def _tensors(variables: dict[str, object]) -> dict[str, Tensor]:
    """Weights by the names they have here."""
    plain = {name: number(value) for name, value in variables.items() if is_tensor(value)}
    finest = max(int(match[1]) for name in plain if (match := re.match(r"synthesis/(\d+)x\d+/", name)))
    found = {}
    for name, value in plain.items():
        if lod := re.fullmatch(r"synthesis/ToRGB_lod(\d+)/(.*)", name):
            side = finest >> int(lod[1])
            name = f"synthesis/{side}x{side}/ToRGB/{lod[2]}"
        ours = _renamed(name)
        if ours:
            found[f"generator.{ours}"] = _turned(name, value)
    return found


def _renamed(name: str) -> str:
    """The name of a variable here; empty for those that are not needed."""
    if name == "dlatent_avg":
        return "mapping.w_avg"
    if match := re.fullmatch(r"mapping/Dense(\d+)/(weight|bias)", name):
        return f"mapping.fc{match[1]}.{match[2]}"
    if match := re.fullmatch(r"mapping/LabelEmbed/(weight|bias)", name):
        return f"mapping.embed.{match[1]}"
    if match := re.fullmatch(r"synthesis/noise(\d+)", name):
        number_of_map = int(match[1])
        side = 2 ** ((number_of_map + 5) // 2)
        return f"synthesis.b{side}.conv{1 if number_of_map % 2 == 0 else 0}.noise_const"
    match = re.fullmatch(r"synthesis/(\d+)x\d+/(\w+)/(\w+)", name)
    if not match:
        return ""
    side, layer, part = match.groups()
    if (layer, part) == ("Const", "const"):
        return f"synthesis.b{side}.const"
    if (layer, part) == ("Skip", "weight"):
        return f"synthesis.b{side}.skip.weight"
    part = {"mod_weight": "affine.weight", "mod_bias": "affine.bias"}.get(part, part)
    known = part in ("weight", "bias", "noise_strength", "affine.weight", "affine.bias")
    return f"synthesis.b{side}.{_LAYERS[layer]}.{part}" if layer in _LAYERS and known else ""


def _turned(name: str, value: Tensor) -> Tensor:
    """The values of a variable in the order they have here."""
    last = name.rsplit("/", 1)[-1]
    if re.search(r"noise\d+$", name):
        return value[0, 0]
    if name.endswith("Const/const"):
        return value[0]
    if last == "mod_bias":
        return value + 1
    if last == "weight" and value.dim() == 4:
        # Up-sampling layers store the kernel of the convolution, here is that of the transposed one.
        value = value.flip(0, 1) if "Conv0_up" in name or "Skip" in name else value
        return value.permute(3, 2, 0, 1).contiguous()
    return value.T.contiguous() if last in ("weight", "mod_weight") and value.dim() == 2 else value


def _config(settings: dict[str, object], tensors: dict[str, Tensor]) -> Config:
    prefix = "generator.synthesis."
    channels = {
        int(match[1]): len(value)
        for name, value in tensors.items()
        if (match := re.fullmatch(rf"{re.escape(prefix)}b(\d+)\.conv1\.weight", name))
    }
    base, most = base_of(channels)
    mapping = {name: value for name, value in tensors.items() if re.search(r"mapping\.fc\d+\.weight", name)}
    classes = tensors.get("generator.mapping.embed.weight", torch.empty(0, 0)).shape[1]
    first = mapping["generator.mapping.fc0.weight"]
    style = first.shape[0]
    embedded = tensors["generator.mapping.embed.weight"].shape[0] if classes else 0
    images = [name for name in tensors if name.endswith("torgb.weight")]
    rate, clamp = settings.get("mapping_lrmul", 0.01), settings.get("conv_clamp")
    return Config(
        resolution=max(channels),
        channels=len(tensors[images[-1]]),
        classes=classes,
        latent=first.shape[1] - embedded,
        style=style,
        mapping_layers=len(mapping),
        mapping_rate=float(rate) if isinstance(rate, (int, float)) else 0.01,
        base=base,
        max_channels=most,
        architecture="resnet" if f"{prefix}b8.skip.weight" in tensors else "skip" if len(images) > 1 else "orig",
        clamp=float(clamp) if isinstance(clamp, (int, float)) else 0.0,
    )
