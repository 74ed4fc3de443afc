"""Lines where colours change: one pixel wide, in the right place, and none where nothing changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.engines.canny import PRESETS, edges
from calotype.engines.canny.lines import gradient, suppressed
from calotype.errors import InputError
from calotype.run import Run

FAST = PRESETS["fast"]


def disk(size: int = 120, colours: tuple[float, float] = (-0.5, 0.6)) -> torch.Tensor:
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    inside = ((y - size / 2) ** 2 + (x - size / 2) ** 2) < (size / 3) ** 2
    return torch.where(inside, colours[0], colours[1]).expand(1, 3, -1, -1).clone()


def made(picture: torch.Tensor, preset: str = "fast", **how: object) -> torch.Tensor:
    return edges([picture], PRESETS[preset], Run(), **how)


def radii(lines: torch.Tensor) -> torch.Tensor:
    place = lines[0, 0].nonzero().float() - lines.shape[2] / 2
    return place.norm(dim=1)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_outline_of_a_disk(preset):
    lines = made(disk(), preset)
    assert lines.shape == (1, 1, 120, 120)
    assert set(lines.unique().tolist()) == {0, 1}
    assert (radii(lines) - 40).abs().max() < 2
    assert 200 < lines.sum() < 360  # 2 pi 40 = 251, and steps


def test_hue_alone_makes_an_edge():
    picture = disk()
    picture[:, 1] = -picture[:, 1] * 0.6
    picture[:, 0] = disk(colours=(0.3, -0.2))[:, 0]
    assert made(picture).sum() > 150


def test_nothing_to_draw():
    assert made(torch.zeros(1, 3, 40, 50)).sum() == 0
    ramp = torch.linspace(-1, 1, 200).expand(1, 3, 60, 200)
    assert made(ramp).sum() == 0


def test_texture_is_held_down_and_outlines_are_not():
    rough = 0.25 * torch.randn(1, 3, 200, 200, generator=torch.Generator().manual_seed(0))
    rough[..., :70] = 0
    picture = (disk(200) + rough).clamp(-1, 1)
    fast, paper = made(picture), made(picture, "paper")
    assert fast[..., 70:].sum() < 0.5 * paper[..., 70:].sum()
    assert fast[0, 0, 85:115, 33 - 3 : 33 + 4].any(1).float().mean() > 0.9


def test_strength_and_direction_of_a_change():
    x = torch.arange(20.0).expand(1, 3, 10, 20)
    strength, angle = gradient(x)
    assert strength[0, 0, 5, 10] == pytest.approx(3**0.5, abs=1e-5)
    assert angle[0, 0, 5, 10] == pytest.approx(0, abs=1e-5)
    assert gradient(x.transpose(2, 3))[1][0, 0, 10, 5].abs() == pytest.approx(torch.pi / 2, abs=1e-5)


def test_a_lone_edge_stays_and_one_among_many_does_not():
    lone, many = torch.zeros(1, 1, 60, 60), torch.zeros(1, 1, 60, 60)
    lone[..., 30], many[..., ::3] = 1, 1
    assert suppressed(lone, 1.0, 8.0)[0, 0, 30, 30] > 0.85
    assert suppressed(many, 1.0, 8.0)[0, 0, 30, 30] < 0.75


def test_refused():
    with pytest.raises(InputError, match="0 pixels"):
        made(disk(), thickness=0)
    with pytest.raises(InputError, match="strong=2"):
        edges([disk()], replace(FAST, strong=2.0), Run())
    with pytest.raises(InputError, match="one photo"):
        edges([disk(), disk()], FAST, Run())
