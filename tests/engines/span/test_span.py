"""SPAN: strips without seams, every factor, grey and transparent photos, and the published weights where they are."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import calotype
from calotype.engines.span import PRESETS, cost, upscale
from calotype.engines.span.generate import networks
from calotype.engines.span.rows import Counted, Rows
from calotype.engines.span.stability import failed, smoothed
from calotype.engines.span.stream import Stream
from calotype.errors import InputError
from calotype.image.pixels import words_of
from calotype.image.resize import resize
from calotype.image.sixteen import sixteen_bit_png
from calotype.image.transparency import continued
from calotype.nn.span import REACH, span, untrained, weights_file
from calotype.run import Run, Stopped

TINY = PRESETS["tiny"]
HAVE = pytest.mark.skipif(
    not os.environ.get("CALOTYPE_WEIGHTS") or weights_file(4, 48) is None,
    reason="the folder CALOTYPE_WEIGHTS has no weights of SPAN: 'calotype weights span' fetches them",
)


def photo(height: int, width: int, channels: int = 3) -> torch.Tensor:
    made = torch.rand(1, channels, height, width, generator=torch.Generator().manual_seed(height)) * 2 - 1
    if channels == 4:
        made[:, :3] *= (made[:, 3:] + 1) / 2
    return made


@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize(("size", "rows"), [((50, 37), 1), ((50, 37), 7), ((50, 37), 50), ((3, 40), 1), ((1, 1), 1)])
def test_strips_have_no_seams(scale, size, rows):
    net, picture = untrained(scale, 48), photo(*size)
    stream = Stream(net, size, rows, picture.device)
    with torch.inference_mode():
        parts = [part for given in picture.split(2 * rows, 2) for part in stream.feed(given)]
        made = torch.cat(parts, 2)
        whole = net(picture)
    assert made.shape == whole.shape == (1, 3, scale * size[0], scale * size[1])
    assert (made - whole).abs().max() < 1e-4 * whole.abs().max()
    assert all(part.shape[2] <= scale * rows for part in parts)


def test_what_a_pixel_of_the_result_sees():
    net, picture = untrained(2, 48), photo(60, 60)
    changed = picture.clone()
    changed[:, :, 30 + REACH + 1 :] += 0.5
    with torch.inference_mode():
        same = (net(picture) == net(changed)).all(1)[0].all(1)
    assert same[: 2 * 31].all()
    assert not same[2 * 52 :].any()


def test_rows_that_nobody_needs_are_forgotten():
    reader = Counted()
    rows = Rows(4, (1000, 5), [reader], torch.device("cpu"))
    for _ in range(100):
        rows.grow(10)[:] = 1
        reader.end = rows.reach
        assert rows.between(0, 1000).numel() <= 4 * 5 * 14
    assert rows.reach == 1000
    assert rows.between(999, 1001)[0, 0, :, 0].tolist() == [1, 0]


@pytest.mark.parametrize("factor", [1.01, 1.5, 2, 2.7, 3, 4, 5, 8])
def test_every_factor(factor):
    made = upscale([photo(23, 31)], TINY, Run(), factor=factor)
    assert made.shape == (1, 3, round(23 * factor), round(31 * factor))
    assert made.abs().max() <= 1
    assert made.isfinite().all()


def test_networks_of_factors():
    fast, paper = PRESETS["fast"], PRESETS["paper"]
    assert [networks(factor, fast) for factor in (1.1, 2, 2.1, 4, 4.1, 8)] == [(2,), (2,), (4,), (4,), (4,), (4,)]
    assert [networks(factor, paper) for factor in (2, 4, 4.1, 8)] == [(2,), (4,), (4, 2), (4, 2)]


@pytest.mark.parametrize("factor", [3, 6])
def test_strips_are_resized_without_seams(factor):
    cfg = replace(TINY, beyond="network")
    whole, parts = (upscale([photo(45, 20)], replace(cfg, strip=strip), Run(), factor=factor) for strip in (10**6, 60))
    assert (whole - parts).abs().max() < 1 / 255


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2)])
def test_tiny_photos(size):
    assert upscale([photo(*size)], TINY, Run(), factor=8.0).shape == (1, 3, 8 * size[0], 8 * size[1])


def test_grey_photos_stay_grey():
    made = upscale([photo(20, 30)[:, :1].expand(-1, 3, -1, -1)], TINY, Run(), factor=3.0)
    assert torch.equal(made[:, :1].expand_as(made), made)


def test_transparency_is_enlarged_like_a_grey_photo():
    given = photo(20, 30, 4)
    made = upscale([given], TINY, Run(), factor=2.0)
    alone = upscale([given[:, 3:].expand(-1, 3, -1, -1)], TINY, Run(), factor=2.0)
    assert torch.equal(made[:, 3:], alone[:, :1])
    colours = upscale([continued(given)], TINY, Run(), factor=2.0)
    assert torch.equal(made[:, :3], colours * (made[:, 3:] + 1) / 2)
    given[:, 3] = 1
    made = upscale([given], TINY, Run(), factor=2.0)
    assert (made[:, 3] == 1).all()
    assert torch.equal(made[:, :3], upscale([given[:, :3]], TINY, Run(), factor=2.0))


def test_sixteen_bits_are_kept(tmp_path):
    values = np.random.default_rng(0).integers(0, 65536, (24, 32, 3), dtype=np.uint16)
    (tmp_path / "photo.png").write_bytes(sixteen_bit_png(values, {}))
    made = calotype.upscale(tmp_path / "photo.png", 2, engine="span", preset="tiny")
    words = words_of(made[0])
    assert words is not None
    assert words.shape == (48, 64, 3)
    assert len(np.unique(words % 257)) > 200


def test_progress_and_stopping():
    events, run = [], Run(on_event=lambda event: (events.append(event), event.step == 1 and run.stop()))
    with pytest.raises(Stopped, match="stopped after step 1 of 2 of colours"):
        upscale([photo(40, 20)], TINY, run, factor=2.0)
    assert [(event.kind, event.steps) for event in events] == [("begin", 2), ("step", 2)]


def test_what_cannot_be_used():
    with pytest.raises(InputError, match="one photo"):
        upscale([photo(9, 9)] * 2, TINY, Run(), factor=2.0)
    with pytest.raises(InputError, match="strip=0"):
        upscale([photo(9, 9)], replace(TINY, strip=0), Run(), factor=2.0)


def test_without_weights_one_line_says_what_to_do(monkeypatch):
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    with pytest.raises(InputError, match="'calotype weights span' fetches them once") as error:
        upscale([photo(9, 9)], PRESETS["fast"], Run(), factor=2.0)
    assert "\n" not in str(error.value)


def test_other_weights_are_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("CALOTYPE_WEIGHTS", str(tmp_path))
    span.cache_clear()
    for content in (b"", b"\xff" * 100, b"\x02\0\0\0\0\0\0\0{}"):
        (tmp_path / "span_x4_ch48.safetensors").write_bytes(content)
        with pytest.raises(InputError, match="has no weights of SPAN: delete it"):
            span(4, 48)


def test_cost_grows_with_the_photo():
    small, large = (cost([(side, side)], (4 * side, 4 * side), PRESETS["fast"]) for side in (100, 1000))
    assert large.seconds > 50 * small.seconds
    assert large.bytes > small.bytes
    assert cost([(100, 100)], (800, 800), PRESETS["paper"]).seconds > 5 * small.seconds


def noisy(photo: torch.Tensor) -> torch.Tensor:
    """Twice the size; noise where neighbours differ by more than 1.5, as the published network makes of hard edges."""
    large = resize(photo, (2 * photo.shape[2], 2 * photo.shape[3]))
    step = (photo[:, :, :, 1:] - photo[:, :, :, :-1]).abs().amax((1, 2, 3))
    noise = torch.rand(large.shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return noise if bool(step > 1.5) else large


def test_where_the_result_is_noise():
    even, hard = torch.zeros(1, 3, 20, 30), torch.ones(1, 3, 20, 30)
    hard[..., 15:] = -1
    assert failed(even, noisy(even), 3) is None
    where = failed(hard, noisy(hard), 3)
    assert where is not None
    assert where.shape == (1, 1, 20, 30)
    assert where.mean() > 0.9
    edge = [(x[..., 15] - x[..., 14]).abs().max() for x in (hard, smoothed(hard, where, 0), smoothed(hard, where, 1))]
    assert edge[0] > edge[1] > edge[2]
    large = resize(hard, (40, 60))
    large[..., 20:30, 40:48] = 1  # wrong at one place
    where = failed(hard, large, 40)
    assert where[0, 0, 12, 22] > 0.9
    assert where[0, 0, :, :10].max() < 0.01


@HAVE
@pytest.mark.parametrize("factor", [2, 4])
def test_drawings_are_not_turned_into_noise(factor):
    span.cache_clear()
    y, x = np.mgrid[:60, :80]
    disk = (np.hypot(y - 30, x - 40) < 24).astype(np.uint8) * 255
    made = np.asarray(calotype.upscale(np.stack([disk] * 3, -1), factor, engine="span")[0], float)
    y, x = (np.mgrid[: 60 * factor, : 80 * factor] + 0.5) / factor - 0.5
    away = np.abs(np.hypot(y - 30, x - 40) - 24) > 2
    true = (np.hypot(y - 30, x - 40) < 24) * 255.0
    assert np.abs(made[..., 0] - true)[away].max() < 20


@HAVE
@pytest.mark.parametrize("preset", ["fast", "paper"])
@pytest.mark.parametrize("factor", [2, 4])
def test_the_published_weights_enlarge_better_than_bicubic(preset, factor):
    span.cache_clear()
    y, x = np.mgrid[:96, :128]
    wave = 127 + 100 * np.sin((x + 0.6 * y) / 9) * np.sign(np.sin(y / 14))
    true = np.stack([wave, wave[::-1], 255 - wave], -1).clip(0, 255).astype(np.uint8)
    small = Image.fromarray(true).resize((128 // factor, 96 // factor), Image.Resampling.BICUBIC)
    bicubic = small.resize((128, 96), Image.Resampling.BICUBIC)
    made = calotype.upscale(small, factor, engine="span", preset=preset)[0]
    error = [np.square(np.asarray(each, float) - true).mean() for each in (made, bicubic)]
    assert error[0] < 0.8 * error[1]
