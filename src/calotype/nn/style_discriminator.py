"""The discriminator of StyleGAN2, with the projection of labels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.nn.style_layers import GAIN, Linear, activate, conv_down, downsampled
from calotype.nn.style_mapping import Mapping as LabelMapping

_MAPPING_LAYERS = 8  # of labels
_EPSILON = 1e-8


@dataclass(frozen=True)
class Form:
    """The form of a discriminator.

    Attributes:
        widths: channels by resolution, powers of two from 4 up to the side of the pictures, pixels.
        channels: of the pictures.
        classes: number of classes of labelled pictures; 0: no labels.
        residual: whether each resolution has a shortcut.
        filtered: whether the size is halved with a filter, else by every second pixel.
        clamp: activations are limited to this value; 0: no limit.
        group: pictures over which the minibatch standard deviation is taken.
        mapping_rate: relative learning rate of the layers that map labels.
    """

    widths: Mapping[int, int]
    channels: int = 3
    classes: int = 0
    residual: bool = True
    filtered: bool = True
    clamp: float = 256.0
    group: int = 4
    mapping_rate: float = 0.01


class Conv(nn.Module):
    """A convolution with equalized learning rate, bias and leaky ReLU; without a bias, only the convolution."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        clamp: float,
        *,
        down: bool = False,
        bias: bool = True,
        filtered: bool = True,
    ) -> None:
        super().__init__()
        self.filtered = filtered
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale, self.clamp, self.down = 1 / math.sqrt(inputs * kernel**2), clamp, down

    def forward(self, x: Tensor, gain: float = 1.0) -> Tensor:
        """[N, inputs, H, W] to [N, outputs, H, W], or half of that size."""
        weight = self.weight * self.scale
        if self.bias is None:
            weight = weight * gain
            if self.down:
                x = downsampled(x) if self.filtered else F.avg_pool2d(x, 2)
            return F.conv2d(x, weight)
        x = (
            conv_down(x, weight, filtered=self.filtered)
            if self.down
            else F.conv2d(x, weight, padding=weight.shape[2] // 2)
        )
        x = x + self.bias.to(x.dtype)[None, :, None, None]
        return activate(x, GAIN * gain, self.clamp * gain)


class Block(nn.Module):
    """Two convolutions of one resolution, the second of which halves it; with a shortcut if ``form.residual``."""

    def __init__(self, form: Form, inputs: int, outputs: int, side: int) -> None:
        super().__init__()
        if side == max(form.widths):
            self.fromrgb = Conv(form.channels, inputs, 1, form.clamp)
        self.conv0 = Conv(inputs, inputs, 3, form.clamp)
        self.conv1 = Conv(inputs, outputs, 3, form.clamp, down=True, filtered=form.filtered)
        self.skip = None
        if form.residual:
            self.skip = Conv(inputs, outputs, 1, 0.0, down=True, bias=False, filtered=form.filtered)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W], or pictures in the first block, to [N, outputs, H / 2, W / 2]."""
        if hasattr(self, "fromrgb"):
            x = self.fromrgb(x)
        if self.skip is None:
            return self.conv1(self.conv0(x))  # type: ignore[no-any-return]
        half = math.sqrt(0.5)
        return self.skip(x, half) + self.conv1(self.conv0(x), half)  # type: ignore[no-any-return]


class Epilogue(nn.Module):
    """From 4 x 4 activations to a vector: minibatch standard deviation, a convolution and two linear layers."""

    def __init__(self, form: Form, channels: int, outputs: int) -> None:
        super().__init__()
        self.group = form.group
        self.conv = Conv(channels + 1, channels, 3, form.clamp)
        self.fc = Linear(channels * 16, channels)
        self.out = Linear(channels, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, 4, 4] to [N, outputs]."""
        x = self.conv(torch.cat([x, deviation(x, self.group)], 1))
        return self.out(activate(self.fc(x.flatten(1))))  # type: ignore[no-any-return]


def deviation(x: Tensor, group: int) -> Tensor:
    """The standard deviation over the pictures of a group, averaged over channels and positions: [N, 1, H, W].

    Karras, Aila, Laine, Lehtinen, "Progressive Growing of GANs", ICLR 2018, section 3. Groups are of consecutive
    pictures, so that processes that share a batch do what one does.
    """
    count = math.gcd(len(x), group)
    grouped = x.reshape(len(x) // count, count, *x.shape[1:])
    spread = (grouped - grouped.mean(1, keepdim=True)).square().mean(1)
    level = (spread + _EPSILON).sqrt().mean((1, 2, 3))
    return level.repeat_interleave(count)[:, None, None, None].expand(-1, 1, *x.shape[2:])


class Discriminator(nn.Module):
    """Pictures, and one-hot labels, to scores."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.sides = sorted(form.widths, reverse=True)[:-1]
        for side in self.sides:
            self.add_module(f"b{side}", Block(form, form.widths[side], form.widths[side // 2], side))
        last = form.widths[4]
        outputs = last if form.classes else 1
        self.b4 = Epilogue(form, last, outputs)
        self.mapping = None
        if form.classes:
            self.mapping = LabelMapping(0, form.classes, outputs, _MAPPING_LAYERS, form.mapping_rate)

    def forward(self, pictures: Tensor, label: Tensor | None = None) -> Tensor:
        """[N, channels, H, W], -1..1, and [N, classes], to float32 [N, 1]."""
        x = pictures
        for side in self.sides:
            x = self.get_submodule(f"b{side}")(x)
        with torch.autocast(x.device.type, enabled=False):
            scores: Tensor = self.b4(x.float())
            if self.mapping is not None:
                along = self.mapping(None, label) / math.sqrt(scores.shape[1])
                scores = (scores * along).sum(1, keepdim=True)
        return scores
