"""Sizes of the generator's inputs: multiples of 8, limited by the settings."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.analogy.config import Config
from calotype.engines.analogy.network import MULTIPLE
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.matching.refine import Level

Size = tuple[int, int]

# Minimum shorter side of a photo, pixels: 4 x 4 features remain at an eighth of it.
SMALLEST = 32
# Ratio of neighbouring patch levels, as in GPNN.
RATIO = 4 / 3


def factor_of(photo: Size, cfg: Config) -> float:
    """The factor by which the photo is downsampled for the generator; larger for panoramas, which need a minimum
    height.
    """
    if min(photo) < SMALLEST:
        raise InputError(
            f"{photo[1]}x{photo[0]} pixels are too few to learn from: both sides must be {SMALLEST} or more"
        )
    return min(1.0, max(cfg.side / max(photo), SMALLEST / min(photo))) if cfg.side else 1.0


def inner_size(size: Size, photo: Size, cfg: Config) -> Size:
    """The generator's size for an image of ``size`` from a photo of size ``photo`` (height, width)."""
    factor = factor_of(photo, cfg)
    count = math.ceil if factor == 1 else round
    height, width = (max(SMALLEST, MULTIPLE * count(side * factor / MULTIPLE)) for side in size)
    return height, width


def fitted(x: Tensor, size: Size, photo: Size, cfg: Config) -> Tensor:
    """Fit an image [1, C, H, W] to the generator's size: downsample, or replicate its last rows and columns."""
    if factor_of(photo, cfg) == 1 and all(0 <= a - b < MULTIPLE for a, b in zip(size, x.shape[2:], strict=True)):
        return _edge_padded(x, size)
    return resize(x, size)


def fitted_map(x: Tensor, size: Size, photo: Size, cfg: Config) -> Tensor:
    """The same for an encoded map; downsampling averages, so that thin lines remain visible."""
    if factor_of(photo, cfg) == 1 and all(0 <= a - b < MULTIPLE for a, b in zip(size, x.shape[2:], strict=True)):
        return _edge_padded(x, size)
    return F.interpolate(x, size=size, mode="area")


def _edge_padded(x: Tensor, size: Size) -> Tensor:
    rows, columns = (torch.arange(n, device=x.device).clamp(max=m - 1) for n, m in zip(size, x.shape[2:], strict=True))
    return x[:, :, rows][:, :, :, columns]


def check_target(size: Size, cfg: Config) -> None:
    """Check that a target (height, width) is larger than a patch.

    Raises:
        InputError: the message says how large it must be.
    """
    if min(size) < cfg.patch + 1:
        raise InputError(
            f"a target of {size[1]}x{size[0]} pixels is too small: both sides must be {cfg.patch + 1} or more"
        )


def patch_levels(photo: Size, size: Size, cfg: Config) -> list[Level]:
    """The patch levels, from the one where the patch synthesis starts up to the result's ``size``."""
    factor = factor_of(photo, cfg)
    if cfg.handed:
        factor = min(factor, max(cfg.handed / max(photo), (cfg.patch + 1) / min(photo)))
    count = max(1, round(math.log(1 / factor, RATIO))) if factor < 1 else 0
    least = cfg.patch + 1
    levels = []
    for i in range(count):
        share = factor ** (1 - i / count)
        here = (max(least, round(size[0] * share)), max(least, round(size[1] * share)))
        levels.append(Level(here, share, cfg.patch, cfg.patch_steps))
    return [*levels, Level(size, 1.0, cfg.patch, 1 if count else cfg.patch_steps)]
