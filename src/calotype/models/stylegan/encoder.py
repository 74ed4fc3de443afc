"""The encoder: from a photo to the style vectors of a generator, in a few passes.

Trained on the generator's own samples, so that no pictures are needed (``encoder_training``). As in ReStyle (Alaluf,
Patashnik, Cohen-Or, ICCV 2021) it sees the photo and the picture of the styles found so far, and gives a correction of
these; it starts from the mean style. A few steps of optimisation of the squared error follow. Pictures are brought to a
reduced size, at which a generator of architecture ``skip`` draws the picture for the cost of that size.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.image.resize import resize
from calotype.models.stylegan.config import Config, rows
from calotype.models.stylegan.encoder_config import LAST_SIDE, EncoderConfig, drawn_side, encoder_widths
from calotype.models.stylegan.network import Generator

_SLOPE = 0.2  # of leaky ReLU
_FIRST = 0.1  # of the initial weights of the last layer
_RATE, _WARM_UP, _LEAST = 0.1, 3, 0.1  # of refinements: learning rate, steps until it is reached, its share at the end


class Block(nn.Module):
    """A residual block that halves the size."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(inputs, inputs, 3, padding=1)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, stride=2)
        self.skip = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] to [N, outputs, H / 2, W / 2]."""
        y = self.conv1(F.leaky_relu(self.conv0(x), _SLOPE))
        return F.leaky_relu(y + self.skip(F.avg_pool2d(x, 2)), _SLOPE) * math.sqrt(0.5)


class Encoder(nn.Module):
    """A convolutional network that corrects style vectors.

    Args:
        cfg: settings of the generator.
        own: settings of the encoder.

    Attributes:
        mean: the style that it starts from: [style].
        start: the picture of that style, at the size that the encoder sees: [1, channels, side, side].
        spread: standard deviation of the generator's styles, by which corrections are scaled: [].
    """

    mean: Tensor
    start: Tensor
    spread: Tensor

    def __init__(self, cfg: Config, own: EncoderConfig) -> None:
        super().__init__()
        self.own, self.rows, self.style, self.drawn = own, rows(cfg), cfg.style, drawn_side(cfg, own.side)
        widths = encoder_widths(own)
        self.first = nn.Conv2d(2 * cfg.channels, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList(Block(a, b) for a, b in pairwise(widths))
        self.hidden = nn.Linear(widths[-1] * LAST_SIDE**2, own.hidden)
        self.last = nn.Linear(own.hidden, self.rows * cfg.style)
        with torch.no_grad():
            self.last.weight.mul_(_FIRST)
            self.last.bias.zero_()
        self.register_buffer("mean", torch.zeros(cfg.style))
        self.register_buffer("start", torch.zeros(1, cfg.channels, own.side, own.side))
        self.register_buffer("spread", torch.ones(()))

    def forward(self, photo: Tensor, picture: Tensor) -> Tensor:
        """Photos and the pictures so far, [N, channels, side, side], to corrections [N, rows, style]."""
        x = F.leaky_relu(self.first(torch.cat([photo, picture], 1)), _SLOPE)
        for block in self.blocks:
            x = block(x)
        x = F.leaky_relu(self.hidden(x.flatten(1)), _SLOPE)
        found: Tensor = self.last(x).view(-1, self.rows, self.style) * self.spread
        return found

    def sized(self, pictures: Tensor) -> Tensor:
        """Pictures [N, channels, H, W] at the size that the encoder sees."""
        side = self.own.side
        return pictures if pictures.shape[2] == side else resize(pictures, (side, side))

    def picture(self, generator: Generator, styles: Tensor) -> Tensor:
        """The picture of styles [N, rows, style], at the size that the encoder sees."""
        return self.sized(generator(styles, until=self.drawn))

    @torch.no_grad()
    def encoded(self, generator: Generator, photo: Tensor) -> Tensor:
        """Styles of photos.

        Args:
            generator: the one that the encoder was trained for.
            photo: [N, channels, H, W], -1..1.

        Returns:
            [N, rows, style].
        """
        given = self.sized(photo)
        styles, picture = self.mean.expand(len(photo), self.rows, -1), self.start.expand(len(photo), -1, -1, -1)
        for number in range(self.own.passes):
            if number:
                picture = self.picture(generator, styles)
            styles = styles + self(given, picture)
        return styles


def refined(encoder: Encoder, generator: Generator, photo: Tensor, styles: Tensor) -> Tensor:
    """Styles after a few steps of Adam for the squared error at the encoder's size; they lose blur and wrong colours.

    Args:
        encoder: of this generator.
        generator: the generator.
        photo: [N, channels, H, W], -1..1.
        styles: [N, rows, style], as encoded.
    """
    given, count = encoder.sized(photo), encoder.own.refinements
    code = nn.Parameter(styles.detach().clone())
    adam = torch.optim.Adam([code], _RATE)
    for i in range(count):
        down = _LEAST + (1 - _LEAST) * 0.5 * (1 + math.cos(math.pi * i / count))
        adam.param_groups[0]["lr"] = _RATE * min(1.0, (i + 1) / _WARM_UP) * down
        error = (encoder.picture(generator, code) - given).square().mean((1, 2, 3)).sum()
        adam.zero_grad(set_to_none=True)
        error.backward(inputs=[code])  # type: ignore[no-untyped-call]
        adam.step()
    return code.detach()


def build_encoder(cfg: Config, own: EncoderConfig) -> Encoder:
    """A new encoder for a generator, with weights drawn from torch's global generator."""
    return Encoder(cfg, own)
