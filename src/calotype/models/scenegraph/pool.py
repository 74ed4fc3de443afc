"""Earlier appearance vectors of each class, from which wrong ones for a layout are taken."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Pool(nn.Module):
    """Up to ``size`` vectors of each class; a full pool replaces random ones.

    Args:
        classes: how many there are.
        size: vectors of each class.
        length: of a vector.
    """

    vectors: Tensor
    counts: Tensor

    def __init__(self, classes: int, size: int, length: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("vectors", torch.zeros(classes, size, length))
        self.register_buffer("counts", torch.zeros(classes, dtype=torch.int64))

    @torch.no_grad()
    def swapped(self, classes: Tensor, vectors: Tensor, draws: Tensor) -> Tensor:
        """Vectors of earlier objects of the same classes; the given ones of classes that have none yet.

        Then the pool takes the given vectors.

        Args:
            classes: int64 [N].
            vectors: [N, length].
            draws: uniform random numbers [N, 2], 0..1.
        """
        known = self.counts[classes]
        place = (draws[:, 0] * known).long().clamp_max(self.size - 1)
        result = torch.where((known > 0)[:, None], self.vectors[classes, place], vectors)
        for kind, vector, draw in zip(classes.tolist(), vectors, draws[:, 1].tolist()):
            count = int(self.counts[kind])
            self.vectors[kind, count if count < self.size else int(draw * self.size)] = vector
            self.counts[kind] = min(self.size, count + 1)
        return result
