"""TIFF files as other programs write them, made here by the specification (TIFF 6.0)."""

import io
import struct
import zlib

import numpy as np

RGB, GREY, WHITE_IS_ZERO, CMYK = 2, 1, 0, 5
PREMULTIPLIED, STRAIGHT = 1, 2
ICC_PROFILE = 34675


def tiff(
    values: np.ndarray,
    *,
    kind: int = RGB,
    extra: int | None = None,
    planes: bool = False,
    order: str = "<",
    packed: bool = False,
    profile: bytes = b"",
    orientation: int = 1,
) -> io.BytesIO:
    """One strip, or one for each plane.

    Args:
        values: [H, W] or [H, W, C], unsigned.
        kind: photometric interpretation.
        extra: what a fourth channel means; ``None`` for nothing.
        planes: whether channels lie one after the other.
        order: of bytes, ``<`` or ``>``.
        packed: whether strips are compressed with zlib.
        profile: an ICC profile.
        orientation: as in EXIF.
    """
    height, width, channels = np.atleast_3d(values).shape
    parts = np.moveaxis(np.atleast_3d(values), 2, 0)[..., None] if planes else [np.atleast_3d(values)]
    strips = [part.astype(values.dtype.newbyteorder(order)).tobytes() for part in parts]
    strips = [zlib.compress(strip) if packed else strip for strip in strips]
    places = [8 + sum(map(len, strips[:i])) for i in range(len(strips))]
    entries = [
        *((256, "I", (width,)), (257, "I", (height,)), (258, "H", (8 * values.dtype.itemsize,) * channels)),
        *((259, "H", (8 if packed else 1,)), (262, "H", (kind,)), (273, "I", places), (274, "H", (orientation,))),
        *((277, "H", (channels,)), (278, "I", (height,)), (279, "I", [len(strip) for strip in strips])),
        *((284, "H", (2 if planes else 1,)),),
    ]
    entries += [(338, "H", (extra,))] if extra is not None else []
    entries += [(ICC_PROFILE, "B", profile)] if profile else []
    body = b"".join(strips)
    start = 8 + len(body)
    table, more, after = b"", b"", start + 2 + 12 * len(entries) + 4
    for tag, letter, numbers in entries:
        data = struct.pack(f"{order}{len(numbers)}{letter}", *numbers)
        table += struct.pack(f"{order}HHI", tag, {"B": 7, "H": 3, "I": 4}[letter], len(numbers))
        table += data.ljust(4, b"\0") if len(data) <= 4 else struct.pack(f"{order}I", after + len(more))
        more += data if len(data) > 4 else b""
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, start)
    return io.BytesIO(head + body + struct.pack(f"{order}H", len(entries)) + table + bytes(4) + more)
