"""``stylize`` and ``analogy``: fields from the deepest layer to the first, then the result from patches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.engines.dia.config import Config
from calotype.engines.dia.deconvolve import deconvolved
from calotype.engines.dia.features import Layers, normalised, responses
from calotype.engines.dia.fields import Field, comparable, search
from calotype.errors import ArgumentError, InputError
from calotype.image.resize import resize
from calotype.matching.field import GridShape
from calotype.matching.vote import vote
from calotype.run import Run
from calotype.setting_checks import at_least, unusable

_SMALLEST = 16  # pixels


def layer_count(sizes: Sequence[tuple[int, int]], cfg: Config) -> int:
    """How many layers have room for more than one patch in pictures of these sizes: 1 to 5."""
    count = 1
    side = min(min(size) for size in sizes)
    while count < len(cfg.patches) and (side >> count) > cfg.patches[len(cfg.patches) - 1 - count]:
        count += 1
    return count


def working_size(size: tuple[int, int], cfg: Config) -> tuple[int, int]:
    """Height and width of a picture whose features are computed, pixels."""
    factor = min(1.0, cfg.side / max(size))
    return max(_SMALLEST, round(size[0] * factor)), max(_SMALLEST, round(size[1] * factor))


def scales(photo_size: tuple[int, int], cfg: Config) -> list[tuple[int, int]]:
    """Height and width of the layers for a picture of this size, coarsest first, and that of the picture."""
    size = working_size(photo_size, cfg)
    layers = [(size[0] >> k, size[1] >> k) for k in range(1, layer_count([size], cfg))]
    return [*layers[::-1], photo_size]


@torch.no_grad()
def stylize(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    picture: Tensor,
    size: tuple[int, int],
    seed: int,
    structure: float = 1.0,
) -> Tensor:
    """``picture`` with the appearance of the photo, A' in the paper.

    Args:
        photos: B': one [1, C, H, W], -1..1.
        cfg: settings.
        run: progress, stopping, device.
        picture: A: [1, 3 or 4, h, w], -1..1, of any size; resized to that of the result.
        size: height and width of the result, pixels.
        seed: of the random search.
        structure: how much of the picture's own features is kept: 0, .5 and 1 are the three published sets of weights.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: a picture is too small, a setting is out of range, or the network's weights are not there.
        Stopped: the run was asked to stop.
    """
    _check(photos, size, cfg)
    layers = Layers(cfg.features, run.device)
    style = photos[0]
    pair = [resize(x[:, :3], working_size(x.shape[2:], cfg)) for x in (resize(picture, size), style)]  # type: ignore[arg-type]
    weights = [weight + cfg.gain * structure for weight in cfg.weights]
    field = _field(pair[0], pair[1], layers, weights, cfg, run, torch.Generator().manual_seed(seed))
    patch = cfg.patches[-1]
    fine = field.upsampled(GridShape(size, patch), GridShape((style.shape[2], style.shape[3]), patch))
    made = vote(fine.index, fine.query.shape, style, fine.key.shape[1], patch, size, cfg.spread)
    return made.clamp(-1, 1)


def analogy(
    photos: Sequence[Tensor], cfg: Config, run: Run, *, picture: Tensor, size: tuple[int, int], seed: int
) -> Tensor:
    """The target ``picture`` with the appearance of the photo, with the published default weights.

    Arguments, result and errors are those of ``stylize``.
    """
    return stylize(photos, cfg, run, picture=picture, size=size, seed=seed)


@dataclass
class _Side:
    """One of the two pictures at the present layer: its own features, and those in the manner of the other one."""

    maps: list[Tensor]
    other: Tensor

    def compared(self, layer: int, own_first: bool) -> Tensor:
        """Both, normalised, in the order A and A', or B and B'."""
        both = [normalised(self.maps[layer]), normalised(self.other)]
        return torch.cat(both if own_first else both[::-1], 1)


def _field(
    a: Tensor, b: Tensor, layers: Layers, weights: Sequence[float], cfg: Config, run: Run, noise: torch.Generator
) -> Field:
    """The field at the first layer from the content [1, 3, h, w] to the style [1, 3, H, W]."""
    count = layer_count([a.shape[2:], b.shape[2:]], cfg)  # type: ignore[list-item]
    sides = [_Side(maps, maps[-1]) for maps in (layers.of(a, count), layers.of(b, count))]
    fields: list[Field | None] = [None, None]
    for step in run.steps(count, stage="layers"):
        layer = count - 1 - step  # 0 is relu1_1
        patch, radius = cfg.patches[-1 - layer], cfg.radii[-1 - layer] if step else 0
        grids = comparable(sides[0].compared(layer, True), sides[1].compared(layer, False), patch, cfg)
        fields = [search(grids[i], grids[1 - i], radius, fields[i], cfg, noise) for i in range(2)]
        if layer:
            for i, side in enumerate(sides):
                side.other = _mixed(side, sides[1 - i], fields[i], layer, layers, weights[-layer], cfg)
    assert fields[0] is not None
    return fields[0]


def _mixed(
    side: _Side, other: _Side, field: Field | None, layer: int, layers: Layers, weight: float, cfg: Config
) -> Tensor:
    """Features at the next layer: the side's own where they are strong, and elsewhere the other's, moved by the field.

    The weight of its own features is ``weight`` where their response is above the threshold, else 0.
    """
    assert field is not None
    own, theirs = side.maps[layer - 1], other.maps[layer - 1]
    fine = field.upsampled(
        GridShape((own.shape[2], own.shape[3]), field.query.patch),
        GridShape((theirs.shape[2], theirs.shape[3]), field.key.patch),
    )
    wanted = field.warp(other.maps[layer])
    moved = deconvolved(fine.warp(theirs), wanted, lambda x: layers.next(x, layer), cfg.deconvolution)
    mask = weight * (responses(own) > cfg.threshold)
    return own * mask + moved * (1 - mask)


def _check(photos: Sequence[Tensor], size: tuple[int, int], cfg: Config) -> None:
    if len(photos) > 1:
        raise InputError("deep image analogy takes its patches from one picture: leave out the others")
    check_sizes([size, (photos[0].shape[2], photos[0].shape[3])], cfg)


def check_sizes(sizes: Sequence[tuple[int, int]], cfg: Config) -> None:
    """Check sizes (height, width) and settings before any work is done.

    Raises:
        InputError: one is too small, or a setting is out of range.
    """
    for height, width in sizes:
        if min(height, width) < _SMALLEST:
            raise InputError(f"{width}x{height} pixels are too few: both sides must be {_SMALLEST} or more")
    if len(cfg.patches) != 5 or len(cfg.radii) != 5 or len(cfg.weights) != 4:
        raise ArgumentError(
            "patches and radii have five values, one a layer, and weights four (--set patches=, radii=, weights=)"
        )
    if any(patch < 1 or patch % 2 == 0 for patch in cfg.patches):
        raise unusable(cfg, "patches", "odd numbers")
    at_least(cfg, {"passes": 1, "channels": 1, "components": 1, "deconvolution": 0, "side": _SMALLEST})
