"""Augmentation of one photo and its label map: flips, zooms, shifts and thin-plate warps of growing strength."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.analogy.config import Config

# Control points of the thin-plate spline: rows and columns, besides the image's corners.
_GRID = 3


def strength(i: int, cfg: Config) -> float:
    """Augmentation strength at step ``i``, 0..1: grows linearly, in steps of 0.01 as released."""
    span = cfg.growth * cfg.steps
    return 1.0 if span < 1 else min(1.0, round(i / span, 2))


def augment(photo: Tensor, labels: Tensor, amount: float, cfg: Config) -> tuple[Tensor, Tensor]:
    """Warp an image and its label map in the same way, with draws from torch's global generator.

    Args:
        photo: [1, 3, h, w].
        labels: [1, K, h, w], as from ``encode_labels``.
        amount: strength, 0..1.
        cfg: settings.

    Returns:
        Two tensors of the same sizes. Maps are resampled by nearest neighbour, unless ``cfg.blend``.
    """
    grids = [grid.to(photo.device) for grid in sampling_grids((photo.shape[2], photo.shape[3]), amount, cfg)]
    coloured = cfg.released and cfg.coding == "colours"
    return (
        _resampled(photo, grids, "bilinear", bits=cfg.released),
        _resampled(labels, grids, "bilinear" if cfg.blend else "nearest", bits=coloured),
    )


def _resampled(x: Tensor, grids: list[Tensor], mode: str, *, bits: bool) -> Tensor:
    """``x`` sampled at each grid in turn, the second time by nearest neighbour; ``bits`` keeps 8 bits of a value."""
    for number, grid in enumerate(grids):
        how = mode if number == 0 else "nearest"
        x = F.grid_sample(x, grid, mode=how, padding_mode="reflection", align_corners=False)
        if bits:
            x = ((x + 1) * 127.5).round() / 127.5 - 1
    return x


def sampling_grids(size: tuple[int, int], amount: float, cfg: Config) -> list[Tensor]:
    """Source positions of the pixels of an augmented image of ``size`` (height, width): [1, h, w, 2], (x, y), -1..1.

    As released, an image is flipped and warped, and what comes of it is resampled once more to magnify it: two grids.
    Otherwise it is magnified before it is warped, in one.
    """
    draws = torch.rand(7)
    zoom = 1 + float(draws[2]) * cfg.zoom * amount
    move = (2 * draws[3:5] - 1) * 2 * cfg.shift * amount
    magnified = centres(size) / zoom + move
    positions = centres(size)
    if draws[1] < 0.5:
        positions = (warp_as_released if cfg.released else warp)(positions, 2 * cfg.warp * amount, size)
    if not cfg.released:
        positions = positions / zoom + move
    if draws[0] < cfg.mirror * amount:
        positions = positions * torch.tensor([-1.0, 1.0])
    return [positions[None], magnified[None]] if cfg.released else [positions[None]]


def centres(size: tuple[int, int]) -> Tensor:
    """Centres of all pixels, [h, w, 2], x first; the image's edges are -1 and 1."""
    rows, columns = ((torch.arange(n) * 2 + 1) / n - 1 for n in size)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y], 2)


def warp(positions: Tensor, amount: float, size: tuple[int, int]) -> Tensor:
    """Displace ``positions`` [h, w, 2] by a thin-plate spline through random control points; corners stay fixed.

    Each control point moves by up to ``amount`` on each axis, as a fraction of half the image's width.
    """
    inner = torch.linspace(-1, 1, _GRID + 2)[1:-1]
    points = torch.cartesian_prod(inner, inner)
    corners = torch.cartesian_prod(torch.tensor([-1.0, 1.0]), torch.tensor([-1.0, 1.0]))
    moved = _random_shifts(points, amount, size)
    known = torch.cat([points, corners])
    shifts = torch.cat([moved, torch.zeros_like(corners)])
    return positions + thin_plate(known, shifts, positions)


def warp_as_released(positions: Tensor, amount: float, size: tuple[int, int]) -> Tensor:
    """The warp of the released code: as ``warp``, but its control points reach the image's edges.

    Its grid has points at the corners and in the middle of the edges too, which move, while the corners are held as
    well; displacements are those of the source's pixels to their places in the result. It takes (x, y) for (row,
    column): in an image that is not a square, the grid is as wide as the image is high. On average pixels move by twice
    as much.
    """
    if not amount:
        return positions  # the corners and the points there are the same ones
    aspect = size[1] / size[0]
    edges = torch.linspace(-1, 1, _GRID)
    # Positions of a grid with exchanged sides, from the upper left corner, in units of half the image's sides.
    swapped = torch.tensor([2 / aspect, 2 * aspect])
    points = (torch.cartesian_prod(edges, edges) + 1) / 2 * swapped - 1
    corners = (torch.cartesian_prod(edges[[0, -1]], edges[[0, -1]]) + 1) / 2 * swapped - 1
    moved = _random_shifts(points, amount, size)
    known = torch.cat([points + moved, corners])
    shifts = torch.cat([-moved, torch.zeros_like(corners)])
    return positions + thin_plate(known, shifts, positions)


def _random_shifts(points: Tensor, amount: float, size: tuple[int, int]) -> Tensor:
    """Displacements of points [n, 2] by up to ``amount`` of half the image's width, on both axes."""
    return (2 * torch.rand(points.shape) - 1) * amount * torch.tensor([1.0, size[1] / size[0]])


def thin_plate(points: Tensor, values: Tensor, at: Tensor) -> Tensor:
    """Evaluate the thin-plate spline through ``values`` [n, d] at ``points`` [n, 2] at ``at`` [..., 2]: [..., d].

    It minimizes the bending energy of all surfaces through the values (Bookstein 1989).
    """
    flat = at.reshape(-1, 2).double()
    points, values = points.double(), values.double()
    n = len(points)
    linear = torch.cat([torch.ones(n, 1, dtype=torch.float64), points], 1)
    system = torch.zeros(n + 3, n + 3, dtype=torch.float64)
    system[:n, :n], system[:n, n:], system[n:, :n] = _radial(points, points), linear, linear.T
    wanted = torch.cat([values, torch.zeros(3, values.shape[1], dtype=torch.float64)])
    weights = torch.linalg.solve(system, wanted)
    basis = torch.cat([_radial(flat, points), torch.ones(len(flat), 1, dtype=torch.float64), flat], 1)
    interpolated: Tensor = (basis @ weights).float()
    return interpolated.view(*at.shape[:-1], values.shape[1])


def _radial(a: Tensor, b: Tensor) -> Tensor:
    """r^2 log r^2 for the distances between two sets of points."""
    square = (a[:, None] - b[None]).square().sum(2)
    return square * square.clamp(min=1e-12).log()
