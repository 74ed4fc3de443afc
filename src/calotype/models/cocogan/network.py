"""The networks: a generator of micro patches; a discriminator of macro patches with coordinate and latent heads."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.cocogan.config import Config
from calotype.models.cocogan.coordinates import cells_of_macro, dimensions, joined, micro_coordinates
from calotype.nn.norm import batch_norm, norm_with_statistics
from calotype.nn.resample import conv_of_upsampled, conv_then_pooled
from calotype.nn.spectral import spectral_norm
from calotype.nn.statistics import RunningStatistics

_LEAKY_SLOPE = 0.2
_MOMENTUM = 0.01  # share of a step in the running statistics


class BatchNorm(RunningStatistics):
    """Batch norm over the batches of all processes; scale and shift may depend on a condition vector.

    Args:
        channels: of the input.
        condition: length of the condition vector, from which a linear layer predicts scale and shift; 0: scale and
            shift are parameters.
        released: as in the published code: the divisor is the square root of the squared variance, and the scale starts
            near 0 rather than near 1.
    """

    def __init__(self, channels: int, condition: int = 0, released: bool = False) -> None:
        super().__init__(channels, _MOMENTUM)
        self.released = released and condition > 0
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
            return norm_with_statistics(x, self.mean, self.variance, scale, shift, squared=self.released)
        normal, mean, variance = batch_norm(x, scale, shift, squared=self.released)
        self.gather(mean, variance)
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


class _GeneratorBlock(nn.Module):
    """A residual block of the generator, with optional 2x upsampling."""

    def __init__(self, inputs: int, outputs: int, condition: int, *, up: bool, released: bool) -> None:
        super().__init__()
        self.up = up
        self.norm1 = BatchNorm(inputs, condition, released)
        self.conv1 = _conv(inputs, outputs, 3)
        self.norm2 = BatchNorm(outputs, condition, released)
        self.conv2 = _conv(outputs, outputs, 3)
        self.short = _conv(inputs, outputs, 1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        y = F.relu(self.norm1(x, condition), inplace=True)
        y = conv_of_upsampled(self.conv1, y) if self.up else self.conv1(y)
        y = self.conv2(F.relu(self.norm2(y, condition), inplace=True))
        # A 1 x 1 convolution commutes with nearest upsampling and costs a quarter before it.
        short = self.short(x)
        result: Tensor = y.add_(F.interpolate(short, scale_factor=2.0, mode="nearest") if self.up else short)
        return result


class Generator(nn.Module):
    """Generates one micro patch from a latent vector and the coordinates of a cell."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        condition = cfg.latent + dimensions(cfg)
        widths = _generator_widths(cfg)
        self.cfg = cfg
        ups = cfg.micro.bit_length() - 2
        self.margins = overlap_margins(cfg)
        self.first = _linear(condition, (2 + 2 * self.margins[0]) ** 2 * widths[0])
        self.blocks = nn.ModuleList(
            _GeneratorBlock(before, after, condition, up=i < ups, released=cfg.released)
            for i, (before, after) in enumerate(pairwise(widths))
        )
        self.norm = BatchNorm(widths[-1])
        self.last = _conv(widths[-1], 3, 3)
        if cfg.adversarial == "hinge":  # as published, coordinates start like all other inputs
            self._scale_coordinate_weights(dimensions(cfg))

    @torch.no_grad()
    def _scale_coordinate_weights(self, count: int) -> None:
        """Scale up the initial weights of the few coordinate inputs, to match the many latent ones."""
        layers: list[Tensor] = [
            parameter for name, parameter in self.first.named_parameters() if name.endswith("original")
        ]
        layers += [m.affine.weight for m in self.modules() if isinstance(m, BatchNorm) and m.affine is not None]
        for weight in layers:
            weight[:, -count:] *= ((weight.shape[1] - count) / count) ** 0.5

    def forward(self, latent: Tensor, coordinates: Tensor) -> Tensor:
        """[N, latent], [N, 2 or 3] -> [N, 3, p + 2 m, p + 2 m], -1..1, with m = ``cfg.overlap``."""
        condition = torch.cat([latent, coordinates], dim=1)
        side = 2 + 2 * self.margins[0]
        x = self.first(condition).view(len(condition), -1, side, side)
        for number in range(len(self.blocks)):
            x = self.block(number, x, condition)
        return torch.tanh(self.last(F.relu(self.norm(x), inplace=True)))

    def block(self, number: int, x: Tensor, condition: Tensor) -> Tensor:
        """What a block makes of patches, its surplus margin cut off: [N, C, s, s], [N, condition] -> [N, D, t, t]."""
        block = self._block(number)
        before, after = self.margins[number : number + 2]
        x = block(x, condition)
        over = (2 * before if block.up else before) - after
        return F.pad(x, [-over] * 4) if over else x

    def shape_after(self, number: int) -> tuple[int, int]:
        """Channels and side of the patches after ``number`` blocks, margins included, pixels at that resolution."""
        ups = sum(self._block(i).up for i in range(number))
        channels = self._block(number - 1).conv2.out_channels if number else self._block(0).conv1.in_channels
        return channels, (2 << ups) + 2 * self.margins[number]

    def _block(self, number: int) -> _GeneratorBlock:
        block = self.blocks[number]
        assert isinstance(block, _GeneratorBlock)
        return block


def macro_patches(generator: Any, latent: Tensor, rows: Tensor, columns: Tensor, cfg: Config) -> Tensor:
    """Generate macro patches from their cells in row-major order: [B, latent], [B, r * r] twice -> [B, 3, S, S].

    Args:
        generator: a ``Generator``, or one wrapped for distributed training.
        latent: one latent vector per macro patch.
        rows: row indices of the cells.
        columns: column indices of the cells.
        cfg: defines the grid.
    """
    side = cells_of_macro(cfg)
    where = micro_coordinates(rows, columns, cfg).flatten(0, 1)
    return joined(generator(latent.repeat_interleave(side * side, dim=0), where), side, side, cfg)


def overlap_margins(cfg: Config) -> list[int]:
    """The overlap margin before the first block and after each, in pixels at that resolution."""
    ups = cfg.micro.bit_length() - 2
    return [-(-cfg.overlap // (1 << max(0, ups - i))) for i in range(ups + cfg.extra_blocks + 1)]


def _generator_widths(cfg: Config) -> list[int]:
    """Channels before the first block and after each."""
    blocks = cfg.micro.bit_length() - 2 + cfg.extra_blocks
    return [cfg.width * times for times in [16, 8, 4, 2, *[1] * blocks][: blocks + 1]]


class _DiscriminatorBlock(nn.Module):
    """A residual block of the discriminator, with optional 2x downsampling."""

    def __init__(self, inputs: int, outputs: int, *, first: bool, down: bool) -> None:
        super().__init__()
        self.first, self.down = first, down
        self.conv1 = _conv(inputs, outputs, 3)
        self.conv2 = _conv(outputs, outputs, 3)
        self.short = _conv(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.conv1(x if self.first else F.relu(x)))
        y = conv_then_pooled(self.conv2, y) if self.down else self.conv2(y)
        result: Tensor = y + self.short(F.avg_pool2d(x, 2) if self.down else x)
        return result


class Head(nn.Module):
    """A head of the discriminator: an MLP that predicts coordinates or latent vectors from its features.

    Args:
        features: number of input features.
        outputs: number of predicted values.
        spectral: whether the linear layers have spectral normalisation.
    """

    def __init__(self, features: int, outputs: int, *, spectral: bool = True) -> None:
        super().__init__()
        self.inner = _linear(features, 128, spectral=spectral)
        self.norm = BatchNorm(128)
        self.outer = _linear(128, outputs, spectral=spectral)

    def forward(self, features: Tensor) -> Tensor:
        """[B, features] -> [B, outputs], -1..1."""
        with torch.autocast(features.device.type, enabled=False):
            return torch.tanh(self.outer(F.leaky_relu(self.norm(self.inner(features)), _LEAKY_SLOPE)))


class Discriminator(nn.Module):
    """Scores macro patches given their coordinates; predicts their coordinates and their latent vectors."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        widths = _discriminator_widths(cfg)
        last = len(widths) - 1
        self.blocks = nn.Sequential(
            *(
                _DiscriminatorBlock(before, after, first=i == 0, down=i < last)
                for i, (before, after) in enumerate(pairwise([3, *widths]))
            )
        )
        self.score = _linear(widths[-1], 1)
        self.project = _linear(dimensions(cfg), widths[-1])
        # ``place`` (coordinate head) and ``source`` (latent head) are names in saved models.
        self.place = Head(widths[-1], dimensions(cfg))
        self.source = Head(widths[-1], cfg.latent, spectral=cfg.latent_spectral) if cfg.latent_weight else None

    def features(self, pieces: Tensor) -> Tensor:
        """[B, 3, S, S] -> [B, features]."""
        # float32 from here on: scores may be large and their differences small.
        result: Tensor = F.relu(self.blocks(pieces)).float().sum(dim=(2, 3))
        return result

    def scores(self, features: Tensor, coordinates: Tensor | None) -> Tensor:
        """[B, features], [B, 2 or 3] -> scores [B]; without coordinates, the unconditional score."""
        with torch.autocast(features.device.type, enabled=False):
            score: Tensor = self.score(features).squeeze(1)
            if coordinates is not None:
                score = score + (self.project(coordinates) * features).sum(dim=1)
        return score

    def forward(self, pieces: Tensor, coordinates: Tensor | None) -> Tensor:
        """[B, 3, S, S], [B, 2 or 3] -> scores [B]."""
        return self.scores(self.features(pieces), coordinates)


def _discriminator_widths(cfg: Config) -> list[int]:
    """Channels after each block: all but the last downsample, to 4 x 4 pixels."""
    blocks = cfg.macro.bit_length() - 2
    times = [1, 2, 4, 8, 8] if blocks >= 5 else [1, 4, 8, 8]
    return [cfg.critic_width * t for t in ([1] * max(0, blocks - len(times)) + times)[-blocks:]]


class Net(nn.Module):
    """A trained model: the generator, its moving average, and the discriminator.

    Attributes:
        generator: with the current weights.
        average: with the exponential moving average of the weights; generates all images.
        critic: the discriminator, kept for patch-guided generation and for further training. Named so in saved models.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.generator = Generator(cfg)
        self.average = Generator(cfg)
        self.average.load_state_dict(self.generator.state_dict())
        self.critic = Discriminator(cfg)
        self.average.requires_grad_(False)

    def extra_repr(self) -> str:
        """Sizes of image and patches."""
        return f"{self.cfg.size}, macro {self.cfg.macro}, micro {self.cfg.micro}"
