"""The verbs: a photo drawn anew from a level of its features, a hole filled, two photos composed."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import ArgumentError, InputError
from calotype.image.looks import class_number
from calotype.image.mask import composite, soften
from calotype.image.resize import resize
from calotype.models.pyramid.classifier import CONVOLUTIONAL
from calotype.models.pyramid.config import Config
from calotype.models.pyramid.masks import masks_at, position_of, resized
from calotype.models.pyramid.network import Net
from calotype.run import Run

_DILATION, _SOFTNESS = 0.015, 0.015  # of the edge between what is drawn and the photo, as shares of the side


@torch.no_grad()
def remix(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    photo: Tensor,
    mask: Tensor | None = None,
    like: Tensor | None = None,
    level: float = 0.5,
    label: str | None = None,
    seed: int = 0,
) -> Tensor:
    """Draw a photo anew from the features of one level.

    Args:
        cfg: the settings of the model.
        run: where it runs.
        net: the model.
        photo: [1, 3, H, W], -1..1, of the model's size.
        mask: [1, 1, H, W], 0 or 1: only this region is drawn anew; the rest stays. ``None``: all of it.
        like: a second photo, [1, 3, h, w]: pooled features and classes are taken from it (re-labelling), if they are
            deeper than the level.
        level: 0, the photo itself, to 1, what the classifier says of it; between two levels both are given.
        label: name or number of a class that the classifier learned: its typical features in place of those of
            ``like``; at the deepest level, too.
        seed: of the latent vector.

    Returns:
        [1, 3, H, W], -1..1.
    """
    run.reseed("remix", 0)
    photo = photo.to(run.device)
    position = position_of(level, cfg)
    masks = [each.to(run.device) for each in masks_at(position, cfg, mask)]
    features = net.classifier(photo)
    vectors = _other_vectors(cfg, run, net, like, label)
    if vectors:
        # At the deepest level a class replaces what is given; a photo has nothing deeper to give.
        first = max(CONVOLUTIONAL, min(int(position) + 1, len(features) - (label is not None)))
        features = [*features[:first], *vectors[first - CONVOLUTIONAL :]]
        masks = [*masks[:first], *(torch.ones_like(each) for each in masks[first:])]
    made = generated(net, latent_of(seed, cfg, run), features, masks)
    return made if mask is None else _blended(photo, made, mask.to(run.device))


def _other_vectors(cfg: Config, run: Run, net: Net, like: Tensor | None, label: str | None) -> list[Tensor]:
    """The vectors of another photo or of a class, [1, C] each; none where neither is given."""
    if label is not None:
        return net.classifier.vectors_of(_class_number(label, cfg))
    if like is None:
        return []
    found: list[Tensor] = net.classifier(resize(like.to(run.device), cfg.size))
    return found[CONVOLUTIONAL:]


def check_remix(
    cfg: Config, *, net: Net, label: str | None = None, like: Tensor | None = None, **others: object
) -> None:
    """Check what ``remix`` is asked for.

    Raises:
        ArgumentError: a class and a photo for it.
        InputError: a class that the model does not know.
    """
    if label is None:
        return
    if like is not None:
        raise ArgumentError("--label and --like both give the subject: leave out one of them (label=, like=)")
    if not cfg.known:
        raise InputError(
            "this model knows no classes by name: train one with --set classifier=set, or give a photo (--like)"
        )
    net.classifier.vectors_of(_class_number(label, cfg))


def _class_number(label: str, cfg: Config) -> int:
    return class_number(label, cfg.names or [str(number) for number in range(cfg.known)])


@torch.no_grad()
def erase(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    photo: Tensor,
    mask: Tensor | None = None,
    level: float | None = None,
    seed: int = 0,
) -> Tensor:
    """Fill a hole: finer features come from around it, those of the level from the photo with the hole smoothed over.

    Args:
        cfg, run, net, photo, seed: as for ``remix``.
        mask: [1, 1, H, W], 1 in the hole.
        level: as for ``remix``; ``None``: the deepest level that has places.

    Returns:
        [1, 3, H, W], -1..1, of the photo where there is no hole.
    """
    assert mask is not None
    photo, hole = photo.to(run.device), mask.to(run.device)
    around = spread(photo, hole)
    masks = [
        each.to(run.device)
        for each in masks_at(CONVOLUTIONAL - 1 if level is None else position_of(level, cfg), cfg, hole)
    ]
    made = generated(net, latent_of(seed, cfg, run), net.classifier(around), masks)
    return _blended(photo, made, hole)


@torch.no_grad()
def mix(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    photo: Tensor,
    other: Tensor,
    mask: Tensor,
    level: float | None = None,
    seed: int = 0,
) -> Tensor:
    """Compose two photos: the features of the second are pasted into those of the first, level by level.

    Args:
        cfg, run, net, photo, seed: as for ``remix``.
        other: [1, 3, h, w], -1..1.
        mask: [1, 1, H, W], 1 where the second photo goes.
        level: 0: both as they are; deeper levels let the model draw what joins them. ``None``: the second level.

    Returns:
        [1, 3, H, W], -1..1.
    """
    photo, other = photo.to(run.device), resize(other.to(run.device), cfg.size)
    region = mask.to(run.device)
    pairs = zip(net.classifier(photo), net.classifier(other), strict=True)
    features = [_pasted(first, second, region) for first, second in pairs]
    masks = [each.to(run.device) for each in masks_at(1 if level is None else position_of(level, cfg), cfg)]
    return generated(net, latent_of(seed, cfg, run), features, masks)


def _pasted(first: Tensor, second: Tensor, region: Tensor) -> Tensor:
    if first.dim() == 2:
        share = region.mean()
        return first.lerp(second, share)
    weight = 1 - resized(1 - region, first.shape[2:])
    return first * (1 - weight) + second * weight


def generated(net: Net, latent: Tensor, features: list[Tensor], masks: list[Tensor]) -> Tensor:
    """Pictures [B, 3, H, W] from latent vectors [B, latent], features of B references, and masks of B or of all."""
    masks = [each.to(latent.device).expand(len(latent), *each.shape[1:]) for each in masks]
    made: Tensor = net.generator(latent, features, masks)
    return made.float().clamp(-1, 1)


def latent_of(seed: int, cfg: Config, run: Run) -> Tensor:
    """The latent vector of a seed: [1, latent]."""
    return torch.randn(1, cfg.latent, generator=torch.Generator().manual_seed(seed)).to(run.device)


def _blended(photo: Tensor, made: Tensor, region: Tensor) -> Tensor:
    """What was made in a region, and the photo elsewhere, with a soft edge around the region."""
    side = max(photo.shape[2:])
    soft = soften(region, round(_DILATION * side), _SOFTNESS * side)
    return composite(photo, made, torch.maximum(soft, region))


def spread(photo: Tensor, hole: Tensor) -> Tensor:
    """The photo with a hole [1, 1, H, W] filled by the colours around it, smoothly: [1, 3, H, W].

    A pyramid of averages over the known pixels: what is unknown at one size is taken from the next smaller one.
    """
    known = 1 - hole
    weighted, weights = [photo * known], [known]
    while min(weights[-1].shape[2:]) > 1:
        height, width = (max(1, side // 2) for side in weights[-1].shape[2:])
        weighted.append(F.adaptive_avg_pool2d(weighted[-1], (height, width)))
        weights.append(F.adaptive_avg_pool2d(weights[-1], (height, width)))
    filled = weighted[-1] / weights[-1].clamp_min(1e-6)
    for above, weight in zip(reversed(weighted[:-1]), reversed(weights[:-1])):
        coarse = F.interpolate(filled, size=above.shape[2:], mode="bilinear", align_corners=False)
        share = weight.clamp(0, 1)
        filled = above / weight.clamp_min(1e-6) * share + coarse * (1 - share)
    return torch.where(hole > 0, filled.clamp(-1, 1), photo)
