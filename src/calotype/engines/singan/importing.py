"""Conversion of the official code's checkpoints to models of this engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from calotype.engines.singan.config import PRESETS, Config
from calotype.engines.singan.net import Net
from calotype.engines.singan.network import RADIUS
from calotype.engines.singan.pyramid import Size
from calotype.engines.singan.released import Released, read_released
from calotype.errors import InputError
from calotype.files import shown

# Prefixes of the official generator's parameters and their names here.
_PARTS = {"head": "trunk.0", "body.block1": "trunk.1", "body.block2": "trunk.2", "body.block3": "trunk.3"}


def imported(folder: Path) -> tuple[Config, Net, Size, Tensor]:
    """Convert the checkpoint in a folder of ``Gs.pth``, ``Zs.pth``, ``reals.pth`` and ``NoiseAmp.pth``; no code is
    executed.

    Returns:
        The settings, the model, height and width of the photo at the finest scale, and that photo as in the checkpoint,
        [1, 3, h, w], -1..1.

    Raises:
        InputError: a file is missing, has content that no checkpoint has, or is not of SinGAN's networks.
    """
    found = read_released(folder)
    sizes = [(photo.shape[2], photo.shape[3]) for photo in found.photos]
    first = found.noises[0]
    # Models for animation were trained with noise in the padding, the others with zeros.
    border = "noise" if bool(first[..., 0].any()) else "zero"
    given = tuple(side for size in sizes for side in size)
    cfg = replace(PRESETS["paper"], given=given, border=border, coarsest=min(sizes[0]), finest=max(sizes[-1]))
    net = Net(cfg, sizes[-1])
    try:
        _fill(net, found)
    except (RuntimeError, KeyError) as error:
        raise InputError(f"the networks in {shown(folder)} are not those of SinGAN with its usual settings") from error
    return cfg, net.requires_grad_(False).eval(), sizes[-1], found.photos[-1].clamp(-1, 1)


@torch.no_grad()
def _fill(net: Net, found: Released) -> None:
    for generator, tensors in zip(net.generators, found.generators, strict=True):
        generator.load_state_dict({_renamed(name): tensor for name, tensor in tensors.items()})
    first = found.noises[0][:, :1]
    net.fixed.copy_(first if net.border == "noise" else first[..., RADIUS:-RADIUS, RADIUS:-RADIUS])
    net.amplitudes.copy_(torch.tensor(found.amplitudes))
    net.finished.fill_(len(net.sizes))


def _renamed(name: str) -> str:
    for official, ours in _PARTS.items():
        if name.startswith(official + "."):
            return ours + name[len(official) :]
    return name.replace("tail.0.", "trunk.4.", 1)
