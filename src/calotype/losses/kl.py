"""Kullback-Leibler divergence of a Gaussian latent code from the standard normal distribution."""

from __future__ import annotations

from typing import Literal

from torch import Tensor


def gaussian_kl(mean: Tensor, log_variance: Tensor, reduction: Literal["sum", "mean"] = "mean") -> Tensor:
    """KL(N(mean, variance) || N(0, 1)), summed over the dimensions of the code: a scalar, at least 0.

    Kingma and Welling, "Auto-Encoding Variational Bayes", ICLR 2014, appendix B.

    Args:
        mean: [B, ...].
        log_variance: natural logarithm of the variance, of the same shape.
        reduction: over the batch: ``mean`` or ``sum``.

    Raises:
        ValueError: the reduction is not known.
    """
    if reduction not in ("sum", "mean"):
        raise ValueError(f"'{reduction}' is no reduction: choose sum or mean")
    each = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).flatten(1).sum(dim=1)
    return each.sum() if reduction == "sum" else each.mean()
