"""Training pictures from one photo and its map: flipped, enlarged, displaced and bent, the stronger the later."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.analogy.config import Config

# Control points of the thin plate: this many rows and columns of them inside the picture, besides its corners.
_GRID = 3


def strength(i: int, cfg: Config) -> float:
    """How strong augmentation is at step ``i``, 0..1: it grows linearly, by hundredths as released."""
    span = cfg.growth * cfg.steps
    return 1.0 if span < 1 else min(1.0, round(i / span, 2))


def augmented(photo: Tensor, labels: Tensor, amount: float, cfg: Config) -> tuple[Tensor, Tensor]:
    """A picture and its map, both changed in the same way, drawn from torch's global generator.

    Args:
        photo: [1, 3, h, w].
        labels: [1, K, h, w], as ``coded`` gives them.
        amount: 0..1, how strongly.
        cfg: settings.

    Returns:
        Two of the same sizes. Maps have no values that were not in them, unless ``cfg.blend``.
    """
    grid = sampling_grid((photo.shape[2], photo.shape[3]), amount, cfg).to(photo.device)
    return _sampled(photo, grid, "bilinear"), _sampled(labels, grid, "bilinear" if cfg.blend else "nearest")


def _sampled(x: Tensor, grid: Tensor, mode: str) -> Tensor:
    return F.grid_sample(x, grid, mode=mode, padding_mode="reflection", align_corners=False)


def sampling_grid(size: tuple[int, int], amount: float, cfg: Config) -> Tensor:
    """Where each pixel of a changed picture of ``size`` (height, width) comes from: [1, h, w, 2], x first, -1..1."""
    draws = torch.rand(7)
    places = centres(size)
    if draws[1] < 0.5:
        places = bent(places, 2 * cfg.warp * amount, size)
    zoom = 1 + float(draws[2]) * cfg.zoom * amount
    move = (2 * draws[3:5] - 1) * 2 * cfg.shift * amount
    places = places / zoom + move
    if draws[0] < cfg.mirror * amount:
        places = places * torch.tensor([-1.0, 1.0])
    return places[None]


def centres(size: tuple[int, int]) -> Tensor:
    """The middle of every pixel, [h, w, 2], x first, the picture's edges at -1 and 1."""
    rows, columns = ((torch.arange(n) * 2 + 1) / n - 1 for n in size)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y], 2)


def bent(places: Tensor, amount: float, size: tuple[int, int]) -> Tensor:
    """``places`` [h, w, 2] displaced as a thin plate is that is moved at a few points and held at its corners.

    Each point moves by up to ``amount``, a share of half the picture's width, both ways.
    """
    inner = torch.linspace(-1, 1, _GRID + 2)[1:-1]
    points = torch.cartesian_prod(inner, inner)
    corners = torch.cartesian_prod(torch.tensor([-1.0, 1.0]), torch.tensor([-1.0, 1.0]))
    moved = (2 * torch.rand(points.shape) - 1) * amount * torch.tensor([1.0, size[1] / size[0]])
    known = torch.cat([points, corners])
    shifts = torch.cat([moved, torch.zeros_like(corners)])
    return places + thin_plate(known, shifts, places)


def thin_plate(points: Tensor, values: Tensor, at: Tensor) -> Tensor:
    """The thin-plate spline through ``values`` [n, d] at ``points`` [n, 2], at the places ``at`` [..., 2]: [..., d].

    Of all surfaces through the values it has the least bending energy (Bookstein 1989).
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
    found: Tensor = (basis @ weights).float()
    return found.view(*at.shape[:-1], values.shape[1])


def _radial(a: Tensor, b: Tensor) -> Tensor:
    """r^2 log r^2 for the distances between two sets of points."""
    square = (a[:, None] - b[None]).square().sum(2)
    return square * square.clamp(min=1e-12).log()
