"""Style vectors of artworks of any size: of patches, and what is made of several."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError, unknown
from calotype.image.resize import resize
from calotype.models.styledisentangle.config import Config
from calotype.models.styledisentangle.network import Net

PATCHES = 10  # of an artwork that is larger than one
CHOICES = ("mean", "median", "closest")


@torch.no_grad()
def vectors(net: Net, cfg: Config, artwork: Tensor, count: int = PATCHES) -> Tensor:
    """Style vectors of random patches of an artwork, the same in every call.

    Args:
        net: trained, in eval mode.
        cfg: its settings.
        artwork: [1, 3, h, w], -1..1, of any size; its shorter side is brought to that of the training pictures.
        count: number of patches; 1 is enough where the artwork is no larger than one.

    Returns:
        [n, style], each of length 1.
    """
    side, short = cfg.patches[-1], min(artwork.shape[2:])
    scale = min(cfg.size) / short
    height, width = (max(side, round(length * scale)) for length in artwork.shape[2:])
    picture = resize(artwork, (height, width)) if (height, width) != tuple(artwork.shape[2:]) else artwork
    generator = torch.Generator().manual_seed(0)
    number = 1 if (height, width) == (side, side) else count
    tops = torch.randint(height - side + 1, (number,), generator=generator).tolist()
    lefts = torch.randint(width - side + 1, (number,), generator=generator).tolist()
    parts = [picture[:, :, top : top + side, left : left + side] for top, left in zip(tops, lefts)]
    found: Tensor = net.style(torch.cat(parts), cfg.window)
    return found


def combined(found: Tensor, choice: str) -> Tensor:
    """One style vector of those of an artwork's patches: [1, style].

    Args:
        found: [n, style].
        choice: ``mean``; ``median``, number by number; ``closest``, that of the patch which is nearest to the mean.

    Raises:
        InputError: the choice is not known.
    """
    if choice not in CHOICES:
        raise InputError(unknown("choice of the style vector", choice, CHOICES))
    if choice == "median":
        return found.median(0, keepdim=True).values
    mean = found.mean(0, keepdim=True)
    return mean if choice == "mean" else found[(found - mean).norm(dim=1).argmin()][None]


def closest(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """The pair of style vectors, one of each artwork, that are nearest to each other: [1, style] each."""
    nearest = torch.cdist(one, other)
    row, column = divmod(int(nearest.argmin()), nearest.shape[1])
    return one[row][None], other[column][None]


def between(net: Net, cfg: Config, first: Tensor, last: Tensor | None, share: float, choice: str) -> Tensor:
    """The style vector of one artwork, or between two of them: [1, style], not normalised again.

    Args:
        net: trained.
        cfg: its settings.
        first: the artwork, [1, 3, h, w].
        last: the other, or ``None``.
        share: of the other, 0..1.
        choice: how vectors of patches are combined, see ``combined``; ``closest``: with two artworks, of the pair of
            patches that are nearest to each other.

    Raises:
        InputError: the choice is not known.
    """
    found = vectors(net, cfg, first)
    if last is None:
        return combined(found, choice)
    others = vectors(net, cfg, last)
    if choice == "closest":
        one, other = closest(found, others)
    else:
        one, other = combined(found, choice), combined(others, choice)
    return one.lerp(other, share)


def style_features(net: Net, cfg: Config, artworks: Sequence[Tensor], choice: str = "mean") -> Tensor:
    """The style vectors of a collection: [n, style], of artworks [1, 3, h, w] of any sizes."""
    return torch.cat([combined(vectors(net, cfg, artwork), choice) for artwork in artworks])


def style_vectors(cfg: Config, net: Net, artwork: Tensor, choice: str) -> Tensor:
    """The style vectors of an artwork [1, 3, h, w] of any size, for a table.

    Args:
        cfg: settings of the model.
        net: trained, in eval mode.
        artwork: -1..1.
        choice: as for ``combined``, [1, style]; or ``patches``, [n, style]: those of all its patches.

    Raises:
        InputError: the choice is not known.
    """
    found = vectors(net, cfg, artwork)
    return found if choice == "patches" else combined(found, choice)


@torch.no_grad()
def style_codes(cfg: Config, net: Net, pictures: Sequence[Tensor]) -> dict[str, Tensor]:
    """The codes of pictures [1, 3, h, w], -1..1: ``style`` [n, style], and ``content``, means of its features in 4 x 4
    fields, [n, 16 (deep + maps of skips)].
    """
    contents = [resize(picture, cfg.size) if picture.shape[2:] != cfg.size else picture for picture in pictures]
    fields = [_pooled(net.content(picture, cfg.window), net, cfg) for picture in contents]
    return {"style": style_features(net, cfg, pictures), "content": torch.cat(fields).float()}


def _pooled(content: Tensor, net: Net, cfg: Config) -> Tensor:
    """Means of all maps of a content in 4 x 4 fields: [1, 16 (deep + skips maps)]."""
    maps = [content[:, : cfg.deep], *net.decoder.skips_of(content)]
    return torch.cat([F.adaptive_avg_pool2d(each, 4).flatten(1) for each in maps], 1)
