"""How sure a classifier is of each picture, and how many classes it sees over all: the Inception score."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from calotype.errors import InputError
from calotype.nn.embedding import Vectors

_TINY = 1e-16  # probabilities are held above this in logarithms


@dataclass(frozen=True)
class ClassScore:
    """An Inception-type score.

    Attributes:
        mean: over the splits, 1 to the number of classes; higher is better.
        deviation: standard deviation over the splits, of a population.
        splits: how many.
    """

    mean: float
    deviation: float
    splits: int


def class_score(pictures: Vectors, splits: int = 10) -> ClassScore:
    """The score of Salimans et al. (Improved techniques for training GANs, NIPS 2016, section 4).

    ``exp(mean KL(p(y|x) || p(y)))``: 1 where the classifier says the same of every picture, the number of classes
    where it is sure of each and sees all classes alike. It looks at no real picture, so it cannot tell a set that has
    been learned by heart, nor one that is of other things than it should be. The pictures are split in the order given.

    Args:
        pictures: with ``probabilities``.
        splits: of equal size, up to one picture; at most as many as there are pictures.

    Raises:
        InputError: there are no probabilities, or fewer pictures than splits.
    """
    if pictures.probabilities is None:
        raise InputError(f"the {pictures.features} sees no classes: choose other features (--features efficientnet)")
    if not 1 <= splits <= len(pictures):
        raise InputError(f"{len(pictures)} pictures cannot be split into {splits} parts: give fewer splits or more")
    scores = []
    for part in pictures.probabilities.double().tensor_split(splits):
        p, mean = part.clamp_min(_TINY), part.mean(0, keepdim=True).clamp_min(_TINY)
        scores.append((part * (p.log() - mean.log())).sum(1).mean().exp())
    found = torch.stack(scores)
    return ClassScore(float(found.mean()), float(found.std(correction=0)), splits)
