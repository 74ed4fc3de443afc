"""``upscale``: learn from the photo, enlarge it a little, and so on up to the factor."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from calotype.engines.zssr.config import Config
from calotype.engines.zssr.network import Residual, applied, corrected, learn, sizes
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.run import Run
from calotype.setting_checks import at_least, unusable


def upscale(photos: Sequence[Tensor], cfg: Config, run: Run, *, factor: float, seed: int) -> Tensor:
    """The photo, enlarged.

    Args:
        photos: one [1, C, H, W], -1..1, of any size.
        cfg: settings.
        run: progress, stopping, device.
        factor: of height and width, above 1 and up to 8.
        seed: of the network and of what it is trained on.

    Returns:
        [1, C, round(factor * H), round(factor * W)], -1..1. A photo without colour stays so.

    Raises:
        InputError: a setting is out of range, or there is more than one photo.
        Stopped: the run was asked to stop.
    """
    _check(photos, cfg)
    photo = known = photos[0]
    part = run.within(None, seed=seed, on_event=run.on_event)
    part.reseed("network")
    net = Residual(cfg.layers, cfg.channels, photo.shape[1]).to(photo.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    before = 1.0
    steps = sizes((photo.shape[2], photo.shape[3]), factor, cfg.stride)
    for number, size in enumerate(steps, 1):
        now = factor ** (number / len(steps))
        count = cfg.steps if number == 1 else cfg.further
        learn(net, known, now / before, count, cfg, part, f"{number} of {len(steps)}")
        known = corrected(applied(net, resize(known, size), cfg.ensemble), photo, cfg.corrections)
        before = now
    grey = bool((photo[:, :1] == photo[:, 1:3]).all())
    return torch.cat([known[:, :3].mean(1, keepdim=True).expand(-1, 3, -1, -1), known[:, 3:]], 1) if grey else known


def _check(photos: Sequence[Tensor], cfg: Config) -> None:
    if len(photos) > 1:
        raise InputError("one photo is enlarged at a time: leave out the others")
    check_settings(cfg)


def check_settings(cfg: Config) -> None:
    """Check the settings before any work is done.

    Raises:
        InputError: one is out of range.
    """
    if not 1 <= cfg.ensemble <= 8:
        raise unusable(cfg, "ensemble", "a whole number from 1 to 8")
    if not 1 < cfg.stride <= 8:
        raise unusable(cfg, "stride", "a number above 1, up to 8")
    at_least(cfg, {"layers": 2, "channels": 1, "steps": 1, "further": 1, "crop": 4, "corrections": 0})
    if cfg.rate <= 0:
        raise unusable(cfg, "rate", "a number above 0")
