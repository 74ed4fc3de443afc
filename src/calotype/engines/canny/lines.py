"""The edge detector: from a photo to lines one pixel wide."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.canny.config import Config
from calotype.errors import InputError
from calotype.image.blur import blur
from calotype.image.lab import to_lab
from calotype.image.lines import kept, line_width, ridges, thickened
from calotype.image.resize import resize
from calotype.run import Run
from calotype.setting_checks import not_negative, within

_MIN_GRADIENT = 2.0  # L*a*b* units per pixel: weaker edges are noise, even if values are no stronger ones


@torch.no_grad()
def edges(photos: Sequence[Tensor], cfg: Config, run: Run, *, thickness: int | None = None) -> Tensor:
    """The outlines in a photo.

    Args:
        photos: one [1, C, H, W], -1..1.
        cfg: settings.
        run: progress, stopping, device.
        thickness: of the lines, pixels; ``None``: one per 400 pixels of the longer side, at least 1.

    Returns:
        [1, 1, H, W], 1 on lines and 0 elsewhere.

    Raises:
        InputError: the thickness or a setting is out of range, or values is more than one photo.
        Stopped: the run was asked to stop.
    """
    _check(photos, cfg)
    wide = line_width((photos[0].shape[2], photos[0].shape[3]), thickness)
    photo = photos[0]
    longest = max(photo.shape[2:])
    steps = iter(run.steps(3, stage="edges"))
    next(steps)
    sigma = max(1.0, cfg.blur * longest)
    strength, angle = gradient(blur(to_lab(photo), sigma))
    next(steps)
    reduced = suppressed(strength, cfg.surround, cfg.reach * sigma) if cfg.surround > 0 else strength
    thin = reduced * ridges(reduced, angle)
    next(steps)
    lines = hysteresis(thin, cfg)
    for _ in steps:
        pass
    return thickened(lines.float(), wide)


def gradient(x: Tensor) -> tuple[Tensor, Tensor]:
    """Magnitude and direction (angle) of the gradient of [1, C, H, W], all channels combined: [1, 1, H, W] each.

    The larger eigenvalue of the summed structure tensors of the channels, and its eigenvector (Di Zenzo 1986).
    """
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]], device=x.device) / 8
    kernels = torch.stack([sobel, sobel.T])[:, None]
    padded = F.pad(x[0][:, None], (1, 1, 1, 1), mode="replicate")
    across, down = torch.split(F.conv2d(padded, kernels), 1, 1)
    xx, yy, xy = (p.sum(0, keepdim=True) for p in (across.square(), down.square(), across * down))
    spread = ((xx - yy).square() + 4 * xy.square()).sqrt()
    return ((xx + yy + spread) / 2).clamp(min=0).sqrt(), torch.atan2(2 * xy, xx - yy) / 2


def suppressed(strength: Tensor, amount: float, reach: float) -> Tensor:
    """Subtract the mean gradient of the surroundings from ``strength``: isolated edges stay, textures are reduced."""
    # Wide means are computed at a lower resolution.
    coarse = max(1, int(reach / 8))
    size = strength.shape[2:]
    small = resize(strength, (max(1, size[0] // coarse), max(1, size[1] // coarse)), mode="bilinear")
    means = (blur(small, share * reach / coarse) for share in (1 / 3, 1))
    near, far = (resize(mean, (size[0], size[1]), mode="bilinear") for mean in means)
    # The mean over a ring, which excludes the edge itself.
    ring = (far - near / 9).clamp(min=0) * (9 / 8)
    return (strength - amount * ring).clamp(min=0)


def hysteresis(thin: Tensor, cfg: Config) -> Tensor:
    """Hysteresis thresholding, and removal of short lines: bool [1, 1, H, W]."""
    values = thin[thin > _MIN_GRADIENT / 4]
    if not len(values):
        return torch.zeros_like(thin, dtype=torch.bool)
    begin = max(_MIN_GRADIENT, float(values.kthvalue(max(1, math.ceil((1 - cfg.strong) * len(values)))).values))
    return kept(thin[0, 0], begin, cfg.weak * begin, cfg.shortest * max(thin.shape[2:]))[None, None]


def _check(photos: Sequence[Tensor], cfg: Config) -> None:
    if len(photos) > 1:
        raise InputError("the edges of one photo are drawn at a time: leave out the others")
    check_settings(cfg)


def check_settings(cfg: Config) -> None:
    """Check the settings before any work is done.

    Raises:
        InputError: one is out of range.
    """
    within(cfg, {"strong": (0, 1), "weak": (0, 1), "blur": (0, 0.2), "shortest": (0, 1)})
    not_negative(cfg, ("surround", "reach"))
