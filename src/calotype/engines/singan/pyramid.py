"""The pyramid: trained scales, patch levels, and their sizes in a result of any size."""

from __future__ import annotations

import math

from torch import Tensor

from calotype.engines.singan.config import Config
from calotype.errors import InputError
from calotype.image.pyramid import consingan_sizes, singan_sizes
from calotype.image.resize import resize_cubic
from calotype.matching.refine import Level, limited

Size = tuple[int, int]

# Ratio of neighbouring patch levels, as in GPNN.
RATIO = 4 / 3
_COARSEST_MAGNIFYING = 18  # shorter side of the coarsest scale of the published super-resolution, pixels
# Minimum shorter side of a photo, pixels: two receptive fields.
SMALLEST = 22


def learned_sizes(photo: Size, cfg: Config) -> list[Size]:
    """Height and width of the scales with trained networks for a photo of size ``photo``, coarsest first.

    Raises:
        InputError: the photo is too small, or the settings leave no scale.
    """
    height, width = photo
    if cfg.given:
        return list(zip(cfg.given[::2], cfg.given[1::2], strict=True))
    if min(photo) < max(11, SMALLEST * cfg.coarsest // 25):
        raise InputError(
            f"{width}x{height} pixels are too few to learn from: both sides must be {SMALLEST} or more, the shorter "
            f"side of the coarsest scale being {cfg.coarsest}"
        )
    if cfg.magnified:
        return [photo] if cfg.learned else magnifying_sizes(photo, cfg)
    if cfg.spacing == "early":
        sizes = consingan_sizes(height, width, cfg.coarsest, finest_side(photo, cfg), cfg.scales)
    else:
        sizes = singan_sizes(height, width, cfg.coarsest, finest_side(photo, cfg), cfg.factor)
    if cfg.learned:
        # At least two: a single scale, with a receptive field of 11 of 25 pixels, does not capture the layout.
        few = [size for size in sizes if min(size) <= cfg.learned]
        sizes = few if len(few) > 1 else sizes[:2]
    return sizes


def finest_side(photo: Size, cfg: Config) -> int:
    """The longer side of the finest scale; above ``cfg.finest`` for panoramas, which would lose their height."""
    least = max(cfg.learned, 2 * cfg.coarsest) * max(photo) / min(photo)
    return max(cfg.finest, math.ceil(least))


def magnifying_sizes(photo: Size, cfg: Config) -> list[Size]:
    """The scales of the published super-resolution, with the photo itself as the finest, not downsampled to 250 pixels.

    The number is that of the reference code, which truncates a logarithm and then trains two scales more. For portrait
    photos it takes the wrong side; here the shorter side decides.
    """
    smallest = min(photo) / _COARSEST_MAGNIFYING
    count = int(math.log(smallest, step_of(cfg.magnified))) + 2 if smallest > 1 else 1
    ratio = smallest ** (-1 / (count - 1)) if count > 1 else 1.0
    # Rounding errors must not add a pixel.
    shrunk = [[math.ceil(side * ratio**i - 1e-9) for side in photo] for i in range(count - 1, -1, -1)]
    return [(height, width) for height, width in shrunk]


def step_of(magnified: float) -> float:
    """The upsampling factor of one super-resolution pass: near the cube root of 2."""
    return float(magnified ** (1 / passes_of(magnified)))


def passes_of(magnified: float) -> int:
    """The number of super-resolution passes: 3 for a factor of 2, 5 for 3, 6 for 4, 9 for 8."""
    return max(1, round(math.log(magnified, 2) * 3))


def reals(photo: Tensor, cfg: Config) -> list[Tensor]:
    """The photo [1, C, H, W], resampled to every scale with a trained network.

    Each is downsampled from the finest scale of the whole pyramid, as in the reference code, trained or not.
    """
    sizes = learned_sizes((photo.shape[2], photo.shape[3]), cfg)
    if cfg.magnified:
        return [at_size(photo, size) for size in sizes]
    top = min(finest_side((photo.shape[2], photo.shape[3]), cfg) / max(photo.shape[2:]), 1)
    whole = at_size(photo, (math.ceil(photo.shape[2] * top), math.ceil(photo.shape[3] * top)))
    return [at_size(whole, size) for size in sizes]


def at_size(x: Tensor, size: Size) -> Tensor:
    """Bicubic resampling and clamping as in the reference code, without its quantisation to 8 bits."""
    return x if tuple(x.shape[2:]) == tuple(size) else resize_cubic(x, size=size).clamp(-1, 1)


def in_proportion(scale: Size, photo: Size, size: Size) -> Size:
    """The size of a scale in a result of ``size``, given its size ``scale`` in an image of size ``photo``."""
    # Below the receptive field the networks would see only padding.
    return max(11, round(scale[0] * size[0] / photo[0])), max(11, round(scale[1] * size[1] / photo[1]))


def patch_levels(photo: Size, finest_learned: Size, size: Size, cfg: Config) -> list[Level]:
    """The patch levels from the finest trained scale up to ``size``; the first resynthesises that scale's own image."""
    factor = min(1.0, max(finest_learned[0] / photo[0], finest_learned[1] / photo[1]))
    count = max(1, round(math.log(1 / factor, RATIO))) if factor < 1 else 0
    levels = []
    for i in range(count + 1):
        share = factor ** (1 - i / count) if count else 1.0
        here = in_proportion((round(photo[0] * share), round(photo[1] * share)), photo, size)
        levels.append(Level(here, share, cfg.patch, cfg.patch_steps))
    levels[-1] = Level(size, 1.0, cfg.patch, 1 if count else cfg.patch_steps)
    return limited(levels, photo)


def scales(photo_size: Size, cfg: Config) -> list[Size]:
    """Height and width of all levels of a result of the photo's size, coarsest first: trained scales, then patch
    levels.
    """
    learned = learned_sizes(photo_size, cfg)
    if not cfg.learned or cfg.magnified:
        return learned
    return [*learned, *(level.size for level in patch_levels(photo_size, learned[-1], photo_size, cfg)[1:])]
