"""A few colours that stand for all of a photo's, and pictures reduced to them."""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.errors import InputError

_SAMPLE = 20_000  # pixels looked at
_ROUNDS = 50  # of k-means at most; it settles in far fewer
_STRIP = 1 << 24  # distances held at a time: 64 MiB


def palette(photo: Tensor, colours: int, seed: int = 0) -> Tensor:
    """The ``colours`` colours that the photo's pixels are nearest to on average: k-means in RGB.

    Started as k-means++ (Arthur and Vassilvitskii, SODA 2007): the first centre is a pixel drawn at random, every other
    one is drawn with a chance in proportion to its squared distance from the nearest before it.

    Args:
        photo: [1, C, H, W], -1..1. Where there is an alpha channel, pixels less than half opaque are not looked at.
        colours: how many, 1 or more.
        seed: of the draw: the same photo and seed give the same palette.

    Returns:
        [K, 3], -1..1, on the photo's device, in the order of brightness, darkest first. K is less than ``colours``
        where the photo has fewer different colours.

    Raises:
        InputError: ``colours`` is less than 1.
    """
    if colours < 1:
        raise InputError(f"a palette of {colours} colours shows nothing: give 1 or more, like 5")
    noise = torch.Generator().manual_seed(seed)
    pixels = _sample(photo, noise)
    different = len(set(map(tuple, pixels.tolist())))
    centres = _first_centres(pixels, min(colours, different), noise)
    for _ in range(_ROUNDS):
        moved = _means(pixels, _nearest(pixels, centres), centres)
        if torch.equal(moved, centres):
            break
        centres = moved
    return centres[centres.sum(1).argsort()].to(photo)


def quantized(picture: Tensor, palette: Tensor) -> Tensor:
    """The picture with every pixel in the nearest colour of the palette (Euclidean in RGB).

    Args:
        picture: [1, C, H, W], -1..1; channels after the third (alpha) stay as they are. Colours of clear pixels, which
            are composited on grey, are changed as well.
        palette: [K, 3], -1..1.

    Returns:
        [1, C, H, W].
    """
    pixels = picture[0, :3].flatten(1).T
    colour = palette[_nearest(pixels, palette)].T.reshape(1, 3, *picture.shape[2:])
    return torch.cat([colour, picture[:, 3:]], 1)


def _sample(photo: Tensor, noise: torch.Generator) -> Tensor:
    """At most ``_SAMPLE`` pixels [N, 3], float64, on the CPU, so that every device finds the same palette."""
    pixels = photo[0].flatten(1).T.cpu().double()
    if photo.shape[1] > 3:
        opaque = pixels[:, 3] >= 0
        pixels = pixels[opaque] if opaque.any() else pixels
    if len(pixels) > _SAMPLE:
        pixels = pixels[torch.randint(len(pixels), (_SAMPLE,), generator=noise)]
    return pixels[:, :3]


def _first_centres(pixels: Tensor, count: int, noise: torch.Generator) -> Tensor:
    """``count`` different pixels, far from each other: [count, 3]."""
    chosen = [pixels[torch.randint(len(pixels), (1,), generator=noise)]]
    distance = (pixels - chosen[0]).square().sum(1)
    while len(chosen) < count:
        # A point on the running sum rather than torch.multinomial, whose stream is not promised to stay.
        total = distance.cumsum(0)
        place = torch.rand(1, dtype=torch.float64, generator=noise) * total[-1]
        which = int(torch.searchsorted(total, place, right=True).clamp(max=len(pixels) - 1))
        chosen.append(pixels[which : which + 1])
        distance = torch.minimum(distance, (pixels - chosen[-1]).square().sum(1))
    return torch.cat(chosen)


def _nearest(pixels: Tensor, centres: Tensor) -> Tensor:
    """For each pixel [N, 3] the number of the nearest centre [K, 3]."""
    lengths = centres.square().sum(1)
    strips = torch.split(pixels, max(1, _STRIP // len(centres)))
    # |x|^2 is the same for all centres, so the nearest can be found without it.
    return torch.cat([torch.addmm(lengths, strip, centres.T, alpha=-2).argmin(1) for strip in strips])


def _means(pixels: Tensor, nearest: Tensor, centres: Tensor) -> Tensor:
    """The mean of each centre's pixels; a centre that has none stays where it is."""
    count = torch.bincount(nearest, minlength=len(centres))[:, None]
    total = torch.zeros_like(centres).index_add_(0, nearest, pixels)
    return torch.where(count > 0, total / count.clamp(min=1), centres)
