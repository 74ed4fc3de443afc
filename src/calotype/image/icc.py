"""ICC profiles (ICC.1:2010) of colour spaces that are a matrix and curves: made from primaries, and read."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]  # CIE 1931 x, y

D65: Point = (0.3127, 0.3290)
_D50_XYZ = np.array([0.9642, 1.0, 0.8249])  # the white of ICC's connection space
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
SRGB_CURVE = "sRGB"
LEVELS = 65536  # entries of a curve


@dataclass(frozen=True)
class ColourSpace:
    """An RGB colour space by its primaries.

    Attributes:
        name: for messages.
        white: chromaticity of its white.
        red: chromaticity of its red; ``green`` and ``blue`` likewise.
        curve: ``SRGB_CURVE``, or the exponent of the power law from values to light.
    """

    name: str
    white: Point
    red: Point
    green: Point
    blue: Point
    curve: str | float = SRGB_CURVE


BT709 = (D65, (0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
SRGB = ColourSpace("sRGB", *BT709)
ADOBE_RGB = ColourSpace("Adobe RGB", D65, (0.640, 0.330), (0.210, 0.710), (0.150, 0.060), 563 / 256)


def to_d50(space: ColourSpace) -> NDArray[np.float64]:
    """The matrix from linear RGB to XYZ, adapted to D50 by Bradford's transform."""
    primaries = np.array([_xyz_of(point) for point in (space.red, space.green, space.blue)]).T
    white = _xyz_of(space.white)
    matrix = primaries * np.linalg.solve(primaries, white)
    gains = (_BRADFORD @ _D50_XYZ) / (_BRADFORD @ white)
    adapted: NDArray[np.float64] = np.linalg.inv(_BRADFORD) @ np.diag(gains) @ _BRADFORD @ matrix
    return adapted


def _xyz_of(point: Point) -> NDArray[np.float64]:
    x, y = point
    return np.array([x / y, 1.0, (1 - x - y) / y])


# ---------------------------------------------------------------------------------------------------------------
# Profiles that are made


@lru_cache(maxsize=16)
def icc_profile(space: ColourSpace) -> bytes:
    """An ICC profile, version 4, of an RGB colour space: matrix and curves."""
    matrix = to_d50(space)
    curve = _curve(space.curve)
    tags = {
        b"desc": _text(space.name),
        b"cprt": _text("none"),
        b"wtpt": _xyz(_D50_XYZ),
        b"rXYZ": _xyz(matrix[:, 0]),
        b"gXYZ": _xyz(matrix[:, 1]),
        b"bXYZ": _xyz(matrix[:, 2]),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    place, table, data = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += name + struct.pack(">II", place + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    header = struct.pack(">I4sI4s4s4s", place + len(data), b"", 0x04200000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    header += _fixed(_D50_XYZ) + bytes(48)
    return header + struct.pack(">I", len(tags)) + table + data


def _fixed(values: Any) -> bytes:
    """Numbers as s15Fixed16."""
    return b"".join(struct.pack(">i", round(float(value) * 65536)) for value in values)


def _xyz(values: Any) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(values)


def _curve(curve: str | float) -> bytes:
    if isinstance(curve, str):
        return b"para" + struct.pack(">IHH", 0, 3, 0) + _fixed([2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045])
    return b"para" + struct.pack(">IHH", 0, 0, 0) + _fixed([curve])


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return b"mluc" + struct.pack(">IIIHHII", 0, 1, 12, 0x656E, 0x5553, len(encoded), 28) + encoded


# ---------------------------------------------------------------------------------------------------------------
# Profiles that are read


@dataclass(frozen=True, eq=False)
class Shaper:
    """A colour space as a matrix and curves.

    Attributes:
        matrix: float64 [3, 3], from linear RGB to XYZ of white D50; ``None`` for grey.
        curves: float32 [LEVELS] for each of the channels, from a value 0..65535 to light, 0..1.
    """

    matrix: NDArray[np.float64] | None
    curves: tuple[NDArray[np.float32], ...]


@lru_cache(maxsize=8)
def shaper_of(profile: bytes) -> Shaper | None:
    """The matrix and the curves of an RGB or grey profile; ``None`` for others, like those that are tables of colours.

    A profile with both is used by its tables, as colour management systems do.
    """
    try:
        space, connection, tags = profile[16:20], profile[20:24], _tags(profile)
        if connection != b"XYZ " or any(name in tags for name in (b"A2B0", b"A2B1", b"A2B2", b"D2B0", b"D2B1")):
            return None
        if space == b"GRAY":
            return Shaper(None, (_table(tags[b"kTRC"]),))
        if space != b"RGB ":
            return None
        columns = [np.array(struct.unpack(">3i", tags[name][8:20])) / 65536 for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
        return Shaper(np.stack(columns, 1), tuple(_table(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")))
    except (KeyError, ValueError, IndexError, ZeroDivisionError, struct.error):
        return None


def _tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack(">I", profile[128:132])
    tags = {}
    for i in range(min(count, 100)):
        name, place, length = struct.unpack(">4sII", profile[132 + 12 * i : 144 + 12 * i])
        tags[name] = profile[place : place + length]
    return tags


def _table(tag: bytes) -> NDArray[np.float32]:
    """A curve at all values: types ``curv`` and ``para``.

    Raises:
        ValueError: of an unknown type.
    """
    x = np.arange(LEVELS) / (LEVELS - 1)
    if tag[:4] == b"curv":
        (count,) = struct.unpack(">I", tag[8:12])
        points = np.frombuffer(tag[12 : 12 + 2 * count], ">u2")
        if len(points) != count:
            raise ValueError("a curve is cut short")
        if count > 1:
            return np.interp(x, np.linspace(0, 1, count), points / 65535).astype(np.float32)
        made = x if count == 0 else x ** (points[0] / 256)
        return np.asarray(made, np.float32)
    if tag[:4] != b"para":
        raise ValueError("an unknown type of curve")
    return _parametric(x, int.from_bytes(tag[8:10], "big"), tag[12:])


def _parametric(x: NDArray[np.float64], kind: int, content: bytes) -> NDArray[np.float32]:
    """The functions of type ``para`` (ICC.1:2010, table 65)."""
    count = (1, 3, 4, 5, 7)[kind]
    given = [value / 65536 for value in struct.unpack(f">{count}i", content[: 4 * count])]
    gamma, a, b, c, d, e, f = (*given, *(0.0,) * (7 - count)) if kind else (given[0], 1.0, *(0.0,) * 5)
    if kind in (1, 2):  # these change to a constant where the power law reaches 0
        c, d, e, f = 0.0, -b / a, c, c
    with np.errstate(invalid="ignore"):
        power = np.maximum(a * x + b, 0) ** gamma + e
    made = np.clip(np.where(x >= d, power, c * x + f), 0, 1)
    return np.asarray(made, np.float32)
