"""Pictures of identities in poses, from the codes of a model's encoders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.reposing.grids import grid_of

_TOGETHER = 64  # pictures in a batch
_FLAT = 0.02  # least mean difference from the mean colour: pictures of one colour have none
_SHOWN = 6  # identities and poses of a preview


class Reposer(Protocol):
    """A net of identity and pose."""

    def pose_codes(self, pictures: Tensor) -> Tensor:
        """Pose codes [B, d] of pictures [B, 3, side, side], -1..1."""

    def identity_codes(self, pictures: Tensor) -> Tensor:
        """Identity codes [B, e] of such pictures."""

    def drawn(self, pose: Tensor, identity: Tensor) -> Tensor:
        """Pictures [B, 3, side, side] of codes [B, d] and [B, e]."""


def fitted(picture: Tensor, side: int) -> Tensor:
    """The largest square in the middle of a picture [1, 3, h, w], at ``side`` pixels."""
    height, width = picture.shape[2:]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    square = picture[:, :3, top : top + short, left : left + short]
    if short == side:
        return square
    return F.interpolate(square, size=(side, side), mode="bicubic", antialias=short > side).clamp(-1, 1)


def together(pictures: Sequence[Tensor], side: int) -> Tensor:
    """Pictures of any sizes as [n, 3, side, side]."""
    return torch.cat([fitted(picture, side) for picture in pictures])


@torch.no_grad()
def codes(net: Reposer, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Pose codes [n, d] and identity codes [n, e] of pictures [n, 3, side, side], -1..1."""
    parts = [(net.pose_codes(part), net.identity_codes(part)) for part in torch.split(pictures, _TOGETHER)]
    return torch.cat([pose for pose, _ in parts]), torch.cat([identity for _, identity in parts])


@torch.no_grad()
def drawn_pairs(net: Reposer, poses: Tensor, identities: Tensor) -> Tensor:
    """Pictures of codes [n, d] and [n, e], [n, 3, side, side], -1..1."""
    parts = zip(torch.split(poses, _TOGETHER), torch.split(identities, _TOGETHER))
    return torch.cat([net.drawn(pose, identity).clamp(-1, 1) for pose, identity in parts])


def redrawn_errors(net: Reposer, pictures: Tensor) -> list[float]:
    """Of pictures [n, 3, side, side], -1..1: the mean absolute error of each one drawn again from its own codes, over
    that of its mean colour.
    """
    error = (drawn_pairs(net, *codes(net, pictures)) - pictures).abs().mean((1, 2, 3))
    flat = (pictures - pictures.mean((2, 3), keepdim=True)).abs().mean((1, 2, 3))
    return (error / flat.clamp_min(_FLAT)).tolist()


def all_pairs(net: Reposer, poses: Tensor, identities: Tensor) -> Tensor:
    """Pictures of every identity in every pose, all poses of the first identity first."""
    return drawn_pairs(net, poses.repeat(len(identities), 1), identities.repeat_interleave(len(poses), 0))


def between(first: Tensor, last: Tensor, count: int) -> Tensor:
    """Codes in equal steps from the first [1, d] to the last [1, d], [count, d]."""
    return first.lerp(last, torch.linspace(0, 1, count, device=first.device)[:, None])


def reposed(
    net: Reposer,
    side: int,
    identity: Sequence[Tensor],
    poses: Tensor,
    *,
    to_identity: Sequence[Tensor] | None = None,
    to_pose: Sequence[Tensor] | None = None,
    frames: int = 1,
) -> Tensor:
    """Every identity in every pose; or, with other ones to go to, the way from the first of each.

    Args:
        net: the model.
        side: of its pictures, pixels.
        identity: pictures of identities, [1, 3, h, w] each, -1..1.
        poses: pose codes [m, d].
        to_identity: a picture of the identity that the way leads to.
        to_pose: a picture of the pose that it leads to.
        frames: pictures on the way.

    Returns:
        [n m, 3, side, side], all poses of the first identity first; or [frames, 3, side, side].
    """
    _, who = codes(net, together(identity, side))
    if to_identity is None and to_pose is None:
        return all_pairs(net, poses, who)
    poses, who = poses[:1], who[:1]
    last_pose = poses if to_pose is None else codes(net, together(to_pose[:1], side))[0]
    last_identity = who if to_identity is None else codes(net, together(to_identity[:1], side))[1]
    return drawn_pairs(net, between(poses, last_pose, frames), between(who, last_identity, frames))


@torch.no_grad()
def preview(net: Reposer, identities: Tensor, poses: Tensor) -> Tensor:
    """The first pictures as identities (rows) and poses (columns) of a grid: [1, 3, H, W], -1..1."""
    identities, poses = identities[:_SHOWN], poses[:_SHOWN]
    made = all_pairs(net, codes(net, poses)[0], codes(net, identities)[1])
    return grid_of(identities.to(made.device), poses.to(made.device), made)
