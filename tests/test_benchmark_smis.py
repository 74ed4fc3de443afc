"""The baselines that SMIS is measured beside."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from calotype.models import spade

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
smis_baselines = pytest.importorskip("smis_baselines", reason="the benchmarks are not part of this distribution")


def test_diversity_is_the_ratio_of_differences_and_moves_the_first_picture():
    pictures = torch.stack([torch.zeros(3, 4, 4), torch.ones(3, 4, 4), torch.full((3, 4, 4), 0.5), torch.ones(3, 4, 4)])
    pictures.requires_grad_()
    codes = torch.tensor([[0.0, 0.0], [0.0, 0.0], [1.0, 3.0], [1.0, 1.0]])
    found = smis_baselines.diversity(pictures, codes)
    assert found.tolist() == pytest.approx([0.25, 0.0])
    found.sum().backward()
    assert pictures.grad is not None
    assert pictures.grad[0].abs().sum() > 0
    assert pictures.grad[2:].abs().sum() == 0


def test_dscgan_draws_two_pictures_of_each_map_with_codes_of_their_own():
    torch.manual_seed(0)
    cfg = smis_baselines.dscgan_config(spade.PRESETS["tiny"])
    trainer = smis_baselines.DiversityTrainer(cfg, bound=0.3)
    batch = {"image": torch.rand(4, 3, 16, 16) * 2 - 1, "map": torch.randint(0, 3, (4, 16, 16))}
    before = [value.clone() for value in trainer.net.generator.parameters()]
    losses = trainer.step(trainer.state, batch, 0)
    assert -0.3 <= float(losses["diversity"]) < 0
    assert "kl" not in losses
    assert "pixels" not in losses
    assert trainer.net.codes.shape == (4, cfg.latent)
    assert any(not value.equal(old) for value, old in zip(trainer.net.generator.parameters(), before))


def test_maps_in_colours_are_pictures():
    found = smis_baselines.in_colours(torch.tensor([[0, 1], [1, 2]]), 3)
    assert found.shape == (3, 2, 2)
    assert found.abs().max() <= 1
    assert found[:, 0, 1].equal(found[:, 1, 0])
    assert not found[:, 0, 0].equal(found[:, 1, 1])
