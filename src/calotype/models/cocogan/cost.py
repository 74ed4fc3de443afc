"""Estimates of the time and memory of training and of sampling."""

from __future__ import annotations

import math
import os
from itertools import pairwise

from calotype.models.cocogan.beyond import STEPS, Margins, check_margins
from calotype.models.cocogan.config import Config
from calotype.models.cocogan.coordinates import cells, cells_of_macro, dimensions
from calotype.models.cocogan.generate import PATCHES_PER_PASS, checked_size
from calotype.models.cocogan.network import _discriminator_widths, _generator_widths, overlap_margins
from calotype.processor import bfloat16_tiles, fast_bfloat16
from calotype.types import Cost

# Seconds per multiply-add (MAC) in float32 on one core of a 2.6 GHz server CPU, all overhead included: sampling and
# training. Then the time of a training step with hardware bfloat16, relative to float32: AMX tiles and AVX-512 vectors.
SECONDS_PER_MAC_SAMPLING, SECONDS_PER_MAC_TRAINING, AMX_SHARE, AVX512_SHARE = 2.1e-11, 2.4e-11, 0.36, 0.6
# Bytes that torch itself takes, and bytes per activation kept for the backward pass.
BASE_BYTES, BYTES_PER_ACTIVATION = 350 << 20, 12


def training_cost(cfg: Config) -> Cost:
    """Seconds and peak memory of a whole training on this machine's CPU."""
    kept = cfg.batch / cfg.accumulate * (cells_of_macro(cfg) ** 2 * _activations(cfg)[0] + 2 * _activations(cfg)[1])
    return Cost(
        sum(efforts(cfg)) / _parallel_speedup(), int(BASE_BYTES + BYTES_PER_ACTIVATION * kept + 40 * _parameters(cfg))
    )


def efforts(cfg: Config) -> list[float]:
    """Seconds of each training stage on one core, in the order of ``stages``."""
    within = cells_of_macro(cfg) ** 2
    per_generator, per_discriminator = generator_macs(cfg), discriminator_macs(cfg)
    penalties = 4 * per_discriminator / cfg.penalty_every if cfg.penalty else 0.0
    # Forward and backward cost three forward passes. The discriminator sees two patches in its own update and one in
    # the generator's, where its weights need no gradients.
    passes = 3 * within * per_generator + (3 * 2 + 2) * per_discriminator + penalties
    step = cfg.batch * passes * SECONDS_PER_MAC_TRAINING * (_bfloat16_share() if cfg.bf16 else 1)
    return [cfg.steps * step] + ([cfg.beyond_steps * 2 * step] if cfg.beyond else [])


def cost(size: tuple[int, int] | None, cfg: Config) -> Cost:
    """Seconds and peak memory of one image of ``size`` (height, width; ``None``: the training size)."""
    height, width = checked_size(size, cfg)
    down, across = math.ceil(height / cfg.micro) + 1, math.ceil(width / cfg.micro) + 1
    pieces = (
        math.ceil(down / max(1, PATCHES_PER_PASS // across)) * math.ceil(across / PATCHES_PER_PASS) * PATCHES_PER_PASS
    )
    seconds = pieces * generator_macs(cfg) * SECONDS_PER_MAC_SAMPLING
    return Cost(
        max(0.01, seconds / _parallel_speedup()),
        int(BASE_BYTES + 8 * PATCHES_PER_PASS * _activations(cfg)[0] + 24 * height * width + 8 * _parameters(cfg)),
    )


def expanding_cost(margins_px: Margins, cfg: Config) -> Cost:
    """Seconds and peak memory of outpainting one photo, on this machine's CPU.

    Raises:
        InputError: the margins go beyond what was trained.
    """
    check_margins(margins_px, cfg)
    left, right, top, bottom = margins_px
    made = cost((cfg.size[0] + 2 * max(top, bottom), cfg.size[1] + 2 * max(left, right)), cfg)
    rows, columns = cells(cfg)
    # Forward and backward cost three forward passes.
    search = 3 * STEPS * rows * columns * generator_macs(cfg) * SECONDS_PER_MAC_SAMPLING / _parallel_speedup()
    return Cost(made.seconds + search, int(made.bytes + BYTES_PER_ACTIVATION * rows * columns * _activations(cfg)[0]))


def generator_macs(cfg: Config) -> float:
    """Multiply-adds of one micro patch."""
    widths, over = _generator_widths(cfg), overlap_margins(cfg)
    cell, side = 2, 2 + 2 * over[0]
    total = float(side**2 * widths[0] * (cfg.latent + dimensions(cfg)))
    for (before, after), margin in zip(pairwise(widths), over[1:]):
        # Convolution with 2x up- or downsampling is computed as one 4 x 4 convolution of stride 2.
        up = cell < cfg.micro
        total += (1 + (16 if up else 9)) * before * after * side**2
        side, cell = (2 * side, 2 * cell) if up else (side, cell)
        total += 9 * after**2 * side**2
        side = cell + 2 * margin
    return total + 27 * widths[-1] * side**2


def discriminator_macs(cfg: Config) -> float:
    """Multiply-adds of one macro patch."""
    widths = _discriminator_widths(cfg)
    total, side = 0.0, cfg.macro
    for i, (before, after) in enumerate(pairwise([3, *widths])):
        down = i < len(widths) - 1
        total += 9 * before * after * side**2
        side //= 2 if down else 1
        total += (before + (16 if down else 9) * after) * after * side**2
    return total


def _activations(cfg: Config) -> tuple[float, float]:
    """Activations kept for the backward pass, of the generator (micro patch) and the discriminator (macro)."""
    per_generator, side = 0.0, 2
    for width, margin in zip(_generator_widths(cfg)[1:], overlap_margins(cfg)):
        upsampled = min(2 * side, cfg.micro)
        per_generator += 8 * width * (upsampled + 2 * margin * upsampled // side) ** 2
        side = upsampled
    per_discriminator, side = 0.0, cfg.macro
    for width in _discriminator_widths(cfg):
        per_discriminator += 4 * width * side**2
        side = max(4, side // 2)
    return per_generator, per_discriminator


def _parameters(cfg: Config) -> float:
    """The number of parameters of all networks."""
    ends = pairwise(_generator_widths(cfg))
    discriminator = pairwise([3, *_discriminator_widths(cfg)])
    affine = 4 * sum(_generator_widths(cfg)) * (cfg.latent + dimensions(cfg))
    return 2 * sum(9 * (a + b) * b for a, b in ends) + 2 * affine + sum(9 * (a + b) * b for a, b in discriminator)


def _bfloat16_share() -> float:
    """Time of a step in bfloat16 on this machine, relative to float32."""
    return AMX_SHARE if bfloat16_tiles() else AVX512_SHARE if fast_bfloat16() else 1.0


def _parallel_speedup() -> float:
    # Small patches do not use more than two cores.
    return 1.7 if (os.cpu_count() or 1) > 1 else 1.0
