"""The network, its training on parts of a picture, and its application to a whole one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.engines.zssr.config import Config
from calotype.image.resize import resize
from calotype.run import Run, fit

_PART = 256  # side of the parts that are learned from, pixels
_PARTS = 16
_REDUCED = (1.0, 0.9, 0.8, 0.7, 0.6)  # of the parts
_SMALLEST = 8  # pixels
_STRIP = 200_000  # pixels that the network is applied to at a time

Pair = tuple[Tensor, Tensor]


class Residual(nn.Module):
    """Adds to an enlarged picture [B, C, H, W], -1..1, what it lacks.

    Args:
        layers: convolutions of 3 x 3.
        channels: of the features.
        colours: channels C of the picture.
    """

    def __init__(self, layers: int, channels: int, colours: int) -> None:
        super().__init__()
        sides = [colours, *[channels] * (layers - 1), colours]
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(sides))
        for parameter in self.layers[-1].parameters():
            nn.init.zeros_(parameter)

    def forward(self, picture: Tensor) -> Tensor:
        """The picture with details: [B, C, H, W], not clamped."""
        x = picture.contiguous(memory_format=torch.channels_last)
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        added: Tensor = self.layers[-1](x)
        return picture + added


def turned(picture: Tensor, way: int) -> Tensor:
    """[B, C, H, W] in one of eight orientations, 0 to 7: quarter turns, from 4 on after mirroring."""
    return torch.rot90(picture.flip(3) if way & 4 else picture, way & 3, (2, 3))


def turned_back(picture: Tensor, way: int) -> Tensor:
    """The inverse of ``turned``."""
    upright = torch.rot90(picture, -(way & 3), (2, 3))
    return upright.flip(3) if way & 4 else upright


def learn(net: Residual, picture: Tensor, factor: float, steps: int, cfg: Config, run: Run, stage: str) -> None:
    """Train the network to make the picture [1, C, H, W], -1..1, of its reduction by ``factor``."""
    pairs = _pairs(picture, factor, run.generator(stage, "parts"))
    optimizer = torch.optim.Adam(net.parameters(), cfg.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, cfg.rate, total_steps=steps)

    def step(state: Mapping[str, Any], batch: Pair, i: int) -> dict[str, Tensor]:
        loss = (net(batch[0]) - batch[1]).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        return {"loss": loss.detach()}

    state: dict[str, Any] = {"net": net, "optimizer": optimizer, "schedule": schedule}
    with torch.enable_grad():
        fit(step, state, lambda i: _crop(pairs, cfg.crop), run, steps=steps, stage=stage)


def _pairs(picture: Tensor, factor: float, noise: torch.Generator) -> list[Pair]:
    """Parts of the picture at some sizes: what the network is given, and what it shall make of it."""
    found = []
    for part in _parts(picture, noise):
        for reduced in _REDUCED:
            height, width = (max(min(side, _SMALLEST), int(side * reduced)) for side in part.shape[2:])
            true = resize(part, (height, width))
            small = resize(true, (max(1, round(height / factor)), max(1, round(width / factor))))
            found.append((resize(small, (height, width)), true))
    return found


def _parts(picture: Tensor, noise: torch.Generator) -> list[Tensor]:
    height, width = picture.shape[2:]
    if height * width <= _PARTS * _PART**2 / 4:
        return [picture]
    found = []
    for _ in range(_PARTS):
        top, left = (int(torch.randint(max(1, side - _PART + 1), (), generator=noise)) for side in (height, width))
        found.append(picture[:, :, top : top + _PART, left : left + _PART])
    return found


def _crop(pairs: list[Pair], side: int) -> Pair:
    """A random part of a random pair, in a random orientation."""
    given, true = pairs[int(torch.randint(len(pairs), ()))]
    height, width = (min(side, length) for length in true.shape[2:])
    top, left = (int(torch.randint(length - short + 1, ())) for length, short in zip(true.shape[2:], (height, width)))
    way = int(torch.randint(8, ()))
    area = (..., slice(top, top + height), slice(left, left + width))
    return turned(given[area], way), turned(true[area], way)


@torch.no_grad()
def applied(net: Residual, picture: Tensor, ways: int) -> Tensor:
    """The mean of the network's results for an enlarged picture [1, C, H, W] in some orientations, strip by strip."""
    height, width = picture.shape[2:]
    rows, margin = max(1, _STRIP // width), len(net.layers)
    made = torch.empty_like(picture)
    for start in range(0, height, rows):
        top, stop = max(0, start - margin), min(height, start + rows)
        strip = picture[:, :, top : min(height, stop + margin)]
        total = torch.zeros_like(strip)
        for way in range(ways):
            # Among the first few are both mirrored and turned ones.
            way = way * 3 % 8
            total += turned_back(net(turned(strip, way)), way)
        made[:, :, start:stop] = total[:, :, start - top : stop - top] / ways
    return made


def corrected(made: Tensor, photo: Tensor, steps: int) -> Tensor:
    """``made`` [1, C, h, w] changed until its reduction is the photo [1, C, H, W]: back-projection, in -1..1."""
    size, large = (photo.shape[2], photo.shape[3]), (made.shape[2], made.shape[3])
    for _ in range(steps):
        made = made + resize(photo - resize(made, size, clamp=False), large, clamp=False)
    return made.clamp_(-1, 1)


def sizes(size: tuple[int, int], factor: float, stride: float) -> list[tuple[int, int]]:
    """Height and width after each step, the last ``factor`` times ``size``."""
    count = max(1, round(math.log(factor) / math.log(stride)))
    return [
        (max(1, round(size[0] * factor ** (i / count))), max(1, round(size[1] * factor ** (i / count))))
        for i in range(1, count + 1)
    ]
