"""Thin holes, such as wires and scratches: a smooth surface through their surroundings, with texture from patches."""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.engines.completion.config import Config
from calotype.engines.completion.pyramid import Level, around, dilated, eroded
from calotype.engines.completion.search import LevelSearch
from calotype.run import Run

# Relative tolerance and maximum iterations of the conjugate gradient method.
TOLERANCE, MAX_ITERATIONS = 1e-3, 400
# Side of the patches, and sweeps of their search. Small ones fit best next to a line.
PATCH, PASSES = 5, 4


def thin_part(hole: Tensor, thin: int) -> Tensor:
    """The pixels of a hole, bool [H, W], in parts up to ``2 * thin`` pixels wide: bool [H, W]."""
    box = around(hole, thin + 1)
    thick = eroded(hole, thin)[box]
    for _ in range(thin + 1):
        thick = dilated(thick)
    result = torch.zeros_like(hole)
    result[box] = hole[box] & ~thick
    return result


def thin_fill(photo: Tensor, hole: Tensor, cfg: Config, run: Run, noise: torch.Generator, label: str) -> Tensor:
    """Fill a thin hole, bool [h, w], of ``photo`` [1, C, h, w]: [1, C, h, w].

    The mean of a biharmonic surface and of patches that match it. The surface alone has no texture; patches alone
    miss the colours by more.
    """
    smooth = biharmonic(photo, hole)
    picture = smooth
    for _ in run.steps(1, stage=f"{label}thin parts"):
        search = LevelSearch.of(Level(photo.masked_fill(hole, 0.0), hole), cfg, patch=PATCH)
        field, score = search.matched(smooth, search.identity(), PASSES, 0.0, noise)
        picture = (smooth + search.voted(field, search.confidence(score), smooth, 0.0)) / 2
        run.report(preview=picture)
    return picture.clamp(-1, 1)


def biharmonic(photo: Tensor, hole: Tensor) -> Tensor:
    """Fill a hole, bool [h, w], with the surface of least squared Laplacian: [1, C, h, w].

    The biharmonic equation, with the known pixels around the hole as boundary values (Damelin and Hoang, "On Surface
    Completion and Image Inpainting by Biharmonic Functions", 2018). Solved by conjugate gradients on the pixels of the
    hole and their neighbours alone; meant for thin holes, for which few iterations suffice.
    """
    near = dilated(dilated(hole))
    number = torch.full(hole.shape, -1, dtype=torch.int64, device=hole.device)
    number[near] = torch.arange(int(near.sum()), device=hole.device)
    missing, ring = hole[near], dilated(hole)[near]
    inside, rim = _neighbours(number, hole), _neighbours(number, dilated(hole))
    values = photo[0][:, near].T.double()
    x = torch.where(missing[:, None], values[~missing].mean(0), values)

    def product(x: Tensor) -> Tensor:
        """The squared Laplacian of ``x`` [n, C] at the missing pixels: [missing, C]."""
        first = torch.zeros_like(x)
        first[ring] = x[rim].sum(1) - 4 * x[ring]
        return first[inside].sum(1) - 4 * first[missing]

    residue = -product(x)
    direction, norm = residue, residue.square().sum(0)
    threshold = TOLERANCE**2 * float(norm.max())
    step = torch.zeros_like(x)
    for _ in range(MAX_ITERATIONS):
        if float(norm.max()) <= threshold:
            break
        step[missing] = direction
        along = product(step)
        length = norm / (direction * along).sum(0).clamp_min(1e-20)
        x[missing] += length * direction
        residue = residue - length * along
        before, norm = norm, residue.square().sum(0)
        direction = residue + norm / before.clamp_min(1e-20) * direction
    made = photo.clone()
    made[0][:, hole] = x[missing].T.to(photo)
    return made


def _neighbours(number: Tensor, pixels: Tensor) -> Tensor:
    """The numbers of the four neighbours of some pixels, bool [h, w]: int64 [n, 4]; at the border, the pixel itself."""
    y, x = pixels.nonzero().T
    rows, columns = number.shape
    return torch.stack(
        [
            number[(y + dy).clamp(0, rows - 1), (x + dx).clamp(0, columns - 1)]
            for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0))
        ],
        1,
    )
