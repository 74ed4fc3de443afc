"""Files of the package stylegan2_pytorch by Phil Wang (lucidrains)."""

from __future__ import annotations

import re

from calotype.foreign import Refused
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.dialects.found import Found, base_of, named, tensors_of

_MAPPING_RATE = 0.1  # the default of that package; files do not tell
_PARTS = {
    "to_style1": "conv1.to_style",
    "to_style2": "conv2.to_style",
    "to_noise1": "noise1",
    "to_noise2": "noise2",
    "conv1": "conv1",
    "conv2": "conv2",
    "to_rgb.to_style": "to_rgb.to_style",
    "to_rgb.conv": "to_rgb",
}


def read(value: object) -> Found | None:
    """The average generator of a checkpoint; ``None`` for other files.

    Raises:
        Refused: it is one that cannot be used.
    """
    state = value.get("GAN") if isinstance(value, dict) else None
    if not isinstance(state, dict) or not any(str(name).startswith("GE.blocks.") for name in state):
        return None
    assert isinstance(value, dict)
    weights = tensors_of({name: one for name, one in named(state) if name.startswith(("SE.", "GE."))})
    if any(name.startswith("GE.attns.") for name in weights):
        raise Refused("holds a generator with attention layers, which are not read")
    if "GE.initial_block" not in weights:
        raise Refused("holds a generator without a constant input, which is not read")
    tensors = {f"generator.{_renamed(name)}": one for name, one in weights.items() if _renamed(name)}
    count = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("GE.blocks."))
    channels = {4 << k: len(weights[f"GE.blocks.{k}.conv2.weight"]) for k in range(count)}
    base, most = base_of(channels)
    colours = len(weights["GE.blocks.0.to_rgb.conv.weight"])
    if colours not in (1, 3):
        raise Refused("holds a generator of pictures with transparency, which is not read")
    depth = sum(1 for name in weights if re.fullmatch(r"SE\.net\.\d+\.weight", name))
    style = len(weights["SE.net.0.weight"])
    cfg = Config(
        generator="lucidrains",
        resolution=4 << (count - 1),
        channels=colours,
        latent=style,
        style=style,
        mapping_layers=depth,
        mapping_rate=_MAPPING_RATE,
        base=base,
        max_channels=most,
        clamp=0.0,
    )
    unused = tuple(sorted({name.split(".")[0] for name, _ in named(state)} - {"SE", "GE"}))
    version = value.get("version")
    facts = {"version": version} if isinstance(version, str) else {}
    licence = "as the author of the weights says; the program is under the MIT licence"
    return Found(cfg, tensors, "lucidrains stylegan2_pytorch", licence, unused=unused, mean=False, facts=facts)


def _renamed(name: str) -> str:
    """The name of a weight here; empty for those that are not needed."""
    if match := re.fullmatch(r"SE\.net\.(\d+)\.(weight|bias)", name):
        return f"mapping.net.{int(match[1]) // 2}.{match[2]}"
    if name == "GE.initial_block":
        return "synthesis.const"
    if match := re.fullmatch(r"GE\.initial_conv\.(weight|bias)", name):
        return f"synthesis.conv.{match[1]}"
    match = re.fullmatch(r"GE\.blocks\.(\d+)\.(.+)\.(weight|bias)", name)
    return f"synthesis.blocks.{match[1]}.{_PARTS[match[2]]}.{match[3]}" if match and match[2] in _PARTS else ""
