"""Layers of StyleGAN2: equalized learning rate, modulated convolution, and resampling by a binomial filter.

Karras, Laine, Aittala, Hellsten, Lehtinen, Aila, "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020.
Weights have unit variance and are scaled when they are used, so that all learn at the same speed.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GAIN = math.sqrt(2)  # of leaky ReLU, so that it keeps the variance
_SLOPE = 0.2
_EPSILON = 1e-8
_TAPS = (1.0, 3.0, 3.0, 1.0)


class Linear(nn.Module):
    """A linear layer with equalized learning rate.

    Args:
        inputs: number of inputs.
        outputs: number of outputs.
        rate: learning rate relative to that of other layers.
        start: initial value of the bias.
    """

    def __init__(self, inputs: int, outputs: int, *, rate: float = 1.0, start: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), start / rate))
        self.gain, self.rate = rate / math.sqrt(inputs), rate

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs] to [N, outputs]."""
        bias = self.bias if self.rate == 1 else self.bias * self.rate
        return F.linear(x, self.weight * self.gain, bias)


def activate(x: Tensor, gain: float = GAIN, clamp: float = 0.0) -> Tensor:
    """Leaky ReLU of slope 0.2 times ``gain``, limited to -clamp..clamp; a clamp of 0 is no limit."""
    return limited(F.leaky_relu(x, _SLOPE) * gain, clamp)


def scaled_and_activated(
    x: Tensor, scale: Tensor, offset: Tensor, noise: Tensor | None, gain: float, clamp: float
) -> Tensor:
    """``activate(x * scale + offset + noise, gain, clamp)``; in place where no gradients are wanted, so that large
    batches take less time.

    Args:
        x: [N, C, H, W], which the caller does not use any more.
        scale: float32 [N, C, 1, 1].
        offset: float32 [1, C, 1, 1].
        noise: float32 [N or 1, 1, H, W].
        gain: above 0.
        clamp: as of ``activate``.
    """
    kept = torch.is_grad_enabled()
    x = _applied(x, "mul", scale * gain, kept)
    if noise is not None and len(noise) == 1:  # one sum for all, with the channels last in memory as in ``x``
        offset = (noise.permute(0, 2, 3, 1) + offset.view(-1)).permute(0, 3, 1, 2)
    elif noise is not None:
        x = _applied(x, "add", noise * gain, kept)
    x = _applied(x, "add", offset * gain, kept)
    if kept:
        return limited(F.leaky_relu(x, _SLOPE), clamp)
    x = F.leaky_relu_(x, _SLOPE)
    return x.clamp_(-clamp, clamp) if clamp else x


def _applied(x: Tensor, name: str, other: Tensor, kept: bool) -> Tensor:
    """The method of ``x`` with that name; in place unless ``x`` is to be kept."""
    found: Tensor = getattr(x, name if kept else f"{name}_")(other.to(x.dtype))
    return found


def limited(x: Tensor, clamp: float) -> Tensor:
    """``x`` limited to -clamp..clamp; 0: unlimited."""
    return x.clamp(-clamp, clamp) if clamp else x


def normalized(x: Tensor) -> Tensor:
    """Vectors [N, D] divided by the square root of their mean square."""
    return x * (x.square().mean(1, keepdim=True) + _EPSILON).rsqrt()


def demodulation(weight: Tensor, style: Tensor) -> Tensor:
    """What a modulated convolution's outputs are multiplied by, so that they have unit variance: [N, outputs].

    The squares of the modulated weights sum to ``style^2 . sum(weight^2)``, so no weights are made per picture.

    Args:
        weight: [outputs, inputs, k, k].
        style: [N, inputs].
    """
    return (style.square() @ weight.square().sum((2, 3)).T + _EPSILON).rsqrt()


def filter2d(x: Tensor, gain: float = 1.0) -> Tensor:
    """The binomial filter's weights for a depthwise convolution of ``x``: [C, 1, 4, 4], summing to ``gain``."""
    taps = torch.tensor(_TAPS, dtype=x.dtype, device=x.device)
    kernel = torch.outer(taps, taps) * (gain / sum(_TAPS) ** 2)
    return kernel[None, None].expand(x.shape[1], 1, 4, 4)


def upsampled(x: Tensor) -> Tensor:
    """[N, C, H, W] at twice the size, filtered: [N, C, 2 H, 2 W]."""
    return F.conv_transpose2d(x, filter2d(x, 4.0), stride=2, padding=1, groups=x.shape[1])


def upsampled_picture(picture: Tensor) -> Tensor:
    """``upsampled`` in float32, in which colours are summed; with few channels it is also the quicker one."""
    with torch.autocast(picture.device.type, enabled=False):
        return upsampled(picture.float())


def downsampled(x: Tensor) -> Tensor:
    """[N, C, H, W] at half the size, filtered: [N, C, H / 2, W / 2].

    The filter is that of three pixels followed by the mean of two: gradients of depthwise convolutions with a stride
    take many times as long in bfloat16.
    """
    taps = torch.tensor((1.0, 2.0, 1.0), dtype=x.dtype, device=x.device) / 4
    kernel = torch.outer(taps, taps)[None, None].expand(x.shape[1], 1, 3, 3)
    return F.avg_pool2d(F.conv2d(x, kernel, padding=1, groups=x.shape[1]), 2)


def doubled(x: Tensor) -> Tensor:
    """[N, C, H, W] with each pixel repeated twice in both directions: [N, C, 2 H, 2 W]."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def conv_up(x: Tensor, weight: Tensor, *, filtered: bool = True) -> Tensor:
    """A 3 x 3 convolution to twice the size: [N, inputs, H, W] to [N, outputs, 2 H, 2 W].

    Unfiltered, it is the convolution followed by ``doubled``. Filtered, the weights are those of the transposed
    convolution. Filter and convolution stay apart: fused to one of 6 x 6 they were measured to take two to four times
    as long (``benchmarks/stylegan_step.py``).
    """
    if not filtered:
        return doubled(F.conv2d(x, weight, padding=1))
    x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
    return F.conv2d(x, filter2d(x, 4.0), padding=1, groups=x.shape[1])


def conv_down(x: Tensor, weight: Tensor, *, filtered: bool = True) -> Tensor:
    """A 3 x 3 convolution to half the size, filtered or not: [N, inputs, H, W] to [N, outputs, H / 2, W / 2]."""
    if not filtered:
        return F.conv2d(x, weight, stride=2, padding=1)
    return F.conv2d(F.conv2d(x, filter2d(x), padding=2, groups=x.shape[1]), weight, stride=2)
