"""Reading photos: upright, in sRGB, 8 bits per channel, transparency kept.

This module applies EXIF orientation and transparent colours. ``colourspace`` decides the colour space, ``sixteen``
reads the lower bytes of 16-bit files, ``cut`` opens a JPEG that lacks its end, ``carried`` keeps date and copyright.
"""

from __future__ import annotations

import io
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from PIL import Image

from calotype.errors import InputError
from calotype.files import read_error, shown
from calotype.image.carried import carried_by
from calotype.image.colourspace import Said, lost_in_srgb, said_by, srgb_encoded, to_srgb
from calotype.image.cut import NOTE as CUT_NOTE
from calotype.image.cut import completed
from calotype.image.opening import SAVE_AS, broken, opened, reason
from calotype.image.pixels import image_of
from calotype.image.sixteen import has_sixteen_bits, lower_bytes
from calotype.types import Carried, Photo, PhotoLike

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_SIDE = 16  # pixels: a smaller image is too small for any method
MAX_PIXELS = 128_000_000  # maximum size of a photo after downsampling
MAX_DECODED_PIXELS = 250_000_000  # maximum size of a file that ``max_side`` downsamples

# Formats for animations. The frames of other formats are a stereo pair or preview (MPO) or pages (TIFF).
_FILMS = {"GIF", "WEBP", "PNG", "AVIF"}

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112  # EXIF tag


def open_photo(source: PhotoLike, *, max_side: int | None = None) -> Photo:
    """Read one photo: upright, in sRGB, 8 bits per channel, transparency kept.

    EXIF orientation is applied, an embedded colour profile is converted to sRGB (a broken one is ignored), grey becomes
    RGB, CMYK and palettes are converted, 16-bit values are scaled to 8 bits. An alpha channel that is fully opaque is
    dropped; colours of fully transparent pixels are set to 0, so that they cannot leak.

    Args:
        source: a path, an open binary stream (it need not be seekable), a PIL image, an array [H, W], [H, W, 3] or [H,
            W, 4] of uint8, uint16, bool or float 0..1, or a ``Photo``, which is returned unchanged.
        max_side: maximum length of the longer side, pixels: larger photos are downsampled, with antialiasing, and their
            aspect ratio is kept. ``None`` for no limit.

    Returns:
        The photo, at least ``MIN_SIDE`` pixels in each direction and at most ``MAX_PIXELS`` in all.

    Raises:
        InputError: the source is missing, not an image, broken, animated, too small, too large, or not permitted. The
            message is one line and names the source.
    """
    if max_side is not None and max_side < MIN_SIDE:
        raise InputError(f"a longest side of {max_side} px is too small: give {MIN_SIDE} or more")
    if isinstance(source, Photo):
        return _downsampled(source, max_side)
    if isinstance(source, (str, Path)):
        return _from_path(Path(source), max_side)
    if isinstance(source, Image.Image):
        return _from_pil(source, max_side)
    if isinstance(source, np.ndarray):
        image = _image_of_array(source)
        return _finish(_Decoded(image), max_side, "the array", "image", None)
    if hasattr(source, "read"):
        return _from_stream(source, max_side)
    raise InputError(
        f"cannot read a photo from a {type(source).__name__}: give a path, a PIL image, an array or a binary stream"
    )


def _downsampled(photo: Photo, max_side: int | None) -> Photo:
    if max_side is None or max(photo.rgb.shape[:2]) <= max_side:
        return photo
    made = _finish(_Decoded(image_of(photo)), max_side, "the photo", photo.name, photo.source)
    return replace(made, notes=photo.notes, carried=photo.carried)


@dataclass(frozen=True)
class _Decoded:
    """A decoded, upright image and what its file says.

    Attributes:
        image: in any mode; it may be changed.
        said: its colour space.
        carried: date, copyright and resolution.
        notes: for the user.
        fine: the colours, uint16 [H, W, 3], of an sRGB file with 16 bits a channel.
    """

    image: Image.Image
    said: Said = field(default_factory=Said)
    carried: Carried = field(default_factory=Carried)
    notes: tuple[str, ...] = ()
    fine: NDArray[np.uint16] | None = None


def _from_path(path: Path, max_side: int | None) -> Photo:
    label = shown(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputError(f"{label} is a folder: give one photo in it")
        with open(path, "rb") as file:
            # Pillow's readers need to seek, which a pipe cannot do.
            data: BinaryIO = file if stat.S_ISREG(mode) else io.BytesIO(file.read())
            return _from_file(data, max_side, label, _stem(path.name), path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise read_error(path, error, "") from None
    except PermissionError:
        raise InputError(f"{label} may not be read: change its permissions or copy it elsewhere") from None
    except InputError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte in it
        raise InputError(f"{label} cannot be read ({reason(error)}): check the path") from error


def _from_stream(stream: Any, max_side: int | None) -> Photo:
    try:
        data = stream.read()
    except (OSError, ValueError) as error:
        raise InputError(f"the stream cannot be read ({reason(error)}): give an open binary stream") from error
    if not isinstance(data, bytes):
        raise InputError("the stream gives text: open it in binary mode, like open(path, 'rb') or sys.stdin.buffer")
    name = getattr(stream, "name", None)
    named = isinstance(name, str) and not name.startswith("<")
    label = shown(name) if named else "the input stream"
    return _from_file(io.BytesIO(data), max_side, label, _stem(Path(str(name)).name) if named else "image", None)


def _from_pil(image: Image.Image, max_side: int | None) -> Photo:
    path = getattr(image, "filename", "")
    path = Path(path) if isinstance(path, str) and path else None
    label = shown(path) if path else "the image"
    check_before_decoding(image, max_side, label)
    try:
        decoded = _decoded(image, label, None)
    except InputError:
        raise
    except Exception as error:
        raise broken(label, error) from error
    if decoded.image is image:
        decoded = replace(decoded, image=image.copy())  # the caller's stays as it is
    return _finish(decoded, max_side, label, _stem(path.name) if path else "image", path)


def _from_file(file: BinaryIO, max_side: int | None, label: str, name: str, path: Path | None) -> Photo:
    with opened(file, label) as image:
        check_before_decoding(image, max_side, label)
        try:
            decoded = _decoded(_drafted(image, max_side), label, file)
        except InputError:
            raise
        # Pillow's readers raise exceptions of any type for a broken file, SyntaxError and IndexError included.
        except Exception as error:
            whole = completed(file, image.format)
            if whole is None:
                raise broken(label, error) from error
            decoded = _decoded(whole, label, None)
            decoded = replace(decoded, notes=(f"{label} {CUT_NOTE}", *decoded.notes))
        return _finish(decoded, max_side, label, name, path)


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


def check_smallest(width: int, height: int, label: str) -> None:
    """Reject an image with a side below ``MIN_SIDE``.

    Raises:
        InputError: it is too small.
    """
    if min(width, height) < MIN_SIDE:
        raise InputError(f"{label} is {width}x{height} pixels: give one of at least {MIN_SIDE}x{MIN_SIDE}")


def _drafted(image: Image.Image, max_side: int | None) -> Image.Image:
    """Decode a JPEG at 1/2, 1/4 or 1/8 of its size, to save memory if it is to be downsampled."""
    if max_side is not None and max(image.size) > max_side:
        width, height = _fitted(image.size, max_side)
        # Decode at twice the target size or more, so that the better filter does the last step.
        image.draft(None, (2 * width, 2 * height))
    return image


def _decoded(image: Image.Image, label: str, file: BinaryIO | None) -> _Decoded:
    """The decoded image, rotated as its EXIF orientation says, with 8 bits a channel unless it is grey.

    Args:
        image: opened.
        label: for messages.
        file: the image's, from its beginning; ``None`` if there is none to read a second time.
    """
    deep = file is not None and has_sixteen_bits(image)  # first: reading the EXIF block of a PNG may decode it
    said = said_by(image, label)
    # Pillow rotates a TIFF while loading it and then removes the tag: load first, read the tag afterwards.
    image.load()
    carried = carried_by(image)
    turn = _turn(image)
    fine = None
    if deep and file is not None:
        image, said, fine = _rounded(image, file, said)
    elif image.mode.startswith("I;16") and said.is_srgb:
        fine = np.repeat(np.asarray(image).astype(np.uint16)[..., None], 3, axis=2)
    if turn is None:
        return _Decoded(image, said, carried, fine=fine)
    if fine is not None:
        fine = np.dstack([np.asarray(Image.fromarray(plane).transpose(turn)) for plane in np.moveaxis(fine, 2, 0)])
    return _Decoded(image.transpose(turn), said, carried, fine=fine)


def turned(image: Image.Image) -> Image.Image:
    """A decoded image, rotated as its EXIF orientation says."""
    turn = _turn(image)
    return image if turn is None else image.transpose(turn)


def _turn(image: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a broken EXIF block is ignored
        return None


def _rounded(image: Image.Image, file: BinaryIO, said: Said) -> tuple[Image.Image, Said, NDArray[np.uint16] | None]:
    """A colour image of 16 bits a channel, rounded to 8, with its transparent colour as alpha, and its sRGB colours."""
    low = lower_bytes(file)
    upper = np.asarray(image)
    if low is None or low.shape != upper.shape:
        return image, said, None
    values = upper.astype(np.uint16) << 8 | low
    clear = image.info.get("transparency")
    info = {key: value for key, value in image.info.items() if key != "transparency"}
    fine = values[..., :3].astype(np.uint16) if said.is_srgb else None
    colours, said = _in_eight_bits(values[..., :3], said)
    if values.shape[2] == 4:
        colours = np.dstack([colours, _eight_bits(values[..., 3])])
    elif isinstance(clear, tuple):
        opaque = (values != np.array(clear, np.uint16)).any(axis=2)
        colours = np.dstack([colours, opaque.astype(np.uint8) * np.uint8(255)])
    made = Image.fromarray(colours)
    made.info = info
    return made, said, fine


def _in_eight_bits(values: NDArray[np.integer], said: Said) -> tuple[NDArray[np.uint8], Said]:
    """16-bit values with 8 bits. A power law becomes sRGB's curve first: light in 8 bits would show steps."""
    if said.gamma is None or said.space is None:
        return _eight_bits(values), said
    table = np.rint(255 * srgb_encoded((np.arange(65536) / 65535) ** said.gamma)).astype(np.uint8)
    return table[values], said.with_srgb_curve()


def _finish(decoded: _Decoded, max_side: int | None, label: str, name: str, path: Path | None) -> Photo:
    """Convert a decoded upright image to a ``Photo``: 8 bits, downsampled, sRGB."""
    try:
        plain, said = _plain(decoded.image, decoded.said, label)
        if max_side is not None and max(plain.size) > max_side:
            # Pillow weights colours by alpha here, so that the colours of transparent pixels do not bleed.
            plain = plain.resize(_fitted(plain.size, max_side), Image.Resampling.LANCZOS, reducing_gap=3.0)
        check_smallest(*plain.size, label)
        if plain.width * plain.height > MAX_PIXELS:
            raise InputError(
                f"{label} has {plain.width}x{plain.height} pixels: the most is {MAX_PIXELS / 1e6:.0f} megapixels, "
                f"give a smaller --max-side (max_side)"
            )
        alpha = plain.getchannel("A") if plain.mode in ("LA", "RGBA") else None
        colour = plain.convert(plain.mode[:-1]) if alpha is not None else plain
        sample = _sample(colour) if said.profile is not None else None
        made = to_srgb(colour, said)
        rgb = np.asarray(made)
    except MemoryError:
        raise InputError(f"{label} does not fit in memory: give a smaller --max-side (max_side)") from None
    notes = decoded.notes
    if sample is not None and len(sample) and lost_in_srgb(sample, _sample(made), said):
        space = f" ({said.name})" if said.name else ""
        notes += (f"{label} has colours beyond sRGB{space}, which become the nearest of sRGB",)
    photo = _photo(rgb, None if alpha is None else np.asarray(alpha), label, name, path)
    fine = decoded.fine if decoded.fine is not None and decoded.fine.shape == rgb.shape else None
    if fine is not None and photo.alpha is not None:
        fine = np.where(photo.alpha[..., None] == 0, np.uint16(0), fine)
    return replace(photo, notes=notes, carried=decoded.carried, fine=fine)


def _sample(image: Image.Image) -> NDArray[np.uint8]:
    """About 40 thousand pixels of an RGB image; of other images none."""
    if image.mode != "RGB":
        return np.empty((0, 1, 3), np.uint8)
    small = image.resize((min(200, image.width), min(200, image.height)), Image.Resampling.NEAREST)
    return np.asarray(small).reshape(-1, 1, 3)


def _photo(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8] | None, label: str, name: str, path: Path | None) -> Photo:
    if alpha is not None:
        if not alpha.any():
            raise InputError(f"{label} is fully transparent: give a photo with visible pixels")
        if alpha.min() == 255:
            alpha = None
        else:
            rgb = np.where(alpha[..., None] == 0, np.uint8(0), rgb)
    return Photo(rgb=rgb, alpha=alpha, name=name, source=path)


def _plain(image: Image.Image, said: Said, label: str) -> tuple[Image.Image, Said]:
    """The image in one of the modes L, LA, RGB, RGBA, CMYK, and its colour space."""
    mode = image.mode
    if mode.startswith("I") or mode == "F":
        return _plain_grey(image, said, label)
    if mode in ("L", "LA", "RGB", "RGBA", "CMYK") and "transparency" not in image.info:
        return image, said
    if mode == "La":
        return image.convert("LA"), said
    if image.has_transparency_data:
        return image.convert("RGBA"), said
    return image.convert("L" if mode == "1" else "RGB"), said


def _plain_grey(image: Image.Image, said: Said, label: str) -> tuple[Image.Image, Said]:
    """A grey image of 16 or 32 bits or floats with 8 bits, with alpha if it names a transparent value."""
    values = _sixteen_bits(np.asarray(image), label)
    if values.dtype.kind == "f":
        return _image_of_array(values), said
    grey, said = _in_eight_bits(values, said)
    made = Image.fromarray(grey)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        made.putalpha(Image.fromarray((values != clear).astype(np.uint8) * np.uint8(255)))
    return made, said


def _sixteen_bits(values: NDArray[Any], label: str) -> NDArray[Any]:
    """Grey values of Pillow's 16-bit, 32-bit and float modes: integers mean 0..65535, floats mean 0..1."""
    if values.dtype.kind == "f":
        if not (values.min() >= 0 and values.max() <= 1):  # written so that NaN is rejected, too
            raise InputError(f"{label} has floating-point values outside 0..1: {SAVE_AS}")
        return values
    if values.min() < 0 or values.max() > 65535:
        raise InputError(f"{label} has more than 16 bits a pixel: {SAVE_AS}")
    return values.astype(np.uint16)


def _image_of_array(array: NDArray[Any]) -> Image.Image:
    """A PIL image of an array [H, W], [H, W, 3] or [H, W, 4]: uint8, uint16, bool or float 0..1."""
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise InputError(
            f"an array of shape {list(array.shape)} is not a photo: give [height, width] or [height, width, 3 or 4]"
        )
    height, width = array.shape[:2]
    check_smallest(width, height, "the array")
    return Image.fromarray(np.ascontiguousarray(_eight_bits(array)))


def _eight_bits(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:
        return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if array.dtype.kind == "f":
        if not (array.min() >= -1e-3 and array.max() <= 1 + 1e-3):
            raise InputError("an array of floats must hold 0..1: divide by its largest possible value, or give uint8")
        return np.rint(np.clip(array.astype(np.float64), 0, 1) * 255).astype(np.uint8)
    raise InputError(f"an array of {array.dtype} is not a photo: give uint8, uint16 or floats from 0 to 1")


def _fitted(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    factor = max_side / max(size)
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _stem(file_name: str) -> str:
    # Without leading dots: results of a hidden photo should not be hidden files.
    return Path(file_name).stem.lstrip(".") or "image"
