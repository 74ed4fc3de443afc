"""What the benchmark of COCO-GAN measures, on pictures of which the answer is known."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from calotype.models import cocogan

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
benchmark = pytest.importorskip("cocogan", reason="the benchmarks are not part of this distribution")


def test_seams_are_told_from_none():
    noise = torch.rand(4, 3, 32, 32)
    assert benchmark.border_ratio(noise, 8) == pytest.approx(1, abs=0.1)
    seamed = noise + (torch.arange(32) // 8 % 2).float()
    assert benchmark.border_ratio(seamed, 8) > 1.5
    ramp = torch.linspace(0, 1, 32).expand(1, 3, 32, 32)
    assert benchmark.border_ratio((ramp + ramp.transpose(2, 3)) / 2, 8) == pytest.approx(1, abs=1e-4)


def test_seams_are_told_from_what_is_shown():
    torch.manual_seed(0)
    plain, wide = torch.rand(20, 3, 32, 32) * 0.1, torch.rand(20, 3, 32, 32) * 0.1
    wide[:, :, :, 2:5] += torch.tensor([0.5, -0.5, 0.5])
    real = torch.cat([plain, wide])
    # What shows one half of the set only has no seams, though pixels elsewhere differ less than in the whole set.
    found = benchmark.seams(plain + 0.001 * torch.rand_like(plain), real, 8)
    assert found["over_that_of_the_set"] > 1.2
    assert found["over_that_of_the_most_alike"] == pytest.approx(1, abs=0.01)
    assert found["beside_the_next_over_that_of_the_set"] == pytest.approx(1, abs=0.05)
    assert found["most_alike"] == 20
    cut = plain.clone()
    cut[:, :, :, 8:16] += 0.2
    found = benchmark.seams(cut, real, 8)
    assert found["over_that_of_the_most_alike"] > 1.2
    assert found["beside_the_next_over_that_of_the_set"] > 1.2


def test_what_is_kept_grows_with_the_piece_and_not_with_the_picture():
    kept = benchmark.memory(cocogan.PRESETS["tiny"])
    assert kept["kept_bytes"] < kept["kept_bytes_of_whole_pictures"]
    assert kept["largest_bytes"] < kept["largest_bytes_of_whole_pictures"]
    assert kept["largest_bytes_where_pictures_have_16_times_the_pixels"] <= kept["largest_bytes"]


def test_the_plain_gan_has_the_right_sizes():
    generator, critic = benchmark.Plain(64, 8, 2), benchmark.PlainCritic(64, 2)
    made = generator(torch.randn(2, 8))
    assert made.shape == (2, 3, 64, 64)
    assert critic(made).shape == (2,)


def test_correlation_of_means():
    down = torch.linspace(0, 1, 8).view(1, 1, 8, 1).expand(2, 3, 8, 8)
    assert benchmark.correlation(down, 2 * down + 1) == pytest.approx(1)
    assert benchmark.correlation(down, down.flip(2)) == pytest.approx(-1)
