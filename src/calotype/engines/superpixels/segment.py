"""Segmentation: superpixels are clustered by appearance, and labels smoothed between neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.superpixels.cluster import kmeans
from calotype.engines.superpixels.config import Config
from calotype.engines.superpixels.count import chosen_count
from calotype.engines.superpixels.describe import Superpixels, described, described_superpixels
from calotype.engines.superpixels.shared import SharedLabels, labels_of
from calotype.errors import InputError, counted
from calotype.image.blur import blur
from calotype.image.components import joined
from calotype.image.labels import MOST_LABELS
from calotype.nn.efficientnet import check_efficientnet
from calotype.run import Run
from calotype.setting_checks import at_least, not_negative

_ICM_ITERATIONS = 8  # few labels change after half of them


@torch.no_grad()
def segment(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    classes: int | None,
    seed: int,
    shared: SharedLabels | None = None,
) -> Tensor:
    """Segment a photo: regions of similar appearance get one label.

    Args:
        photos: one [1, C, H, W], -1..1.
        cfg: settings.
        run: progress, stopping, device.
        classes: number of labels, 2 to 255; ``None``: chosen by ``chosen_count``. The result may have fewer.
        seed: of the k-means initialisations.
        shared: the labels of several photos, from ``shared_labels``; ``classes`` and ``seed`` do not matter then.

    Returns:
        int64 [1, H, W], 0 .. K - 1, most frequent first; with ``shared`` the numbers of its labels.

    Raises:
        InputError: the count or a setting is out of range, or there is more than one photo.
        Stopped: the run was asked to stop.
    """
    _check(photos, cfg, classes)
    photo = photos[0]
    size = (photo.shape[2], photo.shape[3])
    steps = iter(run.steps(3, stage="segment"))
    next(steps)
    if shared is None:
        pieces = described_superpixels(photo, cfg)
    else:
        pieces = described(photo, cfg).projected(shared.projections, cfg)
    next(steps)
    if shared is None:
        centres, labels = _clustered(pieces, cfg, classes, seed)
    else:
        centres, labels = shared.centres, labels_of(pieces, shared)
    next(steps)
    labels = without_small_regions(pieces, smoothed(pieces, centres, labels, cfg), labels, cfg.least)
    for _ in steps:
        pass
    found = upsampled(labels[pieces.map], size)
    return (by_frequency(found) if shared is None else found)[None]


def _clustered(pieces: Superpixels, cfg: Config, classes: int | None, seed: int) -> tuple[Tensor, Tensor]:
    """Centres [K, D] and labels [N] of the superpixels of one photo."""
    noise = torch.Generator().manual_seed(seed)
    count = chosen_count(pieces, cfg, noise) if classes is None else classes
    return kmeans(pieces.rows, pieces.weights, count, cfg.tries, noise)


def smoothed(pieces: Superpixels, centres: Tensor, labels: Tensor, cfg: Config) -> Tensor:
    """Labels [N] smoothed between similar neighbours: iterated conditional modes (Besag 1986)."""
    if cfg.smooth <= 0 or not len(pieces.pairs):
        return labels
    unary = torch.cdist(pieces.rows, centres).square()
    scale = unary.amin(1).mean().clamp(min=1e-6)  # mean distance within a cluster
    one, other = pieces.pairs.T
    # The pairwise weight is smaller where two superpixels differ, since there is an edge.
    difference = (pieces.rows[one] - pieces.rows[other]).square().sum(1)
    coupling = cfg.smooth * 2 * pieces.lengths * torch.exp(-difference / (2 * difference.mean().clamp(min=1e-6)))
    for _ in range(_ICM_ITERATIONS):
        votes = torch.zeros_like(unary)
        votes.index_put_((one, labels[other]), coupling, accumulate=True)
        votes.index_put_((other, labels[one]), coupling, accumulate=True)
        updated = (unary / scale - votes).argmin(1)
        if torch.equal(updated, labels):
            break
        labels = updated
    return labels


def without_small_regions(pieces: Superpixels, labels: Tensor, plain: Tensor, least: float) -> Tensor:
    """Merge regions smaller than ``least`` of the photo into their surroundings: labels [N].

    If only one label would remain, as for stars in the dark, small regions are the content, and the ``plain`` labels
    are returned.
    """
    while True:
        regions = connected(pieces.pairs, labels)
        areas = torch.zeros(int(regions.max()) + 1, dtype=pieces.weights.dtype, device=labels.device)
        areas.index_add_(0, regions, pieces.weights)
        if len(areas) == 1:
            return plain
        if areas.min() >= least:
            return labels
        smallest = areas.argmin()
        one, other = regions[pieces.pairs].T
        beside = (one == smallest) ^ (other == smallest)
        outside = torch.where(one == smallest, pieces.pairs[:, 1], pieces.pairs[:, 0])[beside]
        votes = torch.zeros(int(labels.max()) + 1, device=labels.device, dtype=pieces.lengths.dtype)
        votes.index_add_(0, labels[outside], pieces.lengths[beside])
        labels = torch.where(regions == smallest, votes.argmax(), labels)


def connected(pairs: Tensor, labels: Tensor) -> Tensor:
    """The index of the connected region of every superpixel [N]: neighbours with equal labels."""
    return joined(pairs[labels[pairs[:, 0]] == labels[pairs[:, 1]]], len(labels))


def upsampled(labels: Tensor, size: tuple[int, int]) -> Tensor:
    """Upsample a label map int64 [h, w] to ``size`` (height, width), with smooth outlines."""
    best, found = torch.full(size, -1.0, device=labels.device), torch.zeros(size, dtype=torch.int64)
    found = found.to(labels.device)
    for label in range(int(labels.max()) + 1):
        share = blur((labels == label).float()[None, None], 1.0)
        large = F.interpolate(share, size=size, mode="bilinear", align_corners=False)[0, 0]
        found = torch.where(large > best, label, found)
        best = torch.maximum(large, best)
    return found


def by_frequency(labels: Tensor) -> Tensor:
    """Renumber the labels by frequency, most frequent first, without gaps."""
    counts = torch.bincount(labels.flatten())
    order = counts.argsort(descending=True, stable=True)
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order), device=labels.device)
    ranked: Tensor = rank[labels]
    return ranked


def _check(photos: Sequence[Tensor], cfg: Config, classes: int | None) -> None:
    if len(photos) > 1:
        raise InputError("one photo is segmented at a time: leave out the others")
    if classes is not None and not 2 <= classes <= MOST_LABELS:
        raise InputError(
            f"{counted(classes, 'label')} cannot be told apart: give a count from 2 to {MOST_LABELS}, like 5"
        )
    check_settings(cfg)


def check_settings(cfg: Config) -> None:
    """Check the settings before any work is done.

    Raises:
        InputError: one is out of range.
    """
    at_least(cfg, {"side": 16, "pieces": 4, "most": 2, "tries": 1, "deep_side": 32, "deep_components": 1})
    weights = ("compactness", "blur", "light", "texture", "place", "smooth", "least", "gain", "enough", "deep")
    not_negative(cfg, weights)


def needs(cfg: Config, verb: str) -> None:
    """Check that the weights of other networks are there that a verb needs, before the work.

    Args:
        cfg: the settings.
        verb: a verb, or ``train``.

    Raises:
        InputError: they are not.
    """
    if cfg.deep:
        check_efficientnet()
