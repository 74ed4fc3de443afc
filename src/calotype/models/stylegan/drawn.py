"""A picture and the latent code that it is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.models.stylegan.generate import displayed
from calotype.models.stylegan.network import Net


@dataclass(frozen=True)
class Drawn:
    """A picture and its latent code.

    Attributes:
        picture: [1, 3, side, side], -1..1.
        styles: [1, rows, style].
        noise: the noise maps, [1, 1, h, w] each; empty if they are those of the network.
        features: what pictures were compared by, where the code was searched for.
    """

    picture: Tensor
    styles: Tensor
    noise: tuple[Tensor, ...] = ()
    features: str = ""


@torch.no_grad()
def drawn(net: Net, styles: Tensor, noise: Sequence[Tensor] = (), features: str = "") -> Drawn:
    """The picture of styles [1, rows, style] and noise maps; without maps, those of the network."""
    noise = list(noise)
    return Drawn(displayed(net.generator(styles, noise or "const")), styles, tuple(noise), features)
