"""A picture, the latent code that it is drawn from, and the stages of the search for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.models.stylegan.generate import displayed
from calotype.models.stylegan.network import Generator, Net


@dataclass(frozen=True)
class Stage:
    """What one stage of an optimisation made.

    Attributes:
        name: of the stage.
        picture: of the latent code after the stage: [1, 3, side, side], -1..1.
        log: loss and PSNR (decibel) of every step: [steps, 2].
    """

    name: str
    picture: Tensor
    log: Tensor


@dataclass(frozen=True)
class Drawn:
    """A picture and its latent code.

    Attributes:
        picture: [1, 3, side, side], -1..1.
        styles: [1, rows, style].
        noise: the noise maps, [1, 1, h, w] each; empty if they are those of the network.
        features: what pictures were compared by, where the code was searched for.
        stages: of that search, in their order.
        tuned: the generator that draws the picture, where it was tuned to the photo; ``None``: that of the search.
    """

    picture: Tensor
    styles: Tensor
    noise: tuple[Tensor, ...] = ()
    features: str = ""
    stages: tuple[Stage, ...] = ()
    tuned: Net | None = None


@torch.no_grad()
def drawn(
    net: Net, styles: Tensor, noise: Sequence[Tensor] = (), features: str = "", stages: Sequence[Stage] = ()
) -> Drawn:
    """The picture of styles [1, rows, style] and noise maps; without maps, those of the network."""
    return Drawn(picture_of(net.generator, styles, noise), styles, tuple(noise), features, tuple(stages))


@torch.no_grad()
def picture_of(generator: Generator, styles: Tensor, noise: Sequence[Tensor] = ()) -> Tensor:
    """The picture of styles [1, rows, style] and noise maps: [1, 3, side, side], -1..1."""
    return displayed(generator(styles, list(noise) or "const"))
