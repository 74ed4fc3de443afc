"""Validation of photo and settings before any work is done."""

from __future__ import annotations

from torch import Tensor

from calotype.engines.analogy.config import Config
from calotype.engines.analogy.sizes import factor_of
from calotype.errors import ArgumentError, InputError
from calotype.setting_checks import at_least, not_negative, odd_sides, one_of, unusable

_CHOICES = {
    "coding": ("one-hot", "colours"),
    "norm": ("instance", "batch"),
    "output": ("tanh", "leaky"),
    "ratio": ("safe", "raw"),
    "features": ("pixels", "vgg", "auto"),
}
_MINIMUM = {
    "classes": 1,
    "steps": 1,
    "parts": 1,
    "critic_steps": 0,
    "critic_after": 0,
    "generator_steps": 1,
    "reconstruct_every": 1,
    "queries": 2,
    "nearest": 1,
    "segmenter_width": 1,
    "critic_width": 4,
    "patch_steps": 1,
    "components": 0,
    "side": 0,
    "handed": 0,
}


def checked(photo: Tensor, cfg: Config) -> None:
    """Check photo and settings.

    Raises:
        InputError: the photo is too small or has transparency, or a setting is out of range.
    """
    if photo.shape[1] != 3:
        raise InputError("analogy learns from opaque photos: lay this one on a background first, or use --engine gpnn")
    check_learnable(cfg)
    factor_of((photo.shape[2], photo.shape[3]), cfg)


def check_learnable(cfg: Config) -> None:
    """Check the settings of a training.

    Raises:
        InputError: one is out of range, or weights of networks with batch normalisation would be averaged.
    """
    checked_settings(cfg)
    if cfg.average and (cfg.norm == "batch" or cfg.output == "leaky"):
        raise ArgumentError(
            "--set norm=batch and --set output=leaky need --set average=0: a moving average has no statistics of batch "
            "normalisation of its own"
        )


def checked_settings(cfg: Config) -> None:
    """Check the settings alone."""
    one_of(cfg, _CHOICES)
    at_least(cfg, _MINIMUM)
    if cfg.critic_steps + cfg.critic_after < 1:
        raise ArgumentError(
            "--set critic_steps=0 and --set critic_after=0 cannot be used together: the discriminator has to be trained"
        )
    if cfg.width < 4 or cfg.width % 4:
        raise unusable(cfg, "width", "a multiple of 4, like 16")
    odd_sides(cfg, ("patch",))
    not_negative(cfg, ("believed", "together", "label_weight", "place_weight"))
    if not 0 <= cfg.average < 1:
        raise unusable(cfg, "average", "a number from 0 to below 1, like 0.995")
