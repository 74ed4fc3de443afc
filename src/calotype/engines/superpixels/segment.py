"""Segmentation: superpixels are clustered by appearance, and labels smoothed between neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.superpixels.cluster import kmeans, within_variance
from calotype.engines.superpixels.config import Config
from calotype.engines.superpixels.slic import borders, means, superpixels
from calotype.errors import InputError, counted
from calotype.image.blur import blur
from calotype.image.components import joined
from calotype.image.lab import to_lab
from calotype.image.labels import MOST_LABELS
from calotype.image.resize import resize
from calotype.nn.efficientnet import check_efficientnet, efficientnet_lite0
from calotype.nn.filter_bank import offline_features
from calotype.run import Run

_MARGIN = 32  # pixels of padding around the network's input
_ICM_ITERATIONS = 8  # few labels change after half of them


@dataclass(frozen=True)
class Superpixels:
    """The superpixels of a photo.

    Attributes:
        map: int64 [h, w], the superpixel index at every pixel.
        rows: [N, D], features: distances of about 10 are clear differences.
        weights: [N], area of each as a share of the photo.
        pairs: int64 [E, 2], pairs of neighbours.
        lengths: [E], length of their common border, relative to the outline of an average superpixel.
    """

    map: Tensor
    rows: Tensor
    weights: Tensor
    pairs: Tensor
    lengths: Tensor


@torch.no_grad()
def segment(photos: Sequence[Tensor], cfg: Config, run: Run, *, classes: int | None, seed: int) -> Tensor:
    """Segment a photo: regions of similar appearance get one label.

    Args:
        photos: one [1, C, H, W], -1..1.
        cfg: settings.
        run: progress, stopping, device.
        classes: number of labels, 2 to 255; ``None``: chosen by ``chosen_count``. The result may have fewer.
        seed: of the k-means initialisations.

    Returns:
        int64 [1, H, W], 0 .. K - 1, most frequent first.

    Raises:
        InputError: the count or a setting is out of range, or there is more than one photo.
        Stopped: the run was asked to stop.
    """
    _check(photos, cfg, classes)
    photo = photos[0]
    size = (photo.shape[2], photo.shape[3])
    steps = iter(run.steps(3, stage="segment"))
    next(steps)
    pieces = described_superpixels(photo, cfg)
    next(steps)
    noise = torch.Generator().manual_seed(seed)
    if classes is None:
        classes = chosen_count(pieces, cfg, noise)
    centres, labels = kmeans(pieces.rows, pieces.weights, classes, cfg.tries, noise)
    next(steps)
    labels = without_small_regions(pieces, smoothed(pieces, centres, labels, cfg), labels, cfg.least)
    for _ in steps:
        pass
    return by_frequency(upsampled(labels[pieces.map], size))[None]


def described_superpixels(photo: Tensor, cfg: Config) -> Superpixels:
    """The superpixels of a photo [1, C, H, W] and their features."""
    factor = min(1.0, cfg.side / max(photo.shape[2:]))
    size = tuple(max(8, round(length * factor)) for length in photo.shape[2:])
    small = resize(photo[:, :3], (size[0], size[1]))
    lab = to_lab(small)
    found = superpixels(blur(lab, cfg.blur), cfg.pieces, cfg.compactness)
    _, found = torch.unique(found, return_inverse=True)  # indices without pixels are removed
    count = int(found.max()) + 1
    rows = means(_pixel_features(small, lab, cfg)[0].flatten(1).T, found.flatten(), count)
    if cfg.deep > 0:
        rows = torch.cat([rows, cfg.deep * network_features(photo, found, count, cfg)], 1)
    weights = torch.bincount(found.flatten(), minlength=count) / found.numel()
    pairs, lengths = borders(found, count)
    outline = 4 * (found.numel() / count) ** 0.5
    return Superpixels(found, rows, weights.to(rows), pairs, lengths / outline)


def _pixel_features(small: Tensor, lab: Tensor, cfg: Config) -> Tensor:
    """Features of every pixel, [1, D, h, w]: lightness and hue, texture energy, and height in the image."""
    weight = torch.tensor([cfg.light, 1.0, 1.0], device=lab.device)[:, None, None]
    y = torch.linspace(0, 100, lab.shape[2], device=lab.device)[:, None].expand(1, 1, *lab.shape[2:])
    return torch.cat([weight * lab, cfg.texture * texture_energy(small), cfg.place * y], 1)


def network_features(photo: Tensor, pieces: Tensor, count: int, cfg: Config) -> Tensor:
    """Network features of each superpixel: [count, D], scaled to an RMS of 10 at each of two scales."""
    factor = cfg.deep_side / max(photo.shape[2:])
    height, width = (max(32, round(length * factor)) for length in photo.shape[2:])
    # Edge replication: zero padding would look like an edge.
    padded = F.pad(resize(photo[:, :3], (height, width)), (_MARGIN,) * 4, mode="replicate")
    net, parts = efficientnet_lite0().to(photo.device), []
    for layer in net.layers(padded):
        margin = round(_MARGIN * layer.shape[2] / padded.shape[2])
        inside = layer[:, :, margin:-margin, margin:-margin]
        large = F.interpolate(inside, size=(pieces.shape[0], pieces.shape[1]), mode="bilinear", align_corners=False)
        rows = means(large[0].flatten(1).T, pieces.flatten(), count)
        rows = rows - rows.mean(0)
        directions = torch.linalg.eigh(rows.T.double() @ rows.double())[1].flip(1)[:, : cfg.deep_components]
        rows = rows @ directions.to(rows)
        parts.append(rows * (10 / rows.square().sum(1).mean().sqrt().clamp(min=1e-6)))
    return torch.cat(parts, 1)


def texture_energy(small: Tensor) -> Tensor:
    """Local texture energy at three scales: [1, 3, h, w], logarithms of Gabor filter energies.

    Averaged over orientations, so that a texture has the same energy in any direction.
    """
    size, found = small.shape[2:], []
    for factor in (1, 2, 4):
        level = resize(small, (max(8, size[0] // factor), max(8, size[1] // factor)))
        energies = offline_features().to(small.device)(level)
        if not energies.numel():
            continue
        coarse = energies[:, 3:].reshape(1, -1, 4, *energies.shape[2:]).mean((1, 2), keepdim=False)[:, None]
        smooth = F.avg_pool2d(coarse, 3, 1, 1, count_include_pad=False)
        found.append(F.interpolate((0.05 + smooth).log(), size=size, mode="bilinear", align_corners=False))
    return torch.cat(found, 1) if found else small.new_zeros(1, 1, *size)


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
    for name, least in (
        ("side", 16),
        ("pieces", 4),
        ("most", 2),
        ("tries", 1),
        ("deep_side", 32),
        ("deep_components", 1),
    ):
        if getattr(cfg, name) < least:
            raise InputError(f"{name}={getattr(cfg, name)} cannot be used: give a whole number from {least} up")
    for name in ("compactness", "blur", "light", "texture", "place", "smooth", "least", "gain", "enough", "deep"):
        if not getattr(cfg, name) >= 0:
            raise InputError(f"{name}={getattr(cfg, name):g} cannot be used: give a number from 0 up")


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
