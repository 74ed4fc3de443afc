"""The scales of image pyramids in single-image methods, coarsest first, and the photo at each of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from calotype.image.resize import resize


def singan_sizes(
    height: int, width: int, min_size: int = 25, max_size: int = 250, factor: float = 0.75
) -> list[tuple[int, int]]:
    """The pyramid of SinGAN (Shaham et al. 2019), as its reference code computes it.

    The number of scales follows from ``factor``; then the factor is adjusted so that the short side of the coarsest
    scale is ``min_size``. It is one pixel more if ``min_size / side * side`` exceeds ``min_size`` by a rounding error.
    The reference code does the same, and the sizes here are its sizes.

    Args:
        height: height of the photo, pixels.
        width: width of the photo, pixels.
        min_size: short side of the coarsest scale, pixels.
        max_size: maximum long side of the finest scale, pixels (sometimes one more, by the same rounding error).
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
    """The pyramid of ConSinGAN (Hinz et al. 2021): scales are denser at low resolutions than at high ones.

    Args:
        height: height of the photo, pixels.
        width: width of the photo, pixels.
        min_size: short side of the coarsest scale, pixels, approximately.
        max_size: maximum long side of the finest scale, pixels.
        scales: number of scales.

    Returns:
        [(height, width), ...], coarsest first. A photo no larger than ``min_size`` has one scale.
    """
    top = min(max_size / max(height, width), 1)
    h, w = math.ceil(height * top), math.ceil(width * top)
    if scales < 2 or min(h, w) <= min_size:
        return [(h, w)]
    last = scales - 1
    ratio = (min_size / min(h, w)) ** (1 / last)
    # With two scales the published formula divides by log(1) = 0, and there is no intermediate scale.
    spread = (last - 1) / math.log(last) if last > 1 else 0.0
    powers = [ratio ** (spread * math.log(last - i) + 1) for i in range(last)]
    return [*((math.ceil(h * power), math.ceil(w * power)) for power in powers), (h, w)]


def gpnn_sizes(height: int, width: int, coarsest: int = 14, ratio: float = 4 / 3) -> list[tuple[int, int]]:
    """The pyramid of GPNN (Granot et al. 2022): from a few pixels up to the photo's size.

    The ratio is adjusted slightly so that a whole number of steps leads from ``coarsest`` to the photo. One of the
    reference codes instead sets both sides to 14 px, which distorts the photo; here the aspect ratio is kept, up to
    rounding.

    Args:
        height: height of the photo, pixels.
        width: width of the photo, pixels.
        coarsest: short side of the coarsest level, pixels.
        ratio: nominal ratio between neighbouring levels, above 1.

    Returns:
        [(height, width), ...], coarsest first, strictly increasing; the last is the photo's size.
    """
    short = min(height, width)
    if short <= coarsest:
        return [(height, width)]
    steps = max(1, round(math.log(short / coarsest, ratio)))
    shrink = coarsest / short
    levels = [shrink ** (1 - i / steps) for i in range(steps)]
    sizes = [(max(1, round(height * f)), max(1, round(width * f))) for f in levels]
    sizes.append((height, width))
    # Tiny levels can round to the same size: drop duplicates.
    return list(dict.fromkeys(sizes))


def pyramid(x: Tensor, sizes: Sequence[tuple[int, int]]) -> list[Tensor]:
    """Resize ``x`` [B, C, H, W] to each of ``sizes``, always from ``x`` itself, so that blur does not accumulate."""
    return [resize(x, size) for size in sizes]
