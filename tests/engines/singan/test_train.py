from dataclasses import replace

import pytest
import torch

from calotype.engines import singan
from calotype.engines.singan import PRESETS, adapted
from calotype.engines.singan.pyramid import reals
from calotype.engines.singan.trainer import ScaleTrainer
from calotype.errors import InputError, Stopped
from calotype.run import Run

TINY = PRESETS["tiny"]


def stopping(run, stage, step):
    def event(event):
        if event.kind == "step" and (event.stage, event.step) == (stage, step):
            run.stop()

    run.on_event = event
    return run


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.mark.parametrize(
    ("changes", "stage", "step"),
    [
        ({}, "scale 0", 2),
        ({}, "scale 1", 1),
        ({}, "scale 1", 3),
        ({"together": 2, "crop": 0}, "scale 1", 2),
        ({"learned": 0, "crop": 32, "critic_steps": 2, "penalty_every": 2, "settle": 0}, "scale 2", 2),
        ({"colours": 3, "painted": 1}, "scale in colours", 2),
    ],
)
def test_stopped_and_gone_on_with_it_is_the_same_to_the_bit(photo, tmp_path, changes, stage, step):
    cfg = replace(TINY, **changes)
    whole = singan.train(photo, cfg, Run())
    run = stopping(Run(tmp_path, save_every_steps=None, save_every_seconds=None), stage, step)
    with pytest.raises(Stopped):
        singan.train(photo, cfg, run)
    assert same(singan.train(photo, cfg, Run(tmp_path)), whole)


def test_the_stages_are_those_that_are_announced(photo):
    for cfg in (TINY, replace(TINY, colours=3, painted=1), adapted(TINY, "upscale", factor=2.0)):
        seen = {}
        singan.train(photo, cfg, Run(on_event=lambda e, seen=seen: seen.setdefault(e.stage, []).append(e)))
        assert list(seen) == singan.stages(tuple(photo.shape[2:]), cfg)
        for events in seen.values():
            assert events[-2].preview.shape[:2] == (1, 3)


def test_an_interrupted_training_can_be_sampled(photo, tmp_path):
    cfg = replace(TINY, learned=0)
    run = Run(tmp_path)
    assert singan.unfinished(photo, cfg, run) is None
    with pytest.raises(Stopped):
        singan.train(photo, cfg, stopping(Run(tmp_path), "scale 1", 1))
    some = singan.unfinished(photo, cfg, run)
    assert some.depth == 1
    made = singan.vary([photo], cfg, run, size=tuple(photo.shape[2:]), seed=0, net=some)
    assert made.shape == photo.shape
    whole = singan.train(photo, cfg, run)
    assert torch.equal(some.generators[0].trunk[0].conv.weight, whole.generators[0].trunk[0].conv.weight)


def test_one_scale_learns_to_make_the_photo_again(photo):
    """The published test: after 200 steps on 32 pixels the error is below 0.2."""
    cfg = replace(PRESETS["paper"], steps=200, critic_steps=1, generator_steps=1, finest=32, coarsest=24)
    small = torch.nn.functional.interpolate(photo, size=(32, 32), mode="area")
    net = singan.train(small, cfg, Run())
    again = net.reconstruction(len(net.sizes))
    assert (again - small).square().mean().sqrt() < 0.2


def test_amplitudes_are_one_and_then_a_tenth_of_what_is_missing(photo):
    from calotype.engines.singan.pyramid import reals

    cfg = replace(TINY, learned=0)
    net = singan.train(photo, cfg, Run())
    assert net.amplitudes[0] == 1
    below = net.resized(net.reconstruction(1), net.sizes[1])
    missing = (below - reals(photo, cfg)[1]).square().mean().sqrt()
    # Only its normalisation was measured anew since.
    assert net.amplitudes[1] == pytest.approx(0.1 * float(missing), rel=1e-4)


def test_a_photo_of_one_colour_trains():
    flat = torch.full((1, 3, 40, 40), 0.3)
    net = singan.train(flat, TINY, Run())
    assert all(torch.isfinite(p).all() for p in net.parameters())


@pytest.mark.parametrize("size", [(40, 60), (90, 30), (27, 160)])
def test_formats(size):
    photo = torch.rand(1, 3, *size) * 2 - 1
    net = singan.train(photo, TINY, Run())
    made = singan.vary([photo], TINY, Run(), size=size, seed=1, net=net)
    assert made.shape == photo.shape
    assert made.abs().max() <= 1


def test_paint_takes_over_a_trained_net(photo):
    base = singan.train(photo, TINY, Run())
    cfg = adapted(TINY, "paint", colours=3, scale=1)
    one, other = singan.train(photo, cfg, Run(), base=base), singan.train(photo, cfg, Run())
    assert same(one, other)
    assert one.palette.shape == (3, 3)


@pytest.mark.parametrize(
    "changes",
    [
        {"spacing": "odd"},
        {"border": "none"},
        {"crop": 8},
        {"factor": 0.99},
        {"steps": 0},
        {"coarsest": 5},
        {"patch": 4},
    ],
)
def test_settings_that_cannot_work_are_refused(photo, changes):
    with pytest.raises(InputError, match=next(iter(changes))):
        singan.train(photo, replace(TINY, **changes), Run())


def test_transparency_is_refused(photo):
    with pytest.raises(InputError, match="opaque"):
        singan.train(torch.cat([photo, photo[:, :1]], 1), TINY, Run())


def test_the_noise_of_a_scale_is_drawn_once_a_step_and_the_picture_below_each_time(photo):
    """As in the reference code, where each of the three updates of the discriminator sees another image from below."""
    cfg = replace(TINY, learned=0, crop=0, critic_steps=3, steps=1)
    net = singan.build(cfg, (photo.shape[2], photo.shape[3]))
    trainer = None
    for scale, real in enumerate(reals(photo, cfg)[:2]):
        trainer = ScaleTrainer(net, scale, real, cfg, Run(), trainer)
        seen = []
        generate = trainer._generate
        trainer._generate = lambda below, noises, seen=seen, made=generate: (
            seen.append((below.clone(), noises[0])),
            made(below, noises),
        )[1]
        trainer.step(trainer.state, None, 0)
        critic = seen[:3]
        assert all(torch.equal(critic[0][1], noise) for _, noise in critic[1:])
        if scale:
            assert not torch.equal(critic[0][0], critic[1][0])
        trainer._generate = generate
        trainer.finish()
