"""Instance normalisation without scale and shift, with an optional leaky ReLU, as one operation."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

_EPSILON = 1e-5  # added to every variance


def instance_norm(x: Tensor, slope: float = 1.0) -> Tensor:
    """Normalise every channel of every sample over its pixels, then apply a leaky ReLU.

    Ulyanov, Vedaldi, Lempitsky, "Instance Normalization: The Missing Ingredient for Fast Stylization", 2016, with the
    biased variance. Several times as fast as torch's own on processors where channels come last in memory.

    Args:
        x: [N, C, H, W], float32 or bfloat16.
        slope: of the leaky ReLU for negative values, above 0; 1 for none.

    Returns:
        Of the shape and type of ``x``.
    """
    result: Tensor = _InstanceNorm.apply(x, slope)  # type: ignore[no-untyped-call]
    return result


class _InstanceNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, slope: float) -> Tensor:
        mean = _over_pixels(x)
        variance = (_over_pixels(x * x) - mean.square()).clamp_min_(0)
        factor = (variance + _EPSILON).rsqrt()
        y = torch.addcmul((-mean * factor).to(x.dtype), x, factor.to(x.dtype))
        if slope != 1:
            F.leaky_relu_(y, slope)
        ctx.save_for_backward(y, factor)
        ctx.slope = slope
        return y

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, wanted: Tensor) -> tuple[Tensor, None]:
        y, factor = ctx.saved_tensors
        if ctx.slope != 1:
            wanted = torch.ops.aten.leaky_relu_backward(wanted, y, ctx.slope, True)
            y = F.leaky_relu(y, 1 / ctx.slope)
        # y is the normalised input again: its mean is 0 and its mean square 1, as the gradient's formula needs.
        level, along = _over_pixels(wanted), _over_pixels(wanted * y)
        result = torch.addcmul((-level * factor).to(y.dtype), y, (-along * factor).to(y.dtype))
        return result.addcmul_(wanted, factor.to(y.dtype)), None


def _over_pixels(x: Tensor) -> Tensor:
    """Means over the pixels, [N, C, 1, 1], float32."""
    if x.device.type == "cpu" and x.dtype == torch.bfloat16:
        # Counts in float32 without a copy in float32.
        return F.avg_pool2d(x, (x.shape[2], x.shape[3])).float()
    return x.mean((2, 3), keepdim=True, dtype=torch.float32)
