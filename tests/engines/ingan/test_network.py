from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from calotype.engines.ingan import PRESETS
from calotype.engines.ingan.discriminators import (
    MultiScaleDiscriminator,
    at_scale,
    layout_distance,
    scale_weights,
    scales_of,
    sliced,
    whitening,
)
from calotype.engines.ingan.geometry import Arc, Quad, warped
from calotype.engines.ingan.net import Net, generator_of, learned_size
from calotype.engines.ingan.network import Discriminator, Generator
from calotype.image.resize import resize

TINY = PRESETS["tiny"]


@pytest.mark.parametrize("size", [(8, 8), (9, 31), (16, 16), (23, 17), (40, 64), (1, 5)])
@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_the_same_weights_give_any_size(size, norm):
    net = Generator(4, 2, 1, spectral=False, norm=norm, small=False).eval()
    for form in (None, Arc(0.3)):
        made = net(torch.rand(1, 3, 21, 30) * 2 - 1, size, form)
        assert made.shape == (1, 3, *size)
        assert made.abs().max() <= 1


def test_sizes_that_are_no_whole_multiples_are_those_beside_them():
    torch.manual_seed(0)
    net = Generator(4, 3, 1, spectral=False, norm="batch", small=False).eval()
    flat = torch.full((1, 3, 32, 32), 0.5)
    whole, odd = net(flat, (32, 32)), net(flat, (29, 27))
    assert torch.allclose(odd[:, :, :8, :8], whole[:, :, :8, :8], atol=1e-5)


def test_the_published_networks_have_their_sizes():
    cfg = PRESETS["paper"]
    net = generator_of(cfg)
    convolutions = [m for m in net.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(convolutions) == 2 + 3 + 3 + 3 * 6
    assert max(m.out_channels for m in convolutions) == 512
    assert scales_of((256, 256), cfg) == 9
    assert Discriminator(64, spectral=True, norm="batch", small=True).eval()(torch.rand(1, 3, 9, 9)).shape == (
        1,
        1,
        1,
        1,
    )


def test_shares_of_the_scales():
    cfg = PRESETS["paper"]
    for i in (0, 25_000, 74_999):
        shares = scale_weights(i, (256, 200), 9, cfg)
        assert sum(shares) == pytest.approx(1)
        assert len(shares) == 9
    assert scale_weights(0, (256, 256), 9, cfg)[1] == pytest.approx(1.4 * scale_weights(0, (256, 256), 9, cfg)[0])
    assert len(set(scale_weights(25_000, (256, 256), 9, cfg))) == 1
    late = scale_weights(70_000, (256, 256), 9, cfg)
    assert late == sorted(late, reverse=True)
    assert len(scale_weights(0, (40, 256), 9, cfg)) == 4
    assert scale_weights(0, (9, 9), 9, cfg) == [1.0]


def test_the_distance_of_patches():
    rng = torch.Generator().manual_seed(1)
    photo = torch.rand(1, 3, 24, 32, generator=rng) * 2 - 1
    white = whitening(photo, TINY, 2)
    assert float(sliced(photo, photo, TINY, [0.5, 0.5], white)) == pytest.approx(0, abs=1e-6)
    mirrored, shrunk = (float(sliced(photo, x, TINY, [1.0], white)) for x in (photo.flip(3), at_scale(photo, 1.5)))
    assert mirrored < shrunk
    made = photo.clone().requires_grad_()
    sliced(photo, made * 0.5, TINY, [0.7, 0.3], white).backward()
    assert float(made.grad.abs().sum()) > 0


def test_whitened_patches_vary_alike_in_every_direction():
    rng = torch.Generator().manual_seed(2)
    noise = torch.rand(1, 3, 12, 14, generator=rng) * 2 - 1
    photo = F.interpolate(noise, size=(48, 56), mode="bicubic").clamp(-1, 1)
    (white,) = whitening(photo, replace(TINY, patch=3, floor=1e-6), 1)
    patches = white @ F.unfold(photo, 3)[0]
    spread = patches.std(1)
    assert float(spread.max() / spread.min()) < 1.3
    plain = torch.linalg.eigvalsh(torch.cov(F.unfold(photo, 3)[0]))
    assert float(plain[-1] / plain[0].clamp(min=1e-6)) > 100
    assert torch.isfinite(whitening(torch.zeros(1, 3, 20, 20), TINY, 1)[0]).all()


def test_stretching_displaces_nothing_and_mirroring_does(photo):
    stretched = F.interpolate(photo, size=(40, 104), mode="bilinear")
    assert float(layout_distance(photo, stretched, None, 5)) < 0.02
    assert float(layout_distance(photo, stretched.flip(3), None, 5)) > 0.1
    form = Arc(0.4)
    assert float(layout_distance(photo, warped(photo, (60, 60), form), form, 5)) < 0.02


def test_a_residual_generator_begins_with_plain_stretching(photo):
    net = Generator(4, 2, 1, spectral=False, norm="instance", small=False, residual=True)
    assert torch.equal(net(photo, (40, 52)), photo)
    for size in ((25, 90), (80, 30)):
        assert torch.allclose(net(photo, size), resize(photo, size, mode="bilinear"), atol=1e-6)
    form = Arc(0.3)
    assert torch.allclose(net(photo, (30, 60), form), warped(photo, (30, 60), form), atol=1e-6)


def test_scores_of_critics_are_told_apart_from_goals():
    discriminators = MultiScaleDiscriminator(PRESETS["paper"], 3).requires_grad_(False)
    photo = torch.rand(1, 3, 40, 44) * 2 - 1
    high, low = (float(discriminators(photo, goal, [0.5, 0.3, 0.2])) for goal in (1.0, 0.0))
    # The same scores s: the mean of s squared, less that of (s - 1) squared, is 2 s - 1, and s is between 0 and 1.
    assert -1 < low - high < 1
    assert min(high, low) > 0
    assert high + low < 1


def test_what_is_learned_has_the_shape_of_the_photo():
    cfg = PRESETS["fast"]
    height, width = learned_size((1000, 2000), cfg)
    assert width == pytest.approx(2 * height, abs=1)
    assert height * width == pytest.approx(cfg.side**2, rel=0.05)
    assert learned_size((30, 40), cfg) == (30, 40)
    assert learned_size((1000, 2000), PRESETS["paper"]) == (1000, 2000)
    assert min(learned_size((100, 4000), cfg)) >= 18


def test_what_was_not_learned_is_gone_in_passes():
    net = Net(TINY, (40, 52)).eval()
    asked = []
    net.generator.register_forward_pre_hook(lambda module, given: asked.append(given[1]))
    picture = torch.zeros(1, 3, *net.size)
    height, width = net.size
    net.resized(picture, (height, 2 * width))
    net.resized(picture, (height, 5 * width))
    net.resized(picture, (height // 5, width))
    assert asked == [(height, 2 * width), *asked[1:3], *asked[3:]]
    assert len(asked) == 5
    assert asked[2] == (height, 5 * width)
    assert width < asked[1][1] < 5 * width


@pytest.mark.parametrize("form", [None, Quad(((0.2, 0.0), (0.8, 0.0), (1.0, 1.0), (0.0, 1.0)))])
def test_the_way_back_of_an_untrained_network_is_that_of_plain_stretching(photo, form):
    """Its residual is zero, so what is left is the geometry, which has to be undone."""
    net = Net(TINY, (photo.shape[2], photo.shape[3])).eval()
    small = resize(photo, net.size)
    back = net.back(net.resized(small, (2 * net.size[0], 2 * net.size[1]), form), form)
    assert back.shape == small.shape
    assert (back - small).abs().mean() < 0.1
    assert (back - small).abs().mean() < 0.5 * (back - small.flip(3)).abs().mean()


def test_the_way_back_goes_in_passes_as_well():
    net = Net(TINY, (40, 52)).eval()
    asked = []
    net.generator.register_forward_pre_hook(lambda module, given: asked.append(given[1]))
    height, width = net.size
    net.back(torch.zeros(1, 3, height, 5 * width))
    assert len(asked) == 2
    assert width < asked[0][1] < 5 * width
    assert asked[1] == net.size
