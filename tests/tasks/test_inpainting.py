"""Verbs that fill a part of a picture from the rest of it: erase, expand."""

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.errors import InputError

TINY = {"preset": "tiny"}


def photo(height=48, width=64, channels=3):
    return np.random.default_rng(0).integers(0, 255, (height, width, channels), dtype=np.uint8)


def mask(height=48, width=64, box=(10, 24, 20, 40)):
    selected = np.zeros((height, width), np.uint8)
    selected[box[0] : box[1], box[2] : box[3]] = 255
    return selected


def test_only_what_the_mask_selects_is_changed():
    before = photo()
    after = np.asarray(calotype.erase(before, mask=mask(), grow=0, **TINY)[0])
    outside = mask() == 0
    assert np.array_equal(after[outside], before[outside])
    assert not np.array_equal(after[~outside], before[~outside])


@pytest.mark.parametrize(("grow", "wider"), [(0, 0), (3, 3), (None, 0)])
def test_the_mask_is_widened(grow, wider):
    before = photo()
    changed = (np.asarray(calotype.erase(before, mask=mask(), grow=grow, **TINY)[0]) != before).any(2)
    rows = np.flatnonzero(changed.any(1))
    assert (rows[0], rows[-1]) == (10 - wider, 23 + wider)


def test_by_default_the_mask_grows_with_the_picture():
    before = photo(600, 800)
    selected = mask(600, 800, (100, 120, 100, 120))
    changed = (np.asarray(calotype.erase(before, mask=selected, **TINY)[0]) != before).any(2)
    assert np.flatnonzero(changed.any(1))[0] == 97


def test_a_transparent_hole_is_filled_and_the_picture_opaque():
    clear = np.dstack([photo(), 255 - mask()])
    made = calotype.erase(clear, **TINY)[0]
    assert made.mode == "RGB"
    assert np.array_equal(np.asarray(made), np.asarray(calotype.erase(photo(), mask=mask(), **TINY)[0]))


def test_a_mask_of_twice_the_size_is_the_same_mask():
    large = mask().repeat(2, 0).repeat(2, 1)
    assert calotype.erase(photo(), mask=large, **TINY)[0].tobytes() == (
        calotype.erase(photo(), mask=mask(), **TINY)[0].tobytes()
    )


def test_margins_lie_where_they_are_asked_for():
    before = photo()
    made = calotype.expand(before, margin=4, left=10, top=0, **TINY)[0]
    assert made.size == (64 + 10 + 4, 48 + 4)
    assert np.array_equal(np.asarray(made)[:48, 10:74], before)


def test_a_transparent_photo_is_expanded_as_one():
    made = calotype.expand(np.dstack([photo(), np.full((48, 64), 255, np.uint8)]), right=8, **TINY)[0]
    assert made.mode == "RGB" or np.asarray(made)[..., 3].min() > 250


def test_seeds_differ_and_repeat():
    made = calotype.expand(photo(), n=2, margin=8, **TINY)
    assert made[0].tobytes() != made[1].tobytes()
    assert calotype.expand(photo(), seed=1, margin=8, **TINY)[0].tobytes() == made[1].tobytes()


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda: calotype.erase(photo()), "no mask of what to erase"),
        (lambda: calotype.erase(photo(), mask=mask(30, 64)), "mask is 64x30"),
        (lambda: calotype.erase(photo(), mask=mask() * 0), "selects nothing"),
        (lambda: calotype.erase(photo(), mask=mask(), grow=float("nan")), "grow"),
        (lambda: calotype.erase(photo(8, 8), mask=mask(8, 8, (2, 4, 2, 4)), **TINY), "8x8 pixels"),
        (lambda: calotype.erase(photo(), mask=mask(), settings={"patch": 27}), "too few for patches of 27"),
        (lambda: calotype.erase(photo(), mask=mask(), grow=40), "too little"),
        (lambda: calotype.expand(photo()), "give --margin"),
        (lambda: calotype.expand(photo(), left=-2), "--left -2"),
    ],
)
def test_what_cannot_be_done_is_said(work, words):
    with pytest.raises(InputError, match=words):
        work()


def test_results_are_pictures_of_the_right_mode():
    assert isinstance(calotype.erase(Image.fromarray(photo()), mask=Image.fromarray(mask()), **TINY)[0], Image.Image)
