"""The networks: a generator with an output of any size and form, and a patch discriminator."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from calotype.engines.ingan.geometry import Form, Size, warped
from calotype.image.resize import resize
from calotype.nn.spectral import spectral_norm

# Gain of the Xavier initialisation of the paper's convolutions.
_GAIN = 0.01
_LEAKY_SLOPE = 0.2


class Block(nn.Module):
    """Convolution with reflection padding, normalisation, leaky ReLU.

    Args:
        inputs: channels.
        outputs: channels.
        kernel: side, odd.
        spectral: whether the weights have spectral normalisation.
        norm: ``batch`` or ``instance``.
        stride: of the convolution.
        padded: whether to pad; without padding the result is smaller.
        active: whether to apply the leaky ReLU.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        spectral: bool,
        norm: str,
        stride: int = 1,
        padded: bool = True,
        active: bool = True,
    ) -> None:
        super().__init__()
        self.conv = _normed(nn.Conv2d(inputs, outputs, kernel, stride), spectral)
        # On a single image, batch norm without running statistics equals instance norm, and is several times as fast.
        self.norm = nn.BatchNorm2d(outputs, track_running_stats=norm == "batch")
        self.border = kernel // 2 if padded else 0
        self.active = active

    def forward(self, x: Tensor) -> Tensor:
        """[1, inputs, h, w] -> [1, outputs, h, w], smaller without padding or with a stride."""
        y: Tensor = self.norm(self.conv(reflection_padded(x, self.border)))
        return F.leaky_relu(y, _LEAKY_SLOPE) if self.active else y


class Residual(nn.Module):
    """A bottleneck residual block: three convolutions, with a quarter of the channels inside."""

    def __init__(self, width: int, how: dict[str, Any]) -> None:
        super().__init__()
        narrow = width // 4
        self.path = nn.Sequential(
            Block(width, narrow, 1, **how),
            Block(narrow, narrow, 3, **how),
            Block(narrow, width, 1, active=False, **how),
        )

    def forward(self, x: Tensor) -> Tensor:
        """[1, width, h, w] -> the same."""
        residual: Tensor = self.path(x)
        return x + residual


class Generator(nn.Module):
    """Maps an image to another size or form: section 3.1 and figure 4 of the paper.

    One convolution, the geometric layer, and an hourglass with additive skip connections. The published one rounds all
    sizes to multiples of 8; here the features are padded to such a size, and the result is cropped.

    Args:
        width: channels at full resolution.
        depth: number of 2x downsamplings; channels double with each.
        blocks: residual blocks at the lowest resolution.
        spectral: see ``Config``.
        norm: see ``Config``.
        small: whether to initialise the weights near 0, as published.
        residual: whether the output is a residual on the resized image; it starts at zero.
    """

    def __init__(
        self, width: int, depth: int, blocks: int, *, spectral: bool, norm: str, small: bool, residual: bool = False
    ) -> None:
        super().__init__()
        self.residual = residual
        how: dict[str, Any] = {"spectral": spectral, "norm": norm}
        widths = [width << i for i in range(depth + 1)]
        steps = list(pairwise(widths))
        self.multiple = 1 << depth
        self.enter = Block(3, width, 7, **how)
        self.down = nn.ModuleList(Block(fine, coarse, 3, **how) for fine, coarse in steps)
        self.middle = nn.Sequential(*(Residual(widths[-1], how) for _ in range(blocks)))
        self.up = nn.ModuleList(Block(coarse, fine, 3, **how) for fine, coarse in reversed(steps))
        self.leave = nn.Conv2d(width, 3, 7)
        initialize(self, small)
        if residual:
            nn.init.zeros_(self.leave.weight)

    def forward(self, x: Tensor, size: Size, form: Form | None = None, undo: bool = False) -> Tensor:
        """Map ``x`` to ``size``, and to ``form`` or back from it.

        Args:
            x: [1, 3, H, W], -1..1.
            size: (height, width) of the result, pixels.
            form: see ``geometry.warped``.
            undo: see ``geometry.warped``.

        Returns:
            [1, 3, height, width], -1..1.
        """
        image = x
        x = warped(self.enter(x), size, form, undo)
        x = F.pad(x, (0, self._padding(size[1]), 0, self._padding(size[0])), mode="replicate")
        skips = []
        for block in self.down:
            skips.append(x)
            x = F.max_pool2d(block(x), 2)
        x = self.middle(x)
        for block, skip in zip(self.up, reversed(skips), strict=True):
            x = block(F.interpolate(x, scale_factor=2.0)) + skip
        output: Tensor = self.leave(reflection_padded(x, 3))[:, :, : size[0], : size[1]]
        if not self.residual:
            return output.tanh()
        resized = resize(image, size, mode="bilinear") if form is None else warped(image, size, form, undo)
        return (resized + output).clamp(-1, 1)

    def _padding(self, length: int) -> int:
        """Pixels to pad: up to a multiple of the downsampling factor, of which at least 2 remain after it."""
        return max(2 * self.multiple, math.ceil(length / self.multiple) * self.multiple) - length


class Discriminator(nn.Module):
    """Scores every other patch of 9 x 9 pixels: [1, 3, h, w] -> [1, 1, h', w'], 1 for real ones. Section 3.2."""

    def __init__(self, width: int, *, spectral: bool, norm: str, small: bool) -> None:
        super().__init__()
        how: dict[str, Any] = {"spectral": spectral, "norm": norm, "padded": False}
        self.trunk = nn.Sequential(
            Block(3, width, 3, **how),
            Block(width, 2 * width, 3, stride=2, **how),
            Block(2 * width, 2 * width, 3, **how),
        )
        self.last = _normed(nn.Conv2d(2 * width, 1, 1), spectral)
        initialize(self, small)

    def forward(self, x: Tensor) -> Tensor:
        """The map of patch scores, 0..1."""
        scores: Tensor = self.last(self.trunk(x))
        return scores.sigmoid()


def initialize(net: nn.Module, small: bool) -> None:
    """Initialise all convolutions: near 0, as published, or with Kaiming's variance-preserving initialisation."""
    for module in net.modules():
        if not isinstance(module, nn.Conv2d):
            continue
        parametrized = getattr(module, "parametrizations", None)
        weight = module.weight if parametrized is None else parametrized.weight.original
        if small:
            nn.init.xavier_normal_(weight, _GAIN)
        else:
            nn.init.kaiming_normal_(weight, _LEAKY_SLOPE)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def reflection_padded(x: Tensor, border: int) -> Tensor:
    """Pad by reflection; replicate the edge if the image is too small for that."""
    if not border:
        return x
    mode = "reflect" if min(x.shape[2:]) > border else "replicate"
    return F.pad(x, (border,) * 4, mode=mode)


def _normed(conv: nn.Conv2d, spectral: bool) -> nn.Module:
    return spectral_norm(conv) if spectral else conv
