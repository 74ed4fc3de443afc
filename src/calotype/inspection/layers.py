"""A generator as a sequence of named layers with declared shapes.

A model that declares ``layered`` gives its trained net in this form, so that it can be sampled in batches, and inverted
layer by layer. What one layer hands to the next is one tensor: where later layers need more than the activations (the
picture so far, the style), it is further channels of that tensor, see ``packed``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

Shape = tuple[int, int, int]  # channels, height, width
_SHARE = (
    4  # the representation that is inverted has at most this part of the picture's side (as in the paper: 8 of 256)
)


@dataclass(frozen=True)
class Layer:
    """One layer of a generator.

    Attributes:
        name: for people; unique in its generator.
        shape: of what it gives: channels, height, width.
        run: [N, *shape of the layer before] to [N, *shape], float32; differentiable, and each picture of a batch by
            itself.
    """

    name: str
    shape: Shape
    run: Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Layered:
    """A generator as layers.

    Attributes:
        latent: length of the latent vector.
        layers: the layers, at least two; the last gives the picture, 3 channels of about -1..1.
        latents: latent vectors [N, latent, 1, 1] of seeds: those of which ``sample`` makes its pictures.
        whole: all layers as one function, where that is quicker than one after another.
    """

    latent: int
    layers: tuple[Layer, ...]
    latents: Callable[[Sequence[int]], Tensor]
    whole: Callable[[Tensor], Tensor] | None = None

    @property
    def shapes(self) -> list[Shape]:
        """Of the latent vector and of what every layer gives: one more than there are layers."""
        return [(self.latent, 1, 1), *(layer.shape for layer in self.layers)]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures, pixels."""
        return self.layers[-1].shape[1:]

    @property
    def inverted(self) -> int:
        """How many layers are inverted: those whose result has at most a quarter of the picture's side, at least one.

        The layers after them are the ones that are inspected.
        """
        sides = [max(layer.shape[1:]) for layer in self.layers[:-1]]
        return max(1, sum(1 for side in sides if side * _SHARE <= max(self.size)))

    def run(self, x: Tensor, first: int = 0, last: int | None = None) -> Tensor:
        """What layer ``last - 1`` makes of what layer ``first`` takes; without ``last``, the picture."""
        for layer in islice(self.layers, first, last):
            x = layer.run(x)
        return x

    def all(self, z: Tensor, count: int | None = None) -> list[Tensor]:
        """The latent vectors and what each of the first ``count`` layers makes of them."""
        found = [z]
        for layer in self.layers[:count]:
            found.append(layer.run(found[-1]))
        return found

    @torch.no_grad()
    def pictures(self, seeds: Sequence[int]) -> Tensor:
        """The pictures of seeds, in one batch: [N, 3, H, W], float32, limited to -1..1."""
        make = self.whole or self.run
        return make(self.latents(seeds)).float().clamp(-1, 1)


def packed(x: Tensor, *carried: Tensor | None) -> Tensor:
    """Activations [N, C, H, W] with further ones as channels; those of 1 x 1 are the same everywhere.

    Args:
        x: the activations.
        carried: [N, D, H, W] or [N, D, 1, 1] each, or ``None`` for nothing.
    """
    size = x.shape[2:]
    return torch.cat([x, *(each.expand(-1, -1, *size) for each in carried if each is not None)], 1)


def carried_vector(x: Tensor, length: int) -> Tensor:
    """The vectors [N, length] that the last channels carry: their mean over the positions, as inverted ones vary."""
    return x[:, x.shape[1] - length :].mean((2, 3))
