"""A photo's regions: superpixels that look alike get one label, and neighbours agree where they can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.superpixels.cluster import clustered, unexplained
from calotype.engines.superpixels.config import Config
from calotype.engines.superpixels.slic import borders, means, superpixels
from calotype.errors import InputError
from calotype.image.blur import blur
from calotype.image.components import joined
from calotype.image.lab import to_lab
from calotype.image.labels import MOST_LABELS
from calotype.image.resize import resize
from calotype.nn.efficientnet import efficientnet_lite0
from calotype.nn.features import offline_features
from calotype.run import Run

_MARGIN = 32  # pixels laid around what is shown to the network
_ROUNDS = 8  # of agreement among neighbours; few pieces change after half of them


@dataclass(frozen=True)
class Pieces:
    """The superpixels of a photo.

    Attributes:
        map: int64 [h, w], the number of the piece at every pixel.
        rows: [N, D], what they look like: distances of about 10 are clear differences.
        weights: [N], their shares of the photo.
        pairs: int64 [E, 2], which of them touch.
        lengths: [E], along how much, as a share of the outline of a piece of usual size.
    """

    map: Tensor
    rows: Tensor
    weights: Tensor
    pairs: Tensor
    lengths: Tensor


@torch.no_grad()
def segment(photos: Sequence[Tensor], cfg: Config, run: Run, *, classes: int | None, seed: int) -> Tensor:
    """What looks alike in a photo gets one label.

    Args:
        photos: one [1, C, H, W], -1..1.
        cfg: settings.
        run: progress, stopping, device.
        classes: how many labels, 2 to 255; ``None``: as many as ``chosen_count`` finds. There may come out fewer, where
            there is not that much to tell apart.
        seed: of the beginnings of the clustering.

    Returns:
        int64 [1, H, W], 0 .. K - 1, the most frequent first.

    Raises:
        InputError: the count or a setting is out of range, or there is more than one photo.
        Stopped: the run was asked to stop.
    """
    _check(photos, cfg, classes)
    photo = photos[0]
    size = (photo.shape[2], photo.shape[3])
    steps = iter(run.steps(3, stage="segment"))
    next(steps)
    pieces = cut(photo, cfg)
    next(steps)
    noise = torch.Generator().manual_seed(seed)
    if classes is None:
        classes = chosen_count(pieces, cfg, noise)
    centres, labels = clustered(pieces.rows, pieces.weights, classes, cfg.tries, noise)
    next(steps)
    labels = without_specks(pieces, agreed(pieces, centres, labels, cfg), labels, cfg.least)
    for _ in steps:
        pass
    return by_frequency(enlarged(labels[pieces.map], size))[None]


def cut(photo: Tensor, cfg: Config) -> Pieces:
    """The superpixels of a photo [1, C, H, W] and what they look like."""
    factor = min(1.0, cfg.side / max(photo.shape[2:]))
    size = tuple(max(8, round(length * factor)) for length in photo.shape[2:])
    small = resize(photo[:, :3], (size[0], size[1]))
    lab = to_lab(small)
    found = superpixels(blur(lab, cfg.blur), cfg.pieces, cfg.compactness)
    _, found = torch.unique(found, return_inverse=True)  # numbers that have no pixel are left out
    count = int(found.max()) + 1
    rows = means(_described(small, lab, cfg)[0].flatten(1).T, found.flatten(), count)
    if cfg.deep > 0:
        rows = torch.cat([rows, cfg.deep * known(photo, found, count, cfg)], 1)
    weights = torch.bincount(found.flatten(), minlength=count) / found.numel()
    pairs, lengths = borders(found, count)
    outline = 4 * (found.numel() / count) ** 0.5
    return Pieces(found, rows, weights.to(rows), pairs, lengths / outline)


def _described(small: Tensor, lab: Tensor, cfg: Config) -> Tensor:
    """What every pixel looks like: [1, D, h, w]: lightness and hue, roughness, and the height in the picture."""
    weight = torch.tensor([cfg.light, 1.0, 1.0], device=lab.device)[:, None, None]
    y = torch.linspace(0, 100, lab.shape[2], device=lab.device)[:, None].expand(1, 1, *lab.shape[2:])
    return torch.cat([weight * lab, cfg.texture * roughness(small), cfg.place * y], 1)


def known(photo: Tensor, pieces: Tensor, count: int, cfg: Config) -> Tensor:
    """What a network that knows things sees in each piece: [count, D], at each of two scales a spread of 10 in all."""
    factor = cfg.deep_side / max(photo.shape[2:])
    height, width = (max(32, round(length * factor)) for length in photo.shape[2:])
    # Beyond the edge the network sees zeros, and edges where there are none.
    seen = F.pad(resize(photo[:, :3], (height, width)), (_MARGIN,) * 4, mode="replicate")
    net, parts = efficientnet_lite0().to(photo.device), []
    for layer in net.layers(seen):
        margin = round(_MARGIN * layer.shape[2] / seen.shape[2])
        inside = layer[:, :, margin:-margin, margin:-margin]
        large = F.interpolate(inside, size=(pieces.shape[0], pieces.shape[1]), mode="bilinear", align_corners=False)
        rows = means(large[0].flatten(1).T, pieces.flatten(), count)
        rows = rows - rows.mean(0)
        directions = torch.linalg.eigh(rows.T.double() @ rows.double())[1].flip(1)[:, : cfg.deep_components]
        rows = rows @ directions.to(rows)
        parts.append(rows * (10 / rows.square().sum(1).mean().sqrt().clamp(min=1e-6)))
    return torch.cat(parts, 1)


def roughness(small: Tensor) -> Tensor:
    """How rough a picture is around each pixel, at three scales: [1, 3, h, w], logarithms of energies of Gabor filters.

    Whichever way the roughness runs: a slope that leans the other way is the same grass.
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


def chosen_count(pieces: Pieces, cfg: Config, noise: torch.Generator) -> int:
    """How many labels: one more as long as much is left unexplained, and it explains a good share of that."""
    rows, weights = pieces.rows, pieces.weights
    mean = (weights[:, None] * rows).sum(0, keepdim=True) / weights.sum()
    whole = unexplained(rows, weights, mean, torch.zeros(len(rows), dtype=torch.int64, device=rows.device))
    left = unexplained(rows, weights, *clustered(rows, weights, 2, cfg.tries, noise))
    for count in range(3, cfg.most + 1):
        now = unexplained(rows, weights, *clustered(rows, weights, count, cfg.tries, noise))
        if left < cfg.enough * whole or now > (1 - cfg.gain) * left:
            return count - 1
        left = now
    return cfg.most


def agreed(pieces: Pieces, centres: Tensor, labels: Tensor, cfg: Config) -> Tensor:
    """Labels [N] that agree with like neighbours: iterated conditional modes (Besag 1986)."""
    if cfg.smooth <= 0 or not len(pieces.pairs):
        return labels
    own = torch.cdist(pieces.rows, centres).square()
    scale = own.amin(1).mean().clamp(min=1e-6)  # a usual distance within a cluster
    one, other = pieces.pairs.T
    # Where two pieces differ there is an edge, and labels may change for less.
    unlike = (pieces.rows[one] - pieces.rows[other]).square().sum(1)
    bond = cfg.smooth * 2 * pieces.lengths * torch.exp(-unlike / (2 * unlike.mean().clamp(min=1e-6)))
    for _ in range(_ROUNDS):
        votes = torch.zeros_like(own)
        votes.index_put_((one, labels[other]), bond, accumulate=True)
        votes.index_put_((other, labels[one]), bond, accumulate=True)
        moved = (own / scale - votes).argmin(1)
        if torch.equal(moved, labels):
            break
        labels = moved
    return labels


def without_specks(pieces: Pieces, labels: Tensor, plain: Tensor, least: float) -> Tensor:
    """Labels [N] in which no region is smaller than ``least`` of the photo: each is given to those around it.

    Where only one label would be left, as of stars in the dark, specks are what the photo shows, and the ``plain``
    labels of before stay.
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
    """The number of the region [N] of every piece: pieces that touch and have one label are in one region."""
    return joined(pairs[labels[pairs[:, 0]] == labels[pairs[:, 1]]], len(labels))


def enlarged(labels: Tensor, size: tuple[int, int]) -> Tensor:
    """Labels int64 [h, w] at another size (height, width), their outlines rounded instead of in steps."""
    best, found = torch.full(size, -1.0, device=labels.device), torch.zeros(size, dtype=torch.int64)
    found = found.to(labels.device)
    for label in range(int(labels.max()) + 1):
        share = blur((labels == label).float()[None, None], 1.0)
        large = F.interpolate(share, size=size, mode="bilinear", align_corners=False)[0, 0]
        found = torch.where(large > best, label, found)
        best = torch.maximum(large, best)
    return found


def by_frequency(labels: Tensor) -> Tensor:
    """The same regions with the most frequent label as 0, and no number left out."""
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
        raise InputError(f"{classes} labels cannot be told apart: give a count from 2 to {MOST_LABELS}, like 5")
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
