"""Normalisation without parameters, and the scale and shift of what was normalised."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.nn.instance import instance_norm
from calotype.nn.norm import batch_norm, norm_with_statistics
from calotype.nn.statistics import RunningStatistics
from calotype.semantic.config import LayoutConfig

SLOPE = 0.2  # of leaky ReLUs
_MOMENTUM = 0.1  # share of a step in the running statistics


class FreeNorm(RunningStatistics):
    """Normalisation without parameters, over the batch of all processes or over each picture.

    Args:
        channels: of the input.
        cfg: ``norm`` and ``statistics`` are used.
    """

    def __init__(self, channels: int, cfg: LayoutConfig) -> None:
        super().__init__(channels if cfg.norm == "batch" else 0, _MOMENTUM)
        self.batch = cfg.norm == "batch"
        self.running = cfg.statistics == "running"

    def forward(self, x: Tensor, chosen: Tensor | None = None) -> Tensor:
        """[B, C, H, W], of any memory format, to the same shape and type.

        Args:
            x: the activations.
            chosen: int64 [C], the numbers of the channels that ``x`` has, in eval mode; ``None`` for all.
        """
        if not self.batch:
            return instance_norm(x)
        held, variance = (each if chosen is None else each[chosen] for each in (self.mean, self.variance))
        ones, zeros = torch.ones_like(held)[None], torch.zeros_like(held)[None]
        if not self.training and self.running:
            return norm_with_statistics(x, held, variance, ones, zeros)
        normal, mean, variance = batch_norm(x, ones, zeros)
        if self.training:
            self.gather(mean, variance)
        return normal


def modulated(normal: Tensor, affine: Tensor, slope: float = 1.0) -> Tensor:
    """Scale and shift, then a leaky ReLU of that slope; 1 for none.

    Args:
        normal: normalised activations [B, C, h, w].
        affine: scale and shift of every pixel, [B, 2 C, h, w], the scales first.
        slope: of the leaky ReLU, above 0.
    """
    y: Tensor = _Modulated.apply(normal, affine, slope)  # type: ignore[no-untyped-call]
    return y


class _Modulated(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, affine: Tensor, slope: float) -> Tensor:
        scale, shift = affine.chunk(2, dim=1)
        y = torch.addcmul(shift, x, scale) if x.dtype == affine.dtype else shift + x * scale
        if slope != 1:
            F.leaky_relu_(y, slope)
        ctx.save_for_backward(x, affine, y if slope != 1 else None)
        ctx.slope = slope
        return y

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, wanted: Tensor) -> tuple[Tensor, Tensor, None]:
        x, affine, y = ctx.saved_tensors
        if y is not None:
            wanted = torch.ops.aten.leaky_relu_backward(wanted, y, ctx.slope, True)
        channels = x.shape[1]
        slopes = torch.empty_like(affine)
        torch.mul(wanted, x, out=slopes[:, :channels])
        slopes[:, channels:] = wanted
        return wanted * affine[:, :channels], slopes, None
