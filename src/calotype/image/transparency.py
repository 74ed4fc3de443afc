"""Transparency of results: alpha from the inputs where a verb changes colour alone, and exact ends of its range."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.blur import blur

_LEAST = 2 / 255  # opacity around a pixel below which an engine's colours are not used
_VISIBLE = 0.25  # opacity from which on a pixel has its own colour alone
_AROUND = 2.0  # standard deviation of the Gaussian weights of pixels around, pixels
_RING = 3  # pixels around a hole that are looked at
_FARTHEST = 32.0  # standard deviation of the widest weights with which colours are continued, pixels
_ENOUGH = 20.0  # the inverse of the mean opacity around from which on no wider weights are needed
_NEAR = 8 / 255  # how far from fully clear or fully opaque an averaged alpha may be


def with_alpha(made: Tensor, alpha: Tensor, instead: Tensor) -> Tensor:
    """The colours of ``made`` with another alpha channel.

    Hidden colours are those of the pixels around: dividing by a small opacity would only amplify errors.

    Args:
        made: [1, 4, H, W], -1..1: colours composited on mid-grey, then alpha.
        alpha: [1, 1, H, W], -1..1.
        instead: [1, 4, H, W], as ``made``: its colours are taken where those of ``made`` are hidden far around.

    Returns:
        [1, 4, H, W], -1..1.
    """
    opacity = _opacity(made)
    around = blur(opacity, _AROUND)
    near = torch.where(around >= _LEAST, blur(made[:, :3], _AROUND) / around.clamp_min(_LEAST), _straight(instead))
    colour = torch.lerp(near.clamp(-1, 1), _straight(made), (opacity / _VISIBLE).clamp(max=1).square())
    return torch.cat([colour * (alpha + 1) / 2, alpha], 1)


def continued(photo: Tensor) -> Tensor:
    """The colours of a photo, continued from what is visible into what is transparent.

    What is made of them, multiplied by an alpha made apart, has no dark or light rim.

    Args:
        photo: [1, 4, H, W], -1..1: colours composited on mid-grey, then alpha.

    Returns:
        [1, 3, H, W], -1..1: the photo's own colour where it is half opaque or more, far from any the mid-grey.
    """
    opacity, own = _opacity(photo), _straight(photo)
    around, left, sigma = torch.zeros_like(own), torch.ones_like(opacity), 1.0
    while sigma <= _FARTHEST:
        weight = blur(opacity.square(), sigma)
        colour = blur(own * opacity.square(), sigma) / weight.clamp_min(1e-6)
        share = left * (_ENOUGH * weight).clamp(max=1)
        around, left, sigma = around + share * colour, left - share, 2 * sigma
    return torch.lerp(around, own, (2 * opacity).clamp(max=1).square()).clamp(-1, 1)


def settled(made: Tensor, photo: Tensor) -> Tensor:
    """``made`` with alpha fully clear or opaque where it nearly is, if the photo has such pixels and none nearly so.

    Averages of patches and optimization leave alpha a few levels off.

    Args:
        made: [1, C, h, w], -1..1.
        photo: [1, C, H, W], -1..1.

    Returns:
        [1, C, h, w]; unchanged if C = 3.
    """
    if made.shape[1] != 4 or photo.shape[1] != 4:
        return made
    opacity = _opacity(made)
    ends = opacity
    given = _opacity(photo)
    if _reaches(given, 1 - _NEAR, 1.0):
        ends = torch.where(opacity > 1 - _NEAR, torch.ones_like(opacity), ends)
    if _reaches(1 - given, 1 - _NEAR, 1.0):
        ends = torch.where(opacity < _NEAR, torch.zeros_like(opacity), ends)
    return torch.cat([_straight(made) * ends, 2 * ends - 1], 1) if not torch.equal(ends, opacity) else made


def opaque_within(made: Tensor, photo: Tensor, hole: Tensor) -> Tensor:
    """``made`` with opaque pixels in a hole of the photo that only opaque pixels surround.

    Args:
        made: [1, C, H, W], -1..1.
        photo: [1, C, H, W], -1..1.
        hole: [1, 1, H, W], 0 or 1.

    Returns:
        [1, C, H, W]; unchanged if C = 3.
    """
    if made.shape[1] != 4:
        return made
    around = F.max_pool2d(hole, 2 * _RING + 1, 1, _RING) * (1 - hole) > 0
    if bool((photo[:, 3:][around] < 1).any()):
        return made
    full = torch.cat([_straight(made), torch.ones_like(hole)], 1)
    return torch.where(hole > 0, full, made)


def alpha_filled(alpha: Tensor, hole: Tensor) -> Tensor:
    """Alpha with a hole filled smoothly from around it.

    Args:
        alpha: [1, 1, H, W], -1..1.
        hole: [1, 1, H, W], 0 or 1.

    Returns:
        [1, 1, H, W], -1..1: opaque in opaque surroundings.
    """
    known, made = 1 - hole, torch.where(hole > 0, torch.ones_like(alpha), alpha)
    left, sigma = hole, 1.0
    while bool(left.any()) and sigma <= max(alpha.shape[2:]):
        weight = blur(known, sigma)
        reached = left * (weight > _LEAST)
        made = torch.where(reached > 0, blur(alpha * known, sigma) / weight.clamp_min(1e-6), made)
        left, sigma = left - reached, 2 * sigma
    return made.clamp(-1, 1)


def _reaches(opacity: Tensor, near: float, end: float) -> bool:
    """Whether there are values at ``end`` and none between it and ``near``."""
    return bool((opacity >= end).any()) and not bool(((opacity > near) & (opacity < end - 1e-4)).any())


def _opacity(image: Tensor) -> Tensor:
    return ((image[:, 3:] + 1) / 2).clamp(0, 1)


def _straight(image: Tensor) -> Tensor:
    """Colours without the mid-grey they are composited on; mid-grey where nothing is visible."""
    opacity = _opacity(image)
    return torch.where(opacity > 0, image[:, :3] / opacity.clamp_min(1e-6), torch.zeros_like(opacity)).clamp(-1, 1)
