"""A layout from the matter of several photos."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.engines import gpnn
from calotype.errors import InputError
from calotype.run import Run

TINY = gpnn.PRESETS["tiny"]
HALVES = (torch.arange(32) * 2 // 32).expand(1, 32, 32).contiguous()
COLOURS = torch.tensor([[0.9, -0.9, -0.9], [-0.9, 0.9, -0.9], [-0.9, -0.9, 0.9], [0.9, 0.9, -0.9]])


def painted(label_map):
    return COLOURS[label_map].permute(0, 3, 1, 2) + 0.02 * torch.randn(
        1, 3, *label_map.shape[1:], generator=torch.Generator().manual_seed(0)
    )


def test_each_class_is_made_of_the_photo_that_has_it():
    first, second = HALVES, HALVES + 2
    target = torch.where(HALVES.mT == 0, 3, 0)
    made = gpnn.draw([painted(first), painted(second)], TINY, Run(), maps=[first, second], target=target, seed=1)
    assert made.shape == (1, 3, 32, 32)
    off = (made - COLOURS[target].permute(0, 3, 1, 2)).abs().mean(1)[0]
    assert off[:13].mean() < 0.2
    assert off[19:].mean() < 0.2


def test_the_first_photo_is_preferred():
    made = gpnn.draw(
        [painted(HALVES), painted(HALVES * 0 + 3)],
        TINY,
        Run(),
        maps=[HALVES, HALVES * 0],
        target=HALVES,
        seed=0,
    )
    assert (made[..., :13] - COLOURS[0][:, None, None]).abs().mean() < 0.2


def test_patches_hang_together_so_that_their_texture_does_not_blur():
    texture = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(5)).clamp(-1, 1)

    def contrast(cfg: gpnn.Config) -> float:
        return float(gpnn.draw([texture], cfg, Run(), maps=[HALVES], target=HALVES.mT, seed=0).std())

    assert contrast(TINY) > 1.05 * contrast(replace(TINY, relayout_together=0.0))


def test_it_is_repeated_by_its_seed_and_refuses_what_no_photo_has():
    photo = painted(HALVES)
    made = [gpnn.draw([photo], TINY, Run(), maps=[HALVES], target=HALVES.mT, seed=3) for _ in range(2)]
    assert torch.equal(made[0], made[1])
    with pytest.raises(InputError, match="lies nowhere in the photo"):
        gpnn.draw([photo], TINY, Run(), maps=[HALVES], target=HALVES + 1, seed=3)
