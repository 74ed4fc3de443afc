"""Sampling a model: a seed is a latent vector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.network import Net
from calotype.run import Run

_SEEDS = 1 << 32


def latent_of(seed: int, cfg: Config) -> Tensor:
    """The latent vector of a seed, [1, latent], on the CPU: below 2^32 the one that NVIDIA's programs draw for it."""
    chance = np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed)) if seed >= _SEEDS else seed)
    return torch.from_numpy(chance.randn(1, cfg.latent)).float()


def latents_of(seeds: Sequence[int], cfg: Config) -> Tensor:
    """The latent vectors of seeds, [N, latent], as of ``latent_of``; one generator is seeded again for each of them,
    as a new one takes forty times as long.
    """
    again = np.random.RandomState(0)
    rows = []
    for seed in seeds:
        if seed >= _SEEDS:
            rows.append(latent_of(seed, cfg))
            continue
        again.seed(seed)
        rows.append(torch.from_numpy(again.randn(1, cfg.latent)).float())
    return torch.cat(rows)


def label_of(label: int, cfg: Config) -> Tensor | None:
    """A class as a one-hot label [1, classes]; ``None`` for a model without labels.

    Raises:
        InputError: the model has no such class.
    """
    if not cfg.classes:
        if label:
            raise InputError("this model was trained without labels: leave out --label (label=)")
        return None
    if not 0 <= label < cfg.classes:
        raise InputError(f"there is no class {label}: the classes of this model are 0 to {cfg.classes - 1}")
    return torch.eye(cfg.classes)[label : label + 1]


@torch.no_grad()
def sample(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    seed: int = 0,
    truncation: float = 1.0,
    mix: int | None = None,
    mix_from: int | None = None,
    label: int = 0,
) -> Tensor:
    """Generate a new picture.

    Args:
        cfg: as in training.
        run: where it runs.
        net: trained or imported.
        seed: of the latent vector.
        truncation: factor of the distance of styles from their mean: 1 leaves them as they are, 0 is the mean; above 1
            they are more extreme, below 0 on the other side of it.
        mix: seed of a second latent vector, whose styles are used from ``mix_from`` on; ``None``: none.
        mix_from: row from which the second latent vector is used, from 0; ``None``: half of them.
        label: class of the picture, where the model knows any.

    Returns:
        [1, 3, side, side], float32, -1..1, on the run's device.

    Raises:
        InputError: the model has no such class or row.
    """
    device = next(net.parameters()).device
    given = label_of(label, cfg)
    label_here = None if given is None else given.to(device)
    styles = net.generator.styles(latent_of(seed, cfg).to(device), label_here, truncation)
    if mix is not None:
        start = mixed_from(mix_from, styles.shape[1])
        other = net.generator.styles(latent_of(mix, cfg).to(device), label_here, truncation)
        styles = torch.cat([styles[:, :start], other[:, start:]], 1)
    return displayed(net.generator(styles)).to(run.device)


def mixed_from(mix_from: int | None, rows: int) -> int:
    """The layer from which a second latent vector is used.

    Raises:
        InputError: there is no such layer.
    """
    start = rows // 2 if mix_from is None else mix_from
    if not 0 <= start < rows:
        raise InputError(f"there is no layer {start}: give --mix-from 0 to {rows - 1} (mix_from=)")
    return start


def displayed(pictures: Tensor) -> Tensor:
    """Pictures of a generator [N, 1 or 3, H, W] as colour pictures limited to -1..1."""
    return pictures.float().clamp(-1, 1).expand(-1, 3, -1, -1).contiguous()
