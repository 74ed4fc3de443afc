"""Muon: orthogonal steps, and Adam for the rest."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import nn

from calotype.nn.muon import muon, orthogonal


@pytest.mark.parametrize("shape", [(16, 144), (40, 20)])
def test_singular_values_become_about_one_and_directions_stay(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    found = orthogonal(matrix)
    values = torch.linalg.svdvals(found)
    assert 0.6 < float(values.min()) <= float(values.max()) < 1.3
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    assert float((found * (left @ right)).sum() / len(values)) > 0.8


def test_small_and_named_layers_are_left_to_adam():
    net = nn.Sequential(nn.Conv2d(3, 16, 3), nn.Conv2d(16, 16, 3), nn.Linear(16, 16), nn.Linear(16, 4))
    made = muon(net, 1e-3, (0.9, 0.99), adam=[net[2]])
    assert [each.shape for each in made.param_groups[0]["params"]] == [net[0].weight.shape, net[1].weight.shape]
    assert len(made.param_groups[1]["params"]) == 6


def test_adam_is_that_of_torch():
    torch.manual_seed(0)
    mine, theirs = nn.Linear(8, 3), nn.Linear(8, 3)
    theirs.load_state_dict(mine.state_dict())
    ours, adam = muon(mine, 1e-2, (0.9, 0.99)), torch.optim.Adam(theirs.parameters(), 1e-2, (0.9, 0.99))
    x = torch.randn(5, 8)
    for _ in range(5):
        for net, optimizer in ((mine, ours), (theirs, adam)):
            optimizer.zero_grad()
            net(x).square().sum().backward()
            optimizer.step()
    torch.testing.assert_close(mine.weight, theirs.weight, atol=1e-5, rtol=1e-4)


def test_its_state_can_be_saved_and_read_again():
    torch.manual_seed(0)
    net, x = nn.Linear(16, 32), torch.randn(4, 16)
    made = muon(net, 1e-2, (0.9, 0.99))

    def step(optimizer, of):
        optimizer.zero_grad()
        of(x).square().sum().backward()
        optimizer.step()

    step(made, net)
    copy = nn.Linear(16, 32)
    copy.load_state_dict(net.state_dict())
    again = muon(copy, 1e-2, (0.9, 0.99))
    again.load_state_dict(deepcopy(made.state_dict()))
    step(made, net)
    step(again, copy)
    assert torch.equal(net.weight, copy.weight)
    assert torch.equal(net.bias, copy.bias)
