"""Frozen feature extractors for metrics and losses.

Every extractor has a ``name``, which belongs to each number computed with it: numbers from different features are not
comparable.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

import torch.nn.functional as F
from torch import Tensor, nn

from calotype.nn.weight_files import load_float, read_identified, weights_file

STEM_FILE = "inception_v3_stem.safetensors"
# As 'calotype weights' makes it; and as earlier releases had it, with another last bit in one channel.
STEM_SHA256 = "55d4a2503438b3d676c88e518dae67265bbf50a8ab32b599a4a640dc00b60f6f"
_EARLIER_STEM_SHA256 = "63fd17d62e0026c0adb1c4a3cccef3243ffcb6f56e84b0b5a402ac29ef5c5c07"


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
    data, version = read_identified(path, STEM_FILE, (STEM_SHA256, _EARLIER_STEM_SHA256), "Inception")
    stem = InceptionStem(f"inception-v3 stem ({version})")
    file = weights_file(path, STEM_FILE, "Inception")
    load_float(stem, data, file, "the Inception stem: five convolutions named conv1 to conv5")
    return stem.eval().requires_grad_(False)
