"""One convolution that steps by two does what a convolution and a change of the size do."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from calotype.nn.resample import conv_of_upsampled, conv_then_pooled
from calotype.nn.spectral import spectral_norm


def layer(bias: bool = True) -> nn.Conv2d:
    torch.manual_seed(0)
    return nn.Conv2d(3, 5, 3, padding=1, bias=bias).double()


def doubled_conv(conv, x):
    return conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


def conv_halved(conv, x):
    return F.avg_pool2d(conv(x), 2)


BOTH = [(conv_of_upsampled, doubled_conv), (conv_then_pooled, conv_halved)]


@pytest.mark.parametrize(("at_once", "apart"), BOTH)
@pytest.mark.parametrize("size", [(2, 2), (4, 6), (8, 2)])
@pytest.mark.parametrize("bias", [True, False])
def test_the_same_as_the_two_one_after_the_other(at_once, apart, size, bias):
    conv, x = layer(bias), torch.randn(2, 3, *size, dtype=torch.double)
    assert torch.allclose(at_once(conv, x), apart(conv, x), atol=1e-12)


@pytest.mark.parametrize(("at_once", "apart"), BOTH)
def test_gradients_are_the_same_and_have_gradients(at_once, apart):
    conv, x = layer(), torch.randn(2, 3, 4, 4, dtype=torch.double, requires_grad=True)
    found = []
    for f in (at_once, apart):
        wanted = [x, conv.weight, conv.bias]
        first = torch.autograd.grad(f(conv, x).square().sum(), wanted, create_graph=True)
        second = torch.autograd.grad(sum(g.square().sum() for g in first), wanted)
        found.append([*first, *second])
    for one, other in zip(*found):
        assert torch.allclose(one, other, atol=1e-9)


@pytest.mark.parametrize(("at_once", "apart"), BOTH)
def test_a_weight_that_is_divided_is_asked_for_once(at_once, apart):
    """Each use in training is a step of the power iteration."""
    one, other = spectral_norm(layer()), spectral_norm(layer())
    other.load_state_dict(one.state_dict())
    x = torch.randn(2, 3, 4, 4, dtype=torch.double)
    for _ in range(3):
        assert torch.allclose(at_once(one, x), apart(other, x), atol=1e-12)
    assert torch.equal(one.parametrizations.weight[0]._u, other.parametrizations.weight[0]._u)
