"""Random noise fields for backgrounds, identical on every machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.float32]


def cloudy(
    rng: np.random.Generator, shape: tuple[int, int], cells: float, octaves: int = 4, fade: float = 0.55
) -> Field:
    """Value noise over several octaves, [height, width], 0..1.

    Args:
        rng: the random number generator to draw from.
        shape: (height, width), pixels.
        cells: number of cells of the coarsest octave along the longer side.
        octaves: number of octaves; each has twice as many cells as the one before.
        fade: amplitude of each octave relative to the one before.
    """
    height, width = shape
    total = np.zeros(shape, np.float32)
    weight = 1.0
    for octave in range(octaves):
        across = cells * 2**octave / max(shape)
        grid = rng.random((max(2, round(height * across) + 1), max(2, round(width * across) + 1)), dtype=np.float32)
        total += weight * enlarged(grid, shape)
        weight *= fade
    low, high = float(total.min()), float(total.max())
    scaled: Field = (total - low) / np.float32(max(high - low, 1e-6))
    return scaled


def enlarged(grid: Field, shape: tuple[int, int]) -> Field:
    """Upsample a small field smoothly to (height, width)."""
    return np.asarray(Image.fromarray(grid).resize((shape[1], shape[0]), Image.Resampling.BICUBIC), np.float32)


def ridge(rng: np.random.Generator, width: int, cells: float, octaves: int = 4) -> Field:
    """The outline of a line of hills: heights [width], 0..1."""
    heights: Field = cloudy(rng, (1, width), cells, octaves)[0]
    return heights


def mixed(low: tuple[float, ...], high: tuple[float, ...], amount: Field) -> Field:
    """Interpolate linearly from ``low`` to ``high`` by ``amount`` [...]: [..., 3]."""
    a, b = np.asarray(low, np.float32), np.asarray(high, np.float32)
    between: Field = a + (b - a) * amount[..., None]
    return between
