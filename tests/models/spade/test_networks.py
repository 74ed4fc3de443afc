"""Shapes of the networks, and the plan of the generator."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from calotype.models.spade import PRESETS, build
from calotype.models.spade.encoder import encoder_widths
from calotype.nn.folding import folded_state
from calotype.semantic.labels import LabelMaps
from calotype.semantic.spade_generator import plan

TINY = PRESETS["tiny"]
PAPER = PRESETS["paper"]


def test_the_published_plans():
    assert [(s.name, s.inputs, s.outputs, s.up) for s in plan(PAPER)] == [
        ("head_0", 1024, 1024, False),
        ("G_middle_0", 1024, 1024, True),
        ("G_middle_1", 1024, 1024, False),
        ("up_0", 1024, 512, True),
        ("up_1", 512, 256, True),
        ("up_2", 256, 128, True),
        ("up_3", 128, 64, True),
    ]
    more, most = (plan(replace(PAPER, doublings=n)) for n in (6, 7))
    assert [sum(stage.up for stage in each) for each in (more, most)] == [6, 7]
    assert more[2].up
    assert most[-1] == ("up_4", 64, 32, True)
    assert encoder_widths(PAPER) == [64, 128, 256, 512, 512, 512]


@pytest.mark.parametrize("doublings", [1, 2, 3, 4])
def test_fewer_doublings_leave_out_the_widest_blocks(doublings):
    stages = plan(replace(PAPER, doublings=doublings))
    assert sum(stage.up for stage in stages) == doublings
    assert stages[-1].outputs == 64
    assert all(a.outputs == b.inputs for a, b in pairwise(stages))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"latent": 0},
        {"size": (16, 32)},
        {"norm": "instance", "instances": True},
        {"generator": "pix2pixhd", "latent": 0, "halvings": 2, "residual_blocks": 1},
    ],
)
def test_pictures_have_the_size_of_their_maps_and_every_weight_learns(changes):
    cfg = replace(TINY, **changes)
    torch.manual_seed(0)
    net = build(cfg, spectral=True).train()
    maps = LabelMaps(torch.randint(0, 3, (2, *cfg.size)), cfg)
    made, mean, _ = net(maps, torch.randn(2, 3, *cfg.size), torch.randn(2, max(1, cfg.latent)))
    assert made.shape == (2, 3, *cfg.size)
    assert made.abs().max() <= 1
    assert mean is None if not cfg.latent else mean.shape == (2, cfg.latent)
    (made * torch.randn_like(made)).sum().backward()
    silent = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    # Normalisation takes away what a bias before it adds.
    assert not silent


def test_the_folded_net_makes_the_same_pictures():
    torch.manual_seed(0)
    net = build(TINY, spectral=True)
    maps, x, noise = LabelMaps(torch.randint(0, 3, (2, 16, 16)), TINY), torch.randn(2, 3, 16, 16), torch.randn(2, 4)
    for _ in range(40):
        net.train()(maps, x, noise)
    plain = build(TINY)
    plain.load_state_dict(folded_state(net))
    torch.testing.assert_close(plain.eval()(maps, x, noise)[0], net.eval()(maps, x, noise)[0], atol=1e-4, rtol=1e-3)
