"""What one step does, and whether it learns: on drawn images of 16 pixels."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype import processor
from calotype.losses.adversarial import discriminator_loss, generator_loss
from calotype.losses.penalty import image_gradient_penalty, real_gradient_penalty
from calotype.models import cocogan
from calotype.models.cocogan import trainer as training
from calotype.models.cocogan.network import BatchNorm
from calotype.models.cocogan.trainer import Trainer, draw, jitter_colours, real_patches, recalibrate_norms

TINY = cocogan.PRESETS["tiny"]
CPU = torch.device("cpu")


def pictures(n, seed=0, size=(16, 16)):
    """A light above and a dark below, in a colour of each image's own."""
    generator = torch.Generator().manual_seed(seed)
    tone = torch.rand(n, 3, 1, 1, generator=generator) * 0.6 - 0.3
    down = torch.linspace(0.6, -0.6, size[0]).view(1, 1, -1, 1)
    return (tone + down).expand(n, 3, *size).contiguous()


def trainer(cfg=TINY, **how):
    torch.manual_seed(0)
    return Trainer(cocogan.build(cfg), cfg, CPU, cfg.steps, **how)


def test_one_step_changes_both_networks_and_says_what_it_did():
    made = trainer()
    before = {name: value.clone() for name, value in made.net.state_dict().items()}
    said = made.step(made.state, {"image": pictures(4)}, 0)
    assert set(said) == {"discriminator", "coordinates", "latent", "penalty", "generator"}
    after = made.net.state_dict()
    for part in ("generator", "critic", "average"):
        assert any(not torch.equal(before[name], after[name]) for name in before if name.startswith(part))


@pytest.mark.parametrize("quick", [True, False])
def test_bfloat16_is_used_where_the_processor_multiplies_it_quickly(monkeypatch, quick):
    monkeypatch.setattr(processor, "fast_bfloat16", lambda: quick)
    for wanted in (True, False):
        made, seen = trainer(replace(TINY, bf16=wanted)), set()
        for part in (*made.net.generator.modules(), *made.net.critic.modules()):
            if isinstance(part, torch.nn.Linear | torch.nn.Conv2d):
                part.register_forward_hook(lambda part, given, result, seen=seen: seen.add(result.dtype))
        made.step(made.state, {"image": pictures(4)}, 0)
        assert (torch.bfloat16 in seen) is (wanted and quick)
        assert seen <= {torch.bfloat16, torch.float32}


def test_the_penalty_is_worked_out_now_and_then():
    made = trainer()
    assert "penalty" in made.step(made.state, {"image": pictures(4)}, 0)
    assert "penalty" not in made.step(made.state, {"image": pictures(4)}, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"adversarial": "wasserstein", "penalty": 10.0, "penalty_every": 1},
        {"adversarial": "wasserstein", "penalty": 10.0, "penalty_every": 1, "released": True},
        {"coordinates": "cylindrical", "size": (16, 32)},
        {"mirror": True, "tint": 0.5},
        {"extra_blocks": 2},
        {"latent_weight": 0.0},
        {"latent_spectral": False, "edges": 2.0},
    ],
)
def test_every_kind_of_step_gives_numbers(changes):
    cfg = replace(TINY, **changes)
    made = trainer(cfg)
    for i in range(2):
        said = made.step(made.state, {"image": pictures(4, size=cfg.size)}, i)
    assert all(torch.isfinite(value) for value in said.values())


def test_a_batch_in_parts_has_the_losses_of_the_whole():
    whole, parts = trainer(replace(TINY, bf16=False)), trainer(replace(TINY, bf16=False, accumulate=2))
    for each in (whole, parts):
        for module in each.net.modules():  # batch norm would see the parts apart
            if isinstance(module, BatchNorm):
                module.eval().train = lambda mode=True: None
        for _ in range(300):  # singular values are estimated once a part: they have to be known already
            each.net.critic(torch.zeros(1, 3, TINY.macro, TINY.macro), torch.zeros(1, 2))
            each.net.generator(torch.zeros(1, TINY.latent), torch.zeros(1, 2))
    said = []
    for each in (whole, parts):
        torch.manual_seed(1)  # draws
        said.append(each.step(each.state, {"image": pictures(4)}, 1))
    for name in ("discriminator", "coordinates", "generator"):
        assert said[0][name].item() == pytest.approx(said[1][name].item(), rel=1e-3), name


def test_only_pieces_are_ever_judged(monkeypatch):
    made = trainer()
    seen = []
    monkeypatch.setattr(
        type(made.net.critic), "features", lambda self, x: seen.append(x.shape) or torch.ones(len(x), 32) * x.mean()
    )
    made.step(made.state, {"image": pictures(4)}, 1)
    assert {tuple(shape[1:]) for shape in seen} == {(3, TINY.macro, TINY.macro)}


def test_real_pieces_are_where_the_made_ones_are():
    torch.manual_seed(0)
    cfg = replace(TINY, mirror=False)
    drawn = draw(cfg, CPU)
    assert torch.equal(drawn.row, drawn.fake_row)
    grown = pictures(4)
    cut = real_patches(grown, drawn, cfg)
    for i in range(4):
        top, left = int(drawn.row[i]) * cfg.micro, int(drawn.column[i]) * cfg.micro
        assert torch.equal(cut[i], grown[i, :, top : top + cfg.macro, left : left + cfg.macro])


@pytest.mark.parametrize(("edges", "shares"), [(1.0, [1 / 3, 1 / 3, 1 / 3]), (2.0, [0.4, 0.2, 0.4])])
def test_places_at_edges_are_drawn_as_often_as_asked(edges, shares):
    torch.manual_seed(0)
    drawn = draw(replace(TINY, edges=edges, batch=6000), CPU)
    for place in (drawn.row, drawn.column):
        found = [(place == k).float().mean().item() for k in range(3)]
        assert found == pytest.approx(shares, abs=0.02)


def test_a_cylinder_has_edges_above_and_below_alone():
    torch.manual_seed(0)
    drawn = draw(replace(TINY, edges=2.0, batch=6000, coordinates="cylindrical"), CPU)
    found = [(drawn.column == k).float().mean().item() for k in range(4)]
    assert found == pytest.approx([0.25] * 4, abs=0.02)
    assert (drawn.row == 1).float().mean().item() == pytest.approx(0.2, abs=0.02)


def test_the_head_that_guesses_random_vectors_may_be_free():
    free, bound = (cocogan.build(replace(TINY, latent_spectral=spectral)).critic for spectral in (False, True))
    divided = [name.endswith("original") for name, _ in free.source.named_parameters()]
    assert not any(divided)
    assert all(
        any(name.endswith("original") for name, _ in head.named_parameters()) for head in (bound.source, free.place)
    )


def test_edges_that_are_never_seen_are_refused():
    with pytest.raises(ValueError, match="edges"):
        replace(TINY, edges=0.0)


def test_beyond_the_edges_only_made_pieces_go():
    torch.manual_seed(0)
    drawn = draw(replace(TINY, batch=64), CPU, beyond=1)
    outside = (drawn.fake_row < 0) | (drawn.fake_row > 2) | (drawn.fake_column < 0) | (drawn.fake_column > 2)
    assert outside.all()
    assert ((drawn.row >= 0) & (drawn.row <= 2)).all()


def test_beyond_the_edges_the_late_blocks_stay_as_they_are(monkeypatch):
    made = trainer(replace(TINY, beyond=1, beyond_steps=1, micro=8, macro=8, size=(16, 16)), beyond=True)
    kept = made.net.generator.last.state_dict()["parametrizations.weight.original"].clone()
    monkeypatch.setattr(made, "_update", _only_beyond(made))
    made.step(made.state, {"image": pictures(4)}, 1)
    assert torch.equal(kept, made.net.generator.last.state_dict()["parametrizations.weight.original"])


def _only_beyond(made):
    whole = made._update
    nothing = {"discriminator": torch.zeros(()), "generator": torch.zeros(())}
    return lambda *given, beyond=False: whole(*given, beyond=True) if beyond else dict(nothing)


def test_the_rates_fall_at_the_end():
    made = trainer(replace(TINY, decay_at=0.5, steps=4))
    rates = {"generator": [], "critic": [], "latent": []}
    for i in range(5):
        made.step(made.state, {"image": pictures(4)}, i)
        rates["generator"].append(made.generator_optimizer.param_groups[0]["lr"] / TINY.generator_rate)
        for name, group in zip(("critic", "latent"), made.discriminator_optimizer.param_groups):
            rates[name].append(group["lr"] / getattr(TINY, f"{name}_rate"))
    for name, found in rates.items():
        assert found == pytest.approx([1, 1, 1, 0.55, 0.1]), name


def test_the_average_keeps_its_share_of_the_past():
    made = trainer(replace(TINY, average=0.75))
    before = made.net.average.first.bias.clone()
    made.step(made.state, {"image": pictures(4)}, 0)
    wanted = 0.75 * before + 0.25 * made.net.generator.first.bias
    assert torch.allclose(made.net.average.first.bias, wanted, atol=1e-7)


def test_colours_are_left_alone_without_strength_and_changed_with_it():
    pieces, how = pictures(4), torch.rand(4, 7) * 2 - 1
    assert jitter_colours(pieces, how, 0.0) is pieces
    assert not torch.allclose(jitter_colours(pieces, how, 0.5), pieces)
    assert torch.allclose(jitter_colours(pieces, torch.zeros(4, 7), 0.5), pieces, atol=1e-6)


def test_measured_normalisation_is_that_of_the_pictures():
    torch.manual_seed(0)
    net = cocogan.build(TINY)
    recalibrate_norms(net.average, TINY, CPU, batches=300)
    assert not net.average.training
    norm = net.average.norm
    seen = []
    norm.register_forward_hook(lambda module, given, out: seen.append(out.clone()))
    drawn = draw(replace(TINY, batch=200), CPU)
    with torch.no_grad():
        training.macro_patches(net.average, drawn.latent, *training.cells_within(drawn.row, drawn.column, TINY), TINY)
    assert seen[0].mean().abs() < 0.1
    assert abs(seen[0].std() - 1) < 0.1


def test_the_penalties_of_critics_that_are_known():
    weight = torch.randn(3 * 4 * 4)
    weight /= weight.norm()

    def linear(pieces):
        return pieces.flatten(1) @ weight

    real, fake = torch.randn(5, 3, 4, 4), torch.randn(5, 3, 4, 4)
    assert image_gradient_penalty(linear, real, fake).item() == pytest.approx(0, abs=1e-10)
    assert image_gradient_penalty(lambda x: 3 * linear(x), real, fake).item() == pytest.approx(4, rel=1e-5)
    assert real_gradient_penalty(lambda x: 3 * linear(x), real).item() == pytest.approx(9, rel=1e-5)


def test_losses_of_scores_that_are_known():
    real, fake = torch.tensor([2.0, 0.0]), torch.tensor([-3.0, 1.0])
    assert discriminator_loss(real, fake, "wasserstein").item() == -2.0
    assert discriminator_loss(real, fake, "hinge").item() == 0.5 + 1.0
    assert generator_loss(fake).item() == 1.0


@pytest.fixture(scope="module")
def taught():
    """A small net after enough steps to have learned that it is light above and dark below."""
    cfg = replace(TINY, width=4, critic_width=8, batch=8, steps=50, average=0.9, tint=0.0, penalty=0.0)
    cfg = replace(cfg, generator_rate=2e-3, critic_rate=2e-3)
    from calotype.run import Run

    stream = lambda i: {"image": pictures(8, seed=i)}  # noqa: E731
    return cfg, cocogan.train(stream, cfg, Run(seed=1))


def test_what_is_made_lies_where_it_belongs(taught):
    from calotype.run import Run

    cfg, net = taught
    made = torch.cat([cocogan.sample(cfg, Run(), net=net, seed=seed) for seed in range(16)])
    mean = made.mean((0, 1, 3))
    wanted = pictures(64).mean((0, 1, 3))
    assert torch.corrcoef(torch.stack([mean, wanted]))[0, 1] > 0.7
    upside_down = torch.cat([mean[8:], mean[:8]])
    assert torch.corrcoef(torch.stack([upside_down, wanted]))[0, 1] < 0


def test_the_critic_knows_where_a_piece_belongs(taught):
    cfg, net = taught
    torch.manual_seed(0)
    drawn = draw(replace(cfg, batch=64), CPU)
    at = training.macro_coordinates(drawn.row, drawn.column, cfg)
    net.critic.train()  # so few steps leave the running statistics behind
    with torch.no_grad():
        guessed = net.critic.place(net.critic.features(real_patches(pictures(64, seed=1000), drawn, cfg)))
    net.critic.eval()
    # Guessing the middle always is wrong by two thirds, squared and on average.
    assert (guessed - at)[:, 0].square().mean() < 0.2


PUBLISHED = replace(TINY, adversarial="wasserstein", penalty=10.0, beyond=1, beyond_steps=2)


def test_published_coordinates_start_like_all_other_inputs():
    torch.manual_seed(0)
    affine = cocogan.build(replace(PUBLISHED, latent=100, width=4)).generator.first
    weight = next(value.detach() for name, value in affine.named_parameters() if name.endswith("original"))
    ratio = float(weight[:, -2:].std() / weight[:, :-2].std())
    assert ratio == pytest.approx(1, abs=0.25)


def test_published_training_beyond_the_edges_takes_places_inside_as_well():
    torch.manual_seed(0)
    for cfg, expected in ((PUBLISHED, 9 / 25), (replace(PUBLISHED, adversarial="hinge"), 0.0)):
        drawn = draw(replace(cfg, batch=4000), CPU, 1)
        rows, columns = training.macro_choices(cfg)
        assert (rows, columns) == (3, 3)
        inside = (drawn.fake_row >= 0) & (drawn.fake_row < 3) & (drawn.fake_column >= 0) & (drawn.fake_column < 3)
        assert float(inside.float().mean()) == pytest.approx(expected, abs=0.03)


def test_published_weight_of_coordinates_beyond_the_edges():
    published = replace(PUBLISHED, coordinate_weight=100.0)
    assert training.coordinate_weight(published, beyond=True) == 10_000
    assert training.coordinate_weight(published, beyond=False) == 100
    assert training.coordinate_weight(replace(published, adversarial="hinge"), beyond=True) == 100
    made = trainer(PUBLISHED, beyond=True)
    said = made.step(made.state, {"image": pictures(4)}, 0)
    assert all(torch.isfinite(value) for value in said.values())


def test_a_panorama_is_turned_and_mixed_by_different_numbers():
    drawn = draw(replace(TINY, batch=64), CPU)
    assert not torch.equal(drawn.share, drawn.mix)
    assert float(torch.corrcoef(torch.stack([drawn.share.flatten(), drawn.mix.flatten()]))[0, 1]) < 0.5
