"""The networks against the published formulas: the same numbers, in float64 to rounding."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import stylegan_reference as reference
import torch

from calotype.errors import InputError
from calotype.models import stylegan
from calotype.models.stylegan.alias_free import bands, low_pass
from calotype.models.stylegan.config import Config, widths
from calotype.models.stylegan.discriminator import Discriminator
from calotype.models.stylegan.network import Generator
from calotype.nn.style_discriminator import deviation
from calotype.nn.style_layers import conv_down, conv_up, demodulation, downsampled, upsampled
from calotype.run import Run

TINY = replace(stylegan.PRESETS["tiny"], resolution=16, base=128, max_channels=16, discriminator_base=128, clamp=0.0)


def lively(module):
    """A module in float64 whose biases and noise strengths are not 0."""
    torch.manual_seed(3)
    module = module.double()
    with torch.no_grad():
        for name, value in module.named_parameters():
            if name.endswith(("bias", "noise_strength")):
                value.add_(torch.randn_like(value) * 0.5)
    return module.eval()


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    """Styles are computed in float64 too."""
    monkeypatch.setattr(torch.Tensor, "float", lambda self: self)


@pytest.mark.parametrize("architecture", ["skip", "orig", "resnet"])
@pytest.mark.parametrize("clamp", [0.0, 1.0])
@pytest.mark.parametrize("noise", ["const", "none"])
def test_the_generator_follows_the_published_formulas(architecture, clamp, noise):
    cfg = replace(TINY, architecture=architecture, clamp=clamp)
    net = lively(Generator(cfg))
    ws = net.styles(torch.randn(3, cfg.latent, dtype=torch.float64))
    ws = ws + torch.randn_like(ws)  # W+
    made = net(ws, noise)
    expected = reference.synthesis(net.state_dict(), ws, noise, clamp, architecture)
    torch.testing.assert_close(made, expected, atol=1e-10, rtol=1e-9)
    if clamp:  # it bites
        free = reference.synthesis(net.state_dict(), ws, noise, 0.0, architecture)
        assert (free - expected).abs().max() > 0.1


def test_labels_mixing_and_truncation():
    cfg = replace(TINY, classes=5, mapping_layers=3)
    net = lively(Generator(cfg))
    net.mapping.w_avg.copy_(torch.randn(cfg.style))
    z, label = torch.randn(4, cfg.latent, dtype=torch.float64), torch.eye(5, dtype=torch.float64)[:4]
    w = reference.mapping(net.state_dict(), z, label)
    torch.testing.assert_close(net.mapping(z, label), w, atol=1e-10, rtol=1e-9)
    styles = net.styles(z, label, 0.7)
    assert styles.shape == (4, net.rows, cfg.style)
    mean = net.mapping.w_avg
    torch.testing.assert_close(styles[:, 2], mean + 0.7 * (w - mean), atol=1e-10, rtol=1e-9)
    whole = w[:, None].repeat(1, net.rows, 1)
    assert torch.equal(net.mapping.truncated(whole, 0.5, cutoff=2)[:, 2:], whole[:, 2:])
    assert torch.equal(net.mapping.truncated(whole, 0.0)[1, 1], mean)


@pytest.mark.parametrize("architecture", ["resnet", "orig"])
@pytest.mark.parametrize("classes", [0, 3])
def test_the_discriminator_follows_the_published_formulas(architecture, classes):
    cfg = replace(TINY, discriminator_architecture=architecture, classes=classes, clamp=1.5)
    net = lively(Discriminator(cfg))
    x = torch.randn(4, 3, 16, 16, dtype=torch.float64)
    label = torch.eye(3, dtype=torch.float64)[[0, 1, 2, 0]] if classes else None
    expected = reference.discriminator(net.state_dict(), x, label, 1.5, architecture, cfg.group)
    torch.testing.assert_close(net(x, label), expected, atol=1e-10, rtol=1e-9)


def test_demodulated_outputs_have_unit_variance():
    torch.manual_seed(0)
    weight, style = torch.randn(24, 16, 3, 3), 3 * torch.rand(8, 16)
    x = torch.randn(8, 16, 64, 64) * style[:, :, None, None]
    y = torch.nn.functional.conv2d(x, weight) * demodulation(weight, style)[:, :, None, None]
    assert y.std((2, 3)).mean() == pytest.approx(1, abs=0.02)


def test_filters_keep_what_is_constant():
    x = torch.full((1, 2, 8, 8), 0.7)
    for y in (upsampled(x)[:, :, 2:-2, 2:-2], downsampled(x)[:, :, 1:-1, 1:-1]):
        torch.testing.assert_close(y, torch.full_like(y, 0.7))


def test_convolutions_that_resample():
    torch.manual_seed(0)
    x, weight = torch.randn(2, 5, 8, 8, dtype=torch.float64), torch.randn(4, 5, 3, 3, dtype=torch.float64)
    up = reference.modulated(x, weight, torch.ones(2, 5, dtype=torch.float64), demodulate=False, up=True)
    torch.testing.assert_close(conv_up(x, weight), up)
    named = {"a.weight": weight * math.sqrt(45)}
    torch.testing.assert_close(conv_down(x, weight), reference.conv(named, "a", x, 0.0, down=True))


def test_resampling_without_filters():
    """Squares of a drawing keep their edges, and no layer has a filter."""
    torch.manual_seed(0)
    x, weight = torch.randn(2, 5, 8, 8), torch.randn(4, 5, 3, 3)
    made = conv_up(x, weight, filtered=False)
    assert torch.equal(made[:, :, ::2, 1::2], made[:, :, 1::2, ::2])
    torch.testing.assert_close(made[:, :, ::2, ::2], torch.nn.functional.conv2d(x, weight, padding=1))
    whole = torch.nn.functional.conv2d(x, weight, padding=1)
    torch.testing.assert_close(conv_down(x, weight, filtered=False), whole[:, :, ::2, ::2])
    cfg = replace(TINY, resample="nearest", architecture="resnet")
    net, discriminator = stylegan.build(cfg), Discriminator(cfg)
    w = torch.randn(2, net.generator.rows, cfg.style)
    for block in net.generator.synthesis.blocks()[1:]:
        block.conv1.weight.data.zero_()
        block.conv1.weight.data[:, :, 1, 1] = 1.0  # no neighbours: the last doubling shows
    picture = net.generator(w, "none")
    assert torch.equal(picture[:, :, ::2, ::2], picture[:, :, 1::2, 1::2])
    assert discriminator(picture).shape == (2, 1)


def test_minibatch_deviation_is_that_of_consecutive_groups():
    x = torch.randn(8, 3, 4, 4, dtype=torch.float64)
    both = deviation(x, 4)
    assert torch.equal(both[:4], deviation(x[:4], 4))
    assert torch.allclose(both[0, 0, 0, 0], (x[:4].var(0, unbiased=False) + 1e-8).sqrt().mean())


def test_the_picture_of_a_lower_resolution_is_that_of_the_first_blocks():
    net = lively(Generator(TINY))
    ws = net.styles(torch.randn(2, TINY.latent, dtype=torch.float64))
    assert net(ws, until=8).shape == (2, 3, 8, 8)
    changed = ws.clone()
    changed[:, 5:] = 0  # rows of 16 pixels
    assert torch.equal(net(ws, until=8), net(changed, until=8))
    assert not torch.equal(net(ws), net(changed))


def test_noise_maps_can_be_given():
    net = lively(Generator(TINY))
    ws = net.styles(torch.randn(2, TINY.latent, dtype=torch.float64))
    maps = [torch.randn(2, 1, side, side, dtype=torch.float64) for side in net.synthesis.noise_sides]
    assert net.synthesis.noise_sides == [4, 8, 8, 16, 16]
    torch.testing.assert_close(net(ws, maps), reference.synthesis(net.state_dict(), ws, maps))
    assert torch.equal(net(ws, net.synthesis.noise_maps()), net(ws))
    assert not torch.equal(net(ws, "random"), net(ws, "random"))


def test_low_pass_filters_pass_low_frequencies_only():
    for radial in (False, True):
        taps = low_pass(24, 4.0, 2.0, 32.0, radial=radial)
        assert taps.sum() == pytest.approx(1, abs=1e-5)
        line = taps.sum(0) if radial else taps
        response = torch.fft.rfft(line, 256).abs()
        frequency = torch.arange(129) / 256 * 32
        assert response[frequency < 1].min() > 0.94
        assert response[frequency > 8].max() < 0.02
    scipy = pytest.importorskip("scipy.signal")
    expected = scipy.firwin(24, 4.0, width=2.0, fs=32.0)
    torch.testing.assert_close(low_pass(24, 4.0, 2.0, 32.0).double(), torch.from_numpy(expected), atol=1e-6, rtol=0)
    assert torch.equal(low_pass(8, 4.0, 2.0, 32.0), low_pass(8, 4.0, 2.0, 32.0).flip(0))


def test_bands_of_the_published_configuration():
    """The layers of StyleGAN3-T for 1024 pixels, by their names in NVIDIA's files: number, size and channels."""
    names = (
        "L0_36_512 L1_36_512 L2_52_512 L3_52_512 L4_84_512 L5_148_512 L6_148_512 L7_276_323 L8_276_203 L9_532_128 "
        "L10_1044_81 L11_1044_51 L12_1044_32 L13_1024_32 L14_1024_3"
    )
    plan = bands(Config(generator="stylegan3", resolution=1024))
    assert [f"L{number}_{band.size}_{band.channels}" for number, band in enumerate(plan)] == names.split()


def test_widths():
    assert widths(Config(resolution=1024), 32768) == {
        4: 512, 8: 512, 16: 512, 32: 512, 64: 512, 128: 256, 256: 128, 512: 64, 1024: 32
    }  # fmt: skip


def test_settings_that_cannot_be():
    for changes in (
        {"resolution": 48},
        {"batch": 30},
        {"channels": 2},
        {"names": ("a",)},
        {"average": 0.0},
        {"mixing": 1.5},
    ):
        with pytest.raises(ValueError, match=r"has to|have to|power of two|multiple"):
            Config(**changes)


def test_seeds_are_those_of_nvidias_programs():
    import numpy as np

    cfg = replace(TINY, latent=6)
    torch.manual_seed(0)
    drawn = stylegan.generate.latent_of(7, cfg)
    assert np.allclose(drawn.numpy(), np.random.RandomState(7).randn(1, 6))
    assert stylegan.generate.latent_of(1 << 40, cfg).shape == (1, 6)


def test_samples_are_mixed_truncated_and_labelled(monkeypatch):
    monkeypatch.undo()
    torch.manual_seed(0)
    cfg = replace(TINY, classes=2)
    net = stylegan.build(cfg).eval()
    made = stylegan.sample(cfg, Run(), net=net, seed=1)
    assert torch.equal(made, stylegan.sample(cfg, Run(), net=net, seed=1, mix=1, mix_from=5))
    assert torch.equal(
        stylegan.sample(cfg, Run(), net=net, seed=2), stylegan.sample(cfg, Run(), net=net, seed=1, mix=2, mix_from=0)
    )
    assert torch.equal(
        stylegan.sample(cfg, Run(), net=net, seed=1, truncation=0), stylegan.sample(cfg, Run(), net=net, truncation=0)
    )
    assert not torch.equal(made, stylegan.sample(cfg, Run(), net=net, seed=1, label=1))
    with pytest.raises(InputError, match="no class 2: the classes of this model are 0 to 1"):
        stylegan.sample(cfg, Run(), net=net, label=2)
    with pytest.raises(InputError, match="no layer 6"):
        stylegan.sample(cfg, Run(), net=net, mix=1, mix_from=6)
    grey = replace(TINY, channels=1)
    assert stylegan.sample(grey, Run(), net=stylegan.build(grey).eval()).shape == (1, 3, 16, 16)
    with pytest.raises(InputError, match="trained without labels"):
        stylegan.sample(grey, Run(), net=stylegan.build(grey).eval(), label=1)
