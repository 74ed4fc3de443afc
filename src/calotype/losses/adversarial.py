"""Adversarial losses of a discriminator and a generator, from scores to scalars."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import counted

# Scores of one discriminator, of any shape, or of several: one tensor a scale.
Scores = Tensor | Sequence[Tensor]

KINDS = ("hinge", "non_saturating", "least_squares", "wasserstein")


def discriminator_loss(real: Scores, fake: Scores, kind: str) -> Tensor:
    """What the discriminator minimises: a scalar, the mean over all scores and then over the scales.

    Args:
        real: scores of real pictures, any shape; or one such tensor a scale.
        fake: scores of generated pictures, with as many scales.
        kind: ``hinge``: relu(1 - real) + relu(1 + fake) (Lim and Ye, "Geometric GAN", 2017; Miyato et al., "Spectral
            Normalization for Generative Adversarial Networks", ICLR 2018, eq. 16); ``non_saturating``:
            softplus(-real) + softplus(fake), the cross-entropy of Goodfellow et al., "Generative Adversarial Nets",
            NIPS 2014, eq. 1; ``least_squares``: ((real - 1)^2 + fake^2) / 2 (Mao et al., "Least Squares Generative
            Adversarial Networks", ICCV 2017, eq. 9); ``wasserstein``: fake - real (Arjovsky, Chintala, Bottou,
            "Wasserstein GAN", ICML 2017, eq. 3).

    Raises:
        ValueError: the kind is not known, or the numbers of scales differ.
    """
    reals, fakes = _scales(real), _scales(fake)
    if len(reals) != len(fakes):
        raise ValueError(f"there are real scores of {counted(len(reals), 'scale')}, and generated ones of {len(fakes)}")
    of_real, of_fake = _discriminator(kind)
    return _mean([of_real(r).mean() + of_fake(f).mean() for r, f in zip(reals, fakes)])


def generator_loss(fake: Scores, kind: str = "hinge") -> Tensor:
    """What the generator minimises: a scalar, the mean over all scores and then over the scales.

    Args:
        fake: scores of generated pictures, any shape; or one such tensor a scale.
        kind: as for ``discriminator_loss``. ``hinge`` and ``wasserstein``: -fake; ``non_saturating``: softplus(-fake);
            ``least_squares``: (fake - 1)^2 / 2.

    Raises:
        ValueError: the kind is not known.
    """
    loss = _generator(kind)
    return _mean([loss(scores).mean() for scores in _scales(fake)])


def relativistic_loss(believed: Tensor, other: Tensor) -> Tensor:
    """Relativistic pairing loss: softplus(other - believed), a scalar, the mean over the pairs.

    Huang, Gokaslan, Kuleshov, Tompkin, "The GAN is dead; long live the GAN! A Modern GAN Baseline", NeurIPS 2024, eq. 2
    (Jolicoeur-Martineau, "The relativistic discriminator", ICLR 2019). Each score is only compared with that of one
    picture of the other kind, so that every real picture has to be reached, and none be left out.

    Args:
        believed: scores that are to be the higher ones: of real pictures for the discriminator, of generated ones for
            the generator.
        other: scores of as many pictures of the other kind.
    """
    return F.softplus(other - believed).mean()


def critic_loss(real: Tensor, fake: Tensor, kind: str) -> Tensor:
    """Former name of ``discriminator_loss``, with ``wasserstein`` for any kind but ``hinge``; warns."""
    warnings.warn("critic_loss is now discriminator_loss", DeprecationWarning, stacklevel=2)
    return discriminator_loss(real, fake, kind if kind == "hinge" else "wasserstein")


def _scales(scores: Scores) -> list[Tensor]:
    return [scores] if isinstance(scores, Tensor) else list(scores)


def _mean(losses: list[Tensor]) -> Tensor:
    return losses[0] if len(losses) == 1 else torch.stack(losses).mean()


Loss = Callable[[Tensor], Tensor]


def _discriminator(kind: str) -> tuple[Loss, Loss]:
    """The losses of real and of generated scores."""
    if kind == "hinge":
        return lambda real: F.relu(1 - real), lambda fake: F.relu(1 + fake)
    if kind == "non_saturating":
        return lambda real: F.softplus(-real), F.softplus
    if kind == "least_squares":
        return lambda real: 0.5 * (real - 1).square(), lambda fake: 0.5 * fake.square()
    if kind == "wasserstein":
        return lambda real: -real, lambda fake: fake
    raise ValueError(f"'{kind}' is not an adversarial loss: choose one of {', '.join(KINDS)}")


def _generator(kind: str) -> Loss:
    if kind in ("hinge", "wasserstein"):
        return lambda fake: -fake
    if kind == "non_saturating":
        return lambda fake: F.softplus(-fake)
    if kind == "least_squares":
        return lambda fake: 0.5 * (fake - 1).square()
    raise ValueError(f"'{kind}' is not an adversarial loss: choose one of {', '.join(KINDS)}")
