"""Instance normalisation with a gradient worked out by hand, against torch's."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from calotype.nn.instance import instance_norm


@pytest.mark.parametrize("slope", [1.0, 0.2])
def test_values_and_gradient_are_those_of_torch(slope):
    x = torch.randn(3, 4, 5, 6, dtype=torch.float64).float().add(2).requires_grad_()
    other = x.detach().clone().requires_grad_()
    weight = torch.randn(3, 4, 5, 6)
    mine, theirs = instance_norm(x, slope), F.leaky_relu(F.instance_norm(other), slope)
    torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-4)
    (mine * weight).sum().backward()
    (theirs * weight).sum().backward()
    torch.testing.assert_close(x.grad, other.grad, atol=1e-5, rtol=1e-3)


def test_half_precision_is_near():
    x = torch.randn(2, 8, 16, 16).contiguous(memory_format=torch.channels_last)
    half = instance_norm(x.bfloat16(), 0.2)
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), instance_norm(x, 0.2), atol=0.03, rtol=0.03)
