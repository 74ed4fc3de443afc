"""Pages of a TIFF: the first is read, and a note tells of the others; thumbnails and masks are no pages."""

import io

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from calotype.image.io import open_photo
from calotype.image.mapfile import open_map
from calotype.types import Size

RGB = np.random.default_rng(0).integers(0, 256, (80, 120, 3), dtype=np.uint8)


def pages(path, *images, **options):
    images[0].save(path, save_all=True, append_images=images[1:], **options)
    return path


def page(height=80, width=120, kind=None):
    image = Image.fromarray(RGB).resize((width, height))
    if kind is not None:  # Pillow writes these tags of an appended page
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[254] = kind
        image.encoderinfo = {"tiffinfo": tags}
    return image


@pytest.mark.parametrize("options", [{}, {"big_tiff": True}, {"compression": "tiff_lzw"}])
def test_first_of_several_pages_is_noted(tmp_path, options):
    path = pages(tmp_path / "pages.tif", page(), page(60, 90), page(40, 100), **options)
    for source in (path, io.BytesIO(path.read_bytes()), Image.open(path)):
        photo = open_photo(source)
        assert np.array_equal(photo.rgb, RGB)
        assert len(photo.notes) == 1
        assert "has 3 pages, and the first is taken: save the page you want as a PNG" in photo.notes[0]


def test_page_that_the_caller_chose_is_not_noted(tmp_path):
    image = Image.open(pages(tmp_path / "pages.tif", page(), page(60, 90)))
    image.seek(1)
    assert open_photo(image).size == Size(60, 90)
    assert not open_photo(image).notes


@pytest.mark.parametrize(
    "further",
    [
        [page(kind=1)],  # a smaller copy, whatever its size
        [page(kind=4)],  # a mask
        [page(40, 60), page(20, 30)],  # levels of a pyramid
        [page(16, 20)],  # a thumbnail
        [],
    ],
    ids=["reduced", "mask", "pyramid", "thumbnail", "one"],
)
def test_thumbnails_copies_and_masks_are_no_pages(tmp_path, further):
    photo = open_photo(pages(tmp_path / "photo.tif", page(), *further))
    assert photo.size == Size(80, 120)
    assert not photo.notes


def test_broken_directories_behind_the_first_page_are_no_matter(tmp_path):
    data = bytearray(pages(tmp_path / "photo.tif", Image.fromarray(RGB)).read_bytes())
    start = int.from_bytes(data[4:8], "little")
    end = start + 2 + 12 * int.from_bytes(data[start : start + 2], "little")
    for place in (start, len(data) + 100, len(data) - 3):  # a circle; beyond the file; cut short
        data[end : end + 4] = place.to_bytes(4, "little")
        assert not open_photo(io.BytesIO(bytes(data))).notes


@pytest.mark.parametrize("mode", ["P", "L", "I;16", "RGB"])
def test_pages_of_a_label_map_are_noted(tmp_path, mode):
    labels = np.repeat(np.arange(4, dtype=np.uint8), 20)[:, None].repeat(60, 1)
    if mode == "I;16":
        first, second = (Image.fromarray(each.astype(np.uint16) * 300) for each in (labels, labels[::-1]))
    else:
        first, second = (Image.fromarray(each, "L").convert(mode) for each in (labels, labels[::-1]))
    found = open_map(pages(tmp_path / "map.tif", first, second))
    assert sum("has 2 pages" in note for note in found.notes) == 1
