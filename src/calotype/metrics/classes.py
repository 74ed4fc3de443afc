"""The Inception score: confidence of a classifier per image, and diversity of classes over all images."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from calotype.errors import InputError, counted
from calotype.nn.embedding import Vectors

_TINY = 1e-16  # lower bound of probabilities in logarithms


@dataclass(frozen=True)
class ClassScore:
    """An Inception-type score.

    Attributes:
        mean: over the splits, from 1 to the number of classes; higher is better.
        deviation: population standard deviation over the splits.
        splits: number of splits.
    """

    mean: float
    deviation: float
    splits: int


def class_score(pictures: Vectors, splits: int = 10) -> ClassScore:
    """The Inception score of Salimans et al. (Improved techniques for training GANs, NIPS 2016, section 4).

    ``exp(mean KL(p(y|x) || p(y)))``: 1 if the predictions are the same for every image, the number of classes if the
    classifier is certain of each image and all classes are equally frequent. It does not use real images, so it detects
    neither memorised training images nor images of the wrong kind. The images are split in the given order.

    Args:
        pictures: vectors with ``probabilities``.
        splits: number of parts of equal size, up to one image; at most the number of images.

    Raises:
        InputError: there are no probabilities, or fewer images than splits.
    """
    if pictures.probabilities is None:
        raise InputError(f"the {pictures.features} sees no classes: choose other features (--features efficientnet)")
    if not 1 <= splits <= len(pictures):
        raise InputError(
            f"{counted(len(pictures), 'picture')} cannot be split into {counted(splits, 'part')}: give fewer "
            f"splits or more"
        )
    scores = []
    for part in pictures.probabilities.double().tensor_split(splits):
        p, mean = part.clamp_min(_TINY), part.mean(0, keepdim=True).clamp_min(_TINY)
        scores.append((part * (p.log() - mean.log())).sum(1).mean().exp())
    values = torch.stack(scores)
    return ClassScore(float(values.mean()), float(values.std(correction=0)), splits)
