from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.errors import InputError
from calotype.models import cocogan
from calotype.models.cocogan.generate import PATCHES_PER_PASS, latent_of, patches, strips
from calotype.models.cocogan.trainer import recalibrate_norms
from calotype.run import Run

TINY = cocogan.PRESETS["tiny"]
BESIDE = replace(TINY, overlap=0)
ROUND = replace(TINY, size=(16, 32), coordinates="cylindrical")
WIDE = replace(BESIDE, beyond=1, beyond_steps=1)


def net_of(cfg):
    torch.manual_seed(0)
    net = cocogan.build(cfg)
    recalibrate_norms(net.average, cfg, torch.device("cpu"), batches=2)
    return net.eval()


@pytest.fixture(scope="module")
def plane():
    return net_of(TINY)


@pytest.fixture(scope="module")
def cylinder():
    return net_of(ROUND)


@pytest.mark.parametrize("cfg", [TINY, BESIDE, ROUND], ids=["blended", "beside", "round"])
def test_a_part_made_alone_is_that_part_of_the_whole_to_the_last_bit(cfg):
    net = net_of(cfg)
    whole = cocogan.sample(cfg, Run(), net=net, seed=5)
    for row, column in ((3, 1), (0, 0), (2, 3)):
        part = patches(net, latent_of(5, cfg), torch.tensor([row]), torch.tensor([column]), cfg)
        assert torch.equal(part[0], whole[0, :, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4])


def test_parts_come_in_any_order_and_number(plane):
    rows, columns = torch.randint(4, (PATCHES_PER_PASS + 3,)), torch.randint(4, (PATCHES_PER_PASS + 3,))
    there = patches(plane, latent_of(0, TINY), rows, columns, TINY)
    back = patches(plane, latent_of(0, TINY), rows.flip(0), columns.flip(0), TINY)
    assert torch.equal(there, back.flip(0))


def test_the_middle_of_a_larger_picture_is_the_picture():
    net = net_of(WIDE)
    usual = cocogan.sample(WIDE, Run(), net=net, seed=1)
    larger = cocogan.sample(WIDE, Run(), net=net, size=(24, 24), seed=1)
    assert torch.equal(larger[:, :, 4:20, 4:20], usual)
    odd = cocogan.sample(WIDE, Run(), net=net, size=(21, 18), seed=1)
    assert torch.equal(odd, larger[:, :, 1:22, 3:21])
    smaller = cocogan.sample(WIDE, Run(), net=net, size=(9, 10), seed=1)
    assert torch.equal(smaller, usual[:, :, 3:12, 3:13])


def test_a_picture_of_any_height_comes_in_strips(plane):
    made = list(strips(plane, latent_of(2, TINY), TINY, (16, 16)))
    assert [strip.shape for strip in made] == [(1, 3, 4, 16)] * 4
    assert torch.equal(torch.cat(made, dim=2), cocogan.sample(TINY, Run(), net=plane, seed=2))


def test_memory_does_not_grow_with_the_picture(cylinder):
    def largest(width):
        seen = []
        hooks = [
            module.register_forward_hook(lambda module, given, out: seen.append(out.nbytes))
            for module in cylinder.average.modules()
        ]
        list(strips(cylinder, latent_of(0, ROUND), ROUND, (16, width)))
        for hook in hooks:
            hook.remove()
        return max(seen)

    assert largest(32) == largest(320)


def test_sizes_beyond_what_was_learned_are_refused(plane, cylinder):
    with pytest.raises(InputError, match=r"at most 16x16.*beyond=2"):
        cocogan.sample(TINY, Run(), net=plane, size=(20, 16))
    with pytest.raises(InputError, match="any widthx16"):
        cocogan.sample(ROUND, Run(), net=cylinder, size=(20, 16))
    with pytest.raises(InputError, match="from 1 up"):
        cocogan.sample(TINY, Run(), net=plane, size=(0, 4))


def test_a_panorama_goes_round(cylinder):
    once = cocogan.panorama(ROUND, Run(), net=cylinder, seed=3)
    twice = cocogan.panorama(ROUND, Run(), net=cylinder, size=(16, 64), seed=3)
    assert torch.equal(twice, torch.cat([once, once], dim=3))
    turned = cocogan.panorama(ROUND, Run(), net=cylinder, seed=3, turn=0.25)
    assert torch.allclose(turned, once.roll(-8, dims=3), atol=1e-5)


def test_a_panorama_of_the_plane_is_refused(plane):
    with pytest.raises(InputError, match="coordinates=cylindrical"):
        cocogan.panorama(TINY, Run(), net=plane)


def test_after_a_piece_seeds_differ_only_with_strength(plane):
    piece = torch.rand(1, 3, 8, 8) * 2 - 1
    how = {"net": plane, "piece": piece}
    same = [cocogan.guided(TINY, Run(), seed=seed, **how) for seed in (0, 1)]
    assert torch.equal(*same)
    other = [cocogan.guided(TINY, Run(), seed=seed, strength=0.5, **how) for seed in (0, 1)]
    assert not torch.equal(*other)
    free = cocogan.guided(TINY, Run(), seed=1, strength=1.0, **how)
    assert torch.equal(free, cocogan.sample(TINY, Run(), net=plane, seed=1))


def test_what_has_not_learned_to_guess_says_so():
    cfg = replace(TINY, latent_weight=0.0)
    with pytest.raises(InputError, match="latent_weight=1"):
        cocogan.guided(cfg, Run(), net=net_of(cfg), piece=torch.zeros(1, 3, 8, 8))


def test_interpolated_latents_begin_and_end_with_the_samples(plane):
    frames = cocogan.interpolate(TINY, Run(), net=plane, seed=3, to_seed=5, frames=5)
    assert len(frames) == 5
    for frame, seed in ((frames[0], 3), (frames[-1], 5)):
        assert torch.equal(frame, cocogan.sample(TINY, Run(), net=plane, seed=seed))
    assert not torch.equal(frames[2], frames[0])


@pytest.mark.parametrize("cfg", [TINY, BESIDE], ids=["blended", "beside"])
def test_a_moving_patch_is_that_part_of_the_sample_where_it_lies_on_cells(cfg):
    net = net_of(cfg)
    whole = cocogan.sample(cfg, Run(), net=net, seed=3)
    across = cfg.size[1] // cfg.micro - cfg.macro // cfg.micro
    frames = cocogan.interpolate(cfg, Run(), net=net, seed=3, frames=2 * across + 1, along="coordinates")
    assert all(frame.shape == (1, 3, cfg.macro, cfg.macro) for frame in frames)
    down = (cfg.size[0] // cfg.micro - cfg.macro // cfg.micro) / 2
    assert down == int(down)  # else no frame would lie on cells
    top = int(down) * cfg.micro
    for k in range(across + 1):
        left = k * cfg.micro
        assert torch.equal(frames[2 * k], whole[:, :, top : top + cfg.macro, left : left + cfg.macro])
    between = whole[:, :, top : top + cfg.macro, cfg.micro // 2 : cfg.micro // 2 + cfg.macro]
    assert not torch.equal(frames[1], between)  # made for its own coordinates, not cut out


def test_a_moving_patch_goes_round_a_panorama_once(cylinder):
    frames = cocogan.interpolate(ROUND, Run(), net=cylinder, seed=3, frames=8, along="coordinates")
    whole = cocogan.panorama(ROUND, Run(), net=cylinder, seed=3)
    around = torch.cat([whole, whole], 3)
    top = (ROUND.size[0] - ROUND.macro) // 2
    for k, frame in enumerate(frames):
        assert torch.equal(frame, around[:, :, top : top + ROUND.macro, 4 * k : 4 * k + ROUND.macro])
