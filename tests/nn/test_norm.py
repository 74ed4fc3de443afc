"""Batch norm as one operation: against its definition, and shared out to processes."""

from __future__ import annotations

import pytest
import torch

from calotype.nn import norm
from calotype.nn.norm import batch_norm, norm_with_statistics


def by_definition(x, scale, shift, squared):
    dims, wide = [0, *range(2, x.dim())], (-1, x.shape[1], *[1] * (x.dim() - 2))
    mean = x.mean(dims)
    variance = (x - mean.view(wide)).square().mean(dims)
    slope = ((variance.square() if squared else variance) + 1e-5).rsqrt()
    return (x - mean.view(wide)) * slope.view(wide) * scale.view(wide) + shift.view(wide), mean, variance


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("samples", [1, 6])
@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 4, 3), "channels last"])
def test_results_and_gradients_are_those_of_the_definition(shape, samples, squared):
    last = shape == "channels last"
    x = torch.randn((6, 5, 4, 3) if last else shape) * 3 + 1
    x = x.to(memory_format=torch.channels_last) if last else x
    given = [x, torch.randn(samples, 5), torch.randn(samples, 5)]
    wanted = torch.randn(x.shape)
    ours = [each.clone().requires_grad_() for each in given]
    theirs = [each.double().requires_grad_() for each in given]
    y, mean, variance = batch_norm(*ours, squared=squared)
    true, true_mean, true_variance = by_definition(*theirs, squared)
    assert torch.allclose(y.double(), true, atol=1e-5)
    assert torch.allclose(mean.double(), true_mean, atol=1e-5)
    assert torch.allclose(variance.double(), true_variance, rtol=1e-5)
    slopes = torch.autograd.grad((y * wanted).sum(), ours)
    for slope, true_slope in zip(slopes, torch.autograd.grad((true * wanted).sum(), theirs)):
        assert torch.allclose(slope.double(), true_slope, rtol=1e-4, atol=1e-4)
    known = norm_with_statistics(x, mean, variance, given[1], given[2], squared=squared)
    assert torch.allclose(known, y, atol=1e-6)


def test_two_shares_are_normalised_as_the_whole(monkeypatch):
    x, wanted = torch.randn(8, 5, 4, 4) * 2 - 3, torch.randn(8, 5, 4, 4)
    scale, shift = torch.randn(8, 5), torch.randn(8, 5)
    whole = x.clone().requires_grad_()
    y, *_ = batch_norm(whole, scale, shift)
    (slope,) = torch.autograd.grad((y * wanted).sum(), whole)

    # Each share in turn, with what the other one sends taken from a first round in which it is only written down.
    sent: list[list[torch.Tensor]] = [[], []]
    monkeypatch.setattr(norm, "world", lambda: 2)
    for _ in range(3):  # the way there, the way back, and once more with both known
        before, made = [list(each) for each in sent], []
        for number in (0, 1):
            sent[number].clear()

            def mean_over_all(values, number=number, before=before):
                turn = len(sent[number])
                sent[number].append(values.clone())
                other = before[1 - number]
                return (values + other[turn]) / 2 if len(other) > turn else values

            monkeypatch.setattr(norm, "mean_over_all", mean_over_all)
            part = slice(4 * number, 4 * number + 4)
            share = x[part].clone().requires_grad_()
            z, *_ = batch_norm(share, scale[part], shift[part])
            made.append((z.detach(), *torch.autograd.grad((z * wanted[part]).sum(), share)))
    assert torch.allclose(torch.cat([z for z, _ in made]), y, atol=1e-5)
    assert torch.allclose(torch.cat([s for _, s in made]), slope, atol=1e-5)


def test_half_precision_is_counted_in_full():
    x = (torch.randn(64, 3, 8, 8) + 2).bfloat16().requires_grad_()
    y, mean, variance = batch_norm(x, torch.ones(1, 3), torch.zeros(1, 3))
    assert y.dtype == torch.bfloat16
    assert mean.dtype == variance.dtype == torch.float32
    assert torch.allclose(mean, x.float().mean((0, 2, 3)), atol=1e-4)
    assert y.float().mean().abs() < 0.01
    assert torch.autograd.grad(y.float().square().sum(), x)[0].dtype == torch.bfloat16
