"""The layout tensor: classes and appearance vectors of all objects at their places."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.models.scenegraph.config import Config
from calotype.semantic.objects import placed


def channels(cfg: Config) -> int:
    """Channels of a layout tensor: the classes with the whole picture, and the appearance."""
    return cfg.classes + 1 + cfg.looks


def composed(cfg: Config, classes: Tensor, looks: Tensor, planes: Tensor, picture: Tensor, pictures: int) -> Tensor:
    """The layout tensors of pictures: [pictures, ``channels``, H, W].

    Args:
        cfg: the settings.
        classes: int64 [N], 0 for the node of a whole picture.
        looks: appearance vectors [N, looks].
        planes: how much of each pixel each object has, [N, 1, H, W], by ``summed`` or ``painted``.
        picture: int64 [N], ascending.
        pictures: how many there are.
    """
    vectors = torch.cat([F.one_hot(classes, cfg.classes + 1).to(looks), looks], 1)
    counts = torch.bincount(picture, minlength=pictures)
    place = torch.arange(len(picture), device=picture.device) - (counts.cumsum(0) - counts)[picture]
    most, (height, width) = int(counts.max()), planes.shape[2:]
    padded = vectors.new_zeros(pictures, most, vectors.shape[1])
    padded = padded.index_put((picture, place), vectors)
    shares = planes.new_zeros(pictures, most, height * width).index_put((picture, place), planes.flatten(1))
    return (padded.mT @ shares).view(pictures, -1, height, width)


def planes_of(cfg: Config, classes: Tensor, boxes: Tensor, masks: Tensor, picture: Tensor, *, drawing: bool) -> Tensor:
    """How much of each pixel each object has, [N, 1, H, W], as ``cfg.compose`` says; see ``composed``."""
    planes = placed(masks, boxes, cfg.size)
    return (
        painted(classes, planes, picture, whole=cfg.compose == "paint") if drawing or cfg.compose == "paint" else planes
    )


def painted(classes: Tensor, planes: Tensor, picture: Tensor, *, whole: bool) -> Tensor:
    """Each pixel for one object: small ones, by the sum of their planes, come first and are in front.

    Args:
        classes: int64 [N], 0 for the node of a whole picture.
        planes: placed masks, [N, 1, H, W].
        picture: int64 [N].
        whole: whether the node of a whole picture has all pixels beside the other objects; otherwise those that are
            left.
    """
    result = torch.zeros_like(planes)
    taken: dict[int, Tensor] = {}
    order = planes.detach().sum((1, 2, 3)).argsort(stable=True).tolist()
    owners = picture.tolist()
    for number in order:
        if whole and not int(classes[number]):
            result[number] = 1
            continue
        there = planes[number] > 0.5
        before = taken.get(owners[number])
        result[number] = (there if before is None else there & ~before).to(planes)
        taken[owners[number]] = there if before is None else there | before
    return result
