"""Adam for generators and discriminators."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from calotype.nn.optimizers import discriminator_optimizer, generator_optimizer


def test_the_two_time_scales():
    net = nn.Linear(2, 2)
    made, judged = generator_optimizer(net), discriminator_optimizer(net)
    assert (made.defaults["lr"], judged.defaults["lr"]) == (1e-4, 4e-4)
    assert made.defaults["betas"] == judged.defaults["betas"] == (0.0, 0.9)
    assert made.defaults["fused"]


def test_groups_keep_their_rates_and_frozen_parameters_are_left_out():
    a, b = nn.Linear(2, 2), nn.Linear(2, 2)
    b.bias.requires_grad_(False)
    groups = [{"params": a.parameters(), "lr": 0.5}, {"params": b.parameters()}, {"params": [b.bias]}]
    optimizer = generator_optimizer(groups, 0.1, (0.5, 0.99))
    assert [(group["lr"], len(group["params"])) for group in optimizer.param_groups] == [(0.5, 2), (0.1, 1)]
    with pytest.raises(ValueError, match="empty"):
        generator_optimizer([b.bias])


def test_the_first_step_is_adams():
    x = torch.tensor([1.0, -2.0], requires_grad=True)
    optimizer = generator_optimizer([x], 0.1)
    (3 * x[0] - 5 * x[1]).backward()
    optimizer.step()
    # Without an average of the gradient, and with the bias of the squares corrected, the step is the rate.
    assert x.tolist() == pytest.approx([0.9, -1.9], abs=1e-6)
