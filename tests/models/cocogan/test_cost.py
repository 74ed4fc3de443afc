"""What is said before a training is computed from products that are counted here."""

import importlib
from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from calotype.models import cocogan

cost = importlib.import_module("calotype.models.cocogan.cost")


def counted(work) -> float:
    """Products in convolutions and matrices, as torch counts them: an addition each besides."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        work()
    return counter.get_total_flops() / 2


@pytest.mark.parametrize("preset", ["small", "medium"])
def test_products_are_those_of_the_networks(preset):
    cfg = cocogan.PRESETS[preset]
    net = cocogan.build(cfg).eval()
    made = counted(lambda: net.generator(torch.zeros(8, cfg.latent), torch.zeros(8, 2))) / 8
    judged = counted(lambda: net.critic(torch.zeros(8, 3, cfg.macro, cfg.macro), torch.zeros(8, 2))) / 8
    assert cost.generator_macs(cfg) == pytest.approx(made, rel=0.05)
    assert cost.discriminator_macs(cfg) == pytest.approx(judged, rel=0.05)


def test_what_a_processor_is_made_for_makes_training_shorter(monkeypatch):
    cfg = cocogan.PRESETS["small"]
    seconds = []
    for tiles, vectors in ((True, True), (False, True), (False, False)):
        monkeypatch.setattr(cost, "bfloat16_tiles", lambda it=tiles: it)
        monkeypatch.setattr(cost, "fast_bfloat16", lambda it=vectors: it)
        seconds.append(cocogan.training_cost(cfg).seconds)
    assert seconds == sorted(seconds)
    assert len(set(seconds)) == 3
    assert seconds[2] == cocogan.training_cost(replace(cfg, bf16=False)).seconds
