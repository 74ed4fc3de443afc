"""The layer-wise encoder: from a picture to what a layer of the generator gives, and on to the latent vector.

Bau et al., ICCV 2019, section 3.2. ``E = e_1(e_2(... e_n(e_f(x))))``: ``e_f`` finds what layer n gives, and every
``e_i`` undoes one layer. The same network trained as a whole, without regard for the layers between, is the direct
encoder that it is compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.inspection.layers import Layered, Shape

_SLOPE = 0.2
_MOST = 256  # channels within the inverse of a layer
_EPSILON = 1e-8


@dataclass(frozen=True)
class InverterConfig:
    """Settings of the encoder and its training.

    Attributes:
        width: channels of the first layer of ``e_f``; twice as many at each lower resolution, up to four times.
        image_steps: steps of the training of ``e_f``.
        layer_steps: of each ``e_i``.
        joint_steps: of training all together.
        batch: samples a step.
        image_rate: learning rate of Adam for ``e_f``.
        layer_rate: for each ``e_i``.
        joint_rate: for all together.
        right: weight of the right inverse, ``g_i(e_i(r))`` against ``r``, beside the left one.
        distance: of activations: ``relative``, the squared error over the variance of each channel; ``cosine``, one
            minus the cosine over the channels, as in the released code; ``l1``, as in the paper.
    """

    width: int = 32
    image_steps: int = 1200
    layer_steps: int = 400
    joint_steps: int = 600
    batch: int = 16
    image_rate: float = 2e-3
    layer_rate: float = 2e-3
    joint_rate: float = 5e-4
    right: float = 0.01
    distance: Literal["relative", "cosine", "l1"] = "relative"

    def __post_init__(self) -> None:
        counts = (self.width, self.image_steps, self.layer_steps, self.joint_steps)
        if min(counts) < 1 or self.batch < 2 or self.right < 0:
            raise ValueError("counts have to be at least 1, batch at least 2, and right not below 0")


def _conv(inputs: int, outputs: int, side: int) -> nn.Sequential:
    kernel = 3 if side > 1 else 1
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.LeakyReLU(_SLOPE))


class _To(nn.Module):
    """Features of one size to activations of a shape: pooled to its size, or all of them where it is 1 x 1."""

    def __init__(self, channels: int, size: tuple[int, int], shape: Shape) -> None:
        super().__init__()
        self.size = (shape[1], shape[2])
        whole = self.size == (1, 1) and size != (1, 1)
        self.last = nn.Conv2d(channels, shape[0], size if whole else 1)
        self.pooled = not whole and size != self.size

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.last(F.adaptive_avg_pool2d(x, self.size) if self.pooled else x)
        return y


class LayerInverse(nn.Module):
    """``e_i``: what a layer gives, to what it takes; both with the mean and variance of every channel taken out.

    Two convolutions and one to the wanted shape, and beside them a linear map of what every channel is on average
    there: what a layer only hands on, such as a style, is found by that.
    """

    def __init__(self, after: Shape, before: Shape) -> None:
        super().__init__()
        width, side = min(_MOST, max(after[0], before[0])), max(after[1:])
        self.features = nn.Sequential(_conv(after[0], width, side), _conv(width, width, side))
        self.shaped = _To(width, after[1:], before)
        self.linear, self.size = nn.Conv2d(after[0], before[0], 1, bias=False), before[1:]

    def forward(self, r: Tensor) -> Tensor:
        """[N, *after] to [N, *before]."""
        y: Tensor = self.shaped(self.features(r)) + self.linear(F.adaptive_avg_pool2d(r, self.size))
        return y


class _Residual(nn.Module):
    def __init__(self, inputs: int, outputs: int, *, halved: bool) -> None:
        super().__init__()
        self.halved = halved
        self.conv0, self.conv1 = _conv(inputs, outputs, 3), _conv(outputs, outputs, 3)
        self.short = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = F.avg_pool2d(x, 2, ceil_mode=True) if self.halved else x
        y: Tensor = self.conv1(self.conv0(x)) + self.short(x)
        return y


class PictureInverse(nn.Module):
    """``e_f``: a picture to what layer n gives, a small residual network."""

    def __init__(self, size: tuple[int, int], shape: Shape, width: int) -> None:
        super().__init__()
        blocks: list[nn.Module] = [_conv(3, width, 3)]
        height, across, channels = *size, width
        while height > 2 * shape[1] or across > 2 * shape[2] or (height > shape[1] and min(height, across) >= 8):
            after = min(2 * channels, 4 * width)
            blocks.append(_Residual(channels, after, halved=True))
            channels, height, across = after, -(-height // 2), -(-across // 2)
            if max(height, across) <= 4:
                break
        self.features = nn.Sequential(*blocks, _Residual(channels, channels, halved=False))
        self.shaped = _To(channels, (height, across), shape)

    def forward(self, x: Tensor) -> Tensor:
        """[N, 3, H, W], -1..1, to [N, *shape]."""
        y: Tensor = self.shaped(self.features(x))
        return y


class Inverter(nn.Module):
    """``e_f`` and ``e_n`` to ``e_1`` of a generator.

    Args:
        shapes: of the latent vector and what each inverted layer gives: ``Layered.shapes``, up to layer n.
        size: height and width of the pictures.
        cfg: the settings.

    Attributes:
        mean: buffers ``mean0`` to ``mean<n>``: of every channel, over samples; likewise ``spread``, the deviations.
    """

    def __init__(self, shapes: Sequence[Shape], size: tuple[int, int], cfg: InverterConfig) -> None:
        super().__init__()
        self.count = len(shapes) - 1
        self.picture = PictureInverse(size, shapes[-1], cfg.width)
        self.layers = nn.ModuleList(LayerInverse(after, before) for before, after in pairwise(shapes))
        for number, shape in enumerate(shapes):
            self.register_buffer(f"mean{number}", torch.zeros(1, shape[0], 1, 1))
            self.register_buffer(f"spread{number}", torch.ones(1, shape[0], 1, 1))

    @torch.no_grad()
    def measure(self, activations: Sequence[Tensor]) -> None:
        """Set means and deviations from the latent vectors and activations of samples."""
        for number, each in enumerate(activations):
            self.get_buffer(f"mean{number}").copy_(each.mean((0, 2, 3), keepdim=True))
            deviation = (each - self.get_buffer(f"mean{number}")).square().mean((0, 2, 3), keepdim=True).sqrt()
            self.get_buffer(f"spread{number}").copy_(deviation.clamp_min(_EPSILON + 1e-3 * float(deviation.mean())))

    def spread(self, number: int) -> Tensor:
        """The deviation of every channel of what layer ``number`` gives, [1, C, 1, 1]; 0 is the latent vector."""
        return self.get_buffer(f"spread{number}")

    def normal(self, r: Tensor, number: int) -> Tensor:
        """Activations with the mean and variance of every channel taken out."""
        return (r - self.get_buffer(f"mean{number}")) / self.spread(number)

    def undone(self, r: Tensor, number: int) -> Tensor:
        """``e_number``: what a layer (from 1) gives, to what it takes."""
        y: Tensor = self.layers[number - 1](self.normal(r, number))
        return y * self.spread(number - 1) + self.get_buffer(f"mean{number - 1}")

    def seen(self, pictures: Tensor) -> Tensor:
        """``e_f``: pictures [N, 3, H, W], -1..1, to what layer n gives."""
        y: Tensor = self.picture(pictures)
        return y * self.spread(self.count) + self.get_buffer(f"mean{self.count}")

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Latent vectors and what each of the inverted layers gives, by the encoder alone."""
        found = [self.seen(pictures)]
        for number in range(self.count, 0, -1):
            found.append(self.undone(found[-1], number))
        return found[::-1]


def build_inverter(layered: Layered, cfg: InverterConfig) -> Inverter:
    """A new encoder of a generator, with weights drawn from torch's global generator."""
    return Inverter(layered.shapes[: layered.inverted + 1], layered.size, cfg)


def cosine_error(wanted: Tensor, found: Tensor) -> Tensor:
    """One minus the cosine over the channels, its mean: a scalar of 0..2."""
    return (1 - F.cosine_similarity(wanted, found, dim=1)).mean()


def distance(inverter: Inverter, wanted: Tensor, found: Tensor, number: int, cfg: InverterConfig) -> Tensor:
    """The distance of what layer ``number`` gives, a scalar; see ``InverterConfig``."""
    if cfg.distance == "cosine":
        return cosine_error(wanted, found)
    if cfg.distance == "l1":
        return (wanted - found).abs().mean()
    return ((wanted - found) / inverter.spread(number)).square().mean()
