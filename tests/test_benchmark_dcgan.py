"""The DCGAN that StyleGAN2 is compared with: sizes, initial weights, and what a step changes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from calotype.data.stream import Stream

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
dcgan = pytest.importorskip("dcgan", reason="the benchmarks are not part of this distribution")


class Grey:
    """Four pictures, grey everywhere."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, i: int) -> dict[str, torch.Tensor]:
        return {"image": torch.full((3, 32, 32), i / 4 - 0.5)}


def test_sizes_and_initial_weights():
    torch.manual_seed(0)
    trainer = dcgan.Trainer()
    made = trainer.generator(torch.randn(2, dcgan.LATENT))
    assert made.shape == (2, 3, 32, 32)
    assert made.abs().max() <= 1
    assert trainer.discriminator(made).shape == (2,)
    for net in (trainer.generator, trainer.discriminator):
        kernels = [x.detach().flatten() for x in net.parameters() if x.ndim == 4]
        assert float(torch.cat(kernels).std()) == pytest.approx(0.02, rel=0.02)


def test_a_step_of_one_network_leaves_the_other_one_and_the_average_follows():
    torch.manual_seed(0)
    trainer = dcgan.Trainer()
    before = trainer.generator.layers[0].weight.detach().clone()
    found, made = trainer.step(torch.rand(4, 3, 32, 32) * 2 - 1)
    assert torch.isfinite(found + made)
    moved = trainer.generator.layers[0].weight.detach() - before
    followed = trainer.average.layers[0].weight - before
    assert moved.abs().max() == pytest.approx(2e-4, rel=0.1)  # the first step of Adam
    torch.testing.assert_close(followed, (1 - dcgan.AVERAGE) * moved, rtol=0.01, atol=1e-8)
    assert all(p.requires_grad for p in trainer.discriminator.parameters())


def test_a_training_ends_with_its_time_and_keeps_every_generator(tmp_path, monkeypatch):
    seconds = iter(range(100))
    monkeypatch.setattr(dcgan.time, "process_time", lambda: float(next(seconds)))
    steps, used = dcgan.trained(Stream(Grey(), 2, seed=0), tmp_path, 8.0)
    assert (steps, used) == (8, 8.0)
    for kind in ("generator", "average"):
        assert all(dcgan.kept(tmp_path, kind, mark).exists() for mark in range(1, dcgan.MARKS + 1))
    made = dcgan.samples(dcgan.kept(tmp_path, "generator", dcgan.MARKS), 3)
    assert made.shape == (3, 3, 32, 32)
