"""Time and memory of training and drawing, estimated from the multiplications of the convolutions."""

from __future__ import annotations

import os
from itertools import pairwise

from calotype.processor import bfloat16_tiles, fast_bfloat16
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server processor for one multiplication and addition with all that goes with it, in
# float32: of a drawn picture; of a training step, forwards and backwards. The share of the latter where bfloat16 is
# computed in hardware, by tiles (AMX) or by vectors (AVX-512).
PER_DRAWN, PER_LEARNED, TILES, VECTORS = 4e-11, 1.9e-11, 0.45, 0.65
# Bytes that torch itself takes; and bytes a number that a network keeps until its gradient comes.
BASE, PER_NUMBER = 350 << 20, 6
_OF_PAIRS = 40 << 20  # bytes, of the batches that are read


def down(widths: list[int], side: int, kernel: int, residual: bool) -> tuple[float, float]:
    """Multiplications and kept numbers of convolutions that halve a picture, one for each pair of widths."""
    products, numbers = 27.0 * widths[0] * side**2, float(widths[0] * side**2)
    if residual:
        products, numbers = products + 9.0 * widths[0] ** 2 * side**2, 3 * numbers
    for before, after in pairwise(widths):
        side //= 2
        products += (kernel**2 * before * after + (9 * after**2 if residual else 0)) * side**2
        numbers += (3 if residual else 2) * after * side**2
    return products, numbers


def trained(steps: int, products: float, numbers: float, weights: float, *, bf16: bool) -> Cost:
    """Seconds and peak memory of a training on this machine's processor.

    Args:
        steps: of the training.
        products: multiplications of all pictures of a step, forwards.
        numbers: that the networks keep of them until their gradients come.
        weights: of all networks.
        bf16: whether the settings ask for bfloat16.
    """
    half = (TILES if bfloat16_tiles() else VECTORS if fast_bfloat16() else 1.0) if bf16 else 1.0
    seconds = steps * 3 * products * PER_LEARNED * half / _speed_up()
    return Cost(seconds, int(BASE + _OF_PAIRS + PER_NUMBER * numbers + 24 * weights))


def drawn(products: float, numbers: float, weights: float) -> Cost:
    """Seconds and peak memory of a picture, with the codes that it is drawn from."""
    return Cost(max(0.01, products * PER_DRAWN / _speed_up()), int(BASE + 4 * (numbers + weights)))


def _speed_up() -> float:
    # Small networks keep two cores busy and no more.
    return 1.7 if (os.cpu_count() or 1) > 1 else 1.0
