"""Estimates of the time and memory of training and of one result."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from calotype.engines.analogy.checks import check_learnable, checked_settings
from calotype.engines.analogy.config import Config
from calotype.engines.analogy.network import map_channels
from calotype.engines.analogy.sizes import Size, check_target, inner_size, patch_levels
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server CPU, fitted to benchmarks/results/sia_ablation.json: per multiply-add (MAC) of
# a network, the constant overhead of a step, and one patch search and replacement.
SECONDS_PER_MAC, SECONDS_PER_STEP, SECONDS_PER_PATCH = 5.5e-11, 0.055, 1.5e-6
# Time of the coherence term, relative to patch replacement; the number of components that the times are fitted to; and
# the constant time per patch, in components (benchmarks/results/components.json).
COHERENCE_SHARE, USUAL_COMPONENTS, CONSTANT_COMPONENTS = 1.0, 24, 85
# Bytes of torch itself with a few temporaries, and per pixel and channel in training.
BASE_BYTES, BYTES_PER_CHANNEL = 400 << 20, 600


def training_cost(size: Size, cfg: Config) -> Cost:
    """Seconds and peak memory of training on a photo of ``size`` pixels (height, width).

    Raises:
        InputError: the photo is too small, or a setting is out of range.
    """
    check_learnable(cfg)
    pixels = math.prod(inner_size(size, size, cfg))
    generator, discriminator, segmenter = _generator_macs(cfg), _discriminator_macs(cfg), _segmenter_macs(cfg)
    # Backward costs about two forward passes. The discriminator processes generated and real images.
    per_generator = cfg.generator_steps * (3 * generator + 4 * discriminator + 2 * segmenter)
    per_discriminator = cfg.critic_steps * (generator + 6 * discriminator) + cfg.critic_after * 6 * discriminator
    per_segmenter = 3 * segmenter * (1 if cfg.segment_always else 1 / cfg.reconstruct_every)
    seconds = cfg.steps * (
        SECONDS_PER_STEP * cfg.generator_steps
        + SECONDS_PER_MAC * pixels * (per_generator + per_discriminator + per_segmenter)
    )
    memory = BASE_BYTES + BYTES_PER_CHANNEL * pixels * (cfg.width + cfg.critic_width // 4 + cfg.segmenter_width // 2)
    return Cost(seconds / _parallel_speedup(), memory)


def cost(photo_sizes: Sequence[Size], size: Size, cfg: Config) -> Cost:
    """Seconds and peak memory of one image of ``size`` (height, width) from a trained model.

    Raises:
        InputError: that size is too small, or a setting is out of range.
    """
    checked_settings(cfg)
    check_target(size, cfg)
    first = inner_size(size, photo_sizes[0], cfg)
    pixels = math.prod(first)
    seconds, memory = SECONDS_PER_MAC * pixels * _generator_macs(cfg), 24 * cfg.width * pixels
    if cfg.refined:
        components = min(cfg.components or 1 << 30, (3 + cfg.classes + 2) * cfg.patch**2)
        each = (
            SECONDS_PER_PATCH
            * (1 + (COHERENCE_SHARE if cfg.together else 0))
            * (components + CONSTANT_COMPONENTS)
            / (USUAL_COMPONENTS + CONSTANT_COMPONENTS)
        )
        for level in patch_levels(photo_sizes[0], size, cfg):
            seconds += each * level.steps * level.size[0] * level.size[1]
        # All patches of the photo are held twice; those of the result one strip at a time.
        memory = max(memory, (900 + 8 * max(0, components - USUAL_COMPONENTS)) * size[0] * size[1])
    return Cost(seconds / _parallel_speedup(), BASE_BYTES + memory)


def _generator_macs(cfg: Config) -> float:
    """Multiply-adds per pixel: equal at every level of encoder and decoder, with twice the channels on a quarter.

    Three encodings (two maps, one image), one decoding; the translations are at most a tenth of it.
    """
    return (3 * 63 + 63 + 12) * cfg.width**2 + 49 * cfg.width * (2 * map_channels(cfg) + 4)


def _discriminator_macs(cfg: Config) -> float:
    return 8.6 * cfg.critic_width**2 + 7 * cfg.critic_width


def _segmenter_macs(cfg: Config) -> float:
    return 13 * cfg.segmenter_width**2 + (57 + cfg.classes) * cfg.segmenter_width


def _parallel_speedup() -> float:
    # Small images do not use more than two cores well.
    return math.sqrt(min(os.cpu_count() or 1, 4))
