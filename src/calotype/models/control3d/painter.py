"""The 2D generators: rendered features, alpha and depth of a primitive to a picture of an object."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.nn.spectral import spectral_norm

_RESIDUAL = 0.1  # weight of what a block adds
_CODE = 64  # length of the vector between latent and scales


class AdaIn(nn.Module):
    """Instance normalisation whose scale and shift are given (Huang and Belongie, ICCV 2017, eq. 8)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, x: Tensor, given: Tensor) -> Tensor:
        """``x`` [B, C, h, w], ``given`` [B, 2 C]."""
        scale, shift = given[..., None, None].chunk(2, 1)
        normed: Tensor = F.instance_norm(x) * (1 + scale) + shift
        return normed


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList([AdaIn(width), AdaIn(width)])
        self.convs = nn.ModuleList([nn.Conv2d(width, width, 3, padding=1) for _ in range(2)])

    def forward(self, x: Tensor, given: Sequence[Tensor]) -> Tensor:
        """[B, C, h, w] to the same shape."""
        y = x
        for norm, conv, each in zip(self.norms, self.convs, given, strict=True):
            y = conv(F.leaky_relu(norm(y, each), 0.2))
        return x + _RESIDUAL * y


class Painter(nn.Module):
    """A 2D generator.

    Args:
        inputs: channels given.
        outputs: channels made.
        width: channels of its first layer; twice as many at half the size.
        latent: length of the latent vectors.
        slots: how many objects it paints: each has scales and shifts of its own.
        transposed: enlarge by a transposed convolution, else by repeating pixels before a convolution.
    """

    def __init__(self, inputs: int, outputs: int, width: int, latent: int, slots: int, *, transposed: bool) -> None:
        super().__init__()
        self.slots = slots
        self.enter = nn.Conv2d(inputs, width, 3, padding=1)
        self.first = _Block(width)
        self.down = spectral_norm(nn.Conv2d(width, 2 * width, 4, 2, 1))
        self.middle = nn.ModuleList([_Block(2 * width), _Block(2 * width)])
        if transposed:
            self.up: nn.Module = spectral_norm(nn.ConvTranspose2d(2 * width, width, 4, 2, 1))
        else:
            grown = nn.Upsample(scale_factor=2, mode="nearest")
            self.up = nn.Sequential(grown, spectral_norm(nn.Conv2d(2 * width, width, 3, padding=1)))
        self.last = _Block(width)
        self.leave = nn.Conv2d(width, outputs, 3, padding=1)
        self.sizes = [2 * width] * 2 + [4 * width] * 4 + [2 * width] * 2
        self.code = nn.Sequential(
            nn.Linear(latent, _CODE), nn.LeakyReLU(0.2), nn.Linear(_CODE, sum(self.sizes) * slots)
        )

    def forward(self, x: Tensor, latent: Tensor) -> Tensor:
        """Pictures of ``slots`` objects of each scene.

        Args:
            x: [B * slots, inputs, h, w].
            latent: [B, latent].

        Returns:
            [B * slots, outputs, h, w], -1..1.
        """
        given = self.code(latent).unflatten(1, (self.slots, -1)).flatten(0, 1).split(self.sizes, 1)
        x = self.first(self.enter(x), given[:2])
        x = F.leaky_relu(self.down(x), 0.2)
        for number, block in enumerate(self.middle):
            x = block(x, given[2 + 2 * number : 4 + 2 * number])
        x = F.leaky_relu(self.up(x), 0.2)
        x = self.last(x, given[6:])
        return torch.tanh(self.leave(F.leaky_relu(x, 0.2)))
