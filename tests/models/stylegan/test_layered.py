"""StyleGAN generators of all kinds as layers."""

from dataclasses import replace

import pytest
import torch

from calotype.models import stylegan
from calotype.models.stylegan import sample
from calotype.models.stylegan.generate import latent_of, latents_of
from calotype.run import Run

TINY = replace(stylegan.PRESETS["tiny"], resolution=16)


@pytest.mark.parametrize(
    ("changes", "layers", "inverted"),
    [
        ({}, ["mapping", "b4", "b8", "b16"], 2),
        ({"resolution": 32}, ["mapping", "b4", "b8", "b16", "b32"], 3),
        ({"architecture": "resnet"}, ["mapping", "b4", "b8", "b16"], 2),
        ({"architecture": "orig"}, ["mapping", "b4", "b8", "b16"], 2),
        ({"channels": 1}, ["mapping", "b4", "b8", "b16"], 2),
        ({"classes": 3}, ["mapping", "b4", "b8", "b16"], 2),
        ({"generator": "lucidrains"}, ["mapping", "synthesis"], 1),
        ({"generator": "stylegan3", "layers": 4, "margin": 2}, ["mapping", "synthesis"], 1),
    ],
)
def test_the_layers_draw_what_sampling_draws(changes, layers, inverted):
    cfg = replace(TINY, **changes)
    torch.manual_seed(0)
    net = stylegan.build(cfg).eval().requires_grad_(False)
    found = stylegan.layered(cfg, net)
    assert [layer.name for layer in found.layers] == layers
    assert found.inverted == inverted
    steps = found.all(found.latents([4, 5]))
    assert [tuple(each.shape[1:]) for each in steps] == found.shapes
    label = {"label": 5 % cfg.classes} if cfg.classes else {}
    wanted = sample(cfg, Run(), net=net, seed=5, **label)
    torch.testing.assert_close(steps[-1][1:].clamp(-1, 1), wanted, atol=1e-4, rtol=0)
    torch.testing.assert_close(found.pictures([4, 5])[1:], wanted, atol=1e-4, rtol=0)


def test_latent_vectors_of_many_seeds_are_those_of_each():
    seeds = [0, 7, (1 << 32) + 5, 7]
    together = latents_of(seeds, TINY)
    assert torch.equal(together, torch.cat([latent_of(seed, TINY) for seed in seeds]))
