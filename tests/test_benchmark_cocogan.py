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
