"""What completion makes: what is known stays, what is filled follows from the rest of the photo."""

from dataclasses import replace
from itertools import product

import pytest
import torch
import torch.nn.functional as F

from calotype.engines import completion
from calotype.engines.completion import labelling
from calotype.engines.completion.coherent import continue_neighbours
from calotype.engines.completion.holes import components, holes
from calotype.engines.completion.initial import interleaved, onion_peeled, singleness
from calotype.engines.completion.labelling import assign_offsets
from calotype.engines.completion.offsets import common_offsets, covering_offsets, leads_to_known
from calotype.engines.completion.poisson import poisson_correction
from calotype.engines.completion.pyramid import levels, overlapping
from calotype.engines.completion.search import LevelSearch
from calotype.engines.completion.thin import biharmonic, thin_part
from calotype.errors import InputError, Stopped
from calotype.image.patches import principal_filters
from calotype.matching.field import Grid
from calotype.metrics.psnr import psnr
from calotype.run import Run

TINY = completion.PRESETS["tiny"]


def waves(height=64, width=80, period=8):
    """A photo that repeats itself every ``period`` pixels each way."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    two_pi = 2 * torch.pi / period
    return torch.stack([torch.sin(two_pi * x), torch.cos(two_pi * y), torch.sin(two_pi * (x + y))])[None] * 0.8


def hole(height=64, width=80, box=(24, 40, 30, 50)):
    mask = torch.zeros(1, 1, height, width)
    mask[:, :, box[0] : box[1], box[2] : box[3]] = 1
    return mask


def noise(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_pattern_is_continued():
    photo, missing = waves(), hole()
    broken = torch.where(missing > 0, torch.ones_like(photo), photo)
    made = completion.fill([broken], completion.PRESETS["fast"], Run(), hole=missing, seed=0)
    assert torch.equal(made[:, :, missing[0, 0] == 0], photo[:, :, missing[0, 0] == 0])
    inside = missing[0, 0] > 0
    assert (made - photo)[:, :, inside].square().mean() < 0.05 * photo[:, :, inside].square().mean()


def test_what_was_in_the_hole_leaves_no_trace():
    photo, missing = torch.rand(1, 3, 48, 48, generator=noise()) * 2 - 1, hole(48, 48, (16, 28, 20, 30))
    other = torch.where(missing > 0, torch.full_like(photo, 1.0), photo)
    made = [completion.fill([x], TINY, Run(), hole=missing, seed=3) for x in (photo, other)]
    assert torch.equal(*made)


def test_every_pixel_of_a_plain_copy_is_of_the_photo():
    photo, missing = torch.rand(1, 3, 48, 48, generator=noise()) * 2 - 1, hole(48, 48, (16, 28, 20, 30))
    cfg = replace(TINY, start="offsets", tone=0.0, edge=0.0, last_edge=0.0, steps=0, first=0)
    cfg = replace(cfg, spread=0.001, last_spread=0.001)
    made = completion.fill([photo], cfg, Run(), hole=missing, seed=0)
    known = {tuple(pixel) for pixel in photo[0][:, missing[0, 0] == 0].T.tolist()}
    filled = made[0][:, missing[0, 0] > 0].T
    apart = torch.cdist(filled, torch.tensor(sorted(known)), compute_mode="donot_use_mm_for_euclid_dist")
    assert apart.amin(1).max() < 1e-4


def test_the_same_seed_gives_the_same_fill_and_another_another():
    photo, missing = torch.rand(1, 3, 48, 60, generator=noise()) * 2 - 1, hole(48, 60, (10, 30, 20, 40))
    made = [completion.fill([photo], TINY, Run(), hole=missing, seed=seed) for seed in (0, 0, 1)]
    assert torch.equal(made[0], made[1])
    assert not torch.equal(made[0], made[2])


@pytest.mark.parametrize("box", [(0, 20, 0, 20), (0, 64, 60, 80), (44, 64, 0, 80)])
def test_holes_at_the_edge(box):
    made = completion.fill([waves()], TINY, Run(), hole=hole(box=box), seed=0)
    assert made.shape == (1, 3, 64, 80)
    assert made.isfinite().all()


def test_transparency_is_filled_too():
    photo = torch.cat([waves(), torch.ones(1, 1, 64, 80)], 1)
    photo[:, 3, 24:40, 30:50] = -1
    made = completion.fill([photo], TINY, Run(), hole=hole(), seed=0)
    assert made.shape[1] == 4
    assert made[:, 3].min() > 0.9


def test_a_scratch_that_cannot_be_shrunk_is_peeled():
    missing = torch.zeros(1, 1, 96, 96)
    for i in range(0, 96, 12):
        missing[:, :, i, :] = 1
    photo = waves(96, 96)
    made = completion.fill([photo], replace(TINY, start="offsets", thin=0, arranged=50), Run(), hole=missing, seed=0)
    assert psnr(made, photo) > 20


def test_holes_far_from_each_other_are_filled_one_by_one():
    missing = torch.zeros(600, 600, dtype=torch.bool)
    missing[10:20, 10:20] = missing[15:30, 15:18] = missing[560:570, 580:590] = True
    found = holes(missing, replace(TINY, reach=2.0, reach_px=30))
    assert len(found) == 2
    assert sum(int(part.own.sum()) for part in found) == int(missing.sum())
    assert found[0].window[2:] == (slice(0, 70), slice(0, 60))


def test_components_join_at_corners():
    mask = torch.tensor([[1, 0, 0], [0, 1, 0], [0, 0, 0], [1, 0, 1]]) > 0
    assert components(mask).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0], [2, 0, 3]]


def test_offsets_of_a_pattern_are_its_periods():
    photo = waves(period=10)
    source = Grid(photo, principal_filters(photo, 7, 16), overlapping(hole()[0, 0] > 0, 7))
    found = common_offsets(source, 8, 5, noise())
    assert len(found) == 8
    off = (found + 5) % 10 - 5
    assert off.abs().max() <= 1


def test_offsets_of_two_lists_are_taken_by_turns():
    one, two = torch.tensor([[0, 8], [8, 0]]), torch.tensor([[0, 3], [0, 8], [5, 5]])
    assert interleaved([one, two]).tolist() == [[0, 8], [0, 3], [8, 0], [5, 5]]
    assert interleaved([torch.zeros(0, 2, dtype=torch.int64)]).shape == (0, 2)


def test_lattice_offsets_serve_what_the_common_ones_do_not():
    missing = hole()[0, 0] > 0
    assert not leads_to_known(torch.tensor([[1, 0]]), missing).any(1).all()
    offsets = covering_offsets(torch.tensor([[1, 0]]), missing, 12)
    assert leads_to_known(offsets, missing).any(1).all()


def with_one_disc():
    """A noisy photo of 100 x 120 pixels with one red disc."""
    y, x = torch.meshgrid(torch.arange(100.0), torch.arange(120.0), indexing="ij")
    photo = 0.15 * torch.randn(1, 3, 100, 120, generator=torch.Generator().manual_seed(1)) + (y / 200 - 0.2)
    inside = (y - 50).square() + (x - 28).square() < 18**2
    photo[:, :, inside] = torch.tensor([0.9, -0.9, -0.9])[:, None]
    return photo.clamp(-1, 1)


def test_a_single_thing_is_not_repeated_beside_a_photo():
    photo = with_one_disc()
    wide, missing = F.pad(photo, (50, 0)), torch.ones(1, 1, 100, 170)
    missing[..., 50:] = 0
    repeated = []
    for single in (0.15, 0.0):
        cfg = replace(TINY, border_start="offsets", border_single=single)
        made = completion.fill([wide], cfg, Run(), hole=missing, seed=0)
        repeated.append(int(((made[0, 0] > 0.3) & (made[0, 1] < -0.5))[:, :50].sum()))
    assert repeated[0] == 0
    assert repeated[1] > 100


def test_patches_are_not_matched_with_what_costs_more():
    level = levels(waves(), hole()[0, 0] > 0, replace(TINY, arranged=10_000))[-1]
    cost = torch.zeros(level.size)
    cost[:, :28] = 0.5
    for single in (None, cost):
        search = LevelSearch.of(level, replace(TINY, near=0.0), single=single)
        field, _ = search.matched(waves(), search.identity(), 2, 0.0, noise())
        left = (field.view(search.shape) % search.source.shape[1])[search.active] < 20
        assert left.any() == (single is None)


def test_only_what_is_known_can_be_single():
    photo, missing = with_one_disc(), torch.zeros(100, 120, dtype=torch.bool)
    found = singleness(photo, missing)
    disc = (photo[0, 0] > 0.5) & (photo[0, 1] < -0.5)
    assert found[disc].min() > 0.9
    assert found[~disc].mean() < 0.2
    missing[:, :50] = True
    found = singleness(photo, missing)
    assert found[:, :50].max() == 0
    assert found.mean() < 0.1


def test_offsets_to_what_is_avoided_do_not_count():
    missing = torch.zeros(30, 40, dtype=torch.bool)
    missing[:, :10] = True
    avoided = torch.zeros(30, 40, dtype=torch.bool)
    avoided[:, 10:20] = True
    offsets = torch.tensor([[0, 10], [0, 11], [0, 12]])  # to what is avoided, for most of the hole
    assert len(covering_offsets(offsets, missing, 20)) < len(covering_offsets(offsets, missing, 20, avoided=avoided))
    found = covering_offsets(offsets, missing, 20, avoided=avoided)
    assert leads_to_known(found, missing, avoided).sum(1).min() >= 3


def test_arrangement_finds_the_cheapest_seam():
    # Two displacements; one continues the stripes, the other does not.
    photo = waves(40, 60, period=8)
    missing = hole(40, 60, (10, 25, 20, 35))[0, 0] > 0
    labels = assign_offsets(photo, missing, torch.tensor([[0, 19], [0, 24]]), 10)
    assert (labels == 1).all()


def test_one_iteration_assigns_the_offsets_of_a_row_exactly():
    """Without loops, belief propagation is exact: here beside all labellings of a hole of five pixels."""
    photo = torch.rand(1, 3, 41, 60, generator=noise()) - 0.5
    missing = torch.zeros(41, 60, dtype=torch.bool)
    missing[20, 30:35] = True
    offsets = torch.tensor([[0, 9], [0, -12], [0, 17]])
    field = labelling._MarkovField(photo, missing, missing.nonzero(), offsets)
    beliefs = field.propagate(1)

    def cost(labels):
        found = sum(float(field.unary[place, label]) for place, label in enumerate(labels))
        return found + sum(
            float(seam[at, labels[one], labels[two]])
            for pairs, seam in zip(field.pairs, field.seams)
            for at, (one, two) in enumerate(zip(*(ends.tolist() for ends in pairs)))
        )

    best = min(product(range(3), repeat=5), key=cost)
    assert beliefs.argmin(1).tolist() == list(best)


def test_groups_of_offsets_are_assigned_as_well_as_all_at_once(monkeypatch):
    photo, missing = waves(40, 60, period=8), hole(40, 60, (10, 25, 20, 35))[0, 0] > 0
    offsets = torch.tensor([[0, 19], [0, 21], [3, 24], [0, 24], [0, 27]])
    monkeypatch.setattr(labelling, "GROUP", 2)
    assert (assign_offsets(photo, missing, offsets, 3) == 3).all()


def test_evening_makes_a_shifted_copy_meet_its_surroundings():
    ramp = torch.linspace(-0.5, 0.5, 40).expand(1, 3, 30, 40).clone()
    missing = hole(30, 40, (10, 20, 12, 22))[0, 0] > 0
    place = missing.nonzero()
    lift = poisson_correction(ramp, missing, place, place + torch.tensor([0, 14]), edge=100.0)
    copied = ramp[0][:, place[:, 0], place[:, 1] + 14].T
    assert (copied + lift - ramp[0][:, missing].T).abs().max() < 0.02
    # An edge is left alone.
    assert poisson_correction(ramp, missing, place, place + torch.tensor([0, 14]), edge=0.001).abs().max() < 0.01


def test_peeling_leaves_nothing_unknown():
    photo, missing = waves(), hole()[0, 0] > 0
    made = onion_peeled(photo.masked_fill(missing, 9.0), missing, 7)
    assert made.abs().max() <= 1
    assert (made - photo).square().mean() < 0.01


def test_nothing_of_the_hole_reaches_the_coarse_levels():
    photo, missing = waves(), hole()[0, 0] > 0
    loud = photo.masked_fill(missing, 1e6)
    for level in levels(loud, missing, replace(TINY, depth=1)):
        assert level.photo[:, :3, ~level.hole].abs().max() <= 1.001


@pytest.mark.parametrize(
    ("photo", "missing", "changes", "words"),
    [
        (waves(), torch.zeros(1, 1, 64, 80), {}, "nothing to fill"),
        (waves(), torch.ones(1, 1, 64, 80), {}, "too little of the photo is left"),
        (waves(10, 80), hole(10, 80, (2, 4, 30, 40)), {}, "80x10 pixels are too few"),
        (waves(), hole(), {"patch": 4}, "patch=4"),
        (waves(), hole(), {"ratio": 1.0}, "ratio=1"),
        (waves(), hole(), {"arranged": 0}, "arranged=0"),
        (waves(), hole(), {"edge": -0.1}, "edge=-0.1"),
        (waves(), hole(), {"start": "rough"}, "start=rough"),
        (waves(), hole(), {"border_start": "rough"}, "border_start=rough"),
    ],
)
def test_what_cannot_be_done_is_said(photo, missing, changes, words):
    with pytest.raises(InputError, match=words):
        completion.fill([photo], replace(TINY, **changes), Run(), hole=missing, seed=0)


def test_it_can_be_stopped():
    run = Run()
    run.stop()
    with pytest.raises(Stopped):
        completion.fill([waves()], TINY, run, hole=hole(), seed=0)


def test_cost_grows_with_the_picture_and_the_hole():
    costs = [
        completion.cost([], (side, side), completion.PRESETS["fast"], 2, hole=share)
        for side, share in ((250, 2000), (1000, 2000), (1000, 200_000))
    ]
    assert costs[0].seconds < costs[1].seconds < costs[2].seconds
    assert costs[0].bytes < costs[1].bytes


def test_a_small_hole_in_a_huge_picture_costs_little():
    """Only its surroundings are described; the picture itself has to be held."""
    missing = torch.zeros(1, 1, 4000, 6000)
    missing[:, :, 100:150, 200:260] = 1
    cfg = completion.PRESETS["fast"]
    small = completion.cost([], (4000, 6000), cfg, 2, hole=missing)
    whole = completion.cost([], (4000, 6000), cfg, 2, hole=int(missing.sum()))
    assert small.seconds < whole.seconds / 5
    assert small.bytes < whole.bytes / 3


def test_height_decides_between_equal_patches():
    """Rows of equal texture: what is erased is taken from its own height, unless position does not count."""
    photo = torch.rand(1, 3, 96, 96, generator=noise()) * 0.02
    missing = hole(96, 96, (40, 52, 40, 52))
    level = levels(photo, missing[0, 0] > 0, completion.PRESETS["fast"])[-1]
    distance = {}
    for near in (0.0, 1.0):
        search = LevelSearch.of(level, replace(completion.PRESETS["fast"], near=near))
        field, _ = search.matched(photo, search.identity(), 2, 0.0, noise())
        down, _ = search.displacements(field)
        distance[near] = down[search.active].abs().float().mean()
    assert distance[1.0] < 0.6 * distance[0.0]


def test_a_field_is_upsampled_with_its_displacements():
    cfg = replace(TINY, depth=3)
    pyramid = levels(waves(), hole()[0, 0] > 0, cfg)
    coarse, fine = (LevelSearch.of(level, cfg) for level in pyramid[-2:])
    twelve = torch.where(coarse.active, 12, 0)
    down, across = fine.displacements(fine.upsampled(coarse.moved(torch.zeros_like(twelve), twelve), coarse))
    assert (down == 0).all()
    assert (across[fine.active] == round(12 * 80 / pyramid[-2].size[1])).all()
    assert (across[~fine.active] == 0).all()


def test_coherence_mends_a_single_patch_from_elsewhere():
    photo, missing = waves(), hole(box=(28, 36, 40, 48))[0, 0] > 0
    search = LevelSearch.of(levels(photo, missing, replace(TINY, depth=99))[-1], replace(TINY, near=0.0))
    left = torch.full(search.shape, -24)
    field = search.moved(torch.zeros_like(left), left)
    odd = field.clone()
    middle = len(field) // 2
    odd[middle] = 0
    query = search.query(photo)
    mended, score = continue_neighbours(search, query, odd, search.distances(query, odd), 1.0)
    active = search.active.flatten()
    assert torch.equal(mended[active], field[active])
    torch.testing.assert_close(score[active], search.distances(query, field)[active])


def test_thin_parts_are_lines_and_not_what_hangs_on_them():
    missing = torch.zeros(60, 60, dtype=torch.bool)
    missing[20:24] = True
    missing[10:34, 30:50] = True
    thin = thin_part(missing, 2)
    assert thin[20:24, :29].all()
    assert not thin[10:34, 30:50].any()
    assert not thin[~missing].any()


def test_a_wire_before_a_slope_vanishes():
    y, x = torch.meshgrid(torch.linspace(-0.8, 0.8, 48), torch.linspace(-0.5, 0.5, 64), indexing="ij")
    photo = torch.stack([x * y, x, y - x])[None]
    missing = hole(48, 64, (20, 23, 0, 64))
    broken = torch.where(missing > 0, torch.ones_like(photo), photo)
    made = completion.fill([broken], TINY, Run(), hole=missing, seed=0)
    assert (made - photo).abs().max() < 0.03
    for x in (broken, photo):
        assert (biharmonic(x, missing[0, 0] > 0) - photo)[..., 4:-4].abs().max() < 0.002


def test_the_biharmonic_surface_is_that_of_scikit_image():
    restoration = pytest.importorskip("skimage.restoration")
    photo = torch.rand(1, 3, 40, 50, generator=noise()) * 2 - 1
    missing = hole(40, 50, (18, 21, 10, 45))[0, 0] > 0
    expected = restoration.inpaint_biharmonic(
        photo[0].permute(1, 2, 0).double().numpy(), missing.numpy(), channel_axis=2
    )
    assert psnr(biharmonic(photo, missing), torch.from_numpy(expected).permute(2, 0, 1)[None].float()) > 50
