"""Textures of any size from a sample: crisp, without a seam where that is asked for, led by a guide."""

from dataclasses import replace

import pytest
import torch

from calotype.engines import gpnn
from calotype.engines.gpnn.quilt import choose_block, overlap_error, quilt
from calotype.engines.gpnn.texture import quilted
from calotype.errors import InputError
from calotype.image.luminance import luminance
from calotype.matching.refine import Level
from calotype.run import Run

TINY, FAST = gpnn.PRESETS["tiny"], gpnn.PRESETS["fast"]
NO, BOTH = (False, False), (True, True)


def noise(seed=0):
    return torch.Generator().manual_seed(seed)


def stones(height=64, width=64, seed=0):
    """A random texture of blobs."""
    x = torch.randn(1, 3, height + 6, width + 6, generator=noise(seed))
    return (torch.nn.functional.avg_pool2d(x, 7, 1) * 3).clamp(-1, 1)


def test_misfit_is_the_mean_square_over_what_is_known():
    sample, wanted = stones(20, 22), stones(6, 6, seed=1)
    where = (torch.rand(1, 1, 6, 6, generator=noise()) > 0.5).float()
    error = overlap_error(sample, wanted, where)
    piece = sample[:, :, 3:9, 5:11]
    direct = ((piece - wanted).square() * where).sum() / (3 * where.sum())
    assert torch.isclose(error[3, 5], direct, rtol=1e-3)


def test_a_place_that_was_used_often_is_passed_over():
    errors = torch.tensor([[1.0, 1.2]])
    assert choose_block(errors, torch.tensor([[0.0, 0.0]]), noise()) == (0, 0)
    assert choose_block(errors, torch.tensor([[3.0, 0.0]]), noise()) == (0, 1)


def test_quilting_covers_all_with_pixels_of_the_sample():
    sample = stones(24, 24)
    made, _ = quilt([sample], (37, 53), NO, None, noise())
    assert made.shape == (1, 3, 37, 53)
    known = sample[0].flatten(1).T
    assert torch.cdist(made[0].flatten(1).T, known, compute_mode="donot_use_mm_for_euclid_dist").amin(1).max() < 1e-5


def test_every_sample_lends_its_share():
    made, _ = quilt([torch.full((1, 3, 24, 24), -1.0), torch.full((1, 3, 24, 24), 1.0)], (96, 96), NO, None, noise())
    assert 0.25 < float((made[:, 0] > 0).float().mean()) < 0.75


def joint_against_inside(made, axis):
    """Steps between neighbours across the joint, as a multiple of those within."""
    steps = (made - made.roll(1, axis)).abs().mean((1, 5 - axis)).flatten()
    return float(steps[0] / steps[1:].mean())


@pytest.mark.parametrize("side", [64, 150])
def test_a_tile_has_no_seam(side):
    """Steps across the joint are as large as within; where no tile was asked for they are larger."""
    sample = stones(64, 64)
    ratios = {}
    for tile in (BOTH, NO):
        made = [gpnn.texture([sample], FAST, Run(), size=(side, side), seed=seed, tile=tile) for seed in range(4)]
        ratios[tile] = sum(joint_against_inside(x, axis) for x in made for axis in (2, 3)) / 8
    assert 0.8 < ratios[BOTH] < 1.25
    assert ratios[NO] > 2


def test_it_is_nowhere_a_blur():
    sample = stones()
    made = gpnn.texture([sample], FAST, Run(), size=(128, 128), seed=0)

    def restlessness(x):
        return torch.nn.functional.avg_pool2d((x - x.roll(1, 3)).abs().mean(1, keepdim=True), 16, 16)

    # Votes smooth noise like this a little; a dull stripe has a third of it.
    assert float(restlessness(made).min()) > 0.6 * float(restlessness(sample).min())
    assert float(restlessness(made).mean()) > 0.75 * float(restlessness(sample).mean())


def test_a_guide_says_where_it_is_bright():
    sample = stones()
    guide = torch.full((1, 1, 96, 96), -1.0)
    guide[:, :, :, 48:] = 1.0
    made = luminance(gpnn.texture([sample], FAST, Run(), size=(96, 96), seed=0, guide=guide))
    free = luminance(gpnn.texture([sample], FAST, Run(), size=(96, 96), seed=0))
    contrast = [float(x[..., 52:].mean() - x[..., :44].mean()) for x in (made, free)]
    assert contrast[0] > 0.3 * float(luminance(sample).std())
    assert contrast[0] > contrast[1] + 0.2 * float(luminance(sample).std())


def test_seeds_differ_and_repeat():
    made = [gpnn.texture([stones()], TINY, Run(), size=(80, 70), seed=seed) for seed in (0, 0, 1)]
    assert made[0].shape == (1, 3, 80, 70)
    assert torch.equal(made[0], made[1])
    assert not torch.equal(made[0], made[2])


def test_what_is_too_small_is_refused():
    with pytest.raises(InputError, match="too few"):
        gpnn.texture([stones()], replace(TINY, patch=9), Run(), size=(10, 80), seed=0)


@pytest.mark.parametrize("tile", [NO, BOTH])
def test_a_quilt_tells_where_its_pixels_are_from(tile: tuple[bool, bool]) -> None:
    samples = [torch.rand(1, 3, 24, 30, generator=noise(i)) * 2 - 1 for i in range(2)]
    made, (which, y, x) = quilt(samples, (40, 52), tile, None, noise())
    expected = torch.cat(samples)[which, :, y, x].permute(2, 0, 1)
    assert torch.equal(made[0], expected)


def test_the_matches_of_a_quilt_lie_within_the_sample_of_their_pixels() -> None:
    photos = [torch.zeros(1, 3, 20, 24), torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 24, 22)]
    level = Level((30, 40), 1.0, 5, 2)
    places = torch.stack([torch.full((30, 40), 2), torch.full((30, 40), 23), torch.arange(40).expand(30, 40) % 22])
    field = quilted(places, photos, level, NO).field.view(26, 36)
    # The middle one is too small for a level and leaves nothing in the stack of 20 + 24 rows.
    assert (field // 20 == 20 + 24 - 5).all()
    assert (field % 20 == (torch.arange(36) % 22).clamp_max(22 - 5)).all()
    far = quilted(places, photos, level, (True, False))
    assert far.query.shape == (30, 36)
    assert far.reverse is not None
    assert len(far.reverse) == 40 * 20
