"""Films: frames in, one file out. GIF, WebP and APNG by Pillow, MP4 by PyAV or by an ffmpeg that is installed."""

from __future__ import annotations

import itertools
import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from calotype.errors import InputError, OutputError, unknown
from calotype.files import write_whole
from calotype.image.io import DESCRIPTION, SETTINGS_KEY, settings_text
from calotype.image.palette import palette

_FORMATS = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG", ".apng": "PNG", ".mp4": "MP4"}
_MOST_FPS = 1000  # the formats count in milliseconds at the finest
_MOST_GIF_FPS = 50  # GIF counts in hundredths of a second, and viewers take 1 for 10
_GIF_COLOURS = 255  # the last one stands for clear
_CRF = 18  # constant rate factor of H.264: hard to tell from the frames
_H264 = "libx264"
_BT709 = 1  # primaries and transfer curve of HD video, as H.273 counts them


def check_animation(path: str | Path, fps: float) -> str:
    """Whether a film can be written to ``path``, asked before the work is done: the format's name.

    Args:
        path: of the film; its suffix names the format.
        fps: frames a second.

    Returns:
        ``GIF``, ``WEBP``, ``PNG`` or ``MP4``.

    Raises:
        InputError: the suffix is none of those known, the format cannot show so many frames a second, or nothing is
            installed that writes MP4.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _FORMATS:
        raise InputError(unknown("animation format", suffix, _FORMATS))
    most = _MOST_GIF_FPS if suffix == ".gif" else _MOST_FPS
    if not 0.01 <= fps <= most:
        raise InputError(f"{fps:g} frames a second cannot be written to a {suffix} file: give 0.01 to {most}, like 12")
    if suffix == ".mp4":
        _mp4_writer()
    return _FORMATS[suffix]


def save_animation(
    frames: Iterable[Image.Image], path: str | Path, fps: float, loop: bool, settings: Mapping[str, Any]
) -> None:
    """Write a film that carries the settings that made it. It appears whole or not at all; missing folders are made.

    Args:
        frames: RGB or RGBA, sRGB, all of one size and mode; taken one by one, so that they may be made on the way.
        path: the file to write; one that exists is replaced. Its suffix names the format: ``.gif``, ``.webp``,
            ``.png`` or ``.apng``, ``.mp4``. An MP4 has no transparency (clear pixels become white), and where a side is
            odd its last row or column is repeated, since H.264 wants even ones.
        fps: frames a second. Formats that count in milliseconds or hundredths of a second keep the whole length right.
        loop: show it over and over; an MP4 leaves that to the player.
        settings: JSON-ready values, kept where the format has a place for them: a text chunk, a comment, EXIF. Those of
            a GIF, WebP or PNG can be had back by ``read_settings``.

    Raises:
        InputError: as ``check_animation``.
        OutputError: no permission, no disk space, no such place, or ffmpeg failed.
        ValueError: no frames, or frames of different sizes or modes: a fault of the caller.
    """
    name = check_animation(path, fps)
    text = settings_text(settings)
    same = _alike(frames)
    if name == "MP4":
        writer = _mp4_writer()
        write_whole(Path(path), lambda file: writer(file, same, Fraction(fps).limit_denominator(100_000), text))
        return
    # Pillow has to look at all of a film before it writes anything: unchanged frames are merged.
    film = list(same)
    write_whole(Path(path), lambda file: _write_by_pillow(file, name, film, fps, loop, text))


def _alike(frames: Iterable[Image.Image]) -> Iterator[Image.Image]:
    """The frames, one at least, as long as they are of one kind."""
    kind = None
    for frame in frames:
        if frame.mode not in ("RGB", "RGBA") or (kind or (frame.mode, frame.size)) != (frame.mode, frame.size):
            raise ValueError(f"frames must be RGB or RGBA and all alike, not {frame.mode} {frame.size} after {kind}")
        kind = frame.mode, frame.size
        yield frame
    if kind is None:
        raise ValueError("a film needs a frame at least")


def _write_by_pillow(file: BinaryIO, name: str, film: Sequence[Image.Image], fps: float, loop: bool, text: str) -> None:
    options: dict[str, Any] = {"duration": _durations(len(film), fps, 10 if name == "GIF" else 1)}
    clear = film[0].mode == "RGBA"
    if name == "GIF":
        film = _reduced(film)
        # Without a number of repeats a GIF is shown once; 0 is for ever.
        options |= {"comment": text.encode("ascii"), **({"loop": 0} if loop else {})}
        # A clear frame is wiped before the next; others are drawn over, so that only what changed is stored.
        options |= {"disposal": 2, "transparency": _GIF_COLOURS} if clear else {"disposal": 1}
    elif name == "WEBP":
        exif = Image.Exif()
        exif[DESCRIPTION] = text
        options |= {"exif": exif, "loop": 0 if loop else 1, "quality": 90, "method": 4}
    else:
        chunk = PngInfo()
        chunk.add_text(SETTINGS_KEY, text)
        # Frames replace each other, alpha and all, rather than being laid over each other.
        options |= {"pnginfo": chunk, "loop": 0 if loop else 1, "blend": 0, "icc_profile": None}
    film[0].save(file, format=name, save_all=True, append_images=film[1:], **options)


def _durations(count: int, fps: float, unit: int) -> list[int]:
    """Milliseconds for each frame, in whole ``unit``s, so that their sum is off by less than one."""
    ends = [round(i * 1000 / fps / unit) * unit for i in range(count + 1)]
    return [b - a for a, b in itertools.pairwise(ends)]


# ---------------------------------------------------------------------------------------------------------------
# GIF


def _reduced(film: Sequence[Image.Image]) -> list[Image.Image]:
    """The frames in one palette for all, dithered; index ``_GIF_COLOURS`` is clear.

    One palette, since frames of one film share their colours, and a new one for each makes still areas flicker. Of the
    ways tried on photos, k-means and error diffusion came out best by far: blurred a little, as seen from a distance,
    the picture is off by 0.9 grey levels (root mean square), against 3 with Pillow's median cut.
    """
    colours = palette(_sampled(film), _GIF_COLOURS)
    values = np.rint((colours.numpy() + 1) * 127.5).astype(np.uint8)
    key = Image.new("P", (1, 1))
    key.putpalette(values.tobytes())
    reduced = []
    for frame in film:
        small = frame.convert("RGB").quantize(palette=key, dither=Image.Dither.FLOYDSTEINBERG)
        if frame.mode == "RGBA":
            small.paste(_GIF_COLOURS, None, frame.getchannel("A").point([255] * 128 + [0] * 128))
        reduced.append(small)
    return reduced


def _sampled(film: Sequence[Image.Image], most: int = 1 << 20) -> torch.Tensor:
    """Pixels of all frames, evenly spread: [1, C, 1, N], -1..1."""
    step = math.ceil(sum(frame.width * frame.height for frame in film) / most)
    pixels = [np.asarray(frame).reshape(-1, len(frame.mode))[i % step :: step] for i, frame in enumerate(film)]
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
    raise InputError("nothing here can write MP4: pip install 'calotype[video]', or name a .gif, .webp or .png file")


def _begun(frames: Iterable[Image.Image]) -> tuple[int, int, Iterator[NDArray[np.uint8]]]:
    """Height and width of the film, from its first frame, and all frames as ``_even`` makes them."""
    film = map(_even, frames)
    first = next(film)
    return first.shape[0], first.shape[1], itertools.chain([first], film)


def _even(frame: Image.Image) -> NDArray[np.uint8]:
    """uint8 [H, W, 3] of even sides: on white where it is clear, the last row and column repeated where odd."""
    if frame.mode == "RGBA":
        white = Image.new("RGBA", frame.size, (255, 255, 255, 255))
        frame = Image.alpha_composite(white, frame).convert("RGB")
    return np.pad(np.asarray(frame), ((0, frame.height % 2), (0, frame.width % 2), (0, 0)), mode="edge")


def _write_by_av(file: BinaryIO, frames: Iterable[Image.Image], fps: Fraction, text: str) -> None:
    import av
    from av.video.reformatter import ColorRange, Colorspace

    height, width, film = _begun(frames)
    with av.open(file, "w", format="mp4", options={"movflags": "+faststart+use_metadata_tags"}) as container:
        container.metadata[SETTINGS_KEY] = text
        stream: Any = container.add_stream(_H264, rate=fps, options={"crf": str(_CRF)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        # Said in the file, since players guess by the size otherwise, and colours shift.
        context = stream.codec_context
        context.colorspace, context.color_range = Colorspace.ITU709.value, ColorRange.MPEG.value
        context.color_primaries = context.color_trc = _BT709
        for i, pixels in enumerate(film):
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
    height, width, film = _begun(frames)
    with tempfile.TemporaryDirectory() as folder:
        # An MP4 is finished by going back to its beginning, which cannot be done in a pipe.
        made, said = Path(folder, "film.mp4"), Path(folder, "said.txt")
        command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
        command += ["-framerate", str(fps), "-i", "pipe:0", "-vf", "scale=out_color_matrix=bt709:out_range=tv"]
        command += ["-c:v", _H264, "-crf", str(_CRF), "-pix_fmt", "yuv420p", "-color_range", "tv"]
        command += ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
        command += ["-movflags", "+faststart+use_metadata_tags", "-metadata", f"{SETTINGS_KEY}={text}", str(made)]
        # What ffmpeg says goes to a file: a pipe that nobody empties would stop it.
        with open(said, "wb") as errors, subprocess.Popen(command, stdin=subprocess.PIPE, stderr=errors) as process:
            assert process.stdin is not None
            try:
                for pixels in film:
                    process.stdin.write(pixels.tobytes())
                process.stdin.close()
            except BrokenPipeError:
                pass  # it has gone, and has said why
            except BaseException:
                process.kill()
                raise
        if process.returncode or not made.exists():
            reason = " ".join(said.read_text("utf-8", "replace").split())[:300] or "no reason given"
            raise OutputError(f"ffmpeg could not write the film ({reason}): pip install 'calotype[video]'")
        with open(made, "rb") as source:
            shutil.copyfileobj(source, file)
