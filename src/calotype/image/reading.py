"""Reading photos: upright, in sRGB, 8 bits per channel, transparency kept.

This module applies EXIF orientation. ``limits`` refuses sizes, ``colourspace`` decides the colour space and converts
values of 8 bits, ``deep`` reads and ``deepcolour`` converts those of 16, ``modes`` knows Pillow's modes, ``cut`` opens
a JPEG that lacks its end, ``pages`` counts those of a TIFF, ``carried`` keeps date and copyright.
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
from calotype.image.colourspace import UNUSED_PROFILE, Said, has_unused_profile, lost_in_srgb, said_by, to_srgb
from calotype.image.cut import NOTE as CUT_NOTE
from calotype.image.cut import completed
from calotype.image.deep import NOT_READ, decode_upper, has_sixteen_bits, raw_modes, read_words, words_of_file
from calotype.image.deepcolour import IN_EIGHT_BITS, can_convert, srgb_words
from calotype.image.limits import check_before_decoding, check_max_side, check_shrunk
from calotype.image.modes import eight_bits, grey_words, image_of_array, is_deep_grey, plain, spread_transparency
from calotype.image.opening import broken, opened, reason
from calotype.image.pages import pages_note
from calotype.image.pixels import image_of
from calotype.types import Carried, Photo, PhotoLike, Size

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_TRANSPOSED = tuple(_TURNS[number] for number in (5, 6, 7, 8))  # width becomes height
_ORIENTATION = 0x0112  # EXIF tag


def open_photo(source: PhotoLike, *, max_side: int | None = None) -> Photo:
    """Read one photo: upright, in sRGB, 8 bits per channel, transparency kept.

    EXIF orientation is applied, colours are converted to sRGB (a broken profile is ignored), grey becomes RGB, CMYK and
    palettes are converted. Values of 16 bits are rounded to 8, and kept beside them in ``Photo.fine``. An alpha channel
    that is fully opaque is dropped; colours of fully transparent pixels are set to 0, so that they cannot leak.

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
    check_max_side(max_side)
    if isinstance(source, Photo):
        return _downsampled(source, max_side)
    if isinstance(source, str) and not source.strip():
        raise InputError("the name of a picture is empty: give a file")
    if isinstance(source, (str, Path)):
        return _from_path(Path(source), max_side)
    if isinstance(source, Image.Image):
        return _from_pil(source, max_side)
    if isinstance(source, np.ndarray):
        image, words = image_of_array(source)
        return _finish(_Decoded(image, words=words), max_side, "the array", "image", None)
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
        words: the values of a file with 16 bits a channel: [H, W] or [H, W, 3 or 4]; the image is not used then.
    """

    image: Image.Image
    said: Said = field(default_factory=Said)
    carried: Carried = field(default_factory=Carried)
    notes: tuple[str, ...] = ()
    words: NDArray[np.uint16] | None = None


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


def _drafted(image: Image.Image, max_side: int | None) -> Image.Image:
    """Decode a JPEG at 1/2, 1/4 or 1/8 of its size, to save memory if it is to be downsampled."""
    if max_side is not None and max(image.size) > max_side:
        width, height = _fitted(image.size, max_side)
        # Decode at twice the target size or more, so that the better filter does the last step.
        image.draft(None, (2 * width, 2 * height))
    return image


def _decoded(image: Image.Image, label: str, file: BinaryIO | None) -> _Decoded:
    """The decoded image, rotated as its EXIF orientation says.

    Args:
        image: opened.
        label: for messages.
        file: the image's, from its beginning; ``None`` if there is none to read a second time.
    """
    # First: reading the EXIF block of a PNG may decode it.
    deep, raw = has_sixteen_bits(image), next(iter(raw_modes(image)), "")
    plan = words_of_file(image) if deep else None
    if plan is not None and (file is not None or not plan.premultiplied):
        decode_upper(image, plan)
    pages = pages_note(image, label)
    notes = () if pages is None else (pages,)
    if deep and plan is None:
        notes = (*notes, f"{label} {NOT_READ}")
    said = said_by(image, label)
    if has_unused_profile(image):
        notes = (*notes, f"{label} {UNUSED_PROFILE}")
    # Pillow rotates a TIFF while loading it and then removes the tag: load first, read the tag afterwards.
    image.load()
    spread_transparency(image, raw)
    carried, turn, words = carried_by(image), _turn(image), None
    if plan is not None and file is not None:
        words = _with_clear_colour(read_words(image, file, plan), image.info.get("transparency"))
    elif is_deep_grey(image):
        grey, alpha = grey_words(image, label)
        words = grey if alpha is None else np.dstack([grey, grey, grey, alpha])
    if turn is None:
        return _Decoded(image, said, carried, notes, words)
    if words is None:
        return _Decoded(image.transpose(turn), said, carried, notes)
    return _Decoded(image, said, carried, notes, _turned_words(words, turn))


def _with_clear_colour(words: NDArray[np.uint16], clear: Any) -> NDArray[np.uint16]:
    """16-bit colours [H, W, 3 or 4] with alpha, where a PNG names its transparent colour."""
    if words.shape[2] == 4 or not isinstance(clear, tuple):
        return words
    visible = (words != np.array(clear, np.uint16)).any(axis=2)
    return np.dstack([words, np.where(visible, np.uint16(65535), np.uint16(0))])


def _turned_words(words: NDArray[np.uint16], turn: Image.Transpose) -> NDArray[np.uint16]:
    planes = [words] if words.ndim == 2 else list(np.moveaxis(words, 2, 0))
    turned_planes = [np.asarray(Image.fromarray(plane).transpose(turn)) for plane in planes]
    return turned_planes[0] if words.ndim == 2 else np.dstack(turned_planes)


def turned(image: Image.Image) -> Image.Image:
    """A decoded image, rotated as its EXIF orientation says."""
    turn = _turn(image)
    return image if turn is None else image.transpose(turn)


def upright_size(path: Path) -> Size | None:
    """Size of the photo in a file, rotated as its EXIF orientation says; ``None`` if it is no picture.

    Pixels are not decoded: of a PNG the orientation counts if it is stored before them.
    """
    try:
        with open(path, "rb") as file, opened(file, shown(path)) as image:
            turn = None if image.format == "PNG" and "exif" not in image.info else _turn(image)
            sides = (image.width, image.height)
    except (OSError, ValueError):
        return None
    return Size(*sides) if turn in _TRANSPOSED else Size(*reversed(sides))


def may_be_transparent(path: Path) -> bool:
    """Whether a picture has an alpha channel or a transparent colour, as its header says; pixels are not decoded."""
    return _transparency_said(path) is True


def is_opaque(path: Path) -> bool:
    """Whether a picture can be opened and has neither; pixels are not decoded."""
    return _transparency_said(path) is False


def _transparency_said(path: Path) -> bool | None:
    try:
        with open(path, "rb") as file, opened(file, shown(path)) as image:
            return bool(image.has_transparency_data)
    except (OSError, ValueError):
        return None


def _turn(image: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a broken EXIF block is ignored
        return None


def _finish(decoded: _Decoded, max_side: int | None, label: str, name: str, path: Path | None) -> Photo:
    """Convert a decoded upright image to a ``Photo``: sRGB, 8 bits, and the 16 that there are; downsampled."""
    try:
        if decoded.words is not None:
            return _of_words(decoded, decoded.words, max_side, label, name, path)
        image = plain(decoded.image)
        if max_side is not None and max(image.size) > max_side:
            image = _shrunk(image, max_side)
        check_shrunk(image, label)
        alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
        colour = image.convert(image.mode[:-1]) if alpha is not None else image
        sample = _sample(colour) if decoded.said.profile is not None else None
        made = to_srgb(colour, decoded.said)
        notes = decoded.notes
        if sample is not None:
            notes += _beyond_srgb(sample, _sample(made), decoded.said, label)
        rgb = np.asarray(made)
    except MemoryError:
        raise InputError(f"{label} does not fit in memory: give a smaller --max-side (max_side)") from None
    photo = _photo(rgb, None if alpha is None else np.asarray(alpha), label, name, path)
    return replace(photo, notes=notes, carried=decoded.carried)


def _of_words(
    decoded: _Decoded, words: NDArray[np.uint16], max_side: int | None, label: str, name: str, path: Path | None
) -> Photo:
    """A photo of 16-bit values: converted with all bits, or where a profile is one of tables with 8."""
    colours, said = (words if words.ndim == 2 else words[..., :3]), decoded.said
    alpha = eight_bits(words[..., 3]) if words.ndim == 3 and words.shape[2] == 4 else None
    if can_convert(said):
        before, fine = Image.fromarray(eight_bits(colours)), srgb_words(colours, said)
        made = Image.fromarray(eight_bits(fine))
        notes = decoded.notes + _beyond_srgb(_sample(before), _sample(made), said, label)
        decoded = replace(decoded, said=Said(), notes=notes)
    else:
        made, fine = Image.fromarray(eight_bits(colours)), None
        decoded = replace(decoded, notes=(*decoded.notes, f"{label} {IN_EIGHT_BITS}"))
    if alpha is not None:
        made.putalpha(Image.fromarray(alpha))
    photo = _finish(replace(decoded, image=made, words=None), max_side, label, name, path)
    if fine is None or fine.shape != photo.rgb.shape:  # shrunk photos have 8 bits
        return photo
    if photo.alpha is not None:
        fine = np.where(photo.alpha[..., None] == 0, np.uint16(0), fine)
    return replace(photo, fine=fine)


def _shrunk(image: Image.Image, max_side: int) -> Image.Image:
    # Pillow weights colours by alpha here, so that the colours of transparent pixels do not bleed.
    return image.resize(_fitted(image.size, max_side), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _beyond_srgb(before: NDArray[np.uint8], after: NDArray[np.uint8], said: Said, label: str) -> tuple[str, ...]:
    """A note where colours were beyond sRGB, of samples before and after the conversion."""
    if not len(before) or not lost_in_srgb(before, after, said):
        return ()
    space = f" ({said.name})" if said.name else ""
    return (f"{label} has colours beyond sRGB{space}, which become the nearest of sRGB",)


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


def _fitted(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    factor = max_side / max(size)
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _stem(file_name: str) -> str:
    # Without leading dots: results of a hidden photo should not be hidden files.
    return Path(file_name).stem.lstrip(".") or "image"
