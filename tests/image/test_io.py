"""Photos in, pictures out."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import sys
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from calotype.errors import InputError, OutputError
from calotype.image import limits
from calotype.image.io import (
    list_photos,
    open_photo,
    png_bytes,
    read_settings,
    result_path,
    save_png,
    to_image,
    to_tensor,
)
from calotype.types import Carried, Size


def noise(height=20, width=30, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def one_line(error):
    text = str(error.value)
    assert text
    assert "\n" not in text
    return text


def saved(tmp_path, image, name="a.png", **options):
    path = tmp_path / name
    image.save(path, **options)
    return path


# --- what can be read


def test_path_gives_pixels_name_and_source(tmp_path):
    rgb = noise()
    path = saved(tmp_path, Image.fromarray(rgb), "my photo.png")
    for source in (path, str(path)):
        photo = open_photo(source)
        assert np.array_equal(photo.rgb, rgb)
        assert photo.alpha is None
        assert photo.name == "my photo"
        assert photo.source == path
        assert photo.size == Size(20, 30)


def test_identity_is_that_of_the_picture_not_of_the_file(tmp_path):
    rgb = noise()
    png, bmp = (saved(tmp_path, Image.fromarray(rgb), name) for name in ("a.png", "b.bmp"))
    identity = open_photo(png).sha256
    assert identity == open_photo(bmp).sha256 == open_photo(rgb).sha256 == open_photo(Image.fromarray(rgb)).sha256
    assert identity != open_photo(rgb.reshape(30, 20, 3)).sha256
    rgba = np.dstack([rgb, np.full((20, 30), 200, np.uint8)])
    assert identity != open_photo(rgba).sha256


def test_photo_is_returned_as_is():
    photo = open_photo(noise())
    assert open_photo(photo) is photo
    assert open_photo(photo, max_side=30) is photo
    assert open_photo(open_photo(noise(40, 60)), max_side=30).size == Size(20, 30)


class Pipe(io.RawIOBase):
    """Standard input as it is behind a pipe: readable once, forwards only."""

    def __init__(self, data):
        self.data = io.BytesIO(data)
        self.name = "<stdin>"

    def readable(self):
        return True

    def read(self, n=-1):
        return self.data.read(n)

    def seek(self, *args):
        raise OSError("cannot seek")


def test_stream_that_cannot_be_wound_back(tmp_path):
    rgb = noise()
    path = saved(tmp_path, Image.fromarray(rgb), "cat.png")
    photo = open_photo(Pipe(path.read_bytes()))
    assert np.array_equal(photo.rgb, rgb)
    assert photo.name == "image"
    with open(path, "rb") as file:
        assert open_photo(file).name == "cat"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_named_pipe(tmp_path):
    path = saved(tmp_path, Image.fromarray(noise()))
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(path.read_bytes()))
    writer.start()
    assert np.array_equal(open_photo(tmp_path / "pipe").rgb, noise())
    writer.join()


def test_arrays():
    rgb = noise()
    assert np.array_equal(open_photo(rgb.astype(np.uint16) * 257).rgb, rgb)
    assert np.array_equal(open_photo((rgb.astype(np.uint16) * 257).astype(">u2")).rgb, rgb)
    assert np.array_equal(open_photo(rgb / 255).rgb, rgb)
    assert np.array_equal(open_photo((rgb / 255).astype(np.float32)).rgb, rgb)
    assert np.array_equal(open_photo(rgb[:, ::-1]).rgb, rgb[:, ::-1])
    grey = open_photo(rgb[..., 0])
    assert np.array_equal(grey.rgb, np.repeat(rgb[..., :1], 3, axis=2))
    assert set(np.unique(open_photo(rgb[..., 0] > 99).rgb)) == {0, 255}


def test_a_photo_does_not_share_memory_with_the_callers_array():
    rgb = noise()
    photo = open_photo(rgb)
    rgb[:] = 0
    assert photo.rgb.any()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((3, 20, 20), np.uint8),
        np.zeros((20, 20, 2), np.uint8),
        np.zeros(20, np.uint8),
        np.zeros((20, 20), np.int64),
        np.full((20, 20), 200.0),
        np.full((20, 20), np.nan),
        np.full((20, 20), -0.5),
        np.zeros((0, 20, 3), np.uint8),
        np.zeros((20, 20), complex),
    ],
    ids=lambda a: f"{a.dtype}{list(a.shape)}",
)
def test_arrays_that_are_no_photos(array):
    with pytest.raises(InputError) as error:
        open_photo(array)
    one_line(error)


def test_arrays_with_values_that_are_not_finite_are_told_from_those_out_of_range():
    for value, said in ((np.nan, "not finite"), (200.0, "must hold 0..1")):
        with pytest.raises(InputError, match=said):
            open_photo(np.full((20, 20), value))


def test_things_that_are_no_photos():
    for thing in (None, 3, ["a.png"], io.StringIO("text")):
        with pytest.raises(InputError) as error:
            open_photo(thing)
        one_line(error)


# --- orientation, depth, colour


UPRIGHT = noise(20, 30)
STORED = {  # how a camera stores the upright picture for each EXIF orientation
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.transpose(1, 0, 2),
    6: UPRIGHT.transpose(1, 0, 2)[::-1],
    7: UPRIGHT.transpose(1, 0, 2)[::-1, ::-1],
    8: UPRIGHT.transpose(1, 0, 2)[:, ::-1],
}


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("orientation", STORED)
def test_orientation(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation]))
    path = saved(tmp_path, stored, f"a.{suffix}", exif=exif)
    assert np.array_equal(open_photo(path).rgb, UPRIGHT)
    with Image.open(path) as opened:
        assert np.array_equal(open_photo(opened).rgb, UPRIGHT)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_broken_exif_is_ignored(tmp_path):
    path = saved(tmp_path, Image.fromarray(noise()), exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff garbage")
    assert np.array_equal(open_photo(path).rgb, noise())


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I"])
def test_sixteen_bits_are_scaled_not_clipped(mode):
    ramp = np.arange(0, 65536, 128, dtype=np.uint16).reshape(16, 32)
    types = {"I;16": "<u2", "I;16B": ">u2", "I": "<i4"}
    image = Image.frombytes(mode, (32, 16), ramp.astype(types[mode]).tobytes())
    assert np.array_equal(open_photo(image).rgb[..., 0], np.rint(ramp / 257).astype(np.uint8))


def test_sixteen_bit_files(tmp_path):
    ramp = np.arange(0, 65536, 128, dtype=np.uint16).reshape(16, 32)
    for name in ("a.png", "a.tif"):
        path = saved(tmp_path, Image.fromarray(ramp), name)
        assert np.array_equal(open_photo(path).rgb[..., 1], np.rint(ramp / 257).astype(np.uint8))


def test_wide_values_that_cannot_be_scaled():
    for values in (np.full((20, 20), 70000, np.int32), np.full((20, 20), 3.5, np.float32)):
        with pytest.raises(InputError) as error:
            open_photo(Image.fromarray(values))
        one_line(error)
    assert open_photo(Image.fromarray(np.full((20, 20), 1, np.float32))).rgb.min() == 255


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "HSV", "LAB", "RGB"])
def test_every_opaque_mode(mode):
    grey = Image.fromarray(np.full((20, 20, 3), 255, np.uint8))
    photo = open_photo(grey.convert("CMYK" if mode == "CMYK" else mode))
    assert photo.rgb.shape == (20, 20, 3)
    assert photo.rgb.min() >= 250
    assert photo.alpha is None


def rgba_sample():
    rgba = noise(channels=4)
    rgba[..., 3] = np.random.default_rng(1).choice(np.array([0, 90, 255], np.uint8), (20, 30))
    return rgba


def test_alpha_is_kept_and_hidden_colours_are_not():
    rgba = rgba_sample()
    photo = open_photo(rgba)
    seen = rgba[..., 3] > 0
    assert np.array_equal(photo.alpha, rgba[..., 3])
    assert np.array_equal(photo.rgb[seen], rgba[seen][:, :3])
    assert not photo.rgb[~seen].any()


@pytest.mark.parametrize("mode", ["LA", "PA", "RGBA", "RGBa", "La"])
def test_every_mode_with_alpha(mode):
    image = Image.fromarray(rgba_sample())
    image = image.convert("LA").convert(mode) if mode in ("LA", "La") else image.convert(mode)
    photo = open_photo(image)
    assert np.array_equal(photo.alpha, rgba_sample()[..., 3])
    if mode in ("LA", "La"):
        assert np.array_equal(photo.rgb[..., 0], photo.rgb[..., 2])


def test_palette_and_keyed_transparency(tmp_path):
    indices = np.zeros((20, 20), np.uint8)
    indices[5:] = 1
    image = Image.fromarray(indices)
    image.putpalette([9, 9, 9, 200, 100, 50])
    photo = open_photo(saved(tmp_path, image, transparency=0))
    assert photo.alpha[0, 0] == 0
    assert photo.alpha[9, 9] == 255
    assert photo.rgb[9, 9].tolist() == [200, 100, 50]
    photo = open_photo(saved(tmp_path, image.convert("RGB"), transparency=(200, 100, 50)))
    assert photo.alpha[9, 9] == 0
    photo = open_photo(saved(tmp_path, Image.fromarray(indices), transparency=1))
    assert photo.alpha[9, 9] == 0


def with_clear_value(path, kind, value):
    """Insert the tRNS chunk that names one value as transparent into a PNG."""
    data = path.read_bytes()
    place = data.index(b"IDAT") - 4
    chunk = b"tRNS" + struct.pack(f">{len(value)}H", *value)
    path.write_bytes(
        data[:place] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[place:]
    )
    return path


def test_sixteen_bit_grey_keeps_its_transparent_value(tmp_path):
    values = np.arange(400, dtype=np.uint16).reshape(20, 20) * 150
    values[3, 4] = values[9, 9] = 777
    values[5, 5] = 778  # the same in 8 bits, but not the transparent one
    Image.fromarray(values).save(tmp_path / "a.png")
    photo = open_photo(with_clear_value(tmp_path / "a.png", "I", [777]))
    assert np.array_equal(photo.alpha == 0, values == 777)
    assert np.array_equal(photo.rgb[..., 0], np.where(values == 777, 0, np.rint(values / 257)))


def test_eight_bit_grey_keeps_its_transparent_value(tmp_path):
    values = np.arange(400).reshape(20, 20).astype(np.uint8)
    Image.fromarray(values).save(tmp_path / "a.png")
    assert np.array_equal(open_photo(with_clear_value(tmp_path / "a.png", "L", [7])).alpha == 0, values == 7)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_without_its_last_bytes_opens_with_a_note(tmp_path, progressive):
    path = tmp_path / "a.jpg"
    image = Image.fromarray(noise(160, 120)).resize((480, 640), Image.Resampling.BICUBIC)
    image.save(path, quality=85, progressive=progressive)
    whole, data = open_photo(path), path.read_bytes()
    assert whole.notes == ()
    path.write_bytes(data[: -len(data) // 100])
    photo = open_photo(path)
    assert len(photo.notes) == 1
    assert "lacks its last bytes" in photo.notes[0]
    assert np.array_equal(
        photo.rgb[:500] if not progressive else photo.rgb[0], whole.rgb[:500] if not progressive else whole.rgb[0]
    )
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="cut short"):
        open_photo(path)


def test_what_comes_with_a_photo_and_what_does_not(tmp_path):
    exif = Image.Exif()
    exif[0x8298], exif[0x013B], exif[0x0132] = "(c) A", "A. Author", "2024:05:06 07:08:09"
    exif.get_ifd(0x8769)[0x9003] = "2023:01:02 03:04:05"
    exif.get_ifd(0x8769)[0xA431] = "serial 123"
    exif.get_ifd(0x8825)[2] = (50.0, 1.0, 2.0)
    path = saved(tmp_path, Image.fromarray(noise()), "a.jpg", exif=exif, dpi=(300, 300))
    assert open_photo(path).carried == Carried("2023:01:02 03:04:05", "A. Author", "(c) A", (300.0, 300.0))
    assert open_photo(noise()).carried == Carried()


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("© Jörg Müller".encode(), "© Jörg Müller"),
        ("© Jörg Müller".encode("latin-1"), "© Jörg Müller"),
        ("著作権 山田".encode(), "著作権 山田"),
        (b"(c) Smith", "(c) Smith"),
    ],
)
def test_names_with_letters_beyond_ascii_stay(stored, text, order):
    """An EXIF block as cameras write it: a copyright in UTF-8 or Latin-1. The result has it in UTF-8."""
    stored += b"\0"
    entry = struct.pack(f"{order}HHHII", 1, 0x8298, 2, len(stored), 26) + bytes(4) + stored
    block = b"Exif\0\0" + (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8) + entry
    file = io.BytesIO()
    Image.fromarray(noise()).save(file, "JPEG", exif=block)
    carried = open_photo(io.BytesIO(file.getvalue())).carried
    assert carried.copyright == text
    result = png_bytes(Image.fromarray(noise()), {}, carried)
    assert text.encode() in result
    assert open_photo(io.BytesIO(result)).carried.copyright == text


def test_opaque_alpha_is_dropped_and_clear_alpha_refused():
    rgba = noise(channels=4)
    rgba[..., 3] = 255
    assert open_photo(rgba).alpha is None
    rgba[..., 3] = 0
    with pytest.raises(InputError, match="fully transparent"):
        open_photo(rgba)


def swapped_primaries():
    """A profile that calls red what sRGB calls green: nobody can miss whether it was used."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = data.index(b"rXYZ", 128), data.index(b"gXYZ", 128)
    data[red : red + 4], data[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(data)


def test_colour_profile_is_applied(tmp_path):
    red = np.zeros((20, 20, 4), np.uint8)
    red[..., 0] = 255
    red[..., 3] = 100
    for image in (Image.fromarray(red), Image.fromarray(red[..., :3].copy())):
        photo = open_photo(saved(tmp_path, image, icc_profile=swapped_primaries()))
        assert photo.rgb[0, 0, 1] > 240
        assert photo.rgb[0, 0, 0] < 15
    grey = saved(tmp_path, Image.fromarray(np.full((20, 20), 99, np.uint8)), icc_profile=swapped_primaries())
    assert abs(int(open_photo(grey).rgb[0, 0, 0]) - 99) <= 1


def test_broken_or_foreign_colour_profile_is_ignored(tmp_path):
    for profile in (b"nonsense", swapped_primaries()[:200]):
        path = saved(tmp_path, Image.fromarray(noise()), icc_profile=profile)
        assert np.array_equal(open_photo(path).rgb, noise())
    cmyk = saved(tmp_path, Image.new("CMYK", (20, 20)), "a.tif", icc_profile=swapped_primaries())
    assert open_photo(cmyk).rgb.min() == 255


# --- limits


def test_smallest_side(tmp_path):
    assert open_photo(noise(16, 16)).size == Size(16, 16)
    with pytest.raises(InputError, match=r"40x15 pixels.*16x16"):
        open_photo(saved(tmp_path, Image.fromarray(noise(15, 40))))


def huge_png(path, side):
    """A PNG that claims side x side pixels and holds almost none: reading past the header would say 'broken'."""
    Image.new("L", (16, 16)).save(path)
    data = bytearray(path.read_bytes())
    data[16:24] = side.to_bytes(4, "big") * 2
    import zlib

    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("side", [11_400, 14_000, 60_000])
@pytest.mark.filterwarnings("error")
def test_too_many_pixels_is_said_before_decoding(tmp_path, side):
    before = Image.MAX_IMAGE_PIXELS
    with pytest.raises(InputError, match=rf"{side}x{side}.*max_side"):
        open_photo(huge_png(tmp_path / "a.png", side))
    assert before == Image.MAX_IMAGE_PIXELS


def test_too_many_pixels_even_to_shrink(tmp_path):
    with pytest.raises(InputError, match="the most is 250"):
        open_photo(huge_png(tmp_path / "a.png", 20_000), max_side=100)
    with pytest.raises(InputError, match="broken"):  # 196 megapixels pass the limit, and only then is it read
        open_photo(huge_png(tmp_path / "a.png", 14_000), max_side=100)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_max_side_shrinks_after_turning(tmp_path, suffix, monkeypatch):
    monkeypatch.setattr(limits, "MAX_PIXELS", 100 * 60)
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path, Image.linear_gradient("L").resize((1000, 600)), f"a.{suffix}", exif=exif)
    with pytest.raises(InputError, match="max_side"):
        open_photo(path)
    photo = open_photo(path, max_side=100)
    assert photo.size == Size(100, 60)
    assert photo.rgb[50, 0, 0] > 240  # the gradient's dark top is on the right now
    assert photo.rgb[50, 59, 0] < 15
    with pytest.raises(InputError, match="smaller --max-side"):
        open_photo(path, max_side=110)


def test_max_side_leaves_smaller_photos_alone(tmp_path):
    path = saved(tmp_path, Image.fromarray(noise()))
    assert np.array_equal(open_photo(path, max_side=30).rgb, noise())


def test_max_side_does_not_bleed_hidden_colours():
    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[:, :32] = (255, 0, 0, 255)
    rgba[:, 32:] = (0, 255, 0, 0)
    photo = open_photo(rgba, max_side=20)
    assert photo.rgb[..., 1].max() == 0


def test_max_side_that_is_too_small_or_makes_it_too_small():
    with pytest.raises(InputError, match="16"):
        open_photo(noise(), max_side=15)
    assert open_photo(noise(20, 75), max_side=60).size == Size(16, 60)
    with pytest.raises(InputError, match="60x15 pixels"):
        open_photo(noise(20, 80), max_side=60)


# --- what cannot be read


def test_missing_folder_empty_text(tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.jpg").write_text("hello, this is not a picture at all, though it says so")
    cases = {"none.png": "does not exist", ".": "is a folder", "empty.png": "empty", "text.jpg": "not a picture"}
    for name, words in cases.items():
        with pytest.raises(InputError, match=words) as error:
            open_photo(tmp_path / name)
        assert str(tmp_path / name) in one_line(error)
    for name in ("empty.png/a.png", "a\0b", "x" * 300, "a\nb"):
        with pytest.raises(InputError) as error:
            open_photo(tmp_path / name)
        one_line(error)
    with pytest.raises(InputError, match="input stream is empty"):
        open_photo(io.BytesIO(b""))


def test_no_permission(tmp_path, monkeypatch):
    path = saved(tmp_path, Image.fromarray(noise()))

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)  # the super-user of a test machine may read anything
    with pytest.raises(InputError, match="may not be read"):
        open_photo(path)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif", "bmp", "gif", "ppm", "tga", "avif"])
def test_files_cut_short_give_one_line_or_a_photo(tmp_path, suffix):
    path = saved(tmp_path, Image.fromarray(noise(40, 40)), f"whole.{suffix}")
    open_photo(path)
    data = path.read_bytes()
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError) as error:
        open_photo(cut)
    assert str(cut) in one_line(error)
    random = np.random.default_rng(0)
    for _ in range(40):  # damage anywhere: whatever comes, it is never a traceback of the reader
        damaged = bytearray(data)
        for at in random.integers(0, min(len(data), 300), 4):
            damaged[at] = random.integers(0, 256)
        with contextlib.suppress(InputError):
            open_photo(io.BytesIO(bytes(damaged)))


def test_animations(tmp_path):
    frames = [Image.fromarray(noise(seed=i)) for i in range(3)]
    for name in ("a.gif", "a.webp", "a.png"):
        path = saved(tmp_path, frames[0], name, save_all=True, append_images=frames[1:])
        with pytest.raises(InputError, match="animation of 3 frames: save the frame you want"):
            open_photo(path)
        assert open_photo(saved(tmp_path, frames[0], name)).size == Size(20, 30)


def test_camera_pair_is_its_first_picture(tmp_path):
    path = saved(tmp_path, Image.fromarray(noise()), "a.mpo", save_all=True, append_images=[Image.fromarray(noise())])
    assert open_photo(path).size == Size(20, 30)


def test_heic_without_its_reader(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = tmp_path / "a.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    with pytest.raises(InputError, match=r"calotype\[heif\]"):
        open_photo(path)


def test_readers_that_start_other_programs_are_not_used(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\n")
    with pytest.raises(InputError, match="not a picture"):
        open_photo(path)


def test_list_photos_counts_as_people_do(tmp_path):
    for name in ("a10.png", "a2.JPG", "A1.webp", "notes.txt", ".hidden.png", "b.HEIC"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [p.name for p in list_photos(tmp_path)] == ["A1.webp", "a2.JPG", "a10.png", "b.HEIC"]


def test_list_photos_without_any(tmp_path):
    (tmp_path / "notes.txt").touch()
    for folder, words in (("", "no photos"), ("none", "does not exist"), ("notes.txt", "not a folder")):
        with pytest.raises(InputError, match=words) as error:
            list_photos(tmp_path / folder)
        one_line(error)


# --- tensors


def test_opaque_round_trip_is_exact():
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    photo = open_photo(np.dstack([values, values.T, values[::-1]]))
    tensor = to_tensor(photo)
    assert tensor.shape == (1, 3, 16, 16)
    assert tensor.dtype == torch.float32
    assert tensor.min() == -1
    assert tensor.max() == 1
    for form in (tensor, tensor[0]):
        image = to_image(form)
        assert image.mode == "RGB"
        assert np.array_equal(np.array(image), photo.rgb)


def test_round_trip_with_alpha_is_exact():
    rgba = noise(64, 64, 4)
    rgba[..., 3] = np.repeat(np.arange(256, dtype=np.uint8), 16).reshape(64, 64)
    photo = open_photo(rgba)
    tensor = to_tensor(photo)
    assert tensor.shape == (1, 4, 64, 64)
    clear = torch.from_numpy(photo.alpha == 0)
    assert (tensor[0, :3, clear] == 0).all()
    assert (tensor[0, 3, clear] == -1).all()
    again = np.array(to_image(tensor))
    assert np.array_equal(again[..., 3], photo.alpha)
    assert np.array_equal(again[..., :3], photo.rgb)


def test_to_image_rounds_and_clamps():
    tensor = torch.tensor([-3.0, 0.0, 3.0])[:, None, None].expand(3, 20, 20)
    assert np.array(to_image(tensor))[0, 0].tolist() == [0, 128, 255]
    faint = torch.full((1, 4, 20, 20), 0.9)
    faint[:, 3] = -0.9
    assert np.array(to_image(faint.requires_grad_()))[0, 0].tolist() == [255, 255, 255, 13]


def test_to_image_refuses_what_is_no_image():
    for tensor in (torch.zeros(2, 3, 4, 4), torch.zeros(4, 4), torch.zeros(1, 4, 4), torch.full((3, 4, 4), torch.nan)):
        with pytest.raises(ValueError, match="image tensor"):
            to_image(tensor)


# --- writing


def test_save_and_read_settings(tmp_path):
    image = Image.fromarray(noise())
    settings = {"verb": "vary", "seed": 3, "photo": "Café ✓.jpg", "engine": {"alpha": 0.005, "tile": [True, False]}}
    path = result_path(tmp_path / "new" / "deep", "cat", "vary", 3)
    assert path.name == "cat_vary_3.png"
    save_png(image, path, settings)
    assert read_settings(path) == settings
    assert np.array_equal(open_photo(path).rgb, noise())
    assert os.listdir(path.parent) == ["cat_vary_3.png"]


def test_same_settings_same_bytes(tmp_path):
    image = Image.fromarray(noise())
    image.info["icc_profile"] = b"left over"
    save_png(image, tmp_path / "a.png", {"a": 1, "b": 2})
    save_png(Image.fromarray(noise()), tmp_path / "b.png", {"b": 2, "a": 1})
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_new_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "usual").touch()
    save_png(Image.fromarray(noise()), tmp_path / "a.png", {})
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.png").mkdir()
    for name in ("file/a.png", "folder.png", "x" * 300 + ".png"):
        with pytest.raises(OutputError) as error:
            save_png(Image.fromarray(noise()), tmp_path / name, {})
        assert str(tmp_path / name) in one_line(error)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder.png"]


@pytest.mark.parametrize(
    ("code", "words"), [("ENOSPC", "space"), ("EACCES", "folder"), ("EROFS", "folder"), ("EFBIG", "ulimit")]
)
def test_nothing_is_left_when_the_disk_refuses(tmp_path, monkeypatch, code, words):
    import errno

    save_png(Image.fromarray(noise()), tmp_path / "a.png", {"old": True})

    def refuse(*args):
        raise OSError(getattr(errno, code), "refused")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OutputError) as error:
        save_png(Image.fromarray(noise()), tmp_path / "a.png", {})
    one_line(error)
    assert words in str(error.value)
    assert "a.png" in str(error.value)
    assert os.listdir(tmp_path) == ["a.png"]
    assert read_settings(tmp_path / "a.png") == {"old": True}


def test_nothing_is_left_when_interrupted(tmp_path, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_png(Image.fromarray(noise()), tmp_path / "a.png", {})
    assert os.listdir(tmp_path) == []


def test_settings_that_are_not_there(tmp_path):
    Image.fromarray(noise()).save(tmp_path / "plain.png")
    Image.fromarray(noise()).save(tmp_path / "photo.jpg")
    (tmp_path / "text.png").write_text("x")
    for name in ("plain.png", "photo.jpg", "text.png", "none.png", "."):
        with pytest.raises(InputError) as error:
            read_settings(tmp_path / Path(name))
        one_line(error)


def test_importing_io_does_not_import_torch():
    import subprocess

    code = "import sys, calotype.image.io; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
