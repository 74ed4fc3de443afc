"""Verbs that make one picture of another's matter: texture, stylize, mix."""

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.errors import InputError

TINY = {"preset": "tiny"}


def photo(height=48, width=64, seed=0):
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)


def test_a_texture_is_twice_as_large_unless_said_otherwise():
    assert calotype.texture(photo(), **TINY)[0].size == (128, 96)
    assert calotype.texture(photo(), size=(70, 50), **TINY)[0].size == (70, 50)
    assert calotype.texture(photo(), guide=photo(40, 90, 1), **TINY)[0].size == (90, 40)


def test_stylize_keeps_the_size_and_takes_the_colours():
    red = np.zeros((48, 48, 3), np.uint8)
    red[..., 0] = np.random.default_rng(1).integers(100, 250, (48, 48))
    made = np.asarray(calotype.stylize(photo(), red, **TINY)[0])
    assert made.shape == (48, 64, 3)
    assert made[..., 0].mean() > 100 > 40 > made[..., 1:].mean()


def test_stylize_can_leave_the_colours():
    blue = np.zeros((48, 64, 3), np.uint8)
    blue[..., 2] = 180
    red = np.zeros((48, 48, 3), np.uint8)
    red[..., 0] = np.random.default_rng(1).integers(100, 250, (48, 48))
    made = np.asarray(calotype.stylize(blue, red, colours=0.0, **TINY)[0]).astype(int)
    assert (made[..., 2] > made[..., 0]).all()


def test_stylize_keeps_transparency():
    clear = np.dstack([photo(), np.tile(np.linspace(0, 255, 64, dtype=np.uint8), (48, 1))])
    made = calotype.stylize(clear, photo(seed=1), **TINY)[0]
    assert made.mode == "RGBA"
    assert np.abs(np.asarray(made)[..., 3].astype(int) - clear[..., 3]).max() <= 1


def test_mix_puts_each_photo_where_the_mask_says():
    one, two = np.full((48, 64, 3), 40, np.uint8), np.full((48, 64, 3), 210, np.uint8)
    mask = np.zeros((48, 64), np.uint8)
    mask[:, 32:] = 255
    made = np.asarray(calotype.mix(one, two, mask=mask, **TINY)[0])
    assert np.abs(made[:, :24].astype(int) - 40).max() < 30
    assert np.abs(made[:, 40:].astype(int) - 210).max() < 30


def test_mix_without_a_mask_differs_from_seed_to_seed():
    one, two = np.full((48, 64, 3), 40, np.uint8), np.full((48, 64, 3), 210, np.uint8)
    made = calotype.mix(one, two, n=2, **TINY)
    assert made[0].tobytes() != made[1].tobytes()
    for picture in made:
        values = np.asarray(picture)
        assert values[:, :4].mean() < 80
        assert values[:, -4:].mean() > 170
    assert calotype.mix(one, two, seed=1, **TINY)[0].tobytes() == made[1].tobytes()


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda: calotype.texture(photo(), size=(64, 64), factor=2), "give one of the two"),
        (lambda: calotype.texture(photo(), engine="singan"), "the engine singan has no verb 'texture'"),
        (lambda: calotype.stylize(photo(), photo(), colours=-0.1), "colours of -0.1"),
        (lambda: calotype.stylize(photo(), photo(), structure="scale40"), "no scale40"),
        (lambda: calotype.mix(photo(), photo(), mask=np.zeros((48, 64), np.uint8)), "selects nothing"),
        (lambda: calotype.mix(photo(), Image.new("RGB", (4, 4))), "4x4"),
    ],
)
def test_what_cannot_be_done_is_said(work, words):
    with pytest.raises(InputError, match=words):
        work()
