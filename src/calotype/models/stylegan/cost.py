"""Time and memory that training and sampling take, estimated before they start."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import pairwise

from calotype.models.stylegan.alias_free import bands
from calotype.models.stylegan.config import Config, widths
from calotype.processor import bfloat16_tiles, fast_bfloat16
from calotype.types import Cost

# Seconds on one core of a 2.6 GHz server processor for one multiply-add with all that goes with it, in float32: of a
# sampled picture; of a training step. The share of the latter where bfloat16 is computed in hardware, by tiles (AMX) or
# by vectors (AVX-512).
PER_SAMPLED, PER_TRAINED, TILES, VECTORS = 3.2e-11, 2.4e-11, 0.45, 0.75
# Seconds of a training step for a number that is kept until its gradient comes: most of the time of narrow networks.
PER_KEPT = 2.5e-9
# Steps of the methods of embedding; multiply-adds of their features for a pixel, and the largest side of these.
STEPS = {"fast": 300, "paper": 5000, "projector": 1000}
# Steps of the recipes of masked embedding: of the styles, and of the noise maps.
MASKED_STEPS = {
    "fast": {"erase": (250, 100), "edit": (100, 100), "stylize": (100, 100), "mix": (150, 100)},
    "paper": {"erase": (200, 1000), "edit": (1000, 1000), "stylize": (1000, 1000), "mix": (1000, 1000)},
}
FEATURE_MACS = {"fast": 14_000, "paper": 190_000, "projector": 235_000}
FEATURE_SIDES = {"fast": 128, "paper": 256, "projector": 256}
_PREVIEW, _PREVIEW_SECONDS = 2, 0.5  # a preview takes as long as so many pictures, and refinements
PER_STEP = 0.025  # seconds of a step of embedding, whatever the size of the network
# Bytes that torch itself takes; and bytes a number that a network keeps until its gradient comes.
BASE, PER_NUMBER = 350 << 20, 6


def training_cost(cfg: Config) -> Cost:
    """Seconds and peak memory of the whole training on this machine's processor."""
    return Cost(efforts(cfg)[0] / _speed_up(), int(BASE + PER_NUMBER * _kept(cfg) + 32 * _weights(cfg)))


def efforts(cfg: Config) -> list[float]:
    """Seconds of each stage on one core, in the order of ``stages``."""
    per_generator, per_discriminator = generator_macs(cfg), discriminator_macs(cfg)
    # A pass there and back is three passes. The discriminator sees generated and real pictures, and hands gradients
    # back to the generator once more. Regularization takes second derivatives.
    passes = 3 * per_generator + 7 * per_discriminator
    if cfg.gradient_penalty:
        passes += 8 * (2 if cfg.fake_penalty else 1) * per_discriminator / cfg.gradient_every
    if cfg.path_weight:
        passes += 8 * per_generator / (cfg.path_every * cfg.path_shrink)
    share = (TILES if bfloat16_tiles() else VECTORS if fast_bfloat16() else 1.0) if cfg.bf16 else 1.0
    return [cfg.steps * (cfg.batch * passes * PER_TRAINED * share + _kept(cfg) * PER_KEPT)]


def cost(size: tuple[int, int] | None, cfg: Config) -> Cost:
    """Seconds and peak memory of one picture; ``size`` has no effect."""
    seconds = generator_macs(cfg) * PER_SAMPLED / _speed_up()
    largest = 6 * max(width * side**2 for side, width in _layers(cfg))
    return Cost(max(0.01, seconds), int(BASE + 4 * largest + 8 * _weights(cfg)))


def embedding_cost(plan: tuple[str, int, int] | tuple[str, int, int, int], cfg: Config) -> Cost:
    """Seconds and peak memory of embedding a photo.

    Args:
        plan: method, or ``preview``, steps (0: those of the method), steps of the noise stage and, if there are any, of
            tuning.
        cfg: the settings.
    """
    method, steps, noise_steps, *tuning = plan
    if method == "preview":
        alone = cost(None, cfg)
        return Cost(_PREVIEW * alone.seconds + _PREVIEW_SECONDS, alone.bytes)
    steps = steps or STEPS[method]
    side = cfg.resolution
    feature = FEATURE_MACS[method] * min(side, FEATURE_SIDES[method]) ** 2
    if method == "paper":
        feature = FEATURE_MACS[method] * FEATURE_SIDES[method] ** 2
    # A pass there and back is three passes.
    share = _fast_share(side) if method == "fast" else 1.0
    macs = 3 * (steps * share * (generator_macs(cfg) + feature) + noise_steps * generator_macs(cfg))
    for tune_steps in tuning:  # of the photo and of another style, which is drawn by both generators
        macs += tune_steps * (7 * generator_macs(cfg) + 7 * feature)
    fixed = PER_STEP * (steps + noise_steps + 3 * sum(tuning))
    kept = sum(10.0 * width * size**2 for size, width in _layers(cfg)) + 2e7
    return Cost(macs * PER_SAMPLED / _speed_up() + fixed, int(BASE + 6 * kept + 12 * _weights(cfg)))


def _fast_share(side: int) -> float:
    """The share that a step of ``fast`` costs of one at the full size: most are made at lower resolutions."""
    return 1.0 if side <= 32 else 0.45 if side < 512 else 0.25


def masked_cost(plan: tuple[str, str, int, int | None, bool], cfg: Config) -> Cost:
    """Seconds and peak memory of a recipe of masked embedding.

    Args:
        plan: verb, method, steps (0: those of the method), steps of the noise stage (``None``: those of the method) and
            whether the styles of the photo have to be found first.
        cfg: the settings.
    """
    verb, method, steps, noise_steps, searched = plan
    usual, usual_noise = MASKED_STEPS[method][verb]
    found = embedding_cost((method, steps, 0), cfg).seconds if searched else 0.0
    # Masked stages work at the full size, where ``embedding_cost`` expects less of ``fast``.
    share = 1 / _fast_share(cfg.resolution) if method == "fast" else 1.0
    masked = embedding_cost((method, steps or usual, 0), cfg)
    noise = embedding_cost((method, 1, usual_noise if noise_steps is None else noise_steps), cfg).seconds
    return replace(masked, seconds=found + masked.seconds * share + noise)


def generator_macs(cfg: Config) -> float:
    """Multiply-adds of one picture."""
    if cfg.generator == "stylegan3":
        plan = bands(cfg)
        total = 0.0
        for before, band in pairwise([plan[0], *plan]):
            total += cfg.kernel**2 * before.channels * band.channels * before.size**2
            total += 8 * cfg.taps * band.channels * band.size**2 * 4
        return total
    total, inputs, earlier = 0.0, 0, 0
    for side, width in widths(cfg, cfg.base).items():
        # A transposed convolution computes at the lower resolution; then comes the filter of 16 taps.
        total += 9 * inputs * width * earlier**2 + 16 * width * side**2 + 9 * width**2 * side**2
        total += cfg.channels * width * side**2
        inputs, earlier = width, side
    return total


def discriminator_macs(cfg: Config) -> float:
    """Multiply-adds of the scores of one picture."""
    channels = widths(cfg, cfg.discriminator_base)
    total = float(cfg.channels * channels[cfg.resolution] * cfg.resolution**2)
    for side in sorted(channels)[1:]:
        here, after = channels[side], channels[side // 2]
        total += (9 * here**2 + 16 * here + 4 * here) * side**2 + 10 * here * after * (side // 2) ** 2
    return total + 9 * channels[4] ** 2 * 16 + 16 * channels[4] ** 2


def _layers(cfg: Config) -> list[tuple[int, int]]:
    """Side and channels of the layers."""
    if cfg.generator == "stylegan3":
        return [(2 * band.size, band.channels) for band in bands(cfg)]
    return list(widths(cfg, cfg.base).items())


def generator_numbers(cfg: Config) -> float:
    """Numbers that the generator keeps of a picture until its gradient comes."""
    return sum(12.0 * width * side**2 for side, width in _layers(cfg))


def _discriminator_numbers(cfg: Config) -> float:
    """Numbers that the discriminator keeps of a picture until its gradient comes."""
    return sum(10.0 * width * side**2 for side, width in widths(cfg, cfg.discriminator_base).items())


def _kept(cfg: Config) -> float:
    """Numbers that both networks keep of a batch until the gradient comes."""
    return cfg.batch * (generator_numbers(cfg) + 2 * _discriminator_numbers(cfg))


def _weights(cfg: Config) -> float:
    """Number of weights of both networks, roughly."""
    layers = sum(2 * 9.0 * width**2 + 2 * width * cfg.style for _, width in _layers(cfg))
    discriminator = (
        sum(2 * 9.0 * width**2 for width in widths(cfg, cfg.discriminator_base).values()) if _trained(cfg) else 0.0
    )
    return layers + discriminator + cfg.mapping_layers * cfg.style**2


def _trained(cfg: Config) -> bool:
    return cfg.generator == "stylegan2"


def _speed_up() -> float:
    # Small networks keep two cores busy and no more.
    return 1.7 if (os.cpu_count() or 1) > 1 else 1.0
