"""A : A' :: B : B', from the coarsest level to the finest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.imageanalogies.config import Config
from calotype.engines.imageanalogies.neighbourhood import (
    CAUSAL,
    COARSE,
    FULL,
    Block,
    bell,
    described,
    principal_directions,
)
from calotype.engines.imageanalogies.search import Exhaustive, Search, Tree
from calotype.engines.imageanalogies.sweep import Canvas, Source, fronts, swept
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.matching.analogy import AnalogyInputs, analogy_inputs
from calotype.matching.layout import label_channels
from calotype.run import Run

# Sides of the coarsest level are no smaller: below, a neighbourhood of 5 x 5 pixels is most of the image.
_LEAST = 8
_WRONG_LABEL = math.sqrt(0.5)  # it is off by 1 in two channels


@dataclass(frozen=True)
class Picture:
    """An image at one level: ``values`` [h * w, C], pixels row by row, and height and width."""

    values: Tensor
    size: tuple[int, int]


def halved(size: tuple[int, int]) -> tuple[int, int]:
    """Height and width of the level below."""
    return (size[0] + 1) // 2, (size[1] + 1) // 2


def sizes(size: tuple[int, int], levels: int) -> list[tuple[int, int]]:
    """Height and width at each level, coarsest first."""
    found = [size]
    while len(found) < levels:
        found.append(halved(found[-1]))
    return found[::-1]


def level_count(smallest: int, cfg: Config) -> int:
    """How many levels there are for images of which the ``smallest`` side is so many pixels."""
    levels = 1
    while levels < cfg.levels and (smallest := (smallest + 1) // 2) >= _LEAST:
        levels += 1
    return levels


def scales(photo_size: tuple[int, int], cfg: Config) -> list[tuple[int, int]]:
    """Height and width of a result as large as the photo at each level, coarsest first.

    Raises:
        InputError: a setting is out of range.
    """
    _checked_settings(cfg)
    return sizes(photo_size, level_count(min(photo_size), cfg))


@torch.no_grad()
def analogy(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    before: Tensor | None,
    picture: Tensor,
    size: tuple[int, int],
    seed: int,
    guide: str = "auto",
    colours: str = "auto",
) -> Tensor:
    """What is to ``picture`` as the photo is to ``before``.

    Args:
        photos: one [1, C, H, W], -1..1: A'.
        cfg: settings.
        run: progress, stopping, device.
        before: [1, 3 or 4, H, W], -1..1, a photo or a label map: A. ``None``: the photo's own blurred brightness.
        picture: [1, 3 or 4, h, w], -1..1, of any size: B, stretched to that of the result.
        size: height and width of the result, pixels.
        seed: of the disturbance of the coarsest level, see ``Config.noise``.
        guide: how ``before`` and ``picture`` are compared, see ``counterparts``.
        colours: whose colours the result has, see ``counterparts``. The target's is the paper's way with filters, the
            photo's that with textures and texture-by-numbers.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: an image is too small, ``before`` does not fit the photo, or a setting is out of range.
        Stopped: the run was asked to stop.
    """
    _checked(photos, size, cfg)
    case = analogy_inputs(photos[0], before, resize(picture, size), guide, colours)
    weight = _guide_weight(case, before, cfg)
    return case.coloured(_swept_up(case.exemplar, weight * case.source, weight * case.target, cfg, run, seed))


@torch.no_grad()
def relayout(photos: Sequence[Tensor], cfg: Config, run: Run, *, before: Tensor, target: Tensor, seed: int) -> Tensor:
    """The photo laid out as ``target`` has it: what the paper calls texture-by-numbers.

    Args:
        photos: one [1, C, H, W], -1..1.
        cfg: settings.
        run: progress, stopping, device.
        before: int64 [1, H, W], the number of the label that lies at each pixel of the photo.
        target: int64 [1, h, w], of any size: what is to lie where, in the same numbers. The result has its size.
        seed: of the disturbance of the coarsest level, see ``Config.noise``.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: an image is too small, ``before`` does not fit the photo, ``target`` has a label that it has not,
            or a setting is out of range.
        Stopped: the run was asked to stop.
    """
    _checked(photos, (target.shape[1], target.shape[2]), cfg)
    source, wanted = label_channels(photos[0], before, target)
    weight = cfg.label_weight * _WRONG_LABEL
    return _swept_up(photos[0], weight * source, weight * wanted, cfg, run, seed).clamp(-1, 1)


def _swept_up(lent: Tensor, source: Tensor, target: Tensor, cfg: Config, run: Run, seed: int) -> Tensor:
    """An image [1, C, h, w] made of ``lent`` [1, C, H, W], from the weighted channels of the guide of both."""
    size = (target.shape[2], target.shape[3])
    count = level_count(min(*size, *lent.shape[2:]), cfg)
    photo, known, asked = (_pyramid(x, count) for x in (lent, source, target))
    noise = torch.Generator().manual_seed(seed)
    made: list[Picture] = []
    for level in range(count):
        stage = f"level {level + 1} of {count}"
        # 2 to the power of l - L: the finer, the more is put up with for coherence.
        favour = 1 + cfg.kappa * 2.0 ** (level + 1 - count) if cfg.kappa > 0 else 0.0
        made.append(_level(photo, known, asked, made, level, favour, cfg, run, stage, noise))
    return made[-1].values.T.reshape(1, -1, *size)


def _guide_weight(case: AnalogyInputs, before: Tensor | None, cfg: Config) -> float:
    """What the channels of the guide are multiplied by."""
    if case.labelled:
        return cfg.label_weight * _WRONG_LABEL
    weight = cfg.texture_weight if before is None else cfg.light_weight
    return weight / math.sqrt(case.source.shape[1])


def _level(
    photo: list[Picture],
    source: list[Picture],
    target: list[Picture],
    made: list[Picture],
    level: int,
    favour: float,
    cfg: Config,
    run: Run,
    stage: str,
    noise: torch.Generator,
) -> Picture:
    """The result at one level, from those at the levels below."""
    lent, size = photo[level], target[level].size
    rows_of = [
        *_known(source, photo, level),
        Block(lent.values, lent.size, CAUSAL, _channel_mean(bell(CAUSAL, 5), lent)),
    ]
    directions = principal_directions(rows_of, lent.size, cfg.components) if cfg.components else None
    rows = described(rows_of, lent.size, directions)
    known = _known(target, made, level)
    width = sum(len(block.offsets) * block.values.shape[1] for block in known)
    fixed = described(known, size, None if directions is None else directions[:width])
    if level == 0 and cfg.noise > 0:
        amount = cfg.noise * rows.std(0).mean()
        fixed = fixed + amount * torch.randn(fixed.shape, generator=noise).to(fixed)
    search: Search = Tree.of(rows, cfg.leaf, cfg.probes) if cfg.probes else Exhaustive.of(rows)
    block = Block(_guess(lent, made, size), size, CAUSAL, rows_of[-1].weights)
    canvas = Canvas(size, fixed, block, None if directions is None else directions[width:])
    swept(fronts(size, rows.device), Source(rows, lent.size, lent.values, search), canvas, favour, run, stage)
    return Picture(block.values, size)


def _known(guide: list[Picture], picture: list[Picture], level: int) -> list[Block]:
    """The blocks that are known before a level is begun: the guide here, and both images at the level below."""
    here = guide[level]
    blocks = [Block(here.values, here.size, FULL, bell(FULL, 5))]
    if level:
        below, coarse = guide[level - 1], picture[level - 1]
        blocks.append(Block(below.values, below.size, COARSE, bell(COARSE, 3), halved=True))
        blocks.append(Block(coarse.values, coarse.size, COARSE, _channel_mean(bell(COARSE, 3), coarse), halved=True))
    return blocks


def _channel_mean(weights: Tensor, picture: Picture) -> Tensor:
    """Weights that make squared differences means over the channels."""
    return weights / picture.values.shape[1]


def _guess(lent: Picture, made: list[Picture], size: tuple[int, int]) -> Tensor:
    """Values [h * w, C] that stand, at the edges, for pixels not made yet: the level below; at the first, the mean."""
    if not made:
        return lent.values.mean(0).expand(size[0] * size[1], -1).clone()
    below = made[-1]
    y, x = (torch.arange(length, device=lent.values.device) // 2 for length in size)
    return below.values[(y[:, None] * below.size[1] + x).flatten()].clone()


def _pyramid(x: Tensor, levels: int) -> list[Picture]:
    """``x`` [1, C, H, W] at every level of a Gaussian pyramid, coarsest first."""
    found = [x]
    while len(found) < levels:
        found.append(_shrunk(found[-1]))
    return [Picture(y[0].flatten(1).T.contiguous(), (y.shape[2], y.shape[3])) for y in found[::-1]]


def _shrunk(x: Tensor) -> Tensor:
    """Every other pixel of ``x`` [1, C, H, W], smoothed by the binomial of five before."""
    window = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], device=x.device) / 16
    window = window.expand(x.shape[1], 1, 1, 5)
    x = F.conv2d(F.pad(x, (2, 2, 0, 0), mode="replicate"), window, stride=(1, 2), groups=x.shape[1])
    return F.conv2d(F.pad(x, (0, 0, 2, 2), mode="replicate"), window.transpose(2, 3), stride=(2, 1), groups=x.shape[1])


def _checked(photos: Sequence[Tensor], size: tuple[int, int], cfg: Config) -> None:
    """Refuse what cannot work, before any of it is done."""
    _checked_settings(cfg)
    if len(photos) > 1:
        raise InputError("an analogy takes its patches from one photo: leave out the others")
    for height, width in [size, (photos[0].shape[2], photos[0].shape[3])]:
        if min(height, width) < _LEAST:
            raise InputError(f"{width}x{height} pixels are too few: both sides must be {_LEAST} or more")


def _checked_settings(cfg: Config) -> None:
    for name, least in (("levels", 1), ("components", 0), ("probes", 0), ("leaf", 2)):
        if getattr(cfg, name) < least:
            raise InputError(f"{name}={getattr(cfg, name)} cannot be used: give a whole number from {least} up")
    for name in ("kappa", "label_weight", "light_weight", "texture_weight", "noise"):
        if not getattr(cfg, name) >= 0:
            raise InputError(f"{name}={getattr(cfg, name):g} cannot be used: give a number from 0 up")
