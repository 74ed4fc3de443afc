"""``analogy`` and ``relayout``: A : A' :: B : B', from the coarsest level to the finest."""

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
    descriptors,
    gaussian,
    principal_directions,
)
from calotype.engines.imageanalogies.search import Exhaustive, Search, Tree
from calotype.engines.imageanalogies.sweep import Canvas, Source, fronts, synthesize_level
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.matching.analogy import AnalogyInputs, analogy_inputs
from calotype.matching.layout import label_channels
from calotype.run import Run
from calotype.setting_checks import at_least, not_negative

# Minimum side of the coarsest level: below, a neighbourhood of 5 x 5 pixels is most of the image.
_SMALLEST = 8
_WRONG_LABEL = math.sqrt(0.5)  # it differs by 1 in two channels


@dataclass(frozen=True)
class Picture:
    """An image at one level: ``values`` [h * w, C], pixels in row-major order, and height and width."""

    values: Tensor
    size: tuple[int, int]


def halved(size: tuple[int, int]) -> tuple[int, int]:
    """Height and width of the next coarser level."""
    return (size[0] + 1) // 2, (size[1] + 1) // 2


def sizes(size: tuple[int, int], levels: int) -> list[tuple[int, int]]:
    """Height and width at each level, coarsest first."""
    result = [size]
    while len(result) < levels:
        result.append(halved(result[-1]))
    return result[::-1]


def level_count(smallest: int, cfg: Config) -> int:
    """The number of levels for images with this ``smallest`` side, pixels."""
    levels = 1
    while levels < cfg.levels and (smallest := (smallest + 1) // 2) >= _SMALLEST:
        levels += 1
    return levels


def scales(photo_size: tuple[int, int], cfg: Config) -> list[tuple[int, int]]:
    """Height and width of a result of the photo's size at each level, coarsest first.

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
    """Image analogy A : A' applied to B.

    Args:
        photos: A': one [1, C, H, W], -1..1.
        cfg: settings.
        run: progress, stopping, device.
        before: A: [1, 3 or 4, H, W], -1..1, a photo or a label map. ``None``: the photo's own blurred luminance.
        picture: B: [1, 3 or 4, h, w], -1..1, of any size; resized to that of the result.
        size: height and width of the result, pixels.
        seed: of the noise at the coarsest level, see ``Config.noise``.
        guide: how ``before`` and ``picture`` are compared, see ``analogy_inputs``.
        colours: whose colours the result has, see ``analogy_inputs``. The paper uses the target's for filters, the
            photo's for textures and texture-by-numbers.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: an image is too small, ``before`` does not fit the photo, or a setting is out of range.
        Stopped: the run was wanted to stop.
    """
    _checked(photos, size, cfg)
    inputs = analogy_inputs(photos[0], before, resize(picture, size), guide, colours)
    weight = _guide_weight(inputs, before, cfg)
    return inputs.coloured(_synthesize(inputs.exemplar, weight * inputs.source, weight * inputs.target, cfg, run, seed))


@torch.no_grad()
def relayout(photos: Sequence[Tensor], cfg: Config, run: Run, *, before: Tensor, target: Tensor, seed: int) -> Tensor:
    """The photo in the layout of ``target``: texture-by-numbers in the paper.

    Args:
        photos: one [1, C, H, W], -1..1.
        cfg: settings.
        run: progress, stopping, device.
        before: int64 [1, H, W], the label map of the photo, class indices.
        target: int64 [1, h, w], of any size: the target label map, in the same numbering. The result has its size.
        seed: of the noise at the coarsest level, see ``Config.noise``.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: an image is too small, ``before`` does not fit the photo, ``target`` has a label that the photo does
            not have, or a setting is out of range.
        Stopped: the run was wanted to stop.
    """
    _checked(photos, (target.shape[1], target.shape[2]), cfg)
    source, wanted = label_channels(photos[0], before, target)
    weight = cfg.label_weight * _WRONG_LABEL
    return _synthesize(photos[0], weight * source, weight * wanted, cfg, run, seed).clamp(-1, 1)


def _synthesize(exemplar: Tensor, source: Tensor, target: Tensor, cfg: Config, run: Run, seed: int) -> Tensor:
    """Synthesise [1, C, h, w] from ``exemplar`` [1, C, H, W], given the weighted guide channels of both."""
    size = (target.shape[2], target.shape[3])
    count = level_count(min(*size, *exemplar.shape[2:]), cfg)
    photo, known, wanted = (_pyramid(x, count) for x in (exemplar, source, target))
    noise = torch.Generator().manual_seed(seed)
    made: list[Picture] = []
    for level in range(count):
        stage = f"level {level + 1} of {count}"
        # 1 + 2^(l - L) kappa: coherence is preferred more at fine levels.
        coherence = 1 + cfg.kappa * 2.0 ** (level + 1 - count) if cfg.kappa > 0 else 0.0
        made.append(_level(photo, known, wanted, made, level, coherence, cfg, run, stage, noise))
    return made[-1].values.T.reshape(1, -1, *size)


def _guide_weight(inputs: AnalogyInputs, before: Tensor | None, cfg: Config) -> float:
    """Factor of the guide channels."""
    if inputs.labelled:
        return cfg.label_weight * _WRONG_LABEL
    weight = cfg.texture_weight if before is None else cfg.light_weight
    return weight / math.sqrt(inputs.source.shape[1])


def _level(
    photo: list[Picture],
    source: list[Picture],
    target: list[Picture],
    made: list[Picture],
    level: int,
    coherence: float,
    cfg: Config,
    run: Run,
    stage: str,
    noise: torch.Generator,
) -> Picture:
    """Synthesise one level, given the coarser ones."""
    exemplar, size = photo[level], target[level].size
    source_blocks = [
        *_known(source, photo, level),
        Block(exemplar.values, exemplar.size, CAUSAL, _channel_mean(gaussian(CAUSAL, 5), exemplar)),
    ]
    directions = principal_directions(source_blocks, exemplar.size, cfg.components) if cfg.components else None
    rows = descriptors(source_blocks, exemplar.size, directions)
    known = _known(target, made, level)
    width = sum(len(block.offsets) * block.values.shape[1] for block in known)
    known_part = descriptors(known, size, None if directions is None else directions[:width])
    if level == 0 and cfg.noise > 0:
        amount = cfg.noise * rows.std(0).mean()
        known_part = known_part + amount * torch.randn(known_part.shape, generator=noise).to(known_part)
    search: Search = Tree.of(rows, cfg.leaf, cfg.probes) if cfg.probes else Exhaustive.of(rows)
    block = Block(_initial_values(exemplar, made, size), size, CAUSAL, source_blocks[-1].weights)
    canvas = Canvas(size, known_part, block, None if directions is None else directions[width:])
    synthesize_level(
        fronts(size, rows.device), Source(rows, exemplar.size, exemplar.values, search), canvas, coherence, run, stage
    )
    return Picture(block.values, size)


def _known(guide: list[Picture], picture: list[Picture], level: int) -> list[Block]:
    """The blocks known in advance: the guide at this level, and guide and image at the next coarser level."""
    here = guide[level]
    blocks = [Block(here.values, here.size, FULL, gaussian(FULL, 5))]
    if level:
        below, coarse = guide[level - 1], picture[level - 1]
        blocks.append(Block(below.values, below.size, COARSE, gaussian(COARSE, 3), halved=True))
        blocks.append(
            Block(coarse.values, coarse.size, COARSE, _channel_mean(gaussian(COARSE, 3), coarse), halved=True)
        )
    return blocks


def _channel_mean(weights: Tensor, picture: Picture) -> Tensor:
    """Weights for which squared differences become means over the channels."""
    return weights / picture.values.shape[1]


def _initial_values(exemplar: Picture, made: list[Picture], size: tuple[int, int]) -> Tensor:
    """Initial values [h * w, C], used for pixels not yet synthesised: the coarser level, or at the first level the
    mean.
    """
    if not made:
        return exemplar.values.mean(0).expand(size[0] * size[1], -1).clone()
    below = made[-1]
    y, x = (torch.arange(length, device=exemplar.values.device) // 2 for length in size)
    return below.values[(y[:, None] * below.size[1] + x).flatten()].clone()


def _pyramid(x: Tensor, levels: int) -> list[Picture]:
    """A Gaussian pyramid of ``x`` [1, C, H, W], coarsest first."""
    result = [x]
    while len(result) < levels:
        result.append(_downsampled(result[-1]))
    return [Picture(y[0].flatten(1).T.contiguous(), (y.shape[2], y.shape[3])) for y in result[::-1]]


def _downsampled(x: Tensor) -> Tensor:
    """Every other pixel of ``x`` [1, C, H, W], after smoothing with the binomial filter of length 5."""
    window = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], device=x.device) / 16
    window = window.expand(x.shape[1], 1, 1, 5)
    x = F.conv2d(F.pad(x, (2, 2, 0, 0), mode="replicate"), window, stride=(1, 2), groups=x.shape[1])
    return F.conv2d(F.pad(x, (0, 0, 2, 2), mode="replicate"), window.transpose(2, 3), stride=(2, 1), groups=x.shape[1])


def _checked(photos: Sequence[Tensor], size: tuple[int, int], cfg: Config) -> None:
    """Check photos, size and settings before any work is done."""
    if len(photos) > 1:
        raise InputError("an analogy takes its patches from one photo: leave out the others")
    check_sizes([size, (photos[0].shape[2], photos[0].shape[3])], cfg)


def check_sizes(sizes: Sequence[tuple[int, int]], cfg: Config) -> None:
    """Check sizes (height, width) and settings before any work is done.

    Raises:
        InputError: one is too small, or a setting is out of range.
    """
    _checked_settings(cfg)
    for height, width in sizes:
        if min(height, width) < _SMALLEST:
            raise InputError(f"{width}x{height} pixels are too few: both sides must be {_SMALLEST} or more")


def _checked_settings(cfg: Config) -> None:
    at_least(cfg, {"levels": 1, "components": 0, "probes": 0, "leaf": 2})
    not_negative(cfg, ("kappa", "label_weight", "light_weight", "texture_weight", "noise"))
