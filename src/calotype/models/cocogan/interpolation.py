"""Interpolation of the latent vector, and of the coordinates (Lin et al., ICCV 2019, section 3)."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from calotype.models.cocogan.config import Config
from calotype.models.cocogan.coordinates import cells, cells_of_macro, joined, macro_choices
from calotype.models.cocogan.generate import latent_of, raw_patches, strips
from calotype.models.cocogan.network import Net
from calotype.nn.interpolation import line
from calotype.run import Run


@torch.no_grad()
def interpolate(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    seed: int = 0,
    to_seed: int = 1,
    frames: int = 24,
    along: str = "latent",
) -> list[Tensor]:
    """Generate pictures on a path between two samples.

    Args:
        cfg: as in training.
        run: the device, progress reports.
        net: trained.
        seed: of the first latent vector.
        to_seed: of the last latent vector; without effect along the coordinates.
        frames: number of pictures, at least 2.
        along: ``"latent"``: full images on the straight line from one latent vector to the other. ``"coordinates"``:
            one latent vector; a macro patch whose coordinates move from the left edge of the image to the right one at
            half its height, also between the cells, where the generator was not trained; once round for panoramas.

    Returns:
        [1, 3, height, width] each, or [1, 3, macro, macro] along the coordinates; -1..1, on the run's device.
    """
    made = _of_latents(cfg, net, seed, to_seed, frames) if along == "latent" else _of_places(cfg, net, seed, frames)
    return [next(made).to(run.device) for _ in run.steps(frames, stage="frames")]


def _of_latents(cfg: Config, net: Net, seed: int, to_seed: int, frames: int) -> Iterator[Tensor]:
    for latent in line(latent_of(seed, cfg), latent_of(to_seed, cfg), frames):
        yield torch.cat(list(strips(net, latent, cfg, cfg.size)), dim=2)


def _of_places(cfg: Config, net: Net, seed: int, frames: int) -> Iterator[Tensor]:
    latent, (rows, columns) = latent_of(seed, cfg), macro_choices(cfg)
    cyclic = cfg.coordinates == "cylindrical"
    for i in range(frames):
        share = i / frames if cyclic else i / (frames - 1)
        yield macro_patch(net, latent, (rows - 1) / 2, share * (columns if cyclic else columns - 1), cfg)


@torch.no_grad()
def macro_patch(net: Net, latent: Tensor, row: float, column: float, cfg: Config) -> Tensor:
    """Generate the macro patch whose top left cell is at a position, which may lie between the cells.

    Args:
        net: trained, in eval mode.
        latent: [1, latent].
        row: 0 to the number of rows less those of a macro patch.
        column: as ``row``; any number with cylindrical coordinates.
        cfg: as in training.

    Returns:
        [1, 3, macro, macro], -1..1. Its margins are blended with the neighbouring cells inside the image.
    """
    side = cells_of_macro(cfg)
    down = _with_neighbours(row, side, cells(cfg)[0], cyclic=False)
    across = _with_neighbours(column, side, cells(cfg)[1], cyclic=cfg.coordinates == "cylindrical")
    where = torch.cartesian_prod(torch.tensor(down), torch.tensor(across)).view(-1, 2)
    patches = joined(raw_patches(net, latent, where[:, 0], where[:, 1], cfg), len(down), len(across), cfg)
    top, left = down.index(row) * cfg.micro, across.index(column) * cfg.micro
    return patches[:, :, top : top + cfg.macro, left : left + cfg.macro]


def _with_neighbours(first: float, count: int, limit: int, *, cyclic: bool) -> list[float]:
    """Positions of ``count`` cells from ``first`` on, with those before and after them that lie inside the image."""
    inside = [first + k for k in range(count)]
    before, after = first - 1, first + count
    return [
        *([before] if cyclic or before >= 0 else []),
        *inside,
        *([after] if cyclic or after <= limit - 1 else []),
    ]
