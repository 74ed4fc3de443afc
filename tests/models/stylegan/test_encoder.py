"""The encoder of a generator, in a small one with random weights."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from calotype.errors import InputError
from calotype.models import stylegan
from calotype.models.stylegan.embedding import embed
from calotype.models.stylegan.encoder import refined
from calotype.models.stylegan.encoder_config import EncoderConfig, drawn_side
from calotype.run import Run
from calotype.types import Cost

CFG = replace(stylegan.PRESETS["tiny"], resolution=16, base=256, max_channels=16, style=16, latent=16)
QUICK = EncoderConfig(side=16, width=8, max_width=16, hidden=32, batch=8, steps=30, rate=3e-3)


def generator(cfg, seed=0):
    torch.manual_seed(seed)
    return stylegan.build(cfg).eval().requires_grad_(False)


def test_pictures_of_a_generator_are_found_better_than_by_the_mean_and_better_with_each_pass():
    net, cfg = generator(CFG), CFG
    encoder = stylegan.train_encoder(cfg, QUICK, Run(), net=net)
    assert not any(value.requires_grad for value in encoder.parameters())
    torch.manual_seed(1)
    target = net.generator(net.generator.styles(torch.randn(16, 16)))

    def error(styles):
        return float(F.mse_loss(net.generator(styles), target))

    found = error(encoder.encoded(net.generator, target))
    object.__setattr__(encoder.own, "passes", 1)
    assert found < error(encoder.encoded(net.generator, target)) < error(encoder.mean.expand(16, 6, -1))
    object.__setattr__(encoder.own, "passes", QUICK.passes)


def test_refinements_lower_the_error_of_each_picture():
    net = generator(CFG)
    torch.manual_seed(3)
    encoder = stylegan.build_encoder(CFG, QUICK).eval()
    photo = net.generator(net.generator.styles(torch.randn(4, 16)))
    first = encoder.encoded(net.generator, photo)
    second = refined(encoder, net.generator, photo, first)
    errors = [(net.generator(styles) - photo).square().mean((1, 2, 3)) for styles in (first, second)]
    assert (errors[1] < 0.5 * errors[0]).all()
    alone = refined(encoder, net.generator, photo[1:2], first[1:2])
    torch.testing.assert_close(alone, second[1:2], rtol=1e-3, atol=1e-3)


def test_any_generator_has_one():
    kinds = (
        {},
        {"channels": 1},
        {"classes": 3},
        {"architecture": "orig"},
        {"architecture": "resnet"},
        {"generator": "stylegan3", "layers": 4, "base": 64, "resolution": 24},
        {"generator": "lucidrains"},
    )
    for changes in kinds:
        cfg = replace(CFG, **changes)
        net = generator(cfg)
        own = replace(stylegan.encoder_config(cfg), steps=1, batch=2, width=4, hidden=8)
        encoder = stylegan.train_encoder(cfg, own, Run(), net=net)
        photo = torch.rand(1, 3, 30, 40) * 2 - 1
        made = embed(cfg, Run(), net=net, photo=photo, encoder=encoder, preview=True)
        assert made.picture.shape == (1, 3, cfg.resolution, cfg.resolution)
        assert made.styles.shape == (1, net.generator.rows, 16)
        assert made.noise == ()
        again = stylegan.build_encoder(cfg, own)
        again.load_state_dict(encoder.state_dict())
        assert torch.equal(embed(cfg, Run(), net=net, photo=photo, encoder=again, preview=True).styles, made.styles)


def test_large_generators_are_drawn_small_where_they_can_be():
    large = replace(stylegan.PRESETS["paper"], resolution=1024)
    own = stylegan.encoder_config(large)
    assert (own.side, own.passes, drawn_side(large, own.side)) == (32, 3, 32)
    assert own.steps < EncoderConfig.steps
    assert own.refinements < EncoderConfig.refinements
    whole = replace(large, architecture="resnet")
    assert stylegan.encoder_config(whole).passes == 1
    assert drawn_side(whole, 64) == 1024
    small = stylegan.encoder_config(stylegan.PRESETS["small"])
    assert (small.side, small.steps) == (32, EncoderConfig.steps)
    costs = [stylegan.encoder_cost(cfg, stylegan.encoder_config(cfg)) for cfg in (stylegan.PRESETS["small"], large)]
    assert all(isinstance(cost, Cost) for cost in costs)
    assert costs[0].seconds < costs[1].seconds
    assert costs[0].bytes < costs[1].bytes


def test_a_search_begins_with_it():
    net = generator(CFG)
    torch.manual_seed(2)
    encoder = stylegan.build_encoder(CFG, QUICK).eval()
    photo = torch.rand(1, 3, 16, 16) * 2 - 1
    first = refined(encoder, net.generator, photo, encoder.encoded(net.generator, photo))
    begun = embed(CFG, Run(), net=net, photo=photo, encoder=encoder, start="encoder", steps=1)
    assert float((begun.styles - first).abs().max()) < 0.05
    one = embed(CFG, Run(), net=net, photo=photo, encoder=encoder, start="encoder", steps=1, space="w")
    assert float((one.styles - first.mean(1, keepdim=True)).abs().max()) < 0.05
    for given in ({"start": "encoder"}, {"preview": True}):
        with pytest.raises(InputError, match="no encoder of this model"):
            embed(CFG, Run(), net=net, photo=photo, steps=1, **given)


def test_settings_that_cannot_be():
    for wrong in ({"side": 12}, {"side": 4}, {"steps": 0}, {"rate": 0.0}, {"mixing": 2.0}):
        with pytest.raises(ValueError, match=r"has to be|is not a power"):
            EncoderConfig(**wrong)
