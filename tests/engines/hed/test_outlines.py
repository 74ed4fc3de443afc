"""Lines from likelihoods: in the right place, one pixel wide, whatever the network is."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.engines.hed import PRESETS, edges, outlines
from calotype.engines.hed.outlines import edge_probability, normal_angle
from calotype.errors import InputError
from calotype.image.blur import blur
from calotype.run import Run


class Change(torch.nn.Module):
    """Stands in for the network: an edge is likely where the lightness changes."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert not any(length % 16 for length in x.shape[2:])
        smooth = blur(x.mean(1, keepdim=True), 1.5)
        dy, dx = torch.gradient(smooth[0, 0])
        return 100 * (dy.square() + dx.square()).sqrt()[None, None] - 5


@pytest.fixture(autouse=True)
def network(monkeypatch):
    monkeypatch.setattr(outlines, "hed", Change)


def disk(size: int = 120) -> torch.Tensor:
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    inside = ((y - size / 2) ** 2 + (x - size / 2) ** 2) < (size / 3) ** 2
    return torch.where(inside, -0.5, 0.6).expand(1, 3, -1, -1).clone()


@pytest.mark.parametrize("preset", PRESETS)
def test_the_outline_of_a_disk(preset):
    lines = edges([disk()], PRESETS[preset], Run())
    assert lines.shape == (1, 1, 120, 120)
    assert set(lines.unique().tolist()) == {0, 1}
    place = lines[0, 0].nonzero().float() - 60
    assert (place.norm(dim=1) - 40).abs().max() < 3
    assert 200 < lines.sum() < 420  # 2 pi 40 = 251, and steps


def test_transparency_and_odd_sizes():
    picture = torch.cat([disk(), torch.ones(1, 1, 120, 120)], 1)[:, :, :111, :37]
    assert edges([picture], PRESETS["fast"], Run()).shape == (1, 1, 111, 37)


def test_nothing_to_draw():
    assert edges([torch.zeros(1, 3, 40, 50)], PRESETS["fast"], Run()).sum() == 0


def test_nothing_is_seen_beyond_the_edge():
    likely = edge_probability(Change(), torch.zeros(1, 3, 40, 50) + 0.9)
    assert likely.shape == (1, 1, 40, 50)
    assert likely.max() < 0.01


def test_the_way_across_a_line():
    x = torch.arange(40.0)
    upright = (-((x - 20) ** 2) / 8).exp().expand(1, 1, 40, 40)
    assert normal_angle(upright, 1.0)[0, 0, 20, 20] == pytest.approx(0, abs=1e-4)
    assert normal_angle(upright.transpose(2, 3), 1.0)[0, 0, 20, 20].abs() == pytest.approx(torch.pi / 2, abs=1e-4)


@pytest.mark.parametrize(
    ("how", "words"),
    [({"side": 8}, "side=8"), ({"strong": 2.0}, "strong=2"), ({"weak": -1.0}, "weak=-1")],
)
def test_refused(how, words):
    with pytest.raises(InputError, match=words):
        edges([disk()], replace(PRESETS["fast"], **how), Run())


def test_refused_by_its_arguments():
    with pytest.raises(InputError, match="0 pixels"):
        edges([disk()], PRESETS["fast"], Run(), thickness=0)
    with pytest.raises(InputError, match="one photo"):
        edges([disk(), disk()], PRESETS["fast"], Run())
