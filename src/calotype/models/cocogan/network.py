"""The networks: a generator of micro pieces, and a critic of macro pieces with two heads that guess."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.cocogan.config import Config
from calotype.models.cocogan.coordinates import cells_of_macro, dimensions, joined, micro_coordinates
from calotype.nn.norm import batch_norm, known_norm
from calotype.nn.resample import conv_of_doubled, conv_then_halved
from calotype.nn.spectral import spectral_norm

_SLOPE = 0.2
_KEPT = 0.99  # of the running statistics, at each step


class Normalised(nn.Module):
    """Batch norm whose batch is that of all processes; scale and shift may come from a condition.

    Args:
        channels: of what is normalised.
        condition: length of the vector that scale and shift depend on linearly; 0 for scale and shift of its own.
        released: as in the published code: what is divided by is the root of the squared variance, and the scale
            begins near 0 rather than near 1.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int, condition: int = 0, released: bool = False) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))
        self.released = released and condition > 0
        self.kept = _KEPT
        if condition:
            self.affine: nn.Linear | None = nn.Linear(condition, 2 * channels)
            nn.init.trunc_normal_(self.affine.weight, std=condition**-0.5)
            nn.init.zeros_(self.affine.bias)
        else:
            self.affine = None
            self.scale = nn.Parameter(torch.ones(channels))
            self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """[N, C, ...], [N, condition] -> [N, C, ...]."""
        if self.affine is None:
            scale, shift = self.scale[None], self.shift[None]
        else:
            scale, shift = self.affine(condition).chunk(2, dim=1)
            scale = scale if self.released else 1 + scale
        if not self.training:
            return known_norm(x, self.mean, self.variance, scale, shift, squared=self.released)
        normal, mean, variance = batch_norm(x, scale, shift, squared=self.released)
        with torch.no_grad():
            self.mean.lerp_(mean, 1 - self.kept)
            self.variance.lerp_(variance, 1 - self.kept)
        return normal


def _conv(inputs: int, outputs: int, kernel: int) -> nn.Conv2d:
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    nn.init.trunc_normal_(conv.weight, std=(2 / (inputs * kernel**2)) ** 0.5)
    nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
    return spectral_norm(conv)


def _linear(inputs: int, outputs: int, *, spectral: bool = True) -> nn.Module:
    linear = nn.Linear(inputs, outputs)
    nn.init.trunc_normal_(linear.weight, std=inputs**-0.5)
    nn.init.zeros_(linear.bias)
    return spectral_norm(linear) if spectral else linear


class _Growing(nn.Module):
    """A residual block of the generator, which doubles the size where asked to."""

    def __init__(self, inputs: int, outputs: int, condition: int, *, up: bool, released: bool) -> None:
        super().__init__()
        self.up = up
        self.norm1 = Normalised(inputs, condition, released)
        self.conv1 = _conv(inputs, outputs, 3)
        self.norm2 = Normalised(outputs, condition, released)
        self.conv2 = _conv(outputs, outputs, 3)
        self.short = _conv(inputs, outputs, 1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        y = F.relu(self.norm1(x, condition), inplace=True)
        y = conv_of_doubled(self.conv1, y) if self.up else self.conv1(y)
        y = self.conv2(F.relu(self.norm2(y, condition), inplace=True))
        # A convolution of one pixel may as well come before the enlargement, where it is four times as quick.
        short = self.short(x)
        grown: Tensor = y.add_(F.interpolate(short, scale_factor=2.0, mode="nearest") if self.up else short)
        return grown


class Generator(nn.Module):
    """One micro piece from a random vector and the coordinates of a cell."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        condition = cfg.latent + dimensions(cfg)
        widths = _generator_widths(cfg)
        self.cfg = cfg
        ups = cfg.micro.bit_length() - 2
        self.margins = margins(cfg)
        self.first = _linear(condition, (2 + 2 * self.margins[0]) ** 2 * widths[0])
        self.blocks = nn.ModuleList(
            _Growing(before, after, condition, up=i < ups, released=cfg.released)
            for i, (before, after) in enumerate(pairwise(widths))
        )
        self.norm = Normalised(widths[-1])
        self.last = _conv(widths[-1], 3, 3)
        self._raise_coordinates(dimensions(cfg))

    @torch.no_grad()
    def _raise_coordinates(self, count: int) -> None:
        """Give the few numbers that say where as much say, in the beginning, as the many that say what."""
        readers: list[Tensor] = [
            parameter for name, parameter in self.first.named_parameters() if name.endswith("original")
        ]
        readers += [m.affine.weight for m in self.modules() if isinstance(m, Normalised) and m.affine is not None]
        for weight in readers:
            weight[:, -count:] *= ((weight.shape[1] - count) / count) ** 0.5

    def forward(self, latent: Tensor, coordinates: Tensor) -> Tensor:
        """[N, latent], [N, 2 or 3] -> [N, 3, p + 2 m, p + 2 m], -1..1, with m the overlap."""
        condition = torch.cat([latent, coordinates], dim=1)
        side = 2 + 2 * self.margins[0]
        x = self.first(condition).view(len(condition), -1, side, side)
        for block, before, after in zip(self.blocks, self.margins, self.margins[1:]):
            x = block(x, condition)
            over = (2 * before if block.up else before) - after
            x = F.pad(x, [-over] * 4) if over else x
        return torch.tanh(self.last(F.relu(self.norm(x), inplace=True)))


def made_macro(generator: Any, latent: Tensor, rows: Tensor, columns: Tensor, cfg: Config) -> Tensor:
    """Macro pieces of the cells given for each, row by row: [B, latent], [B, r * r] twice -> [B, 3, S, S].

    Args:
        generator: a ``Generator``, or one that is wrapped for several processes.
        latent: one vector a piece.
        rows: numbers of the cells, downwards.
        columns: the same across.
        cfg: how pictures are divided.
    """
    side = cells_of_macro(cfg)
    where = micro_coordinates(rows, columns, cfg).flatten(0, 1)
    return joined(generator(latent.repeat_interleave(side * side, dim=0), where), side, side, cfg)


def margins(cfg: Config) -> list[int]:
    """By how much a part reaches over its sides before the first block and after each, in pixels of that size."""
    ups = cfg.micro.bit_length() - 2
    return [-(-cfg.overlap // (1 << max(0, ups - i))) for i in range(ups + cfg.extra_blocks + 1)]


def _generator_widths(cfg: Config) -> list[int]:
    """Channels before the first block and after each."""
    blocks = cfg.micro.bit_length() - 2 + cfg.extra_blocks
    return [cfg.width * times for times in [16, 8, 4, 2, *[1] * blocks][: blocks + 1]]


class _Shrinking(nn.Module):
    """A residual block of the critic, which halves the size where asked to."""

    def __init__(self, inputs: int, outputs: int, *, first: bool, down: bool) -> None:
        super().__init__()
        self.first, self.down = first, down
        self.conv1 = _conv(inputs, outputs, 3)
        self.conv2 = _conv(outputs, outputs, 3)
        self.short = _conv(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.conv1(x if self.first else F.relu(x)))
        y = conv_then_halved(self.conv2, y) if self.down else self.conv2(y)
        judged: Tensor = y + self.short(F.avg_pool2d(x, 2) if self.down else x)
        return judged


class Head(nn.Module):
    """What the critic guesses of a piece, from its features.

    Args:
        features: how many there are.
        outputs: how many numbers are guessed.
        spectral: whether weights are divided by their largest singular value.
    """

    def __init__(self, features: int, outputs: int, *, spectral: bool = True) -> None:
        super().__init__()
        self.inner = _linear(features, 128, spectral=spectral)
        self.norm = Normalised(128)
        self.outer = _linear(128, outputs, spectral=spectral)

    def forward(self, features: Tensor) -> Tensor:
        """[B, features] -> [B, outputs], -1..1."""
        with torch.autocast(features.device.type, enabled=False):
            return torch.tanh(self.outer(F.leaky_relu(self.norm(self.inner(features)), _SLOPE)))


class Critic(nn.Module):
    """Judges macro pieces, knowing where they belong; guesses where they belong, and what they were made from."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        widths = _critic_widths(cfg)
        last = len(widths) - 1
        self.blocks = nn.Sequential(
            *(
                _Shrinking(before, after, first=i == 0, down=i < last)
                for i, (before, after) in enumerate(pairwise([3, *widths]))
            )
        )
        self.score = _linear(widths[-1], 1)
        self.project = _linear(dimensions(cfg), widths[-1])
        self.place = Head(widths[-1], dimensions(cfg))
        self.source = Head(widths[-1], cfg.latent, spectral=cfg.latent_spectral) if cfg.latent_weight else None

    def features(self, pieces: Tensor) -> Tensor:
        """[B, 3, S, S] -> [B, features]."""
        # In full precision from here on: scores may be large, and their differences small.
        result: Tensor = F.relu(self.blocks(pieces)).float().sum(dim=(2, 3))
        return result

    def judged(self, features: Tensor, coordinates: Tensor | None) -> Tensor:
        """Scores [B]; without coordinates, what a piece is worth wherever it belongs."""
        with torch.autocast(features.device.type, enabled=False):
            score: Tensor = self.score(features).squeeze(1)
            if coordinates is not None:
                score = score + (self.project(coordinates) * features).sum(dim=1)
        return score

    def forward(self, pieces: Tensor, coordinates: Tensor | None) -> Tensor:
        """[B, 3, S, S], [B, 2 or 3] -> scores [B]."""
        return self.judged(self.features(pieces), coordinates)


def _critic_widths(cfg: Config) -> list[int]:
    """Channels after each block: all but the last block halve, down to 4 x 4."""
    blocks = cfg.macro.bit_length() - 2
    times = [1, 2, 4, 8, 8] if blocks >= 5 else [1, 4, 8, 8]
    return [cfg.critic_width * t for t in ([1] * max(0, blocks - len(times)) + times)[-blocks:]]


class Net(nn.Module):
    """All that a trained model is: what pictures are made with, and the critic that knows pieces.

    Attributes:
        generator: what is trained.
        average: the average of its past, by which pictures are made.
        critic: kept for pictures after a given piece, and to go on training.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.generator = Generator(cfg)
        self.average = Generator(cfg)
        self.average.load_state_dict(self.generator.state_dict())
        self.critic = Critic(cfg)
        self.average.requires_grad_(False)

    def extra_repr(self) -> str:
        """What the networks are for."""
        return f"{self.cfg.size}, macro {self.cfg.macro}, micro {self.cfg.micro}"
