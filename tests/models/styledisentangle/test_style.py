"""The style model: normalisation, losses, routing of gradients, tiles, style vectors."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from together import check_two_do_what_one_does, train_share

from calotype import distributed
from calotype.errors import ArgumentError, InputError
from calotype.models import styledisentangle as model
from calotype.models.styledisentangle import Config
from calotype.models.styledisentangle.generate import decoded
from calotype.models.styledisentangle.losses import (
    class_loss,
    content_loss,
    disentangling_loss,
    finding_loss,
    pixel_loss,
    triplet_loss,
)
from calotype.models.styledisentangle.network import Discriminator
from calotype.models.styledisentangle.normalization import local_group_norm
from calotype.models.styledisentangle.patches import moved, patches
from calotype.models.styledisentangle.styles import between, closest, combined, vectors
from calotype.models.styledisentangle.trainer import Examples, Trainer, draw, equal, mixed, of_artists, style_losses
from calotype.run import Run

CFG = model.adapted(model.PRESETS["tiny"], {"artists": ["one", "two"], "categories": ["a", "b", "c"]})
PUBLISHED = replace(
    CFG,
    skips=0,
    real_share=0.0,
    allowed_learned=True,
    own_artist_weight=0.0,
    reconstruction_weight=0.0,
    temperature=0.0,
    artist_judges=False,
    style_normalised=True,
    discriminator_normalised=True,
    moves=0,
    spread=0.02,
    average=0.0,
    rising=0.0,
    falling=0.0,
)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return model.build(CFG).eval()


def examples(count=2, side=16):
    generator = torch.Generator().manual_seed(0)
    photos, artworks = torch.rand(2, 2 * count, 3, side, side, generator=generator) * 2 - 1
    return Examples(photos, artworks, torch.zeros(count, dtype=torch.int64), torch.zeros(2 * count, dtype=torch.int64))


def test_one_window_is_group_normalisation():
    x = torch.randn(2, 8, 12, 12)
    torch.testing.assert_close(local_group_norm(x, 4, 12), F.group_norm(x, 2), atol=1e-4, rtol=0)
    torch.testing.assert_close(local_group_norm(x, 32, 16), F.group_norm(x, 1), atol=1e-4, rtol=0)


def test_windows_are_local_and_lie_where_they_lie_in_the_whole():
    x = torch.randn(1, 4, 64, 64)
    changed = x.clone()
    changed[:, :, :, 48:] += 9.0
    near, far = (local_group_norm(each, 4, 8)[..., :32] for each in (x, changed))
    assert torch.equal(near, far)
    part = local_group_norm(x[:, :, 8:56, 8:56], 4, 8)
    torch.testing.assert_close(part[..., 16:-16, 16:-16], local_group_norm(x, 4, 8)[..., 24:40, 24:40])


def test_a_style_vector_has_length_one(net):
    found = net.style(torch.rand(3, 3, 16, 16), 16)
    assert found.shape == (3, CFG.style)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(3))


def test_the_triplet_loss_is_nothing_beyond_its_margin():
    first, second = torch.eye(2)[None, 0], torch.eye(2)[None, 1]
    assert float(triplet_loss(first, second, first, second, 0.5)) == 0
    assert float(triplet_loss(first, second, second, first, 0.5)) == pytest.approx(2.5)
    assert float(triplet_loss(first, second, first, first, 0.3)) == pytest.approx(0.5 * 0.3 + 0.5 * 0.3)


def test_the_disentanglement_loss_is_a_hinge():
    style, result = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    assert float(disentangling_loss(style, result, result)) == 0
    assert float(disentangling_loss(style, style, result)) == pytest.approx(2)
    assert float(disentangling_loss(style, result, -result)) == pytest.approx(4 - 2)


@pytest.mark.parametrize("learned", [True, False])
def test_the_difference_that_is_allowed_may_have_no_gradient(learned):
    artwork, one, two = (torch.tensor([[x, 0.0]], requires_grad=True) for x in (0.1, 0.0, 1.0))
    loss = disentangling_loss(artwork, one, two, allowed_learned=learned)
    assert float(loss.detach()) == pytest.approx(0.99)
    found = torch.autograd.grad(loss, (artwork, one, two), allow_unused=True)
    assert (found[0] is not None) == learned
    assert float(found[1][0, 0]) == pytest.approx(-1.8 if learned else -2)


def test_other_losses():
    x = torch.rand(2, 3, 8, 8)
    assert float(content_loss(x, 2 * x)) == pytest.approx(0, abs=1e-9)
    assert float(content_loss(x, -x)) == pytest.approx(4, rel=1e-5)
    assert float(pixel_loss(x, x + 0.5, 4)) == pytest.approx(0.25, rel=1e-4)
    right = torch.tensor([[9.0, -9.0]])
    assert float(class_loss(right, torch.tensor([0]))) < 0.001 < float(class_loss(right, torch.tensor([1])))
    maps = right[:, :, None, None].expand(1, 2, 3, 3)
    torch.testing.assert_close(class_loss(maps, torch.tensor([1])), class_loss(right, torch.tensor([1])))


def test_style_losses_reach_all_networks_and_the_content_loss_not_the_style_encoder():
    torch.manual_seed(0)
    net = model.build(CFG)
    drawn = draw(net, examples(), 16)
    for part in (net.content, net.style, net.decoder):
        found = torch.autograd.grad(
            sum(style_losses(drawn, 0.9)), list(part.parameters()), retain_graph=True, allow_unused=True
        )
        assert any(gradient is not None and gradient.abs().sum() > 0 for gradient in found)
    alone = net.style(torch.rand(2, 3, 16, 16), 16).sum()
    none = torch.autograd.grad(alone, list(net.content.parameters()), allow_unused=True)
    assert all(gradient is None for gradient in none)


def test_everything_is_drawn_once_and_equals_what_is_drawn_alone(net):
    given = examples()
    drawn = draw(net, given, 16)
    one, two = given.photos.split(2)
    first, second = given.artworks.split(2)
    for number, (photo, artwork) in enumerate([(one, first), (one, second), (two, first)]):
        made = net.decoder(net.content(photo, 16), net.style(artwork, 16), 16)
        torch.testing.assert_close(drawn.results[2 * number : 2 * number + 2], made)
        torch.testing.assert_close(drawn.again[2 * number : 2 * number + 2], net.style(made, 16))


@pytest.mark.parametrize("cfg", [CFG, PUBLISHED])
def test_without_a_target_all_networks_learn_and_with_one_they_take_turns(cfg):
    batch = {"image": torch.rand(4, 3, 32, 32), "art": torch.rand(4, 3, 32, 32)}
    batch |= {"category": torch.zeros(4, dtype=torch.int64), "artist": torch.zeros(4, dtype=torch.int64)}
    both = Trainer(cfg, 0, CPU)
    assert {"generator", "discriminator"} <= both.step(both.state, batch, 0).keys()
    turns = Trainer(replace(cfg, target=0.5), 0, CPU)
    said = turns.step(turns.state, batch, 0)
    assert "generator" in said
    assert "discriminator" not in said
    assert float(turns.accuracy) == pytest.approx(0.5, abs=0.00501)
    turns.accuracy.fill_(0.2)
    assert "generator" not in turns.step(turns.state, batch, 1)
    assert float(turns.accuracy) != pytest.approx(0.2)


def batch(count=4, side=32):
    found = {"image": torch.rand(count, 3, side, side), "art": torch.rand(count, 3, side, side)}
    return found | {"category": torch.zeros(count, dtype=torch.int64), "artist": torch.arange(count) % 2}


def test_each_photo_meets_all_artworks_with_their_artists():
    given = batch(6)
    given["art"] = given["artist"][:, None, None, None].expand(6, 3, 32, 32)
    torch.manual_seed(0)
    seen = [mixed(given) for _ in range(40)]
    assert all(torch.equal(each["art"][:, 0, 0, 0], each["artist"]) for each in seen)
    assert all(torch.equal(each["image"], given["image"]) for each in seen)
    assert len({int(each["artist"][0]) for each in seen}) == 2


def test_a_result_finds_its_artwork_among_all():
    styles, again = torch.eye(4), torch.cat([torch.eye(4), torch.eye(4)[:2]])
    assert float(finding_loss(styles, again, 0.05)) < 1e-6
    assert float(finding_loss(torch.ones(4, 3), torch.ones(6, 3), 0.1)) == pytest.approx(math.log(4), rel=1e-5)
    assert float(finding_loss(styles, again.roll(1, 0), 0.05)) > 10


def test_a_result_need_not_be_told_from_an_equal_artwork():
    styles = torch.eye(4)[[0, 1, 0, 2]]  # the third artwork is the first
    again = torch.cat([styles, styles[:2]])
    same = equal(styles[:, :, None, None])
    assert same.tolist() == [[i == j or {i, j} == {0, 2} for j in range(4)] for i in range(4)]
    assert float(finding_loss(styles, again, 0.05)) > 0.3
    assert float(finding_loss(styles, again, 0.05, same)) < 1e-6
    given = batch()
    given["art"][3] = given["art"][0]
    trainer = Trainer(CFG, 0, CPU)
    found = trainer.examples(given)
    assert found.same.sum() == 6
    assert found.same[0, 3]
    drawn = draw(trainer.net, found, 16)
    masked, plain = (style_losses(drawn, 0.2, 0.1, same)[0] for same in (found.same, None))
    assert masked < plain


def test_skips_hand_the_maps_before_each_halving_to_the_decoder():
    torch.manual_seed(0)
    net = model.build(replace(CFG, skips=3)).eval()
    photo = torch.rand(2, 3, 32, 32)
    content = net.content(photo, 16)
    assert content.shape == (2, CFG.deep + 3 * (4 + 16), 8, 8)
    x, maps = net.content.first(photo, 8), []
    for number, (halve, skip) in enumerate(zip(net.content.halving, net.content.skips)):
        maps.append(skip(x))
        x = halve(x, max(4, 16 >> number + 2))
    torch.testing.assert_close(content[:, : CFG.deep], x)
    for found, wanted in zip(net.decoder.skips_of(content), maps[::-1], strict=True):
        torch.testing.assert_close(found, wanted)
    without = model.build(PUBLISHED)
    assert without.content(photo, 16).shape == (2, CFG.deep, 8, 8)
    assert without.decoder.skips_of(without.content(photo, 16)) == []


def test_artworks_are_drawn_of_their_own_content_and_style(net):
    given = examples()
    drawn, without = draw(net, given, 16, own=True), draw(net, given, 16)
    first = given.artworks[:2]
    torch.testing.assert_close(drawn.own, net.decoder(net.content(first, 16), net.style(first, 16), 16))
    torch.testing.assert_close(drawn.results, without.results)
    assert without.own is None


def test_artists_are_judged_by_outputs_of_their_own():
    real = torch.arange(12.0).view(2, 2, 3, 1)
    assert torch.equal(of_artists(real, torch.tensor([1, 0])), torch.stack([real[0, 1:], real[1, :1]]))
    assert torch.equal(of_artists(real[:, :1], torch.tensor([1, 0])), real[:, :1])
    assert Discriminator(replace(CFG, artist_judges=True)).real.out_channels == 2


def test_contrast_is_style_only_without_normalisation():
    picture = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    for normalised in (True, False):
        torch.manual_seed(0)
        encoder = model.build(replace(CFG, style_normalised=normalised)).style.eval()
        features = [encoder.stack(scale * picture, 16) for scale in (1, 0.5)]
        ratio = float(features[1].detach().mean() / features[0].detach().mean())
        assert (ratio > 0.95) == normalised


def test_rates_fall_and_style_losses_rise():
    cfg = replace(CFG, until=(10, 20), rate=1.0, falling=0.5, rising=0.2)
    assert [cfg.rate_at(step) for step in (0, 10, 15)] == [1, 1, 0.5]
    assert [cfg.share_at(step) for step in (0, 2, 4, 19)] == [0, 0.5, 1, 1]
    trainer = Trainer(cfg, 1, CPU)
    trainer.step(trainer.state, batch(), 5)
    assert trainer.generator_optimizer.param_groups[0]["lr"] == trainer.discriminator_optimizer.param_groups[0]["lr"]
    assert trainer.generator_optimizer.param_groups[0]["lr"] == 0.5


def test_style_encoder_and_discriminator_learn_from_real_pictures_at_first():
    cfg = replace(CFG, until=(3, 4), real_share=0.5, rising=0.5)
    assert [cfg.share_at(step) for step in (0, 2, 3)] == [0, 0, 1]
    assert replace(cfg, rising=0.0).share_at(0) == 1
    trainer = Trainer(cfg, 0, CPU)
    assert trainer.average is not None
    before = {name: value.clone() for name, value in trainer.net.state_dict().items()}
    averaged = trainer.result.style.layers[0].weight.clone()
    assert trainer.step(trainer.state, batch(), 1).keys() == {
        "artworks",
        "own artist",
        "artist of artworks",
        "category of photos",
    }
    changed = {name.split(".")[0] for name, value in trainer.net.state_dict().items() if (value != before[name]).any()}
    assert changed == {"style"}
    assert (trainer.result.style.layers[0].weight != averaged).any()
    assert {"generator", "discriminator"} <= trainer.step(trainer.state, batch(), 2).keys()
    counts = {int(each["step"]) for each in trainer.generator_optimizer.state.values()}
    assert counts == {1}  # Adam's averages begin anew with the first results
    with pytest.raises(ValueError, match="own_artist_weight"):
        replace(cfg, own_artist_weight=0.0)


def test_the_average_of_the_networks_is_returned():
    torch.manual_seed(0)
    trainer = Trainer(replace(CFG, average=0.9, falling=0.0), 0, CPU)
    before = trainer.net.decoder.last.weight.clone()
    trainer.step(trainer.state, batch(), 0)
    assert trainer.result is not trainer.net
    wanted = before.lerp(trainer.net.decoder.last.weight, 0.9)  # the first update of a warm average
    torch.testing.assert_close(trainer.result.decoder.last.weight, wanted)
    assert Trainer(PUBLISHED, 0, CPU).result.training


def test_the_published_settings_have_nothing_of_ours():
    paper = model.PRESETS["paper"]
    ours = (paper.own_artist_weight, paper.reconstruction_weight, paper.temperature, paper.average, paper.rising)
    assert (*ours, paper.falling, paper.artist_judges, paper.moves, paper.skips, paper.real_share) == (0,) * 10
    assert paper.allowed_learned
    assert paper.style_normalised
    assert paper.discriminator_normalised
    assert Trainer(PUBLISHED, 0, CPU).state.keys() == {
        "net",
        "discriminator",
        "artists",
        "generator optimizer",
        "discriminator optimizer",
        "accuracy",
    }


def test_the_published_discriminator():
    paper = replace(Config(), artists=("a",) * 3, categories=("b",) * 4)
    judge = Discriminator(paper)
    assert [conv.conv.out_channels for conv in judge.convs] == [128, 128, 256, 512, 512, 1024, 1024]
    assert [each.kernel_size[0] for each in judge.maps] == [5, 10, 3, 10, 3, 6, 3]
    assert judge.real.in_channels == 7
    assert paper.widths == [32, 32, 64, 128, 256]
    real, artist, category = Discriminator(PUBLISHED)(torch.rand(2, 3, 16, 16), 16)
    assert (real.shape, artist.shape, category.shape) == ((2, 1, 8, 8), (2, 2, 8, 8), (2, 3))


@pytest.mark.parametrize("size", [(160, 130), (97, 333)])
def test_tiles_agree_with_the_whole(net, size):
    generator = torch.Generator().manual_seed(1)
    photo = torch.rand(1, 3, *size, generator=generator) * 2 - 1
    code = net.style(photo[:, :, :16, :16], CFG.window)
    with torch.no_grad():
        whole = decoded(CFG, Run(), net, photo, code)
        tiles = decoded(CFG, Run(), net, photo, code, core=CFG.window)
    assert whole.shape == (1, 3, *size)
    assert (whole - tiles).abs().max() * 127.5 <= 2


@pytest.mark.parametrize("size", [(1, 1), (5, 90), (33, 17)])
def test_photos_and_artworks_of_any_size(net, size):
    photo, artwork = torch.rand(1, 4, *size), torch.rand(1, 3, size[1], size[0])
    made = model.stylize(CFG, Run(), net=net, photo=photo, style=artwork)
    assert made.shape == (1, 3, *size)
    assert torch.isfinite(made).all()


def test_style_vectors_of_a_large_artwork(net):
    artwork = torch.rand(1, 3, 32, 100)
    found = vectors(net, CFG, artwork)
    assert found.shape == (10, CFG.style)
    assert torch.equal(found, vectors(net, CFG, artwork))
    assert len(vectors(net, CFG, torch.rand(1, 3, 50, 50))) == 1  # shrunk to one patch
    torch.testing.assert_close(combined(found, "mean"), found.mean(0, keepdim=True))
    torch.testing.assert_close(combined(found, "median"), found.median(0, keepdim=True).values)
    assert any(torch.equal(combined(found, "closest")[0], each) for each in found)
    with pytest.raises(InputError, match="median"):
        combined(found, "max")
    one, other = torch.eye(3)[:2], torch.eye(3)[1:]
    assert torch.equal(torch.cat(closest(one, other)), torch.eye(3)[[1, 1]])
    assert model.style_features(net, CFG, [artwork, artwork]).shape == (2, CFG.style)


def test_styles_between_two_artworks(net):
    one, other = torch.rand(1, 3, 32, 32), -torch.ones(1, 3, 32, 32)
    ends = [combined(vectors(net, CFG, each), "mean") for each in (one, other)]
    torch.testing.assert_close(between(net, CFG, one, other, 0.25, "mean"), 0.75 * ends[0] + 0.25 * ends[1])
    photo = torch.rand(1, 3, 32, 32)
    film = model.interpolate(CFG, Run(), net=net, picture=photo, style=one, to_style=other, frames=3)
    wanted = model.stylize(CFG, Run(), net=net, photo=photo, style=one, to_style=other, blend=0.5)
    torch.testing.assert_close(film[1], wanted)
    torch.testing.assert_close(film[0], model.stylize(CFG, Run(), net=net, photo=photo, style=one))
    with pytest.raises(ArgumentError, match="--to-style"):
        model.stylize(CFG, Run(), net=net, photo=photo, style=one, blend=0.5)
    with pytest.raises(InputError, match="two artworks"):
        model.interpolate(CFG, Run(), net=net, picture=photo)


def test_equal_frames_of_a_film_are_equal(net):
    frame = torch.rand(1, 3, 32, 32)
    film = model.stylize_film(CFG, Run(), net=net, frames=[frame, frame], style=torch.rand(1, 3, 40, 90))
    assert torch.equal(*film)


def test_patches_are_cut_and_changed():
    pictures = torch.rand(2, 3, 32, 40)
    torch.manual_seed(0)
    same = patches(pictures, 16, augment=False)
    assert same.shape == (2, 3, 16, 16)
    rows = pictures[0].unfold(1, 16, 1).unfold(2, 16, 1)
    assert ((rows - same[0][:, None, None]).abs().amax((0, 3, 4)) == 0).any()
    assert patches(pictures, 32, augment=True).abs().max() <= 1


def test_pictures_are_moved_and_mirrored():
    pictures = torch.rand(12, 3, 8, 9, requires_grad=True)
    torch.manual_seed(0)
    found = moved(pictures, 1)
    padded = F.pad(pictures, (1, 1, 1, 1), mode="replicate")
    windows = padded.unfold(2, 8, 1).unfold(3, 9, 1)  # [12, 3, 3, 3, 8, 9]
    same = [
        ((windows - each[:, :, None, None]).abs().amax((1, 4, 5)) == 0).any(2).any(1) for each in (found, found.flip(3))
    ]
    assert (same[0] | same[1]).all()
    assert same[0].any()
    assert same[1].any()
    found.sum().backward()
    assert pictures.grad.sum() == pytest.approx(found.numel())
    assert moved(pictures, 0) is pictures


@pytest.mark.parametrize(
    "wrong",
    [
        {"average": 1.0},
        {"falling": -1.0},
        {"windows": (20, 32)},
        {"until": (3, 2)},
        {"patches": (16,)},
        {"batches": (3, 4)},
        {"prediction_kernels": (3,)},
    ],
)
def test_settings_that_do_not_go_together(wrong):
    with pytest.raises(ValueError, match=r"."):
        Config(**{**CFG.__dict__, **wrong})


def test_shares_have_patches_and_places_of_the_whole_batch(monkeypatch):
    pictures = torch.rand(4, 3, 32, 40)

    def made(part, parts):
        torch.manual_seed(0)
        return patches(part, 16, augment=True), moved(torch.cat([part, part]), 2, parts=parts)

    cut, placed = made(pictures, 2)
    monkeypatch.setattr(distributed, "world", lambda: 2)
    for rank in (0, 1):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        own = slice(2 * rank, 2 * rank + 2)
        found = made(pictures[own], 2)
        torch.testing.assert_close(found[0], cut[own])
        torch.testing.assert_close(found[1], torch.cat([placed[:4][own], placed[4:][own]]))


def test_batches_that_are_odd_in_a_process_are_refused(monkeypatch):
    monkeypatch.setattr(distributed, "world", lambda: 2)
    with pytest.raises(InputError, match="multiples of 4"):
        model.train(several, replace(CFG, batches=(4, 2)), Run())


def several(i):
    generator = torch.Generator().manual_seed(i)
    found = {name: torch.rand(4, 3, 32, 32, generator=generator) * 2 - 1 for name in ("image", "art")}
    return found | {"category": torch.arange(4) % 3, "artist": torch.tensor([0, 1, 1, 0])}


def learned(folder):
    train_share(model.train, several, replace(CFG, temperature=0.0, augment=True), folder)


@pytest.mark.slow
def test_two_processes_do_what_one_does(tmp_path):
    check_two_do_what_one_does(learned, __file__, tmp_path)
