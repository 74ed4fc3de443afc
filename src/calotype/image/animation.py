"""Animation files. GIF, WebP and APNG are written by Pillow, MP4 by PyAV or by an installed ffmpeg."""

from __future__ import annotations

import itertools
import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calotype.errors import InputError, OutputError, unknown
from calotype.files import read_error, shown, write_whole
from calotype.image.carried import NOTHING_CARRIED
from calotype.image.io import DESCRIPTION, SETTINGS_KEY, settings_text
from calotype.image.writing import png_info
from calotype.image.xmp import packet_of
from calotype.types import Carried

if TYPE_CHECKING:
    import torch

_FORMATS = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG", ".apng": "PNG", ".mp4": "MP4"}
_MOST_FPS = 1000  # the finest unit of the formats is a millisecond
_MOST_GIF_FPS = 50  # the unit of GIF is 1/100 s, and viewers show a duration of 1 as 10
_GIF_COLOURS = 255  # the last index is the transparent one
_CRF = 18  # constant rate factor of H.264: visually lossless, or nearly
_H264 = "libx264"
_BT709 = 1  # code point of the primaries and transfer curve of HD video in H.273


def check_animation(path: str | Path, fps: float) -> str:
    """Check that an animation can be written to ``path``, before the frames are made; return the format's name.

    Args:
        path: path of the animation; its suffix names the format.
        fps: frames per second.

    Returns:
        ``GIF``, ``WEBP``, ``PNG`` or ``MP4``.

    Raises:
        InputError: the suffix is unknown, the format does not support the frame rate, or nothing is installed that
            writes MP4.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _FORMATS:
        if not suffix:
            raise InputError(f"{shown(path)} has no suffix, which names the format: end it in {', '.join(_FORMATS)}")
        raise InputError(unknown("animation format", suffix, _FORMATS))
    most = _MOST_GIF_FPS if suffix == ".gif" else _MOST_FPS
    if not 0.01 <= fps <= most:
        raise InputError(f"{fps:g} frames a second cannot be written to a {suffix} file: give 0.01 to {most}, like 12")
    if suffix == ".mp4":
        _mp4_writer()
    return _FORMATS[suffix]


def save_animation(
    frames: Iterable[Image.Image],
    path: str | Path,
    fps: float,
    loop: bool,
    settings: Mapping[str, Any],
    carried: Carried = NOTHING_CARRIED,
) -> None:
    """Write an animation, with the settings it was made with as metadata.

    The file appears whole or not at all; missing folders are created.

    Args:
        frames: RGB or RGBA, sRGB, all of one size and mode; consumed one by one, so they may be generated lazily.
        path: the file to write; an existing one is replaced. Its suffix names the format: ``.gif``, ``.webp``, ``.png``
            or ``.apng``, ``.mp4``. MP4 has no transparency (transparent pixels become white), and H.264 needs even
            sides: an odd side is padded by repeating the last row or column.
        fps: frames per second. In formats that store durations in milliseconds or hundredths of a second, the total
            duration is kept.
        loop: repeat the animation forever; for MP4 the player decides.
        settings: JSON-ready values, stored where the format allows: a text chunk, a comment, or EXIF. ``read_settings``
            reads them from GIF, WebP and PNG. Nothing is stored if they are empty.
        carried: the source type, stored in WebP and PNG.

    Raises:
        InputError: as ``check_animation``.
        OutputError: no permission, no disk space, no such folder, or ffmpeg failed.
        ValueError: no frames, or frames of different sizes or modes: an error of the caller.
    """
    name = check_animation(path, fps)
    text = settings_text(settings) if settings else ""
    same = _checked(frames)
    if name == "MP4":
        writer = _mp4_writer()
        write_whole(Path(path), lambda file: writer(file, same, Fraction(fps).limit_denominator(100_000), text))
        return
    # Pillow needs all frames before it writes anything, since it merges unchanged ones.
    every_frame = list(same)
    write_whole(Path(path), lambda file: _write_by_pillow(file, name, every_frame, fps, loop, text, packet_of(carried)))


def _checked(frames: Iterable[Image.Image]) -> Iterator[Image.Image]:
    """Yield the frames; raise ``ValueError`` if there is none or if their modes or sizes differ."""
    kind = None
    for frame in frames:
        if frame.mode not in ("RGB", "RGBA") or (kind or (frame.mode, frame.size)) != (frame.mode, frame.size):
            raise ValueError(f"frames must be RGB or RGBA and all alike, not {frame.mode} {frame.size} after {kind}")
        kind = frame.mode, frame.size
        yield frame
    if kind is None:
        raise ValueError("an animation needs at least one frame")


def _write_by_pillow(
    file: BinaryIO, name: str, frames: Sequence[Image.Image], fps: float, loop: bool, text: str, packet: str
) -> None:
    options: dict[str, Any] = {"duration": _durations(len(frames), fps, 10 if name == "GIF" else 1)}
    clear = frames[0].mode == "RGBA"
    if name == "GIF":
        frames = _quantized(frames)
        # A GIF without a loop count is shown once; 0 means forever.
        options |= {"comment": text.encode("ascii")} if text else {}
        options |= {"loop": 0} if loop else {}
        # Transparent frames are cleared before the next one; opaque ones are drawn over, so only changes are stored.
        options |= {"disposal": 2, "transparency": _GIF_COLOURS} if clear else {"disposal": 1}
    elif name == "WEBP":
        exif = Image.Exif()
        if text:
            exif[DESCRIPTION] = text
        options |= {"exif": exif} if text else {}
        options |= {"xmp": packet.encode()} if packet else {}
        options |= {"loop": 0 if loop else 1, "quality": 90, "method": 4}
    else:
        chunk = png_info({SETTINGS_KEY: text} if text else {}, packet)
        # Each frame replaces the previous one, alpha included, instead of being blended over it.
        options |= {"pnginfo": chunk, "loop": 0 if loop else 1, "blend": 0, "icc_profile": None}
    frames[0].save(file, format=name, save_all=True, append_images=frames[1:], **options)


def _durations(count: int, fps: float, unit: int) -> list[int]:
    """The duration of each frame in milliseconds, in multiples of ``unit``; their sum is off by less than one unit."""
    ends = [round(i * 1000 / fps / unit) * unit for i in range(count + 1)]
    return [b - a for a, b in itertools.pairwise(ends)]


# ---------------------------------------------------------------------------------------------------------------
# GIF


def _quantized(frames: Sequence[Image.Image]) -> list[Image.Image]:
    """Quantize the frames to one shared palette, dithered; index ``_GIF_COLOURS`` is transparent.

    The palette is shared because the frames of an animation have similar colours, and a palette per frame makes static
    areas flicker. On test photos, k-means with error diffusion was best by far: after a slight blur (viewing from a
    distance) the RMS error is 0.9 grey levels, against 3 with Pillow's median cut.
    """
    from calotype.image.palette import palette  # imports torch

    colours = palette(_pixel_sample(frames), _GIF_COLOURS)
    values = np.rint((colours.numpy() + 1) * 127.5).astype(np.uint8)
    key = Image.new("P", (1, 1))
    key.putpalette(values.tobytes())
    reduced = []
    for frame in frames:
        small = frame.convert("RGB").quantize(palette=key, dither=Image.Dither.FLOYDSTEINBERG)
        if frame.mode == "RGBA":
            small.paste(_GIF_COLOURS, None, frame.getchannel("A").point([255] * 128 + [0] * 128))
        reduced.append(small)
    return reduced


def _pixel_sample(frames: Sequence[Image.Image], most: int = 1 << 20) -> torch.Tensor:
    """Evenly spaced pixels of all frames: [1, C, 1, N], -1..1."""
    import torch

    step = math.ceil(sum(frame.width * frame.height for frame in frames) / most)
    pixels = [np.asarray(frame).reshape(-1, len(frame.mode))[i % step :: step] for i, frame in enumerate(frames)]
    values = np.concatenate(pixels).astype(np.float32) / 127.5 - 1
    return torch.from_numpy(np.ascontiguousarray(values.T))[None, :, None]


# ---------------------------------------------------------------------------------------------------------------
# MP4

_Mp4Writer = Callable[[BinaryIO, Iterable[Image.Image], Fraction, str], None]


def _mp4_writer() -> _Mp4Writer:
    if find_spec("av"):
        import av

        if _H264 in av.codecs_available:
            return _write_by_av
    if shutil.which("ffmpeg"):
        return _write_by_ffmpeg
    raise InputError("no MP4 encoder is installed: pip install 'calotype[video]', or name a .gif, .webp or .png file")


def read_mp4_settings(path: Path) -> dict[str, Any]:
    """Read the settings that ``save_animation`` stored in an MP4.

    Raises:
        InputError: the file cannot be read, has no settings of calotype, or no video decoder is installed.
    """
    if not find_spec("av"):
        raise InputError(f"no video decoder is installed to read {shown(path)}: pip install 'calotype[video]'")
    import av

    try:
        with av.open(str(path)) as container:
            settings = json.loads(container.metadata.get(SETTINGS_KEY, "null"))
    except OSError as error:
        raise read_error(path, error, "check the path") from error
    except (av.FFmpegError, ValueError):
        settings = None
    if not isinstance(settings, dict):
        raise InputError(f"{shown(path)} carries no settings of calotype: give a film that calotype made")
    return settings


def _even_frames(frames: Iterable[Image.Image]) -> tuple[int, int, Iterator[NDArray[np.uint8]]]:
    """Height and width of the animation, from its first frame, and an iterator over all frames as ``_even`` returns
    them.
    """
    even = map(_even, frames)
    first = next(even)
    return first.shape[0], first.shape[1], itertools.chain([first], even)


def _even(frame: Image.Image) -> NDArray[np.uint8]:
    """uint8 [H, W, 3] with even sides: composited on white, last row and column repeated where a side is odd."""
    if frame.mode == "RGBA":
        white = Image.new("RGBA", frame.size, (255, 255, 255, 255))
        frame = Image.alpha_composite(white, frame).convert("RGB")
    return np.pad(np.asarray(frame), ((0, frame.height % 2), (0, frame.width % 2), (0, 0)), mode="edge")


def _write_by_av(file: BinaryIO, frames: Iterable[Image.Image], fps: Fraction, text: str) -> None:
    import av
    from av.video.reformatter import ColorRange, Colorspace

    height, width, arrays = _even_frames(frames)
    with av.open(file, "w", format="mp4", options={"movflags": "+faststart+use_metadata_tags"}) as container:
        if text:
            container.metadata[SETTINGS_KEY] = text
        stream: Any = container.add_stream(_H264, rate=fps, options={"crf": str(_CRF)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        # Stored in the file: players otherwise guess the colour space from the size, and colours shift.
        context = stream.codec_context
        context.colorspace, context.color_range = Colorspace.ITU709.value, ColorRange.MPEG.value
        context.color_primaries = context.color_trc = _BT709
        for i, pixels in enumerate(arrays):
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                format="yuv420p",
                src_color_range=ColorRange.JPEG,
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
            )
            picture.pts, picture.time_base = i, 1 / fps
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def _write_by_ffmpeg(file: BinaryIO, frames: Iterable[Image.Image], fps: Fraction, text: str) -> None:
    height, width, arrays = _even_frames(frames)
    with tempfile.TemporaryDirectory() as folder:
        # Finalizing an MP4 needs a seek to its beginning, which is impossible in a pipe.
        made, said = Path(folder, "animation.mp4"), Path(folder, "said.txt")
        command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
        command += ["-framerate", str(fps), "-i", "pipe:0", "-vf", "scale=out_color_matrix=bt709:out_range=tv"]
        command += ["-c:v", _H264, "-crf", str(_CRF), "-pix_fmt", "yuv420p", "-color_range", "tv"]
        command += ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
        command += [
            "-movflags",
            "+faststart+use_metadata_tags",
            *(["-metadata", f"{SETTINGS_KEY}={text}"] if text else []),
            str(made),
        ]
        # Standard error goes to a file: a full pipe would block ffmpeg.
        with open(said, "wb") as errors, subprocess.Popen(command, stdin=subprocess.PIPE, stderr=errors) as process:
            assert process.stdin is not None
            try:
                for pixels in arrays:
                    process.stdin.write(pixels.tobytes())
                process.stdin.close()
            except BrokenPipeError:
                pass  # ffmpeg has ended; its error output gives the reason
            except BaseException:
                process.kill()
                raise
        if process.returncode or not made.exists():
            reason = " ".join(said.read_text("utf-8", "replace").split())[:300] or "no reason given"
            raise OutputError(f"ffmpeg could not write the animation ({reason}): pip install 'calotype[video]'")
        with open(made, "rb") as source:
            shutil.copyfileobj(source, file)
