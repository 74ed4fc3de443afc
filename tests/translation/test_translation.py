"""BicycleGAN's networks and step, the record of a task, and pictures of conditions of any size."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.errors import InputError
from calotype.models import bicyclegan
from calotype.models.bicyclegan import Config
from calotype.run import Run
from calotype.translation.config import adapted
from calotype.translation.drawing import drawn
from calotype.translation.network import code_of, planes
from calotype.translation.record import description, fitted_prior, sha256
from calotype.translation.trainer import Trainer

CFG = bicyclegan.PRESETS["tiny"]


def batch_of(i, cfg=CFG, labels=False):
    generator = torch.Generator().manual_seed(i)
    size = (cfg.batch, 3, *cfg.size)
    found = {"image": torch.rand(size, generator=generator) * 2 - 1, "other": torch.rand(size, generator=generator)}
    return {"image": found["image"], "label": torch.arange(cfg.batch) % 2} if labels else found


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return bicyclegan.build(CFG).eval()


def test_the_code_reaches_every_level(net):
    for level, conv in enumerate(net.generator.down):
        before = [3, *CFG.widths][level]
        assert conv.in_channels == before + CFG.code


def test_channels_of_the_published_networks():
    paper = bicyclegan.PRESETS["paper"]
    assert paper.widths == [64, 128, 256, 512, 512, 512, 512, 512]
    assert paper.encoder_widths == [64, 128, 192, 256, 256]
    assert (paper.pixel_weight, paper.code_weight, paper.kl_weight, paper.rate, paper.beta1) == (
        10,
        0.5,
        0.01,
        2e-4,
        0.5,
    )


def test_the_loss_of_the_found_code_reaches_the_generator_alone(net):
    torch.manual_seed(0)
    own = bicyclegan.build(CFG)
    picture = own.draw(torch.zeros(2, 3, *CFG.size), torch.randn(2, CFG.code))
    own.encode_fixed(picture).sum().backward()
    assert all(parameter.grad is None for parameter in own.encoder.parameters())
    assert all(parameter.grad is not None for parameter in own.generator.parameters())
    assert torch.equal(own.encode_fixed(picture), own.encode(picture)[0])


def test_a_step_is_that_of_separate_passes():
    """The gradients are those of the losses written out one by one, each with passes of its own."""
    torch.manual_seed(3)
    trainer = Trainer(replace(CFG, rate=0.0), bicyclegan.build(CFG), torch.device("cpu"))
    batch = batch_of(1)
    torch.manual_seed(5)
    said = trainer.step(trainer.state, batch, 0)
    found = {name: p.grad.clone() for name, p in trainer.net.named_parameters()}
    torch.manual_seed(5)
    noise, drawn_codes = torch.randn(CFG.batch // 2, 2, CFG.code).unbind(1)
    net, (one, two) = trainer.net, trainer.discriminators
    real, condition = batch["image"][::2], batch["other"][::2]
    mean, log_variance = net.encoder(real)
    reconstructed = net.generator(condition, mean + noise * (log_variance / 2).exp())
    free = net.generator(condition, drawn_codes)
    judged = sum((scale[-1] - 1).square().mean() for scale in [*one(reconstructed), *two(free)])
    kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()
    for parameter in net.encoder.parameters():
        parameter.requires_grad_(False)
    latent = (net.encoder(free)[0] - drawn_codes).abs().mean()
    trainer.net.zero_grad(set_to_none=True)
    (CFG.code_weight * latent).backward(retain_graph=True)
    for parameter in net.encoder.parameters():
        parameter.requires_grad_(True)
    rest = CFG.adversarial_weight * judged + CFG.pixel_weight * (reconstructed - real).abs().mean() + CFG.kl_weight * kl
    rest.backward()
    for name, parameter in net.named_parameters():
        torch.testing.assert_close(found[name], parameter.grad, rtol=1e-3, atol=1e-6)
    assert float(said["kl"]) == pytest.approx(float(kl.detach()), rel=1e-4)


def test_discriminators_that_see_the_condition_judge_both_together():
    cfg = replace(CFG, rate=0.0, discriminator_condition=True)
    torch.manual_seed(3)
    trainer = Trainer(cfg, bicyclegan.build(cfg), torch.device("cpu"))
    batch = batch_of(1)
    torch.manual_seed(5)
    said = trainer.step(trainer.state, batch, 0)
    torch.manual_seed(5)
    noise, drawn_codes = torch.randn(CFG.batch // 2, 2, CFG.code).unbind(1)
    net, (one, two) = trainer.net, trainer.discriminators
    real, condition = batch["image"][::2], batch["other"][::2]
    mean, log_variance = net.encode(real)
    fakes = net.draw(condition, mean + noise * (log_variance / 2).exp()), net.draw(condition, drawn_codes)
    wanted = 0.0
    for judge, fake, known, given in zip(
        (one, two), fakes, (real, batch["image"][1::2]), (condition, batch["other"][1::2])
    ):
        for of_fake, of_known in zip(judge(fake, condition), judge(known, given)):
            wanted += float((of_fake[-1].square().mean() + (of_known[-1] - 1).square().mean()).detach())
    assert float(said["discriminator"]) == pytest.approx(wanted, rel=1e-4)
    assert one.scales[0].convs[0].in_channels == 6
    plain = Trainer(CFG, bicyclegan.build(CFG), torch.device("cpu"))
    assert plain.discriminators[0].scales[0].convs[0].in_channels == 3


def test_a_fitted_prior_has_mean_and_covariance_of_the_codes():
    generator = torch.Generator().manual_seed(0)
    mean = torch.randn(50, 1, generator=generator) * torch.tensor([2.0, -1.0]) + torch.tensor([3.0, 0.5])
    log_variance = torch.randn(50, 2, generator=generator)
    many = mean.repeat(4000, 1)
    drawn_codes = many + torch.randn(many.shape, generator=generator) * (log_variance / 2).exp().repeat(4000, 1)
    centre, root = fitted_prior(mean, log_variance)
    torch.testing.assert_close(centre, drawn_codes.mean(0), atol=0.02, rtol=0)
    torch.testing.assert_close(root @ root.T, torch.cov(drawn_codes.T), atol=0.05, rtol=0)


@pytest.mark.parametrize("log_variance", [-14.0, -120.0])
@pytest.mark.parametrize("spread", [0.0, 3.0])
def test_a_prior_is_fitted_to_codes_that_vary_in_one_direction_alone(log_variance, spread):
    """Without the divergence (kl_weight=0) the variances of single codes vanish."""
    generator = torch.Generator().manual_seed(0)
    direction = torch.randn(1, 8, generator=generator)
    mean = 1 + spread * torch.randn(64, 1, generator=generator) * direction
    _, root = fitted_prior(mean, torch.full((64, 8), log_variance))
    torch.testing.assert_close(root @ root.T, torch.cov(mean.T, correction=0), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("log_variance", [float("nan"), 1000.0])
def test_no_prior_is_fitted_to_the_codes_of_a_training_that_diverged(log_variance):
    with pytest.raises(InputError, match="the training diverged"):
        fitted_prior(torch.zeros(4, 2), torch.full((4, 2), log_variance))


def test_codes_of_seeds_are_drawn_from_the_fitted_prior():
    cfg = replace(CFG, code_prior="fitted")
    fitted, plain = (bicyclegan.train(batch_of, one, Run()) for one in (cfg, CFG))
    record = fitted.records[0]
    mean, root = fitted_prior(*fitted.encode(torch.cat([batch_of(i)["image"] for i in range(16)])))
    assert torch.equal(record.code_mean, mean)
    assert torch.equal(record.code_root, root)
    picture = batch_of(0)["other"][:1]
    made = bicyclegan.translate(cfg, Run(), net=fitted, picture=picture, seed=3)
    code = mean + (root @ code_of(3, cfg.code)[0])[None]
    torch.testing.assert_close(made, drawn(fitted, cfg, picture, code, torch.device("cpu")))
    made = bicyclegan.translate(CFG, Run(), net=plain, picture=picture, seed=3)
    assert torch.equal(made, drawn(plain, CFG, picture, code_of(3, CFG.code), torch.device("cpu")))


def test_a_model_without_a_prior_has_the_standard_one(net):
    old = {name: value for name, value in net.state_dict().items() if "code_" not in name}
    again = bicyclegan.build(replace(CFG, code_prior="fitted"))
    with torch.no_grad():
        again.load_state_dict(old)
    assert torch.equal(again.records[0].codes(code_of(3, CFG.code)), code_of(3, CFG.code))


@pytest.mark.parametrize("size", [(16, 16), (19, 30), (4, 5)])
def test_pictures_have_the_size_of_their_condition(net, size):
    made = bicyclegan.translate(CFG, Run(), net=net, picture=torch.rand(1, 3, *size), seed=2)
    assert made.shape == (1, 3, *size)
    assert made.abs().max() <= 1
    small = bicyclegan.translate(CFG, Run(), net=net, picture=torch.rand(1, 3, *size), size=(16, 8), seed=2)
    assert small.shape == (1, 3, 16, 8)


def test_an_exemplar_gives_the_code_whatever_the_seed(net):
    picture, style = torch.rand(1, 3, 16, 16), torch.rand(1, 3, 40, 20) * 2 - 1
    first, second = (bicyclegan.translate(CFG, Run(), net=net, picture=picture, style=style, seed=s) for s in (1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, bicyclegan.translate(CFG, Run(), net=net, picture=picture, seed=1))


def test_a_film_begins_and_ends_with_the_pictures_of_its_seeds(net):
    picture = torch.rand(1, 3, 16, 16)
    film = bicyclegan.interpolate(CFG, Run(), net=net, picture=picture, seed=4, to_seed=9, frames=3)
    for frame, seed in ((film[0], 4), (film[-1], 9)):
        torch.testing.assert_close(frame, bicyclegan.translate(CFG, Run(), net=net, picture=picture, seed=seed))
    with pytest.raises(InputError, match="--picture"):
        bicyclegan.interpolate(CFG, Run(), net=net)


def test_labels_are_conditions():
    cfg = replace(CFG, classes=3)
    net = bicyclegan.train(lambda i: batch_of(i, cfg, labels=True), cfg, Run())
    made = [bicyclegan.sample(cfg, Run(), net=net, label=label, seed=1) for label in (0, 1)]
    assert made[0].shape == (1, 3, 16, 16)
    assert not torch.equal(*made)
    with pytest.raises(InputError, match="0 to 2"):
        bicyclegan.sample(cfg, Run(), net=net, label=3)
    with pytest.raises(InputError, match="calotype sample"):
        bicyclegan.check_pictures(cfg)
    with pytest.raises(InputError, match="calotype translate"):
        bicyclegan.check_labels(CFG)
    assert planes(torch.tensor([1]), 3, (2, 2))[0, :, 0, 0].tolist() == [-1, 1, -1]
    assert net.records[0].labels.tolist() == [True, True, False]


def test_a_record_has_pairs_and_what_conditions_look_like():
    net = bicyclegan.train(batch_of, CFG, Run())
    record = net.records[0]
    kept = record.pairs()
    first = batch_of(0)
    assert torch.allclose(kept["image"], first["image"][: CFG.kept], atol=1 / 127)
    assert torch.allclose(kept["other"], first["other"][: CFG.kept], atol=1 / 127)
    own = record.likelihood(torch.cat([batch_of(i)["other"] for i in range(16)]))
    assert float((own >= record.typical).float().mean()) == pytest.approx(0.95, abs=0.02)
    assert record.likelihood(-torch.ones(1, 3, 16, 16)).item() < float(record.typical)
    assert description(torch.rand(2, 3, 7, 9)).shape == (2, 64)


def test_the_hash_is_of_the_bytes():
    known = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"  # of one byte, 0
    assert sha256(torch.zeros(1, dtype=torch.uint8)) == known


def test_settings_of_a_set():
    assert adapted(CFG, {"labels": 10, "pairs": True}) == CFG
    assert adapted(CFG, {"labels": 10, "pairs": False}).classes == 10
    with pytest.raises(InputError, match="classes=10"):
        adapted(replace(CFG, classes=3), {"labels": 10, "pairs": False})
    for wrong in ({"batch": 3}, {"size": (18, 16)}, {"levels": 1}, {"decay_at": 2.0}, {"code": 0}):
        with pytest.raises(ValueError, match=r"."):
            Config(**{**CFG.__dict__, **wrong})


def test_pixels_beyond_the_last_row_are_repeated(net):
    condition = torch.rand(1, 3, 18, 18)
    whole = torch.nn.functional.pad(condition, (0, 2, 0, 2), mode="replicate")
    code = code_of(0, CFG.code)
    wanted = drawn(net, CFG, whole, code, torch.device("cpu"))[:, :, :18, :18]
    assert torch.equal(drawn(net, CFG, condition, code, torch.device("cpu")), wanted)
