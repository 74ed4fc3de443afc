"""The sizes that single-image methods work through, coarsest first, and the photo at each of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from calotype.image.resize import resize


def singan_sizes(
    height: int, width: int, min_size: int = 25, max_size: int = 250, factor: float = 0.75
) -> list[tuple[int, int]]:
    """The pyramid of SinGAN (Shaham et al. 2019), as its reference code computes it.

    The number of scales follows from ``factor``; then the factor is adjusted so that the coarsest short side comes
    out at ``min_size``. It comes out one higher where ``min_size / side * side`` is a hair above in floating point:
    the reference does that too, and the sizes here are its sizes.

    Args:
        height: of the photo, pixels.
        width: of the photo, pixels.
        min_size: short side of the coarsest scale, pixels.
        max_size: the finest scale's long side is at most this, pixels (by the same hair, now and then one more).
        factor: nominal ratio between neighbouring scales, below 1.

    Returns:
        [(height, width), ...], coarsest first. A photo no larger than ``min_size`` has one scale.
    """
    short, long = min(height, width), max(height, width)
    scales = math.ceil(math.log(min_size / short, factor)) + 1
    dropped = math.ceil(math.log(min(max_size, long) / long, factor))
    finest_index = scales - dropped
    top = min(max_size / long, 1)
    h, w = math.ceil(height * top), math.ceil(width * top)
    if finest_index < 1 or min(h, w) <= min_size:
        return [(h, w)]
    ratio = (min_size / min(h, w)) ** (1 / finest_index)
    powers = [ratio**i for i in range(finest_index, -1, -1)]
    return [(math.ceil(h * power), math.ceil(w * power)) for power in powers]


def consingan_sizes(
    height: int, width: int, min_size: int = 25, max_size: int = 250, scales: int = 6
) -> list[tuple[int, int]]:
    """The pyramid of ConSinGAN (Hinz et al. 2021): more scales where pictures are small, fewer where they are large.

    Args:
        height: of the photo, pixels.
        width: of the photo, pixels.
        min_size: short side of the coarsest scale, pixels, or nearly.
        max_size: the finest scale's long side is at most this, pixels.
        scales: how many.

    Returns:
        [(height, width), ...], coarsest first. A photo no larger than ``min_size`` has one scale.
    """
    top = min(max_size / max(height, width), 1)
    h, w = math.ceil(height * top), math.ceil(width * top)
    if scales < 2 or min(h, w) <= min_size:
        return [(h, w)]
    last = scales - 1
    ratio = (min_size / min(h, w)) ** (1 / last)
    # With two scales the published spacing divides by the logarithm of 1: there is nothing to space out.
    spread = (last - 1) / math.log(last) if last > 1 else 0.0
    powers = [ratio ** (spread * math.log(last - i) + 1) for i in range(last)]
    return [*((math.ceil(h * power), math.ceil(w * power)) for power in powers), (h, w)]


def gpnn_sizes(height: int, width: int, coarsest: int = 14, ratio: float = 4 / 3) -> list[tuple[int, int]]:
    """The pyramid of GPNN (Granot et al. 2022): from a few pixels up to the photo itself.

    The ratio is adjusted a little so that a whole number of steps leads from ``coarsest`` to the photo. One of
    the reference codes cuts both sides to 14 px where that does not come out even, which distorts the photo;
    here the shape is kept, up to rounding.

    Args:
        height: of the photo, pixels.
        width: of the photo, pixels.
        coarsest: short side of the coarsest level, pixels.
        ratio: nominal ratio between neighbouring levels, above 1.

    Returns:
        [(height, width), ...], coarsest first, each larger than the one before; the last is the photo's size.
    """
    short = min(height, width)
    if short <= coarsest:
        return [(height, width)]
    steps = max(1, round(math.log(short / coarsest, ratio)))
    shrink = coarsest / short
    levels = [shrink ** (1 - i / steps) for i in range(steps)]
    sizes = [(max(1, round(height * f)), max(1, round(width * f))) for f in levels]
    sizes.append((height, width))
    # Tiny levels can round to the same size: once is enough.
    return list(dict.fromkeys(sizes))


def pyramid(x: Tensor, sizes: Sequence[tuple[int, int]]) -> list[Tensor]:
    """``x`` [B, C, H, W] at each of ``sizes``, every level resized from ``x`` itself, so that blur does not add up."""
    return [resize(x, size) for size in sizes]
