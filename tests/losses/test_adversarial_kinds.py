"""Adversarial losses, against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from calotype.losses.adversarial import KINDS, critic_loss, discriminator_loss, generator_loss

REAL, FAKE = torch.tensor([2.0, 0.5]), torch.tensor([[-3.0], [1.0]])


def softplus(x):
    return math.log(1 + math.exp(x))


WANTED = {
    "hinge": ((0 + 0.5) / 2 + (0 + 2) / 2, 1.0),
    "wasserstein": (-1.0 - 1.25, 1.0),
    "least_squares": (0.5 * (1 + 0.25) / 2 + 0.5 * (9 + 1) / 2, 0.5 * (16 + 0) / 2),
    "non_saturating": (
        (softplus(-2) + softplus(-0.5)) / 2 + (softplus(-3) + softplus(1)) / 2,
        (softplus(3) + softplus(-1)) / 2,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_values(kind):
    judged, made = WANTED[kind]
    assert discriminator_loss(REAL, FAKE, kind).item() == pytest.approx(judged)
    assert generator_loss(FAKE, kind).item() == pytest.approx(made)


@pytest.mark.parametrize("kind", KINDS)
def test_scales_count_alike_however_many_scores_they_have(kind):
    other_real, other_fake = torch.zeros(1, 1, 3, 3), torch.zeros(1, 1, 5, 5)
    alone = discriminator_loss(other_real, other_fake, kind)
    both = discriminator_loss([REAL, other_real], [FAKE, other_fake], kind)
    assert both.item() == pytest.approx((WANTED[kind][0] + alone.item()) / 2)
    both = generator_loss([FAKE, other_fake], kind)
    assert both.item() == pytest.approx((WANTED[kind][1] + generator_loss(other_fake, kind).item()) / 2)


def test_the_former_name_works_and_warns():
    for kind in ("hinge", "wasserstein"):
        with pytest.warns(DeprecationWarning, match="is now discriminator_loss"):
            assert critic_loss(REAL, FAKE, kind).item() == pytest.approx(WANTED[kind][0])
    assert generator_loss(FAKE).item() == pytest.approx(1.0)


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(ValueError, match="'hing' is not an adversarial loss"):
        discriminator_loss(REAL, FAKE, "hing")
    with pytest.raises(ValueError, match="choose one of"):
        generator_loss(FAKE, "")
    with pytest.raises(ValueError, match="real scores of 1 scale, and generated ones of 2"):
        discriminator_loss([REAL], [FAKE, FAKE], "hinge")
