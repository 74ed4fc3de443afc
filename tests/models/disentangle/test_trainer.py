"""One step: which loss reaches which network, and that one backward pass gives the gradients of one for each player."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from together import check_two_do_what_one_does, train_share

from calotype.errors import InputError
from calotype.losses.density_ratio import density_ratio_loss
from calotype.models import disentangle
from calotype.models.disentangle.trainer import Trainer
from calotype.nn.critics import Critics, exchanged

CFG = replace(disentangle.PRESETS["tiny"], warm_up=0, bf16=False)
CPU = torch.device("cpu")


def batch(i=0, cfg=CFG):
    generator = torch.Generator().manual_seed(i)
    shape = (cfg.batch, 3, cfg.resolution, cfg.resolution)
    return {name: torch.rand(shape, generator=generator) * 2 - 1 for name in ("image", "partner")}


def trainer(cfg=CFG, multiplier=2.0):
    torch.manual_seed(0)
    made = Trainer(cfg, CPU)
    made.controllers.multiplier.fill_(multiplier)
    return made


def by_player(made, given):
    """The gradients of each player's own loss, each by a call of its own, as written in the paper."""
    cfg, net = made.cfg, made.net
    torch.manual_seed(1)
    noise = torch.randn(cfg.batch, cfg.pose)
    codes = net.poses(given["image"])
    identity = net.identity_codes(given["partner"])
    pose = codes.sample(noise)
    error = (net.drawn(pose, identity) - given["image"]).square().flatten(1).sum(1).mean()
    certain = torch.arange(cfg.batch)[:, None] < 2 if cfg.of_means else torch.zeros(cfg.batch, 1, dtype=torch.bool)
    seen = torch.where(certain, codes.mean, pose)
    joint, independent = made.critics(seen.detach(), identity.detach())
    found = {}
    for number in range(3):
        loss = density_ratio_loss(joint[number], independent[number])
        found[number] = torch.autograd.grad(loss, list(made.critics.parameters()), retain_graph=True)
    information = made.critics(seen, identity.detach())[0][0].mean()
    c = information - cfg.epsilon
    constraint = float(made.controllers.multiplier) * c + cfg.multiplier_rate / 2 * c**2
    own = error + made.controllers.gamma * codes.kl() + constraint
    found["pose"] = torch.autograd.grad(own, list(net.pose.parameters()), retain_graph=True)
    found["identity"] = torch.autograd.grad(error, list(net.identity.parameters()), retain_graph=True)
    found["decoder"] = torch.autograd.grad(error, list(net.decoder.parameters()))
    return found


@pytest.mark.parametrize(("covariance", "of_means"), [("full", 0.5), ("diagonal", 0.5), ("full", 0.0)])
def test_one_backward_pass_gives_the_gradients_of_every_player(covariance, of_means):
    made, given = trainer(replace(CFG, covariance=covariance, of_means=of_means)), batch()
    wanted = by_player(made, given)
    torch.manual_seed(1)
    made.gradients(given, 5)
    for name in ("pose", "identity", "decoder"):
        for parameter, gradient in zip(getattr(made.net, name).parameters(), wanted[name], strict=True):
            torch.testing.assert_close(parameter.grad, gradient, atol=1e-5, rtol=1e-4)
    for k, parameter in enumerate(made.critics.parameters()):
        apart = sum(wanted[number][k] for number in range(3))
        torch.testing.assert_close(parameter.grad, apart, atol=1e-6, rtol=1e-4)


def test_critics_share_nothing():
    torch.manual_seed(0)
    critics = Critics(4, 5, count=3, width=8, blocks=1, products=6)
    pose, identity = torch.randn(6, 4), torch.randn(6, 5)
    joint, independent = critics(pose, identity)
    (gradient,) = torch.autograd.grad(joint[1].sum() + independent[1].sum(), critics.of_first.weights[1])
    assert gradient[1].abs().sum() > 0
    assert gradient[[0, 2]].abs().sum() == 0
    torch.testing.assert_close(critics.frozen(2, pose, identity), joint[2])
    torch.testing.assert_close(independent[0], critics.frozen(0, pose, exchanged(identity)))


def test_the_constraint_reaches_the_pose_encoder_alone():
    strong, without, given = trainer(multiplier=50.0), trainer(replace(CFG, constraint=False)), batch()
    for made in (strong, without):
        torch.manual_seed(1)
        made.gradients(given, 5)
    same = {
        name: all(
            torch.allclose(a.grad, b.grad, atol=1e-6)
            for a, b in zip(getattr(strong.net, name).parameters(), getattr(without.net, name).parameters())
        )
        for name in ("pose", "identity", "decoder")
    }
    assert same == {"pose": False, "identity": True, "decoder": True}


def test_a_frozen_appearance_encoder_stays_as_it_was_trained_alone():
    cfg = replace(CFG, pretrained=2)
    net = disentangle.train(batch, cfg, _run())
    made = Trainer(cfg, CPU)
    assert not any(parameter.requires_grad for parameter in made.net.identity.parameters())
    assert disentangle.stages(cfg) == ["identities", "pictures"]
    assert len(disentangle.efforts(cfg)) == 2
    assert net.identity.head.weight.shape[0] == cfg.identity


def _run():
    from calotype.run import Run

    return Run()


def test_drawing_leaves_out_what_is_mostly_noise():
    kept = {}
    for least in (0.0, 1.0):
        net = disentangle.train(batch, replace(CFG, least_signal=least), _run())
        kept[least] = float(net.informative.kept.trace())
        with torch.no_grad():
            means = net.poses(batch()["image"]).mean
            torch.testing.assert_close(net.pose_codes(batch()["image"]), net.informative(means))
    assert kept[0.0] == CFG.pose
    assert kept[1.0] < CFG.pose - 0.5


def test_it_learns_and_says_what_it_finds():
    cfg = replace(CFG, steps=60, batch=8, rate=3e-3)
    made, losses = trainer(cfg, 0.0), []
    for i in range(60):
        losses.append(made.step(made.state, batch(0, cfg), i))
    assert float(losses[-1]["reconstruction"]) < 0.7 * float(losses[0]["reconstruction"])
    assert {"information", "information, unopposed", "information, measured", "lambda", "gamma"} <= losses[0].keys()


def test_pictures_alone_are_refused():
    with pytest.raises(InputError, match="clips"):
        trainer().step({}, {"image": batch()["image"]}, 0)


@pytest.mark.parametrize("change", [{"batch": 5}, {"resolution": 24}, {"widths": (4,)}])
def test_settings_that_do_not_fit_are_refused(change):
    with pytest.raises(ValueError, match=r"even|power|widths"):
        replace(CFG, **change)


def learned(folder):
    train_share(disentangle.train, batch, replace(CFG, steps=4), folder)


@pytest.mark.slow
def test_two_processes_do_what_one_does(tmp_path):
    check_two_do_what_one_does(learned, __file__, tmp_path)
