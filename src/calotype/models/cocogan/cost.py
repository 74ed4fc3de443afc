"""What training and a picture will take, said before they are begun."""

from __future__ import annotations

import math
import os
from itertools import pairwise

from calotype.models.cocogan.beyond import STEPS, Margins, check_margins
from calotype.models.cocogan.config import Config
from calotype.models.cocogan.coordinates import cells, cells_of_macro, dimensions
from calotype.models.cocogan.generate import AT_ONCE, checked_size
from calotype.models.cocogan.network import _critic_widths, _generator_widths, margins
from calotype.processor import bfloat16_tiles, quick_bfloat16
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server processor for one multiplication and addition with all that goes with it, in
# float32: of a picture that is made; of a training step. The share of the latter where bfloat16 is multiplied in
# hardware, by tiles (AMX) or by vectors (AVX-512).
PER_MADE, PER_LEARNED, TILES, VECTORS = 2.1e-11, 2.4e-11, 0.36, 0.6
# Bytes that torch itself takes; and of one number that a network keeps until its gradient comes.
BASE, PER_NUMBER = 350 << 20, 12


def training_cost(cfg: Config) -> Cost:
    """Seconds and peak memory for the whole training on this machine's processor."""
    kept = cfg.batch / cfg.accumulate * (cells_of_macro(cfg) ** 2 * _kept(cfg)[0] + 2 * _kept(cfg)[1])
    return Cost(sum(efforts(cfg)) / _speed_up(), int(BASE + PER_NUMBER * kept + 40 * _weights(cfg)))


def efforts(cfg: Config) -> list[float]:
    """Seconds of each stage of a training on one core, in the order of ``stages``."""
    within = cells_of_macro(cfg) ** 2
    made, judged = generator_products(cfg), critic_products(cfg)
    penalties = 4 * judged / cfg.penalty_every if cfg.penalty else 0.0
    # A pass there and back is three passes; the critic sees two pieces for itself and one for the generator.
    passes = 3 * within * made + (3 * 2 + 2) * judged + penalties
    step = cfg.batch * passes * PER_LEARNED * (_half() if cfg.bf16 else 1)
    return [cfg.steps * step] + ([cfg.beyond_steps * 2 * step] if cfg.beyond else [])


def cost(size: tuple[int, int] | None, cfg: Config) -> Cost:
    """Seconds and peak memory for one picture of ``size`` (height, width; ``None``: as in training)."""
    height, width = checked_size(size, cfg)
    down, across = math.ceil(height / cfg.micro) + 1, math.ceil(width / cfg.micro) + 1
    pieces = math.ceil(down / max(1, AT_ONCE // across)) * math.ceil(across / AT_ONCE) * AT_ONCE
    seconds = pieces * generator_products(cfg) * PER_MADE
    return Cost(
        max(0.01, seconds / _speed_up()),
        int(BASE + 8 * AT_ONCE * _kept(cfg)[0] + 24 * height * width + 8 * _weights(cfg)),
    )


def expanding_cost(margins_px: Margins, cfg: Config) -> Cost:
    """Seconds and peak memory for one picture that is continued beyond its edges, on this machine's processor.

    Raises:
        InputError: the margins go beyond what was learned.
    """
    check_margins(margins_px, cfg)
    left, right, top, bottom = margins_px
    made = cost((cfg.size[0] + 2 * max(top, bottom), cfg.size[1] + 2 * max(left, right)), cfg)
    rows, columns = cells(cfg)
    # A pass there and back is three passes.
    search = 3 * STEPS * rows * columns * generator_products(cfg) * PER_MADE / _speed_up()
    return Cost(made.seconds + search, int(made.bytes + PER_NUMBER * rows * columns * _kept(cfg)[0]))


def generator_products(cfg: Config) -> float:
    """Multiplications for one micro piece."""
    widths, over = _generator_widths(cfg), margins(cfg)
    cell, side = 2, 2 + 2 * over[0]
    total = float(side**2 * widths[0] * (cfg.latent + dimensions(cfg)))
    for (before, after), margin in zip(pairwise(widths), over[1:]):
        # A convolution that doubles the size is one of 4 x 4 that steps by two, and so is one that halves it.
        up = cell < cfg.micro
        total += (1 + (16 if up else 9)) * before * after * side**2
        side, cell = (2 * side, 2 * cell) if up else (side, cell)
        total += 9 * after**2 * side**2
        side = cell + 2 * margin
    return total + 27 * widths[-1] * side**2


def critic_products(cfg: Config) -> float:
    """Multiplications for one macro piece."""
    widths = _critic_widths(cfg)
    total, side = 0.0, cfg.macro
    for i, (before, after) in enumerate(pairwise([3, *widths])):
        down = i < len(widths) - 1
        total += 9 * before * after * side**2
        side //= 2 if down else 1
        total += (before + (16 if down else 9) * after) * after * side**2
    return total


def _kept(cfg: Config) -> tuple[float, float]:
    """Numbers that the generator keeps of a micro piece, and the critic of a macro piece, until gradients come."""
    made, side = 0.0, 2
    for width, margin in zip(_generator_widths(cfg)[1:], margins(cfg)):
        grown = min(2 * side, cfg.micro)
        made += 8 * width * (grown + 2 * margin * grown // side) ** 2
        side = grown
    judged, side = 0.0, cfg.macro
    for width in _critic_widths(cfg):
        judged += 4 * width * side**2
        side = max(4, side // 2)
    return made, judged


def _weights(cfg: Config) -> float:
    ends = pairwise(_generator_widths(cfg))
    judge = pairwise([3, *_critic_widths(cfg)])
    affine = 4 * sum(_generator_widths(cfg)) * (cfg.latent + dimensions(cfg))
    return 2 * sum(9 * (a + b) * b for a, b in ends) + 2 * affine + sum(9 * (a + b) * b for a, b in judge)


def _half() -> float:
    """The share of the time of float32 that bfloat16 takes on this machine."""
    return TILES if bfloat16_tiles() else VECTORS if quick_bfloat16() else 1.0


def _speed_up() -> float:
    # Small pieces keep two cores busy and no more.
    return 1.7 if (os.cpu_count() or 1) > 1 else 1.0
