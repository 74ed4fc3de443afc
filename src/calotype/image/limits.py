"""Sizes of photos: what is refused from a file's header, before it is decoded."""

from __future__ import annotations

from PIL import Image

from calotype.errors import ArgumentError, InputError
from calotype.image.opening import broken

MIN_SIDE = 16  # pixels: a smaller image is too small for any method
MAX_PIXELS = 128_000_000  # maximum size of a photo after downsampling
MAX_DECODED_PIXELS = 250_000_000  # maximum size of a file that ``max_side`` downsamples

# Formats for animations. The frames of other formats are a stereo pair or preview (MPO) or pages (TIFF).
_FILMS = {"GIF", "WEBP", "PNG", "AVIF"}


def check_before_decoding(image: Image.Image, max_side: int | None, label: str) -> None:
    """Reject, from its header, an image that would take too much memory, is too small, or is animated.

    Raises:
        InputError: it is one of these; ``label`` names it in the message.
    """
    check_smallest(*image.size, label)
    check_size(image, max_side, label)
    try:
        frames = int(getattr(image, "n_frames", 1)) if image.format in _FILMS else 1
    except Exception as error:
        raise broken(label, error) from error
    if frames > 1:
        raise InputError(f"{label} is an animation of {frames} frames: save the frame you want as a PNG and give that")


def check_size(image: Image.Image, max_side: int | None, label: str) -> None:
    """Reject, from its header, an image that would take too much memory.

    Raises:
        InputError: it has too many pixels.
    """
    width, height = image.size
    limit = MAX_PIXELS if max_side is None else MAX_DECODED_PIXELS
    if width * height > limit:
        advice = "shrink it first" if max_side is not None else "shrink it with --max-side 2000 (max_side=2000)"
        raise InputError(
            f"{label} has {width}x{height} pixels, {width * height / 1e6:.0f} megapixels: "
            f"the most is {limit / 1e6:.0f}, {advice}"
        )


def check_shrunk(image: Image.Image, label: str) -> None:
    """Reject a downsampled image that is still too large, or too small now.

    Raises:
        InputError: it is one of these.
    """
    check_smallest(*image.size, label)
    if image.width * image.height > MAX_PIXELS:
        raise InputError(
            f"{label} has {image.width}x{image.height} pixels: the most is {MAX_PIXELS / 1e6:.0f} megapixels, "
            f"give a smaller --max-side (max_side)"
        )


def check_smallest(width: int, height: int, label: str) -> None:
    """Reject an image with a side below ``MIN_SIDE``.

    Raises:
        InputError: it is too small.
    """
    if min(width, height) < MIN_SIDE:
        raise InputError(f"{label} is {width}x{height} pixels: give one of at least {MIN_SIDE}x{MIN_SIDE}")


def check_max_side(max_side: int | None) -> None:
    """Reject a longest side that no photo may be shrunk to.

    Raises:
        ArgumentError: it is below ``MIN_SIDE``.
    """
    if max_side is not None and max_side < MIN_SIDE:
        raise ArgumentError(f"a longest side of {max_side} px is too small: give {MIN_SIDE} or more (max_side=)")
