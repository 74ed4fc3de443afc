"""Files of rosinality's stylegan2-pytorch, and of pSp and e4e, whose decoder is that network."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from torch import Tensor

from calotype.foreign import Record, Refused
from calotype.models.stylegan.config import Config, rows
from calotype.models.stylegan.dialects.encoders import kind_of, settings_of, tensors_of_encoder, uses_average
from calotype.models.stylegan.dialects.found import (
    AUTHOR_LICENCE,
    Found,
    base_of,
    is_tensor,
    mean_style,
    named,
    number,
    tensors_of,
)

_WRITER = "rosinality stylegan2-pytorch"
_MAPPING_RATE = 0.01
# Parts of a layer by their names there; filters are the same in all networks.
_PARTS = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "activate.bias": "bias",
    "noise.weight": "noise_strength",
    "bias": "bias",
}


def read(value: object) -> Found | None:
    """The generator of a checkpoint; ``None`` for other files.

    Raises:
        Refused: it is one that cannot be used.
    """
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("state_dict"), dict):
        return _of_encoder(value)
    holder = next((name for name in ("g_ema", "g") if isinstance(value.get(name), dict)), "")
    state = value[holder] if holder else value
    if "input.input" not in state or "style.1.weight" not in state:
        return None
    writer = f"{_WRITER} ({'training' if 'g_optim' in value else 'converted'})"
    unused = sorted(name for name, one in named(value) if name not in (holder, "latent_avg") and holder)
    arguments = value.get("args")
    facts = {"settings": f"{len(arguments.state)} of the training"} if isinstance(arguments, Record) else {}
    return found(state, value.get("latent_avg"), writer, tuple(unused), facts)


def _of_encoder(value: dict[object, object]) -> Found | None:
    """The decoder of pSp or e4e."""
    state = value["state_dict"]
    assert isinstance(state, dict)
    decoder = {name.removeprefix("decoder."): one for name, one in named(state) if name.startswith("decoder.")}
    if "input.input" not in decoder:
        return None
    unused = {name.split(".")[0] for name, _ in named(state)} - {"decoder"}
    unused |= {name for name, _ in named(value)} - {"state_dict", "latent_avg"}
    mean, options = value.get("latent_avg"), value.get("opts")
    generator = found(decoder, mean, "pSp or e4e (decoder)", (), {})
    weights = tensors_of({name.removeprefix("encoder."): one for name, one in named(state) if name[:8] == "encoder."})
    kind = kind_of(options)
    settings = settings_of(weights, kind)
    if settings is None:
        return replace(generator, unused=tuple(sorted(unused)))
    given = number(mean) if is_tensor(mean) and uses_average(options) else None
    tensors = tensors_of_encoder(weights, given, rows(generator.cfg), generator.cfg.style)
    return replace(
        generator,
        cfg=replace(generator.cfg, **settings),
        tensors={**generator.tensors, **tensors},
        writer=f"{'pSp' if kind == 'psp' else kind} (encoder and decoder)",
        unused=tuple(sorted(unused - {"encoder"})),
    )


def found(state: object, mean: object, writer: str, unused: tuple[str, ...], facts: dict[str, str]) -> Found:
    """A generator from its weights by their names there.

    Args:
        state: the weights.
        mean: the mean style, or ``None``.
        writer: the program.
        unused: parts of the file that are not used.
        facts: see ``Found``.
    """
    weights = tensors_of(state)
    count = sum(1 for name in weights if re.fullmatch(r"style\.\d+\.weight", name))
    blocks = sum(1 for name in weights if re.fullmatch(r"to_rgbs\.\d+\.bias", name))
    resolution = 4 << blocks
    style = weights["style.1.weight"].shape[0]
    tensors: dict[str, Tensor] = {}
    for name, value in weights.items():
        ours = _renamed(name)
        if ours:
            tensors[f"generator.{ours}"] = _scaled(name, value)
    given = mean_style(mean, 2 * blocks + 2)
    if given is not None:
        tensors["generator.mapping.w_avg"] = given
    sides = [4 << k for k in range(blocks + 1)]
    try:
        channels = {side: len(tensors[f"generator.synthesis.b{side}.conv1.weight"]) for side in sides}
    except KeyError as error:
        raise Refused(f"lacks the weights {error}") from None
    base, most = base_of(channels)
    cfg = Config(
        resolution=resolution,
        channels=len(tensors["generator.synthesis.b4.torgb.bias"]),
        latent=style,
        style=style,
        mapping_layers=count,
        mapping_rate=_MAPPING_RATE,
        base=base,
        max_channels=most,
        clamp=0.0,
    )
    return Found(cfg, tensors, writer, AUTHOR_LICENCE, unused=unused, mean=given is not None, facts=facts)


def _renamed(name: str) -> str:
    """The name of a weight here; empty for those that are not needed, such as filters."""
    if match := re.fullmatch(r"style\.(\d+)\.(weight|bias)", name):
        return f"mapping.fc{int(match[1]) - 1}.{match[2]}"
    if name == "input.input":
        return "synthesis.b4.const"
    if match := re.fullmatch(r"noises\.noise_(\d+)", name):
        side, layer = _place(int(match[1]))
        return f"synthesis.b{side}.{layer}.noise_const"
    match = re.fullmatch(r"(conv1|convs\.(\d+)|to_rgb1|to_rgbs\.(\d+))\.(.+)", name)
    if not match or match[4] not in _PARTS:
        return ""
    part = _PARTS[match[4]]
    if match[1] == "conv1":
        return f"synthesis.b4.conv1.{part}"
    if match[1].startswith("to_rgb"):
        side = 4 if match[3] is None else 8 << int(match[3])
        return f"synthesis.b{side}.torgb.{part}"
    side, layer = _place(int(match[2]) + 1)
    return f"synthesis.b{side}.{layer}.{part}"


def _place(number: int) -> tuple[int, str]:
    """Resolution and name of the layer of a number, the first being 0."""
    return 2 ** ((number + 5) // 2), "conv1" if number % 2 == 0 else "conv0"


def _scaled(name: str, value: Tensor) -> Tensor:
    """A weight without the dimensions of 1 it has there; convolutions are scaled there, and their squares compared with
    a small number.
    """
    if name.endswith("conv.weight"):
        value = value[0]
        # To colours, the style is scaled here.
        return value if name.startswith("to_rgb") else value / math.sqrt(value[0].numel())
    if name == "input.input":
        return value[0]
    if "noise_" in name:
        return value[0, 0]
    if name.endswith("noise.weight"):
        return value.reshape(())
    return value.flatten() if name.startswith("to_rgb") and value.dim() == 4 else value
