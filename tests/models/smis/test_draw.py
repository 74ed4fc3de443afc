"""Drawing, restyling and morphing with a net that was not trained: what changes, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.errors import ArgumentError, InputError
from calotype.models import smis
from calotype.models.smis.draw import channel_of, codes_for, object_at
from calotype.models.smis.network import codes_of
from calotype.run import Run

CFG = replace(smis.PRESETS["tiny"], names=("sky", "tree", "sea"))
RUN = Run()


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    built = smis.build(CFG).eval().requires_grad_(False)
    for name, parameter in built.named_parameters():
        if parameter.dim() > 1 and name.startswith("generator"):
            torch.nn.init.kaiming_normal_(parameter)
    built.generator.conv_img.weight.mul_(0.1)
    return built


def label_map(*rows):
    return torch.tensor([rows])


MAP = label_map([0, 0, 0, 0], [0, 1, 0, 1], [2, 2, 2, 2]).repeat_interleave(5, 1).repeat_interleave(5, 2)
PHOTO = torch.rand(1, 3, 15, 20, generator=torch.Generator().manual_seed(1)) * 2 - 1


def part(codes, number):
    first = channel_of(CFG, number) * CFG.code
    return codes[:, first : first + CFG.code]


def test_codes_of_a_photo_are_those_of_its_classes_and_the_rest_the_seed_s(net):
    codes = codes_for(CFG, net, PHOTO, torch.where(MAP == 2, 0, MAP), 3)
    own = codes_of(3, CFG)
    assert torch.equal(part(codes, 2), part(own, 2))
    assert torch.equal(part(codes, -1), part(own, -1))
    assert not torch.equal(part(codes, 0), part(own, 0))


def test_looks_are_mixed(net):
    draws = [
        smis.draw(CFG, RUN, net=net, label_map=MAP, seed=0, looks=looks)
        for looks in (None, {}, {1: 7}, {1: 7, 0: (PHOTO, MAP)})
    ]
    assert draws[0].shape == (1, 3, 15, 20)
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[1], draws[2])
    assert not torch.equal(draws[2], draws[3])
    styled = smis.draw(CFG, RUN, net=net, label_map=MAP, style=PHOTO, style_map=MAP, seed=5)
    one_by_one = smis.draw(CFG, RUN, net=net, label_map=MAP, seed=5, looks=dict.fromkeys(range(3), (PHOTO, MAP)))
    assert torch.equal(styled, one_by_one)


def test_a_photo_is_restyled(net):
    same = smis.restyle(CFG, RUN, net=net, picture=PHOTO, label_map=MAP)
    assert torch.equal(same, smis.draw(CFG, RUN, net=net, label_map=MAP, style=PHOTO, style_map=MAP))
    changed = smis.restyle(CFG, RUN, net=net, picture=PHOTO, label_map=MAP, classes=(1,), seed=4)
    assert not torch.equal(changed, same)
    assert torch.equal(changed, smis.restyle(CFG, RUN, net=net, picture=PHOTO, label_map=MAP, looks={1: 4}, seed=4))
    edited = smis.restyle(CFG, RUN, net=net, picture=PHOTO, label_map=MAP, target=MAP[:, :, :16])
    assert edited.shape == (1, 3, 15, 16)


def test_one_object_is_restyled_alone(net):
    same = smis.restyle(CFG, RUN, net=net, picture=PHOTO, label_map=MAP, seed=4)
    changed = smis.restyle(CFG, RUN, net=net, picture=PHOTO, label_map=MAP, classes=(1,), at=(7, 17), seed=4)
    whole = smis.restyle(CFG, RUN, net=net, picture=PHOTO, label_map=MAP, classes=(1,), seed=4)
    there = torch.zeros(15, 20, dtype=torch.bool)
    there[5:10, 15:] = True
    assert torch.equal(object_at(MAP, (7, 17))[0], there)
    assert torch.equal(changed[..., there], whole[..., there])
    assert torch.equal(changed[..., ~there], same[..., ~there])


def test_a_film_begins_and_ends_with_its_looks(net):
    film = smis.interpolate(CFG, RUN, net=net, label_map=MAP, seed=1, to_seed=2, frames=3)
    ends = [smis.draw(CFG, RUN, net=net, label_map=MAP, seed=seed) for seed in (1, 2)]
    torch.testing.assert_close(film[0], ends[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(film[2], ends[1], atol=1e-4, rtol=0)
    assert not torch.equal(film[1], film[0])
    photos = smis.interpolate(
        CFG, RUN, net=net, label_map=MAP, style=PHOTO, style_map=MAP, to_style=-PHOTO, to_style_map=MAP, frames=2
    )
    wanted = smis.draw(CFG, RUN, net=net, label_map=MAP, style=-PHOTO, style_map=MAP, seed=1)
    torch.testing.assert_close(photos[1], wanted, atol=1e-4, rtol=0)


def test_large_photos_are_shrunk_first(net):
    large = PHOTO.repeat_interleave(16, 2).repeat_interleave(16, 3)
    maps = MAP.repeat_interleave(16, 1).repeat_interleave(16, 2)
    small, big = (codes_for(CFG, net, *pair, 0) for pair in ((PHOTO, MAP), (large, maps)))
    torch.testing.assert_close(part(big, 0), part(small, 0), atol=0.4, rtol=0.5)
    nothing = torch.full_like(maps, -1)
    assert torch.equal(part(codes_for(CFG, net, large, nothing, 3), 0), part(codes_of(3, CFG), 0))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"style": PHOTO}, "the label map of the style is missing"),
        ({"style_map": MAP}, "the photo of the style is missing"),
        ({"style": PHOTO, "style_map": MAP[:, :4]}, "the label map is 20x4 and its photo 20x15 pixels"),
        ({"looks": {1: (PHOTO, torch.zeros_like(MAP))}}, "no pixel of the class tree"),
        ({"looks": {9: 1}}, "there is no class 9: this model knows 0 to 2"),
        ({"label_map": MAP + 2}, "class 4: this model knows 0 to 2"),
        ({"label_map": MAP[0]}, "cannot be drawn"),
    ],
)
def test_what_does_not_fit_is_named(net, given, said):
    with pytest.raises(InputError, match=said):
        smis.draw(CFG, RUN, **{"net": net, "label_map": MAP, **given})


@pytest.mark.parametrize("given", [{"style": PHOTO}, {"style_map": MAP}])
def test_half_a_style_is_a_wrong_command(net, given):
    with pytest.raises(ArgumentError):
        smis.draw(CFG, RUN, net=net, label_map=MAP, **given)


@pytest.mark.parametrize(
    ("at", "said"), [((0, 20), "20,0 lies outside"), ((0, 0), "of class sky, which does not change")]
)
def test_an_object_that_is_not_there_is_named(net, at, said):
    with pytest.raises(InputError, match=said):
        smis.restyle(CFG, RUN, net=net, picture=PHOTO, label_map=MAP, classes=(1,), at=at)


def test_a_model_without_an_encoder_takes_no_photos():
    cfg = replace(CFG, encoder_width=0)
    net = smis.build(cfg).eval()
    assert smis.draw(cfg, RUN, net=net, label_map=MAP).shape == (1, 3, 15, 20)
    with pytest.raises(InputError, match="no encoder"):
        smis.draw(cfg, RUN, net=net, label_map=MAP, style=PHOTO, style_map=MAP)
