"""Sampling images from a trained model, patch by patch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.models.cocogan.config import Config
from calotype.models.cocogan.coordinates import (
    blended,
    cells,
    joined,
    macro_choices,
    macro_coordinates,
    micro_coordinates,
)
from calotype.models.cocogan.network import Net
from calotype.run import Run

# Micro patches per forward pass, which determines the memory needed beyond the image itself. Batches are padded to this
# size, since the order of torch's summations may depend on the batch size: a patch generated alone is bitwise the same.
PATCHES_PER_PASS = 16


def latent_of(seed: int, cfg: Config) -> Tensor:
    """The latent vector of a seed: [1, latent], uniform in -1..1, on the CPU."""
    return torch.rand(1, cfg.latent, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@torch.no_grad()
def patches(net: Net, latent: Tensor, rows: Tensor, columns: Tensor, cfg: Config) -> Tensor:
    """Generate single patches of an image of training size, in any order, each as in the full image.

    Args:
        net: trained, in eval mode.
        latent: [1, latent]: the latent vector of the image.
        rows: row indices of the cells, [N]; may be fractional or outside the image.
        columns: column indices of the cells, [N].
        cfg: as in training.

    Returns:
        [N, 3, micro, micro], -1..1.
    """
    if not cfg.overlap:
        return raw_patches(net, latent, rows, columns, cfg)
    made = []
    height, width = cells(cfg)
    for row, column in zip(rows.tolist(), columns.tolist()):
        # With the neighbours that lie inside the image.
        down = [row + k for k in (-1, 0, 1) if not k or 0 <= row + k <= height - 1]
        cyclic = cfg.coordinates == "cylindrical"
        across = [column + k for k in (-1, 0, 1) if not k or cyclic or 0 <= column + k <= width - 1]
        where = torch.cartesian_prod(torch.tensor(down), torch.tensor(across)).float().view(-1, 2)
        some = joined(raw_patches(net, latent, where[:, 0], where[:, 1], cfg), len(down), len(across), cfg)
        top, left = down.index(row) * cfg.micro, across.index(column) * cfg.micro
        made.append(some[:, :, top : top + cfg.micro, left : left + cfg.micro])
    return torch.cat(made)


@torch.no_grad()
def raw_patches(net: Net, latent: Tensor, rows: Tensor, columns: Tensor, cfg: Config) -> Tensor:
    """As ``patches``, but with their overlapping margins, not blended.

    Returns:
        [N, 3, micro + 2 overlap, micro + 2 overlap], -1..1.
    """
    device = next(net.parameters()).device
    where = micro_coordinates(rows.float(), columns.float(), cfg).to(device)
    latents = latent.to(device).expand(PATCHES_PER_PASS, -1)
    made = []
    for some in torch.split(where, PATCHES_PER_PASS):
        filled = torch.cat([some, some[-1:].expand(PATCHES_PER_PASS - len(some), -1)])
        made.append(net.average(latents, filled).float()[: len(some)])
    return torch.cat(made)


def strips(net: Net, latent: Tensor, cfg: Config, size: tuple[int, int], turn: float = 0.0) -> Iterator[Tensor]:
    """Generate an image in strips from top to bottom, so that it may be larger than memory: [1, 3, a few rows, width],
    -1..1.

    Args:
        net: trained.
        latent: [1, latent].
        cfg: as in training.
        size: height and width of the image, pixels; see ``sample``.
        turn: for panoramas, rotation to the left in full turns.
    """
    top, first_row, rows = _cells_covering(size[0], cfg.size[0], cfg.micro)
    left, first_column, columns = _cells_covering(size[1], cfg.size[1], cfg.micro)
    if cfg.coordinates == "cylindrical":
        left, first_column, columns = 0, 0, -(-size[1] // cfg.micro)
    across = torch.arange(columns) + first_column + turn * cells(cfg)[1]
    down = range(first_row, first_row + rows)
    for row, strip in enumerate(_blended_rows(net, latent, cfg, down, across)):
        above = max(0, top - row * cfg.micro)
        below = max(0, (row + 1) * cfg.micro - top - size[0])
        yield strip[:, :, above : cfg.micro - below, left : left + size[1]]


def _blended_rows(net: Net, latent: Tensor, cfg: Config, down: range, across: Tensor) -> Iterator[Tensor]:
    """Rows of cells [1, 3, micro, columns * micro], each blended with its neighbours; at most three rows are held."""
    held: list[Tensor] = []
    rows = _rows(net, latent, cfg, down, across)
    for k in range(len(down) + 1):
        held += islice(rows, 1)
        if k:
            here = min(k, 2) - 1
            strip = torch.stack(held)
            yield (blended(strip, 0, 3, cfg) if cfg.overlap else strip)[here]
        held = held[-2:]


def _rows(net: Net, latent: Tensor, cfg: Config, down: range, across: Tensor) -> Iterator[Tensor]:
    """Rows of cells that still have their vertical margins: [1, 3, micro + 2 overlap, columns * micro]."""
    ends = cfg.coordinates == "cylindrical" and cfg.overlap > 0
    if ends:  # on a cylinder, the first and the last column blend with their cyclic neighbours
        across = torch.cat([across[:1] - 1, across, across[-1:] + 1])
    # Several rows of a narrow image share a forward pass, whose batch size is fixed.
    for some in torch.split(torch.tensor(down).float(), max(1, PATCHES_PER_PASS // len(across))):
        made = raw_patches(net, latent, some.repeat_interleave(len(across)), across.repeat(len(some)), cfg)
        for row in torch.split(made, len(across)):
            cells_of_row = blended(row, 0, 3, cfg) if cfg.overlap else row
            cells_of_row = cells_of_row[1:-1] if ends else cells_of_row
            yield torch.cat(list(cells_of_row), dim=2)[None]


def _cells_covering(wanted: int, learned: int, micro: int) -> tuple[int, int, int]:
    """The cells that cover ``wanted`` pixels around the centre: excess pixels before the start, first cell, number of
    cells.
    """
    start = (learned - wanted) // 2
    first = start // micro
    last = -(-(start + wanted) // micro)
    return start - first * micro, first, last - first


def sample(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    size: tuple[int, int] | None = None,
    seed: int = 0,
    turn: float = 0.0,
    guide: Tensor | None = None,
    strength: float = 0.0,
) -> Tensor:
    """Generate a new image.

    Args:
        cfg: as in training.
        run: the device.
        net: trained.
        size: height and width, pixels; ``None``: as in training. Larger sizes extrapolate evenly beyond the edges, as
            far as that was trained; a panorama repeats as often as there is room.
        seed: of the latent vector.
        turn: for panoramas, rotation to the left in full turns.
        guide: a square part of a picture, [1, 3, h, h], -1..1, of any size: see ``guided``.
        strength: with a guide, 0..1: see ``guided``.

    Returns:
        [1, 3, height, width], -1..1, on the run's device.

    Raises:
        InputError: the size goes beyond what was trained, or the guide is not square.
    """
    check_sample(cfg, net=net, size=size, guide=guide)
    if guide is not None:
        patch = resize(guide, (cfg.macro, cfg.macro))
        return guided(cfg, run, net=net, piece=patch, size=size, seed=seed, strength=strength)
    size = checked_size(size, cfg)
    return torch.cat(list(strips(net, latent_of(seed, cfg), cfg, size, turn)), dim=2).to(run.device)


def check_sample(
    cfg: Config,
    *,
    net: Net,
    size: tuple[int, int] | None = None,
    seed: int = 0,
    guide: Tensor | None = None,
    strength: float = 0.0,
) -> None:
    """Refuse what ``sample`` cannot generate; the arguments are those of ``sample``.

    Raises:
        InputError: as ``sample``; or there is a guide, and the model has no latent head.
    """
    checked_size(size, cfg)
    if guide is not None:
        _check_head(net)
        if guide.shape[2] != guide.shape[3]:
            raise InputError(f"the guide is {guide.shape[3]}x{guide.shape[2]}: give a square part of a picture")


def check_panorama(
    cfg: Config, *, net: Net, size: tuple[int, int] | None = None, seed: int = 0, turn: float = 0.0
) -> None:
    """Refuse what ``panorama`` cannot generate; the arguments are those of ``panorama``.

    Raises:
        InputError: as ``panorama``.
    """
    check_round(cfg)
    checked_size(size, cfg)


def _check_head(net: Net) -> nn.Module:
    """The part of the discriminator that predicts latent vectors.

    Raises:
        InputError: the model has none.
    """
    if net.critic.source is None:
        raise InputError("this model cannot predict latent vectors from patches: train one with --set latent_weight=1")
    head: nn.Module = net.critic.source
    return head


def panorama(
    cfg: Config, run: Run, *, net: Net, size: tuple[int, int] | None = None, seed: int = 0, turn: float = 0.0
) -> Tensor:
    """Generate an image whose right edge continues at its left one: as ``sample``, for cylindrical coordinates.

    Raises:
        InputError: the model has planar coordinates, or the size goes beyond what was trained.
    """
    check_round(cfg)
    return sample(cfg, run, net=net, size=size, seed=seed, turn=turn)


def check_round(cfg: Config) -> None:
    """Check that a model can generate panoramas.

    Raises:
        InputError: it has planar coordinates.
    """
    if cfg.coordinates != "cylindrical":
        raise InputError(
            "this model learned pictures that have an edge on every side: train one with --set coordinates=cylindrical"
        )


def checked_size(size: tuple[int, int] | None, cfg: Config) -> tuple[int, int]:
    """The size of the result, checked against how far the model can extrapolate.

    Raises:
        InputError: the message says the limit, and how to train for more.
    """
    if size is None:
        return cfg.size
    free = 2 * cfg.beyond * cfg.micro
    cyclic = cfg.coordinates == "cylindrical"
    if size[0] > cfg.size[0] + free or (size[1] > cfg.size[1] + free and not cyclic):
        most = f"{'any width' if cyclic else cfg.size[1] + free}x{cfg.size[0] + free}"
        raise InputError(
            f"pictures of {size[1]}x{size[0]} pixels go beyond what this model has learned: ask for at most {most}, or "
            "train one that learns what lies further out, with --set beyond=2 --set beyond_steps=1000"
        )
    if min(size) < 1:
        raise InputError(f"pictures of {size[1]}x{size[0]} pixels cannot be made: give a width and a height from 1 up")
    return size


@torch.no_grad()
def guided(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    piece: Tensor,
    size: tuple[int, int] | None = None,
    seed: int = 0,
    strength: float = 0.0,
) -> Tensor:
    """Generate a full image from a macro patch: the discriminator predicts its latent vector, the generator the image.

    Args:
        cfg: as in training, with ``latent_weight`` above 0.
        run: the device.
        net: trained.
        piece: the macro patch, [1, 3, macro, macro], -1..1.
        size: as for ``sample``.
        seed: of the latent vector that is mixed in.
        strength: weight of that vector, 0..1: 0 is the prediction alone; 1 a random image.

    Returns:
        [1, 3, height, width], -1..1, on the run's device.

    Raises:
        InputError: the model has no latent head, or the size goes beyond what was trained.
    """
    head = _check_head(net)
    prediction: Tensor = head(net.critic.features(piece.to(next(net.parameters()).device)))
    latent = (1 - strength) * prediction + strength * latent_of(seed, cfg).to(prediction.device)
    return torch.cat(list(strips(net, latent, cfg, checked_size(size, cfg))), dim=2).to(run.device)


@torch.no_grad()
def place_of(net: Net, piece: Tensor, cfg: Config) -> tuple[int, int]:
    """The position that the discriminator predicts for a macro patch [1, 3, macro, macro]: row and column of its first
    cell.
    """
    device = next(net.parameters()).device
    guess = net.critic.place(net.critic.features(piece.to(device)))
    rows, columns = macro_choices(cfg)
    places = torch.cartesian_prod(torch.arange(rows), torch.arange(columns)).float()
    known = macro_coordinates(places[:, 0], places[:, 1], cfg).to(device)
    nearest = int((known - guess).square().sum(dim=1).argmin())
    return nearest // columns, nearest % columns
