from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from calotype.image.grid import contact_sheet

RED, BLUE = (255, 0, 0), (0, 0, 255)


def test_layout_is_about_square_and_keeps_shapes():
    sheet = contact_sheet([Image.new("RGB", (60, 30), RED)] * 5, cell=60)
    assert sheet.size == (3 * 68 + 8, 2 * 38 + 8)
    assert (np.array(sheet) == RED).all(axis=-1).sum() == 5 * 60 * 30


def test_columns_and_captions():
    images = [Image.new("RGB", (40, 40), RED)] * 3
    plain = contact_sheet(images, columns=1, cell=40)
    labelled = contact_sheet(images, ["a", "b" * 200, "c\nd"], columns=1, cell=40)
    assert plain.width == labelled.width == 56
    assert labelled.height > plain.height
    ink = np.array(labelled.convert("L"))[48:70] < 100
    assert ink.any()
    assert not ink[:, :4].any()


def test_small_pictures_are_enlarged_without_smoothing_and_large_ones_fitted():
    checks = Image.fromarray(np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8))
    colours = {tuple(c) for c in np.array(contact_sheet([checks], cell=101)).reshape(-1, 3).tolist()}
    assert colours == {RED, BLUE, (255, 255, 255)}
    assert contact_sheet([Image.new("RGB", (900, 300), RED)], cell=90).size == (106, 46)


def test_transparency_shows_the_background():
    sheet = contact_sheet([Image.new("RGBA", (20, 20), (255, 0, 0, 0))], cell=20, background=(1, 2, 3))
    assert set(map(tuple, np.array(sheet).reshape(-1, 3).tolist())) == {(1, 2, 3)}


def test_first_is_marked():
    images = [Image.new("RGB", (20, 20), RED)] * 2
    plain, marked = (np.array(contact_sheet(images, cell=20, mark_first=mark)) for mark in (False, True))
    assert (plain != marked).any()
    assert (plain == marked)[:, 36:].all()
    assert (marked == RED).all(axis=-1).sum() == 800


def test_arguments_that_make_no_sheet():
    image = Image.new("RGB", (20, 20))
    for arguments in (([],), ([image], ["a", "b"])):
        with pytest.raises(ValueError, match="image"):
            contact_sheet(*arguments)
