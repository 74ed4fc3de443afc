"""Frozen feature extractors for metrics and losses.

Every extractor has a ``name``, which belongs to each number computed with it: numbers from different features are not
comparable.
"""

from __future__ import annotations

import hashlib
import io
import math
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.files import cache_folder, shown

WEIGHTS_VARIABLE = "CALOTYPE_WEIGHTS"
STEM_FILE = "inception_v3_stem.safetensors"
# As 'calotype weights' makes it; and as earlier releases had it, with another last bit in one channel.
STEM_SHA256 = "55d4a2503438b3d676c88e518dae67265bbf50a8ab32b599a4a640dc00b60f6f"
_EARLIER_STEM_SHA256 = "63fd17d62e0026c0adb1c4a3cccef3243ffcb6f56e84b0b5a402ac29ef5c5c07"
VGG_FILE = "vgg16_conv_fp16.safetensors"
VGG_SHA256 = "0884370742bf8244deaccbfda0e9babcbadeac88690ca4d1340e5f28a4863e2e"


@runtime_checkable
class Features(Protocol):
    """Maps images to feature maps.

    Called with [B, 3, H, W], float32, -1..1, it returns [B, D, h, w], float32; h and w may be smaller than H and W, and
    0 if the image is smaller than the receptive field.
    """

    @property
    def name(self) -> str:
        """Identifies the features, including weights; extractors with equal names give equal numbers."""

    def __call__(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] in -1..1 to [B, D, h, w]."""


@runtime_checkable
class LayeredFeatures(Protocol):
    """Maps images to feature maps at several depths or scales."""

    @property
    def name(self) -> str:
        """Identifies the features, including weights; extractors with equal names give equal numbers."""

    def layers(self, pictures: Tensor) -> list[Tensor]:
        """[B, 3, H, W], float32, -1..1, to feature maps [B, D, h, w], finest first; empty if the image is too small."""


class InceptionStem(nn.Module):
    """The first five convolutions of Inception-v3 (Szegedy et al., CVPR 2016), before the second max-pool.

    [B, 3, H, W] in -1..1 to [B, 192, h, w] with h about H / 4 - 4, non-negative. Batch normalisation is folded into
    weights and biases. H and W of 19 give one position; smaller images give none.
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
        if min(pictures.shape[-2:]) < 19:  # torch rejects kernels larger than the input
            return pictures.new_zeros(len(pictures), 192, 0, 0)
        x = F.relu(self.conv1(pictures))
        x = F.relu(self.conv2(x))
        x = F.max_pool2d(F.relu(self.conv3(x)), 3, stride=2)
        x = F.relu(self.conv4(x))
        return F.relu(self.conv5(x))


def inception_stem(path: str | Path | None = None) -> InceptionStem:
    """The features of SIFID: an Inception-v3 stem with ImageNet weights, which do not come with the package.

    Args:
        path: the safetensors file, or its folder, where it is named ``inception_v3_stem.safetensors``; ``None``: the
            folder in the environment variable ``CALOTYPE_WEIGHTS``, or where ``calotype weights`` keeps it.

    The name has ``inception-v3 stem`` and the first eight digits of the file's SHA-256. The weights used here are those
    of Keras; SinGAN used torchvision's: its published numbers are close, but not the same.

    Raises:
        InputError: there is no such file, or it does not have these five layers.
    """
    data, version = _read_weights(path, STEM_FILE, (STEM_SHA256, _EARLIER_STEM_SHA256), "Inception")
    stem = InceptionStem(f"inception-v3 stem ({version})")
    try:
        _load_weights(stem, data)
    except (SafetensorError, RuntimeError):
        raise InputError(
            f"{_weights_file(path, STEM_FILE, 'Inception')} is not the Inception stem: five convolutions named conv1 "
            f"to conv5 are needed"
        ) from None
    return stem.eval().requires_grad_(False)


def _read_weights(path: str | Path | None, name: str, known: tuple[str, ...], network: str) -> tuple[bytes, str]:
    """The bytes of a weights file, and their identification: eight digits of the SHA-256, marked if unknown.

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
    return data, f"{'' if digest in known else 'unknown weights '}{digest[:8]}"


def _load_weights(net: nn.Module, data: bytes) -> None:
    """Give a net the weights of a safetensors file.

    Raises:
        RuntimeError: they are of another net.
        InputError: they are not finite.
    """
    net.load_state_dict({key: value.float() for key, value in load(data).items()})
    if not _finite(net):
        raise InputError("the file of weights holds values that are not finite: fetch it again with 'calotype weights'")


_FETCHED = {VGG_FILE: "vgg16", STEM_FILE: "inception"}  # names of the files for ``calotype weights``


def _weights_file(path: str | Path | None, name: str, network: str) -> Path:
    if path is None:
        folder = os.environ.get(WEIGHTS_VARIABLE)
        kept = cache_folder("weights")
        if not folder and not (kept / name).is_file():
            raise InputError(
                f"no {network} weights: 'calotype weights {_FETCHED[name]}' fetches them; or give the path of {name}, "
                f"or set {WEIGHTS_VARIABLE} to its folder"
            )
        path = folder or kept
    path = Path(path)
    return path / name if path.is_dir() else path


# Number of convolutions of each block, named conv<block>_<number>, and their channels.
VGG_BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
_VGG_MEAN = (103.939, 116.779, 123.68)  # BGR, 0..255: the preprocessing of these weights
# The preprocessing of torchvision's weights (RGB, 0..1), and their public file.
_VISION_MEAN, _VISION_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
VISION_VGG_FILE, VISION_VGG19_FILE = "vgg16-397923af.pth", "vgg19-dcbb9e9d.pth"  # with the start of their SHA-256
VGG19_BLOCKS = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))


class Vgg16(nn.Module):
    """The 13 convolutions of VGG-16 (Simonyan and Zisserman, ICLR 2015), up to relu5_3.

    [B, 3, H, W] in -1..1 to [B, 512, H // 16, W // 16], non-negative. Images with a side below 16 pixels give none.
    """

    blocks: ClassVar[tuple[tuple[int, int], ...]] = VGG_BLOCKS

    def __init__(self, name: str, *, vision: bool = False) -> None:
        super().__init__()
        self.name, self.vision = name, vision
        self.mean: Tensor
        self.register_buffer("mean", torch.tensor(_VGG_MEAN)[:, None, None], persistent=False)
        before = 3
        for block, (count, channels) in enumerate(self.blocks, 1):
            for number in range(1, count + 1):
                self.add_module(f"conv{block}_{number}", nn.Conv2d(before, channels, 3, padding=1))
                before = channels

    def layers(self, pictures: Tensor) -> list[Tensor]:
        """The last feature map of each block; those of LPIPS: relu1_2, relu2_2, relu3_3, relu4_3, relu5_3."""
        if min(pictures.shape[-2:]) < 16:  # four 2x poolings
            return [pictures.new_zeros(len(pictures), channels, 0, 0) for _, channels in self.blocks]
        x = self.prepared(pictures)
        maps: list[Tensor] = []
        for block, (count, _) in enumerate(self.blocks, 1):
            if maps:
                x = F.max_pool2d(x, 2)
            for number in range(1, count + 1):
                x = F.relu(self.get_submodule(f"conv{block}_{number}")(x))
            maps.append(x)
        return maps

    def forward(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] in -1..1 to [B, 512, H // 16, W // 16]; see the class."""
        return self.layers(pictures)[-1]

    def prepared(self, pictures: Tensor) -> Tensor:
        """Preprocessing of the authors' weights or, with ``vision``, of torchvision's."""
        if not self.vision:
            return (pictures.flip(1) + 1) * 127.5 - self.mean
        mean, deviation = (pictures.new_tensor(v)[:, None, None] for v in (_VISION_MEAN, _VISION_DEVIATION))
        return ((pictures + 1) / 2 - mean) / deviation


class Vgg19(Vgg16):
    """The 16 convolutions of VGG-19 (Simonyan and Zisserman, ICLR 2015), up to relu5_4; else as ``Vgg16``."""

    blocks = VGG19_BLOCKS


def vision_vgg16(path: str | Path) -> tuple[Vgg16, dict[str, Tensor]]:
    """VGG-16 with torchvision's weights, which published LPIPS, precision and recall use.

    Args:
        path: of the public file, ``vgg16-397923af.pth``. Its SHA-256 is part of the name; other weights are marked as
            unknown.

    Returns:
        The convolutions, and the weights of the layers after them, by their names in the file.

    Raises:
        InputError: the file cannot be read, or has other content.
    """
    file = Path(path)
    weights, digest = read_weights(file, VISION_VGG_FILE)
    net = Vgg16(f"vgg-16 of torchvision ({_version_of(digest, VISION_VGG_FILE)})", vision=True)
    _load_vision(net, weights, file, "VGG-16", VISION_VGG_FILE)
    rest = {name: value for name, value in weights.items() if name.startswith("classifier.")}
    return net, rest


def vgg19(path: str | Path | None = None) -> Vgg19:
    """VGG-19 with torchvision's weights, which no package that ``calotype weights`` knows has: a file of your own.

    Args:
        path: of the public file, ``vgg19-dcbb9e9d.pth``, or its folder; ``None``: the folder in the environment
            variable ``CALOTYPE_WEIGHTS``, or where ``calotype weights`` keeps others. Its SHA-256 is part of the name;
            other weights are marked as unknown.

    Raises:
        InputError: there is no such file, or it has other content.
    """
    file = _vgg19_file(path)
    weights, digest = read_weights(file, VISION_VGG19_FILE)
    net = Vgg19(f"vgg-19 of torchvision ({_version_of(digest, VISION_VGG19_FILE)})", vision=True)
    _load_vision(net, weights, file, "VGG-19", VISION_VGG19_FILE)
    return net


def check_vgg19() -> None:
    """Check that the weights of VGG-19 are there, without reading them.

    Raises:
        InputError: they are not.
    """
    file = _vgg19_file(None)
    if not file.is_file():
        raise InputError(
            f"the VGG-19 weights {shown(file)} are missing: set {WEIGHTS_VARIABLE} to the folder of torchvision's "
            f"{VISION_VGG19_FILE}, or choose vgg16"
        )


def _vgg19_file(path: str | Path | None) -> Path:
    given = Path(path or os.environ.get(WEIGHTS_VARIABLE) or cache_folder("weights"))
    return given / VISION_VGG19_FILE if path is None or given.is_dir() else given


def _version_of(digest: str, name: str) -> str:
    """Eight digits of a SHA-256, marked as unknown where the name of the public file ends in others."""
    known = Path(name).stem.rpartition("-")[2]
    return f"{'' if digest.startswith(known) else 'unknown weights '}{digest[:8]}"


def _finite(net: nn.Module) -> bool:
    """Whether no weight is infinite or not a number."""
    return all(bool(value.isfinite().all()) for value in net.state_dict().values())


def _load_vision(net: Vgg16, weights: Mapping[str, Tensor], file: Path, network: str, expected: str) -> None:
    """Give a net the convolutions of a file of torchvision, whose layers are numbered with ReLUs and poolings.

    Raises:
        InputError: the file has others, or weights that are not finite.
    """
    state, number = {}, 0
    for block, (count, _) in enumerate(net.blocks, 1):
        for i in range(1, count + 1):
            for kind in ("weight", "bias"):
                state[f"conv{block}_{i}.{kind}"] = weights.get(f"features.{number}.{kind}", torch.empty(0))
            number += 2
        number += 1
    try:
        net.load_state_dict(state)
    except RuntimeError:
        raise InputError(f"{shown(file)} holds no {network} of torchvision: give {expected}") from None
    if not _finite(net):
        raise InputError(f"{shown(file)} holds weights that are not finite: get {expected} again")
    net.eval().requires_grad_(False)


def read_weights(file: Path, name: str) -> tuple[dict[str, Tensor], str]:
    """The tensors of a PyTorch file by name, loaded without executing code, and the file's SHA-256.

    Args:
        file: its path.
        name: of the expected file, for messages.

    Raises:
        InputError: it cannot be read, or has no tensors.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"{shown(file)} cannot be read ({error.strerror}): give {name}") from None
    try:
        weights = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        found = {str(key): value for key, value in weights.items() if isinstance(value, Tensor)}
    # torch.load raises exceptions of any kind, including IndexError, for other files.
    except Exception:
        found = {}
    if not found:
        raise InputError(f"{shown(file)} holds no weights: give {name}")
    return found, hashlib.sha256(data).hexdigest()


def check_vgg16() -> None:
    """Check that the weights of VGG-16 are there, without reading them.

    Raises:
        InputError: they are not.
    """
    file = _weights_file(None, VGG_FILE, "VGG-16")
    if not file.is_file():
        raise InputError(f"{file} is missing: 'calotype weights vgg16' fetches it; or unset {WEIGHTS_VARIABLE}")


def vgg16(path: str | Path | None = None) -> Vgg16:
    """VGG-16 with ImageNet weights, which do not come with the package.

    Args:
        path: the safetensors file, or its folder, where it is named ``vgg16_conv_fp16.safetensors``; ``None``: the
            folder in the environment variable ``CALOTYPE_WEIGHTS``, or where ``calotype weights`` keeps it.

    The weights used here are the original ones, rounded to half precision; published LPIPS numbers use torchvision's,
    which were trained separately.

    Raises:
        InputError: there is no such file, or it does not have these 13 layers.
    """
    data, version = _read_weights(path, VGG_FILE, (VGG_SHA256,), "VGG-16")
    net = Vgg16(f"vgg-16 ({version})")
    try:
        _load_weights(net, data)
    except (SafetensorError, RuntimeError):
        raise InputError(
            f"{_weights_file(path, VGG_FILE, 'VGG-16')} is not VGG-16: thirteen convolutions named conv1_1 to conv5_3 "
            f"are needed"
        ) from None
    return net.eval().requires_grad_(False)


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


@lru_cache(maxsize=1)
def offline_features() -> FilterBank:
    """The default features, which need no download: colour and two bands of local Gabor energy.

    Report distances with them as "sifid (offline features)": they rank images much as SIFID does, but on another scale
    (see ``FilterBank``).
    """
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
