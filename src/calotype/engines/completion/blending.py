"""Overlapping patches are averaged together with their gradients, so that the fill has no seams.

The fill has the mean gradients of the patches and meets its surroundings: a Poisson equation with the mean colours as
a weak second term (Darabi, Shechtman, Barnes, Goldman, Sen: "Image Melding", SIGGRAPH 2012, section 3.3). There,
patches are compared by their gradients, too; here by their colours alone.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.completion.laplace import solved
from calotype.engines.completion.search import LevelSearch

# Tolerance of the equation.
TOLERANCE = 3e-2


class Blending:
    """Synthesis of the hole of one level from matched patches and their gradients."""

    def __init__(self, search: LevelSearch, spread: float, edge: float, screen: float) -> None:
        """Prepare a level.

        Args:
            search: the level and its patches.
            spread: as in ``vote``.
            edge: where both gradients differ by well more than this (-1..1 scale), that of the mean colours is kept.
                To even out such a difference would tint the whole hole.
            screen: weight of the mean colours relative to the gradients.
        """
        self.search, self.spread, self.edge, self.screen = search, spread, edge, screen
        self.hole = search.level.hole[search.pixels]
        self.values = with_gradients(search.level.photo)
        channels = search.level.photo.shape[1]
        # The values in the hole are not those of the photo.
        for part, unknown in zip(self.values[:, channels:].chunk(2, 1), touching(self.hole)):
            part[(..., *search.pixels)].masked_fill_(unknown, 0.0)

    def __call__(self, field: Tensor, confidence: Tensor, picture: Tensor) -> Tensor:
        """The level [1, C, h, w] with its hole filled.

        Args:
            field: int64 [rows * columns], the match of each patch of the box.
            confidence: [rows * columns], their weights.
            picture: [1, C, h, w], for pixels of no weight.
        """
        here = (..., *self.search.pixels)
        made = self.search.averaged(self.values, field, confidence, with_gradients(picture[here]), self.spread)
        channels = picture.shape[1]
        mean = torch.where(self.hole, made[:, :channels], self.search.level.photo[here])
        return self.search.filled(mean + correction(mean, made[:, channels:], self.hole, self.edge, self.screen))


def correction(mean: Tensor, wanted: Tensor, hole: Tensor, edge: float, screen: float) -> Tensor:
    """What is added to the mean colours, 0 outside the hole: [1, C, h, w].

    Args:
        mean: [1, C, h, w].
        wanted: [1, 2C, h, w], the gradients to the right and down that the result should have.
        hole: bool [h, w].
        edge: see ``Blending``.
        screen: see ``Blending``.
    """
    inside, channels = hole.to(mean), mean.shape[1]
    difference = (wanted - with_gradients(mean)[:, channels:]).chunk(2, 1)
    across, down = (
        part * where / (1 + part.square().sum(1, keepdim=True) / edge**2)
        for part, where in zip(difference, touching(hole))
    )
    # Minus the divergence.
    rhs = F.pad(across[..., :-1], (1, 0)) - across + F.pad(down[..., :-1, :], (0, 0, 1, 0)) - down
    return solved(rhs, inside, screen, TOLERANCE)


def with_gradients(picture: Tensor) -> Tensor:
    """A picture [1, C, h, w] with its differences to the right and to the lower neighbour, 0 at the border.

    Returns:
        [1, 3C, h, w], a view of [h, w, 3C], the layout that ``vote`` reads pixels in.
    """
    pixels, channels = picture[0].permute(1, 2, 0), picture.shape[1]
    result = pixels.new_zeros(*pixels.shape[:2], 3 * channels)
    result[:, :, :channels] = pixels
    result[:, :-1, channels : 2 * channels] = pixels.diff(dim=1)
    result[:-1, :, 2 * channels :] = pixels.diff(dim=0)
    return result.permute(2, 0, 1)[None]


def touching(hole: Tensor) -> Tensor:
    """Where the right, and the lower, neighbour exists and it or the pixel itself is in the hole: bool [2, h, w]."""
    right, below = torch.zeros_like(hole), torch.zeros_like(hole)
    right[:, :-1] = hole[:, :-1] | hole[:, 1:]
    below[:-1] = hole[:-1] | hole[1:]
    return torch.stack([right, below])
