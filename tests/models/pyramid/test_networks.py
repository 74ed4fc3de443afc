from dataclasses import replace

import pytest
import torch

from calotype.models.pyramid import PRESETS, Config
from calotype.models.pyramid.classifier import CONVOLUTIONAL, Pyramid, levels
from calotype.models.pyramid.losses import diversity_loss, reconstruction_loss
from calotype.models.pyramid.masks import exchanged, masks_at, random_masks
from calotype.models.pyramid.network import build
from calotype.models.pyramid.trainer import Trainer, with_other_vectors
from calotype.nn.residual_discriminator import ResidualDiscriminator

CFG = PRESETS["tiny"]


def pictures(count=2, cfg=CFG):
    return torch.rand(count, 3, *cfg.size, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.mark.parametrize("name", ["efficientnet", "vgg16", "set", "random"])
@pytest.mark.parametrize("enlarged", [1, 2])
def test_features_have_the_declared_shapes(name, enlarged):
    cfg = replace(CFG, classifier=name, enlarged=enlarged, size=(32, 64), classes=3)
    found = Pyramid(cfg).eval()(pictures(2, cfg))
    assert len(found) == len(levels(cfg))
    for number, (level, features) in enumerate(zip(levels(cfg), found)):
        sides = cfg.side(number) if number < CONVOLUTIONAL else ()
        assert features.shape == (2, level.channels, *sides)


def test_normalized_features_have_unit_deviation():
    classifier = Pyramid(CFG)
    classifier.measure(pictures(32))
    for features in classifier(pictures(32)):
        rest = [0, *range(2, features.dim())]
        assert features.mean(rest).abs().max() < 1e-3
        deviation = features.std(rest)  # less than 1 where a channel is nearly constant
        assert deviation.max() == pytest.approx(1, abs=1e-3)
        assert deviation.median() == pytest.approx(1, abs=1e-3)
    plain = Pyramid(replace(CFG, normalized=False))
    plain.measure(pictures(32))
    assert all(torch.equal(a, b) for a, b in zip(plain(pictures()), plain.raw(pictures())))


def test_features_may_stop_at_a_level():
    classifier = Pyramid(CFG)
    assert len(classifier(pictures(), 2)) == 3


@pytest.mark.parametrize("enlarged", [1, 2])
def test_a_masked_level_has_no_influence(enlarged):
    """The gradient for a masked level is exactly 0, for a given one it is not."""
    cfg = replace(CFG, enlarged=enlarged, size=(32, 32))
    net = build(cfg).eval()
    for number in range(len(levels(cfg))):
        features = [x.detach().requires_grad_() for x in net.classifier(pictures(2, cfg))]
        masks = [mask.expand(2, *mask.shape[1:]) for mask in masks_at(number, cfg)]
        made = net.generator(torch.randn(2, cfg.latent), features, masks)
        assert made.shape == (2, 3, 32, 32)
        gradients = torch.autograd.grad(made.sum(), features)
        assert [bool(gradient.any()) for gradient in gradients] == [k == number for k in range(len(features))]


def test_where_the_finest_level_is_given_the_latent_vector_changes_less():
    changes = {}
    for gated in (False, True):
        torch.manual_seed(0)
        net = build(replace(CFG, gated=gated)).eval()
        features, latent = net.classifier(pictures(1)), torch.randn(2, CFG.latent)
        for number in (0, 3):
            made = [net.generator(each[None], features, masks_at(number, CFG)) for each in latent]
            changes[gated, number] = float((made[0] - made[1]).abs().mean().detach())
    assert changes[True, 0] < 0.5 * changes[False, 0]
    assert changes[True, 3] == changes[False, 3]


def test_without_its_channel_a_mask_of_zeros_is_a_feature_of_zeros():
    cfg = replace(CFG, mask_channel=False, gated=False)
    net = build(cfg).eval()
    zeros = [torch.zeros_like(x) for x in net.classifier(pictures())]
    latent = torch.randn(2, cfg.latent)
    none = [torch.zeros(2, 1, *x.shape[2:]) for x in zeros]
    every = [torch.ones(2, 1, *x.shape[2:]) for x in zeros]
    assert torch.equal(net.generator(latent, zeros, none), net.generator(latent, zeros, every))


def test_reconstruction_by_hand():
    ones, twos = torch.ones(1, 2, 4, 4), torch.full((1, 2, 4, 4), 2.0)
    mask = torch.zeros(1, 1, 4, 4)
    mask[:, :, 0, 0] = 1  # pooled: one of four cells
    vector, other, weight = torch.zeros(1, 3), torch.full((1, 3), 4.0), torch.full((1, 1), 0.5)
    assert float(reconstruction_loss([ones], [ones], [mask])) == 0
    both = ([ones, vector], [twos, other], [mask, weight])
    assert float(reconstruction_loss(*both)) == pytest.approx(0.25 + 2.0)
    assert float(reconstruction_loss(*both, vectors=3.0)) == pytest.approx(0.25 + 6.0)


def test_diversity_by_hand():
    latent = torch.tensor([[0.0], [1.0]])
    apart = torch.stack([torch.zeros(3, 2, 2), torch.full((3, 2, 2), 0.49)])
    assert float(diversity_loss(latent, apart)) == pytest.approx(1 / 0.5)
    assert float(diversity_loss(latent, torch.zeros(2, 3, 2, 2))) == pytest.approx(1 / 0.01)


def test_diversity_counts_where_deep_levels_were_given():
    latent = torch.tensor([[0.0], [1.0]])
    made = torch.zeros(2, 3, 2, 2)
    made[1, :, 0] = 0.49  # the upper half differs
    lower, upper = torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 2, 2)
    lower[:, :, 1], upper[:, :, 0] = 1, 1
    assert float(diversity_loss(latent, made, upper)) == pytest.approx(1 / 0.5)
    assert float(diversity_loss(latent, made, lower)) == pytest.approx(1 / 0.01)


def test_other_vectors_come_with_a_map_alone():
    """The vectors of the next picture where a map and all vectors are given; else the picture's own."""
    cfg = replace(CFG, alone=0.5, cropped=0.0, exchanged=0.5)
    torch.manual_seed(0)
    masks = random_masks(8, cfg)
    twice = [each.repeat(2, *[1] * (each.dim() - 1)) for each in masks]
    features = build(cfg).classifier(pictures(8, cfg))
    mixed, other = with_other_vectors(features, twice), exchanged(masks)
    assert 0 < other.sum() < 8
    for before, after in zip(features, mixed):
        if before.dim() == 4:
            assert torch.equal(before, after)
        else:
            assert torch.equal(after[other], before.roll(1, 0)[other])
            assert torch.equal(after[~other], before[~other])


def test_the_discriminator_gives_a_score_a_picture():
    assert ResidualDiscriminator((16, 16), 4, attention=8)(pictures(3)).shape == (3, 1)
    assert ResidualDiscriminator((32, 64), 4, outputs=2)(torch.zeros(3, 3, 32, 64)).shape == (3, 2)


def test_a_step_leaves_the_classifier_as_it_is():
    trainer = Trainer(CFG, torch.device("cpu"))
    before = {name: value.clone() for name, value in trainer.net.classifier.state_dict().items()}
    weights = [weight.clone() for weight in trainer.net.generator.parameters()]
    values = trainer.step({}, {"image": pictures(CFG.batch)}, 0)
    assert set(values) == {"discriminator", "generator", "reconstruction", "diversity"}
    for name, value in trainer.net.classifier.state_dict().items():
        assert torch.equal(value, before[name])
    assert any(not torch.equal(a, b) for a, b in zip(weights, trainer.net.generator.parameters()))


@pytest.mark.parametrize(
    "changes",
    [
        {"size": (30, 32)},
        {"batch": 3},
        {"alone": 0.8, "cropped": 0.4},
        {"exchanged": 0.5},
        {"latent": 0},
        {"size": (16, 16)},
    ],
)
def test_settings_that_cannot_be_are_refused(changes):
    with pytest.raises(ValueError, match=r"ha(s|ve) to be"):
        replace(Config(enlarged=1), **changes)


def test_settings_of_models_of_before_vectors_were_exchanged_are_read():
    assert Config(alone=0.7, cropped=0.3).exchanged == 0
