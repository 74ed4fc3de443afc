"""The multi-scale PatchGAN discriminator."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from calotype.nn.patchgan import MultiScaleDiscriminator, PatchDiscriminator, halves, scores_of


def test_all_activations_are_returned_with_the_published_sizes():
    net = MultiScaleDiscriminator(3, 5, scales=2, width=4, layers=4)
    found = net(torch.randn(4, 3, 64, 48), torch.randn(2, 5, 64, 48))
    # 4 x 4 pixels, padding 2: 64 -> 33 -> 17 -> 9 -> 10 -> 11.
    sizes = [(33, 25), (17, 13), (9, 7), (10, 8), (11, 9)]
    assert [tuple(x.shape) for x in found[0]] == [(4, c, *s) for c, s in zip((4, 8, 16, 32, 1), sizes)]
    assert found[1][0].shape == (4, 4, 17, 13)
    assert [x.dtype for x in scores_of(found)] == [torch.float32] * 2


def test_scales_have_weights_of_their_own_and_the_second_sees_half_the_size():
    torch.manual_seed(0)
    net = MultiScaleDiscriminator(3, scales=2, width=4, layers=2)
    x = torch.randn(1, 3, 16, 16)
    half = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
    net.eval()
    assert torch.equal(net(x)[1][-1], net.scales[1](half)[-1])
    assert not torch.equal(net.scales[0].score.weight, net.scales[1].score.weight)


def test_the_condition_is_as_if_it_lay_beside_every_picture():
    torch.manual_seed(0)
    split = PatchDiscriminator(3, 2, width=4, layers=3).eval()
    joined = PatchDiscriminator(5, 0, width=4, layers=3).eval()
    joined.load_state_dict(split.state_dict())
    pictures, condition = torch.randn(4, 3, 16, 16), torch.randn(2, 2, 16, 16)
    beside = torch.cat([condition.repeat(2, 1, 1, 1), pictures], dim=1)
    for mine, whole in zip(split(pictures, condition), joined(beside)):
        torch.testing.assert_close(mine, whole, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("norm", "spectral"), [("instance", True), ("instance", False), ("none", True), ("none", False)]
)
def test_normalisation_can_be_chosen(norm, spectral):
    net = PatchDiscriminator(3, width=4, layers=3, norm=norm, spectral=spectral)
    names = set(net.state_dict())
    assert ("convs.1.parametrizations.weight.original" in names) == spectral
    assert ("convs.1.bias" in names) == (norm == "none")
    assert "convs.0.weight" in names  # the first layer is never normalised
    found = net(torch.randn(2, 3, 16, 16))
    mean = found[1].mean((2, 3)).abs().max()
    unbent = torch.where(found[1] < 0, found[1] / 0.2, found[1]).mean((2, 3)).abs().max()
    assert (unbent < 1e-4) == (norm == "instance")
    assert torch.isfinite(mean)


def test_halves_are_those_of_the_batch_with_gradients_of_the_same_layout():
    x = torch.randn(4, 3, 5, 5).contiguous(memory_format=torch.channels_last).requires_grad_()
    first, second = halves(x * 1)
    assert torch.equal(torch.cat([first, second]), x)
    (2 * first).sum().backward()
    wanted = torch.cat([torch.full((2, 3, 5, 5), 2.0), torch.zeros(2, 3, 5, 5)])
    assert torch.equal(x.grad, wanted)
    assert x.grad.is_contiguous(memory_format=torch.channels_last)
