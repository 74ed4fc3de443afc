"""Files of NVIDIA's stylegan2-ada-pytorch and stylegan3, and of programs that save their modules whole (PTI)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from torch import Tensor

from calotype.foreign import Record, Refused
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.dialects.found import (
    NVIDIA_LICENCE,
    Found,
    base_of,
    module_tensors,
    named,
    number,
    submodule,
)

_GENERATORS = ("G_ema", "G")
_EG3D = "TriPlane"


def read(value: object) -> Found | None:
    """The generator of a snapshot, or a generator alone; ``None`` for other files.

    Raises:
        Refused: it is one that cannot be used.
    """
    holder = value if isinstance(value, dict) else {}
    name = next((key for key in _GENERATORS if isinstance(holder.get(key), Record)), "")
    record = holder[name] if name else value
    if not isinstance(record, Record) or not isinstance(record.get("_modules"), dict):
        return None
    if record.kind.startswith(_EG3D):
        raise Refused("holds a generator of EG3D, which makes pictures of volumes: only StyleGAN2 and 3 are read")
    if record.get("synthesis") is None and "synthesis" not in record.get("_modules"):  # type: ignore[operator]
        return None
    synthesis = submodule(record, "synthesis")
    third = isinstance(synthesis.get("layer_names"), list)
    tensors = {key: number(one) for key, one in module_tensors(record)}
    cfg = _stylegan3(record, synthesis) if third else _stylegan2(record, synthesis, tensors)
    names = _stylegan3_names(synthesis) if third else {}
    kept = {f"generator.{_renamed(key, names)}": one for key, one in tensors.items() if "resample_filter" not in key}
    single = isinstance(value, Record)
    flat = third or "fused_modconv_default" in submodule(synthesis, "b4").state
    writer = "stylegan3" if flat else "stylegan2-ada-pytorch"
    unused = tuple(sorted(key for key, one in named(holder) if key != name and isinstance(one, Record)))
    facts = {"configuration": _configuration(cfg)} if third else {}
    return Found(
        cfg, kept, f"NVIDIA {writer}{' (one module)' if single else ''}", NVIDIA_LICENCE, unused=unused, facts=facts
    )


def discriminator(value: object, cfg: Config) -> tuple[Config, dict[str, Tensor]] | None:
    """The discriminator of a snapshot: settings of both networks, and weights by name; ``None`` where there is none.

    Raises:
        Refused: it is one that cannot be used.
    """
    record = value.get("D") if isinstance(value, dict) else None
    if not isinstance(record, Record) or not isinstance(record.get("_modules"), dict):
        return None
    tensors = {name: number(one) for name, one in module_tensors(record) if "resample_filter" not in name}
    sides = sorted({int(name.split(".")[0][1:]) for name in tensors if re.match(r"b\d+\.", name)}, reverse=True)
    if "b4.conv.weight" not in tensors or len(sides) < 2:
        raise Refused("has no blocks of StyleGAN2's discriminator")
    channels = {side: len(tensors.get(f"b{side}.conv0.weight", ())) for side in sides[:-1]}
    channels[4] = tensors["b4.conv.weight"].shape[0]
    base, _ = base_of(channels)
    if any(min(base // side, cfg.max_channels) != count for side, count in channels.items()):
        raise Refused("has channels of its own")
    residual = f"b{sides[0]}.skip.weight" in tensors
    if f"b{sides[1]}.fromrgb.weight" in tensors and len(sides) > 2:
        raise Refused("takes pictures at every resolution")
    # The record of the module that takes the deviation; without one, as published.
    deviation = submodule(record, "b4").get("_modules")
    inner = deviation.get("mbstd") if isinstance(deviation, dict) else None
    group = inner.get("group_size") if isinstance(inner, Record) else None
    size = group if isinstance(group, int) and group > 0 else cfg.group
    architecture: Literal["resnet", "orig"] = "resnet" if residual else "orig"
    known = replace(
        cfg,
        discriminator_base=base,
        discriminator_architecture=architecture,
        group=size,
        batch=-(-cfg.batch // size) * size,
    )
    return known, tensors


def _whole(record: Record, name: str) -> int:
    value = record.get(name)
    if type(value) is not int or not 0 <= value <= 1 << 16:
        raise Refused(f"lacks the setting {name}")
    return value


def _number_of(record: Record, name: str) -> float:
    value = record.get(name)
    if not isinstance(value, (int, float)):
        raise Refused(f"lacks the setting {name}")
    return float(value)


def _shared(record: Record, synthesis: Record, layer: Record) -> dict[str, object]:
    """The settings that both generations have."""
    clamp = layer.get("conv_clamp")
    mapping = submodule(record, "mapping")
    first = submodule(mapping, "fc0") if "fc0" in dict(named(mapping.get("_modules"))) else None
    if first is None:
        raise Refused("has a mapping network without layers")
    gain = first.get("bias_gain")
    return {
        "resolution": _whole(record, "img_resolution"),
        "channels": _whole(record, "img_channels"),
        "classes": _whole(record, "c_dim"),
        "latent": _whole(record, "z_dim"),
        "style": _whole(record, "w_dim"),
        "mapping_layers": _whole(mapping, "num_layers"),
        "mapping_rate": float(gain) if isinstance(gain, (int, float)) else 0.01,
        "clamp": float(clamp) if isinstance(clamp, (int, float)) else 0.0,
    }


def _stylegan2(record: Record, synthesis: Record, tensors: dict[str, Tensor]) -> Config:
    blocks = sorted(int(name[1:]) for name, _ in named(synthesis.get("_modules")) if re.fullmatch(r"b\d+", name))
    if not blocks or blocks[0] != 4:
        raise Refused("has no blocks of StyleGAN2")
    last = submodule(synthesis, f"b{blocks[-1]}")
    layer = submodule(last, "conv1")
    if layer.get("use_noise") is False or layer.get("activation") not in ("lrelu", None):
        raise Refused("has layers without noise, or with another activation than leaky ReLU")
    if blocks[-1] != record.get("img_resolution"):
        raise Refused("has blocks of another resolution than it says")
    channels = {side: len(tensors[f"synthesis.b{side}.conv1.weight"]) for side in blocks}
    base, most = base_of(channels)
    architecture = last.get("architecture")
    if architecture not in ("skip", "orig", "resnet"):
        raise Refused("has an unknown architecture")
    shared = _shared(record, synthesis, layer)
    return Config(base=base, max_channels=most, architecture=architecture, **shared)  # type: ignore[arg-type]


def _stylegan3(record: Record, synthesis: Record) -> Config:
    names = synthesis.get("layer_names")
    assert isinstance(names, list)
    layers = [submodule(synthesis, name) for name in names]
    first, count, critical = layers[0], _whole(synthesis, "num_layers"), _whole(synthesis, "num_critical")
    if len(layers) != count + 1:
        raise Refused("has another number of layers than it says")
    settings = dict(named(record.get("_init_kwargs"))) | dict(named(synthesis.get("_init_kwargs")))

    def setting(name: str, otherwise: float) -> float:
        value = settings.get(name, otherwise)
        return float(value) if isinstance(value, (int, float)) else otherwise

    return Config(
        generator="stylegan3",
        layers=count,
        critical=critical,
        first_cutoff=_number_of(first, "in_cutoff"),
        first_stopband=setting("first_stopband", 2**2.1),
        last_stopband=setting("last_stopband_rel", 2**0.3),
        margin=_whole(synthesis, "margin_size"),
        output_scale=_number_of(synthesis, "output_scale"),
        kernel=_whole(first, "conv_kernel"),
        taps=int(setting("filter_size", 6)),
        radial=bool(settings.get("use_radial_filters", False)),
        base=int(setting("channel_base", 32768)),
        max_channels=int(setting("channel_max", 512)),
        **_shared(record, synthesis, first),  # type: ignore[arg-type]
    )


def _stylegan3_names(synthesis: Record) -> dict[str, str]:
    names = synthesis.get("layer_names")
    assert isinstance(names, list)
    return {name: f"layers.{number}" for number, name in enumerate(names)}


def _renamed(key: str, names: dict[str, str]) -> str:
    parts = key.split(".")
    return ".".join(["synthesis", names[parts[1]], *parts[2:]]) if len(parts) > 1 and parts[1] in names else key


def _configuration(cfg: Config) -> str:
    return "R" if cfg.kernel == 1 else "T"
