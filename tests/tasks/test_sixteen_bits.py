"""16 bits in, 16 bits out: what a verb does not change is the same to the last bit."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from calotype import erase, harmonize, stylize, vary
from calotype.cli import main
from calotype.image.io import open_photo, read_settings, to_image, to_tensor
from calotype.image.sixteen import sixteen_bit_png

SIDE = 48


def values(channels: int = 3, seed: int = 0) -> np.ndarray:
    """Smooth colours with steps finer than 8 bits."""
    y, x = np.mgrid[:SIDE, :SIDE]
    waves = [np.sin(x / (5 + i) + seed) * np.cos(y / (6 + i)) for i in range(channels)]
    made = np.rint(32768 + 25000 * np.stack(waves, -1) + np.random.default_rng(seed).normal(0, 90, (SIDE, SIDE, 1)))
    made = made.astype(np.uint16)
    if channels == 4:
        made[..., 3] = 65535
        made[:8, :8, 3] = 0
        made[:8, :8, :3] = 0
    return made


def decoded(path) -> np.ndarray:
    """The values of a PNG with 16 bits a channel, read here by the standard: filters 0 and 2 only."""
    data, place, pixels, head = path.read_bytes(), 8, b"", None
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        content = data[place + 8 : place + 8 + length]
        assert zlib.crc32(kind + content) == struct.unpack(">I", data[place + 8 + length : place + 12 + length])[0]
        head = struct.unpack(">IIBBBBB", content) if kind == b"IHDR" else head
        pixels += content if kind == b"IDAT" else b""
        place += 12 + length
    width, height, bits, colour = head[:4]
    assert bits == 16
    channels = {2: 3, 6: 4}[colour]
    rows = np.frombuffer(zlib.decompress(pixels), np.uint8).reshape(
        height, 1 + 6 * width if channels == 3 else 1 + 8 * width
    )
    above = np.zeros(rows.shape[1] - 1, np.uint8)
    lines = []
    for row in rows:
        above = row[1:] + above if row[0] == 2 else row[1:]
        lines.append(above)
    return np.stack(lines).reshape(-1).view(">u2").reshape(height, width, channels).astype(np.uint16)


def mask() -> np.ndarray:
    area = np.zeros((SIDE, SIDE), np.uint8)
    area[20:30, 20:32] = 255
    return area


@pytest.fixture
def photo(tmp_path):
    (tmp_path / "photo.png").write_bytes(sixteen_bit_png(values(), {}))
    return tmp_path / "photo.png"


@pytest.mark.parametrize("channels", [3, 4])
def test_the_writer_and_the_reader(tmp_path, channels):
    (tmp_path / "a.png").write_bytes(sixteen_bit_png(values(channels), {"key": "text"}, dpi=(300, 150)))
    assert np.array_equal(decoded(tmp_path / "a.png"), values(channels))
    read = open_photo(tmp_path / "a.png")
    assert np.array_equal(read.fine, values(channels)[..., :3])
    with Image.open(tmp_path / "a.png") as image:
        assert image.text == {"key": "text"}
        assert image.info["dpi"] == pytest.approx((300, 150), abs=0.02)
        assert np.array_equal(np.asarray(image), values(channels) >> 8)


def test_what_is_not_erased_stays_to_the_last_bit(photo, tmp_path):
    made = erase(photo, mask=mask(), grow=0, preset="tiny")
    (path,) = made.save(tmp_path / "out")
    outside = mask() == 0
    assert np.array_equal(decoded(path)[outside], values()[outside])
    assert read_settings(path)["verb"] == "erase"
    assert made[0].mode == "RGB"
    assert np.abs(decoded(path) / 257 - np.asarray(made[0])).max() <= 0.51


def test_command_line_and_other_verbs(photo, tmp_path):
    out = tmp_path / "out"
    assert main(["vary", str(photo), "-o", str(out), "-q", "--preset", "tiny"]) == 0
    assert len(np.unique(decoded(out / "photo_vary_0.png") % 257)) > 100  # more than 256 levels
    pasted = values()
    pasted[20:30, 20:32] = (60000, 2000, 2000)
    (tmp_path / "pasted.png").write_bytes(sixteen_bit_png(pasted, {}))
    (path,) = harmonize(photo, tmp_path / "pasted.png", mask=mask(), feather=0.5, preset="tiny").save(out)
    assert np.array_equal(decoded(path)[:10], values()[:10])
    (path,) = stylize(photo, photo, preset="tiny").save(out)
    assert decoded(path).shape == (SIDE, SIDE, 3)


def test_grey_turned_and_srgb_files_keep_their_bits(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(values()[..., 0]).save(tmp_path / "grey.png", exif=exif)
    grey = open_photo(tmp_path / "grey.png")
    assert np.array_equal(grey.fine, np.repeat(np.rot90(values()[..., 0], -1)[..., None], 3, 2))
    data = sixteen_bit_png(values(), {})
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = b"iCCP" + b"p\0\0" + zlib.compress(profile)
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    place = data.index(b"IDAT") - 4
    (tmp_path / "srgb.png").write_bytes(data[:place] + chunk + data[place:])
    assert np.array_equal(open_photo(tmp_path / "srgb.png").fine, values())


def test_shrunk_photos_and_changed_pictures_have_eight_bits(photo, tmp_path):
    assert open_photo(photo, max_side=32).fine is None
    (path,) = vary(photo, preset="tiny", max_side=32).save(tmp_path / "out")
    with Image.open(path) as image:
        assert image.info.keys() == {"calotype", "XML:com.adobe.xmp", "xmp"}
        assert image.tile[0][3] == "RGB"  # of 8 bits


def test_a_picture_keeps_its_values_until_it_is_changed(photo):
    from calotype.image.pixels import words_of

    made = to_image(to_tensor(open_photo(photo)), sixteen=True)
    assert np.array_equal(words_of(made), values())
    assert words_of(made.crop((0, 0, 20, 20))) is None
    assert words_of(made.rotate(90)) is None
    assert words_of(to_image(to_tensor(open_photo(photo)))) is None


def test_results_of_another_colour_space_have_its_colours_in_srgb(tmp_path):
    """Light is brought to sRGB with 16 bits: what is not erased has the value that the standard says."""
    data = sixteen_bit_png(values(), {})
    content = b"gAMA" + struct.pack(">I", 100_000)
    chunk = struct.pack(">I", 4) + content + struct.pack(">I", zlib.crc32(content))
    place = data.index(b"IDAT") - 4
    (tmp_path / "light.png").write_bytes(data[:place] + chunk + data[place:])
    (path,) = erase(tmp_path / "light.png", mask=mask(), grow=0, preset="tiny").save(tmp_path / "out")
    light = values() / 65535
    expected = 65535 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(decoded(path) - expected)[mask() == 0].max() <= 3  # numbers in profiles have 16 bits themselves


def test_arrays_of_sixteen_bits_give_results_of_sixteen(tmp_path):
    (path,) = erase(values(), mask=mask(), grow=0, preset="tiny").save(tmp_path / "out")
    outside = mask() == 0
    assert np.array_equal(decoded(path)[outside], values()[outside])
