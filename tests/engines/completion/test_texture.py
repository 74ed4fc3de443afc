"""Expected texture: patches of the contrast of the surroundings are preferred to smooth ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from calotype.engines.completion import PRESETS, fill
from calotype.engines.completion.fill import at_border
from calotype.engines.completion.pyramid import levels
from calotype.engines.completion.search import LevelSearch
from calotype.engines.completion.texture import FLOOR, Textures, local_contrast, matched_texture, with_contrast
from calotype.run import Run


def half_blurred(size: int = 96) -> Tensor:
    """A photo [1, 3, size, size] of fine noise on the left and of nothing but grey on the right."""
    noise = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0)) * 0.2
    noise[..., size // 2 :] *= 0.02
    return noise.clamp(-1, 1)


def test_contrast_is_the_mean_difference_of_known_neighbours() -> None:
    photo = (torch.arange(12.0) * 0.05)[None, None, None].expand(1, 3, 12, 12).clone()
    hole = torch.zeros(12, 12, dtype=torch.bool)
    hole[4:9, 4:9] = True
    photo[..., 4:9, 4:9] = 1.0
    contrast = local_contrast(photo, hole)
    # Half of the pairs are side by side and differ by .05; the others are equal.
    assert float(contrast[0, 0, 0, 5].exp()) == pytest.approx(0.025 + FLOOR, abs=0.006)
    # A lone known pixel has no neighbour to compare with: the mean of all.
    alone = ~torch.zeros(12, 12, dtype=torch.bool)
    alone[0, 0] = alone[10:, 8:] = False
    steps = local_contrast(photo, alone)
    assert float(steps[0, 0, 0, 0]) == pytest.approx(float(steps[0, 0, 11, 9]), abs=0.01)


def test_expected_texture_is_interpolated_from_the_rim() -> None:
    photo, hole = half_blurred(), torch.zeros(96, 96, dtype=torch.bool)
    hole[30:66, 6:40] = True
    pyramid = levels(with_contrast(photo, hole), hole, PRESETS["fast"])
    found = Textures(pyramid)
    first = found.interpolated()
    assert first.shape[2:] == pyramid[0].hole.shape
    last = found.upsampled(first, len(pyramid) - 1)
    textured, smooth = float(last[..., 5:20, 5:40].mean()), float(last[..., 5:20, 56:].mean())
    assert textured > smooth + 1
    assert float(last[0, 0][hole].mean()) == pytest.approx(textured, abs=0.3)


def test_expected_texture_follows_the_matches() -> None:
    photo, hole = half_blurred(), torch.zeros(96, 96, dtype=torch.bool)
    hole[30:66, 6:40] = True
    pyramid = levels(with_contrast(photo, hole), hole, PRESETS["fast"])
    search = LevelSearch.of(pyramid[-1], PRESETS["fast"])
    texture = Textures(pyramid).upsampled(Textures(pyramid).interpolated(), len(pyramid) - 1)
    right = torch.where(search.active, 48, 0)  # every patch is copied from the smooth half
    made = matched_texture(texture, search, search.moved(torch.zeros_like(right), right))
    assert torch.equal(made[0, 0][~hole], texture[0, 0][~hole])
    assert float(made[0, 0][hole].max()) < float(texture[..., 5:20, 56:].max()) + 0.01


@pytest.mark.parametrize("box", [(slice(20, 60), slice(4, 40)), (slice(0, 96), slice(0, 24))])
def test_a_textured_hole_is_not_filled_with_what_is_smooth(box: tuple[slice, slice]) -> None:
    photo, hole = half_blurred(), torch.zeros(1, 1, 96, 96)
    hole[(..., *box)] = 1
    made = fill([photo], replace(PRESETS["fast"], start="smooth", near=0.0, border_near=0.0), Run(), hole=hole, seed=0)
    inside = (..., *box)
    assert float(made[inside].std()) > 0.7 * float(photo[inside].std())


def test_settings_at_the_border_are_its_own() -> None:
    cfg = at_border(PRESETS["fast"])
    assert (cfg.depth, cfg.rim, cfg.near) == (cfg.border_depth, cfg.border_rim, cfg.border_near)
    assert (PRESETS["fast"].start, cfg.start) == ("offsets", "smooth")
    assert (cfg.edge, cfg.screen) == (cfg.border_edge, cfg.border_screen)
