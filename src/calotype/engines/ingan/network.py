"""The networks: a generator whose output has any size or form, and critics of patches, one for each scale."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from calotype.engines.ingan.geometry import Form, Size, warped
from calotype.image.resize import resize
from calotype.nn.spectral import spectral_norm

# Standard deviation of Xavier's initialisation with this gain is what the paper's convolutions begin with.
_GAIN = 0.01
_SLOPE = 0.2


class Block(nn.Module):
    """Convolution on a mirrored border, normalisation, leaky ReLU.

    Args:
        inputs: channels.
        outputs: channels.
        kernel: side, odd.
        spectral: whether the weights are divided by their largest singular value.
        norm: ``batch`` or ``instance``.
        stride: of the convolution.
        padded: whether the border is there: without it the result is smaller.
        active: whether the leaky ReLU is.
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
        # Of a single picture, batch norm without running means is instance norm, and several times as quick.
        self.norm = nn.BatchNorm2d(outputs, track_running_stats=norm == "batch")
        self.border = kernel // 2 if padded else 0
        self.active = active

    def forward(self, x: Tensor) -> Tensor:
        """[1, inputs, h, w] -> [1, outputs, h, w], smaller where there is no border or a stride."""
        y: Tensor = self.norm(self.conv(mirrored(x, self.border)))
        return F.leaky_relu(y, _SLOPE) if self.active else y


class Residual(nn.Module):
    """Three convolutions through a quarter of the channels, added to what comes in."""

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
        added: Tensor = self.path(x)
        return x + added


class Generator(nn.Module):
    """From a picture to one of another size or form. Section 3.1 and figure 4 of the paper.

    One convolution, the geometric layer, and an hourglass with additive skips. The published one rounds all sizes to
    whole multiples of 8; here the features are extended to such a size within, and the result is cut.

    Args:
        width: channels at full size.
        depth: halvings; channels double with each.
        blocks: residual blocks in the middle.
        spectral: see ``Config``.
        norm: see ``Config``.
        small: whether the weights begin almost at nothing, as published.
        residual: whether what the network makes is added to the picture as plain stretching would have it; it begins
            with that.
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
        initialised(self, small)
        if residual:
            nn.init.zeros_(self.leave.weight)

    def forward(self, x: Tensor, size: Size, form: Form | None = None, undo: bool = False) -> Tensor:
        """The picture ``x`` brought to ``size``, and into ``form`` or back from it.

        Args:
            x: [1, 3, H, W], -1..1.
            size: (height, width) of the result, pixels.
            form: see ``geometry.warped``.
            undo: see ``geometry.warped``.

        Returns:
            [1, 3, height, width], -1..1.
        """
        given = x
        x = warped(self.enter(x), size, form, undo)
        x = F.pad(x, (0, self._missing(size[1]), 0, self._missing(size[0])), mode="replicate")
        skips = []
        for block in self.down:
            skips.append(x)
            x = F.max_pool2d(block(x), 2)
        x = self.middle(x)
        for block, skip in zip(self.up, reversed(skips), strict=True):
            x = block(F.interpolate(x, scale_factor=2.0)) + skip
        made: Tensor = self.leave(mirrored(x, 3))[:, :, : size[0], : size[1]]
        if not self.residual:
            return made.tanh()
        stretched = resize(given, size, mode="bilinear") if form is None else warped(given, size, form, undo)
        return (stretched + made).clamp(-1, 1)

    def _missing(self, length: int) -> int:
        """Pixels up to a size that can be halved, and of which something is left to be normalised then."""
        return max(2 * self.multiple, math.ceil(length / self.multiple) * self.multiple) - length


class Critic(nn.Module):
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
        initialised(self, small)

    def forward(self, x: Tensor) -> Tensor:
        """The map of scores, 0..1."""
        scores: Tensor = self.last(self.trunk(x))
        return scores.sigmoid()


def initialised(net: nn.Module, small: bool) -> None:
    """Give all convolutions their first weights: near 0, as published, or such that signals keep their size."""
    for module in net.modules():
        if not isinstance(module, nn.Conv2d):
            continue
        parametrized = getattr(module, "parametrizations", None)
        weight = module.weight if parametrized is None else parametrized.weight.original
        if small:
            nn.init.xavier_normal_(weight, _GAIN)
        else:
            nn.init.kaiming_normal_(weight, _SLOPE)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def mirrored(x: Tensor, border: int) -> Tensor:
    """``x`` with its mirror image around it; where it is too thin for that, with its edge repeated."""
    if not border:
        return x
    mode = "reflect" if min(x.shape[2:]) > border else "replicate"
    return F.pad(x, (border,) * 4, mode=mode)


def _normed(conv: nn.Conv2d, spectral: bool) -> nn.Module:
    return spectral_norm(conv) if spectral else conv
