"""Feature matching, the divergence of a Gaussian code, and the perceptual loss."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from calotype.errors import InputError
from calotype.losses.feature_matching import feature_matching_loss
from calotype.losses.kl import gaussian_kl
from calotype.losses.perceptual import PerceptualLoss
from calotype.nn.filter_bank import offline_features


def test_feature_matching_sums_layers_and_averages_scales():
    real = [[torch.zeros(2, 3), torch.ones(2, 2), torch.zeros(1)], [torch.zeros(4), torch.zeros(2), torch.zeros(9)]]
    fake = [
        [torch.full((2, 3), 2.0), torch.zeros(2, 2), torch.full((1,), 50.0)],
        [torch.full((4,), 0.5), torch.tensor([1.0, 2.0], requires_grad=True), torch.ones(9)],
    ]
    loss = feature_matching_loss(real, fake)
    assert loss.item() == pytest.approx(((2 + 1) + (0.5 + 1.5)) / 2)  # scores do not count
    loss.backward()
    assert fake[1][1].grad.tolist() == pytest.approx([0.25, 0.25])


def test_feature_matching_gives_real_pictures_no_gradient():
    real, fake = torch.ones(2, requires_grad=True), torch.zeros(2, requires_grad=True)
    feature_matching_loss([[real, real]], [[fake, fake]]).backward()
    assert real.grad is None
    with pytest.raises(ValueError, match="same scales"):
        feature_matching_loss([[real, real]], [[fake, fake, fake]])
    with pytest.raises(ValueError, match="beside the scores"):
        feature_matching_loss([[real]], [[fake]])


def test_kl_is_the_integral():
    mean, log_variance = np.array([0.7, -0.3]), np.array([0.4, -1.0])
    x = np.linspace(-12, 12, 200_001)
    wanted = 0.0
    for m, s in zip(mean, np.exp(log_variance / 2)):
        density = np.exp(-0.5 * ((x - m) / s) ** 2) / (s * np.sqrt(2 * np.pi))
        log_ratio = -0.5 * ((x - m) / s) ** 2 - np.log(s) + 0.5 * x**2
        wanted += float((density * log_ratio).sum() * (x[1] - x[0]))
    batch = (torch.tensor([[*mean], [0, 0]]), torch.tensor([[*log_variance], [0, 0]]))
    assert gaussian_kl(*batch, "sum").item() == pytest.approx(wanted, rel=1e-6)
    assert gaussian_kl(*batch).item() == pytest.approx(wanted / 2, rel=1e-6)
    with pytest.raises(ValueError, match="choose sum or mean"):
        gaussian_kl(*batch, "max")


class Sums:
    """A network of two layers: the sum of the channels, and its negative double at one place."""

    name = "sums"

    def layers(self, pictures):
        total = pictures.sum(1, keepdim=True)
        return [total, -2 * total[:, :, :1, :1]]


def test_perceptual_loss_with_chosen_layers_and_weights():
    fake, real = torch.full((1, 3, 2, 2), 0.5, requires_grad=True), torch.zeros(1, 3, 2, 2)
    assert PerceptualLoss(Sums())(fake, real).item() == pytest.approx(0.5 * 1.5 + 1 * 3)
    assert PerceptualLoss(Sums(), [1], [10.0])(fake, real).item() == pytest.approx(30)
    assert PerceptualLoss(Sums(), weights=[1.0, 0.0])(fake, real).item() == pytest.approx(1.5)
    with pytest.raises(ValueError, match="no layer 2"):
        PerceptualLoss(Sums(), [2])(fake, real)
    with pytest.raises(ValueError, match="weights of 2 layers for 1"):
        PerceptualLoss(Sums(), [0], [1.0, 2.0])


def test_perceptual_loss_on_features_that_need_no_weights():
    loss = PerceptualLoss(offline_features())
    x = torch.rand(1, 3, 32, 32) * 2 - 1
    y = (x + 0.3 * torch.randn_like(x)).requires_grad_()
    assert loss(x, x).item() == 0
    far = loss(y, x)
    far.backward()
    assert far > 0
    assert y.grad.abs().sum() > 0
    with pytest.raises(InputError, match="too small for offline features"):
        loss(torch.zeros(1, 3, 2, 2), torch.zeros(1, 3, 2, 2))
