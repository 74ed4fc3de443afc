"""A label map is read in the numbering of a model's classes, however it was saved."""

import numpy as np
import pytest
from PIL import Image

from calotype.errors import InputError
from calotype.image.classmap import NO_CLASS, open_class_map
from calotype.types import LabelMap

NAMES = ("sky", "grass", "water")
COLOURS = ((64, 128, 255), (40, 160, 60), (20, 60, 120))
INDEX = np.repeat(np.repeat(np.array([[0, 1, 2], [2, 2, 0]], np.uint8), 10, 0), 12, 1)
RGB = np.array(COLOURS, np.uint8)[INDEX]


def palette_image(colours):
    image = Image.fromarray(INDEX, "P")
    image.putpalette([v for colour in colours for v in colour])
    return image


def read(source):
    return open_class_map(source, NAMES, COLOURS)


@pytest.mark.parametrize("how", ["grey", "sixteen bits", "numbers in a palette", "colours in a palette", "RGB", "RGBA"])
def test_a_file_means_the_same_however_it_is_saved(how, tmp_path):
    path = tmp_path / "map.png"
    if how == "grey":
        Image.fromarray(INDEX).save(path)
    elif how == "sixteen bits":
        Image.fromarray(INDEX.astype(np.uint16)).save(path)
    elif how == "numbers in a palette":
        palette_image([(9, 9, 9), (0, 0, 0), (250, 0, 0)]).save(path)
    elif how == "colours in a palette":
        palette_image(COLOURS).save(path)
    else:
        Image.fromarray(RGB).convert(how).save(path)
    found = read(path)
    assert np.array_equal(found.index, INDEX)
    assert found.colours == COLOURS
    assert found.source == path


def test_a_palette_of_the_classes_in_another_order_is_read_by_colour(tmp_path):
    """Paint programs sort palettes as they like: the colours count then, not their places."""
    turned = Image.fromarray((2 - INDEX).astype(np.uint8), "P")
    turned.putpalette([v for colour in reversed(COLOURS) for v in colour])
    turned.save(tmp_path / "map.png")
    assert np.array_equal(read(tmp_path / "map.png").index, INDEX)


def test_bits_are_the_classes_zero_and_one(tmp_path):
    Image.fromarray(INDEX == 1).save(tmp_path / "map.png")
    assert np.array_equal(read(tmp_path / "map.png").index, (INDEX == 1).astype(np.uint8))


@pytest.mark.parametrize("source", [INDEX, INDEX.astype(np.int64), Image.fromarray(RGB), RGB, LabelMap(INDEX, COLOURS)])
def test_what_a_program_holds_is_read_as_well(source):
    assert np.array_equal(read(source).index, INDEX)


def test_pixels_of_no_class_stay_so():
    index = INDEX.copy()
    index[3, 4] = NO_CLASS
    assert np.array_equal(read(index).index, index)


def test_colours_that_jpeg_changed_take_the_nearest_class(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "map.jpg", quality=90, subsampling=0)
    found = read(tmp_path / "map.jpg").index
    assert (found == INDEX).mean() > 0.99


def test_a_number_of_no_class_is_named_with_its_place():
    index = INDEX.astype(np.int64)
    index[7, 5] = 3
    with pytest.raises(InputError, match=r"class 3 at 5,7, and the classes are 0 to 2: 0 sky, 1 grass, 2 water"):
        read(index)


def test_a_colour_of_no_class_is_named_with_its_place_and_the_nearest():
    wrong = RGB.copy()
    wrong[5:9, 20:30] = (80, 220, 100)
    with pytest.raises(InputError, match=r"#50dc64 at 20,5, .*nearest is grass.*sky #4080ff, grass #28a03c"):
        read(wrong)


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    (tmp_path / "map.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"map\.png"):
        read(tmp_path / "map.png")


@pytest.mark.parametrize("how", ["file", "image", "array"])
def test_a_map_of_one_pixel_is_refused_as_a_photo_is(how, tmp_path):
    index = np.zeros((1, 1), np.uint8)
    Image.fromarray(index).save(tmp_path / "map.png")
    source = {"file": tmp_path / "map.png", "image": Image.fromarray(index), "array": index}[how]
    with pytest.raises(InputError, match="is 1x1 pixels: give one of at least 16x16"):
        read(source)


def test_a_map_with_too_many_pixels_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr("calotype.image.limits.MAX_PIXELS", 400)
    Image.fromarray(INDEX).save(tmp_path / "map.png")
    with pytest.raises(InputError, match="has 36x20 pixels"):
        read(tmp_path / "map.png")


@pytest.mark.parametrize(("palette", "said"), [([(9, 9, 9), (90, 0, 0)], 1), ([(9, 9, 9), (99, 99, 99)], 0)])
def test_a_palette_of_other_colours_is_named(tmp_path, palette, said):
    index = np.zeros((16, 16), np.uint8)
    index[8:] = 1
    picture = Image.fromarray(index, "P")
    picture.putpalette([level for colour in palette for level in colour])
    picture.save(tmp_path / "other.png")
    labels = open_class_map(tmp_path / "other.png", ["sky", "sea"], [(0, 0, 255), (0, 255, 0)])
    assert (labels.index == index).all()
    assert len(labels.notes) == said
    assert not said or "the palette of 'other' is not that of the classes" in labels.notes[0]
    assert not said or "(0 sky, 1 sea ...)" in labels.notes[0]
