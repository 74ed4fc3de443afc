"""The encoders of pSp and e4e, imported: from a photo to the style vectors of a generator.

Richardson et al., "Encoding in Style: a StyleGAN Encoder for Image-to-Image Translation", CVPR 2021 (pSp), and Tov et
al., "Designing an Encoder for StyleGAN Image Manipulation", SIGGRAPH 2021 (e4e). A residual network with
squeeze-and-excitation gives features at three sizes; every style has a small convolutional network on one of them. e4e
gives one style and the differences of the others from it. The parts have the names that they have in published files.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.image.resize import resize
from calotype.models.stylegan.config import Config, rows
from calotype.nn.style_layers import Linear

SIDE = 256  # of the photos that it sees, pixels
COARSE, MIDDLE = 3, 7  # styles up to which the coarsest and the middle features are used
_SIDES = (16, 32, 64)  # of the features, coarsest first


class Excitation(nn.Module):
    """Channels scaled by a function of their means (squeeze and excitation)."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, hidden, 1, bias=False)
        self.fc2 = nn.Conv2d(hidden, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] to the same."""
        share: Tensor = torch.sigmoid(self.fc2(F.relu(self.fc1(x.mean((2, 3), keepdim=True)))))
        return x * share


class Unit(nn.Module):
    """A residual unit."""

    def __init__(self, inputs: int, outputs: int, stride: int, hidden: int) -> None:
        super().__init__()
        self.stride = stride
        if inputs != outputs:
            self.shortcut_layer = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        parts = [
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False),
            nn.PReLU(outputs),
            nn.Conv2d(outputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        self.res_layer = nn.Sequential(*parts, *([Excitation(outputs, hidden)] if hidden else []))

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] to [N, outputs, H / stride, W / stride]."""
        short = self.shortcut_layer(x) if hasattr(self, "shortcut_layer") else x[:, :, :: self.stride, :: self.stride]
        whole: Tensor = self.res_layer(x) + short
        return whole


class StyleHead(nn.Module):
    """Features [N, C, side, side] to a style [N, style], by convolutions that halve the size."""

    def __init__(self, channels: int, style: int, side: int) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        for number in range(int(math.log2(side))):
            parts += [nn.Conv2d(style if number else channels, style, 3, 2, 1), nn.LeakyReLU()]
        self.convs = nn.Sequential(*parts)
        self.linear = Linear(style, style)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, side, side] to [N, style]."""
        found: Tensor = self.linear(self.convs(x).flatten(1))
        return found


class ResidualEncoder(nn.Module):
    """The whole encoder.

    Attributes:
        average: what is added to the styles that it gives: [rows, style].
    """

    average: Tensor

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.kind, self.count = cfg.encoder, rows(cfg)
        widths, self.units = cfg.encoder_widths, cfg.encoder_units
        self.input_layer = nn.Sequential(
            nn.Conv2d(cfg.channels, widths[0], 3, 1, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.PReLU(widths[0])
        )
        body, before = [], widths[0]
        for count, width in zip(self.units, widths[1:]):
            for number in range(count):
                hidden = width // cfg.encoder_excited if cfg.encoder_excited else 0
                body.append(Unit(before, width, 1 if number else 2, hidden))
                before = width
        self.body = nn.Sequential(*body)
        sides = [_SIDES[0] if k < COARSE else _SIDES[1] if k < MIDDLE else _SIDES[2] for k in range(self.count)]
        self.styles = nn.ModuleList(StyleHead(before, cfg.style, side) for side in sides)
        self.latlayer1 = nn.Conv2d(widths[3], before, 1)
        self.latlayer2 = nn.Conv2d(widths[2], before, 1)
        self.register_buffer("average", torch.zeros(self.count, cfg.style))

    def forward(self, photo: Tensor) -> Tensor:
        """Photos [N, channels, 256, 256], -1..1, to styles [N, rows, style]."""
        coarse, middle, fine = self._features(photo)
        features = [coarse if k < COARSE else middle if k < MIDDLE else fine for k in range(self.count)]
        found = torch.stack([head(x) for head, x in zip(self.styles, features)], 1)
        if self.kind == "e4e":
            found = torch.cat([found[:, :1], found[:, :1] + found[:, 1:]], 1)
        return found + self.average

    def _features(self, photo: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features of 16, 32 and 64 pixels, each with those that are coarser."""
        x, kept, ends = self.input_layer(photo), [], [sum(self.units[: k + 1]) for k in range(len(self.units))]
        for number, unit in enumerate(self.body, 1):
            x = unit(x)
            if number in ends:
                kept.append(x)
        middle = _added(kept[3], self.latlayer1(kept[2]))
        return kept[3], middle, _added(middle, self.latlayer2(kept[1]))

    @torch.no_grad()
    def encoded(self, generator: nn.Module, photo: Tensor) -> Tensor:
        """Styles of photos.

        Args:
            generator: the one that the encoder was trained for.
            photo: [N, channels, H, W], -1..1.

        Returns:
            [N, rows, style].
        """
        found: Tensor = self(resize(photo, (SIDE, SIDE)))
        return found


def _added(coarse: Tensor, fine: Tensor) -> Tensor:
    """Coarse features, enlarged, and fine ones."""
    size = (fine.shape[2], fine.shape[3])
    return F.interpolate(coarse, size=size, mode="bilinear", align_corners=True) + fine
