"""What a trained model draws, how well its pixels are traced, and the codes of pictures."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import ArgumentError, InputError
from calotype.models.idpose.config import Config
from calotype.models.idpose.network import Net
from calotype.models.idpose.verification import trace_score
from calotype.reposing import drawing
from calotype.run import Run

_TOGETHER = 16  # pictures that are traced in a batch


def check_repose(
    cfg: Config,
    *,
    net: Net,
    identity: Sequence[Tensor],
    pose: Sequence[Tensor] | None = None,
    to_identity: Sequence[Tensor] | None = None,
    to_pose: Sequence[Tensor] | None = None,
    frames: int = 1,
    score: bool = False,
) -> None:
    """Refuse what this model cannot do.

    Raises:
        ArgumentError: pixels are to be traced on a way, which has no one identity.
        InputError: there is no pose, or pixels are to be traced that a model without verification cannot trace.
    """
    if pose is None:
        raise InputError("idpose has no poses of its own to draw: give a picture, folder or film of poses (pose=)")
    if score and (to_identity or to_pose):
        raise ArgumentError("a way to another picture has no one identity to trace to: leave out --score (score=)")
    if score and not cfg.trace_weight:
        raise InputError("this model was trained without pixel verification: leave out --score (score=)")


def repose(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    identity: Sequence[Tensor],
    pose: Sequence[Tensor] | None = None,
    to_identity: Sequence[Tensor] | None = None,
    to_pose: Sequence[Tensor] | None = None,
    frames: int = 1,
    score: bool = False,
) -> Tensor:
    """Every identity in every pose; or the way from the first of each to other ones; or how well pixels are traced.

    Args:
        cfg: the model's settings.
        run: has no effect here.
        net: the model.
        identity: pictures [1, 3, h, w], -1..1.
        pose: pictures; required.
        to_identity: a picture of the identity that the way leads to.
        to_pose: a picture of the pose that it leads to.
        frames: pictures on the way.
        score: give the score map of pixel verification in place of each picture, black where nothing of the identity's
            picture looks like it, white where it is found there.

    Returns:
        [n m, 3, side, side], -1..1, all poses of the first identity first; or [frames, 3, side, side].

    Raises:
        InputError: as ``check_repose``.
    """
    check_repose(
        cfg, net=net, identity=identity, pose=pose, to_identity=to_identity, to_pose=to_pose, frames=frames, score=score
    )
    assert pose is not None
    poses = drawing.codes(net, drawing.together(pose, cfg.resolution))[0]
    made = drawing.reposed(
        net, cfg.resolution, identity, poses, to_identity=to_identity, to_pose=to_pose, frames=frames
    )
    if not score:
        return made
    shown = drawing.together(identity, cfg.resolution).repeat_interleave(len(poses), 0)
    return scores(cfg, net, made, shown)


@torch.no_grad()
def scores(cfg: Config, net: Net, pictures: Tensor, identities: Tensor) -> Tensor:
    """Score maps of pixel verification of pictures [n, 3, side, side], -1..1, each for the picture of its identity.

    Returns:
        [n, 3, side, side], -1 (not found in it) .. 1, grey.
    """
    parts = zip(torch.split(pictures, _TOGETHER), torch.split(identities, _TOGETHER))
    found = torch.cat([trace_score(net.trace(made, whose), made) for made, whose in parts])
    return F.interpolate(2 * found - 1, size=pictures.shape[2:], mode="nearest").expand(-1, 3, -1, -1)


def codes(cfg: Config, net: Net, pictures: Sequence[Tensor]) -> dict[str, Tensor]:
    """The codes of pictures [1, 3, h, w], -1..1: ``pose`` [n, d] and ``identity`` [n, e]."""
    pose, identity = drawing.codes(net, drawing.together(pictures, cfg.resolution))
    return {"pose": pose, "identity": identity}
