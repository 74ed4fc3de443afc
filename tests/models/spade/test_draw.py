"""Pictures of label maps by a net."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.errors import InputError
from calotype.models import spade
from calotype.run import Run

TINY = spade.PRESETS["tiny"]


def net_of(cfg):
    torch.manual_seed(0)
    net = spade.build(cfg).eval()
    for name, parameter in net.named_parameters():
        if parameter.dim() > 1:
            torch.nn.init.xavier_normal_(parameter)
        assert "parametrizations" not in name
    return net


@pytest.fixture(scope="module")
def net():
    return net_of(TINY)


def label_map(size=(16, 16)):
    return torch.randint(-1, 3, (1, *size), generator=torch.Generator().manual_seed(1))


def test_seeds_differ_and_repeat(net):
    one, two, other = (spade.draw(TINY, Run(), net=net, label_map=label_map(), seed=seed) for seed in (0, 0, 1))
    assert one.shape == (1, 3, 16, 16)
    assert one.dtype == torch.float32
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("size", [(16, 16), (32, 8), (17, 30), (1, 1), (3, 50)])
@pytest.mark.parametrize("latent", [0, 4])
def test_any_size(size, latent):
    cfg = replace(TINY, latent=latent)
    made = spade.draw(cfg, Run(), net=net_of(cfg), label_map=label_map(size))
    assert made.shape == (1, 3, *size)
    assert made.abs().max() <= 1


def test_padding_repeats_the_last_pixels(net):
    small = label_map((10, 13))
    wide = torch.cat([small, small[:, -1:].expand(-1, 2, -1)], 1)
    wide = torch.cat([wide, wide[:, :, -1:].expand(-1, -1, 3)], 2)
    made = spade.draw(TINY, Run(), net=net, label_map=wide)
    assert torch.equal(spade.draw(TINY, Run(), net=net, label_map=small), made[:, :, :10, :13])


def test_a_style_picture_takes_the_place_of_the_seed(net):
    style = torch.rand(1, 3, 20, 33) * 2 - 1
    one, two = (spade.draw(TINY, Run(), net=net, label_map=label_map(), style=style, seed=seed) for seed in (0, 1))
    assert torch.equal(one, two)
    other = spade.draw(TINY, Run(), net=net, label_map=label_map(), style=-style)
    assert not torch.equal(one, other)
    plain = replace(TINY, latent=0)
    with pytest.raises(InputError, match="without style codes"):
        spade.draw(plain, Run(), net=net_of(plain), label_map=label_map(), style=style)


def test_with_running_statistics_a_change_stays_where_it_is_made():
    cfg = replace(TINY, size=(64, 64))
    net = net_of(cfg)
    before = torch.zeros(1, 64, 64, dtype=torch.long)
    after = before.clone()
    after[:, :2, :2] = 2
    change = [spade.draw(cfg, Run(), net=net, label_map=each) for each in (before, after)]
    moved = (change[1] - change[0]).abs().amax((0, 1))
    assert moved[:8, :8].max() > 0
    assert moved[-16:, -16:].max() == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (torch.full((1, 16, 16), 7), "has class 7: this model knows 0 to 2, and -1 for none"),
        (torch.zeros(1, 1, 16, 16, dtype=torch.long), r"\[1, 1, 16, 16\]"),
        (torch.zeros(1, 0, 16, dtype=torch.long), "cannot be drawn"),
    ],
)
def test_maps_that_cannot_be_drawn_are_refused(net, wrong, said):
    with pytest.raises(InputError, match=said):
        spade.draw(TINY, Run(), net=net, label_map=wrong)


def test_interpolated_pictures_begin_and_end_with_those_drawn(net):
    style, other = (torch.rand(1, 3, 20, 30, generator=torch.Generator().manual_seed(k)) * 2 - 1 for k in (0, 1))
    given = {"net": net, "label_map": label_map()}
    for ends in ({"seed": 2, "to_seed": 3}, {"style": style, "to_seed": 3}, {"style": style, "to_style": other}):
        frames = spade.interpolate(TINY, Run(), **given, frames=4, **ends)
        first = spade.draw(TINY, Run(), **given, style=ends.get("style"), seed=ends.get("seed", 0))
        last = spade.draw(TINY, Run(), **given, style=ends.get("to_style"), seed=ends.get("to_seed", 0))
        assert len(frames) == 4
        assert torch.allclose(frames[0], first, atol=1e-5)
        assert torch.allclose(frames[-1], last, atol=1e-5)
        assert not torch.allclose(frames[1], frames[2], atol=1e-5)


def test_a_model_without_style_codes_interpolates_nothing():
    cfg = replace(TINY, latent=0)
    with pytest.raises(InputError, match="without style codes"):
        spade.interpolate(cfg, Run(), net=net_of(cfg), label_map=label_map(), frames=3)
