from dataclasses import replace

import pytest
import torch

from calotype.engines import ingan
from calotype.engines.ingan import PRESETS
from calotype.engines.ingan.discriminators import at_scale, noisy
from calotype.engines.ingan.train import Trainer
from calotype.errors import InputError, Stopped
from calotype.run import Run

TINY = PRESETS["tiny"]
CRITICS = {
    "judge": "critics",
    "residual": False,
    "spectral": True,
    "norm": "batch",
    "warm": 0,
    "average": 0.0,
    "mend_from": 0.5,
    "crop": 24,
}


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
        ({"warm": 3}, "copying", 2),
        ({"warm": 3, "residual": False}, "copying", 3),
        ({}, "retargeting", 1),
        ({"bent": 1.0, "ramp": 0.0}, "retargeting", 3),
        (CRITICS, "retargeting", 2),
        ({**CRITICS, "side": 0, "mend_from": 0.0}, "retargeting", 3),
    ],
)
def test_stopped_and_gone_on_with_it_is_the_same_to_the_bit(photo, tmp_path, changes, stage, step):
    cfg = replace(TINY, **changes)
    whole = ingan.train(photo, cfg, Run())
    run = stopping(Run(tmp_path, save_every_steps=None, save_every_seconds=None), stage, step)
    with pytest.raises(Stopped):
        ingan.train(photo, cfg, run)
    assert same(ingan.train(photo, cfg, Run(tmp_path)), whole)
    assert bool(whole.finished)


def test_the_seed_decides(photo):
    assert same(ingan.train(photo, TINY, Run(seed=1)), ingan.train(photo, TINY, Run(seed=1)))
    assert not same(ingan.train(photo, TINY, Run(seed=1)), ingan.train(photo, TINY, Run(seed=2)))


def test_the_stages_are_those_that_are_announced(photo):
    for cfg in (TINY, replace(TINY, warm=3)):
        seen = {}
        ingan.train(photo, cfg, Run(on_event=lambda e, seen=seen: seen.setdefault(e.stage, []).append(e)))
        assert list(seen) == ingan.stages((40, 52), cfg)
        for events in seen.values():
            assert events[-2].preview.shape[:2] == (1, 3)


def test_there_is_nothing_to_use_before_the_end(photo, tmp_path):
    run = stopping(Run(tmp_path), "retargeting", 2)
    with pytest.raises(Stopped):
        ingan.train(photo, TINY, run)
    assert ingan.unfinished(photo, TINY, Run(tmp_path)) is None


def test_what_is_asked_for_stays_within_bounds_and_grows(photo):
    cfg = replace(TINY, steps=100, ramp=0.5, bent=0.5, most=1.5)
    trainer = Trainer(photo, cfg, Run())
    height, width = trainer.crop_size
    torch.manual_seed(0)
    assert trainer.random_target(0)[0] == (height, width)
    asked = [trainer.random_target(80) for _ in range(300)]
    factors = [(h / height, w / width) for (h, w), _ in asked]
    assert max(a * b for a, b in factors) <= 1.5 * 1.1
    assert min(min(pair) for pair in factors) >= 0.9 * cfg.smallest * 0.6
    assert max(max(pair) for pair in factors) > 1.5
    bent = sum(form is not None for _, form in asked)
    assert 110 < bent < 190


def test_it_learns_to_copy_and_then_what_is_asked(photo):
    errors = {}
    cfg = replace(TINY, warm=60, steps=40, residual=False)
    run = Run(on_event=lambda e: errors.setdefault(e.stage, []).append(e.values) if e.kind == "step" else None)
    ingan.train(photo, cfg, run)
    assert errors["copying"][-1]["error"] < 0.5 * errors["copying"][0]["error"]
    assert all(values["distance"] > 0 for values in errors["retargeting"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"judge": "me"}, "--set judge=critics or --set judge=sliced"),
        ({"norm": "none"}, "--set norm=batch or --set norm=instance"),
        ({"steps": 0}, "steps=0"),
        ({"patch": 4}, "odd number"),
        ({"side": 10}, "at least 20 pixels"),
        ({"largest": 1.0}, "largest=1"),
        ({"smallest": 1.5}, "smallest=1.5"),
        ({"norm": "batch", "average": 0.9}, "--set average=0"),
    ],
)
def test_settings_that_cannot_be_used(photo, changes, said):
    with pytest.raises(InputError, match=said):
        ingan.train(photo, replace(TINY, **changes), Run())


def test_photos_that_cannot_be_learned_from():
    with pytest.raises(InputError, match="opaque"):
        ingan.train(torch.zeros(1, 4, 40, 40), TINY, Run())
    with pytest.raises(InputError, match="17x40 pixels are too few"):
        ingan.train(torch.zeros(1, 3, 40, 17), TINY, Run())


def test_the_published_details_come_with_the_discriminators(photo, monkeypatch):
    cfg = replace(TINY, **CRITICS)
    x = torch.zeros(1, 3, 200, 200)
    assert float(noisy(x, cfg).abs().max()) == pytest.approx(1 / 255, rel=0.01)
    assert float(noisy(x, TINY).abs().max()) == pytest.approx(1 / 127.5, rel=0.01)
    wide = torch.rand(1, 3, 60, 60)
    plain = torch.nn.functional.interpolate(wide, size=(43, 43), mode="bilinear", align_corners=False)
    assert torch.equal(at_scale(wide, 1.4, antialias=False), plain)
    trainer = Trainer(photo, cfg, Run())
    trainer.start_retargeting()
    crops, judged = [], []
    crop = trainer.random_crop
    monkeypatch.setattr(trainer, "random_crop", lambda: crops.append(crop()) or crops[-1])
    forward = trainer.discriminators.forward
    monkeypatch.setattr(
        trainer.discriminators, "forward", lambda x, goal, shares: judged.append((x, goal)) or forward(x, goal, shares)
    )
    trainer.step(trainer.state, None, 0)
    assert len(crops) == 1  # one crop is source and real image
    real = next(x for x, goal in judged[1:] if goal == 1.0)
    assert float((real - crops[0]).abs().max()) <= 1 / 255


def test_paper_uses_the_statistics_of_the_image_at_hand():
    net = ingan.build(replace(PRESETS["paper"], width=4, depth=2, blocks=1), (40, 40))
    norms = [module for module in net.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert norms
    assert all(norm.running_mean is None for norm in norms)
