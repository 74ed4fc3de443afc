"""Pictures from a trained net, made part by part."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor

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

# Micro pieces that are made at a time: what memory is needed beside the picture itself. Always so many, since how torch
# adds up may depend on how many there are; so a part that is made alone is the same to the last bit.
AT_ONCE = 16


def latent_of(seed: int, cfg: Config) -> Tensor:
    """The random vector of a seed: [1, latent], -1..1, on the CPU."""
    return torch.rand(1, cfg.latent, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@torch.no_grad()
def parts(net: Net, latent: Tensor, rows: Tensor, columns: Tensor, cfg: Config) -> Tensor:
    """Single parts of a picture as large as those learned from, in any order, each as it is in the picture.

    Args:
        net: trained, in eval mode.
        latent: [1, latent]: what the picture is.
        rows: numbers of the cells, downwards, [N]; they need not be whole, nor within the picture.
        columns: the same across, [N].
        cfg: as in training.

    Returns:
        [N, 3, micro, micro], -1..1.
    """
    if not cfg.overlap:
        return raw_parts(net, latent, rows, columns, cfg)
    made = []
    height, width = cells(cfg)
    for row, column in zip(rows.tolist(), columns.tolist()):
        # With those neighbours that the picture has.
        down = [row + k for k in (-1, 0, 1) if not k or 0 <= row + k <= height - 1]
        around = cfg.coordinates == "cylindrical"
        across = [column + k for k in (-1, 0, 1) if not k or around or 0 <= column + k <= width - 1]
        where = torch.cartesian_prod(torch.tensor(down), torch.tensor(across)).float().view(-1, 2)
        some = joined(raw_parts(net, latent, where[:, 0], where[:, 1], cfg), len(down), len(across), cfg)
        top, left = down.index(row) * cfg.micro, across.index(column) * cfg.micro
        made.append(some[:, :, top : top + cfg.micro, left : left + cfg.micro])
    return torch.cat(made)


@torch.no_grad()
def raw_parts(net: Net, latent: Tensor, rows: Tensor, columns: Tensor, cfg: Config) -> Tensor:
    """As ``parts``, but with all that reaches over the sides of each, and not blended.

    Returns:
        [N, 3, micro + 2 overlap, micro + 2 overlap], -1..1.
    """
    device = next(net.parameters()).device
    where = micro_coordinates(rows.float(), columns.float(), cfg).to(device)
    latents = latent.to(device).expand(AT_ONCE, -1)
    made = []
    for some in torch.split(where, AT_ONCE):
        filled = torch.cat([some, some[-1:].expand(AT_ONCE - len(some), -1)])
        made.append(net.average(latents, filled).float()[: len(some)])
    return torch.cat(made)


def strips(net: Net, latent: Tensor, cfg: Config, size: tuple[int, int], turn: float = 0.0) -> Iterator[Tensor]:
    """A picture from top to bottom, so that one larger than memory can be made: [1, 3, a few rows, width], -1..1.

    Args:
        net: trained.
        latent: [1, latent].
        cfg: as in training.
        size: height and width of the whole, pixels; see ``sample``.
        turn: for panoramas, by how many pictures it is turned to the left.
    """
    top, first_row, rows = _covering(size[0], cfg.size[0], cfg.micro)
    left, first_column, columns = _covering(size[1], cfg.size[1], cfg.micro)
    if cfg.coordinates == "cylindrical":
        left, first_column, columns = 0, 0, -(-size[1] // cfg.micro)
    across = torch.arange(columns) + first_column + turn * cells(cfg)[1]
    down = range(first_row, first_row + rows)
    for row, strip in enumerate(_blended_rows(net, latent, cfg, down, across)):
        above = max(0, top - row * cfg.micro)
        below = max(0, (row + 1) * cfg.micro - top - size[0])
        yield strip[:, :, above : cfg.micro - below, left : left + size[1]]


def _blended_rows(net: Net, latent: Tensor, cfg: Config, down: range, across: Tensor) -> Iterator[Tensor]:
    """Rows of cells [1, 3, micro, columns * micro], each blended with its neighbours: at most three are held."""
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
    """Cells side by side, which still reach over those above and below: [1, 3, micro + 2 overlap, columns * micro]."""
    ends = cfg.coordinates == "cylindrical" and cfg.overlap > 0
    if ends:  # the first is blended with the one before it, whose place is around the cylinder, and so is the last
        across = torch.cat([across[:1] - 1, across, across[-1:] + 1])
    # Of narrow pictures several rows at a time: so many parts are made at once in any case.
    for some in torch.split(torch.tensor(down).float(), max(1, AT_ONCE // len(across))):
        made = raw_parts(net, latent, some.repeat_interleave(len(across)), across.repeat(len(some)), cfg)
        for row in torch.split(made, len(across)):
            cells_of_row = blended(row, 0, 3, cfg) if cfg.overlap else row
            cells_of_row = cells_of_row[1:-1] if ends else cells_of_row
            yield torch.cat(list(cells_of_row), dim=2)[None]


def _covering(wanted: int, learned: int, micro: int) -> tuple[int, int, int]:
    """Cells that cover so many pixels around the middle: pixels that are over at the start, first cell, how many."""
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
    """A new picture.

    Args:
        cfg: as in training.
        run: where it runs.
        net: trained.
        size: height and width, pixels; ``None``: as in training. What is larger goes beyond the edges, evenly on all
            sides, as far as that was learned; a panorama goes round as often as there is room.
        seed: of the picture.
        turn: for panoramas, by how many pictures it is turned to the left; around the cylinder all turns are alike.
        guide: a square part of a picture, [1, 3, h, h], -1..1, of any size: see ``guided``.
        strength: with a guide, 0..1: see ``guided``.

    Returns:
        [1, 3, height, width], -1..1, on the run's device.

    Raises:
        InputError: the size goes beyond what was learned, or the guide is not square.
    """
    if guide is not None:
        if guide.shape[2] != guide.shape[3]:
            raise InputError(f"the guide is {guide.shape[3]}x{guide.shape[2]}: give a square part of a picture")
        patch = resize(guide, (cfg.macro, cfg.macro))
        return guided(cfg, run, net=net, piece=patch, size=size, seed=seed, strength=strength)
    size = checked_size(size, cfg)
    return torch.cat(list(strips(net, latent_of(seed, cfg), cfg, size, turn)), dim=2).to(run.device)


def panorama(
    cfg: Config, run: Run, *, net: Net, size: tuple[int, int] | None = None, seed: int = 0, turn: float = 0.0
) -> Tensor:
    """A new picture whose right edge continues at its left one: as ``sample``, for a net of cylindrical coordinates.

    Raises:
        InputError: the net was trained in the plane, or the size goes beyond what was learned.
    """
    check_round(cfg)
    return sample(cfg, run, net=net, size=size, seed=seed, turn=turn)


def check_round(cfg: Config) -> None:
    """Refuse to make panoramas of what has learned from pictures with edges.

    Raises:
        InputError: it has.
    """
    if cfg.coordinates != "cylindrical":
        raise InputError(
            "this model learned pictures that have an edge on every side: train one with --set coordinates=cylindrical"
        )


def checked_size(size: tuple[int, int] | None, cfg: Config) -> tuple[int, int]:
    """The size of a picture, which must not go beyond what was learned.

    Raises:
        InputError: it does; the message says how far it may go, and what to train for more.
    """
    if size is None:
        return cfg.size
    free = 2 * cfg.beyond * cfg.micro
    round_about = cfg.coordinates == "cylindrical"
    if size[0] > cfg.size[0] + free or (size[1] > cfg.size[1] + free and not round_about):
        most = f"{'any width' if round_about else cfg.size[1] + free}x{cfg.size[0] + free}"
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
    """A whole picture to go with a piece: what the critic guesses it was made from, made whole.

    Args:
        cfg: as in training, with ``latent_weight`` above 0.
        run: where it runs.
        net: trained.
        piece: [1, 3, macro, macro], -1..1.
        size: as for ``sample``.
        seed: of what is changed.
        strength: 0: what the critic guesses; 1: nothing of it is left.

    Returns:
        [1, 3, height, width], -1..1.

    Raises:
        InputError: the net has not learned to guess, or the size goes beyond what was learned.
    """
    source = net.critic.source
    if source is None:
        raise InputError("this model has not learned what pieces are made from: train one with --set latent_weight=1")
    guess: Tensor = source(net.critic.features(piece.to(next(net.parameters()).device)))
    latent = (1 - strength) * guess + strength * latent_of(seed, cfg).to(guess.device)
    return torch.cat(list(strips(net, latent, cfg, checked_size(size, cfg))), dim=2).to(run.device)


@torch.no_grad()
def place_of(net: Net, piece: Tensor, cfg: Config) -> tuple[int, int]:
    """Where the critic would put a piece [1, 3, macro, macro]: numbers of its first cell, downwards and across."""
    device = next(net.parameters()).device
    guess = net.critic.place(net.critic.features(piece.to(device)))
    rows, columns = macro_choices(cfg)
    places = torch.cartesian_prod(torch.arange(rows), torch.arange(columns)).float()
    known = macro_coordinates(places[:, 0], places[:, 1], cfg).to(device)
    nearest = int((known - guess).square().sum(dim=1).argmin())
    return nearest // columns, nearest % columns
