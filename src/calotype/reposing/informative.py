"""The directions of a Gaussian code that tell more than its noise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from calotype import distributed
from calotype.errors import InputError
from calotype.losses.gaussian import Gaussian

_JITTER = 1e-9  # of the mean variance of the noise, added to each variance, so that the matrix can be inverted


class Informative(nn.Module):
    """Means of codes without the directions in which codes are mostly noise.

    A KL divergence leaves directions of a code unused: their noise is far greater than what their means say, and the
    decoder learns to ignore them. The means still vary there, a little and with everything in the picture, so that a
    probe finds the identity in them. Here they are set to their average. A direction counts by the variance of its
    means over the mean variance of its noise, the signal-to-noise ratio, and directions are those of the generalised
    eigenvectors of both covariance matrices. Before ``fit``, nothing is changed.

    Args:
        length: of the code.

    Attributes:
        centre: average of the means, [length].
        kept: what means are multiplied by, after the centre was subtracted, [length, length].
    """

    centre: Tensor
    kept: Tensor

    def __init__(self, length: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(length))
        self.register_buffer("kept", torch.eye(length))

    def forward(self, means: Tensor) -> Tensor:
        """Means [B, length] to the same, where directions that tell little are set to the average."""
        found: Tensor = self.centre + (means - self.centre) @ self.kept
        return found

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        # Models saved earlier have none: nothing is dropped.
        for name, value in self.named_buffers():
            state_dict.setdefault(prefix + name, value)
        super()._load_from_state_dict(state_dict, prefix, *args)

    @torch.no_grad()
    def fit(self, codes: Iterable[Gaussian], least: float) -> None:
        """Find the directions.

        Args:
            codes: distributions of codes of training pictures, in batches; in each process its own.
            least: signal-to-noise ratio below which a direction is dropped; the best one is always kept.

        Raises:
            InputError: codes are not finite.
        """
        length = len(self.centre)
        sums, count = self.centre.new_zeros(1 + 2 * length, length, dtype=torch.float64), 0
        for each in codes:
            sums += _moments(each)
            count += 1
        means = distributed.mean_over_all(sums / max(1, count)).cpu()
        if not bool(means.isfinite().all()):
            raise InputError("the training diverged, its codes are not finite: train with a smaller rate (--set rate=)")
        first, second, noise = torch.split(means, [1, length, length])
        signal = second - first.T @ first
        root = torch.linalg.cholesky(noise + _JITTER * noise.diagonal().mean() * torch.eye(length))
        white = torch.linalg.solve_triangular(root, torch.eye(length).double(), upper=False)
        ratios, directions = torch.linalg.eigh(white @ signal @ white.T)
        ratios[-1] = ratios[-1].clamp(min=least)
        used = directions[:, ratios >= least]
        self.centre.copy_(first[0])
        self.kept.copy_(white.T @ used @ used.T @ root.T)


def _moments(codes: Gaussian) -> Tensor:
    """Averages of a batch in double precision: of means, of their outer products, and of covariances, [1 + 2 n, n]."""
    below = None if codes.below is None else codes.below.double()
    codes = Gaussian(codes.mean.double(), codes.log_deviation.double(), below)
    means = codes.mean
    return torch.cat([means.mean(0, keepdim=True), means.T @ means / len(means), codes.covariance().mean(0)])
