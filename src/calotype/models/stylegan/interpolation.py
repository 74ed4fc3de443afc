"""Pictures between two samples."""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.models.stylegan.config import Config
from calotype.models.stylegan.generate import displayed, label_of, latent_of
from calotype.models.stylegan.network import Net
from calotype.nn.interpolation import line
from calotype.run import Run


@torch.no_grad()
def interpolate(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    seed: int = 0,
    to_seed: int = 1,
    frames: int = 24,
    truncation: float = 1.0,
    label: int = 0,
) -> list[Tensor]:
    """Generate pictures on the straight line between the styles of two samples.

    Args:
        cfg: as in training.
        run: where it runs and reports.
        net: trained or imported.
        seed: of the first latent vector.
        to_seed: of the last latent vector.
        frames: number of pictures, at least 2.
        truncation: as for ``sample``.
        label: class of the pictures, where the model knows any.

    Returns:
        [1, 3, side, side] each, float32, -1..1, on the run's device.

    Raises:
        InputError: the model has no such class.
    """
    device = next(net.parameters()).device
    given = label_of(label, cfg)
    label_here = None if given is None else given.to(device)
    first, last = (
        net.generator.styles(latent_of(each, cfg).to(device), label_here, truncation) for each in (seed, to_seed)
    )
    path = line(first, last, frames)
    return [displayed(net.generator(path[i])).to(run.device) for i in run.steps(frames, stage="frames")]
