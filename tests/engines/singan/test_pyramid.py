from dataclasses import replace

import pytest
import torch

from calotype.engines.singan import PRESETS, adapted, scales
from calotype.engines.singan.net import width_at
from calotype.engines.singan.pyramid import learned_sizes, passes_of, patch_levels, reals, step_of
from calotype.errors import InputError


def test_the_published_scales():
    assert learned_sizes((188, 250), PRESETS["paper"])[:3] == [(26, 34), (32, 42), (40, 53)]
    assert len(learned_sizes((600, 900), PRESETS["paper"])) == 9
    assert learned_sizes((188, 250), PRESETS["consingan"]) == [
        (25, 34), (32, 42), (42, 56), (63, 84), (126, 167), (188, 250),
    ]  # fmt: skip


def test_fast_learns_the_coarse_ones_and_makes_the_others_of_patches():
    sizes = scales((188, 250), PRESETS["fast"])
    assert sizes[:4] == learned_sizes((188, 250), PRESETS["paper"])[:4]
    assert sizes[-1] == (188, 250)
    assert sizes == sorted(sizes)
    assert scales((3000, 4000), PRESETS["fast"])[-1] == (3000, 4000)


@pytest.mark.parametrize(("factor", "passes"), [(2, 3), (3, 5), (4, 6), (8, 9)])
def test_passes_of_super_resolution(factor, passes):
    assert passes_of(factor) == passes
    assert step_of(factor) ** passes == pytest.approx(factor)


@pytest.mark.parametrize("size", [(80, 60), (60, 80)])
def test_the_published_super_resolution_counts_scales_alike_in_both_formats(size):
    cfg = adapted(PRESETS["paper"], "upscale", factor=4.0)
    sizes = learned_sizes(size, cfg)
    assert sizes[-1] == size
    assert min(sizes[0]) == 18
    assert len(sizes) == 7


@pytest.mark.parametrize(
    ("side", "factor", "count"),
    [
        (18, 4.0, 1),
        (24, 4.0, 3),  # log(24 / 18) / log(2 ** (1 / 3)) = 1.25: one, and two more
        (60, 4.0, 7),  # 5.21
        (100, 4.0, 9),  # 7.42
        (100, 3.0, 9),  # log(100 / 18) / log(3 ** (1 / 5)) = 7.80
        (250, 4.0, 13),  # 11.39
    ],
)
def test_the_published_number_of_scales_of_super_resolution(side, factor, count):
    sizes = learned_sizes((side, side + 30), adapted(PRESETS["paper"], "upscale", factor=factor))
    assert len(sizes) == count
    assert sizes[-1] == (side, side + 30)
    # Every fourth scale has twice the channels: the finest of 9 has 128, of 8 it would have 64.
    assert width_at(count - 1, PRESETS["paper"]) == min(128, 32 * 2 ** ((count - 1) // 4))


def test_a_photo_of_other_proportions_keeps_its_levels():
    levels = patch_levels((60, 80), (49, 66), (60, 160), PRESETS["fast"])
    assert levels[0].size == (49, 132) or levels[0].size[1] > 2 * levels[0].size[0]
    assert levels[-1].size == (60, 160)
    assert levels[-1].factor == 1


def test_too_small_a_photo_is_refused():
    with pytest.raises(InputError, match="too few to learn from"):
        learned_sizes((20, 300), PRESETS["fast"])


def test_a_40x60_photo_has_scales():
    assert [tuple(x.shape[2:]) for x in reals(torch.zeros(1, 3, 40, 60), PRESETS["fast"])][-1] == (40, 60)
    assert scales((40, 60), replace(PRESETS["fast"]))[-1] == (40, 60)
