"""Verbs that are handed a picture: paint, harmonize, edit."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.errors import InputError

TINY = {"preset": "tiny", "device": "cpu"}


def photo(width: int = 60, height: int = 40) -> np.ndarray:
    rng = np.random.default_rng(0)
    small = Image.fromarray(rng.integers(0, 256, (height // 4, width // 4, 3), dtype=np.uint8))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


def pasted(width: int = 60, height: int = 40) -> np.ndarray:
    changed = photo(width, height).copy()
    changed[height // 4 : height // 2, width // 4 : width // 2] = (255, 0, 255)
    return changed


def mask(width: int = 60, height: int = 40) -> np.ndarray:
    selected = np.zeros((height, width), np.uint8)
    selected[height // 4 : height // 2, width // 4 : width // 2] = 255
    return selected


def sketch(width: int = 60, height: int = 40) -> np.ndarray:
    flat = np.zeros((height, width, 3), np.uint8)
    flat[: height // 2] = (90, 120, 250)
    flat[height // 2 :] = (40, 160, 30)
    return flat


def test_paint_follows_the_sketch():
    made = calotype.paint(photo(), sketch(), 2, **TINY)
    assert [image.size for image in made] == [(60, 40)] * 2
    assert made[0].tobytes() != calotype.paint(photo(), sketch()[::-1], **TINY)[0].tobytes()
    assert made[1].tobytes() == calotype.paint(photo(), sketch(), seed=1, **TINY)[0].tobytes()


def test_paint_reduces_the_sketch_to_colours_of_the_photo(monkeypatch):
    from calotype.engines import gpnn

    seen, remake = [], gpnn.remake

    def remaking(*given, picture, **how):
        seen.append(picture)
        return remake(*given, picture=picture, **how)

    monkeypatch.setattr(gpnn, "remake", remaking)
    noise = np.random.default_rng(1).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    for colours in (3, 0):
        calotype.paint(photo(), noise, colours=colours, **TINY)
    few, all_of_them = (len(set(map(tuple, x[0].flatten(1).T.tolist()))) for x in seen)
    assert few <= 3
    assert all_of_them > 1000


@pytest.mark.parametrize(
    ("shape", "asked", "size"),
    [
        ((60, 40), None, (60, 40)),
        ((120, 81), None, (60, 40)),
        ((40, 60), None, (40, 60)),
        ((40, 60), "50x30", (50, 30)),
    ],
)
def test_sizes_of_paintings(shape, asked, size):
    assert calotype.paint(photo(), sketch(*shape), size=asked, **TINY)[0].size == size


@pytest.mark.parametrize(("verb", "name"), [("harmonize", "pasted"), ("edit", "edited")])
def test_far_from_the_change_nothing_changes(verb, name):
    before = photo(150, 100)
    given = {name: pasted(150, 100), **TINY}
    made = getattr(calotype, verb)(before, **given)
    after = np.asarray(made[0])
    assert after.shape == before.shape
    assert np.array_equal(after[-10:, -10:], before[-10:, -10:])
    assert not np.array_equal(after[30:40, 45:60], before[30:40, 45:60])
    masked = getattr(calotype, verb)(before, mask=mask(150, 100), **given)
    assert np.array_equal(np.asarray(masked[0])[-10:, -10:], before[-10:, -10:])
    whole = np.asarray(getattr(calotype, verb)(before, unmasked=True, **given)[0])
    assert not np.array_equal(whole, after)


def test_edit_takes_over_more_around_the_change_than_harmonize():
    before, changed = photo(150, 100), pasted(150, 100)
    common = {"structure": "close", "feather": 0, **TINY}
    near = [
        (np.asarray(verb(before, changed, **common)[0]) != before).any(axis=2).sum()
        for verb in (calotype.harmonize, calotype.edit)
    ]
    assert near[0] < near[1]


def test_feather():
    before, changed = photo(150, 100), pasted(150, 100)
    touched = [
        (np.asarray(calotype.harmonize(before, changed, feather=feather, **TINY)[0]) != before).any(axis=2).sum()
        for feather in (0, None, 8)
    ]
    assert touched == sorted(touched)
    assert touched[0] < touched[2]


def test_pictures_of_another_size_but_the_same_shape_are_fitted():
    made = calotype.harmonize(photo(), pasted(120, 80), mask=mask(90, 60), **TINY)
    assert made[0].size == (60, 40)


def test_settings_repeat_the_pictures(tmp_path):
    for name, array in (("p", photo()), ("c", pasted()), ("m", mask()), ("s", sketch())):
        Image.fromarray(array).save(tmp_path / f"{name}.png")
    made = calotype.edit(
        tmp_path / "p.png", tmp_path / "c.png", mask=tmp_path / "m.png", feather=2.5, structure="scale1", **TINY
    )
    json.dumps(dict(made.settings))
    shown = calotype.show(made.save(tmp_path)[0])
    assert shown.command == (
        "calotype edit p.png c.png --mask m.png --seed 0 --engine gpnn --preset tiny --structure scale1 --feather 2.5 "
        "--device cpu"
    )
    painted = calotype.paint(tmp_path / "p.png", tmp_path / "s.png", colours=3, **TINY).save(tmp_path)[0]
    assert calotype.show(painted).command == (
        "calotype paint p.png s.png --seed 0 --engine gpnn --preset tiny --structure close --colours 3 --device cpu"
    )


def test_transparent_photos():
    clear = np.dstack([photo(), np.tile(np.linspace(0, 255, 60).astype(np.uint8), (40, 1))])
    assert calotype.paint(clear, sketch(), **TINY)[0].mode == "RGBA"
    assert calotype.harmonize(clear, np.dstack([pasted(), clear[..., 3]]), **TINY)[0].mode == "RGBA"


def test_a_cut_out_on_nothing_is_a_paste():
    """Where the pasted picture is transparent the photo shows through, as if it had been laid there before."""
    cut_out = np.dstack([pasted(), mask()])
    cut_out[mask() == 0, :3] = 7  # what nobody sees
    made = calotype.harmonize(photo(), cut_out, **TINY)[0]
    assert made.mode == "RGB"
    assert np.array_equal(np.asarray(made), np.asarray(calotype.harmonize(photo(), pasted(), **TINY)[0]))


@pytest.mark.parametrize("verb", ["paint", "harmonize", "edit"])
def test_engines_that_learn(tiny_engine, verb):
    options = {"engine": "tiny_engine", **TINY}
    given = sketch() if verb == "paint" else pasted()
    made = getattr(calotype, verb)(photo(), given, **options)
    assert made[0].size == (60, 40)
    if verb == "paint":
        assert made.settings["config"]["adapted_to"] == "paint colours=5 scale=1"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: calotype.paint(photo(), sketch(), colours=-1), "-1 colours"),
        (lambda: calotype.paint(photo(), sketch(), colours=1000), "1000 colours"),
        (lambda: calotype.harmonize(photo(), pasted(), feather=-1), "feather of -1"),
        (lambda: calotype.harmonize(photo(), pasted(), feather=float("nan")), "feather of nan"),
        (lambda: calotype.harmonize(photo(), photo()), "difference"),
        (lambda: calotype.harmonize(photo(), pasted(40, 60)), "'image' is 40x60 and 'image' 60x40 pixels"),
        (lambda: calotype.edit(photo(), pasted(), mask=mask(40, 60)), "mask is 40x60"),
        (lambda: calotype.edit(photo(), pasted(), mask=0 * mask()), "selects nothing"),
        (lambda: calotype.edit(photo(), pasted(), mask=0 * mask() + 255), "selects the whole photo"),
        (lambda: calotype.edit(photo(), pasted(), structure="scale99"), "there is no scale99"),
        (lambda: calotype.upscale(photo(), engine="gpnn"), "no verb 'upscale'"),
    ],
)
def test_wrong_arguments(call, words):
    with pytest.raises(InputError, match=words) as error:
        call()
    assert "\n" not in str(error.value)
