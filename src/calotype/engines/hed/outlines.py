"""The edge detector: from a photo to lines one pixel wide."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.hed.config import Config
from calotype.errors import InputError
from calotype.image.blur import blur
from calotype.image.lines import kept, line_width, ridges, thickened
from calotype.image.resize import resize
from calotype.nn.hed import hed, weights_file
from calotype.run import Run
from calotype.setting_checks import unusable, within

_MARGIN = 32  # pixels of padding; at zero padding the network finds outlines
_SMOOTH = 2.0  # sigma for the direction of a line, pixels of the network's input


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
        InputError: the weights are not installed, the thickness or a setting is out of range, or there is more than one
            photo.
        Stopped: the run was asked to stop.
    """
    _check(photos, cfg)
    wide = line_width((photos[0].shape[2], photos[0].shape[3]), thickness)
    net, photo = hed().to(photos[0].device), photos[0]
    height, width = photo.shape[2:]
    factor = min(1.0, cfg.side / max(height, width)) if cfg.side else 1.0
    small = resize(photo[:, :3], (max(1, round(factor * height)), max(1, round(factor * width))))
    steps = iter(run.steps(2, stage="edges"))
    next(steps)
    probability = resize(edge_probability(net, small), (height, width), mode="bilinear").clamp(0, 1)
    next(steps)
    thin = probability * ridges(probability, normal_angle(probability, _SMOOTH / factor))
    lines = kept(thin[0, 0], cfg.strong, cfg.weak, cfg.shortest * max(height, width))
    for _ in steps:
        pass
    return thickened(lines[None, None].float(), wide)


def edge_probability(net: torch.nn.Module, photo: Tensor) -> Tensor:
    """Probability that each pixel of [1, 3, H, W], -1..1, is on an outline: [1, 1, H, W], 0..1."""
    height, width = photo.shape[2:]
    # Padded to multiples of 16, for four 2x poolings.
    below, beside = (_MARGIN + -length % 16 for length in (height, width))
    # Reflection: edge replication would produce stripes, whose ends are outlines.
    mode = "reflect" if min(height, width) > _MARGIN + 16 else "replicate"
    logits = net(F.pad(photo, (_MARGIN, beside, _MARGIN, below), mode=mode))
    return torch.sigmoid(logits[:, :, _MARGIN : _MARGIN + height, _MARGIN : _MARGIN + width])


def normal_angle(probability: Tensor, sigma: float) -> Tensor:
    """The direction perpendicular to the line at each pixel of [1, 1, H, W], as an angle from the x axis.

    The direction of the strongest negative curvature of the smoothed map: an eigenvector of its Hessian. On the ridge
    itself the gradient is 0 and has no direction.
    """
    kernels = torch.tensor(
        [
            [[1.0, -2.0, 1.0], [2.0, -4.0, 2.0], [1.0, -2.0, 1.0]],
            [[1.0, 2.0, 1.0], [-2.0, -4.0, -2.0], [1.0, 2.0, 1.0]],
            [[1.0, 0.0, -1.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 1.0]],
        ],
        device=probability.device,
    )
    smooth = F.pad(blur(probability, sigma), (1, 1, 1, 1), mode="replicate")
    xx, yy, xy = torch.split(F.conv2d(smooth, kernels[:, None] / 4), 1, 1)
    return torch.atan2(-2 * xy, yy - xx) / 2


def _check(photos: Sequence[Tensor], cfg: Config) -> None:
    if len(photos) > 1:
        raise InputError("the edges of one photo are drawn at a time: leave out the others")
    check_settings(cfg)


def check_settings(cfg: Config) -> None:
    """Check the settings before any work is done.

    Raises:
        InputError: one is out of range.
    """
    if cfg.side < 0 or 0 < cfg.side < 16:
        raise unusable(cfg, "side", "16 pixels or more, or 0 for the photo as it is")
    within(cfg, dict.fromkeys(("strong", "weak", "shortest"), (0, 1)))


def needs(cfg: Config, verb: str) -> None:
    """Check that the weights of other networks are there that a verb needs, before the work.

    Args:
        cfg: the settings.
        verb: a verb, or ``train``.

    Raises:
        InputError: they are not.
    """
    weights_file()
