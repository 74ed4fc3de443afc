"""Spatially-adaptive normalisation (SPADE)."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.spade.config import Config
from calotype.models.spade.labels import LabelConv, Where, label_channels
from calotype.nn.instance import instance_norm
from calotype.nn.norm import batch_norm, norm_with_statistics

SLOPE = 0.2  # of leaky ReLUs
_KEPT = 0.9  # of the running statistics, at each step


class FreeNorm(nn.Module):
    """Normalisation without parameters, over the batch of all processes or over each picture.

    Args:
        channels: of the input.
        cfg: ``norm`` and ``statistics`` are used.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int, cfg: Config) -> None:
        super().__init__()
        self.batch = cfg.norm == "batch"
        self.running = cfg.statistics == "running"
        self.kept = _KEPT
        if self.batch:
            self.register_buffer("mean", torch.zeros(channels))
            self.register_buffer("variance", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W], of any memory format, to the same shape and type."""
        if not self.batch:
            return instance_norm(x)
        ones, zeros = torch.ones_like(self.mean)[None], torch.zeros_like(self.mean)[None]
        if not self.training and self.running:
            return norm_with_statistics(x, self.mean, self.variance, ones, zeros)
        normal, mean, variance = batch_norm(x, ones, zeros)
        if self.training:
            with torch.no_grad():
                self.mean.lerp_(mean, 1 - self.kept)
                self.variance.lerp_(variance, 1 - self.kept)
        return normal


class Spade(nn.Module):
    """Scale and shift of normalised activations, pixel by pixel, as functions of the label map.

    Park, Liu, Wang, Zhu, "Semantic Image Synthesis with Spatially-Adaptive Normalization", CVPR 2019, eq. 1, with
    ``1 + gamma`` as the scale: gamma and beta are two convolutions of 3 x 3 of a hidden layer, here one convolution
    with twice the channels. The 1 is part of the bias.

    Args:
        channels: of the activations.
        cfg: the settings.
    """

    def __init__(self, channels: int, cfg: Config) -> None:
        super().__init__()
        self.shared = LabelConv(label_channels(cfg), cfg.hidden, edges=cfg.instances)
        self.affine = nn.Conv2d(cfg.hidden, 2 * channels, 3, padding=1)

    def forward(self, normal: Tensor, where: Where, slope: float = 1.0) -> Tensor:
        """Scale and shift, then a leaky ReLU of that slope; 1 for none.

        Args:
            normal: normalised activations [B, C, h, w].
            where: the label maps at that size.
            slope: of the leaky ReLU, above 0.
        """
        y: Tensor = _Modulated.apply(  # type: ignore[no-untyped-call]
            normal, self.affine(self.shared(where)), slope
        )
        return y

    @torch.no_grad()
    def initialise(self) -> None:
        """Scale 1 and shift 0, apart from what small weights make of them."""
        self.affine.bias.view(2, -1)[0] = 1  # type: ignore[union-attr]
        self.affine.bias.view(2, -1)[1] = 0  # type: ignore[union-attr]


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
