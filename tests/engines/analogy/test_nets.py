from dataclasses import replace

import pytest
import torch

from calotype.engines.analogy import PRESETS
from calotype.engines.analogy.discriminator import Discriminator
from calotype.engines.analogy.network import Decoder, Encoder, Generator
from calotype.engines.analogy.segmenter import Segmenter
from calotype.engines.analogy.sft import Translation, modulated, safe_ratio

TINY = replace(PRESETS["tiny"], classes=3)


def parameters(net):
    return sum(parameter.numel() for parameter in net.parameters())


def test_as_many_parameters_as_released():
    release = PRESETS["release"]
    assert parameters(Encoder(3, release)) == 1_502_640
    assert parameters(Decoder(release)) == 2_148_902
    assert parameters(Translation(64, "raw", False, True)) + parameters(Translation(128, "raw", False, True)) + (
        parameters(Translation(256, "raw", False, True))
    ) == 2 * (178_752)
    assert parameters(Generator(release)) == 5_511_686
    assert parameters(Discriminator(64, 0)) == 1_058_625
    assert parameters(Segmenter(128, 3)) == 221_315


@pytest.mark.parametrize("preset", ["tiny", "release"])
def test_pictures_of_any_size_that_is_a_multiple_of_8(preset):
    cfg = replace(PRESETS[preset], width=8, classes=3)
    generator = Generator(cfg)
    channels = 3
    one, other = (torch.rand(1, channels, 40, 56) for _ in range(2))
    made = generator(torch.zeros(1, 3, 40, 56), generator.modulations(one, other))
    assert made.shape == (1, 3, 40, 56)
    assert made.isfinite().all()
    if preset == "tiny":
        assert made.abs().max() <= 1


@pytest.mark.parametrize("spectral", [False, True])
def test_equal_maps_change_nothing(spectral):
    torch.manual_seed(0)
    level = Translation(16, "safe", True, spectral).eval()
    features = torch.randn(2, 16, 6, 5)
    scale, shift = level(features, features)
    assert torch.allclose(scale, torch.ones_like(scale), atol=1e-5)
    assert torch.allclose(shift, torch.zeros_like(shift), atol=1e-5)
    scale, shift = level(features, features.flip(3))
    assert (scale - 1).abs().mean() > 1e-3
    assert shift.abs().mean() > 1e-3


def test_without_anchor_it_is_for_the_loss_to_teach():
    torch.manual_seed(0)
    features = torch.randn(1, 16, 6, 5)
    scale, _ = Translation(16, "safe", False, False)(features, features)
    assert (scale - 1).abs().mean() > 0.1


def test_division_by_nothing():
    zeros, ones = torch.zeros(3), torch.ones(3)
    assert torch.equal(safe_ratio(zeros, zeros), ones)
    assert torch.equal(safe_ratio(ones, zeros), 10 * ones)
    assert torch.equal(safe_ratio(-ones, zeros), -10 * ones)
    tiny = torch.tensor([1e-9, -1e-9, 5e-4], requires_grad=True)
    quotient = safe_ratio(torch.tensor([2e-9, 1e-9, -5e-4]), tiny)
    quotient.sum().backward()
    assert quotient.isfinite().all()
    assert tiny.grad.isfinite().all()
    assert torch.allclose(safe_ratio(torch.tensor([3.0, -1.0]), torch.tensor([2.0, 4.0])), torch.tensor([1.5, -0.25]))


@pytest.mark.parametrize("source", [0.0, 1e-12, -1e-12])
def test_translation_is_finite_where_features_are_nothing(source):
    level = Translation(16, "safe", True, False)
    scale, shift = level(torch.full((1, 16, 4, 4), source), torch.randn(1, 16, 4, 4))
    assert scale.isfinite().all()
    assert shift.isfinite().all()
    assert scale.abs().max() < 1e3


def test_modulation_gives_mean_and_deviation():
    features = 3 + 2 * torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(1))
    scale, shift = torch.full_like(features, 0.5), torch.full_like(features, -1.0)
    made = modulated(features, scale, shift)
    assert torch.allclose(made.mean((2, 3)), torch.tensor(-1.0), atol=1e-5)
    assert torch.allclose(made.std((2, 3)), torch.tensor(0.5), atol=1e-3)


def test_the_critic_scores_at_a_quarter_and_an_eighth():
    output = Discriminator(8, 3)(torch.rand(1, 3, 48, 64), torch.rand(1, 3, 48, 64))
    assert [scores.shape for scores in output.scores] == [(1, 1, 12, 16), (1, 1, 6, 8)]
    assert [features.shape[2:] for features in output.features] == [(12, 16), (6, 8)]


def test_a_conditional_critic_sees_the_map():
    torch.manual_seed(0)
    picture, one, other = torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32)
    blind, seeing = Discriminator(8, 0).eval(), Discriminator(8, 3).eval()
    assert torch.equal(blind(picture, one).scores[0], blind(picture, other).scores[0])
    assert not torch.allclose(seeing(picture, one).scores[0], seeing(picture, other).scores[0])


def test_the_segmenter_learns_a_layout(photo, labels):
    torch.manual_seed(0)
    net = Segmenter(16, 3)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(photo), labels).backward()
        optimizer.step()
    found = net.eval()(photo).argmax(1)
    assert (found == labels).float().mean() > 0.9


def test_the_released_discriminator_normalises_its_lateral_layers_but_not_the_score():
    released, other = Discriminator(8, 0, released=True), Discriminator(8, 0)
    assert parameters(released) == parameters(other)
    for name in ("across_fine", "across_coarse"):
        kinds = [type(part).__name__ for part in getattr(released, name)]
        assert kinds[1:] == ["InstanceNorm2d", "LeakyReLU"]
    assert not hasattr(released.score, "parametrizations")
    assert hasattr(other.score, "parametrizations")
    assert PRESETS["release"].released
    assert not PRESETS["paper"].released
