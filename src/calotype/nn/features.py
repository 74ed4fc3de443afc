"""Frozen feature extractors: what a metric looks at a picture with.

Every extractor carries a ``name`` that goes into each number computed with it, for numbers from different features
cannot be compared.
"""

from __future__ import annotations

import hashlib
import math
import os
from functools import lru_cache
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from calotype.errors import InputError

WEIGHTS_VARIABLE = "CALOTYPE_WEIGHTS"
STEM_FILE = "inception_v3_stem.safetensors"
STEM_SHA256 = "63fd17d62e0026c0adb1c4a3cccef3243ffcb6f56e84b0b5a402ac29ef5c5c07"


@runtime_checkable
class Features(Protocol):
    """What maps pictures to feature maps.

    Called with [B, 3, H, W], float32, -1..1, it returns [B, D, h, w], float32; h and w may be smaller than H and W, and
    0 where the picture is smaller than the receptive field.
    """

    @property
    def name(self) -> str:
        """Says which features these are, weights included; two extractors with the same name give the same numbers."""

    def __call__(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] in -1..1 to [B, D, h, w]."""


class InceptionStem(nn.Module):
    """The first five convolutions of Inception-v3 (Szegedy et al., CVPR 2016), up to the second max-pool.

    [B, 3, H, W] in -1..1 to [B, 192, h, w] with h about H / 4 - 4, all values at least 0. Batch normalisation is folded
    into weights and biases. H and W of 19 give one location; smaller pictures give none.
    """

    layers = (
        ("conv1", 3, 32, 3),
        ("conv2", 32, 32, 3),
        ("conv3", 32, 64, 3),
        ("conv4", 64, 80, 1),
        ("conv5", 80, 192, 3),
    )

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.conv1 = nn.Conv2d(3, 32, 3, stride=2)
        self.conv2 = nn.Conv2d(32, 32, 3)
        self.conv3 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv4 = nn.Conv2d(64, 80, 1)
        self.conv5 = nn.Conv2d(80, 192, 3)

    def forward(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] in -1..1 to [B, 192, h, w]; see the class."""
        if min(pictures.shape[-2:]) < 19:  # torch refuses to convolve with a kernel larger than what is left
            return pictures.new_zeros(len(pictures), 192, 0, 0)
        x = F.relu(self.conv1(pictures))
        x = F.relu(self.conv2(x))
        x = F.max_pool2d(F.relu(self.conv3(x)), 3, stride=2)
        x = F.relu(self.conv4(x))
        return F.relu(self.conv5(x))


def inception_stem(path: str | Path | None = None) -> InceptionStem:
    """The features of SIFID: an Inception-v3 stem with ImageNet weights, which do not come with the package.

    Args:
        path: the safetensors file, or the folder it lies in under the name ``inception_v3_stem.safetensors``; ``None``
            takes the folder that the environment variable ``CALOTYPE_WEIGHTS`` names.

    The name says ``inception-v3 stem`` and the first eight digits of the file's SHA-256. The weights in use here are
    those of Keras; SinGAN used torchvision's: its published numbers are near, but not the same.

    Raises:
        InputError: there is no such file, or it does not hold these five layers.
    """
    file = _stem_file(path)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"the Inception weights cannot be read from {file} ({error.strerror}): give the path of {STEM_FILE} "
            f"or set {WEIGHTS_VARIABLE} to its folder"
        ) from None
    digest = hashlib.sha256(data).hexdigest()
    known = "" if digest == STEM_SHA256 else "unknown weights "
    stem = InceptionStem(f"inception-v3 stem ({known}{digest[:8]})")
    try:
        stem.load_state_dict({key: value.float() for key, value in load(data).items()})
    except (SafetensorError, RuntimeError):
        raise InputError(
            f"{file} is not the Inception stem: five convolutions named conv1 to conv5 are needed"
        ) from None
    return stem.eval().requires_grad_(False)


def _stem_file(path: str | Path | None) -> Path:
    if path is None:
        folder = os.environ.get(WEIGHTS_VARIABLE)
        if not folder:
            raise InputError(
                f"no Inception weights: give the path of {STEM_FILE} or set {WEIGHTS_VARIABLE} to its folder"
            )
        path = folder
    path = Path(path)
    return path / STEM_FILE if path.is_dir() else path


# Cycles a pixel, width of the Gaussian window in pixels, and weight, of the two bands: about what one pixel and two can
# show. The ratios of the weights were chosen so that the distances rank pictures as the Inception stem does: rank
# correlation .81 over the outputs of two published systems on 36 photos, .89 over blur, noise, colour and layout
# changes of those photos. Coarser bands (.70, .76), random convolutions (.75, .72 to .88) and lightness alone (.70,
# .60) did worse. The common factor 10 only brings the numbers of good samples to about 0.1.
_BANDS = ((0.4, 0.9, 10.0), (0.2, 1.8, 3.0))
_ORIENTATIONS = 4
_COLOUR_WEIGHT = 5.0
_POOL = 4  # pixels; the stride of the Inception stem
_OPPONENT = ((1 / 3, 1 / 3, 1 / 3), (1 / 2, -1 / 2, 0.0), (1 / 4, 1 / 4, -1 / 2))  # lightness, red-green, yellow-blue


class FilterBank(nn.Module):
    """Colour and local Gabor energies: features that need no learned weights.

    [B, 3, H, W] in -1..1 to [B, 27, H // 4, W // 4]: the mean of three opponent colour channels, then, for each of two
    bands, three colour channels and four orientations, the mean over 4 x 4 pixels of the magnitude of a quadrature pair
    of filters (the energy model of Adelson and Bergen, 1985). Everything is a formula, so it is the same on every
    machine.
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
            # One channel at a time, pooled at once: a third of the memory, which a large photo needs.
            maps += [weight * F.avg_pool2d(_energy(channel, band), _POOL) for channel in torch.split(colour, 1, 1)]
        return torch.cat(maps, 1)

    def _bands(self) -> list[Tensor]:
        return [self.get_buffer(f"band{i}") for i in range(len(_BANDS))]


@lru_cache(maxsize=1)
def offline_features() -> FilterBank:
    """The default features, which need no download: colour and two bands of local Gabor energy.

    Distances with them are to be written "sifid (offline features)": they rank pictures much as SIFID does, but are on
    another scale (see ``FilterBank``).
    """
    return FilterBank().eval()


def _gabor_pairs(frequency: float, window: float, orientations: int) -> Tensor:
    """Even and odd filters in turn, [2 * orientations, 1, k, k], each of unit norm and of zero mean."""
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
    answers = F.conv2d(F.pad(channel, (reach, reach, reach, reach), mode="reflect"), band)
    # The offset keeps the gradient finite where the picture is flat.
    return (answers[:, 0::2].square() + answers[:, 1::2].square() + 1e-6).sqrt()
