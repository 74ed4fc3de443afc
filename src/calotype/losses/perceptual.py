"""Perceptual loss: distance of two pictures in the layers of a frozen network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from calotype.errors import InputError, counted
from calotype.nn.features import LayeredFeatures
from calotype.nn.filter_bank import offline_features
from calotype.nn.vgg import vgg16


class PerceptualLoss:
    """Weighted mean absolute difference of the activations of some layers of a frozen network.

    Johnson, Alahi, Fei-Fei, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", ECCV 2016, eq. 2,
    with absolute in place of squared differences, as in Wang et al., CVPR 2018.

    Args:
        features: network of ``calotype.nn.features``, or anything with ``name`` and ``layers``.
        layers: numbers of the layers, from 0; ``None`` for all.
        weights: of these layers; ``None`` doubles the weight from each layer to the next, the last one being 1, as
            published for five layers of VGG.

    Attributes:
        name: which features these are.

    Raises:
        ValueError: there are more or fewer weights than layers.
    """

    def __init__(
        self, features: LayeredFeatures, layers: Sequence[int] | None = None, weights: Sequence[float] | None = None
    ) -> None:
        if layers is not None and weights is not None and len(layers) != len(weights):
            raise ValueError(f"there are weights of {counted(len(weights), 'layer')} for {len(layers)}")
        self.features, self.layers, self.weights = features, layers, weights
        self.name = features.name

    def __call__(self, fake: Tensor, real: Tensor) -> Tensor:
        """The loss: a scalar, at least 0; only ``fake`` gets a gradient.

        Args:
            fake: [B, 3, H, W], -1..1.
            real: of the same shape.

        Raises:
            InputError: the pictures are too small for the network.
            ValueError: the network has other layers than were asked for.
        """
        with torch.no_grad():
            wanted = self._chosen(real)
        found = self._chosen(fake)
        weights = self.weights or [2.0 ** (i + 1 - len(found)) for i in range(len(found))]
        if len(weights) != len(found):
            raise ValueError(f"there are weights of {counted(len(weights), 'layer')} for {len(found)}")
        terms = [w * (f - r).abs().mean() for w, f, r in zip(weights, found, wanted)]
        return torch.stack(terms).sum()

    def _chosen(self, pictures: Tensor) -> list[Tensor]:
        maps = self.features.layers(pictures)
        if not maps or any(not each.numel() for each in maps):
            height, width = pictures.shape[-2:]
            raise InputError(f"pictures of {width}x{height} pixels are too small for {self.name}")
        if self.layers is None:
            return maps
        if max(self.layers) >= len(maps):
            raise ValueError(f"{self.name} has {counted(len(maps), 'layer')}: there is no layer {max(self.layers)}")
        return [maps[number] for number in self.layers]


def perceptual_loss(features: str, device: torch.device) -> PerceptualLoss | None:
    """The loss that a setting names.

    Args:
        features: ``none``; ``offline``, features that need no weights; or another word, the five layers of VGG-16.
        device: to compute on.

    Raises:
        InputError: the weights are not installed.
    """
    if features == "none":
        return None
    network = offline_features() if features == "offline" else vgg16()
    return PerceptualLoss(network.to(device))
