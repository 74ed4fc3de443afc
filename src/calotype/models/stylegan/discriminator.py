"""The discriminator of StyleGAN2, with the projection of labels."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.stylegan.config import Config, widths
from calotype.models.stylegan.layers import GAIN, Linear, activate, conv_down, downsampled
from calotype.models.stylegan.mapping import Mapping

_MAPPING_LAYERS = 8  # of labels
_EPSILON = 1e-8


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
    """Two convolutions of one resolution, the second of which halves it; residual in ``resnet``."""

    def __init__(self, cfg: Config, inputs: int, outputs: int, side: int) -> None:
        super().__init__()
        if side == cfg.resolution:
            self.fromrgb = Conv(cfg.channels, inputs, 1, cfg.clamp)
        self.conv0 = Conv(inputs, inputs, 3, cfg.clamp)
        filtered = cfg.resample == "filtered"
        self.conv1 = Conv(inputs, outputs, 3, cfg.clamp, down=True, filtered=filtered)
        self.skip = Conv(inputs, outputs, 1, 0.0, down=True, bias=False, filtered=filtered) if _residual(cfg) else None

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W], or pictures in the first block, to [N, outputs, H / 2, W / 2]."""
        if hasattr(self, "fromrgb"):
            x = self.fromrgb(x)
        if self.skip is None:
            return self.conv1(self.conv0(x))  # type: ignore[no-any-return]
        half = math.sqrt(0.5)
        return self.skip(x, half) + self.conv1(self.conv0(x), half)  # type: ignore[no-any-return]


def _residual(cfg: Config) -> bool:
    return cfg.discriminator_architecture == "resnet"


class Epilogue(nn.Module):
    """From 4 x 4 activations to a vector: minibatch standard deviation, a convolution and two linear layers."""

    def __init__(self, cfg: Config, channels: int, outputs: int) -> None:
        super().__init__()
        self.group = cfg.group
        self.conv = Conv(channels + 1, channels, 3, cfg.clamp)
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

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        channels = widths(cfg, cfg.discriminator_base)
        self.sides = sorted(channels, reverse=True)[:-1]
        for side in self.sides:
            self.add_module(f"b{side}", Block(cfg, channels[side], channels[side // 2], side))
        outputs = channels[4] if cfg.classes else 1
        self.b4 = Epilogue(cfg, channels[4], outputs)
        self.mapping = Mapping(0, cfg.classes, outputs, _MAPPING_LAYERS, cfg.mapping_rate) if cfg.classes else None

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
