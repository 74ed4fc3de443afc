"""What a trained model draws, and the codes of pictures."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from calotype.models.disentangle.config import Config
from calotype.models.disentangle.network import Net
from calotype.reposing import drawing
from calotype.run import Run


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
    seed: int = 0,
) -> Tensor:
    """Every identity in every pose; or the way from the first of each to other ones.

    Args:
        cfg: the model's settings.
        run: has no effect here.
        net: the model.
        identity: pictures [1, 3, h, w], -1..1.
        pose: pictures; ``None``: one pose code of the prior, a standard normal distribution, drawn by the seed.
        to_identity: a picture of the identity that the way leads to.
        to_pose: a picture of the pose that it leads to.
        frames: pictures on the way.
        seed: of a drawn pose.

    Returns:
        [n m, 3, side, side], -1..1, all poses of the first identity first; or [frames, 3, side, side].
    """
    device = next(net.parameters()).device
    if pose is None:
        poses = torch.randn(1, cfg.pose, generator=torch.Generator().manual_seed(seed)).to(device)
    else:
        poses = drawing.codes(net, drawing.together(pose, cfg.resolution))[0]
    return drawing.reposed(
        net, cfg.resolution, identity, poses, to_identity=to_identity, to_pose=to_pose, frames=frames
    )


def codes(cfg: Config, net: Net, pictures: Sequence[Tensor]) -> dict[str, Tensor]:
    """The codes of pictures [1, 3, h, w], -1..1: ``pose`` [n, d], means of their distributions, ``identity`` [n, e]."""
    pose, identity = drawing.codes(net, drawing.together(pictures, cfg.resolution))
    return {"pose": pose, "identity": identity}
