"""The figures of styles on paintings: what is the same picture counts as such."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
measures = pytest.importorskip("style_paintings_measures", reason="the benchmarks are not part of this distribution")


def test_a_moved_copy_does_not_flicker_and_noise_does():
    torch.manual_seed(0)
    side = measures.SIDE
    frames = measures.clip(torch.rand(1, 3, side + 6, side + 8) * 2 - 1, 4)
    assert measures.flicker(frames) < 1e-6
    assert measures.flicker([frame + 0.2 * torch.randn_like(frame) for frame in frames]) > 0.05


def test_structure_is_that_of_edges_and_not_of_colours():
    torch.manual_seed(0)
    photo = torch.nn.functional.interpolate(torch.rand(1, 3, 8, 8) * 2 - 1, (96, 96))
    other = torch.nn.functional.interpolate(torch.rand(1, 3, 6, 6) * 2 - 1, (96, 96))
    assert measures.structure(photo, 0.3 - 0.5 * photo) > 0.999
    assert measures.structure(photo, other) < 0.5


@pytest.mark.parametrize("size", [(384, 384), (600, 384), (192, 460), (460, 192)])
def test_parts_of_pictures_and_of_strips(size):
    picture = torch.arange(size[0] * size[1], dtype=torch.float32).view(1, 1, *size).expand(-1, 3, -1, -1)
    parts = measures.parts(picture)
    assert parts.shape == (5, 3, measures.PART, measures.PART)
    assert parts[0, 0, 0, 0] == 0
    assert parts[:, 0].max() == picture.max()
    assert len({float(part[0, 0, 0]) for part in parts}) == 5
