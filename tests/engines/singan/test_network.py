import pytest
import torch

from calotype.engines.singan.config import PRESETS
from calotype.engines.singan.net import Net, width_at
from calotype.engines.singan.network import Discriminator, Generator


@pytest.mark.parametrize(("width", "parameters"), [(32, 29_763), (64, 114_819), (128, 450_819)])
def test_a_generator_has_the_published_number_of_parameters(width, parameters):
    assert sum(p.numel() for p in Generator(width).parameters()) == parameters


def test_widths_double_after_every_fourth_scale():
    assert [width_at(i, PRESETS["paper"]) for i in range(10)] == [32] * 4 + [64] * 4 + [128] * 2


def test_the_critic_sees_eleven_pixels():
    discriminator = Discriminator(8).eval()
    x = torch.zeros(1, 3, 31, 31, requires_grad=True)
    scores = discriminator(x)
    assert scores.shape == (1, 1, 21, 21)
    scores[0, 0, 10, 10].backward()
    seen = x.grad.abs().sum(1)[0] > 0
    assert seen.any(0).nonzero().flatten().tolist() == list(range(10, 21))
    assert seen.any(1).nonzero().flatten().tolist() == list(range(10, 21))


def test_a_generator_adds_to_what_it_is_given():
    generator = Generator(8)
    torch.nn.init.zeros_(generator.trunk[-1].weight)
    torch.nn.init.zeros_(generator.trunk[-1].bias)
    previous = torch.rand(2, 3, 12, 15)
    assert torch.equal(generator(torch.randn(2, 3, 22, 25), previous), previous)


def test_the_noise_of_the_coarsest_scale_is_grey_and_that_of_others_is_not():
    net = Net(PRESETS["paper"], (60, 80))
    coarse, fine = net.noise(0, (26, 34), 2), net.noise(1, (32, 42), 2)
    assert coarse.shape == (2, 3, 26, 34)
    assert torch.equal(coarse[:, 0], coarse[:, 1])
    assert not torch.equal(fine[:, 0], fine[:, 1])


def test_noise_at_the_border_is_drawn_where_it_is_wanted():
    from dataclasses import replace

    net = Net(replace(PRESETS["paper"], border="noise"), (60, 80))
    assert net.noise(0, (26, 34), 1).shape == (1, 3, 36, 44)
    assert net.fixed.shape[2:] == (net.sizes[0][0] + 10, net.sizes[0][1] + 10)
