"""Triplets: which error is taken where, and pixel verification."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from together import check_two_do_what_one_does, train_share

from calotype.errors import InputError
from calotype.models import idpose
from calotype.models.idpose.parts import Parts
from calotype.models.idpose.trainer import Trainer
from calotype.models.idpose.verification import trace_loss, trace_score, traced
from calotype.nn.muon import Muon
from calotype.run import Run

CFG = replace(idpose.PRESETS["tiny"], bf16=False)
CPU = torch.device("cpu")


def batch(i=0, cfg=CFG):
    generator = torch.Generator().manual_seed(i)
    shape = (cfg.batch, 3, cfg.resolution, cfg.resolution)
    return {
        name: torch.rand(shape, generator=generator) * 2 - 1 for name in ("image", "partner", "pose", "pose_partner")
    }


def trainer(cfg=CFG):
    torch.manual_seed(0)
    return Trainer(cfg, CPU)


def test_each_code_has_to_give_two_pictures():
    made, given = trainer(replace(CFG, kl_weight=0.0)), batch()
    net = made.net
    with torch.no_grad():
        who, whose = net.identity_codes(given["partner"]), net.identity_codes(given["pose_partner"])
        how, own = net.pose_codes(given["pose"]), net.pose_codes(given["image"])
        target = (net.drawn(how, who) - given["image"]).square().mean()
        others = [(own, who, "image"), (how, whose, "pose"), (own, whose, "pose")]
        wanted = [(net.drawn(pose, identity) - given[name]).square().mean() for pose, identity, name in others]
    losses = made.step(made.state, given, 0)
    assert float(losses["target"]) == pytest.approx(float(target), rel=1e-4)
    own_codes = float(wanted[0] + wanted[1]) / 2
    assert float(losses["own"]) == pytest.approx(0.2 * own_codes + 0.8 * float(wanted[2]), rel=1e-4)
    assert float(losses["code"]) == pytest.approx(float((how - own).square().mean()), rel=1e-4)


@pytest.mark.parametrize("switch", ["own_weight", "kl_weight", "code_weight", "trace_weight", "adversarial_weight"])
def test_every_loss_can_be_switched_off(switch):
    losses = trainer(replace(CFG, **{switch: 0.0})).step({}, batch(), 0)
    missing = {"adversarial_weight": "generator"}.get(switch, switch.removesuffix("_weight"))
    assert missing not in losses
    assert switch != "own_weight" or "code" not in losses
    assert torch.isfinite(torch.stack(list(losses.values()))).all()


def test_one_step_changes_all_networks_and_the_average():
    made = trainer()
    before = {name: value.clone() for name, value in made.net.state_dict().items()}
    made.step({}, batch(), 1)
    changed = {name.partition(".")[0] for name, value in made.net.state_dict().items() if not value.equal(before[name])}
    assert changed == {"identity", "pose", "generator"}


def test_pixel_verification_begins_late_and_grows():
    made = trainer(replace(CFG, steps=100, trace_from=0.2))
    assert [made.trace_share(i) for i in (0, 20, 30, 40, 99)] == pytest.approx([0, 0, 0.5, 1, 1])


def test_drawing_leaves_out_what_is_mostly_noise():
    for least, fewest, most in ((0.0, CFG.pose, CFG.pose), (1.0, 1, CFG.pose - 1)):
        net = idpose.train(batch, replace(CFG, least_signal=least), Run())
        assert fewest <= round(float(net.informative.kept.trace())) <= most
        with torch.no_grad():
            means = net.poses(batch()["pose"]).mean
            torch.testing.assert_close(net.pose_codes(batch()["pose"]), net.informative(means))


def test_it_learns():
    cfg = replace(CFG, steps=60, rate=3e-3)
    made = trainer(cfg)
    smooth = {name: F.interpolate(F.avg_pool2d(each, 4) * 3, scale_factor=4.0) for name, each in batch(0, cfg).items()}
    losses = [float(made.step({}, smooth, i)["target"]) for i in range(60)]
    assert losses[-1] < 0.75 * losses[0]


def parts_of(shares, looks=4):
    """Parts of which each position shows one."""
    seen = shares.sum(2) / (shares.sum(2) + 0.5)
    return Parts(shares, torch.zeros(len(shares), shares.shape[1], looks), seen, torch.zeros(len(shares), 4))


def test_positions_are_traced_through_the_parts_that_both_show():
    which, there = torch.randint(3, (1, 64)), torch.randint(3, (1, 64))
    shares, found = (F.one_hot(x, 4).mT.float() for x in (which, there))
    picture = torch.rand(1, 3, 16, 16) * 2 - 1
    trace = traced(shares, parts_of(found), picture)
    assert trace.weights.shape == (1, 64, 65)
    torch.testing.assert_close(trace.weights.sum(2), torch.ones(1, 64), atol=1e-4, rtol=0)
    assert torch.equal(trace.weights[0, :, :-1] > 1e-6, which[0][:, None] == there[0][None])
    small = F.avg_pool2d(picture, 2).flatten(2)[0]
    for part in range(3):
        mean = small[:, there[0] == part].mean(1)
        torch.testing.assert_close(trace.colours.flatten(2)[0][:, which[0] == part][:, 0], mean, atol=1e-4, rtol=0)


def test_positions_of_a_part_that_moved_are_traced_to_the_same_place_of_it():
    corner, moved = torch.zeros(8, 8, dtype=torch.long), torch.zeros(8, 8, dtype=torch.long)
    corner[1:4, 0:3], moved[4:7, 4:7] = 1, 1
    shares, found = (F.one_hot(x.flatten()[None], 2).mT.float() for x in (corner, moved))
    trace = traced(shares, parts_of(found), torch.rand(1, 3, 16, 16) * 2 - 1, within=True)
    torch.testing.assert_close(trace.weights.sum(2), torch.ones(1, 64), atol=1e-4, rtol=0)
    to = trace.weights[0, :, :-1].argmax(1).view(8, 8)[1:4, 0:3]
    assert torch.equal(to, torch.arange(64).view(8, 8)[4:7, 4:7])


@pytest.mark.parametrize("within", [False, True])
def test_what_the_identity_does_not_show_is_traced_to_nothing(within):
    shares = torch.zeros(1, 4, 64)
    shares[:, 3] = 1
    found = torch.zeros(1, 4, 64)
    found[:, 0] = 1
    picture = torch.rand(1, 3, 16, 16) * 2 - 1
    trace = traced(shares, parts_of(found), picture, within=within)
    assert float(trace.seen.max()) == pytest.approx(0, abs=1e-5)
    assert float(trace_score(trace, picture).max()) == pytest.approx(0, abs=1e-5)
    own = traced(found, parts_of(found), torch.full_like(picture, 0.3), within=within)
    assert float(trace_score(own, torch.full_like(picture, 0.3)).min()) > 0.98


def test_the_loss_of_pixel_verification_is_that_of_traced_colours():
    drawn, identity, target = (torch.rand(2, 3, 16, 16) * 2 - 1 for _ in range(3))
    shares = torch.rand(2, 4, 64).softmax(1)
    trace = traced(shares, parts_of(shares), identity)
    small = [F.avg_pool2d(x, 2) for x in (target, drawn)]
    wanted = sum((trace.colours - x).abs().mean(1).clamp(max=1).mean() for x in small)
    torch.testing.assert_close(trace_loss(trace, target, drawn), wanted)


def test_the_generator_draws_with_the_traced_parts_and_the_whole_identity():
    net = trainer().net.eval()
    given = batch()
    layout = net.generator.layout(net.pose_codes(given["pose"]))
    found = net.parts(given["partner"])
    with torch.no_grad():
        made = net.generator(*layout, found.looks, found.whole)
        other = found.looks.clone()
        other[:, 1] += 1
        assert float((net.generator(*layout, other, found.whole) - made).abs().mean()) > 0.01
        assert float((net.generator(*layout, found.looks, found.whole + 1) - made).abs().mean()) > 1e-3
        drawn = net.drawn(net.pose_codes(given["pose"]), net.identity_codes(given["partner"]))
    torch.testing.assert_close(made, drawn)


def test_muon_or_adam_updates_encoders_and_generator():
    muon, adam = (trainer(replace(CFG, optimizer=name)).generator_optimizer for name in ("muon", "adam"))
    assert isinstance(muon, Muon)
    assert isinstance(adam, torch.optim.Adam)


def test_the_pose_code_sees_no_colours():
    net, pictures = trainer().net.eval(), batch()["pose"]
    with torch.no_grad():
        codes = net.pose_codes(pictures)
        torch.testing.assert_close(net.pose_codes(pictures.flip(1) * 0.5 + 0.2), codes, atol=1e-3, rtol=0)
        assert not torch.allclose(net.pose_codes(pictures.flip(3)), codes, atol=1e-2)


def test_pictures_that_are_no_triplets_are_refused():
    with pytest.raises(InputError, match="clips"):
        trainer().step({}, {"image": batch()["image"]}, 0)


@pytest.mark.parametrize("change", [{"resolution": 24}, {"widths": (4,)}, {"trace_side": 5}, {"identity": 9}])
def test_settings_that_do_not_fit_are_refused(change):
    with pytest.raises(ValueError, match=r"power|widths|divide|multiple"):
        replace(CFG, **change)


def learned(folder):
    train_share(idpose.train, batch, replace(CFG, steps=4), folder)


@pytest.mark.slow
def test_two_processes_do_what_one_does(tmp_path):
    check_two_do_what_one_does(learned, __file__, tmp_path)
