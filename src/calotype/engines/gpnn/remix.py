"""``remix``: a variation that keeps as much of a photo as a level of a classifier says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.gpnn.config import Config
from calotype.engines.gpnn.generate import checked, plan, refinement
from calotype.image.mask import composite, soften
from calotype.image.resize import resize
from calotype.matching.refine import Guide, refine
from calotype.matching.start import layout_image
from calotype.nn.efficientnet import check_efficientnet, pyramid_features
from calotype.run import Run

_SIDE = 224  # longer side at which the classifier sees the photo, pixels; a multiple of its largest stride
_MAPS = 5  # levels that are maps, with strides of 2, 4, 8, 16, 32 pixels
_LEVELS = 7  # with pooled features and classes, which have no places
_COMPONENTS = 6  # principal components of the features that guide
_REACH = 1.0  # standard deviation of the displacement, in cells of the level
_SOFTNESS = 0.01  # of the edge of a region, as a share of the longer side


@torch.no_grad()
def remix(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    size: tuple[int, int],
    seed: int,
    level: float = 0.5,
    mask: Tensor | None = None,
) -> Tensor:
    """A variation without training: the photo's patches, laid out by the photo's features of one level.

    Features of EfficientNet-Lite0 guide the patches, as a label map does in ``relayout``: a place takes patches from
    where the classifier saw the same. The deeper the level, the coarser its cells: patches move by about a cell. The
    last two levels have no places; towards them the guide fades, until the result is free.

    Args:
        photos: [1, C, H, W] each, -1..1; the first is the photo, all contribute patches.
        cfg: settings.
        run: progress, stopping, device.
        size: height and width of the result, pixels.
        seed: of the displacement and of the search.
        level: 0, the photo itself, to 1, its content in any place.
        mask: [1, 1, h, w], 0 or 1, of the size of the photo: only this region changes. ``None``: all of it.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: the result would be smaller than a patch, a setting is out of range, or the classifier's weights
            are not installed.
        Stopped: the run was asked to stop.
    """
    checked(photos, size, cfg)
    if level == 0:
        return resize(photos[0], size)
    place, noise = level * (_LEVELS - 1), torch.Generator().manual_seed(seed)
    sources = guides([photo[:, :3] for photo in photos], place)
    channels = Guide(sources, resize(sources[0], size, mode="bilinear"), cfg.remix_weight * _certainty(place))
    levels = plan((photos[0].shape[2], photos[0].shape[3]), size, cfg)
    reach = _cell(place) * max(levels[0].size)
    start = layout_image(
        photos,
        channels,
        levels[0],
        noise,
        position_weight=cfg.remix_place_weight,
        displacement=(_REACH * reach, max(cfg.sway_scale, reach)),
        components=cfg.components,
        spread=cfg.analogy_spread,
    )
    how = replace(refinement(cfg), alpha=cfg.analogy_alpha, spread=cfg.analogy_spread)
    made = refine(start, photos, how, run, levels, noise, (False, False), guide=channels).clamp(-1, 1)
    if mask is None:
        return made
    soft = soften(resize(mask.to(made), size, mode="nearest"), 0, _SOFTNESS * max(size))
    return composite(resize(photos[0], size), made, soft)


def guides(photos: Sequence[Tensor], place: float) -> list[Tensor]:
    """Guide channels of photos [1, 3, H, W]: [1, G, H, W] each, of unit variance in all, in the same components.

    Between two levels, the deeper one is whole and the finer one weakened.
    """
    finer = min(int(place), _MAPS - 1)
    deeper = min(finer + (place > finer), _MAPS - 1)
    shares = {finer: 1.0} if finer == deeper else {finer: 1 - (place - finer), deeper: 1.0}
    seen = [pyramid_features(_shown(photo), max(shares)) for photo in photos]
    parts = [[share * each for each in _components([maps[k] for maps in seen])] for k, share in shares.items()]
    return [
        torch.cat([F.interpolate(part, size=photo.shape[2:], mode="bilinear", align_corners=False) for part in mine], 1)
        for photo, mine in zip(photos, zip(*parts), strict=True)
    ]


def _shown(photo: Tensor) -> Tensor:
    height, width = photo.shape[2:]
    scale = _SIDE / max(height, width)
    sides = (max(32, round(side * scale / 32) * 32) for side in (height, width))
    return resize(photo, tuple(sides))  # type: ignore[arg-type]


def _components(maps: Sequence[Tensor]) -> list[Tensor]:
    """Principal components of maps [1, C, h, w], of all of them together; their variances sum up to 1."""
    values = torch.cat([x[0].flatten(1) for x in maps], 1).T
    mean = values.mean(0)
    _, spectrum, axes = torch.linalg.svd(values - mean, full_matrices=False)
    kept = axes[:_COMPONENTS].T
    scale = (spectrum[:_COMPONENTS].square().sum() / len(values)).sqrt().clamp_min(1e-6)
    return [((x[0].permute(1, 2, 0) - mean) @ kept / scale).permute(2, 0, 1)[None] for x in maps]


def _cell(place: float) -> float:
    """Side of a cell of a level, as a share of the photo's longer side: what its features tell apart."""
    return min(0.25, 2 ** (place + 1) / _SIDE) if place else 0.0


def _certainty(place: float) -> float:
    """How much the guide counts: wholly for levels with places, and nothing at the last level."""
    return min(1.0, max(0.0, (_LEVELS - 1 - place) / (_LEVELS - _MAPS)))


def needs(cfg: Config, verb: str) -> None:
    """Check that the weights of other networks are there that a verb needs, before the work.

    Args:
        cfg: the settings.
        verb: a verb, or ``train``.

    Raises:
        InputError: they are not.
    """
    if verb == "remix":
        check_efficientnet()
