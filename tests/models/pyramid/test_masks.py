from dataclasses import replace

import pytest
import torch

from calotype.models.pyramid import PRESETS
from calotype.models.pyramid.classifier import CONVOLUTIONAL, levels
from calotype.models.pyramid.masks import depths, exchanged, masks_at, position_of, random_hole, random_masks, resized

CFG = PRESETS["tiny"]
LEVELS = len(levels(CFG))


def given(masks):
    """The levels that are given somewhere."""
    return [number for number, mask in enumerate(masks) if mask.any()]


def test_a_whole_number_gives_one_level_alone():
    for number in range(LEVELS):
        masks = masks_at(number, CFG)
        assert given(masks) == [number]
        assert masks[number].unique().tolist() == [1.0]
        assert [mask.dim() for mask in masks] == [4] * CONVOLUTIONAL + [2] * (LEVELS - CONVOLUTIONAL)


def test_between_two_levels_the_finer_one_is_weakened():
    masks = masks_at(2.25, CFG)
    assert given(masks) == [2, 3]
    assert masks[2].unique().tolist() == [0.75]
    assert masks[3].unique().tolist() == [1.0]
    assert (position_of(0.0, CFG), position_of(1.0, CFG)) == (0, LEVELS - 1)


def test_around_a_region_all_finer_levels_are_given():
    region = torch.zeros(1, 1, 16, 16)
    region[:, :, 4:8, 8:16] = 1
    masks = masks_at(3, CFG, region)
    assert given(masks) == [0, 1, 2, 3]
    assert torch.equal(masks[0], 1 - region)
    assert masks[3].unique().tolist() == [1.0]
    # A coarse pixel is given only where nothing of it lies in the region.
    assert torch.equal(masks[1], 1 - torch.nn.functional.max_pool2d(region, 2))


def test_a_region_of_the_finest_level_is_the_whole():
    region = torch.ones(1, 1, 16, 16)
    assert given(masks_at(0, CFG, region)) == [0]
    assert masks_at(0, CFG, region)[0].unique().tolist() == [1.0]


def test_coarse_masks_never_show_what_is_hidden():
    mask = torch.ones(1, 1, 8, 8)
    mask[:, :, 3, 3] = 0
    small = resized(mask, (4, 4))
    assert small[0, 0, 1, 1] == 0
    assert small.sum() == 15


@pytest.mark.parametrize("seed", range(3))
def test_training_masks_have_the_published_patterns(seed):
    torch.manual_seed(seed)
    cfg = replace(CFG, size=(64, 64), alone=0.7, cropped=0.3, exchanged=0.0)
    masks = random_masks(60, cfg)
    seen = set()
    for one in zip(*masks):
        there = given([each[None] for each in one])
        deepest = there[-1]
        assert one[deepest].unique().tolist() == [1.0]
        assert there in ([deepest], list(range(deepest + 1)))
        if len(there) > 1:  # a hole in the finer ones
            assert one[0].unique().tolist() == [0.0, 1.0]
        seen.add(deepest)
    assert seen == set(range(LEVELS))


def test_other_pairs_of_levels_are_trained_where_the_shares_leave_room():
    torch.manual_seed(0)
    masks = random_masks(40, replace(CFG, alone=0.0, cropped=0.0, exchanged=0.0))
    pairs = [given([each[None] for each in one]) for one in zip(*masks)]
    assert all(pair == [0] or pair == [pair[-1] - 1, pair[-1]] for pair in pairs)
    weights = [float(one[pair[0]].max()) for one, pair in zip(zip(*masks), pairs) if len(pair) > 1]
    assert min(weights) < 0.3
    assert max(weights) > 0.7


def test_a_share_of_pictures_is_given_a_coarse_map_and_all_vectors():
    torch.manual_seed(0)
    masks = random_masks(40, replace(CFG, alone=0.0, cropped=0.0, exchanged=1.0))
    seen = {tuple(given([each[None] for each in one])) for one in zip(*masks)}
    assert seen == {(level, LEVELS - 2, LEVELS - 1) for level in (2, 3, 4)}
    assert exchanged(masks).all()
    assert not exchanged(random_masks(40, replace(CFG, exchanged=0.0))).any()


def test_depth_is_that_of_the_finest_level_given():
    region = torch.zeros(1, 1, 16, 16)
    region[:, :, 8:] = 1
    found = depths(masks_at(3, CFG, region), CFG)
    assert found[0, 0, :8].unique().tolist() == [0.0]
    assert found[0, 0, 8:].unique().tolist() == pytest.approx([3 / (LEVELS - 1)])
    assert depths(masks_at(LEVELS - 1, CFG), CFG).unique().tolist() == [1.0]
    between = depths(masks_at(2.5, CFG), CFG)
    assert between.unique().tolist() == pytest.approx([3 / (LEVELS - 1)])


def test_holes_are_rectangles_or_a_quarter_of_the_picture():
    torch.manual_seed(1)
    cfg = replace(CFG, size=(32, 32), hole=0.5)
    areas = [float(random_hole(cfg).mean()) for _ in range(30)]
    assert any(abs(area - 0.25) < 1e-6 for area in areas)  # half of each side
    assert all(0.15 < area < 0.35 for area in areas)
