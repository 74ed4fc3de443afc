"""Masked embedding and its recipes (Image2StyleGAN++), in a small generator with random weights."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.errors import InputError
from calotype.models import stylegan
from calotype.models.stylegan import distances, embedding, recipes, tuning
from calotype.models.stylegan.activations import combined
from calotype.models.stylegan.distances import fast_distance
from calotype.models.stylegan.search import (
    Target,
    cosine,
    error,
    gram,
    gram_loss,
    maps_of,
    psnr,
    search_noise,
    search_styles,
)
from calotype.nn.vgg import Vgg16
from calotype.run import Run

SIDE = 32
CFG = replace(
    stylegan.PRESETS["tiny"], resolution=SIDE, base=256, max_channels=16, style=16, latent=16, architecture="skip"
)


def built(cfg, seed=0):
    torch.manual_seed(seed)
    made = stylegan.build(cfg).eval().requires_grad_(False)
    for name, value in made.named_parameters():
        if name.endswith("noise_strength"):
            value.fill_(0.1)
    if hasattr(made.generator.mapping, "w_avg"):
        made.generator.mapping.w_avg.copy_(made.generator.mapping(torch.randn(200, cfg.latent)).mean(0))
    return made


@pytest.fixture(scope="module")
def net():
    return built(CFG)


@pytest.fixture(autouse=True)
def no_weights(monkeypatch):
    """No weights but those of the test: VGG-16 with random ones."""
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    torch.manual_seed(1)
    vgg = Vgg16("random vgg").requires_grad_(False).eval()
    monkeypatch.setattr(distances, "vgg16", lambda: vgg)
    monkeypatch.setattr(distances, "_PAPER_SIDE", SIDE)


def styles_of(net, seed):
    return net.generator.styles(torch.randn(1, CFG.latent, generator=torch.Generator().manual_seed(seed)))


def drawing(net, seed):
    """A picture of the generator: [1, 3, side, side], -1..1."""
    return net.generator(styles_of(net, seed)).clamp(-1, 1)


@pytest.fixture
def hole():
    mask = torch.zeros(1, 1, SIDE, SIDE)
    mask[..., 10:20, 12:22] = 1
    return mask


def change(made, photo, where):
    """Mean absolute change of a region, 0..1."""
    return float(((made - photo).abs() * where).sum() / where.sum() / 3 / 2)


def test_the_loss_sees_nothing_outside_of_its_mask(hole):
    made = torch.randn(1, 3, SIDE, SIDE, requires_grad=True)
    error(made, Target(torch.zeros_like(made), hole)).backward()
    assert (made.grad * (1 - hole) == 0).all()
    assert (made.grad * hole != 0).any()
    features = torch.randn(1, 4, SIDE, SIDE, requires_grad=True)
    gram(features, hole).sum().backward()
    assert (features.grad * (1 - hole) == 0).all()


def test_a_gram_matrix_does_not_depend_on_the_size_of_its_mask(hole):
    features = torch.randn(1, 3, 1, 1).expand(1, 3, SIDE, SIDE)
    assert torch.allclose(gram(features, hole), gram(features), atol=1e-5)
    loss = gram_loss(lambda x: [x], features, hole)
    assert float(loss(features)) == 0
    assert float(loss(2 * features)) == pytest.approx(9)


def test_rows_that_are_not_chosen_stay_to_the_bit(net):
    start, photo = styles_of(net, 1), drawing(net, 2)
    found, stage = search_styles(
        net.generator, start, [0, 1, 7], [Target(photo)], fast_distance(photo), Run(), 20, "styles", cosine(0.05, 20)
    )
    assert torch.equal(found[:, 2:7], start[:, 2:7])
    assert not torch.equal(found[:, [0, 1, 7]], start[:, [0, 1, 7]])
    assert stage.log.shape == (20, 2)
    assert stage.log[-1, 0] < stage.log[0, 0]


def test_noise_maps_after_the_styles_add_six_decibel(net):
    photo = (drawing(net, 3) + 0.2 * torch.randn(1, 3, 8, 8).repeat_interleave(4, 2).repeat_interleave(4, 3)).clamp(
        -1, 1
    )
    start = styles_of(net, 3)
    found, stage = search_noise(net.generator, start, maps_of(net.generator), [Target(photo)], Run(), 60)
    assert float(stage.log[-1, 1]) > float(psnr(net.generator(start), photo)) + 6
    assert len(found) == 7


def test_low_strengths_of_noise_take_larger_steps(net):
    weak = built(CFG)
    for name, value in weak.named_parameters():
        if name.endswith("noise_strength"):
            value.fill_(0.002)
    photo, start = drawing(net, 5), styles_of(weak, 4)
    before = float(psnr(weak.generator(start), photo))
    _, stage = search_noise(weak.generator, start, maps_of(weak.generator), [Target(photo)], Run(), 40)
    assert float(stage.log[-1, 1]) > before + 3  # 0.2 with equal steps


def test_what_is_in_a_hole_has_no_effect(net, hole):
    photo = drawing(net, 6)
    made = [
        recipes.erase(
            CFG, Run(), net=net, photo=photo * (1 - hole) + value * hole, mask=hole, steps=10, noise_steps=5
        ).picture
        for value in (-1.0, 1.0)
    ]
    assert torch.equal(made[0], made[1])


def test_a_hole_is_filled_by_its_seed_and_the_rest_stays(net, hole):
    photo = drawing(net, 6)
    one, other = (
        recipes.erase(CFG, Run(), net=net, photo=photo, mask=hole, steps=50, noise_steps=50, seed=seed)
        for seed in (0, 1)
    )
    assert [each.name for each in one.stages] == ["styles", "noise"]
    assert all(each.picture.shape == (1, 3, SIDE, SIDE) for each in one.stages)
    far = 1 - recipes.blurred(hole, 0.2).gt(0.02).float()
    assert change(one.picture, photo, far) < 0.5 * change(one.stages[0].picture, photo, far)
    assert change(one.picture, other.picture, hole) > 0.01
    fixed = net.generator.styles(recipes.latent_of(0, CFG), None, recipes._START_SPREAD)
    assert torch.equal(one.styles[:, 4:6], fixed[:, 4:6])  # layers of the middle


def test_two_photos_are_combined(net, hole, monkeypatch):
    monkeypatch.setitem(embedding.STEPS, "fast", 20)
    first, second = drawing(net, 7), drawing(net, 8)
    made = recipes.mix(CFG, Run(), net=net, photo=first, other=second, mask=hole, steps=40, noise_steps=60)
    assert [each.name for each in made.stages][-2:] == ["styles of both", "noise"]
    assert made.stages[0].name.startswith("photo: styles")
    assert change(made.picture, second, hole) < change(made.picture, first, hole)
    assert change(made.picture, first, 1 - hole) < change(made.picture, second, 1 - hole)


def test_a_scribble_is_followed_by_the_first_layers(net, hole):
    photo, code = drawing(net, 9), {"styles": styles_of(net, 9)}
    edited = photo * (1 - hole) + hole * drawing(net, 10)
    made = recipes.edit(CFG, Run(), net=net, photo=photo, edited=edited, mask=hole, code=code, steps=40, noise_steps=20)
    assert torch.equal(made.styles[:, 4:], code["styles"][:, 4:])
    assert change(made.picture, edited, hole) < change(photo, edited, hole)
    assert [each.name for each in made.stages] == ["styles of the scribble", "noise"]


def test_a_style_is_transferred_locally(net, hole):
    photo, style = drawing(net, 11), drawing(net, 12)
    code = {"styles": styles_of(net, 11)}
    of = distances.style_features("fast", photo)
    inside = recipes.blurred(hole, recipes.BLUR)
    loss = gram_loss(of, style, inside)
    made = recipes.stylize(CFG, Run(), net=net, photo=photo, style=style, mask=hole, code=code, steps=40, noise_steps=0)
    assert float(loss(made.picture)) < 0.8 * float(loss(photo))
    far = 1 - inside.gt(0.02).float()
    assert change(made.picture, photo, far) < change(style, photo, far)


def test_the_published_settings(net, hole):
    photo = drawing(net, 6)
    given = {"net": net, "photo": photo, "mask": hole, "method": "paper", "steps": 3, "noise_steps": 2}
    made = recipes.erase(CFG, Run(), **given)
    assert made.features == "random vgg"
    recipes.stylize(CFG, Run(), style=drawing(net, 3), code={"styles": styles_of(net, 6)}, **given)
    with pytest.raises(InputError, match="'best' is not known"):
        recipes.erase(CFG, Run(), **{**given, "method": "best"})


def test_a_stopped_recipe_goes_on_as_if_it_had_not_been(net, hole, tmp_path):
    given = {"net": net, "photo": drawing(net, 6), "mask": hole, "steps": 4, "noise_steps": 4}
    whole = recipes.erase(CFG, Run(), **given)
    run = Run(tmp_path, on_event=lambda event: run.stop() if event.stage == "noise" and event.step == 2 else None)
    with pytest.raises(Exception, match="run the same command again"):
        recipes.erase(CFG, run, **given)
    again = recipes.erase(CFG, Run(tmp_path), **given)
    assert torch.equal(again.picture, whole.picture)
    for one, other in zip(again.stages, whole.stages):
        assert torch.equal(one.log, other.log)


def test_models_without_noise(hole):
    cfg = replace(CFG, generator="stylegan3", layers=4, margin=4, first_stopband=2.0**2.1, taps=4)
    made = built(cfg)
    photo = torch.zeros(1, 3, SIDE, SIDE)
    found = recipes.erase(cfg, Run(), net=made, photo=photo, mask=hole, steps=2)
    assert [each.name for each in found.stages] == ["styles"]
    assert found.noise == ()
    with pytest.raises(InputError, match="no noise maps: leave out --noise-steps"):
        recipes.erase(cfg, Run(), net=made, photo=photo, mask=hole, steps=2, noise_steps=3)
    quiet = stylegan.build(CFG)
    with pytest.raises(InputError, match="strengths are 0"):
        recipes.erase(CFG, Run(), net=quiet, photo=photo, mask=hole, noise_steps=3)
    with pytest.raises(InputError, match=r"the mask is 8x8 and the model's pictures 32x32"):
        recipes.erase(CFG, Run(), net=made, photo=photo, mask=torch.ones(1, 1, 8, 8))


@pytest.mark.parametrize("generator", ["stylegan2", "resnet", "stylegan3", "lucidrains"])
def test_activations_are_copied_and_averaged(generator):
    more = {
        "stylegan3": {"generator": "stylegan3", "layers": 4, "margin": 4, "taps": 4},
        "resnet": {"architecture": "resnet"},
        "lucidrains": {"generator": "lucidrains"},
    }
    cfg = replace(CFG, **more.get(generator, {}))
    made = built(cfg)
    rows = made.generator.rows
    one, other = (torch.randn(1, rows, cfg.style, generator=torch.Generator().manual_seed(k)) for k in (1, 2))
    whole = torch.ones(1, 1, SIDE, SIDE)
    after = rows // 3

    def of(mask, share=1.0, source=None):
        return combined(made, (one, other), ((), ()), mask, after, share=share, source=source)

    first = made.generator(one).clamp(-1, 1)
    assert torch.allclose(of(whole, 0.0), first, atol=1e-5)
    assert torch.allclose(of(whole * 0), first, atol=1e-5)
    assert not torch.allclose(of(whole), first, atol=1e-2)
    left = whole.clone()
    left[..., SIDE // 2 :] = 0
    half = of(left)
    changed = (half - first).abs().mean((0, 1, 2))
    assert changed[: SIDE // 4].mean() > 2 * changed[-SIDE // 4 :].mean()
    again = combined(made, (one, one), ((), ()), left, after, share=0.5)
    assert torch.allclose(again, first, atol=1e-5)
    if generator == "stylegan2":  # all of the structure is then of the second, later styles of the first
        assert torch.allclose(of(whole), made.generator(crossed(other, one, after)).clamp(-1, 1), atol=1e-5)


def crossed(first, later, after):
    """The styles of ``first`` in the layers of its resolutions up to that of ``after``, then ``later``."""
    rows = [0, 2, 4, 6]  # last layers of 4, 8, 16 and 32 pixels
    last = next(row for row in rows if row >= after)
    return torch.cat([first[:, : last + 1], later[:, last + 1 :]], 1)


def test_a_region_of_another_place_is_pasted(net):
    one, other = styles_of(net, 1), styles_of(net, 2)
    mask, source = torch.zeros(1, 1, SIDE, SIDE), torch.zeros(1, 1, SIDE, SIDE)
    mask[..., :16, :16], source[..., 16:, 16:] = 1, 1
    moved = combined(net, (one, other), ((), ()), mask, 4, source=source)
    same = combined(net, (one, other), ((), ()), mask, 4)
    first = net.generator(one).clamp(-1, 1)
    assert not torch.allclose(moved, same, atol=1e-2)
    inside, outside = mask, 1 - recipes.blurred(mask, 0.1).gt(0.01).float()
    assert change(moved, first, inside) > 4 * change(moved, first, outside)


def test_a_generator_is_tuned_around_a_code(net, monkeypatch):
    monkeypatch.setitem(embedding.STEPS, "fast", 20)
    photo = drawing(net, 13)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    plain = embedding.embed(CFG, Run(), net=net, photo=photo)
    made = embedding.embed(CFG, Run(), net=net, photo=photo, tune_steps=30)
    assert plain.tuned is None
    assert torch.equal(made.styles, plain.styles)
    assert made.stages[-1].name == "tuning"
    assert float(psnr(made.picture, photo)) > float(psnr(plain.picture, photo)) + 1
    assert torch.equal(made.tuned.generator(made.styles).clamp(-1, 1), made.picture)
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name]), name
        if "mapping" in name:
            assert torch.equal(made.tuned.state_dict()[name], value)
    assert not any(value.requires_grad for value in made.tuned.parameters())


def test_locality_keeps_other_pictures(net, monkeypatch):
    photo, styles = drawing(net, 13), styles_of(net, 1)
    other = styles_of(net, 2)
    moved = {}
    for weight in (0.0, 10.0):
        monkeypatch.setattr(tuning, "_LOCALITY", weight)
        made, _ = tuning.tune(
            CFG, Run(), net=net, styles=styles, noise=[], target=photo, distance=fast_distance(photo), steps=25
        )
        moved[weight] = float((made.generator(other) - net.generator(other)).abs().mean())
    assert moved[10.0] < 0.8 * moved[0.0]
