"""ZSSR: what it learns from a photo, every factor, grey and transparent photos."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.engines.zssr import PRESETS, cost, upscale
from calotype.engines.zssr.network import Residual, applied, corrected, sizes, turned, turned_back
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.run import Run, Stopped

TINY = PRESETS["tiny"]


def photo(height: int, width: int, channels: int = 3) -> torch.Tensor:
    return torch.rand(1, channels, height, width, generator=torch.Generator().manual_seed(height)) * 2 - 1


def stripes(side: int) -> torch.Tensor:
    """Slanted stripes with sharp edges, the same at every place."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return (
        torch.sign(torch.sin((x + 0.6 * y) / 2.5)).expand(1, 3, -1, -1) * torch.tensor([0.9, 0.6, -0.5])[:, None, None]
    )


def test_it_learns_what_recurs_in_the_photo():
    true = stripes(120)
    small = resize(true, (60, 60))
    cfg = replace(PRESETS["fast"], channels=12, layers=4, stride=2, steps=60, crop=32, ensemble=1)
    made = upscale([small], cfg, Run(), factor=2.0, seed=0)
    error, bicubic = ((x - true).square().mean() for x in (made, resize(small, (120, 120))))
    assert error < 0.8 * bicubic


def test_seeds():
    one, again, other = (upscale([photo(20, 20)], TINY, Run(), factor=2.0, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("factor", [1.01, 2, 2.7, 8])
@pytest.mark.parametrize("size", [(23, 31), (1, 1), (1, 9)])
def test_every_factor_and_size(factor, size):
    made = upscale([photo(*size)], TINY, Run(), factor=factor, seed=0)
    assert made.shape == (1, 3, round(size[0] * factor), round(size[1] * factor))
    assert made.abs().max() <= 1
    assert made.isfinite().all()


def test_steps_end_at_the_factor():
    assert sizes((10, 20), 4, 1.42) == [(14, 28), (20, 40), (28, 57), (40, 80)]
    assert sizes((10, 20), 1.1, 1.42) == [(11, 22)]


def test_grey_and_transparent_photos():
    grey = photo(20, 30)[:, :1].expand(-1, 3, -1, -1)
    made = upscale([grey], TINY, Run(), factor=2.0, seed=0)
    assert torch.equal(made[:, :1].expand_as(made), made)
    assert upscale([photo(20, 30, 4)], TINY, Run(), factor=2.0, seed=0).shape == (1, 4, 40, 60)


@pytest.mark.parametrize("way", range(8))
def test_orientations(way):
    picture = photo(3, 5)
    assert torch.equal(turned_back(turned(picture, way), way), picture)
    assert len({tuple(turned(picture, one).flatten().tolist()) for one in range(8)}) == 8


def test_strips_have_no_seams(monkeypatch):
    net, picture = Residual(4, 8, 3), photo(50, 20)
    torch.nn.init.normal_(net.layers[-1].weight, std=0.2)
    whole = applied(net, picture, 2)
    monkeypatch.setattr("calotype.engines.zssr.network._STRIP", 150)
    assert (applied(net, picture, 2) - whole).abs().max() < 1e-5


def test_a_corrected_picture_reduces_to_the_photo():
    given = photo(20, 30) * 0.5
    large = resize(given, (60, 90))
    error = [(resize(x, (20, 30)) - given).abs().mean() for x in (large, corrected(large, given, 8))]
    assert error[1] < 0.1 * error[0]


def test_progress_and_stopping():
    events, run = [], Run(on_event=lambda event: (events.append(event), event.step == 1 and run.stop()))
    with pytest.raises(Stopped):
        upscale([photo(20, 20)], TINY, run, factor=2.0, seed=0)
    assert [event.stage for event in events] == ["1 of 2"] * 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ensemble": 9}, "ensemble=9"),
        ({"stride": 1.0}, "stride=1"),
        ({"layers": 1}, "layers=1"),
        ({"rate": 0.0}, "rate=0"),
    ],
)
def test_settings_that_cannot_be_used(changes, words):
    with pytest.raises(InputError, match=words):
        upscale([photo(9, 9)], replace(TINY, **changes), Run(), factor=2.0, seed=0)
    with pytest.raises(InputError, match="one photo"):
        upscale([photo(9, 9)] * 2, TINY, Run(), factor=2.0, seed=0)


def test_cost_grows_with_the_factor():
    one, two = (cost([(100, 100)], (side, side), PRESETS["fast"]) for side in (200, 400))
    assert two.seconds > one.seconds
    assert two.bytes > one.bytes
