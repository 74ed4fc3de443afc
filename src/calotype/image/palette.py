"""Colour palettes of photos, and quantization of images to them."""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.errors import InputError

_SAMPLE = 20_000  # maximum number of pixels used
_ROUNDS = 50  # maximum number of k-means iterations; it converges in far fewer
_STRIP = 1 << 24  # distances in memory at a time: 64 MiB


def palette(photo: Tensor, colours: int, seed: int = 0) -> Tensor:
    """The ``colours`` representative colours of a photo: k-means in RGB.

    Initialized as in k-means++ (Arthur and Vassilvitskii, SODA 2007): the first centre is a random pixel; each further
    one is drawn with a probability proportional to its squared distance from the nearest centre so far.

    Args:
        photo: [1, C, H, W], -1..1. If there is an alpha channel, pixels less than half opaque are ignored.
        colours: number of colours, 1 or more.
        seed: seed of the random draws: the same photo and seed give the same palette.

    Returns:
        [K, 3], -1..1, on the photo's device, sorted by luminance, darkest first. K is less than ``colours`` if the
        photo has fewer distinct colours.

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
    """Replace every pixel by the nearest colour of the palette (Euclidean distance in RGB).

    Args:
        picture: [1, C, H, W], -1..1; channels after the third (alpha) are unchanged. Colours of transparent pixels,
            which are composited on mid-grey, are replaced as well.
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
    """``count`` distinct pixels, far from each other (k-means++): [count, 3]."""
    chosen = [pixels[torch.randint(len(pixels), (1,), generator=noise)]]
    distance = (pixels - chosen[0]).square().sum(1)
    while len(chosen) < count:
        # Inverse transform sampling instead of torch.multinomial, whose random stream may change between versions.
        total = distance.cumsum(0)
        place = torch.rand(1, dtype=torch.float64, generator=noise) * total[-1]
        which = int(torch.searchsorted(total, place, right=True).clamp(max=len(pixels) - 1))
        chosen.append(pixels[which : which + 1])
        distance = torch.minimum(distance, (pixels - chosen[-1]).square().sum(1))
    return torch.cat(chosen)


def _nearest(pixels: Tensor, centres: Tensor) -> Tensor:
    """The index of the nearest centre [K, 3] for each pixel [N, 3]."""
    lengths = centres.square().sum(1)
    strips = torch.split(pixels, max(1, _STRIP // len(centres)))
    # |x|^2 is the same for all centres, so it is omitted.
    return torch.cat([torch.addmm(lengths, strip, centres.T, alpha=-2).argmin(1) for strip in strips])


def _means(pixels: Tensor, nearest: Tensor, centres: Tensor) -> Tensor:
    """The mean of the pixels of each centre; a centre without pixels is unchanged."""
    count = torch.bincount(nearest, minlength=len(centres))[:, None]
    total = torch.zeros_like(centres).index_add_(0, nearest, pixels)
    return torch.where(count > 0, total / count.clamp(min=1), centres)
