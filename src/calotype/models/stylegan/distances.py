"""The perceptual distances that embedding minimises, each to one target whose features are computed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.nn.filter_bank import offline_features
from calotype.nn.shift_tolerant import SMALLEST, shift_tolerant
from calotype.nn.vgg import VGG_BLOCKS, Vgg16, vgg16

_PAPER_SIDE = 256  # to which the paper brings pictures
Layers = tuple[tuple[int, int], ...]  # block and number of the convolution
_PAPER_LAYERS: Layers = ((1, 1), (1, 2), (3, 2), (4, 2))
MASKED_LAYERS: Layers = ((1, 1), (1, 2), (2, 2), (3, 3))  # of Image2StyleGAN++
_STYLE_LAYER, _STYLE_LAYERS, _STYLE_SIDE = (3, 3), 3, 64  # of Gram matrices: with VGG-16; with others, and the side
_PROJECTOR_SIDE = 256  # to which larger pictures are brought


@dataclass(frozen=True)
class Distance:
    """A perceptual distance.

    Attributes:
        name: of its features.
        of: features of a picture [1, 1 or 3, h, w], -1..1.
        maps: their distance at every position, [B, 1, h, w] for each layer. The sum of the layers' means is the
            distance.
    """

    name: str
    of: Callable[[Tensor], Any]
    maps: Callable[[Any, Any], list[Tensor]]

    def __call__(self, made: Tensor, features: Any, mask: Tensor | None = None) -> Tensor:
        """The distance of a picture to one whose features were computed before; in a mask [1, 1, H, W], 0..1."""
        return self.between(self.of(made), features, mask)

    def between(self, one: Any, other: Any, mask: Tensor | None = None) -> Tensor:
        """The distance of features, a scalar; in a mask [1, 1, H, W], which is resized to every layer."""
        return torch.stack([weighted(each, mask).mean() for each in self.maps(one, other)]).sum()


def weighted(maps: Tensor, mask: Tensor | None) -> Tensor:
    """``maps`` [1, C, h, w] times a mask [1, 1, H, W], which is resized to their size; without a mask, ``maps``."""
    return maps if mask is None else maps * resize(mask, (maps.shape[2], maps.shape[3]), mode="bilinear")


def _colour(pictures: Tensor) -> Tensor:
    return pictures.expand(-1, 3, -1, -1) if pictures.shape[1] == 1 else pictures


def fast_distance(target: Tensor) -> Distance:
    """ST-LPIPS with AlexNet, at 128 pixels at most; without its weights, features that need none.

    Pictures smaller than the network takes are enlarged.
    """
    try:
        net = shift_tolerant("alex").to(target.device)
    except InputError:
        bank = offline_features().to(target.device)
        return Distance(bank.name, lambda x: bank.layers(_enlarged(_colour(x), 32)), _differences)
    return Distance(net.name, lambda x: net.layers(_limited(_enlarged(_colour(x), SMALLEST), 128)), net.maps)


def _enlarged(pictures: Tensor, least: int) -> Tensor:
    if min(pictures.shape[2:]) >= least:
        return pictures
    return F.interpolate(pictures, size=(least, least), mode="bilinear", align_corners=False)


def _limited(pictures: Tensor, most: int) -> Tensor:
    return F.interpolate(pictures, size=(most, most), mode="area") if pictures.shape[2] > most else pictures


def _differences(one: list[Tensor], other: list[Tensor]) -> list[Tensor]:
    return [(a - b).abs().mean(1, keepdim=True) / len(one) for a, b in zip(one, other)]


def _squares(one: list[Tensor], other: list[Tensor]) -> list[Tensor]:
    return [(a - b).square().mean(1, keepdim=True) for a, b in zip(one, other)]


def paper_distance(target: Tensor, layers: Layers = _PAPER_LAYERS) -> Distance:
    """The sum of mean squared errors of four layers of VGG-16 at 256 pixels (Image2StyleGAN, eq. 2).

    Features of these weights are divided by 255, the scale of their inputs, so that they compare with pixels in -1..1.

    Args:
        target: on whose device it is computed.
        layers: block and number of each convolution; those of Image2StyleGAN++ are ``MASKED_LAYERS``.

    Raises:
        InputError: there are no VGG-16 weights.
    """
    net = vgg16().to(target.device)

    def of(pictures: Tensor) -> list[Tensor]:
        return [each / 255 for each in convolutions(net, _at_paper_side(pictures), layers)]

    return Distance(net.name, of, _squares)


def style_features(method: str, target: Tensor) -> Callable[[Tensor], list[Tensor]]:
    """The features whose Gram matrices are a style: of ``paper``, the convolution 3_3 of VGG-16 at 256 pixels; of
    ``fast``, the first layers of ``fast_distance``.

    Raises:
        InputError: there are no VGG-16 weights, for ``paper``.
    """
    if method == "paper":
        return paper_distance(target, (_STYLE_LAYER,)).of
    of = fast_distance(target).of
    return lambda x: of(_enlarged(x, _STYLE_SIDE))[:_STYLE_LAYERS]


def _at_paper_side(pictures: Tensor) -> Tensor:
    pictures = _colour(pictures)
    return pictures if pictures.shape[2] == _PAPER_SIDE else resize(pictures, (_PAPER_SIDE, _PAPER_SIDE))


def convolutions(net: Vgg16, pictures: Tensor, wanted: Layers) -> list[Tensor]:
    """Outputs of some convolutions of VGG-16, after ReLU.

    Args:
        net: the network.
        pictures: [B, 3, H, W], -1..1.
        wanted: block and number of each, in their order, both from 1.
    """
    x, found = net.prepared(pictures), []
    for block, (count, _) in enumerate(VGG_BLOCKS, 1):
        if block > 1:
            x = F.max_pool2d(x, 2)
        for number in range(1, count + 1):
            x = F.relu(net.get_submodule(f"conv{block}_{number}")(x))
            if (block, number) in wanted:
                found.append(x)
            if (block, number) == wanted[-1]:
                return found
    return found


def projector_distance(target: Tensor) -> Distance:
    """The squared distance of unit feature vectors of VGG-16, at 256 pixels at most, as NVIDIA's projector has it.

    That one weights the channels by LPIPS, whose weights belong to other VGG-16 weights; here all are equal.

    Raises:
        InputError: there are no VGG-16 weights.
    """
    net = vgg16().to(target.device)

    def of(pictures: Tensor) -> list[Tensor]:
        maps = net.layers(_limited(_colour(pictures), _PROJECTOR_SIDE))
        return [x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10) for x in maps]

    def maps(one: list[Tensor], other: list[Tensor]) -> list[Tensor]:
        return [(a - b).square().sum(1, keepdim=True) for a, b in zip(one, other)]

    return Distance(net.name, of, maps)
