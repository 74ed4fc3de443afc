"""Label maps are read as numbers, whatever they have been through; what is none, or does not fit, is refused."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from calotype.errors import InputError
from calotype.image.io import open_photo
from calotype.image.labelmap import fitted, open_labels
from calotype.types import LabelMap, Size

PHOTOS = sorted((Path(__file__).parents[2] / "examples" / "photos").glob("*.jpg"))
SKY, TREE, FIELD = (0, 250, 255), (0, 250, 0), (255, 150, 0)


def painted(scale: int = 1, moved: int = 0) -> Image.Image:
    image = Image.new("RGB", (120 * scale, 90 * scale), SKY)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 60 * scale, 120 * scale, 90 * scale), FIELD)
    draw.ellipse(tuple(scale * x for x in (30 + moved, 20, 80 + moved, 70)), TREE)
    return image


def compressed(image: Image.Image, quality: int = 75) -> Image.Image:
    held = io.BytesIO()
    image.save(held, "JPEG", quality=quality)
    return Image.open(held)


def smoothed(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 4, image.height // 4), Image.Resampling.LANCZOS)


def seen(labels: LabelMap) -> np.ndarray:
    return np.array(labels.colours)[labels.index]


def many(count: int, width: int = 160, height: int = 120) -> np.ndarray:
    """Numbers from 0 to ``count`` - 1 in blocks."""
    across = -(-count // 8)
    y, x = np.mgrid[:height, :width]
    return np.minimum(y * 8 // height * across + x * across // width, count - 1)


def test_a_clean_map_is_read_exactly() -> None:
    labels = open_labels(painted())
    assert set(labels.colours) == {SKY, TREE, FIELD}
    assert (seen(labels) == np.asarray(painted())).all()
    assert labels.size == Size(90, 120)
    assert labels.classes == 3
    assert np.array_equal(np.asarray(labels.image()), np.asarray(painted()))


def test_colours_that_are_nearly_the_same_are_two_labels_of_a_clean_map() -> None:
    pixels = np.asarray(painted()).copy()
    pixels[10:20, 5:15] = (0, 248, 255)
    assert open_labels(pixels).classes == 4


@pytest.mark.parametrize("count", [2, 40, 255])
def test_class_numbers(count: int) -> None:
    numbers = many(count)
    for given in (numbers, numbers.astype(np.uint8), Image.fromarray(numbers.astype(np.uint8))):
        labels = open_labels(given)
        assert labels.classes == count
        assert np.array_equal(labels.index, numbers)


def test_a_palette_png(tmp_path: Path) -> None:
    image = Image.fromarray(many(40).astype(np.uint8)).convert("P")
    image.putpalette([(7 * i * (j + 3)) % 256 for i in range(256) for j in range(3)])
    image.save(tmp_path / "map.png")
    labels = open_labels(tmp_path / "map.png")
    assert labels.classes == 40
    assert labels.name == "map"
    assert (seen(labels) == np.asarray(image.convert("RGB"))).all()


def test_lines_of_one_pixel_are_labels_of_a_clean_map() -> None:
    drawing = np.zeros((60, 80), np.uint8)
    drawing[30], drawing[:, 40] = 255, 255
    labels = open_labels(drawing)
    assert labels.colours == ((0, 0, 0), (255, 255, 255))
    assert np.array_equal(labels.index, drawing // 255)


def test_a_drawing_with_soft_edges_is_two_labels() -> None:
    image = Image.new("L", (320, 240), 0)
    ImageDraw.Draw(image).ellipse((60, 40, 260, 200), outline=255, width=8)
    labels = open_labels(compressed(smoothed(image), 80))
    assert labels.colours == ((0, 0, 0), (255, 255, 255))
    assert 0.01 < labels.index.mean() < 0.1


@pytest.mark.parametrize("worn", [smoothed, compressed], ids=["smoothed", "compressed"])
def test_worn_edges_take_one_of_their_sides(worn) -> None:
    labels = open_labels(worn(painted(4)))
    clean = open_labels(painted(4 if worn is compressed else 1))
    assert labels.classes == 3
    assert (np.abs(seen(labels) - seen(clean)).max(2) < 12).mean() > 0.97


def test_a_target_has_the_numbers_of_its_source() -> None:
    source = open_labels(painted())
    whole = np.full((50, 70, 3), FIELD, np.uint8)
    target = open_labels(whole, like=source)
    assert target.colours == source.colours
    assert (target.index == source.colours.index(FIELD)).all()
    for given in (painted(moved=20), compressed(painted(moved=20), 95)):
        assert (seen(open_labels(given, like=source)) == np.asarray(painted(moved=20))).all(2).mean() > 0.97


def test_maps_of_maps() -> None:
    source = open_labels(painted())
    assert open_labels(source) is source
    turned = LabelMap(2 - source.index, source.colours[::-1])
    assert np.array_equal(open_labels(turned, like=source).index, source.index)


def test_a_slip_of_the_brush_is_filled_from_around_it() -> None:
    pixels = np.asarray(painted(4)).copy()
    pixels[100:108, 20:28] = (255, 0, 255)
    assert np.array_equal(open_labels(pixels, like=open_labels(painted(4))).index, open_labels(painted(4)).index)


def test_another_size_keeps_the_labels_whole() -> None:
    large = open_labels(painted(4))
    small = fitted(large, Size(90, 120))
    assert small.index.shape == (90, 120)
    assert (small.index == open_labels(painted()).index).mean() > 0.98
    assert np.array_equal(fitted(small, Size(180, 240)).index[::2, ::2], small.index)
    assert fitted(large, large.size) is large


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.stem)
def test_photos_are_refused(path: Path) -> None:
    photo = open_photo(path, max_side=300)
    with pytest.raises(InputError, match=f"'{path.stem}' is no label map: paint"):
        open_labels(photo)
    with pytest.raises(InputError, match=f"'{path.stem}' is not in the colours of 'image'"):
        open_labels(photo, like=open_labels(painted()))


def with_new_colour() -> np.ndarray:
    pixels = np.asarray(painted()).copy()
    pixels[5:25, 90:110] = (10, 245, 40)
    return pixels


def with_a_hole() -> np.ndarray:
    pixels = np.dstack([np.asarray(painted()), np.full((90, 120), 255, np.uint8)])
    pixels[40:60, 7:30, 3] = 0
    return pixels


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (with_new_colour(), ("#0af528", "at 91,6", "'image' has not", "the nearest is #00fa00")),
        (with_a_hole(), ("transparent at 7,40", "fill it")),
    ],
)
def test_targets_that_do_not_fit(given: np.ndarray, words: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as refused:
        open_labels(given, like=open_labels(painted()))
    assert "\n" not in str(refused.value)
    for word in words:
        assert word in str(refused.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.zeros((40, 40), np.uint8), "one colour"),
        (many(40) - 1, "from -1 to 38"),
        (many(299), "299 different numbers"),
        (with_a_hole(), "transparent at 7,40"),
        (np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8), "no label map"),
        ("nowhere.png", "does not exist"),
    ],
)
def test_sources_that_cannot_be_used(given: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        open_labels(given)


@pytest.mark.parametrize("given", ["path", "image"])
def test_class_numbers_of_sixteen_bits(tmp_path, given) -> None:
    numbers = np.arange(4).repeat(6).reshape(1, 24).repeat(20, 0).astype(np.uint16)
    Image.fromarray(numbers).save(tmp_path / "classes.png")
    labels = open_labels(tmp_path / "classes.png" if given == "path" else Image.open(tmp_path / "classes.png"))
    assert np.array_equal(labels.index, numbers)
    assert labels.name == ("classes" if given == "path" else labels.name)


def test_sixteen_bits_that_are_no_numbers_are_grey_levels(tmp_path) -> None:
    levels = np.array([0, 20000, 65535], np.uint16)[np.arange(24) // 8].reshape(1, 24).repeat(20, 0)
    Image.fromarray(levels).save(tmp_path / "grey.png")
    assert open_labels(tmp_path / "grey.png").colours == ((0, 0, 0), (78, 78, 78), (255, 255, 255))
