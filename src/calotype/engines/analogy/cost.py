"""What training and a picture will take, said before they are begun."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from calotype.engines.analogy.checks import checked_settings
from calotype.engines.analogy.config import Config
from calotype.engines.analogy.network import map_channels
from calotype.engines.analogy.sizes import Size, inner_size, patch_levels
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server processor, fitted to benchmarks/results/sia_ablation.json: for a
# multiplication and addition of a network, for a step whatever its size, and for a patch replaced and compared once.
PER_PRODUCT, PER_STEP, PER_PATCH = 5.5e-11, 0.055, 1.5e-6
# What keeping patches together takes, against replacing them. And what either takes of a patch however few its
# components are, in so many of these: both are fitted to 24 of them and to benchmarks/results/components.json.
GATHERED, USUAL_COMPONENTS, APART = 1.0, 24, 85
# Bytes that torch itself and a few temporaries take; and of one pixel and channel while the nets learn.
BASE, PER_CHANNEL = 400 << 20, 600


def training_cost(size: Size, cfg: Config) -> Cost:
    """Seconds and peak memory for learning from a photo of ``size`` pixels (height, width).

    Raises:
        InputError: the photo is too small, or a setting is out of range.
    """
    checked_settings(cfg)
    pixels = math.prod(inner_size(size, size, cfg))
    made, judged, surveyed = _generator(cfg), _critic(cfg), _segmenter(cfg)
    # A way back through a net is about two there. The critic judges what is made and what is real.
    taught = cfg.generator_steps * (3 * made + 4 * judged + 2 * surveyed)
    learned = cfg.critic_steps * (made + 6 * judged) + cfg.critic_after * 6 * judged
    found = 3 * surveyed * (1 if cfg.segment_always else 1 / cfg.reconstruct_every)
    seconds = cfg.steps * (PER_STEP * cfg.generator_steps + PER_PRODUCT * pixels * (taught + learned + found))
    memory = BASE + PER_CHANNEL * pixels * (cfg.width + cfg.critic_width // 4 + cfg.segmenter_width // 2)
    return Cost(seconds / _speed_up(), memory)


def cost(photo_sizes: Sequence[Size], size: Size, cfg: Config) -> Cost:
    """Seconds and peak memory for one picture of ``size`` (height, width) by a model that is trained."""
    first = inner_size(size, photo_sizes[0], cfg)
    pixels = math.prod(first)
    seconds, memory = PER_PRODUCT * pixels * _generator(cfg), 24 * cfg.width * pixels
    if cfg.refined:
        components = min(cfg.components or 1 << 30, (3 + cfg.classes + 2) * cfg.patch**2)
        each = PER_PATCH * (1 + (GATHERED if cfg.together else 0)) * (components + APART) / (USUAL_COMPONENTS + APART)
        for level in patch_levels(photo_sizes[0], size, cfg):
            seconds += each * level.steps * level.size[0] * level.size[1]
        # The photo's patches are held whole, twice; those of the result a strip at a time.
        memory = max(memory, (900 + 8 * max(0, components - USUAL_COMPONENTS)) * size[0] * size[1])
    return Cost(seconds / _speed_up(), BASE + memory)


def _generator(cfg: Config) -> float:
    """Products and sums a pixel: every level of encoder and decoder has as many, with twice the channels on a quarter.

    Three encodings (two maps, one picture), one decoding; the translations are at most a tenth of it.
    """
    return (3 * 63 + 63 + 12) * cfg.width**2 + 49 * cfg.width * (2 * map_channels(cfg) + 4)


def _critic(cfg: Config) -> float:
    return 8.6 * cfg.critic_width**2 + 7 * cfg.critic_width


def _segmenter(cfg: Config) -> float:
    return 13 * cfg.segmenter_width**2 + (57 + cfg.classes) * cfg.segmenter_width


def _speed_up() -> float:
    # Small pictures keep two cores busy and no more.
    return math.sqrt(min(os.cpu_count() or 1, 4))
