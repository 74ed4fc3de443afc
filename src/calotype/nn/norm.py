"""Synchronised batch normalisation over all processes, as one operation with a hand-written backward pass."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.distributed import mean_over_all, world

_EPSILON = 1e-5  # added to every variance


def batch_norm(x: Tensor, scale: Tensor, shift: Tensor, *, squared: bool = False) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise over the batch of all processes, then scale and shift.

    Ioffe and Szegedy, "Batch Normalization", ICML 2015, sec. 3, with scale and shift per sample. Processes exchange two
    numbers per channel in the forward pass and two in the backward pass, so that several processes with equal shares
    compute what one computes for the whole batch. Differentiable once, including the statistics, which are not
    differentiable as outputs.

    Args:
        x: [N, C, ...], float32 or half precision.
        scale: [N, C], or [1, C] for all samples.
        shift: of the same shape.
        squared: divide by the square root of the squared variance instead of that of the variance.

    Returns:
        The result, of the shape and type of ``x``; the mean and the biased variance of the batch, [C], float32, without
        gradient.
    """
    result: tuple[Tensor, Tensor, Tensor] = _BatchNorm.apply(  # type: ignore[no-untyped-call]
        x, scale.float(), shift.float(), squared
    )
    return result


def norm_with_statistics(
    x: Tensor, mean: Tensor, variance: Tensor, scale: Tensor, shift: Tensor, *, squared: bool = False
) -> Tensor:
    """As ``batch_norm``, with given mean and variance, [C]; the result has the shape and type of ``x``."""
    factor = scale * _inverse_std(variance, squared)
    return torch.addcmul(_broadcast(shift - mean * factor, x), x, _broadcast(factor, x))


class _BatchNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, shift: Tensor, squared: bool) -> tuple[Tensor, Tensor, Tensor]:
        mean, variance = _moments(x)
        ctx.save_for_backward(x, scale, mean, variance)
        ctx.squared = squared
        ctx.mark_non_differentiable(mean, variance)
        return norm_with_statistics(x, mean, variance, scale, shift, squared=squared), mean, variance

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
        x, scale, mean, variance = ctx.saved_tensors
        inverse_std = _inverse_std(variance, ctx.squared)
        shift_gradient = _spatial_sum(gradient)
        scale_gradient = (_spatial_sum(gradient * x) - mean * shift_gradient) * inverse_std
        # Gradients through the statistics: summed over all samples of all processes.
        both = torch.stack([(scale * shift_gradient).sum(0), (scale * scale_gradient).sum(0)])
        mean_term, variance_term = mean_over_all(both) * x.shape[1] / x.numel()
        coefficient = variance_term * inverse_std.square() * (2 * variance if ctx.squared else 1.0)
        result = torch.addcmul(
            _broadcast(mean * coefficient - mean_term * inverse_std, x), x, _broadcast(-coefficient, x)
        )
        result.addcmul_(gradient, _broadcast(scale * inverse_std, x))
        return result, scale_gradient.sum_to_size(scale.shape), shift_gradient.sum_to_size(scale.shape), None


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and biased variance of each channel over all processes, [C], float32."""
    if x.device.type == "cpu":
        # Several times as fast as var_mean; accumulates in float32 for half precision if the running statistics are
        # float32.
        unused = x.new_zeros(2, x.shape[1], dtype=torch.float32)
        mean, variance = torch.batch_norm_update_stats(x, unused[0], unused[1], 0.0)
    else:
        variance, mean = torch.var_mean(x.float(), [0, *range(2, x.dim())], correction=0)
    if world() == 1:
        return mean, variance
    mean, variance = mean.double(), variance.double()
    mean, power = mean_over_all(torch.stack([mean, variance + mean.square()]))
    return mean.float(), (power - mean.square()).float()


def _inverse_std(variance: Tensor, squared: bool) -> Tensor:
    return ((variance.square() if squared else variance) + _EPSILON).rsqrt()


def _spatial_sum(x: Tensor) -> Tensor:
    """Sums over all dimensions but samples and channels: [N, C, ...] -> [N, C], float32."""
    if x.dim() == 4 and x.dtype == torch.bfloat16 and x.device.type == "cpu":
        # A float32 sum would convert the whole tensor first; this accumulates in float32 and rounds the result.
        return F.avg_pool2d(x, (x.shape[2], x.shape[3]), divisor_override=1).flatten(1).float()
    return x.sum(tuple(range(2, x.dim())), dtype=torch.float32) if x.dim() > 2 else x.float()


def _broadcast(values: Tensor, x: Tensor) -> Tensor:
    """[C] or [N, C] with trailing dimensions and the type of ``x`` [N, C, ...]."""
    return values.view(-1, x.shape[1], *[1] * (x.dim() - 2)).to(x.dtype)
