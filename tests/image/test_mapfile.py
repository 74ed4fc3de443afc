"""Label maps are numbers: what a file stores counts, not how bright it looks."""

import io

import numpy as np
import pytest
from PIL import Image

from calotype.data.samples import read_map
from calotype.errors import InputError
from calotype.image.classmap import open_class_map
from calotype.image.labelmap import open_labels
from calotype.image.mapfile import map_numbers, open_map
from calotype.types import LabelMap

from .pngs import chunk, packed_png, png
from .tiffs import GREY, WHITE_IS_ZERO, tiff

# Six areas of 10 x 12 pixels.
PLACES = np.repeat(np.repeat(np.arange(6).reshape(2, 3), 10, 0), 12, 1)
SKY, GRASS, WATER = (64, 128, 255), (40, 160, 60), (20, 60, 120)


def numbered(*numbers: int) -> np.ndarray:
    return np.array(numbers)[PLACES % len(numbers)]


def wide_file(tmp_path, numbers: np.ndarray, name: str = "map.png"):
    Image.fromarray(numbers.astype(np.uint16)).save(tmp_path / name)
    return tmp_path / name


def palette_file(tmp_path, index: np.ndarray, palette: list[tuple[int, int, int]], name: str = "map.png", **options):
    image = Image.fromarray(index.astype(np.uint8), "P")
    image.putpalette([value for colour in palette for value in colour])
    image.save(tmp_path / name, **options)
    return tmp_path / name


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("numbers", [(7, 8, 11, 300), (7, 8, 11, 26001), (255, 256, 257), (0, 1, 65535), (1000, 1001)])
def test_numbers_above_254_are_numbered_anew(tmp_path, numbers, suffix):
    labels = open_labels(wide_file(tmp_path, numbered(*numbers), f"map.{suffix}"))
    assert labels.numbers == tuple(sorted(numbers))
    assert np.array_equal(np.array(labels.numbers)[labels.index], numbered(*numbers))
    assert len(set(labels.colours)) == len(numbers)


def test_a_target_of_numbers_has_the_labels_of_its_source(tmp_path):
    source = open_labels(wide_file(tmp_path, numbered(7, 8, 11, 300)))
    target = open_labels(wide_file(tmp_path, numbered(11, 300), "target.png"), like=source)
    assert np.array_equal(np.array(source.numbers)[target.index], numbered(11, 300))


def test_the_picture_of_a_map_of_numbers_has_its_labels(tmp_path):
    source = open_labels(wide_file(tmp_path, numbered(7, 8, 11, 300)))
    assert np.array_equal(open_labels(source.image(), like=source).index, source.index)


@pytest.mark.parametrize("count", [256, 400])
def test_too_many_numbers_are_refused_and_not_made_brightness(tmp_path, count):
    numbers = np.arange(40 * 40).reshape(40, 40) % count
    with pytest.raises(InputError, match=f"has {count} different numbers: a label map has at most 255"):
        open_labels(wide_file(tmp_path, numbers))


def test_arrays_of_numbers():
    labels = open_labels(numbered(3, 500, 70_000 - 10_000))
    assert labels.numbers == (3, 500, 60_000)
    assert np.array_equal(np.array(labels.numbers)[labels.index], numbered(3, 500, 60_000))


def test_two_palette_indices_of_one_colour_stay_two(tmp_path):
    path = palette_file(tmp_path, numbered(0, 1, 2), [SKY, GRASS, SKY])
    labels = open_labels(path)
    assert sorted(labels.numbers) == [0, 1, 2]
    assert np.array_equal(np.array(labels.numbers)[labels.index], numbered(0, 1, 2))
    changed = palette_file(tmp_path, numbered(2, 1), [SKY, GRASS, SKY], "target.png")
    assert np.array_equal(np.array(labels.numbers)[open_labels(changed, like=labels).index], numbered(2, 1))


def test_an_index_that_the_palette_lacks_stays_itself(tmp_path):
    path = palette_file(tmp_path, numbered(0, 1, 3), [SKY, GRASS, WATER, (1, 2, 3)])
    data = path.read_bytes()
    place = data.index(b"PLTE")
    import struct
    import zlib

    short = b"PLTE" + data[place + 4 : place + 10]  # two of four entries
    path.write_bytes(
        data[: place - 4] + struct.pack(">I", 6) + short + struct.pack(">I", zlib.crc32(short)) + data[place + 20 :]
    )
    assert np.array_equal(map_numbers(path), numbered(0, 1, 3))
    labels = open_labels(path)
    assert np.array_equal(np.array(labels.numbers)[labels.index], numbered(0, 1, 3))


def test_an_editor_that_sorts_the_palette_changes_nothing(tmp_path):
    source = open_labels(palette_file(tmp_path, numbered(0, 1, 2), [SKY, GRASS, WATER]))
    turned = palette_file(tmp_path, 2 - numbered(0, 1, 2), [WATER, GRASS, SKY], "target.png")
    assert np.array_equal(open_labels(turned, like=source).index, source.index)


def test_a_palette_with_smoothed_edges_is_read_by_its_colours(tmp_path):
    image = Image.fromarray(np.array([SKY, GRASS, WATER], np.uint8)[numbered(0, 1, 2)])
    large = image.resize((720, 400), Image.Resampling.NEAREST)
    large.rotate(3).crop((40, 40, 680, 360)).resize((160, 80), Image.Resampling.LANCZOS).quantize(200).save(
        tmp_path / "map.png"
    )
    assert open_labels(tmp_path / "map.png").classes == 3


def in_colours(*colours: tuple[int, int, int]) -> np.ndarray:
    return np.array(colours, np.uint8)[PLACES % len(colours)]


def test_a_few_transparent_pixels_take_the_nearest_label_with_a_note():
    rgba = np.dstack([in_colours(SKY, GRASS, WATER), np.full(PLACES.shape, 255, np.uint8)])
    rgba[4, 5:8, 3] = 0
    rgba[4, 5:8, :3] = 99
    labels = open_labels(rgba)
    assert labels.classes == 3
    assert np.array_equal(np.array(labels.colours)[labels.index], in_colours(SKY, GRASS, WATER))
    assert labels.notes == ("'image' has 3 transparent pixels, which take the label of the nearest ones",)
    assert np.array_equal(open_labels(rgba, like=labels).index, labels.index)
    found = open_class_map(rgba, ("sky", "grass", "water"), (SKY, GRASS, WATER))
    assert np.array_equal(found.index, numbered(0, 1, 2))


def test_slightly_transparent_pixels_have_their_colour():
    rgba = np.dstack([in_colours(SKY, GRASS, WATER), np.full(PLACES.shape, 255, np.uint8)])
    rgba[:, ::2, 3] = 250
    assert np.array_equal(open_labels(rgba).index, open_labels(in_colours(SKY, GRASS, WATER)).index)


def test_a_transparent_palette_index(tmp_path):
    index = numbered(0, 1)
    index[3, 3] = 2
    path = palette_file(tmp_path, index, [SKY, GRASS, WATER], transparency=2)
    labels = open_labels(path)
    assert labels.classes == 2
    assert np.array_equal(np.array(labels.numbers)[labels.index], numbered(0, 1))


def test_a_colour_that_is_off_takes_the_only_label_it_can_be():
    source = open_labels(in_colours(SKY, GRASS))
    off = (GRASS[0] + 20, GRASS[1] - 40, GRASS[2] + 20)  # 49 levels
    target = open_labels(in_colours(off, SKY), like=source)
    assert np.array_equal(np.array(source.colours)[target.index], in_colours(GRASS, SKY))
    assert len(target.notes) == 1
    assert "#3c7850" in target.notes[0]
    assert "taken as #28a03c" in target.notes[0]


def test_a_colour_that_is_off_with_more_labels():
    source = open_labels(in_colours(SKY, GRASS, WATER))
    moved = (GRASS[0] + 15, GRASS[1] + 20, GRASS[2] - 15)
    target = open_labels(in_colours(SKY, moved, WATER), like=source)
    assert np.array_equal(np.array(source.colours)[target.index], in_colours(SKY, GRASS, WATER))
    with pytest.raises(InputError, match="which 'image' has not"):  # between sky and water
        open_labels(in_colours(SKY, (42, 94, 187), WATER), like=source)


def test_classes_that_are_off_take_the_nearest_with_a_note():
    off = (GRASS[0] + 20, GRASS[1] - 40, GRASS[2] + 20)
    found = open_class_map(in_colours(SKY, off), ("sky", "grass"), (SKY, GRASS))
    assert np.array_equal(found.index, numbered(0, 1))
    assert "taken as grass" in found.notes[0]


@pytest.mark.parametrize("mode", ["1", "L", "P", "I;16"])
def test_data_sets_and_models_read_the_same_numbers(tmp_path, mode):
    index = numbered(0, 1)
    path = tmp_path / "map.png"
    if mode == "P":
        palette_file(tmp_path, index, [(9, 9, 9), (200, 0, 0)])
    else:
        kinds = {"1": np.bool_, "L": np.uint8, "I;16": np.uint16}
        Image.fromarray(index.astype(kinds[mode])).save(path)
    assert np.array_equal(read_map(path), index)
    assert np.array_equal(open_class_map(path, ("a", "b"), (SKY, GRASS)).index, index)
    assert np.array_equal(open_map(path).numbers, index)
    assert np.array_equal(open_labels(path).index, index)


def test_numbers_that_were_compressed_lossily_are_refused_in_data_sets(tmp_path):
    Image.fromarray(numbered(0, 1).astype(np.uint8)).save(tmp_path / "map.jpg")
    with pytest.raises(InputError, match="changes numbers: save it as a grey PNG"):
        read_map(tmp_path / "map.jpg")


def test_a_map_is_turned_like_its_photo(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    index = numbered(0, 1, 2)
    Image.fromarray(index.astype(np.uint8)).save(tmp_path / "map.png", exif=exif)
    assert np.array_equal(read_map(tmp_path / "map.png"), np.rot90(index, -1))
    assert np.array_equal(open_class_map(tmp_path / "map.png", "abc", (SKY, GRASS, WATER)).index, np.rot90(index, -1))


def test_streams_and_maps_of_the_program():
    file = io.BytesIO()
    Image.fromarray(numbered(5, 300).astype(np.uint16)).save(file, "PNG")
    labels = open_labels(io.BytesIO(file.getvalue()))
    assert labels.numbers == (5, 300)
    again = open_labels(LabelMap(labels.index, ((0, 0, 0), (0, 0, 0))))  # two classes of one colour
    assert again.classes == 2


# ---------------------------------------------------------------------------------------------------------------
# Numbers are those that the file stores


def saved_by_pillow(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def of_palette(values: np.ndarray) -> Image.Image:
    image = Image.fromarray(values.astype(np.uint8), "P")
    image.putpalette([level for i in range(6) for level in (9 * i, 40, 255 - 20 * i)])
    return image


def floats(values: np.ndarray) -> bytes:
    return saved_by_pillow(Image.fromarray(values.astype(np.float32)), "TIFF")


def pgm(values: np.ndarray, most: int, plain: bool = False) -> bytes:
    head = f"P{2 if plain else 5}\n{values.shape[1]} {values.shape[0]}\n{most}\n".encode()
    if plain:
        return head + " ".join(map(str, values.ravel())).encode()
    return head + values.astype("u1" if most < 256 else ">u2").tobytes()


COLOURS = chunk(b"PLTE", bytes(level for i in range(6) for level in (9 * i, 40, 255 - 20 * i)))
SIX, FOUR, TWO = numbered(0, 1, 2, 3, 4, 5), numbered(0, 1, 2, 3), numbered(0, 1)
FILES = {
    "PNG, 1 bit": (packed_png(TWO, 1), TWO),
    "PNG, 2 bits": (packed_png(FOUR, 2), FOUR),
    "PNG, 4 bits": (packed_png(SIX, 4), SIX),
    "PNG, 4 bits, interlaced": (packed_png(SIX, 4, interlaced=True), SIX),
    "PNG, 8 bits, interlaced": (packed_png(SIX, 8, interlaced=True), SIX),
    "PNG, 16 bits, interlaced": (packed_png(1000 * SIX, 16, interlaced=True), 1000 * SIX),
    "PNG, palette, 2 bits": (packed_png(FOUR, 2, COLOURS, palette=True), FOUR),
    "PNG, palette, 4 bits, interlaced": (packed_png(SIX, 4, COLOURS, palette=True, interlaced=True), SIX),
    "PNG, grey and opaque": (png(np.dstack([SIX, 255 + 0 * SIX]).astype(np.uint8)).getvalue(), SIX),
    "GIF": (saved_by_pillow(of_palette(SIX), "GIF"), SIX),
    "BMP, palette": (saved_by_pillow(of_palette(SIX), "BMP"), SIX),
    "TGA, palette": (saved_by_pillow(of_palette(SIX), "TGA"), SIX),
    "TGA, grey": (saved_by_pillow(Image.fromarray(SIX.astype(np.uint8)), "TGA"), SIX),
    "JPEG 2000": (saved_by_pillow(Image.fromarray(SIX.astype(np.uint8)), "JPEG2000"), SIX),
    "TIFF, white is zero": (tiff(SIX.astype(np.uint8), kind=WHITE_IS_ZERO).getvalue(), SIX),
    "TIFF, 16 bits, white is zero": (tiff((300 * SIX).astype(np.uint16), kind=WHITE_IS_ZERO).getvalue(), 300 * SIX),
    "TIFF, 32 bits": (tiff((1000 * SIX).astype(np.uint32), kind=GREY).getvalue(), 1000 * SIX),
    "TIFF, floats": (floats(SIX), SIX),
    "TIFF, large floats": (floats(1000 * SIX), 1000 * SIX),
    "PGM up to 5": (pgm(SIX, 5), SIX),
    "PGM up to 255": (pgm(SIX, 255), SIX),
    "PGM up to 1000": (pgm(200 * SIX, 1000), 200 * SIX),
    "PGM up to 65535": (pgm(1000 * SIX, 65535), 1000 * SIX),
    "PGM as text": (pgm(SIX, 5, plain=True), SIX),
    "PBM": (b"P4\n36 20\n" + np.packbits(TWO.astype(bool), axis=1).tobytes(), TWO),
}


@pytest.mark.parametrize("name", FILES)
def test_numbers_are_those_that_a_file_stores(tmp_path, name):
    data, expected = FILES[name]
    (tmp_path / "map").write_bytes(data)
    assert np.array_equal(map_numbers(tmp_path / "map"), expected)
    labels = open_labels(tmp_path / "map")
    assert labels.classes == len(np.unique(expected))
    pairs = set(zip(labels.index.ravel().tolist(), expected.ravel().tolist(), strict=True))
    assert len(pairs) == labels.classes


@pytest.mark.parametrize("values", [SIX / 5, SIX - 1.0, SIX + 0.5, 100_000.0 * SIX])
def test_other_floats_are_no_numbers(tmp_path, values):
    (tmp_path / "map.tif").write_bytes(floats(values))
    assert map_numbers(tmp_path / "map.tif") is None


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "rows of planes"])
def test_painted_maps_of_other_forms_have_their_colours(kind):
    painted = np.array([SKY, GRASS, WATER, (0, 0, 0), (255, 255, 255), (200, 30, 30)], np.uint8)[PLACES]
    files = {
        "PNG": png(painted.astype(np.uint16) * 257),
        "TIFF": tiff(painted.astype(np.uint16) * 257, order=">"),
        "rows of planes": tiff(painted.astype(np.uint16) * 257, planes=True),
    }
    labels = open_labels(files[kind])
    assert np.array_equal(np.array(labels.colours)[labels.index], painted)
