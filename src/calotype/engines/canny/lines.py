"""From a photo to lines one pixel wide."""

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

_LEAST = 2.0  # L*a*b* units a pixel: what is below is noise, though there be nothing stronger


@torch.no_grad()
def edges(photos: Sequence[Tensor], cfg: Config, run: Run, *, thickness: int | None = None) -> Tensor:
    """The outlines of what a photo shows.

    Args:
        photos: one [1, C, H, W], -1..1.
        cfg: settings.
        run: progress, stopping, device.
        thickness: of the lines, pixels; ``None``: one for every 400 of the longer side, at least 1.

    Returns:
        [1, 1, H, W], 1 on lines and 0 elsewhere.

    Raises:
        InputError: the thickness or a setting is out of range, or there is more than one photo.
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
    held = suppressed(strength, cfg.surround, cfg.reach * sigma) if cfg.surround > 0 else strength
    thin = held * ridges(held, angle)
    next(steps)
    lines = followed(thin, cfg)
    for _ in steps:
        pass
    return thickened(lines.float(), wide)


def gradient(x: Tensor) -> tuple[Tensor, Tensor]:
    """How fast [1, C, H, W] changes, all channels together, a pixel, and which way, as an angle: [1, 1, H, W] both.

    The larger eigenvalue of the sum of the channels' structure tensors, and its direction (Di Zenzo 1986).
    """
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]], device=x.device) / 8
    kernels = torch.stack([sobel, sobel.T])[:, None]
    padded = F.pad(x[0][:, None], (1, 1, 1, 1), mode="replicate")
    across, down = torch.split(F.conv2d(padded, kernels), 1, 1)
    xx, yy, xy = (p.sum(0, keepdim=True) for p in (across.square(), down.square(), across * down))
    spread = ((xx - yy).square() + 4 * xy.square()).sqrt()
    return ((xx + yy + spread) / 2).clamp(min=0).sqrt(), torch.atan2(2 * xy, xx - yy) / 2


def suppressed(strength: Tensor, amount: float, reach: float) -> Tensor:
    """``strength`` less what there is of it all around: a lone edge stays, one among many is held down."""
    # So wide a mean is seen as well in a smaller picture.
    coarse = max(1, int(reach / 8))
    size = strength.shape[2:]
    small = resize(strength, (max(1, size[0] // coarse), max(1, size[1] // coarse)), mode="bilinear")
    means = (blur(small, share * reach / coarse) for share in (1 / 3, 1))
    near, far = (resize(mean, (size[0], size[1]), mode="bilinear") for mean in means)
    # A ring: what is near is the edge itself.
    ring = (far - near / 9).clamp(min=0) * (9 / 8)
    return (strength - amount * ring).clamp(min=0)


def followed(thin: Tensor, cfg: Config) -> Tensor:
    """Lines that are strong somewhere, as far as they are not too weak, and long: bool [1, 1, H, W]."""
    there = thin[thin > _LEAST / 4]
    if not len(there):
        return torch.zeros_like(thin, dtype=torch.bool)
    begin = max(_LEAST, float(there.kthvalue(max(1, math.ceil((1 - cfg.strong) * len(there)))).values))
    return kept(thin[0, 0], begin, cfg.weak * begin, cfg.shortest * max(thin.shape[2:]))[None, None]


def _check(photos: Sequence[Tensor], cfg: Config) -> None:
    if len(photos) > 1:
        raise InputError("the edges of one photo are drawn at a time: leave out the others")
    for name, highest in (("strong", 1.0), ("weak", 1.0), ("blur", 0.2), ("shortest", 1.0)):
        if not 0 <= getattr(cfg, name) <= highest:
            raise InputError(f"{name}={getattr(cfg, name):g} cannot be used: give a number from 0 to {highest:g}")
    for name in ("surround", "reach"):
        if not getattr(cfg, name) >= 0:
            raise InputError(f"{name}={getattr(cfg, name):g} cannot be used: give a number from 0 up")
