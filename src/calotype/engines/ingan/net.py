"""A trained model: the generator, and the size of the photo it was trained at."""

from __future__ import annotations

import math
from typing import TypeVar

import torch
from torch import Tensor, nn

from calotype.engines.ingan.config import Config
from calotype.engines.ingan.geometry import Form, Size
from calotype.engines.ingan.network import Generator
from calotype.errors import InputError

N = TypeVar("N", bound=nn.Module)

# Minimum shorter side of a photo, pixels: two patches.
SMALLEST = 18


class Net(nn.Module):
    """The generator for a photo of ``size`` pixels (height, width).

    Attributes:
        size: height and width of the photo in training.
        reach: minimum and maximum scale factor in training.
        generator: the generator; with averaged weights if the settings say so.
        finished: whether it is trained.
    """

    finished: Tensor

    def __init__(self, cfg: Config, size: Size) -> None:
        super().__init__()
        self.size = learned_size(size, cfg)
        self.reach = cfg.smallest, cfg.largest
        self.generator = channels_last(generator_of(cfg))
        self.register_buffer("finished", torch.zeros((), dtype=torch.bool))

    def resized(self, picture: Tensor, size: Size, form: Form | None = None) -> Tensor:
        """Map an image to another size, in several passes for factors outside the trained range.

        Args:
            picture: [1, 3, H, W], -1..1, the photo at ``self.size``.
            size: (height, width) of the result.
            form: the form of the result.

        Returns:
            [1, 3, height, width], -1..1.
        """
        start = (picture.shape[2], picture.shape[3])
        passes = max(self._passes(new / old) for old, new in zip(start, size))
        for i in range(1, passes):
            between = (round(old * (new / old) ** (i / passes)) for old, new in zip(start, size))
            picture = self.generator(picture, tuple(between))
        result: Tensor = self.generator(picture, size, form)
        return result

    def back(self, picture: Tensor, form: Form | None = None) -> Tensor:
        """The way back: the photo, reconstructed from a result (section 3.1 of the paper, ``G(G(x; T); T^-1)``).

        Args:
            picture: [1, 3, h, w], -1..1, as ``resized`` makes it.
            form: the form that it is in.

        Returns:
            [1, 3, H, W], -1..1, at ``self.size``.
        """
        start = (picture.shape[2], picture.shape[3])
        passes = max(self._passes(new / old) for old, new in zip(start, self.size))
        result: Tensor = self.generator(picture, self._between(start, 1, passes), form, undo=form is not None)
        for i in range(2, passes + 1):
            result = self.generator(result, self._between(start, i, passes))
        return result

    def _between(self, start: Size, i: int, passes: int) -> Size:
        """The size after pass ``i`` of the way back from a result of size ``start``."""
        height, width = (round(old * (new / old) ** (i / passes)) for old, new in zip(start, self.size))
        return height, width

    def _passes(self, factor: float) -> int:
        least, most = self.reach
        limit = most if factor > 1 else least
        # Factors slightly outside the trained range do not need a second pass.
        return max(1, math.ceil(math.log(factor) / math.log(limit) - 0.05)) if factor != 1 else 1


def channels_last(net: N) -> N:
    """Convert to channels-last memory layout, which is faster for convolutions on CPUs."""
    converted: N = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return converted


def generator_of(cfg: Config) -> Generator:
    """An untrained generator."""
    return Generator(
        cfg.width,
        cfg.depth,
        cfg.blocks,
        spectral=cfg.spectral,
        norm=cfg.norm,
        small=cfg.average == 0,
        residual=cfg.residual,
    )


def learned_size(size: Size, cfg: Config) -> Size:
    """Height and width of a photo of ``size`` in training.

    Raises:
        InputError: it is too small.
    """
    height, width = size
    if min(size) < SMALLEST:
        raise InputError(f"{width}x{height} pixels are too few to learn from: both sides must be {SMALLEST} or more")
    if not cfg.side:
        return size
    share = min(1.0, cfg.side / math.sqrt(height * width))
    # Panoramas keep a height of two patches, whatever their number of pixels.
    share = min(1.0, max(share, SMALLEST / min(size)))
    return round(height * share), round(width * share)
