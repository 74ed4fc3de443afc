"""Nothing fails only because a tensor is on a card: every verb and every training on one that there is not.

What the processor and the card give is compared as ``benchmarks/gpu.py`` does it where there is a card.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
gpu_parts = pytest.importorskip("gpu_parts", reason="the benchmarks are not part of this distribution")
from fake_card import NAME, fake_card  # noqa: E402

from calotype import catalog  # noqa: E402


def differences(figures):
    """The differences of all verbs, by name, of those that were not left out."""
    return {verb: row for verb, row in figures.items() if isinstance(row, dict) and "largest" in row}


@pytest.mark.parametrize("name", catalog.ENGINES)
def test_every_verb_of_an_engine(name, tmp_path):
    with fake_card():
        found = gpu_parts.engine_parity(name, NAME, gpu_parts.QUICK, tmp_path)
    left_out = [verb for verb, row in found.items() if "left_out" in row]
    assert set(found) == set(catalog.declared(name).verbs)
    assert left_out in ([], ["edges"], ["remix"])  # those of weights that do not come with the package
    for verb, row in differences(found).items():
        assert "shapes" not in row
        # Textures grow from rounding errors: another one, as good.
        assert row["mean"] < (1.0 if verb == "texture" else 0.01), verb


@pytest.mark.parametrize("name", catalog.MODELS)
def test_training_and_first_verb_of_a_model(name, tmp_path):
    with fake_card():
        found = gpu_parts.model_parity(name, NAME, gpu_parts.QUICK, tmp_path)
    assert found["first verb"]["mean"] < 0.01
    assert found["first losses apart"] < 0.1


@pytest.mark.parametrize(
    "wrong",
    [
        lambda card: card + torch.ones(3),
        lambda card: torch.cat([card, torch.ones(3)]),
        lambda card: card.numpy(),
        lambda card: card.normal_(generator=torch.Generator()),
        lambda card: torch.histogram(card, 3),
        lambda card: np.asarray(card),
    ],
)
def test_what_fails_on_a_card_fails_here(wrong):
    with fake_card(), pytest.raises((RuntimeError, TypeError)):
        wrong(torch.ones(3).to(NAME))


def test_what_a_card_can_do_it_can_do():
    with fake_card():
        card = torch.tensor([1.0, 2.0, 3.0], device=NAME)
        assert card.device.type == "cuda"
        assert (card * 2 + torch.tensor(1.0))[torch.tensor([0, 2])].tolist() == [3, 7]
        layer = torch.nn.Linear(3, 1).to(NAME)
        layer(card[None]).sum().backward()
        assert layer.weight.grad.tolist() == [[1, 2, 3]]
        assert card.cpu().numpy().tolist() == [1, 2, 3]
