"""How many labels a photo gets if nobody says."""

from __future__ import annotations

import torch

from calotype.engines.superpixels.cluster import kmeans, within_variance
from calotype.engines.superpixels.config import Config
from calotype.engines.superpixels.describe import Superpixels


def chosen_count(pieces: Superpixels, cfg: Config, noise: torch.Generator) -> int:
    """The number of labels: grows while the remaining variance is large and one more label explains enough of it."""
    rows, weights = pieces.rows, pieces.weights
    mean = (weights[:, None] * rows).sum(0, keepdim=True) / weights.sum()
    whole = within_variance(rows, weights, mean, torch.zeros(len(rows), dtype=torch.int64, device=rows.device))
    remaining = within_variance(rows, weights, *kmeans(rows, weights, 2, cfg.tries, noise))
    for count in range(3, cfg.most + 1):
        now = within_variance(rows, weights, *kmeans(rows, weights, count, cfg.tries, noise))
        if remaining < cfg.enough * whole or now > (1 - cfg.gain) * remaining:
            return count - 1
        remaining = now
    return cfg.most
