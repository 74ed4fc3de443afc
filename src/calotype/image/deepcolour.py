"""Conversion of 16-bit values to sRGB in floating point; Pillow converts 8 bits a channel only."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from calotype.image.colourspace import Said
from calotype.image.icc import LEVELS, SRGB, Shaper, shaper_of, to_d50

IN_EIGHT_BITS = "has a colour profile of tables, which is applied to 8 of its 16 bits a channel"
_STRIP = 1 << 20  # pixels that are converted at a time
_FINE = 1 << 20  # entries of sRGB's curve from light: 1 step is less than one of 65536 levels, in shadows too
_BLACK, _WHITE = 16 * 256, 235 * 256  # narrow range of 16 bits (ITU-T H.273)


def can_convert(said: Said) -> bool:
    """Whether colours are converted to sRGB here: of a space that is a matrix and curves, or sRGB itself."""
    return said.is_srgb or said.profile is None or shaper_of(said.profile) is not None


def srgb_words(values: NDArray[np.uint16], said: Said) -> NDArray[np.uint16]:
    """Colours in sRGB, with 16 bits a channel; those beyond sRGB are clipped.

    Args:
        values: [H, W, 3], or [H, W] of grey.
        said: their colour space, for which ``can_convert`` holds.

    Returns:
        [H, W, 3].
    """
    if said.narrow:
        full = (np.arange(LEVELS) - _BLACK) * (LEVELS - 1) / (_WHITE - _BLACK)
        values = np.rint(full.clip(0, LEVELS - 1)).astype(np.uint16)[values]
    if said.profile is None or said.is_srgb:
        return values if values.ndim == 3 else np.repeat(values[..., None], 3, axis=2)
    shaper = shaper_of(said.profile)
    assert shaper is not None
    made = np.empty((*values.shape[:2], 3), np.uint16)
    rows = max(1, _STRIP // max(1, values.shape[1]))
    for start in range(0, len(values), rows):
        made[start : start + rows] = _converted(values[start : start + rows], shaper)
    return made


def _converted(values: NDArray[np.uint16], shaper: Shaper) -> NDArray[np.uint16]:
    table = _srgb_table()
    if values.ndim == 2 and shaper.matrix is None:
        return np.repeat(table[_index(shaper.curves[0][values])][..., None], 3, axis=2)
    planes = [values] * 3 if values.ndim == 2 else [values[..., i] for i in range(3)]
    curves = shaper.curves if shaper.matrix is not None else shaper.curves * 3
    light = np.stack([curve[plane] for curve, plane in zip(curves, planes, strict=True)], -1)
    if shaper.matrix is not None:
        light = light @ (np.linalg.inv(to_d50(SRGB)) @ shaper.matrix).T.astype(np.float32)
    return table[_index(light)]


def _index(light: NDArray[np.float32]) -> NDArray[np.int32]:
    return np.asarray(np.rint(light.clip(0, 1) * (_FINE - 1)), np.int32)


@lru_cache(maxsize=1)
def _srgb_table() -> NDArray[np.uint16]:
    """sRGB's values 0..65535 of light (IEC 61966-2-1)."""
    light = np.arange(_FINE) / (_FINE - 1)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint((LEVELS - 1) * encoded), np.uint16)
