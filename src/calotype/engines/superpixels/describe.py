"""What superpixels of a photo look like: their features, areas and neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.superpixels.config import Config
from calotype.engines.superpixels.slic import borders, means, superpixels
from calotype.image.blur import blur
from calotype.image.lab import to_lab
from calotype.image.resize import resize
from calotype.nn.efficientnet import efficientnet_lite0
from calotype.nn.filter_bank import offline_features

_MARGIN = 32  # pixels of padding around the network's input


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


@dataclass(frozen=True)
class Projection:
    """Principal components of the features that a network has at one scale, scaled to an RMS of 10.

    Attributes:
        mean: [D].
        directions: [D, C], orthonormal.
        scale: factor of the components.
    """

    mean: Tensor
    directions: Tensor
    scale: Tensor

    def __call__(self, rows: Tensor) -> Tensor:
        """[N, D] to [N, C]."""
        return (rows - self.mean) @ self.directions * self.scale


@dataclass(frozen=True)
class Described:
    """The superpixels of a photo, whose features of a network are not projected yet.

    Attributes:
        pieces: with the features of pixels.
        deep: the network's features of each superpixel, [N, D] at each of two scales; empty without a network.
    """

    pieces: Superpixels
    deep: tuple[Tensor, ...]

    def projected(self, projections: Sequence[Projection], cfg: Config) -> Superpixels:
        """The superpixels with all features."""
        if not self.deep:
            return self.pieces
        parts = torch.cat([of(rows) for of, rows in zip(projections, self.deep, strict=True)], 1)
        return replace(self.pieces, rows=torch.cat([self.pieces.rows, cfg.deep * parts], 1))


def described(photo: Tensor, cfg: Config) -> Described:
    """The superpixels of a photo [1, C, H, W] and their features."""
    factor = min(1.0, cfg.side / max(photo.shape[2:]))
    size = tuple(max(8, round(length * factor)) for length in photo.shape[2:])
    small = resize(photo[:, :3], (size[0], size[1]))
    lab = to_lab(small)
    found = superpixels(blur(lab, cfg.blur), cfg.pieces, cfg.compactness)
    _, found = torch.unique(found, return_inverse=True)  # indices without pixels are removed
    count = int(found.max()) + 1
    rows = means(_pixel_features(small, lab, cfg)[0].flatten(1).T, found.flatten(), count)
    weights = torch.bincount(found.flatten(), minlength=count) / found.numel()
    pairs, lengths = borders(found, count)
    outline = 4 * (found.numel() / count) ** 0.5
    pieces = Superpixels(found, rows, weights.to(rows), pairs, lengths / outline)
    return Described(pieces, network_features(photo, found, count, cfg) if cfg.deep > 0 else ())


def described_superpixels(photo: Tensor, cfg: Config) -> Superpixels:
    """The superpixels of a photo [1, C, H, W] with the components of its own features."""
    found = described(photo, cfg)
    return found.projected([projection_of([rows], cfg) for rows in found.deep], cfg)


def _pixel_features(small: Tensor, lab: Tensor, cfg: Config) -> Tensor:
    """Features of every pixel, [1, D, h, w]: lightness and hue, texture energy, and height in the image."""
    weight = torch.tensor([cfg.light, 1.0, 1.0], device=lab.device)[:, None, None]
    y = torch.linspace(0, 100, lab.shape[2], device=lab.device)[:, None].expand(1, 1, *lab.shape[2:])
    return torch.cat([weight * lab, cfg.texture * texture_energy(small), cfg.place * y], 1)


def network_features(photo: Tensor, pieces: Tensor, count: int, cfg: Config) -> tuple[Tensor, ...]:
    """Network features of each superpixel: [count, D] at each of two scales."""
    factor = cfg.deep_side / max(photo.shape[2:])
    height, width = (max(32, round(length * factor)) for length in photo.shape[2:])
    # Edge replication: zero padding would look like an edge.
    padded = F.pad(resize(photo[:, :3], (height, width)), (_MARGIN,) * 4, mode="replicate")
    net, parts = efficientnet_lite0().to(photo.device), []
    for layer in net.layers(padded):
        margin = round(_MARGIN * layer.shape[2] / padded.shape[2])
        inside = layer[:, :, margin:-margin, margin:-margin]
        large = F.interpolate(inside, size=(pieces.shape[0], pieces.shape[1]), mode="bilinear", align_corners=False)
        parts.append(means(large[0].flatten(1).T, pieces.flatten(), count))
    return tuple(parts)


def projection_of(rows: Sequence[Tensor], cfg: Config) -> Projection:
    """The principal components of features [N, D], of one photo or of several."""
    together = torch.cat(list(rows))
    mean = together.mean(0)
    together = together - mean
    directions = torch.linalg.eigh(together.T.double() @ together.double())[1].flip(1)[:, : cfg.deep_components]
    directions = directions.to(together)
    return Projection(mean, directions, 10 / (together @ directions).square().sum(1).mean().sqrt().clamp(min=1e-6))


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
