"""Files of 16 bits a channel: every bit is read, and colours are converted with all of them."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from calotype.errors import InputError
from calotype.image.icc import shaper_of
from calotype.image.io import open_photo

from .pngs import chrm, cicp, gama, iccp, png
from .tiffs import CMYK, GREY, PREMULTIPLIED, STRAIGHT, WHITE_IS_ZERO, tiff

D65, D50 = (0.3127, 0.3290), (0.3457, 0.3585)
PRIMARIES = {
    "sRGB": (D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    "Adobe RGB": (D65, (0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
    "Display P3": (D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    "BT.2020": (D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
}
# ProPhoto's matrix to XYZ of D50 (ROMM RGB, ISO 22028-2).
PROPHOTO = np.array([[0.79767, 0.13519, 0.03135], [0.28804, 0.71187, 0.00009], [0, 0, 0.82491]])
NEAR = 12  # levels of 65535: numbers in profiles have 16 bits themselves


def words(channels: int = 3, seed: int = 0) -> np.ndarray:
    """Colours inside the gamut of sRGB, in which no two bytes are alike."""
    rng = np.random.default_rng(seed)
    grey = rng.uniform(0.1, 0.9, (20, 28, 1))
    values = np.clip(grey + rng.uniform(-0.06, 0.06, (20, 28, channels)), 0.03, 0.97)
    return np.rint(values[..., :channels] * 65535).astype(np.uint16)


def to_xyz(name: str) -> np.ndarray:
    """The matrix from linear RGB to XYZ, from chromaticities."""
    (wx, wy), *primaries = PRIMARIES[name]
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    return columns * np.linalg.solve(columns, [wx / wy, 1, (1 - wx - wy) / wy])


def srgb(light: np.ndarray) -> np.ndarray:
    light = np.clip(light, 0, 1)
    return 65535 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def light_of_srgb(v: np.ndarray) -> np.ndarray:
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def from_space(values: np.ndarray, name: str, gamma: float | None = None) -> np.ndarray:
    """Values 0..1 of a space of D65 as sRGB, 0..65535."""
    light = light_of_srgb(values) if gamma is None else values**gamma
    return srgb(light @ (np.linalg.inv(to_xyz("sRGB")) @ to_xyz(name)).T)


def profile(columns: np.ndarray | None, curve: bytes, space: bytes = b"RGB ", **more: bytes) -> bytes:
    """An ICC profile of version 2, as written by hand: a matrix to XYZ of D50 and one curve for all, or grey."""
    fixed = [struct.pack(">3i", *(round(v * 65536) for v in row)) for row in ([] if columns is None else columns.T)]
    tags = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), (b"XYZ " + bytes(4) + row for row in fixed), strict=False))
    tags |= dict.fromkeys((b"kTRC",) if columns is None else (b"rTRC", b"gTRC", b"bTRC"), curve)
    tags |= {
        b"wtpt": b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061),
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 2) + b"p\0" + bytes(78),
        b"cprt": b"text" + bytes(4) + b"p\0\0\0",
        **{name.encode(): content for name, content in more.items()},
    }
    place, table, data = 132 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += struct.pack(">4sII", name, place + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", place + len(data), b"", 0x02400000, b"mntr", space, b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    return head + struct.pack(">I", len(tags)) + table + data


def gamma_curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def parametric(kind: int, *numbers: float) -> bytes:
    return b"para" + bytes(4) + struct.pack(f">HH{len(numbers)}i", kind, 0, *(round(n * 65536) for n in numbers))


def sampled(light: np.ndarray) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">I", len(light)) + np.rint(light * 65535).astype(">u2").tobytes()


def bradford(name: str) -> np.ndarray:
    """The matrix to XYZ of D50, adapted with Bradford's cone response."""
    cone = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    whites = [cone @ np.array(white) for white in ((0.95046, 1, 1.08906), (0.96420, 1, 0.82491))]
    return np.linalg.inv(cone) @ np.diag(whites[1] / whites[0]) @ cone @ to_xyz(name)


V = words() / 65535
ADOBE = profile(bradford("Adobe RGB"), gamma_curve(563 / 256))
WIDE = profile(PROPHOTO, gamma_curve(461 / 256))
PROPHOTO_EXPECTED = srgb(V ** (461 / 256) @ (np.linalg.inv(bradford("sRGB")) @ PROPHOTO).T)
SRGB_PARAMETRIC = parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
PNGS = {
    "Adobe RGB by ICC": ((iccp(ADOBE),), from_space(V, "Adobe RGB", 563 / 256)),
    "ProPhoto by ICC": ((iccp(WIDE),), PROPHOTO_EXPECTED),
    "a parametric curve": (
        (iccp(profile(bradford("Display P3"), SRGB_PARAMETRIC)),),
        from_space(V, "Display P3"),
    ),
    "a sampled curve": (
        (iccp(profile(bradford("Adobe RGB"), sampled(np.linspace(0, 1, 4096) ** 2.2))),),
        from_space(V, "Adobe RGB", 2.2),
    ),
    "a profile of light": ((iccp(profile(bradford("BT.2020"), sampled(np.zeros(0)))),), from_space(V, "BT.2020", 1.0)),
    "gAMA": ((gama(1 / 1.8),), srgb(V**1.8)),
    "gAMA of light": ((gama(1.0),), srgb(V)),
    "gAMA and cHRM": (
        (gama(256 / 563), chrm((0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06))),
        from_space(V, "Adobe RGB", 563 / 256),
    ),
    "Display P3 by cICP": ((cicp(12, 13),), from_space(V, "Display P3")),
    "BT.2020 by cICP": ((cicp(9, 14),), from_space(V, "BT.2020")),
    "linear BT.2020 by cICP": ((cicp(9, 8),), from_space(V, "BT.2020", 1.0)),
}


def check(photo, expected: np.ndarray, near: float = NEAR) -> None:
    expected = np.broadcast_to(expected if expected.ndim == 3 else expected[..., None], photo.rgb.shape)
    assert np.abs(photo.fine - expected).max() <= near
    assert np.abs(photo.rgb - expected / 257).max() <= 0.5 + near / 257


@pytest.mark.parametrize("name", PNGS)
def test_a_png_of_another_colour_space_is_converted_with_all_its_bits(name):
    chunks, expected = PNGS[name]
    check(open_photo(png(words(), *chunks)), expected)


@pytest.mark.parametrize("name", ["Adobe RGB by ICC", "Display P3 by cICP"])
def test_with_transparency(name):
    chunks, expected = PNGS[name]
    alpha = np.random.default_rng(1).integers(257, 65536, (20, 28, 1), dtype=np.uint16)
    photo = open_photo(png(np.dstack([words(), alpha]), *chunks))
    check(photo, expected)
    assert np.array_equal(photo.alpha, np.rint(alpha[..., 0] / 257))


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("packed", [False, True])
def test_a_tiff_of_another_colour_space(order, packed):
    check(open_photo(tiff(words(), order=order, packed=packed, profile=WIDE)), PROPHOTO_EXPECTED)


def test_it_is_turned_too():
    photo = open_photo(tiff(words(), profile=ADOBE, orientation=6))
    check(photo, np.rot90(from_space(V, "Adobe RGB", 563 / 256), -1))


GREYS = {
    "gamma 2.2 by ICC": (iccp(profile(None, gamma_curve(563 / 256), b"GRAY")), lambda v: srgb(v ** (563 / 256))),
    "light by ICC": (iccp(profile(None, sampled(np.zeros(0)), b"GRAY")), srgb),
    "gAMA": (gama(1 / 1.8), lambda v: srgb(v**1.8)),
    "Adobe RGB by ICC": (iccp(ADOBE), lambda v: srgb(v ** (563 / 256))),
}


@pytest.mark.parametrize("name", GREYS)
def test_grey(name):
    statement, expected = GREYS[name]
    check(open_photo(png(words()[..., 0], statement)), expected(V[..., 0]))


def test_narrow_range():
    """Black is 16 and white 235 of 255, in 16 bits 4096 and 60160."""
    values = np.linspace(4096, 60160, 400).reshape(20, 20).astype(np.uint16)
    photo = open_photo(png(np.dstack([values] * 3), cicp(1, 13, 0)))
    check(photo, (values.astype(float) - 4096) * 65535 / 56064, 1)


def test_shadows_have_no_steps():
    """Light of 40 to 3000 of 65535 has some ten thousand levels in sRGB."""
    dark = np.linspace(40, 3000, 400).reshape(20, 20).astype(np.uint16)
    photo = open_photo(png(np.dstack([dark] * 3), gama(1.0)))
    check(photo, srgb(dark / 65535), 1)
    assert len(np.unique(photo.fine[..., 0])) == 400


def test_colours_beyond_srgb_are_clipped_with_a_note():
    values = words()
    values[:6] = (0, 65535, 0)
    photo = open_photo(png(values, iccp(ADOBE)))
    assert tuple(photo.fine[0, 0]) == (0, 65535, 0)
    assert len(photo.notes) == 1
    assert "beyond sRGB" in photo.notes[0]


def test_a_profile_of_tables_is_applied_to_eight_bits_with_a_note():
    """Its table has the corners of linear Adobe RGB; the matrix beside it, of ProPhoto, does not count."""
    corners = np.array([[r, g, b] for r in (0, 1) for g in (0, 1) for b in (0, 1)]) @ bradford("Adobe RGB").T
    table = b"mft2" + bytes(4) + bytes((3, 3, 2, 0))
    table += struct.pack(">9i", *(round(v * 65536) for v in np.eye(3).ravel())) + struct.pack(">HH", 2, 2)
    ends = struct.pack(">6H", *(0, 65535) * 3)
    table += ends + np.rint(corners.clip(0) * 32768).astype(">u2").tobytes() + ends
    photo = open_photo(png(words(), iccp(profile(PROPHOTO, gamma_curve(1.8), A2B0=table))))
    expected = from_space(np.rint(V * 255) / 255, "Adobe RGB", 1.0)
    # Little CMS interpolates its table of light coarsely; the matrix would be off by far more.
    assert np.abs(photo.rgb - expected / 257).max() <= 4
    assert photo.fine is None
    assert any("8 of its 16 bits" in note for note in photo.notes)


def test_curves_of_every_kind():
    x = np.arange(65536) / 65535
    kinds = {
        parametric(0, 1.8): x**1.8,
        parametric(1, 2.0, 1.25, -0.25): np.where(x >= 0.2, (1.25 * x - 0.25).clip(0) ** 2, 0),
        parametric(2, 2.0, 1.0, -0.25, 0.125): np.where(x >= 0.25, (x - 0.25).clip(0) ** 2, 0) + 0.125,
        parametric(3, 2.0, 0.75, 0.25, 0.5, 0.25): np.where(x >= 0.25, (0.75 * x + 0.25) ** 2, 0.5 * x),
        parametric(4, 2.0, 0.5, 0.25, 0.25, 0.5, 0.125, 0.0625): np.where(
            x >= 0.5, (0.5 * x + 0.25) ** 2 + 0.125, 0.25 * x + 0.0625
        ),
        gamma_curve(2.0): x**2,
        sampled(np.array([0, 0.25, 1])): np.interp(x, [0, 0.5, 1], [0, 0.25, 1]),
        sampled(np.zeros(0)): x,
    }
    for curve, expected in kinds.items():
        shaper = shaper_of(profile(PROPHOTO, curve))
        assert np.abs(shaper.curves[0] - expected).max() < 3e-5, curve[:12]


def test_profiles_that_are_broken_or_of_another_kind_are_none():
    whole = profile(PROPHOTO, parametric(3, 2.0, 0.75, 0.25, 0.5, 0.25))
    for length in range(0, len(whole), 5):
        shaper_of(whole[:length])  # raises nothing
    assert shaper_of(whole) is not None
    assert shaper_of(whole.replace(b"para", b"what")) is None
    assert shaper_of(profile(PROPHOTO, parametric(9, 1.0))) is None
    assert shaper_of(profile(PROPHOTO, parametric(1, 1.0, 0.0, 0.0))) is None
    assert shaper_of(profile(PROPHOTO, gamma_curve(2.0), b"CMYK")) is None


# ---------------------------------------------------------------------------------------------------------------
# TIFF as other programs write it


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("channels", [3, 4])
def test_planes_one_after_the_other(order, channels):
    values = words(channels)
    photo = open_photo(tiff(values, planes=True, order=order, extra=STRAIGHT if channels == 4 else None))
    assert np.array_equal(photo.fine, values[..., :3])
    if channels == 4:
        assert np.array_equal(photo.alpha, np.rint(values[..., 3] / 257))


def test_compressed_planes_are_read_with_eight_bits_and_a_note():
    photo = open_photo(tiff(words(), planes=True, packed=True))
    assert np.abs(photo.rgb - words() / 257).max() <= 1
    assert photo.fine is None
    assert len(photo.notes) == 1
    assert "of which 8 bits are read" in photo.notes[0]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("packed", [False, True])
def test_colours_that_are_multiplied_by_alpha_are_divided(order, packed):
    alpha = np.random.default_rng(2).integers(20000, 65536, (20, 28, 1)).astype(np.uint16)
    alpha[:3] = 0
    file = np.dstack([np.rint(words() * (alpha / 65535)).astype(np.uint16), alpha])
    photo = open_photo(tiff(file, extra=PREMULTIPLIED, order=order, packed=packed))
    seen = alpha[..., 0] > 0
    assert np.abs(photo.fine.astype(int) - words())[seen].max() <= 2  # rounding, by alpha of a third and more
    assert not photo.fine[~seen].any()
    assert np.array_equal(photo.alpha, np.rint(alpha[..., 0] / 257))


@pytest.mark.parametrize("packed", [False, True])
def test_a_fourth_channel_of_no_meaning_is_none(packed):
    photo = open_photo(tiff(words(4), extra=0, packed=packed))
    assert photo.alpha is None
    assert np.array_equal(photo.fine, words(4)[..., :3])


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_grey_whose_white_is_zero(depth):
    values = words()[..., 0].astype(np.uint16)
    values = values if depth == np.uint16 else (values >> 8).astype(np.uint8)
    photo = open_photo(tiff(values, kind=WHITE_IS_ZERO))
    expected = np.rint((65535 - values.astype(int)) / 257) if depth == np.uint16 else 255 - values
    assert np.array_equal(photo.rgb[..., 0], expected)


def test_cmyk_of_sixteen_bits_is_that_of_eight():
    values = words(4)
    deep, plain = (open_photo(tiff(v, kind=CMYK)) for v in (values, (values >> 8).astype(np.uint8)))
    assert np.array_equal(deep.rgb, plain.rgb)
    assert deep.alpha is None
    assert "of which 8 bits are read" in deep.notes[0]


def test_values_below_zero_are_refused():
    with pytest.raises(InputError, match="values below 0"):
        open_photo(Image.fromarray(np.full((20, 20), -3, np.int32)))


def test_grey_in_floating_point():
    values = np.random.default_rng(0).random((20, 20), np.float32)
    file = io.BytesIO()
    Image.fromarray(values).save(file, "TIFF")
    photo = open_photo(io.BytesIO(file.getvalue()))
    assert np.abs(photo.fine[..., 0] - values * 65535.0).max() <= 0.51


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_arrays_keep_their_bits(channels):
    values = words(channels)
    photo = open_photo(values[..., 0] if channels == 1 else values)
    assert np.array_equal(photo.fine, np.broadcast_to(values[..., :3], photo.rgb.shape))
    assert np.array_equal(photo.rgb, np.rint(photo.fine / 257))


def test_a_deep_image_of_the_caller_is_as_good_as_its_eight_bits():
    assert np.abs(open_photo(Image.open(tiff(words(), planes=True))).rgb - words() / 257).max() <= 1
    assert np.array_equal(open_photo(Image.open(tiff(words()[..., 0], kind=GREY))).fine[..., 0], words()[..., 0])


@pytest.mark.parametrize("most", [1023, 4095, 65535])
def test_a_ppm_of_numbers_of_two_bytes(most):
    values = np.rint(words() / 65535 * most)
    head = f"P6\n# by a camera's raw converter\n{values.shape[1]} {values.shape[0]}\n{most}\n".encode()
    photo = open_photo(io.BytesIO(head + values.astype(">u2").tobytes()))
    assert np.array_equal(photo.fine, np.rint(values * 65535 / most))
    assert np.array_equal(photo.rgb, np.rint(photo.fine / 257))
    with pytest.raises(InputError, match="broken or cut short"):
        open_photo(io.BytesIO(head + values.astype(">u2").tobytes()[:-4]))
