"""Which colour space the pixels of a file are in, from all that the file says, and the conversion to sRGB.

The order is that of authority: an ICC profile, the code points of PNG's cICP chunk or of AVIF and HEIC, PNG's sRGB
chunk, its gAMA and cHRM chunks, and EXIF (``ColorSpace`` and ``InteroperabilityIndex``). A statement that is broken or
unspecified counts for nothing, and pixels of which nothing is said are sRGB.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from calotype.errors import InputError
from calotype.image.cicp import CodePoints, code_points
from calotype.image.icc import ADOBE_RGB, BT709, D65, SRGB, SRGB_CURVE, ColourSpace, Point, icc_profile

_C: Point = (0.310, 0.316)

# ITU-T H.273, tables 2 and 3.
_PRIMARIES: dict[int, tuple[str, tuple[Point, Point, Point, Point]]] = {
    1: ("BT.709", BT709),
    4: ("BT.470 M", (_C, (0.67, 0.33), (0.21, 0.71), (0.14, 0.08))),
    5: ("BT.470 BG", (D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06))),
    6: ("BT.601", (D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070))),
    7: ("SMPTE 240M", (D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070))),
    8: ("generic film", (_C, (0.681, 0.319), (0.243, 0.692), (0.145, 0.049))),
    9: ("BT.2020", (D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046))),
    11: ("DCI P3", ((0.314, 0.351), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060))),
    12: ("Display P3", (D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060))),
    22: ("EBU 3213", (D65, (0.630, 0.340), (0.295, 0.605), (0.155, 0.077))),
}
_UNSPECIFIED = 2
# Values in the curves of BT.709 and its relatives are shown with that of sRGB, as browsers do.
_CURVES: dict[int, str | float] = {
    **dict.fromkeys((1, 6, 7, 11, 12, 13, 14, 15), SRGB_CURVE),
    4: 2.2,
    5: 2.8,
    8: 1.0,
    17: 2.6,
}
_HDR = {16: "PQ", 18: "HLG"}

_EXIF_IFD, _INTEROP_IFD = 0x8769, 0xA005
_COLOR_SPACE, _INTEROP_INDEX = 0xA001, 1
_ADOBE, _UNCALIBRATED = 2, 65535  # 2 is not in the standard, but cameras write it
# gAMA of 1/2.2 is written beside sRGB pixels: within this of it, with sRGB's primaries, the curve is that of sRGB.
_SRGB_GAMMA, _GAMMA_NEAR, _POINT_NEAR = 0.45455, 0.0006, 0.0005


@dataclass(frozen=True)
class Said:
    """What a file says of its colours.

    Attributes:
        profile: an ICC profile, to be converted from; ``None`` for sRGB.
        name: of the colour space, for messages; empty for sRGB, and for profiles without a description.
        narrow: whether the values are in the narrow range of video, 16..235.
    """

    profile: bytes | None = None
    name: str = ""
    narrow: bool = False

    @property
    def is_srgb(self) -> bool:
        """Whether values are those of sRGB, by hardly more than rounding."""
        return not self.narrow and (self.profile is None or _is_srgb(self.profile))


def said_by(image: Image.Image, label: str) -> Said:
    """The colour space of an opened image.

    Raises:
        InputError: it is in a high dynamic range curve (PQ or HLG).
    """
    embedded = image.info.get("icc_profile")
    if embedded and _space_of(embedded) in _spaces_of(image.mode):
        return Said(embedded, _described(embedded))
    points = image.info.get("code_points") or _points_of(image)
    if points is not None and points != CodePoints(_UNSPECIFIED, _UNSPECIFIED):
        return said_of_points(points, label)
    if "srgb" in image.info:
        return Said()
    return _of(_png_space(image.info) or _exif_space(image) or SRGB)


UNUSED_PROFILE = "has a colour profile that is broken or of another kind of picture: its colours are read without it"


def has_unused_profile(image: Image.Image) -> bool:
    """Whether an opened image has an ICC profile that cannot be that of its values."""
    embedded = image.info.get("icc_profile")
    return bool(embedded) and _space_of(embedded) not in _spaces_of(image.mode)


def _spaces_of(mode: str) -> tuple[str, ...]:
    """Colour spaces of ICC profiles that can describe an image of a mode."""
    if mode == "CMYK":
        return ("CMYK",)
    return ("GRAY", "RGB") if mode in ("L", "LA", "1", "La") or mode.startswith(("I", "F")) else ("RGB",)


@lru_cache(maxsize=16)
def _space_of(profile: bytes) -> str:
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.xcolor_space.strip()
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return ""  # a broken profile counts for nothing, as in image viewers


@lru_cache(maxsize=16)
def _is_srgb(profile: bytes) -> bool:
    if _space_of(profile) != "RGB":
        return False
    levels = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(27, 27, 3)
    made = to_srgb(Image.fromarray(grid), Said(profile))
    return int(np.abs(np.asarray(made).astype(np.int16) - grid).max()) <= _ROUNDING


@lru_cache(maxsize=16)
def _described(profile: bytes) -> str:
    try:
        text = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:60]


def _points_of(image: Image.Image) -> CodePoints | None:
    """The code points in the file of an image that the caller opened."""
    file = getattr(image, "fp", None)
    return None if file is None or getattr(file, "closed", False) else code_points(file)


def said_of_points(points: CodePoints, label: str) -> Said:
    """The colour space of code points.

    Raises:
        InputError: it is in a high dynamic range curve (PQ or HLG).
    """
    if points.transfer in _HDR:
        raise InputError(
            f"{label} is a high dynamic range picture ({_HDR[points.transfer]}): export it in standard range "
            "(sRGB) and give that"
        )
    name, primaries = _PRIMARIES.get(points.primaries, _PRIMARIES[1])
    made = _of(ColourSpace(name, *primaries, _CURVES.get(points.transfer, SRGB_CURVE)))
    return replace(made, narrow=not points.full_range)


def _of(space: ColourSpace) -> Said:
    if (space.white, space.red, space.green, space.blue, space.curve) == (*BT709, SRGB_CURVE):
        return Said()
    return Said(icc_profile(space), space.name)


def _png_space(info: dict[Any, Any]) -> ColourSpace | None:
    """The space of PNG's gAMA and cHRM chunks."""
    gamma, values = info.get("gamma"), info.get("chromaticity")
    points: tuple[Point, ...] = BT709
    if values and len(values) >= 8:
        given = tuple((float(values[i]), float(values[i + 1])) for i in range(0, 8, 2))
        if _is_gamut(given) and any(
            abs(a - b) > _POINT_NEAR for one, other in zip(given, BT709) for a, b in zip(one, other)
        ):
            points = given
    curve: str | float = SRGB_CURVE
    if gamma and 0.05 <= gamma <= 5 and (points != BT709 or abs(gamma - _SRGB_GAMMA) > _GAMMA_NEAR):
        curve = 1 / gamma
    if points == BT709 and curve == SRGB_CURVE:
        return None
    return ColourSpace("that of its gAMA and cHRM chunks", points[0], points[1], points[2], points[3], curve)


def _is_gamut(points: tuple[Point, ...]) -> bool:
    """Whether white and primaries are chromaticities that span colours."""
    (_, (rx, ry), (gx, gy), (bx, by)) = points
    area = (gx - rx) * (by - ry) - (gy - ry) * (bx - rx)
    return all(y > 0.001 and 0 <= x <= 1 and y <= 1 for x, y in points) and abs(area) > 0.001


def _exif_space(image: Image.Image) -> ColourSpace | None:
    """The space that a camera says: sRGB, or Adobe RGB (DCF 2.0)."""
    try:
        exif = image.getexif()
        space = exif.get_ifd(_EXIF_IFD).get(_COLOR_SPACE, exif.get(_COLOR_SPACE))
        if space == _ADOBE:
            return ADOBE_RGB
        index = exif.get_ifd(_INTEROP_IFD).get(_INTEROP_INDEX) if space == _UNCALIBRATED else None
    except Exception:  # a broken EXIF block says nothing
        return None
    text = index.decode("ascii", "replace") if isinstance(index, bytes) else str(index or "")
    return ADOBE_RGB if text.strip("\0 ") == "R03" else None


# ---------------------------------------------------------------------------------------------------------------
# Conversion


def to_srgb(image: Image.Image, said: Said) -> Image.Image:
    """Convert an image in one of the modes L, RGB and CMYK to sRGB; the image may be changed in place."""
    if said.narrow:
        image = image.point([min(255, max(0, round((value - 16) * 255 / 219))) for value in range(256)] * _bands(image))
    if said.profile is None:
        return image if image.mode == "RGB" else image.convert("RGB")
    if image.mode == "L" and _space_of(said.profile) == "RGB":
        image = image.convert("RGB")
    try:
        transform = _transform(said.profile, image.mode)
        if image.mode == "RGB":
            ImageCms.applyTransform(image, transform, inPlace=True)
            return image
        made = ImageCms.applyTransform(image, transform)
        return image.convert("RGB") if made is None else made
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image.convert("RGB")  # as for a broken profile


def _bands(image: Image.Image) -> int:
    return len(image.getbands())


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.PERCEPTUAL,
    )


def lost_in_srgb(before: NDArray[np.uint8], after: NDArray[np.uint8], said: Said) -> bool:
    """Whether colours were beyond sRGB: pixels [N, 1, 3] that do not come back when they are converted back."""
    if said.profile is None or _space_of(said.profile) != "RGB":
        return False
    try:
        back = ImageCms.buildTransform(
            ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(io.BytesIO(said.profile)), "RGB", "RGB"
        )
        returned = ImageCms.applyTransform(Image.fromarray(after), back)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return False
    off = np.abs(np.asarray(returned).astype(np.int16) - before).max(axis=2)
    return bool((off > _LOST).mean() > _LOST_SHARE)


_ROUNDING = 2  # levels of 255
_LOST, _LOST_SHARE = 12, 0.001  # levels of 255; share of the pixels
