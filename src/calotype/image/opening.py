"""Opening image files with Pillow: the accepted formats, and error messages for files that cannot be read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from calotype.errors import InputError
from calotype.files import shown
from calotype.image.cicp import code_points
from calotype.image.embedded import embedded_profile
from calotype.image.quiet import without_libtiff_messages

# Formats by Pillow's names, with their suffixes. The list is closed, for security: some of Pillow's readers start
# other programs (EPS starts Ghostscript), which an untrusted file must not be able to do.
FORMATS: dict[str, tuple[str, ...]] = {
    "PNG": (".png", ".apng"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "MPO": (".mpo",),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "TGA": (".tga",),
    "JPEG2000": (".jp2", ".j2k"),
    "AVIF": (".avif",),
    "HEIF": (".heic", ".heif"),
}
SUFFIXES = frozenset(suffix for suffixes in FORMATS.values() for suffix in suffixes)

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
SAVE_AS = "save it as a PNG or JPEG and give that"


@contextmanager
def opened(file: BinaryIO, label: str) -> Iterator[Image.Image]:
    """Open the image in ``file``: its header is read, its pixels are not decoded yet."""
    head = file.read(16)
    file.seek(0)
    if not head:
        raise InputError(f"{label} is empty (0 bytes): give a photo")
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        _register_heif(label)
    Image.init()
    form = "TIFF" if head[:2] in (b"II", b"MM") else None
    with _without_pillows_limit(), without_libtiff_messages(form):
        try:
            image = Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN])
        except UnidentifiedImageError:
            raise InputError(f"{label} is not a picture that can be read here, or it is broken: {SAVE_AS}") from None
        except Exception as error:
            raise broken(label, error) from error
    points = code_points(file) if head[4:8] == b"ftyp" else None
    if points is not None:  # readers of HEIC close their file
        image.info["code_points"] = points
    profile = embedded_profile(file) if image.format in ("JPEG2000", "BMP") else None
    if profile is not None:
        image.info.setdefault("icc_profile", profile)
    with image, without_libtiff_messages(image.format):
        yield image


_limit_lock = threading.Lock()


@contextmanager
def _without_pillows_limit() -> Iterator[None]:
    """Disable Pillow's guard against huge files while a header is read; our own check follows."""
    with _limit_lock:
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _register_heif(label: str) -> None:
    try:
        import pillow_heif
    except ImportError:
        raise InputError(f"{label} is a HEIC photo: pip install 'calotype[heif]', or {SAVE_AS}") from None
    pillow_heif.register_heif_opener()


def is_whole(path: str | Path) -> bool:
    """Whether every pixel of an image, or of the last frame of an animation, can be decoded."""
    try:
        with open(path, "rb") as file, opened(file, shown(path)) as image:
            image.seek(getattr(image, "n_frames", 1) - 1)
            image.load()
    # Pillow's readers raise exceptions of any type for a broken file.
    except Exception:
        return False
    return True


def reason(error: Exception) -> str:
    """The reason of an exception, on one line."""
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return " ".join(text.split())


def broken(label: str, error: Exception) -> InputError:
    """The error for a file whose reader failed."""
    if isinstance(error, MemoryError):
        return InputError(f"{label} does not fit in memory: give a smaller --max-side (max_side)")
    return InputError(f"{label} is broken or cut short ({reason(error)}): get it again, or open it and {SAVE_AS}")
