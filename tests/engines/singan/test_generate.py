import copy
import itertools
from dataclasses import replace

import pytest
import torch

from calotype.engines import singan
from calotype.engines.singan import PRESETS, adapted
from calotype.errors import InputError
from calotype.image.resize import resize, resize_cubic
from calotype.run import Run

TINY = replace(PRESETS["tiny"], learned=0, crop=0)


@pytest.fixture(scope="module")
def net(photo):
    return singan.train(photo, TINY, Run())


def sample(photo, net, cfg=TINY, **how):
    return singan.vary([photo], cfg, Run(), **{"size": tuple(photo.shape[2:]), "seed": 0, **how}, net=net)


def test_a_higher_structure_keeps_more_of_the_photo(photo, net):
    again = resize(net.reconstruction(net.depth).clamp(-1, 1), photo.shape[2:])
    cfg = replace(TINY, candidates=1, stir=1.0)
    free, loose, close = ((sample(photo, net, cfg, structure=s) - again).abs().mean() for s in (0.0, 0.25, 1.0))
    assert close < loose < free


def test_without_noise_above_the_start_the_photo_is_made_again(photo, net):
    """Beginning above the last scale would leave nothing but the reconstruction."""
    assert torch.equal(net.sample(1, net.depth, begin=net.depth), net.reconstruction(net.depth))


@pytest.mark.parametrize("size", [(30, 90), (80, 24)])
@pytest.mark.parametrize("structure", [0.0, 0.5])
def test_any_size(photo, net, size, structure):
    assert sample(photo, net, size=size, structure=structure).shape == (1, 3, *size)


@pytest.mark.parametrize(("learned", "border"), [(0, "zero"), (18, "zero"), (0, "noise")])
def test_tiles_meet(photo, learned, border):
    cfg = replace(TINY, learned=learned, steps=30, border=border)
    net = singan.train(photo, cfg, Run())
    tiled, plain = (
        torch.cat([sample(photo, net, cfg, seed=seed, tile=(tile, tile)) for seed in range(8)])
        for tile in (True, False)
    )
    inner = tiled.diff(dim=3).abs().mean() + tiled.diff(dim=2).abs().mean()
    assert 0.6 * inner < apart_at_ends(tiled) < min(1.6 * inner, 0.6 * apart_at_ends(plain))


def apart_at_ends(made):
    """How far the first and the last columns are apart, and rows."""
    across, down = made[:, :, :, 0] - made[:, :, :, -1], made[:, :, 0] - made[:, :, -1]
    return across.abs().mean() + down.abs().mean()


def test_of_several_layouts_the_most_likely_is_made(photo, net):
    from calotype.metrics.sliced import sliced

    one, best = (sample(photo, net, replace(TINY, candidates=n)) for n in (1, 12))
    real = torch.nn.functional.interpolate(photo, one.shape[2:])
    assert sliced(real, best) <= sliced(real, one)


def test_a_picture_is_taken_in(photo, net):
    """What is given decides what comes out: the photo upside down gives another picture than the photo."""
    how = {"size": tuple(photo.shape[2:]), "seed": 0, "structure": 0.4, "net": net}
    made = {name: singan.remake([photo], TINY, Run(), picture=x, **how) for name, x in
            {"photo": photo, "upside down": photo.flip(2)}.items()}  # fmt: skip
    assert made["photo"].shape == photo.shape
    assert (made["photo"] - photo).abs().mean() < (made["upside down"] - photo).abs().mean()


def test_paint_in_the_photos_colours(photo):
    cfg = adapted(TINY, "paint", colours=3, scale=1)
    net = singan.train(photo, cfg, Run())
    plain = singan.train(photo, TINY, Run())
    how = {"picture": photo.flip(3), "size": tuple(photo.shape[2:]), "seed": 0, "structure": 1 / (net.depth - 1)}
    assert not torch.equal(
        singan.remake([photo], cfg, Run(), net=net, **how), singan.remake([photo], TINY, Run(), net=plain, **how)
    )


@pytest.mark.parametrize("preset", ["tiny", "paper"])
@pytest.mark.parametrize(("factor", "size"), [(2.0, (60, 80)), (3.0, (90, 120))])
def test_upscale(preset, factor, size):
    cfg = replace(adapted(PRESETS[preset], "upscale", factor=factor), steps=2, critic_steps=1, generator_steps=1)
    photo = torch.rand(1, 3, 30, 40) * 2 - 1
    net = singan.train(photo, cfg, Run())
    made = singan.upscale([photo], cfg, Run(), factor=factor, seed=0, net=net)
    assert made.shape == (1, 3, *size)
    assert made.abs().max() <= 1


@pytest.fixture(scope="module")
def moving(photo):
    cfg = adapted(TINY, "animate")
    return cfg, singan.train(photo, cfg, Run())


def film(photo, moving, **how):
    cfg, net = moving
    return list(singan.animate([photo], cfg, Run(), net=net, **{"frames": 6, "seed": 0, **how}))


def test_alpha_of_one_stands_still_and_shows_the_reconstruction(photo, moving):
    frames = film(photo, moving, alpha=1.0)
    assert all(torch.equal(frame, frames[0]) for frame in frames)
    still = moving[1].reconstruction(moving[1].depth).clamp(-1, 1)
    assert torch.allclose(frames[0], resize_cubic(still, size=tuple(photo.shape[2:])).clamp(-1, 1), atol=1e-5)


def test_frames_move_and_are_of_the_photos_size(photo, moving):
    frames = film(photo, moving)
    assert len(frames) == 6
    assert all(frame.shape == photo.shape for frame in frames)
    assert not torch.equal(frames[0], frames[3])


def test_a_loop_ends_where_it_begins(photo, moving):
    def jump(frames):
        steps = [(a - b).abs().mean() for a, b in itertools.pairwise(frames)]
        return (frames[-1] - frames[0]).abs().mean() / (sum(steps) / len(steps))

    looped, straight = (film(photo, moving, frames=24, loop=loop, beta=0.95) for loop in (True, False))
    assert jump(looped) < 2.5
    assert jump(looped) < jump(straight)


def test_without_a_net_there_is_an_error(photo):
    with pytest.raises(InputError, match="train it first"):
        singan.vary([photo], TINY, Run(), size=(40, 40), seed=0)


def test_a_net_for_upscaling_makes_nothing_else(photo):
    cfg = adapted(TINY, "upscale", factor=2.0)
    with pytest.raises(InputError, match="trained to upscale"):
        sample(photo, singan.build(cfg, tuple(photo.shape[2:])), cfg)


def test_an_enlarged_photo_is_the_photo_when_it_is_shrunk_again():
    photo = resize(torch.rand(1, 3, 8, 10) * 1.6 - 0.8, (32, 40))
    cfg = replace(adapted(PRESETS["tiny"], "upscale", factor=2.0), steps=2)
    net = singan.train(photo, cfg, Run())

    def error(times):
        made = singan.upscale([photo], replace(cfg, consistent=times), Run(), factor=2.0, seed=0, net=net)
        return float((resize(made, (32, 40)) - photo).abs().mean())

    assert error(2) < 0.01
    assert error(2) < error(0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_a_model_makes_nearly_the_same_on_a_gpu(photo, net):
    there, run = copy.deepcopy(net).cuda(), Run(device="cuda")
    one = sample(photo, net)
    other = singan.vary([photo.cuda()], TINY, run, size=tuple(photo.shape[2:]), seed=0, net=there)
    assert (one - other.cpu()).abs().mean() < 0.02
