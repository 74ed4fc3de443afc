"""Costs are worked out from products that torch counts here."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from calotype.models import spade
from calotype.models.spade import cost
from calotype.nn.patchgan import MultiScaleDiscriminator
from calotype.semantic.labels import LabelMaps, input_channels
from calotype.types import Cost

costs = __import__("calotype.models.spade.cost", fromlist=["x"])
shared = __import__("calotype.semantic.cost", fromlist=["x"])


def counted(work) -> float:
    """Products in convolutions and matrices, as torch counts them: an addition each besides."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        work()
    return counter.get_total_flops() / 2


@pytest.mark.parametrize("preset", ["small", "pix2pixhd"])
def test_products_are_those_of_the_networks(preset):
    cfg = spade.PRESETS[preset]
    net = spade.build(cfg).eval()
    maps = LabelMaps(torch.zeros(1, *cfg.size, dtype=torch.long), cfg)
    code = torch.zeros(1, cfg.latent) if cfg.latent else None
    assert costs.generator_products(cfg) == pytest.approx(counted(lambda: net.generator(maps, code)), rel=0.05)
    if net.encoder is not None:
        encoded = counted(lambda: net.encoder(torch.zeros(1, 3, 64, 64)))
        assert costs.encoder_products(cfg) == pytest.approx(encoded, rel=0.05)
    judge = MultiScaleDiscriminator(
        3, input_channels(cfg), width=cfg.discriminator_width, layers=cfg.discriminator_layers
    )
    judged = counted(lambda: judge(torch.zeros(1, 3, *cfg.size), torch.zeros(1, input_channels(cfg), *cfg.size)))
    assert costs.discriminator_products(cfg) == pytest.approx(judged, rel=0.15)


def test_costs_grow_with_the_work():
    for cfg in spade.PRESETS.values():
        for found in (cost(None, cfg), spade.training_cost(cfg)):
            assert isinstance(found, Cost)
            assert min(found.seconds, found.bytes) > 0
        assert len(spade.efforts(cfg)) == len(spade.stages(cfg))
    small, study, paper = (spade.training_cost(spade.PRESETS[name]) for name in ("small", "study", "paper"))
    assert study.seconds < small.seconds < paper.seconds
    assert small.bytes < paper.bytes
    twice = replace(spade.PRESETS["small"], steps=12_000)
    assert spade.training_cost(twice).seconds == pytest.approx(2 * small.seconds)
    assert cost((512, 512), spade.PRESETS["small"]).seconds > cost(None, spade.PRESETS["small"]).seconds


def test_what_a_processor_is_made_for_makes_training_shorter(monkeypatch):
    cfg = spade.PRESETS["small"]
    seconds = []
    for tiles, vectors in ((True, True), (False, True), (False, False)):
        monkeypatch.setattr(shared, "bfloat16_tiles", lambda it=tiles: it)
        monkeypatch.setattr(shared, "fast_bfloat16", lambda it=vectors: it)
        seconds.append(spade.training_cost(cfg).seconds)
    assert seconds == sorted(seconds)
    assert seconds[2] == spade.training_cost(replace(cfg, bf16=False)).seconds
