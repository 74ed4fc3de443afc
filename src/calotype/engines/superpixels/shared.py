"""Labels that several photos share: the clusters of the superpixels of all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.engines.superpixels.cluster import kmeans
from calotype.engines.superpixels.config import Config
from calotype.engines.superpixels.describe import Projection, Superpixels, described, projection_of
from calotype.errors import InputError

_ROWS = 24_000  # most superpixels that are clustered, drawn at random


@dataclass(frozen=True)
class SharedLabels:
    """What the labels of some photos are.

    Attributes:
        centres: [K, D], of the features of a superpixel; the most frequent label first.
        projections: of the features of the network, at each of its scales; none without it.
    """

    centres: Tensor
    projections: tuple[Projection, ...]


@torch.no_grad()
def shared_labels(photos: Iterable[Tensor], cfg: Config, *, classes: int | None, seed: int) -> SharedLabels:
    """Cluster the superpixels of several photos, so that a label means the same in the map of each.

    Args:
        photos: [1, C, H, W] each, -1..1, of any sizes; each is needed once only.
        cfg: settings.
        classes: number of labels; ``None``: ``cfg.most``, as several photos differ more than the parts of one.
        seed: of the superpixels that are drawn and the k-means initialisations.

    Raises:
        InputError: there is no photo.
    """
    found = [described(photo, cfg) for photo in photos]
    if not found:
        raise InputError("labels are shared by several photos and none was given: give a folder of photos")
    projections = tuple(projection_of([each.deep[i] for each in found], cfg) for i in range(len(found[0].deep)))
    pieces = [each.projected(projections, cfg) for each in found]
    noise = torch.Generator().manual_seed(seed)
    rows = torch.cat([each.rows for each in pieces])
    weights = torch.cat([each.weights for each in pieces])
    if len(rows) > _ROWS:
        some = torch.randperm(len(rows), generator=noise)[:_ROWS].to(rows.device)
        rows, weights = rows[some], weights[some]
    centres, labels = kmeans(rows, weights, cfg.most if classes is None else classes, cfg.tries, noise)
    areas = torch.zeros(len(centres), dtype=weights.dtype, device=rows.device).index_add_(0, labels, weights)
    return SharedLabels(centres[areas.argsort(descending=True, stable=True)], projections)


def labels_of(pieces: Superpixels, shared: SharedLabels) -> Tensor:
    """The nearest shared label of each superpixel, int64 [N]."""
    return torch.cdist(pieces.rows, shared.centres).argmin(1)
