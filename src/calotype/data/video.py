"""Video clips: a fixed number of consecutive frames, centre-cropped and resized."""

from __future__ import annotations

import itertools
import struct
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from calotype.data.decoded import Progress, decoded
from calotype.data.folder import Side, fitted_photo, sides
from calotype.data.stream import Sample
from calotype.errors import InputError, counted
from calotype.files import shown
from calotype.image.cicp import CodePoints
from calotype.image.colourspace import said_of_points, to_srgb
from calotype.image.io import SUFFIXES, as_tensor, list_photos, natural_order, open_photo

# Formats read with Pillow, and those read with PyAV.
_ANIMATIONS = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG", ".apng": "PNG"}
_VIDEO_SUFFIXES = {".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v"}
_SHORTEST, _USUAL = 10.0, 100.0  # milliseconds: viewers show a frame of up to the first for the second
_HIGH_WIDTH, _STANDARD_HEIGHT = 1280, 576  # pixels: from the first, above the second a film is of high definition
_UNSPECIFIED = 2  # matrix (ITU-T H.273)
_CACHED = 2  # videos whose decoded frames are cached


class Clips:
    """Clips from the videos of a folder.

    A video is a file (MP4, AVI, MOV, MKV, WebM with PyAV; GIF, WebP and APNG animations), or a sub-folder with its
    frames as images. It is divided into consecutive clips; an incomplete last one is dropped. Frames are as a player
    shows them: in sRGB, turned, with square pixels, still ones as often as they last; transparent pixels are composited
    on mid-grey. High dynamic range (PQ, HLG) is refused.

    Args:
        path: the folder.
        size: of the frames, pixels: one number for squares, or (height, width).
        frames: number of frames per clip.
        every: use only every so many-th frame.
        keep: cache the decoded clips on disk, otherwise in memory.
        on_progress: called with the number of decoded clips and the total.

    Attributes:
        clips: video and first frame index of each clip.

    Raises:
        InputError: there is no such folder, no video in it that is long enough, PyAV is missing but needed, or no clip
            can be read.
        OutputError: the decoded clips cannot be cached.
    """

    def __init__(
        self,
        path: str | Path,
        size: Side,
        *,
        frames: int = 16,
        every: int = 1,
        keep: bool = True,
        on_progress: Progress | None = None,
    ) -> None:
        if frames < 1 or every < 1:
            raise InputError(
                f"clips of {counted(frames, 'frame')}, each {every}-th, cannot be cut: give 1 or more of both"
            )
        self.size, self.frames, self.every = sides(size), frames, every
        self._videos: OrderedDict[Path, NDArray[np.uint8]] = OrderedDict()
        self._lock = threading.Lock()
        videos = videos_in(Path(path))
        span = frames * every
        cuts = [(video, first) for video in videos for first in range(0, frame_count(video) - span + 1, span)]
        if not cuts:
            raise InputError(f"no video in {shown(path)} has {counted(span, 'frame')}: ask for shorter clips (frames=)")
        self._decoded = decoded(
            [(video,) for video, _ in cuts],
            (frames, *self.size, 3),
            lambda number: self._clip(*cuts[number]),
            lambda clip: clip,
            about=f"clips of {frames} frames, each {every}-th, from {[first for _, first in cuts]}",
            keep=keep,
            on_progress=on_progress,
        )
        self._videos.clear()
        self.clips = [cuts[number] for number in self._decoded.numbers]

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, i: int) -> Sample:
        """``video`` float32 [T, 3, height, width], -1..1, and ``image``, its first frame."""
        frames = torch.stack([as_tensor(frame) for frame in self._decoded.rows[i]])
        return {"video": frames, "image": frames[0].clone()}

    @property
    def skipped(self) -> dict[int, str]:
        """The clips that could not be read, by index, with reasons."""
        return self._decoded.skipped

    def report(self) -> str:
        """One line about the skipped clips; empty if there are none."""
        return self._decoded.report()

    def _clip(self, video: Path, first: int) -> NDArray[np.uint8]:
        with self._lock:  # one video at a time: consecutive clips share its decoded frames
            if video not in self._videos:
                self._videos[video] = np.stack([fitted_photo(open_photo(one), self.size) for one in frames_of(video)])
                while len(self._videos) > _CACHED:
                    self._videos.popitem(last=False)
            clip = self._videos[video][first : first + self.frames * self.every : self.every]
        if len(clip) < self.frames:
            raise InputError(f"{shown(video)} is truncated: get it again")
        return clip


def videos_in(folder: Path) -> list[Path]:
    """The videos in a folder, files and sub-folders, in natural order.

    Raises:
        InputError: there is no such folder, or no video in it.
    """
    if not folder.is_dir():
        raise InputError(f"{shown(folder)} is not a folder: give a folder of videos")
    there = [path for path in folder.iterdir() if not path.name.startswith(".")]
    videos = [path for path in there if path.is_file() and path.suffix.lower() in _VIDEO_SUFFIXES | set(_ANIMATIONS)]
    videos += [
        path
        for path in there
        if path.is_dir() and any(frame.suffix.lower() in SUFFIXES for frame in path.iterdir() if frame.is_file())
    ]
    if not videos:
        raise InputError(f"no videos in {shown(folder)}: put MP4, GIF or WebP files there, or folders of frames")
    return sorted(videos, key=lambda path: natural_order(path.name))


def is_film(path: Path) -> bool:
    """Whether a file has several frames: a video by its suffix, or an animation.

    Raises:
        InputError: it is a video that cannot be read.
    """
    if path.suffix.lower() in _VIDEO_SUFFIXES:
        return True
    return path.suffix.lower() in _ANIMATIONS and path.is_file() and frame_count(path) > 1


def frames_of(video: Path) -> Iterator[Image.Image | Path]:
    """The frames of a video, in order.

    Raises:
        InputError: it cannot be read.
    """
    if video.is_dir():
        yield from list_photos(video)
    elif video.suffix.lower() in _ANIMATIONS:
        yield from _of_animation(video)
    else:
        yield from _of_video(video)


def frame_count(video: Path) -> int:
    """Number of frames of a video; 0 if it cannot be read, which is reported when its frames are read."""
    if video.is_dir():
        return len(list_photos(video))
    if video.suffix.lower() in _ANIMATIONS:
        try:
            with Image.open(video, formats=[_ANIMATIONS[video.suffix.lower()]]) as picture:
                return sum(times for _, times in _shown(picture))
        except Exception:  # Pillow raises exceptions of any kind for damaged files
            return 0
    return sum(1 for _ in _frames_of_video(video))  # the frame count in the header is often wrong


def _of_animation(video: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(video, formats=[_ANIMATIONS[video.suffix.lower()]]) as picture:
            for number, times in _shown(picture):
                picture.seek(number)
                frame = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
                yield from itertools.repeat(frame, times)
    except Exception as error:  # as above
        raise InputError(f"{shown(video)} is broken or truncated: get it again") from error


def _shown(picture: Image.Image) -> list[tuple[int, int]]:
    """The number of each frame of an animation, and how often it is repeated at the pace of the shortest one.

    Files merge equal frames into one that lasts longer. The still picture of an APNG is no frame.
    """
    first = 1 if picture.info.get("default_image") else 0
    numbers = range(first, getattr(picture, "n_frames", 1))
    durations = []
    for number in numbers:
        picture.seek(number)
        if picture.format == "WEBP":
            picture.load()  # only then is the duration known
        duration = float(picture.info.get("duration") or 0)
        durations.append(duration if duration > _SHORTEST else _USUAL)
    pace = min(durations)
    return [(number, max(1, round(duration / pace))) for number, duration in zip(numbers, durations)]


# ---------------------------------------------------------------------------------------------------------------
# Films, by PyAV


def _of_video(video: Path) -> Iterator[Image.Image]:
    """The frames as a player shows them: in sRGB, turned, with square pixels, transparency kept."""
    for frame, aspect in _frames_of_video(video):
        image = _square(_srgb(frame, video), aspect)
        yield Image.fromarray(_turned(np.asarray(image), _display_matrix(frame)))


def _frames_of_video(video: Path) -> Iterator[tuple[Any, Any]]:
    """The decoded frames of a film, each with the aspect ratio of its pixels."""
    try:
        import av
    except ImportError:
        raise InputError(
            f"no video decoder is installed to read {shown(video)}: pip install 'calotype[video]'"
        ) from None
    try:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            if stream.codec_context is None:  # a codec that is not known
                raise OSError
            for frame in _decoded_frames(container, stream):
                yield frame, stream.sample_aspect_ratio
    except (av.FFmpegError, IndexError, OSError) as error:
        raise InputError(f"{shown(video)} is broken, or not a video: get it again") from error


def _decoded_frames(container: Any, stream: Any) -> Iterator[Any]:
    """The decoded frames of a stream. Alpha of VP8 and VP9 is only decoded by libvpx."""
    import av

    decoder = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(stream.codec_context.name)
    if stream.metadata.get("alpha_mode") != "1" or decoder is None:
        yield from container.decode(stream)
        return
    if decoder not in av.codecs_available:
        raise InputError("a film with transparency needs a video decoder with libvpx: save it without transparency")
    context: Any = av.CodecContext.create(decoder, "r")
    context.extradata = stream.codec_context.extradata
    for packet in container.demux(stream):
        yield from context.decode(packet)


def _srgb(frame: Any, video: Path) -> Image.Image:
    """A frame in sRGB, from the matrix, the primaries and the curve that it says; alpha kept.

    Raises:
        InputError: it is in a high dynamic range curve (PQ or HLG).
    """
    from av.video.reformatter import Colorspace

    has_alpha = any(component.is_alpha for component in frame.format.components)
    # Where nothing is said, players tell by the size: high definition has the matrix of BT.709.
    is_high = frame.width >= _HIGH_WIDTH or frame.height > _STANDARD_HEIGHT
    known = {"src_colorspace": Colorspace.ITU709} if is_high and int(frame.colorspace) == _UNSPECIFIED else {}
    image = Image.fromarray(frame.reformat(format="rgba" if has_alpha else "rgb24", **known).to_ndarray())
    primaries, transfer = (int(getattr(frame, name, _UNSPECIFIED)) for name in ("color_primaries", "color_trc"))
    said = said_of_points(CodePoints(primaries, transfer), shown(video))
    if said.is_srgb:
        return image
    made = to_srgb(image.convert("RGB"), said)
    if has_alpha:
        made.putalpha(image.getchannel("A"))
    return made


def _square(image: Image.Image, aspect: Any) -> Image.Image:
    """An image of pixels with an aspect ratio (width / height), stretched to square ones."""
    if not aspect or aspect == 1:
        return image
    wide = (max(1, round(image.width * float(aspect))), image.height)
    tall = (image.width, max(1, round(image.height / float(aspect))))
    return image.resize(wide if aspect > 1 else tall, Image.Resampling.BICUBIC)


def _display_matrix(frame: Any) -> tuple[int, ...] | None:
    """How a frame is to be shown: a, b, c, d of x' = a x + c y, y' = b x + d y; ``None`` for as it is."""
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            values = struct.unpack("=9i", bytes(data)[:36])
            return values[0], values[1], values[3], values[4]
    return None


def _turned(pixels: NDArray[np.uint8], matrix: tuple[int, ...] | None) -> NDArray[np.uint8]:
    """Pixels [H, W, C] turned and mirrored by a display matrix; other angles than quarters are ignored."""
    if matrix is None:
        return pixels
    a, b, c, d = matrix
    if b and c and not a and not d:
        pixels, across, down = pixels.swapaxes(0, 1), c, b
    elif a and d and not b and not c:
        across, down = a, d
    else:
        return pixels
    return np.ascontiguousarray(pixels[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1])
