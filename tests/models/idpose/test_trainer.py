"""Triplets: which error is taken where, and pixel verification."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from together import check_two_do_what_one_does, train_share

from calotype.errors import InputError
from calotype.models import idpose
from calotype.models.idpose.trainer import Trainer
from calotype.models.idpose.verification import Verification

CFG = replace(idpose.PRESETS["tiny"], bf16=False)
CPU = torch.device("cpu")


def batch(i=0, cfg=CFG):
    generator = torch.Generator().manual_seed(i)
    shape = (cfg.batch, 3, cfg.resolution, cfg.resolution)
    return {name: torch.rand(shape, generator=generator) * 2 - 1 for name in ("image", "partner", "pose")}


def trainer(cfg=CFG):
    torch.manual_seed(0)
    return Trainer(cfg, CPU)


def test_errors_are_those_of_the_target_and_of_each_code_with_its_own_partner():
    made, given = trainer(), batch()
    net = made.net
    with torch.no_grad():
        who, how = net.identity_codes(given["partner"]), net.pose_codes(given["pose"])
        target = (net.drawn(how, who) - given["image"]).abs().mean()
        of_pose = (net.drawn(how, net.identity_codes(given["pose"])) - given["pose"]).abs().mean()
        of_identity = (net.drawn(net.pose_codes(given["partner"]), who) - given["partner"]).abs().mean()
    losses = made.step(made.state, given, 0)
    assert float(losses["target"]) == pytest.approx(float(target), rel=1e-4)
    assert float(losses["own"]) == pytest.approx(float(of_pose + of_identity), rel=1e-4)


@pytest.mark.parametrize("switch", ["own_weight", "trace_weight", "adversarial_weight"])
def test_every_loss_can_be_switched_off(switch):
    losses = trainer(replace(CFG, **{switch: 0.0})).step({}, batch(), 0)
    missing = {"own_weight": "own", "trace_weight": "trace", "adversarial_weight": "generator"}[switch]
    assert missing not in losses
    assert torch.isfinite(torch.stack(list(losses.values()))).all()


def test_one_step_changes_all_networks_and_the_average():
    made = trainer()
    before = {name: value.clone() for name, value in made.net.state_dict().items()}
    made.step({}, batch(), 1)
    changed = {name.partition(".")[0] for name, value in made.net.state_dict().items() if not value.equal(before[name])}
    assert changed == {"identity", "pose", "generator", "verification"}


def test_pixel_verification_begins_late_and_grows():
    made = trainer(replace(CFG, steps=100, trace_from=0.2))
    assert [made.trace_share(i) for i in (0, 20, 30, 40, 99)] == pytest.approx([0, 0, 0.5, 1, 1])


def test_it_learns():
    cfg = replace(CFG, steps=60, rate=3e-3)
    made = trainer(cfg)
    losses = [float(made.step({}, batch(0, cfg), i)["target"]) for i in range(60)]
    assert losses[-1] < 0.75 * losses[0]


def test_a_picture_is_traced_to_itself_and_scores_high():
    torch.manual_seed(0)
    module = Verification(16, 16, 8, 0.02)
    # Colours as features: every position of its own.
    picture = torch.rand(1, 3, 16, 16) * 2 - 1
    module.features = torch.nn.Identity()
    module.key = torch.nn.Parameter(torch.ones(5) * 1e-3)
    trace = module(picture, picture)
    assert trace.weights.shape == (1, 256, 257)
    torch.testing.assert_close(trace.weights.sum(2), torch.ones(1, 256))
    assert (trace.weights[0, :, :-1].argmax(1) == torch.arange(256)).float().mean() > 0.9
    with torch.no_grad():
        own, other = module.score(picture, picture), module.score(-picture, picture)
        score = module.score(picture, torch.rand(1, 3, 16, 16) * 2 - 1)
    assert float(own.mean()) > float(other.mean())
    assert score.shape == (1, 1, 16, 16)
    assert 0 <= float(score.min()) <= float(score.max()) <= 1


def test_the_loss_of_pixel_verification_is_that_of_traced_colours():
    module = Verification(16, 8, 4, 0.07)
    drawn, identity, target = (torch.rand(2, 3, 16, 16) * 2 - 1 for _ in range(3))
    trace = module(drawn, identity)
    wanted = sum((trace.colours - module.shrunk(x)).abs().mean(1).clamp(max=0.5).mean() for x in (target, drawn))
    torch.testing.assert_close(module.loss(trace, target, drawn), wanted)


def test_pictures_that_are_no_triplets_are_refused():
    with pytest.raises(InputError, match="clips"):
        trainer().step({}, {"image": batch()["image"]}, 0)


@pytest.mark.parametrize("change", [{"resolution": 24}, {"widths": (4,)}, {"trace_side": 5}])
def test_settings_that_do_not_fit_are_refused(change):
    with pytest.raises(ValueError, match=r"power|widths|divide"):
        replace(CFG, **change)


def learned(folder):
    train_share(idpose.train, batch, replace(CFG, steps=4), folder)


@pytest.mark.slow
def test_two_processes_do_what_one_does(tmp_path):
    check_two_do_what_one_does(learned, __file__, tmp_path)
