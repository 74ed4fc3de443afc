"""Transparency in every form that files have it: what is clear, and that its colours are not used."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from calotype.image.io import open_photo, to_tensor

from .pngs import chunk, packed_png, png
from .tiffs import GREY, PREMULTIPLIED, STRAIGHT, tiff

SIDE = 40
_Y, _X = np.mgrid[:SIDE, :SIDE]
COLOURS = np.dstack([120 + 80 * np.sin(_X / 5), 120 + 80 * np.cos(_Y / 6), 100 + 60 * np.sin((_X + _Y) / 7)])
COLOURS = np.rint(COLOURS).astype(np.uint8)
ALPHA = np.full((SIDE, SIDE), 255, np.uint8)
ALPHA[:10, :14], ALPHA[10:20, :14] = 0, 128
CLEAR = ALPHA < 255  # where a file can only say clear or opaque
HARD = np.where(CLEAR, 0, 255).astype(np.uint8)
RGBA = np.dstack([COLOURS, ALPHA])
GREY_ALPHA = np.dstack([COLOURS[..., 0], ALPHA])


def saved(values: np.ndarray, kind: str, **options) -> io.BytesIO:
    file = io.BytesIO()
    Image.fromarray(values).save(file, kind, **options)
    return io.BytesIO(file.getvalue())


def keyed_grey(bits: int) -> io.BytesIO:
    """A grey PNG that names one of its values transparent."""
    values = np.maximum(COLOURS[..., 0].astype(int) * (2**bits - 1) // 255, 2 if bits > 1 else 1)
    key = 1 if bits > 1 else 0
    return io.BytesIO(packed_png(np.where(CLEAR, key, values), bits, chunk(b"tRNS", struct.pack(">H", key))))


def keyed_colour(depth: type) -> io.BytesIO:
    values = np.where(CLEAR[..., None], np.array([1, 2, 3], depth), COLOURS.astype(depth) + depth(20))
    return png(values.astype(depth), chunk(b"tRNS", struct.pack(">3H", 1, 2, 3)))


def of_palette(bits: int) -> io.BytesIO:
    """Index 1 is clear."""
    index = np.where(CLEAR, 1, np.where(_X % 2, 2, 3))
    palette = chunk(b"PLTE", bytes((0, 0, 0, 250, 0, 250, 90, 120, 60, 60, 90, 200)))
    return io.BytesIO(packed_png(index, bits, palette, chunk(b"tRNS", bytes((255, 0))), palette=True))


def premultiplied(depth: type) -> io.BytesIO:
    top = np.iinfo(depth).max
    alpha = ALPHA.astype(np.float64)[..., None] / 255
    values = np.rint(np.dstack([COLOURS / 255 * alpha, alpha]) * top).astype(depth)
    return tiff(values, extra=PREMULTIPLIED)


FILES = {
    "PNG": (lambda: saved(RGBA, "PNG"), ALPHA),
    "PNG, 16 bits": (lambda: png(RGBA.astype(np.uint16) * 257), ALPHA),
    "PNG, grey": (lambda: saved(GREY_ALPHA, "PNG"), ALPHA),
    "PNG, grey, 16 bits": (lambda: png(GREY_ALPHA.astype(np.uint16) * 257), ALPHA),
    **{f"PNG, a level of {bits} bits": (lambda bits=bits: keyed_grey(bits), HARD) for bits in (1, 2, 4, 8, 16)},
    "PNG, a colour": (lambda: keyed_colour(np.uint8), HARD),
    "PNG, a colour of 16 bits": (lambda: keyed_colour(np.uint16), HARD),
    **{f"PNG, a palette of {bits} bits": (lambda bits=bits: of_palette(bits), HARD) for bits in (2, 4, 8)},
    "GIF": (lambda: saved(np.where(CLEAR, 1, 1 + _X).astype(np.uint8), "GIF", transparency=1), HARD),
    "WebP": (lambda: saved(RGBA, "WEBP", lossless=True), ALPHA),
    "WebP, lossy": (lambda: saved(RGBA, "WEBP", quality=70), ALPHA),
    "TIFF": (lambda: tiff(RGBA, extra=STRAIGHT), ALPHA),
    "TIFF, planes": (lambda: tiff(RGBA, extra=STRAIGHT, planes=True), ALPHA),
    "TIFF, multiplied": (lambda: premultiplied(np.uint8), ALPHA),
    "TIFF, multiplied, 16 bits": (lambda: premultiplied(np.uint16), ALPHA),
    "TIFF, grey": (lambda: tiff(GREY_ALPHA, kind=GREY, extra=STRAIGHT), ALPHA),
    "TGA": (lambda: saved(RGBA, "TGA"), ALPHA),
    "AVIF": (lambda: saved(RGBA, "AVIF", quality=95), ALPHA),
    "JPEG 2000": (lambda: saved(RGBA, "JPEG2000"), ALPHA),
}


@pytest.mark.parametrize("name", FILES)
def test_alpha_is_what_the_file_says_and_hidden_colours_are_gone(name):
    make, expected = FILES[name]
    if name == "GIF":
        expected = np.where(np.where(CLEAR, 1, 1 + _X) == 1, 0, 255)  # the first column has that index too
    photo = open_photo(make())
    assert np.abs(photo.alpha.astype(int) - expected).max() <= 1
    assert not photo.rgb[photo.alpha == 0].any()
    assert photo.fine is None or not photo.fine[photo.alpha == 0].any()
    tensor = to_tensor(photo)
    assert not tensor[0, :3, expected == 0].any()  # mid-grey


@pytest.mark.parametrize(
    "name", ["PNG", "PNG, 16 bits", "TIFF", "TIFF, planes", "WebP", "TGA", "TIFF, multiplied, 16 bits"]
)
def test_visible_colours_are_those_of_the_file(name):
    photo = open_photo(FILES[name][0]())
    assert np.abs(photo.rgb.astype(int) - COLOURS)[ALPHA > 0].max() <= 1
