"""Colour spaces of files. The right values are worked out here from the standards, in floating point."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms, TiffImagePlugin

from calotype.errors import InputError
from calotype.image.cicp import CodePoints, code_points
from calotype.image.embedded import embedded_profile
from calotype.image.icc import ADOBE_RGB, icc_profile
from calotype.image.io import open_photo, opened

from .pngs import SRGB_CHUNK, chrm, cicp, gama, iccp, png

# Matrices from linear RGB to linear sRGB as the standards and their authors print them, rounded to five digits.
P3_TO_SRGB = np.array([[1.22494, -0.22494, 0], [-0.04206, 1.04206, 0], [-0.01964, -0.07864, 1.09827]])
BT2020_TO_SRGB = np.array([[1.66049, -0.58764, -0.07285], [-0.12455, 1.13290, -0.00835], [-0.01815, -0.10058, 1.11873]])
ADOBE_TO_XYZ = np.array([[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]])
XYZ_TO_SRGB = np.array([[3.24097, -1.53738, -0.49861], [-0.96924, 1.87597, 0.04156], [0.05563, -0.20398, 1.05697]])
ADOBE_TO_SRGB = XYZ_TO_SRGB @ ADOBE_TO_XYZ

ADOBE_CHRM = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
SRGB_CHRM = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)


def sample(channels: int = 3, bits: int = 8) -> np.ndarray:
    """Colours between dark and light, none of them close to the borders of the gamut."""
    rng = np.random.default_rng(3)
    top = 2**bits - 1
    grey = rng.uniform(0.15, 0.85, (24, 24, 1))
    values = np.clip(grey + rng.uniform(-0.12, 0.12, (24, 24, 3)), 0.02, 0.98)
    values = values if channels in (3, 4) else grey
    if channels == 4:
        values = np.dstack([values, rng.uniform(0.2, 0.9, (24, 24))])
    values = np.rint(values * top).astype(np.uint8 if bits == 8 else np.uint16)
    return values[..., 0] if channels == 1 else values


def srgb_light(v: np.ndarray) -> np.ndarray:
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def srgb_value(light: np.ndarray) -> np.ndarray:
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def converted(values: np.ndarray, matrix: np.ndarray | None = None, gamma: float | None = None) -> np.ndarray:
    """Values 0..1 in another space as sRGB, 0..255."""
    light = srgb_light(values) if gamma is None else values**gamma
    return 255 * srgb_value(light if matrix is None else light @ matrix.T)


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def close(photo, expected: np.ndarray, within: float = 1.01) -> None:
    expected = expected if expected.ndim == 3 else np.repeat(expected[..., None], 3, 2)
    assert np.abs(photo.rgb - expected).max() <= within


V = sample() / 255
SAME = 255 * V
PNGS = {
    "nothing": ((), SAME),
    "sRGB": ((SRGB_CHUNK,), SAME),
    "sRGB over gAMA": ((SRGB_CHUNK, gama(1.0)), SAME),
    "gAMA of sRGB": ((gama(0.45455),), SAME),
    "gAMA and cHRM of sRGB": ((gama(0.45455), chrm(SRGB_CHRM)), SAME),
    "linear": ((gama(1.0),), converted(V, gamma=1.0)),
    "gamma 1.8": ((gama(1 / 1.8),), converted(V, gamma=1.8)),
    "cHRM without gAMA": ((chrm(ADOBE_CHRM),), converted(V, ADOBE_TO_SRGB)),
    "Adobe RGB by cHRM and gAMA": ((gama(256 / 563), chrm(ADOBE_CHRM)), converted(V, ADOBE_TO_SRGB, 563 / 256)),
    "nonsense in cHRM": ((chrm((0,) * 8),), SAME),
    "Display P3": ((cicp(12, 13),), converted(V, P3_TO_SRGB)),
    "BT.2020": ((cicp(9, 14),), converted(V, BT2020_TO_SRGB)),
    "linear BT.2020": ((cicp(9, 8),), converted(V, BT2020_TO_SRGB, 1.0)),
    "cICP over gAMA": ((cicp(12, 13), gama(1.0)), converted(V, P3_TO_SRGB)),
    "cICP over sRGB": ((cicp(12, 13), SRGB_CHUNK), converted(V, P3_TO_SRGB)),
    "cICP of sRGB over gAMA": ((cicp(1, 13), gama(1.0)), SAME),
    "unspecified cICP": ((cicp(2, 2), gama(1.0)), converted(V, gamma=1.0)),
    "ICC over cICP": ((iccp(srgb_profile()), cicp(12, 13)), SAME),
    "broken ICC": ((iccp(b"nonsense"), cicp(12, 13)), converted(V, P3_TO_SRGB)),
    "narrow range": ((cicp(1, 13, 0),), np.clip((255 * V - 16) * 255 / 219, 0, 255)),
}


@pytest.mark.parametrize("name", PNGS)
def test_png(name):
    chunks, expected = PNGS[name]
    close(open_photo(png(sample(), *chunks)), expected, 1.6)


@pytest.mark.parametrize("transfer", [16, 18])
def test_high_dynamic_range_is_refused_in_a_line(transfer):
    with pytest.raises(InputError, match=r"high dynamic range picture .(PQ|HLG).*export it in standard range"):
        open_photo(png(sample(), cicp(9, transfer)))


def test_alpha_stays_as_it_is():
    values = sample(4)
    photo = open_photo(png(values, cicp(12, 13)))
    close(photo, converted(values[..., :3] / 255, P3_TO_SRGB), 1.6)
    assert np.array_equal(photo.alpha, values[..., 3])


def test_grey():
    close(open_photo(png(sample(1), gama(1.0))), converted(sample(1) / 255, gamma=1.0))


def test_a_palette():
    image = Image.fromarray(sample()).quantize(16)
    file = io.BytesIO()
    image.save(file, "PNG")
    data = file.getvalue()
    place = data.index(b"PLTE") - 4
    photo = open_photo(io.BytesIO(data[:place] + cicp(12, 13) + data[place:]))
    close(photo, converted(np.asarray(image.convert("RGB")) / 255, P3_TO_SRGB), 1.6)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_are_rounded_not_cut(channels):
    values = np.random.default_rng(5).integers(256, 65536, (20, 20, channels), dtype=np.uint16)
    photo = open_photo(png(values[..., 0] if channels == 1 else values))
    rounded = np.rint(values / 257)
    colours = rounded[..., : channels - 1 + channels % 2]
    assert np.array_equal(photo.rgb, np.broadcast_to(colours, (20, 20, 3)))
    if channels in (2, 4):
        assert np.array_equal(photo.alpha, rounded[..., -1])


@pytest.mark.parametrize("channels", [1, 3])
def test_light_in_sixteen_bits_has_no_steps(channels):
    dark = np.linspace(40, 3000, 400).reshape(20, 20).astype(np.uint16)
    values = dark if channels == 1 else np.dstack([dark] * 3)
    close(open_photo(png(values, gama(1.0))), converted(values / 65535, gamma=1.0), 0.51)


def exif(space: int, index: str = "") -> Image.Exif:
    block = Image.Exif()
    block[0x0112] = 1  # Pillow writes no block that has nothing else
    inner = block.get_ifd(0x8769)
    inner[0xA001] = space
    if index:
        inner[0xA005] = {1: index}
    return block


def photo_file(suffix: str, **options) -> io.BytesIO:
    file = io.BytesIO()
    lossless = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}
    Image.fromarray(sample()).save(file, suffix, **lossless.get(suffix, {}), **options)
    return io.BytesIO(file.getvalue())


@pytest.mark.parametrize("suffix", ["JPEG", "WEBP", "PNG", "TIFF"])
def test_the_adobe_rgb_of_a_camera(suffix):
    plain = open_photo(photo_file(suffix)).rgb / 255
    given = {"exif": exif(65535, "R03")}
    if suffix == "TIFF":
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[0x8769] = {0xA001: 65535, 0xA005: {1: "R03"}}
        given = {"tiffinfo": tags}
    close(open_photo(photo_file(suffix, **given)), converted(plain, ADOBE_TO_SRGB, 563 / 256), 1.6)


@pytest.mark.parametrize(("space", "index"), [(1, ""), (1, "R98"), (65535, ""), (65535, "R98"), (65535, "THM")])
def test_other_statements_of_a_camera_are_srgb(space, index):
    given = open_photo(photo_file("JPEG", exif=exif(space, index)))
    assert np.array_equal(given.rgb, open_photo(photo_file("JPEG")).rgb)


def test_a_number_for_adobe_rgb_that_cameras_write():
    plain = open_photo(photo_file("JPEG")).rgb / 255
    close(open_photo(photo_file("JPEG", exif=exif(2))), converted(plain, ADOBE_TO_SRGB, 563 / 256), 1.6)


def test_a_profile_counts_more_than_the_camera():
    given = open_photo(photo_file("JPEG", exif=exif(65535, "R03"), icc_profile=srgb_profile()))
    assert np.abs(given.rgb.astype(int) - open_photo(photo_file("JPEG")).rgb).max() <= 1


def test_a_turned_photo_keeps_its_space():
    block = exif(65535, "R03")
    block[0x0112] = 6
    plain = np.rot90(open_photo(photo_file("JPEG")).rgb, -1) / 255
    close(open_photo(photo_file("JPEG", exif=block)), converted(plain, ADOBE_TO_SRGB, 563 / 256), 1.6)


def avif(primaries: int, transfer: int) -> io.BytesIO:
    data = photo_file("AVIF", quality=100, subsampling="4:4:4").getvalue()
    place = data.index(b"colrnclx") + 8
    return io.BytesIO(data[:place] + struct.pack(">HH", primaries, transfer) + data[place + 4 :])


@pytest.mark.parametrize(("primaries", "matrix"), [(1, np.eye(3)), (9, BT2020_TO_SRGB), (12, P3_TO_SRGB)])
def test_avif(primaries, matrix):
    plain = open_photo(avif(1, 13)).rgb / 255
    close(open_photo(avif(primaries, 13)), converted(plain, matrix), 1.6)


def test_what_avif_and_heic_say_is_known_without_their_file():
    with opened(avif(9, 13), "a.avif") as image:
        assert image.info["code_points"] == CodePoints(9, 13)


def test_avif_in_high_dynamic_range():
    with pytest.raises(InputError, match="PQ"):
        open_photo(avif(9, 16))


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I", 8 + len(data)) + kind + data


def test_the_boxes_of_a_heic_photo_belong_to_its_main_picture():
    colours = [box(b"colr", b"nclx", struct.pack(">HHHB", p, 13, 6, 128)) for p in (1, 12)]
    uses = struct.pack(">II", 0, 2) + struct.pack(">HBB", 1, 1, 1) + struct.pack(">HBB", 7, 1, 0x82)
    properties = box(b"iprp", box(b"ipco", *colours), box(b"ipma", uses))
    meta = box(b"meta", bytes(4), box(b"pitm", bytes(4), struct.pack(">H", 7)), properties)
    file = io.BytesIO(box(b"ftyp", b"heic", bytes(4)) + meta)
    assert code_points(file) == CodePoints(12, 13)
    for length in range(0, len(file.getvalue()), 7):
        code_points(io.BytesIO(file.getvalue()[:length]))  # damaged files raise nothing


def test_an_image_of_the_caller_is_read_alike_and_stays_as_it_is():
    image = Image.open(png(sample(), cicp(12, 13)))
    close(open_photo(image), converted(V, P3_TO_SRGB), 1.6)
    assert np.array_equal(np.asarray(image), sample())


def test_colours_beyond_srgb_are_noted():
    values = sample().copy()
    values[:6] = (0, 255, 0)
    photo = open_photo(png(values, cicp(12, 13)))
    assert len(photo.notes) == 1
    assert "beyond sRGB (Display P3)" in photo.notes[0]
    assert open_photo(png(sample(), cicp(12, 13))).notes == ()


def adobe_profile() -> bytes:
    return icc_profile(ADOBE_RGB)


def jp2(profile: bytes, method: int = 2) -> io.BytesIO:
    """A JPEG 2000 file with a profile in its colour specification box (ISO/IEC 15444-1, annex I)."""
    data = photo_file("JPEG2000").getvalue()
    header = data.index(b"jp2h") - 4
    place = data.index(b"colr", header) - 4
    old = int.from_bytes(data[place : place + 4], "big")
    new = box(b"colr", bytes((method, 0, 0)), profile)
    size = int.from_bytes(data[header : header + 4], "big") + len(new) - old
    return io.BytesIO(data[:header] + struct.pack(">I", size) + data[header + 4 : place] + new + data[place + old :])


def bmp(profile: bytes, space: bytes = b"DEBM") -> io.BytesIO:
    """A BMP with the header of version 5 (BITMAPV5HEADER): profile after the pixels, rows from the bottom up."""
    values = sample()
    height, width = values.shape[:2]
    rows = b"".join(row[:, ::-1].tobytes().ljust(-(-3 * width // 4) * 4, b"\0") for row in values[::-1])
    head = struct.pack("<IiiHHIIiiII", 124, width, height, 1, 24, 0, len(rows), 2835, 2835, 0, 0)
    head += struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0) + space + bytes(36 + 12)
    head += struct.pack("<4I", 4, 124 + len(rows), len(profile), 0)
    return io.BytesIO(struct.pack("<2sIHHI", b"BM", 138 + len(rows) + len(profile), 0, 0, 138) + head + rows + profile)


@pytest.mark.parametrize("make", [jp2, bmp])
def test_profiles_that_pillow_does_not_read(make):
    close(open_photo(make(adobe_profile())), converted(V, ADOBE_TO_SRGB, 563 / 256), 1.6)
    close(open_photo(make(srgb_profile())), SAME)
    close(open_photo(make(b"nonsense")), SAME)


def test_other_statements_of_such_files_are_no_profiles():
    close(open_photo(jp2(adobe_profile(), method=1)), SAME)
    close(open_photo(bmp(adobe_profile(), b"BGRs")), SAME)


@pytest.mark.parametrize("make", [jp2, bmp])
def test_damaged_files_have_no_profile(make):
    data = make(adobe_profile()).getvalue()
    for length in range(0, 400, 7):
        embedded_profile(io.BytesIO(data[:length]))  # raises nothing
    assert embedded_profile(io.BytesIO(data)) == adobe_profile()
    if make is bmp:
        assert embedded_profile(io.BytesIO(data[:-1])) is None


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF", "MPO"])
def test_a_profile_in_every_format_that_has_them(kind):
    options = {"quality": 100, "subsampling": "4:4:4" if kind == "AVIF" else 0} if kind in ("AVIF", "MPO") else {}
    plain = open_photo(photo_file(kind, **options)).rgb / 255
    given = open_photo(photo_file(kind, icc_profile=adobe_profile(), **options))
    close(given, converted(plain, ADOBE_TO_SRGB, 563 / 256), 1.6)


@pytest.mark.parametrize("profile", [b"hello", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()])
def test_a_profile_that_cannot_be_used_is_noted(tmp_path, profile):
    Image.new("RGB", (16, 16), (200, 40, 40)).save(tmp_path / "odd.png", icc_profile=profile)
    photo = open_photo(tmp_path / "odd.png")
    assert photo.rgb[0, 0].tolist() == [200, 40, 40]
    assert any("colour profile that is broken or of another kind" in note for note in photo.notes)
    right = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (16, 16)).save(tmp_path / "right.png", icc_profile=right)
    assert not open_photo(tmp_path / "right.png").notes
