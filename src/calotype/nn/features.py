"""Frozen feature extractors: what a metric looks at an image with.

Every extractor carries a ``name`` that goes into each number computed with it, for numbers from different features
cannot be compared.
"""

from __future__ import annotations

import hashlib
import io
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
from calotype.files import shown

WEIGHTS_VARIABLE = "CALOTYPE_WEIGHTS"
STEM_FILE = "inception_v3_stem.safetensors"
STEM_SHA256 = "63fd17d62e0026c0adb1c4a3cccef3243ffcb6f56e84b0b5a402ac29ef5c5c07"
VGG_FILE = "vgg16_conv_fp16.safetensors"
VGG_SHA256 = "0884370742bf8244deaccbfda0e9babcbadeac88690ca4d1340e5f28a4863e2e"


@runtime_checkable
class Features(Protocol):
    """What maps images to feature maps.

    Called with [B, 3, H, W], float32, -1..1, it returns [B, D, h, w], float32; h and w may be smaller than H and W, and
    0 where the image is smaller than the receptive field.
    """

    @property
    def name(self) -> str:
        """Says which features these are, weights included; two extractors with the same name give the same numbers."""

    def __call__(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] in -1..1 to [B, D, h, w]."""


@runtime_checkable
class LayeredFeatures(Protocol):
    """What maps images to feature maps of several depths or scales."""

    @property
    def name(self) -> str:
        """Says which features these are, weights included; two extractors with the same name give the same numbers."""

    def layers(self, pictures: Tensor) -> list[Tensor]:
        """[B, 3, H, W], float32, -1..1, to maps [B, D, h, w], finest first; empty where the image is too small."""


class InceptionStem(nn.Module):
    """The first five convolutions of Inception-v3 (Szegedy et al., CVPR 2016), up to the second max-pool.

    [B, 3, H, W] in -1..1 to [B, 192, h, w] with h about H / 4 - 4, all values at least 0. Batch normalisation is folded
    into weights and biases. H and W of 19 give one location; smaller images give none.
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
    data, version = _read_weights(path, STEM_FILE, STEM_SHA256, "Inception")
    stem = InceptionStem(f"inception-v3 stem ({version})")
    try:
        _load_weights(stem, data)
    except (SafetensorError, RuntimeError):
        raise InputError(
            f"{_weights_file(path, STEM_FILE, 'Inception')} is not the Inception stem: five convolutions named conv1 "
            f"to conv5 are needed"
        ) from None
    return stem.eval().requires_grad_(False)


def _read_weights(path: str | Path | None, name: str, known: str, network: str) -> tuple[bytes, str]:
    """The bytes of a weights file, and which weights these are: eight digits of the SHA-256, said to be unknown or not.

    Raises:
        InputError: there is no such file.
    """
    file = _weights_file(path, name, network)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"the {network} weights cannot be read from {file} ({error.strerror}): give the path of {name} "
            f"or set {WEIGHTS_VARIABLE} to its folder"
        ) from None
    digest = hashlib.sha256(data).hexdigest()
    return data, f"{'' if digest == known else 'unknown weights '}{digest[:8]}"


def _load_weights(net: nn.Module, data: bytes) -> None:
    net.load_state_dict({key: value.float() for key, value in load(data).items()})


def _weights_file(path: str | Path | None, name: str, network: str) -> Path:
    if path is None:
        folder = os.environ.get(WEIGHTS_VARIABLE)
        if not folder:
            raise InputError(f"no {network} weights: give the path of {name} or set {WEIGHTS_VARIABLE} to its folder")
        path = folder
    path = Path(path)
    return path / name if path.is_dir() else path


# Convolutions of each block, named conv<block>_<number>, and their channels.
VGG_BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
_VGG_MEAN = (103.939, 116.779, 123.68)  # blue, green, red, 0..255: what these weights were trained with
# What torchvision's weights were trained with (red, green, blue, 0..1), and the public file of them.
_VISION_MEAN, _VISION_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
VISION_VGG_FILE = "vgg16-397923af.pth"
_VISION_VGG_SHA256 = "397923af"  # what its SHA-256 begins with, as its name says
_VISION_VGG_LAYERS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)  # the convolutions, by their numbers there


class Vgg16(nn.Module):
    """The thirteen convolutions of VGG-16 (Simonyan and Zisserman, ICLR 2015), up to relu5_3.

    [B, 3, H, W] in -1..1 to [B, 512, H // 16, W // 16], all values at least 0. Images of less than 16 pixels a side
    give none.
    """

    def __init__(self, name: str, *, vision: bool = False) -> None:
        super().__init__()
        self.name, self.vision = name, vision
        self.mean: Tensor
        self.register_buffer("mean", torch.tensor(_VGG_MEAN)[:, None, None], persistent=False)
        before = 3
        for block, (count, channels) in enumerate(VGG_BLOCKS, 1):
            for number in range(1, count + 1):
                self.add_module(f"conv{block}_{number}", nn.Conv2d(before, channels, 3, padding=1))
                before = channels

    def layers(self, pictures: Tensor) -> list[Tensor]:
        """The five maps that LPIPS looks at: relu1_2, relu2_2, relu3_3, relu4_3, relu5_3."""
        if min(pictures.shape[-2:]) < 16:  # four halvings
            return [pictures.new_zeros(len(pictures), channels, 0, 0) for _, channels in VGG_BLOCKS]
        x = self._prepared(pictures)
        maps: list[Tensor] = []
        for block, (count, _) in enumerate(VGG_BLOCKS, 1):
            if maps:
                x = F.max_pool2d(x, 2)
            for number in range(1, count + 1):
                x = F.relu(self.get_submodule(f"conv{block}_{number}")(x))
            maps.append(x)
        return maps

    def forward(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] in -1..1 to [B, 512, H // 16, W // 16]; see the class."""
        return self.layers(pictures)[-1]

    def _prepared(self, pictures: Tensor) -> Tensor:
        """Images as the weights take them: those of the authors, or, where ``vision``, those of torchvision."""
        if not self.vision:
            return (pictures.flip(1) + 1) * 127.5 - self.mean
        mean, deviation = (pictures.new_tensor(v)[:, None, None] for v in (_VISION_MEAN, _VISION_DEVIATION))
        return ((pictures + 1) / 2 - mean) / deviation


def vision_vgg16(path: str | Path) -> tuple[Vgg16, dict[str, Tensor]]:
    """VGG-16 with torchvision's weights, those that published LPIPS numbers and precision and recall are from.

    Args:
        path: of the public file, ``vgg16-397923af.pth``. Its SHA-256 is in the name; other weights are said to be
            unknown.

    Returns:
        The convolutions, and the weights of the layers after them, by the names in the file.

    Raises:
        InputError: the file cannot be read, or holds something else.
    """
    file = Path(path)
    weights, digest = read_weights(file, VISION_VGG_FILE)
    version = f"{'' if digest.startswith(_VISION_VGG_SHA256) else 'unknown weights '}{digest[:8]}"
    net = Vgg16(f"vgg-16 of torchvision ({version})", vision=True)
    names = [f"conv{block}_{i}" for block, (count, _) in enumerate(VGG_BLOCKS, 1) for i in range(1, count + 1)]
    try:
        net.load_state_dict(
            {
                f"{name}.{kind}": weights[f"features.{number}.{kind}"]
                for name, number in zip(names, _VISION_VGG_LAYERS)
                for kind in ("weight", "bias")
            }
        )
    except (KeyError, RuntimeError):
        raise InputError(f"{shown(file)} holds no VGG-16 of torchvision: give {VISION_VGG_FILE}") from None
    rest = {name: value for name, value in weights.items() if name.startswith("classifier.")}
    return net.eval().requires_grad_(False), rest


def read_weights(file: Path, name: str) -> tuple[dict[str, Tensor], str]:
    """The tensors of a PyTorch file by name, read without running anything in it, and the file's SHA-256.

    Args:
        file: its path.
        name: of the file that is wanted, for messages.

    Raises:
        InputError: it cannot be read, or holds no tensors.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"{shown(file)} cannot be read ({error.strerror}): give {name}") from None
    try:
        weights = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        found = {str(key): value for key, value in weights.items() if isinstance(value, Tensor)}
    # The reader answers what is no file of weights with exceptions of any kind, IndexError included.
    except Exception:
        found = {}
    if not found:
        raise InputError(f"{shown(file)} holds no weights: give {name}")
    return found, hashlib.sha256(data).hexdigest()


def vgg16(path: str | Path | None = None) -> Vgg16:
    """VGG-16 with ImageNet weights, which do not come with the package.

    Args:
        path: the safetensors file, or the folder it lies in under the name ``vgg16_conv_fp16.safetensors``; ``None``
            takes the folder that the environment variable ``CALOTYPE_WEIGHTS`` names.

    The weights in use here are the original ones, rounded to half precision; published LPIPS numbers come from
    torchvision's, which were trained anew.

    Raises:
        InputError: there is no such file, or it does not hold these thirteen layers.
    """
    data, version = _read_weights(path, VGG_FILE, VGG_SHA256, "VGG-16")
    net = Vgg16(f"vgg-16 ({version})")
    try:
        _load_weights(net, data)
    except (SafetensorError, RuntimeError):
        raise InputError(
            f"{_weights_file(path, VGG_FILE, 'VGG-16')} is not VGG-16: thirteen convolutions named conv1_1 to conv5_3 "
            f"are needed"
        ) from None
    return net.eval().requires_grad_(False)


# Cycles a pixel, width of the Gaussian window in pixels, and weight, of the two bands: about what one pixel and two can
# show. The ratios of the weights were chosen so that the distances rank images as the Inception stem does: rank
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

    def layers(self, pictures: Tensor) -> list[Tensor]:
        """The features of the images at full size, half and a quarter, as far as these are not too small."""
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


@lru_cache(maxsize=1)
def offline_features() -> FilterBank:
    """The default features, which need no download: colour and two bands of local Gabor energy.

    Distances with them are to be written "sifid (offline features)": they rank images much as SIFID does, but are on
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
    # The offset keeps the gradient finite where the image is flat.
    return (answers[:, 0::2].square() + answers[:, 1::2].square() + 1e-6).sqrt()
