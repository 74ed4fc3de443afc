"""Spectral normalisation folded into the weights."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from calotype.nn.folding import folded_state, largest_singular_value
from calotype.nn.spectral import spectral_norm


def test_the_folded_network_is_the_trained_one():
    torch.manual_seed(0)
    trained = nn.Sequential(spectral_norm(nn.Conv2d(3, 5, 3)), nn.ReLU(), spectral_norm(nn.Linear(4, 2)))
    plain = nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.Linear(4, 2))
    x = torch.randn(2, 3, 8, 6)
    for _ in range(30):
        trained(x)  # the power iteration converges
    plain.load_state_dict(folded_state(trained))
    torch.testing.assert_close(plain(x), trained.eval()(x), atol=1e-5, rtol=1e-4)
    assert np.linalg.norm(plain[0].weight.detach().flatten(1).numpy(), 2) < 1.01


def test_the_largest_singular_value_is_numpys():
    weight = torch.randn(6, 3, 3, 3, generator=torch.Generator().manual_seed(1))
    found = float(largest_singular_value(weight, iterations=200))
    assert abs(found - np.linalg.norm(weight.flatten(1).numpy(), 2)) < 1e-4
