"""Features without learned weights: colour and local energies of Gabor filters."""

from __future__ import annotations

import math
from copy import deepcopy
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Frequency (cycles per pixel), sigma of the Gaussian window (pixels) and weight of the two bands: about the finest
# scale and twice that. The ratios of the weights were chosen so that distances rank images as the Inception stem does:
# rank correlation .81 over the outputs of two published systems on 36 photos, .89 over blur, noise, colour and layout
# changes of those photos. Coarser bands (.70, .76), random convolutions (.75, .72 to .88) and lightness alone (.70,
# .60) did worse. The common factor 10 only scales the numbers of good samples to about 0.1.
_BANDS = ((0.4, 0.9, 10.0), (0.2, 1.8, 3.0))
_ORIENTATIONS = 4
_COLOUR_WEIGHT = 5.0
_POOL = 4  # pixels; the stride of the Inception stem
_OPPONENT = ((1 / 3, 1 / 3, 1 / 3), (1 / 2, -1 / 2, 0.0), (1 / 4, 1 / 4, -1 / 2))  # lightness, red-green, yellow-blue


class FilterBank(nn.Module):
    """Colour and local Gabor energies: features without learned weights.

    [B, 3, H, W] in -1..1 to [B, 27, H // 4, W // 4]: the mean of three opponent colour channels, then, for each of two
    bands, three colour channels and four orientations, the mean over 4 x 4 pixels of the magnitude of a quadrature pair
    of filters (the energy model of Adelson and Bergen, 1985). All filters have closed forms, so results are the same on
    every machine.
    """

    name = "offline features (colour and Gabor energy, v1)"

    def __init__(self) -> None:
        super().__init__()
        self.opponent: Tensor
        self.register_buffer("opponent", torch.tensor(_OPPONENT)[:, :, None, None])
        self.weights = [weight for _, _, weight in _BANDS]
        for i, (frequency, window, _) in enumerate(_BANDS):
            self.register_buffer(f"band{i}", _gabor_pairs(frequency, window, _ORIENTATIONS))

    def forward(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] in -1..1 to [B, 27, H // 4, W // 4]; see the class."""
        largest = max(band.shape[-1] for band in self._bands()) // 2
        if min(pictures.shape[-2:]) <= max(largest, _POOL):  # reflection needs more pixels than it pads
            return pictures.new_zeros(len(pictures), 3 + 3 * _ORIENTATIONS * len(_BANDS), 0, 0)
        colour = F.conv2d(pictures, self.opponent)
        maps = [_COLOUR_WEIGHT * F.avg_pool2d(colour, _POOL)]
        for weight, band in zip(self.weights, self._bands()):
            # One channel at a time, pooled immediately: a third of the memory.
            maps += [weight * F.avg_pool2d(_energy(channel, band), _POOL) for channel in torch.split(colour, 1, 1)]
        return torch.cat(maps, 1)

    def layers(self, pictures: Tensor) -> list[Tensor]:
        """The features of the images at full, 1/2 and 1/4 size, as far as these are not too small."""
        maps = [self(pictures)]
        for _ in range(2):
            size = [side // 2 for side in pictures.shape[-2:]]
            if min(size) < 1:
                break
            pictures = F.interpolate(pictures, size=size, mode="bilinear", antialias=True, align_corners=False)
            maps.append(self(pictures))
        return maps[:1] + [x for x in maps[1:] if x.numel()]

    def _bands(self) -> list[Tensor]:
        return [self.get_buffer(f"band{i}") for i in range(len(_BANDS))]


def offline_features() -> FilterBank:
    """The default features, which need no download: colour and two bands of local Gabor energy.

    Each call gives a network of its own, on the CPU: to move one to a device leaves the others where they are.

    Report distances with them as "sifid (offline features)": they rank images much as SIFID does, but on another scale
    (see ``FilterBank``).
    """
    return deepcopy(_built())


@lru_cache(maxsize=1)
def _built() -> FilterBank:
    return FilterBank().eval()


def _gabor_pairs(frequency: float, window: float, orientations: int) -> Tensor:
    """Even and odd filters alternating, [2 * orientations, 1, k, k], of unit norm and zero mean."""
    reach = int(2.5 * window + 0.5)
    y, x = torch.meshgrid(*[torch.arange(-reach, reach + 1, dtype=torch.float64)] * 2, indexing="ij")
    envelope = torch.exp(-(x * x + y * y) / (2 * window * window))
    filters = []
    for i in range(orientations):
        angle = math.pi * i / orientations
        phase = 2 * math.pi * frequency * (x * math.cos(angle) + y * math.sin(angle))
        even = envelope * (phase.cos() - (envelope * phase.cos()).sum() / envelope.sum())
        filters += [even / even.norm(), envelope * phase.sin() / (envelope * phase.sin()).norm()]
    return torch.stack(filters)[:, None].float()


def _energy(channel: Tensor, band: Tensor) -> Tensor:
    """Magnitude of each quadrature pair of filters: [B, 1, H, W] and [2 n, 1, k, k] to [B, n, H, W]."""
    reach = band.shape[-1] // 2
    responses = F.conv2d(F.pad(channel, (reach, reach, reach, reach), mode="reflect"), band)
    # The offset keeps the gradient finite where the image is flat.
    return (responses[:, 0::2].square() + responses[:, 1::2].square() + 1e-6).sqrt()
