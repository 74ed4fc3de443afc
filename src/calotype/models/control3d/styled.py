"""Generators of StyleGAN2's layers: of what surrounds a scene, and 2D generators that draw from coarse to fine."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.control3d.config import widths
from calotype.nn.style_blocks import Layer, ToRGB
from calotype.nn.style_layers import Linear, doubled
from calotype.nn.style_mapping import Mapping

STYLE = 64  # length of the style vectors
_LAYERS, _RATE = 2, 0.01  # of the mapping networks
_CLAMP = 256.0
_GIVEN = 0.3  # standard deviation of what rendered features add at first, for features of 1
_OPAQUE = 1.5  # initial value of alpha before tanh
_AROUND = 32  # channels of the surroundings


class StyledPainter(nn.Module):
    """A 2D generator: from 4 pixels on, what is rendered is added to the activations of each resolution.

    Args:
        inputs: channels given.
        outputs: channels made; the fourth one is alpha, and opaque at first.
        size: side of the pictures, pixels, a power of two.
        width: channels of the last resolution.
        latent: length of the latent vectors.
        slots: how many objects it paints: each has style vectors of its own.
    """

    def __init__(self, inputs: int, outputs: int, size: int, width: int, latent: int, slots: int) -> None:
        super().__init__()
        self.mapping = Mapping(latent, 0, STYLE, _LAYERS, _RATE, tracked=False)
        self.slots = nn.ModuleList([Linear(STYLE, STYLE) for _ in range(slots)])
        channels = widths(size, width)
        self.sides = list(channels)
        self.start = nn.Parameter(torch.randn(channels[4], 4, 4))
        self.grow, self.refine = nn.ModuleList(), nn.ModuleList()
        self.given, self.colour = nn.ParameterList(), nn.ModuleList()
        before = 0
        for side, count in channels.items():
            if before:
                self.grow.append(_layer(before, count, side, up=True))
            self.refine.append(_layer(count, count, side))
            self.given.append(nn.Parameter(torch.randn(count, inputs, 1, 1)))
            self.colour.append(ToRGB(count, outputs, STYLE, _CLAMP))
            before = count
        self.gain = _GIVEN / math.sqrt(inputs)
        if outputs > 3:
            with torch.no_grad():
                self.colour[0].bias[3] = _OPAQUE  # type: ignore[operator]

    def forward(self, x: Tensor, latent: Tensor) -> Tensor:
        """Pictures of the slots of each scene.

        Args:
            x: [B * slots, inputs, size, size].
            latent: [B, latent].

        Returns:
            [B * slots, outputs, size, size], -1..1.
        """
        w = self.mapping(latent)
        style = torch.stack([slot(w) for slot in self.slots], 1).flatten(0, 1)
        y, picture = self.start[None].expand(len(x), -1, -1, -1), None
        for number, side in enumerate(self.sides):
            seen = F.conv2d(F.adaptive_avg_pool2d(x, side), self.given[number] * self.gain)
            y = (self.grow[number - 1](y, style, None) if number else y) + seen
            y = self.refine[number](y, style, None)
            made = self.colour[number](y, style)
            picture = made if picture is None else doubled(picture) + made
        assert picture is not None
        return torch.tanh(picture)


class StyledSurroundings(nn.Module):
    """Features of all directions from a latent vector: a learned constant, enlarged twice.

    Args:
        latent: length of the latent vectors.
        features: channels made.
        height: of the result, a multiple of 4; its width is twice that.
    """

    def __init__(self, latent: int, features: int, height: int) -> None:
        super().__init__()
        self.mapping = Mapping(latent, 0, STYLE, _LAYERS, _RATE, tracked=False)
        self.start = nn.Parameter(torch.randn(_AROUND, height // 4, height // 2))
        self.layers = nn.ModuleList([_layer(_AROUND, _AROUND, height, up=bool(k)) for k in range(3)])
        self.leave = ToRGB(_AROUND, features, STYLE, _CLAMP)

    def forward(self, latent: Tensor) -> Tensor:
        """[B, latent] to [B, features, height, 2 height]."""
        style = self.mapping(latent)
        x = self.start[None].expand(len(latent), -1, -1, -1)
        for layer in self.layers:
            x = layer(x, style, None)
        made: Tensor = self.leave(x, style)
        return made


def spread_weights(module: nn.Module) -> None:
    """Weights as large as their inputs ask for (He et al., ICCV 2015), biases 0: scenes differ from the first step."""
    for each in module.modules():
        if isinstance(each, nn.Linear):
            nn.init.kaiming_normal_(each.weight, 0.2)
            nn.init.zeros_(each.bias)


def _layer(before: int, after: int, side: int, *, up: bool = False) -> Layer:
    return Layer(before, after, STYLE, side, up=up, clamp=_CLAMP, filtered=False, noisy=False)
