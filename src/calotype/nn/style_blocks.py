"""The layers that StyleGAN2's synthesis network is made of."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.nn.style_layers import GAIN, Linear, conv_up, demodulation, limited, scaled_and_activated


class Layer(nn.Module):
    """A modulated 3 x 3 convolution, noise, bias and leaky ReLU.

    Args:
        inputs: channels of the input.
        outputs: channels of the output.
        style: length of the style vector.
        side: of the output, pixels.
        up: whether the size is doubled.
        clamp: activations are limited to this value; 0: no limit.
        filtered: whether the size is doubled with a filter.
        noisy: whether it takes noise maps.
    """

    noise_const: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        style: int,
        side: int,
        *,
        up: bool,
        clamp: float,
        filtered: bool,
        noisy: bool = True,
    ) -> None:
        super().__init__()
        self.up, self.clamp, self.filtered = up, clamp, filtered
        self.affine = Linear(style, inputs, start=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        if noisy:
            self.register_buffer("noise_const", torch.randn(side, side))
            self.noise_strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None, gain: float = 1.0) -> Tensor:
        """[N, inputs, h, w], styles [N, style], noise [N or 1, 1, H, W] to [N, outputs, H, W]."""
        with torch.autocast(x.device.type, enabled=False):
            style = self.affine(w.float())
            scale = demodulation(self.weight, style)[:, :, None, None]
            offset = self.bias[None, :, None, None]
            if noise is not None:
                noise = noise * self.noise_strength
        x = x * style[:, :, None, None].to(x.dtype)
        x = conv_up(x, self.weight, filtered=self.filtered) if self.up else F.conv2d(x, self.weight, padding=1)
        return scaled_and_activated(x, scale, offset, noise, GAIN * gain, self.clamp * gain)


class ToRGB(nn.Module):
    """A modulated 1 x 1 convolution to colours, without demodulation."""

    def __init__(self, inputs: int, channels: int, style: int, clamp: float) -> None:
        super().__init__()
        self.clamp = clamp
        self.affine = Linear(style, inputs, start=1.0)
        self.weight = nn.Parameter(torch.randn(channels, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.gain = 1 / math.sqrt(inputs)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """[N, inputs, H, W] and styles [N, style] to float32 [N, channels, H, W]."""
        with torch.autocast(x.device.type, enabled=False):
            style = self.affine(w.float()) * self.gain
        x = F.conv2d(x * style[:, :, None, None].to(x.dtype), self.weight)
        return limited(x.float() + self.bias[None, :, None, None], self.clamp)
