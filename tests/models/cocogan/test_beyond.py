"""A given image continued beyond its edges by what a model has learned."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.errors import InputError, Stopped
from calotype.models import cocogan
from calotype.models.cocogan.beyond import _paste_photo, inverted
from calotype.models.cocogan.generate import latent_of
from calotype.models.cocogan.trainer import recalibrate_norms
from calotype.run import Run

WIDE = replace(cocogan.PRESETS["tiny"], beyond=1, beyond_steps=1)
ROUND = replace(WIDE, size=(16, 32), coordinates="cylindrical")


def net_of(cfg):
    torch.manual_seed(0)
    net = cocogan.build(cfg)
    recalibrate_norms(net.average, cfg, torch.device("cpu"), batches=2)
    return net.requires_grad_(False).eval()


@pytest.fixture(scope="module")
def net():
    return net_of(WIDE)


@pytest.fixture(scope="module")
def photo():
    return torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr("calotype.models.cocogan.beyond.STEPS", 3)


@pytest.mark.parametrize("margins", [(4, 4, 4, 4), (0, 3, 0, 0), (1, 0, 2, 4)])
def test_the_photo_stays_as_it_is_where_it_belongs(net, photo, short, margins):
    left, right, top, bottom = margins
    made = cocogan.expand(WIDE, Run(), net=net, photo=photo, margins=margins)
    assert made.shape == (1, 3, 16 + top + bottom, 16 + left + right)
    assert torch.equal(made[:, :, top : top + 16, left : left + 16], photo)
    assert made.abs().max() <= 1
    assert torch.equal(made, cocogan.expand(WIDE, Run(), net=net, photo=photo, margins=margins))


def test_seeds_differ(net, photo, short):
    made = [cocogan.expand(WIDE, Run(), net=net, photo=photo, margins=(4, 4, 4, 4), seed=seed) for seed in (0, 1)]
    assert not torch.equal(*made)


def test_of_its_own_picture_a_model_finds_what_lies_outside(net):
    latent = latent_of(3, WIDE)
    whole = cocogan.sample(WIDE, Run(), net=net, size=(24, 24), seed=3)
    inside = whole[:, :, 4:20, 4:20]
    differences = []
    run = Run(on_event=lambda event: differences.append(event.values.get("difference")))
    found = inverted(WIDE, run, net=net, photo=inside, margins=(4, 4, 4, 4))
    said = [value for value in differences if value is not None]
    assert said[-1] < 0.1 * said[0]
    assert (found - latent).abs().mean() < 0.6 * (latent_of(0, WIDE) - latent).abs().mean()
    made = cocogan.expand(WIDE, Run(), net=net, photo=inside, margins=(4, 4, 4, 4))
    other = cocogan.sample(WIDE, Run(), net=net, size=(24, 24), seed=0)
    assert (made - whole).abs().mean() < 0.3 * (other - whole).abs().mean()


def test_a_model_that_guesses_nothing_finds_it_too(photo, short):
    cfg = replace(WIDE, latent_weight=0.0)
    made = cocogan.expand(cfg, Run(), net=net_of(cfg), photo=photo, margins=(1, 1, 1, 1))
    assert made.shape == (1, 3, 18, 18)


def test_a_panorama_grows_upwards_and_downwards(short):
    photo = torch.zeros(1, 3, 16, 32)
    made = cocogan.expand(ROUND, Run(), net=net_of(ROUND), photo=photo, margins=(0, 0, 4, 2))
    assert made.shape == (1, 3, 22, 32)


@pytest.mark.parametrize(
    ("cfg", "margins", "words"),
    [
        (cocogan.PRESETS["tiny"], (1, 0, 0, 0), "--set beyond=1 --set beyond_steps=1000"),
        (WIDE, (0, 0, 9, 0), "at most 4, or train one that learns what lies further out, with --set beyond=3"),
        (ROUND, (1, 0, 0, 0), "--top or --bottom"),
    ],
)
def test_what_was_not_learned_is_refused(cfg, margins, words):
    for function in (cocogan.check_margins, cocogan.expanding_cost):
        with pytest.raises(InputError, match=words):
            function(margins, cfg)


def test_it_can_be_stopped_and_its_cost_is_said(net, photo):
    run = Run()
    run.stop()
    with pytest.raises(Stopped):
        cocogan.expand(WIDE, run, net=net, photo=photo, margins=(1, 1, 1, 1))
    assert cocogan.expanding_cost((4, 4, 4, 4), WIDE).seconds > cocogan.cost((24, 24), WIDE).seconds


def test_a_stopped_search_goes_on_where_it_was(net, photo, tmp_path):
    margins = (1, 1, 1, 1)
    wanted = inverted(WIDE, Run(), net=net, photo=photo, margins=margins)

    def stop_half_way(event):
        if event.kind == "step" and event.step == 31:
            first.stop()

    first = Run(tmp_path, on_event=stop_half_way)
    with pytest.raises(Stopped):
        inverted(WIDE, first, net=net, photo=photo, margins=margins)
    begun = []
    second = Run(tmp_path, on_event=lambda event: begun.append(event.step) if event.kind == "begin" else None)
    assert torch.equal(inverted(WIDE, second, net=net, photo=photo, margins=margins), wanted)
    assert begun == [31]


def test_the_margin_takes_over_the_tone_of_the_photo_where_they_meet():
    cfg = replace(cocogan.PRESETS["medium"], beyond=1, beyond_steps=1)
    margins = (16, 0, 0, 8)
    whole = torch.full((1, 3, 72, 80), 0.5)
    whole[:, :, :64, 16:] = -0.9  # inside, what was made is far from the photo
    made = _paste_photo(whole, torch.full((1, 3, 64, 64), 0.1), margins, cfg)
    assert made[0, 0, 30, 15].item() == pytest.approx(0.125, abs=0.01)
    assert made[0, 0, 64, 40].item() == pytest.approx(0.125, abs=0.01)
    assert made[0, 0, 30, 0].item() == pytest.approx(0.5, abs=0.01)
    steps = made[0, 0, 30, :16].diff()
    assert (steps < 0).all()
    assert steps.abs().max() < 0.05
