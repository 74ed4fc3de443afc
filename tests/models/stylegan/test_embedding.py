"""Embedding and editing, in a small generator with random weights: the mechanisms, not the beauty."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from calotype.errors import InputError
from calotype.models import stylegan
from calotype.models.stylegan import distances, embedding
from calotype.models.stylegan.embedding import embed, prepared, structure
from calotype.nn.vgg import Vgg16
from calotype.run import Run

CFG = replace(
    stylegan.PRESETS["tiny"], resolution=32, base=256, max_channels=16, style=16, latent=16, architecture="skip"
)


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    made = stylegan.build(CFG).eval().requires_grad_(False)
    for name, value in made.named_parameters():
        if name.endswith("noise_strength"):
            value.fill_(0.1)
    made.generator.mapping.w_avg.copy_(made.generator.mapping(torch.randn(200, 16)).mean(0))
    return made


@pytest.fixture(autouse=True)
def no_weights(monkeypatch):
    """No weights but those of the test: VGG-16 with random ones."""
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    torch.manual_seed(1)
    vgg = Vgg16("random vgg").requires_grad_(False).eval()
    monkeypatch.setattr(distances, "vgg16", lambda: vgg)
    monkeypatch.setattr(distances, "_PAPER_SIDE", 32)


def foreign_photo(height=40, width=50):
    chance = torch.Generator().manual_seed(1)
    return (
        F.interpolate(torch.rand(1, 3, 5, 5, generator=chance), size=(height, width), mode="bicubic") * 2 - 1
    ).clamp(-1, 1)


def quality(made, photo):
    return float(embedding.psnr(made.picture, prepared(photo, CFG)))


def test_large_networks_are_searched_at_low_resolutions_for_longer():
    assert embedding._counts(300, [32]) == [300]
    assert embedding._counts(300, [32, 64, 128, 256]) == [70, 70, 70, 90]
    assert embedding._counts(300, [32, 64, 128, 256, 512]) == [104, 75, 54, 39, 28]
    for steps in (1, 4, 5, 7, 8, 30):
        counts = embedding._counts(steps, [32, 64, 128, 256, 512, 1024])
        assert sum(counts) == steps
        assert min(counts) >= 0
        assert counts[-1] >= 1


def test_a_style_for_each_layer_fits_better_than_one_and_noise_maps_better_still(net):
    photo, run = foreign_photo(), Run()
    one = embed(CFG, run, net=net, photo=photo, space="w", steps=50)
    each = embed(CFG, run, net=net, photo=photo, steps=50)
    noise = embed(CFG, run, net=net, photo=photo, steps=50, noise_steps=30)
    assert one.styles.shape == each.styles.shape == (1, 8, 16)
    assert torch.equal(one.styles[0, 0], one.styles[0, 7])
    assert quality(each, photo) > quality(one, photo) + 1.5
    assert quality(noise, photo) > quality(each, photo) + 3
    assert torch.equal(noise.styles, each.styles)
    assert [each.shape[-1] for each in noise.noise] == [4, 8, 8, 16, 16, 32, 32]
    assert each.noise == ()
    assert each.features.startswith("offline features")


@pytest.mark.parametrize("strength", [-0.001, 0.00005])
def test_noise_maps_that_the_network_makes_little_of_are_changed_by_more(net, strength):
    weak, photo = copy.deepcopy(net), foreign_photo()
    for name, value in weak.named_parameters():
        if name.endswith("noise_strength"):
            value.fill_(strength)
    plain = embed(CFG, Run(), net=weak, photo=photo, steps=20)
    noise = embed(CFG, Run(), net=weak, photo=photo, steps=20, noise_steps=30)
    assert quality(noise, photo) > quality(plain, photo) + 3


def test_a_picture_of_the_generator_itself_is_found(net):
    target = net.generator(net.generator.styles(torch.randn(1, 16, generator=torch.Generator().manual_seed(4))))
    start = float(embedding.psnr(net.generator(net.generator.mapping.w_avg.expand(1, 8, -1)), target.clamp(-1, 1)))
    made = embed(CFG, Run(), net=net, photo=target.clamp(-1, 1), steps=60)
    assert quality(made, target.clamp(-1, 1)) > start + 6


def test_the_other_methods(net):
    photo = foreign_photo()
    start = float(embedding.psnr(net.generator(net.generator.mapping.w_avg.expand(1, 8, -1)), prepared(photo, CFG)))
    paper = embed(CFG, Run(), net=net, photo=photo, method="paper", steps=15, start="mean")
    assert paper.features == "random vgg"
    assert quality(paper, photo) > start
    projected = embed(CFG, Run(), net=net, photo=photo, method="projector", steps=40)
    assert len(projected.noise) == 7
    for each in projected.noise:
        assert float(each.mean().abs()) < 1e-4
        assert float(each.square().mean()) == pytest.approx(1, abs=1e-3)
    assert torch.equal(projected.styles[0, 0], projected.styles[0, 7])
    other = embed(CFG, Run(), net=net, photo=photo, method="paper", steps=1, start="random", seed=3)
    assert other.styles.abs().max() < 1.1


def test_a_stopped_search_goes_on_as_if_it_had_not_been(net, tmp_path):
    photo = foreign_photo()
    whole = embed(CFG, Run(), net=net, photo=photo, steps=6, noise_steps=3)
    run = Run(tmp_path, on_event=lambda event: run.stop() if event.step == 3 else None)
    with pytest.raises(Exception, match="run the same command again"):
        embed(CFG, run, net=net, photo=photo, steps=6, noise_steps=3)
    again = embed(CFG, Run(tmp_path), net=net, photo=photo, steps=6, noise_steps=3)
    assert torch.equal(again.picture, whole.picture)


def test_coarse_stages_come_first(net):
    cfg = replace(CFG, resolution=64, base=512)
    torch.manual_seed(0)
    larger = stylegan.build(cfg).eval().requires_grad_(False)
    stages = []
    run = Run(on_event=lambda event: stages.append((event.stage, event.steps)) if event.kind == "begin" else None)
    embed(cfg, run, net=larger, photo=foreign_photo(), steps=10)
    assert stages == [("styles at 32 pixels", 7), ("styles at 64 pixels", 3)]


def larger_net(classes=0):
    cfg = replace(CFG, resolution=64, base=512, classes=classes)
    torch.manual_seed(0)
    return cfg, stylegan.build(cfg).eval().requires_grad_(False)


@pytest.mark.parametrize(("space", "classes"), [("w+", 0), ("w", 0), ("w+", 2)])
def test_the_best_of_several_starts_goes_on(monkeypatch, space, classes):
    cfg, net = larger_net(classes)
    monkeypatch.setattr(embedding, "_LARGE", cfg.resolution)
    seen, kept = [], embedding._keep_best

    def recorded(code, generator, side, distance, wanted, compared):
        before = code.styles.detach().clone()
        kept(code, generator, side, distance, wanted, compared)
        made = [generator(each[None].expand(-1, generator.rows, -1), until=side) for each in before]
        losses = [float(distance(each, compared) + F.mse_loss(each, wanted)) for each in made]
        seen.append((before, code.styles.detach().clone(), losses))

    monkeypatch.setattr(embedding, "_keep_best", recorded)
    made = embed(cfg, Run(), net=net, photo=foreign_photo(), steps=10, space=space)
    ((before, after, losses),) = seen
    assert len(before) == 4
    assert torch.equal(after, before[losses.index(min(losses))][None])
    assert made.styles.shape == (1, net.generator.rows, cfg.style)


@pytest.mark.parametrize("at", [("styles at 32 pixels, 4 starts", 3), ("styles at 64 pixels", 2)])
def test_a_search_from_several_starts_is_resumed_to_the_bit(tmp_path, at, monkeypatch):
    cfg, net = larger_net()
    monkeypatch.setattr(embedding, "_LARGE", cfg.resolution)
    given = {"net": net, "photo": foreign_photo(), "steps": 10}
    whole = embed(cfg, Run(), **given)
    run = Run(tmp_path, on_event=lambda event: run.stop() if (event.stage, event.step) == at else None)
    with pytest.raises(Exception, match="run the same command again"):
        embed(cfg, run, **given)
    assert torch.equal(embed(cfg, Run(tmp_path), **given).picture, whole.picture)


def test_noise_without_structure_has_no_penalty():
    torch.manual_seed(0)
    white = [torch.randn(1, 1, 64, 64)]
    smooth = [F.interpolate(torch.randn(1, 1, 8, 8), scale_factor=8)]
    assert structure(white) < 0.05 * structure(smooth)


def test_the_photo_is_cropped_and_becomes_grey_for_a_grey_generator():
    photo = foreign_photo(40, 80)
    assert torch.equal(prepared(photo, CFG), prepared(photo[..., 20:60], CFG))
    assert prepared(photo, replace(CFG, channels=1)).shape == (1, 1, 32, 32)


def test_what_is_refused(net):
    photo = foreign_photo()
    for given in ({"method": "best"}, {"space": "z"}, {"start": "zero"}):
        with pytest.raises(InputError, match="is not known: choose one of"):
            embed(CFG, Run(), net=net, photo=photo, **given)
    third = replace(CFG, generator="stylegan3", layers=4, resolution=16, base=64)
    torch.manual_seed(0)
    with pytest.raises(InputError, match="has no noise maps: leave out --noise-steps"):
        embed(third, Run(), net=stylegan.build(third).eval(), photo=photo, noise_steps=1)
    torch.manual_seed(0)
    still = stylegan.build(CFG).eval().requires_grad_(False)  # strengths of noise start at 0
    with pytest.raises(InputError, match="uses no noise"):
        embed(CFG, Run(), net=still, photo=photo, steps=1, noise_steps=1)


def test_stylegan3_and_lucidrains_are_searched_too():
    for changes in ({"generator": "stylegan3", "layers": 4, "base": 64}, {"generator": "lucidrains"}):
        cfg = replace(CFG, **changes)
        torch.manual_seed(0)
        other = stylegan.build(cfg).eval().requires_grad_(False)
        made = embed(cfg, Run(), net=other, photo=foreign_photo(), steps=2)
        assert made.picture.shape == (1, 3, 32, 32)


# --- edits


def code(net, seed, noise=False):
    styles = net.generator.styles(torch.randn(1, 16, generator=torch.Generator().manual_seed(seed)))
    styles = styles + 0.1 * torch.randn(styles.shape, generator=torch.Generator().manual_seed(seed + 50))
    maps = {f"noise{k}": torch.randn(1, 1, s, s) for k, s in enumerate(net.generator.synthesis.noise_sides)}
    return {"styles": styles, **(maps if noise else {})}


def picture(net, given):
    maps = [given[f"noise{k}"] for k in range(7)] if "noise0" in given else "const"
    return stylegan.generate.displayed(net.generator(given["styles"], maps))


def test_a_path_goes_from_one_picture_to_the_other(net):
    one, other = code(net, 1), code(net, 2, noise=True)
    frames = stylegan.morph(CFG, Run(), net=net, first=one, second=other, frames=4)
    assert len(frames) == 4
    torch.testing.assert_close(frames[0], picture(net, one))
    torch.testing.assert_close(frames[-1], picture(net, other))


@pytest.mark.parametrize("frames", [3, 6, 7])
def test_a_path_goes_through_all_codes_in_order_and_back(net, frames):
    codes = [code(net, seed, noise=seed == 2) for seed in (1, 2, 3)]
    one, two, three = codes
    given = {"net": net, "first": one, "second": two, "further": [three], "frames": frames}
    made = stylegan.morph(CFG, Run(), **given)
    assert len(made) == frames
    shown = [
        next(i for i, frame in enumerate(made) if torch.allclose(frame, picture(net, c), atol=1e-5)) for c in codes
    ]
    assert shown[0] == 0
    assert shown[2] == frames - 1
    assert abs(shown[1] - (frames - 1) / 2) <= 0.5  # equal times
    closed = stylegan.morph(CFG, Run(), closed=True, **given)
    assert len(closed) == frames + round((frames - 1) / 2) - 1
    if len(closed) > frames:
        last = three["styles"].lerp(one["styles"], 1 / round((frames - 1) / 2))
        torch.testing.assert_close(closed[frames], picture(net, {"styles": last}))


def test_samples_are_interpolated(net):
    for truncation in (1.0, 0.5):
        frames = stylegan.interpolate(CFG, Run(), net=net, seed=4, to_seed=6, frames=3, truncation=truncation)
        assert len(frames) == 3
        for frame, seed in ((frames[0], 4), (frames[-1], 6)):
            torch.testing.assert_close(frame, stylegan.sample(CFG, Run(), net=net, seed=seed, truncation=truncation))
        assert not torch.equal(frames[0], frames[1])


def test_layers_are_crossed(net):
    one, other = code(net, 1), code(net, 2)
    made = stylegan.crossover(CFG, Run(), net=net, structure=one, style=other, from_layer=3)
    assert torch.equal(made.styles[:, :3], one["styles"][:, :3])
    assert torch.equal(made.styles[:, 3:], other["styles"][:, 3:])
    assert torch.equal(made.picture, picture(net, {"styles": made.styles}))
    with pytest.raises(InputError, match="no layer 9"):
        stylegan.crossover(CFG, Run(), net=net, structure=one, style=other, from_layer=9)


def test_a_difference_is_added(net):
    target, before, after = code(net, 1), code(net, 2), code(net, 3)
    made = stylegan.transfer(CFG, Run(), net=net, code=target, before=before, after=after, strength=0.5)
    difference = after["styles"] - before["styles"]
    torch.testing.assert_close(made.styles, target["styles"] + 0.5 * difference)
    made = stylegan.transfer(CFG, Run(), net=net, code=target, before=before, after=after, threshold=1.0)
    changed = (made.styles != target["styles"]).any(2)[0]
    assert changed.sum() == 1
    assert changed[difference.norm(dim=2)[0].argmax()]


def test_directions(net):
    given = code(net, 1)
    one, two = (stylegan.adjust(CFG, Run(), net=net, code=given, component=k) for k in (0, 1))
    first, second = (made.styles[0, 0] - given["styles"][0, 0] for made in (one, two))
    assert abs(float(first @ second)) < 1e-3 * float(first.norm() * second.norm())
    weights = [v for name, v in net.generator.named_parameters() if name.endswith("affine.weight")]
    effect = [float(sum((w @ (d / d.norm()) / w.norm(dim=1)).square().sum() for w in weights)) for d in (first, second)]
    assert effect[0] > effect[1]
    part = stylegan.adjust(CFG, Run(), net=net, code=given, component=0, strength=-2, from_layer=2, to_layer=3)
    moved = (part.styles != given["styles"]).any(2)[0]
    assert moved.tolist() == [False, False, True, True, False, False, False, False]
    by_file = stylegan.adjust(CFG, Run(), net=net, code=given, direction={"direction": torch.ones(16)}, strength=3)
    torch.testing.assert_close(by_file.styles, given["styles"] + 3)
    each = stylegan.adjust(CFG, Run(), net=net, code=given, direction={"a": torch.ones(1, 8, 16)})
    torch.testing.assert_close(each.styles, given["styles"] + 1)
    for wrong, words in (
        ({"a": torch.ones(9)}, "does not fit"),
        ({"a": torch.ones(16), "b": torch.ones(16)}, "one array"),
    ):
        with pytest.raises(InputError, match=words):
            stylegan.adjust(CFG, Run(), net=net, code=given, direction=wrong)
    with pytest.raises(InputError, match="no component 16"):
        stylegan.adjust(CFG, Run(), net=net, code=given, component=16)
    with pytest.raises(InputError, match="the layers of this model are 0 to 7"):
        stylegan.adjust(CFG, Run(), net=net, code=given, from_layer=5, to_layer=8)


def test_codes_of_other_models_are_refused(net):
    for wrong in ({"styles": torch.ones(1, 10, 16)}, {"styles": torch.ones(1, 8, 12)}, {"a": torch.ones(1, 8, 16)}):
        with pytest.raises(InputError, match="embed the photo in this model"):
            stylegan.adjust(CFG, Run(), net=net, code=wrong)
    noise = {**code(net, 1, noise=True), "noise3": torch.ones(1, 1, 5, 5)}
    with pytest.raises(InputError, match="noise maps of the latent code are not of this model"):
        stylegan.adjust(CFG, Run(), net=net, code=noise)
