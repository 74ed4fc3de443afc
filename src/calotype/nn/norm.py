"""Batch norm whose batch is that of all processes, as one operation with a gradient computed by hand."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.distributed import mean_over_all, world

_LEAST = 1e-5  # is added to every variance


def batch_norm(x: Tensor, scale: Tensor, shift: Tensor, *, squared: bool = False) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise over the batch of all processes, and scale and shift.

    Ioffe and Szegedy, "Batch Normalization", ICML 2015, sec. 3, with a scale and a shift that may differ from sample to
    sample. Processes exchange two numbers a channel on the way there and two on the way back, so that several with
    shares of equal length do what one does with the whole batch. Gradients go through the statistics, once: they have
    no gradient themselves.

    Args:
        x: [N, C, ...], float32 or of half precision.
        scale: [N, C], or [1, C] for all samples alike.
        shift: of the same shape.
        squared: divide by the root of the squared variance instead of that of the variance.

    Returns:
        The result, of the shape and type of ``x``; the mean and the biased variance that it was normalised by, [C],
        float32, without gradient.
    """
    result: tuple[Tensor, Tensor, Tensor] = _BatchNorm.apply(  # type: ignore[no-untyped-call]
        x, scale.float(), shift.float(), squared
    )
    return result


def known_norm(
    x: Tensor, mean: Tensor, variance: Tensor, scale: Tensor, shift: Tensor, *, squared: bool = False
) -> Tensor:
    """The same as ``batch_norm`` with a mean and a variance that are known, [C]; of the shape and type of ``x``."""
    factor = scale * _slope(variance, squared)
    return torch.addcmul(_fitting(shift - mean * factor, x), x, _fitting(factor, x))


class _BatchNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, shift: Tensor, squared: bool) -> tuple[Tensor, Tensor, Tensor]:
        mean, variance = _moments(x)
        ctx.save_for_backward(x, scale, mean, variance)
        ctx.squared = squared
        ctx.mark_non_differentiable(mean, variance)
        return known_norm(x, mean, variance, scale, shift, squared=squared), mean, variance

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, wanted: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
        x, scale, mean, variance = ctx.saved_tensors
        slope = _slope(variance, ctx.squared)
        to_shift = _over_pixels(wanted)
        to_scale = (_over_pixels(wanted * x) - mean * to_shift) * slope
        # Statistics hand back what all samples of all processes want of them.
        both = torch.stack([(scale * to_shift).sum(0), (scale * to_scale).sum(0)])
        level, spread = mean_over_all(both) * x.shape[1] / x.numel()
        steepness = spread * slope.square() * (2 * variance if ctx.squared else 1.0)
        result = torch.addcmul(_fitting(mean * steepness - level * slope, x), x, _fitting(-steepness, x))
        result.addcmul_(wanted, _fitting(scale * slope, x))
        return result, to_scale.sum_to_size(scale.shape), to_shift.sum_to_size(scale.shape), None


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and biased variance of each channel over all processes, [C], float32."""
    if x.device.type == "cpu":
        # Several times as quick as var_mean; of half precision it counts in float32 if what it would update is that.
        idle = x.new_zeros(2, x.shape[1], dtype=torch.float32)
        mean, variance = torch.batch_norm_update_stats(x, idle[0], idle[1], 0.0)
    else:
        variance, mean = torch.var_mean(x.float(), [0, *range(2, x.dim())], correction=0)
    if world() == 1:
        return mean, variance
    mean, variance = mean.double(), variance.double()
    mean, power = mean_over_all(torch.stack([mean, variance + mean.square()]))
    return mean.float(), (power - mean.square()).float()


def _slope(variance: Tensor, squared: bool) -> Tensor:
    return ((variance.square() if squared else variance) + _LEAST).rsqrt()


def _over_pixels(x: Tensor) -> Tensor:
    """Sums over all but samples and channels: [N, C, ...] -> [N, C], float32."""
    if x.dim() == 4 and x.dtype == torch.bfloat16 and x.device.type == "cpu":
        # A sum in float32 would copy all of it to that first; this counts in float32 and rounds what it has counted.
        return F.avg_pool2d(x, (x.shape[2], x.shape[3]), divisor_override=1).flatten(1).float()
    return x.sum(tuple(range(2, x.dim())), dtype=torch.float32) if x.dim() > 2 else x.float()


def _fitting(values: Tensor, x: Tensor) -> Tensor:
    """[C] or [N, C] as what can be multiplied with ``x`` [N, C, ...], in its type."""
    return values.view(-1, x.shape[1], *[1] * (x.dim() - 2)).to(x.dtype)
