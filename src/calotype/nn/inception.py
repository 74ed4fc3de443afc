"""Inception-v3 as used for FID: the network of 2015, whose weights the user provides.

Szegedy et al., Rethinking the Inception architecture (CVPR 2016), as in the graph that FID was first computed with:
average pooling excludes the padding, the last block uses max pooling, and there are 1008 classes. Layers have the names
of the public PyTorch port of its weights, so that its file can be loaded.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.image.resize import resize

SIDE = 299  # pixels
CLASSES = 1008
Chain = list[str | list[str]]
_ACROSS, _DOWN = (1, 7), (7, 1)


class Conv(nn.Module):
    """Convolution, batch normalisation and ReLU."""

    def __init__(
        self, before: int, after: int, side: int | tuple[int, int], stride: int = 1, pad: bool = False
    ) -> None:
        super().__init__()
        height, width = (side, side) if isinstance(side, int) else side
        padding = (height // 2, width // 2) if pad else (0, 0)
        self.conv = nn.Conv2d(before, after, (height, width), stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(after, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, D, h, w]."""
        return F.relu(self.bn(self.conv(x)))


class Mixed(nn.Module):
    """Parallel branches; a branch is a sequence of layers whose last element may be several parallel layers."""

    def __init__(self, layers: dict[str, Conv], chains: list[Chain]) -> None:
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.chains = chains

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, D, h, w]."""
        return torch.cat([part for chain in self.chains for part in self._branch(chain, x)], 1)

    def _branch(self, chain: Chain, x: Tensor) -> list[Tensor]:
        for step in chain:
            if isinstance(step, list):
                return [self.get_submodule(name)(x) for name in step]
            x = _POOLS[step](x) if step in _POOLS else self.get_submodule(step)(x)
        return [x]


_POOLS = {
    "average": lambda x: F.avg_pool2d(x, 3, 1, 1, count_include_pad=False),
    "largest": lambda x: F.max_pool2d(x, 3, 1, 1),
    "halving": lambda x: F.max_pool2d(x, 3, 2),
}


def _block_5x5(before: int, pooled: int) -> Mixed:
    layers = {
        "branch1x1": Conv(before, 64, 1),
        "branch5x5_1": Conv(before, 48, 1),
        "branch5x5_2": Conv(48, 64, 5, pad=True),
        "branch3x3dbl_1": Conv(before, 64, 1),
        "branch3x3dbl_2": Conv(64, 96, 3, pad=True),
        "branch3x3dbl_3": Conv(96, 96, 3, pad=True),
        "branch_pool": Conv(before, pooled, 1),
    }
    threes: Chain = ["branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"]
    return Mixed(layers, [["branch1x1"], ["branch5x5_1", "branch5x5_2"], threes, ["average", "branch_pool"]])


def _reduction_a(before: int) -> Mixed:
    layers = {
        "branch3x3": Conv(before, 384, 3, 2),
        "branch3x3dbl_1": Conv(before, 64, 1),
        "branch3x3dbl_2": Conv(64, 96, 3, pad=True),
        "branch3x3dbl_3": Conv(96, 96, 3, 2),
    }
    threes: Chain = ["branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"]
    return Mixed(layers, [["branch3x3"], threes, ["halving"]])


def _block_7x7(before: int, inner: int) -> Mixed:
    layers = {
        "branch1x1": Conv(before, 192, 1),
        "branch7x7_1": Conv(before, inner, 1),
        "branch7x7_2": Conv(inner, inner, _ACROSS, pad=True),
        "branch7x7_3": Conv(inner, 192, _DOWN, pad=True),
        "branch7x7dbl_1": Conv(before, inner, 1),
        "branch7x7dbl_2": Conv(inner, inner, _DOWN, pad=True),
        "branch7x7dbl_3": Conv(inner, inner, _ACROSS, pad=True),
        "branch7x7dbl_4": Conv(inner, inner, _DOWN, pad=True),
        "branch7x7dbl_5": Conv(inner, 192, _ACROSS, pad=True),
        "branch_pool": Conv(before, 192, 1),
    }
    once: Chain = [f"branch7x7_{i}" for i in (1, 2, 3)]
    twice: Chain = [f"branch7x7dbl_{i}" for i in (1, 2, 3, 4, 5)]
    return Mixed(layers, [["branch1x1"], once, twice, ["average", "branch_pool"]])


def _reduction_b(before: int) -> Mixed:
    layers = {
        "branch3x3_1": Conv(before, 192, 1),
        "branch3x3_2": Conv(192, 320, 3, 2),
        "branch7x7x3_1": Conv(before, 192, 1),
        "branch7x7x3_2": Conv(192, 192, _ACROSS, pad=True),
        "branch7x7x3_3": Conv(192, 192, _DOWN, pad=True),
        "branch7x7x3_4": Conv(192, 192, 3, 2),
    }
    sevens: Chain = [f"branch7x7x3_{i}" for i in (1, 2, 3, 4)]
    return Mixed(layers, [["branch3x3_1", "branch3x3_2"], sevens, ["halving"]])


def _block_expanded(before: int, pool: str) -> Mixed:
    layers = {
        "branch1x1": Conv(before, 320, 1),
        "branch3x3_1": Conv(before, 384, 1),
        "branch3x3_2a": Conv(384, 384, (1, 3), pad=True),
        "branch3x3_2b": Conv(384, 384, (3, 1), pad=True),
        "branch3x3dbl_1": Conv(before, 448, 1),
        "branch3x3dbl_2": Conv(448, 384, 3, pad=True),
        "branch3x3dbl_3a": Conv(384, 384, (1, 3), pad=True),
        "branch3x3dbl_3b": Conv(384, 384, (3, 1), pad=True),
        "branch_pool": Conv(before, 192, 1),
    }
    once: Chain = ["branch3x3_1", ["branch3x3_2a", "branch3x3_2b"]]
    twice: Chain = ["branch3x3dbl_1", "branch3x3dbl_2", ["branch3x3dbl_3a", "branch3x3dbl_3b"]]
    return Mixed(layers, [["branch1x1"], once, twice, [pool, "branch_pool"]])


class Inception(nn.Module):
    """The network: images [B, 3, 299, 299], -1..1, to features [B, 2048] and logits [B, 1008]."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Conv(3, 32, 3, 2)
        self.Conv2d_2a_3x3 = Conv(32, 32, 3)
        self.Conv2d_2b_3x3 = Conv(32, 64, 3, pad=True)
        self.Conv2d_3b_1x1 = Conv(64, 80, 1)
        self.Conv2d_4a_3x3 = Conv(80, 192, 3)
        self.Mixed_5b = _block_5x5(192, 32)
        self.Mixed_5c = _block_5x5(256, 64)
        self.Mixed_5d = _block_5x5(288, 64)
        self.Mixed_6a = _reduction_a(288)
        self.Mixed_6b = _block_7x7(768, 128)
        self.Mixed_6c = _block_7x7(768, 160)
        self.Mixed_6d = _block_7x7(768, 160)
        self.Mixed_6e = _block_7x7(768, 192)
        self.Mixed_7a = _reduction_b(768)
        self.Mixed_7b = _block_expanded(1280, "average")
        self.Mixed_7c = _block_expanded(2048, "largest")
        self.fc = nn.Linear(2048, CLASSES)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features, and logits without the bias of the last layer, as the Inception score uses them."""
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(F.max_pool2d(x, 3, 2)))
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(F.max_pool2d(x, 3, 2))))
        x = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))))
        vectors: Tensor = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x))).mean((2, 3))
        return vectors, vectors @ self.fc.weight.T


def prepared(pictures: Tensor) -> Tensor:
    """Preprocess images [B, 3, H, W], -1..1: 299 x 299 pixels, bicubic, antialiased, with levels (v - 128) / 128.

    That is the "clean" resizing of Parmar, Zhang and Zhu (On aliased resizing, CVPR 2022). Older published numbers used
    resizing without antialiasing and are not comparable.
    """
    return ((resize(pictures, (SIDE, SIDE)) + 1) * 127.5 - 128) / 128
