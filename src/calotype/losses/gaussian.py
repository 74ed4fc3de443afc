"""Gaussian pose codes with a full or a diagonal covariance matrix."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from calotype.losses.kl import gaussian_kl

Covariance = Literal["full", "diagonal"]
_LEAST, _MOST = -15.0, 5.0  # logarithm of standard deviations


def parameters_of(length: int, covariance: Covariance) -> int:
    """How many numbers describe the distribution of a code of that length."""
    return length + (length * (length + 1) // 2 if covariance == "full" else length)


@dataclass(frozen=True)
class Gaussian:
    """Distributions N(mean, L L^T) of a batch of codes.

    Attributes:
        mean: [B, length].
        log_deviation: logarithm of the diagonal of L, [B, length].
        below: L below its diagonal, [B, length, length]; ``None`` for diagonal matrices.
    """

    mean: Tensor
    log_deviation: Tensor
    below: Tensor | None = None

    @classmethod
    def of(cls, raw: Tensor, length: int, covariance: Covariance) -> Gaussian:
        """The distributions that an encoder describes by ``parameters_of(length, covariance)`` numbers, [B, numbers].

        Entries below the diagonal are divided by the square root of the row's number plus one, so that a row's variance
        does not depend on its length.
        """
        mean, deviation, rest = torch.split(raw, [length, length, raw.shape[1] - 2 * length], dim=1)
        deviation = deviation.clamp(_LEAST, _MOST)
        if covariance == "diagonal":
            return cls(mean, deviation)
        rows, columns = torch.tril_indices(length, length, -1, device=raw.device)
        scale = torch.tensor([1 / math.sqrt(row + 1) for row in rows.tolist()], device=raw.device)
        below = raw.new_zeros(len(raw), length, length).index_put(
            (torch.arange(len(raw), device=raw.device)[:, None], rows[None], columns[None]), rest * scale
        )
        return cls(mean, deviation, below)

    def sample(self, noise: Tensor) -> Tensor:
        """mean + L noise, with noise [B, length] of a standard normal distribution."""
        found = self.mean + self.log_deviation.exp() * noise
        if self.below is not None:
            found = found + torch.bmm(self.below, noise[:, :, None])[:, :, 0]
        return found

    def covariance(self) -> Tensor:
        """L L^T, [B, length, length]."""
        root = torch.diag_embed(self.log_deviation.exp())
        if self.below is not None:
            root = root + self.below
        return root @ root.mT

    def kl(self) -> Tensor:
        """KL(N(mean, L L^T) || N(0, 1)), nats, summed over the code, mean over the batch."""
        diagonal = gaussian_kl(self.mean, 2 * self.log_deviation)
        if self.below is None:
            return diagonal
        return diagonal + 0.5 * self.below.square().sum((1, 2)).mean()
