import struct
from fractions import Fraction

import numpy as np
import pytest
import torch
from PIL import Image

from calotype.data.video import Clips, frames_of
from calotype.errors import InputError
from calotype.image.animation import save_animation


def frames(count, side=32):
    """Each a little lighter than the one before."""
    return [Image.new("RGB", (side, side), (20 * i, 20 * i, 20 * i)) for i in range(count)]


def levels(clip):
    return [round(float(x)) for x in (clip["video"][:, 0, 8, 8] + 1) * 127.5]


def test_clips_of_frames_in_folders(tmp_path):
    for film, count in (("b", 7), ("a", 4)):
        (tmp_path / film).mkdir()
        for i, frame in enumerate(frames(count)):
            frame.save(tmp_path / film / f"{i}.png")
    clips = Clips(tmp_path, 16, frames=3)
    assert [(film.name, first) for film, first in clips.clips] == [("a", 0), ("b", 0), ("b", 3)]
    assert clips[2]["video"].shape == (3, 3, 16, 16)
    assert levels(clips[2]) == [60, 80, 100]
    assert torch.equal(clips[2]["image"], clips[2]["video"][0])
    slow = Clips(tmp_path, 16, frames=2, every=2)
    assert levels(slow[1]) == [0, 40]


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".mp4"])
def test_clips_of_films(tmp_path, suffix):
    if suffix == ".mp4":
        pytest.importorskip("av")
    save_animation(frames(7), tmp_path / f"film{suffix}", 10, False, {})
    clips = Clips(tmp_path, 16, frames=3)
    assert len(clips) == 2
    assert np.abs(np.array(levels(clips[1])) - [60, 80, 100]).max() <= 3


def test_what_cannot_be_cut(tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        Clips(tmp_path / "nowhere", 16)
    with pytest.raises(InputError, match="no videos"):
        Clips(tmp_path, 16)
    save_animation(frames(4), tmp_path / "film.gif", 10, False, {})
    with pytest.raises(InputError, match="has 16 frames"):
        Clips(tmp_path, 16)
    with pytest.raises(InputError, match="cannot be cut"):
        Clips(tmp_path, 16, frames=0)
    data = (tmp_path / "film.gif").read_bytes()
    (tmp_path / "film.gif").write_bytes(data[:60])
    with pytest.raises(InputError, match=r"has 2 frames|no picture|broken"):
        Clips(tmp_path, 16, frames=2)


def test_a_film_that_is_none(tmp_path):
    pytest.importorskip("av")
    (tmp_path / "film.mp4").write_bytes(b"nothing at all")
    with pytest.raises(InputError, match="broken, or not a video"):
        Clips(tmp_path, 16, frames=2)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_still_frames_last_as_long_as_they_are_shown(tmp_path, suffix):
    """A moving start sets the pace, then one picture stands for five frames."""
    film = [*frames(4), *[frames(4)[3]] * 4, Image.new("RGB", (32, 32), (200, 200, 200))]
    save_animation(film, tmp_path / f"film{suffix}", 10, False, {})
    with Image.open(tmp_path / f"film{suffix}") as stored:
        assert stored.n_frames < len(film)
    made = levels(Clips(tmp_path, 16, frames=9)[0])
    assert np.abs(np.array(made) - [0, 20, 40, 60, 60, 60, 60, 60, 200]).max() <= 3


def test_frames_without_a_duration_are_one_each(tmp_path):
    made = frames(4)
    made[0].save(tmp_path / "film.gif", save_all=True, append_images=made[1:], duration=0)
    assert levels(Clips(tmp_path, 16, frames=4)[0]) == [0, 20, 40, 60]


def test_the_still_picture_of_an_animation_is_no_frame(tmp_path):
    made = [Image.new("RGB", (32, 32), (250, 0, 0)), *frames(3)]
    made[0].save(tmp_path / "film.png", save_all=True, append_images=made[1:], default_image=True, duration=100)
    assert levels(Clips(tmp_path, 16, frames=3)[0]) == [0, 20, 40]


RED, GREEN, BLUE, GREY = (210, 40, 40), (40, 190, 40), (40, 40, 210), (120, 120, 120)


def film_of_corners(path, height=64, width=96, codec="libx264", format="yuv444p", **stream_options):
    """A film whose corners have colours, clockwise from the upper left: red, green, blue, grey."""
    av = pytest.importorskip("av")
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2], pixels[: height // 2, width // 2 :] = RED, GREEN
    pixels[height // 2 :, width // 2 :], pixels[height // 2 :, : width // 2] = BLUE, GREY
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options={"crf": "1"} if codec == "libx264" else {})
        stream.width, stream.height, stream.pix_fmt = width, height, format
        for name, value in stream_options.items():
            setattr(stream, name, value)
        for i in range(2):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=format)
            frame.pts = i
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def corners(path):
    pixels = np.asarray(next(iter(frames_of(path))).convert("RGB")).astype(int)
    height, width = pixels.shape[:2]
    places = ((8, 8), (8, width - 9), (height - 9, width - 9), (height - 9, 8))
    known = {RED: "red", GREEN: "green", BLUE: "blue", GREY: "grey"}
    return (height, width), [
        known[min(known, key=lambda colour: np.abs(pixels[place] - colour).sum())] for place in places
    ]


# The matrix of a track's header (ISO/IEC 14496-12) and the corners as a player shows them, worked out by hand.
TURNS = {
    "none": ((1, 0, 0, 1), (64, 96), ["red", "green", "blue", "grey"]),
    "a quarter clockwise": ((0, 1, -1, 0), (96, 64), ["grey", "red", "green", "blue"]),
    "half": ((-1, 0, 0, -1), (64, 96), ["blue", "grey", "red", "green"]),
    "a quarter counterclockwise": ((0, -1, 1, 0), (96, 64), ["green", "blue", "grey", "red"]),
    "mirrored": ((-1, 0, 0, 1), (64, 96), ["green", "red", "grey", "blue"]),
}


@pytest.mark.parametrize("name", TURNS)
def test_a_film_is_turned_as_a_player_turns_it(tmp_path, name):
    (a, b, c, d), shape, expected = TURNS[name]
    path = film_of_corners(tmp_path / "film.mp4")
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 40
    one = 1 << 16
    data[place : place + 36] = struct.pack(">9i", a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    assert corners(path) == (shape, expected)


@pytest.mark.parametrize(("aspect", "shape"), [(2, (64, 192)), (Fraction(1, 2), (128, 96)), (1, (64, 96))])
def test_pixels_that_are_not_square_are_stretched(tmp_path, aspect, shape):
    path = film_of_corners(tmp_path / "film.mp4", sample_aspect_ratio=Fraction(aspect))
    assert corners(path) == (shape, ["red", "green", "blue", "grey"])


def container_aspect(path, across, down):
    """Write the aspect ratio of pixels into the container alone (``pasp``, ISO/IEC 14496-12), as some programs do."""
    data = path.read_bytes()
    box, ancestors = struct.pack(">I4sII", 16, b"pasp", across, down), []
    end = 0
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"mp4v"):
        place = data.index(kind, end) - 4
        ancestors.append(place)
        end = place + 8
    end = ancestors[-1] + int.from_bytes(data[ancestors[-1] : ancestors[-1] + 4], "big")
    data = bytearray(data[:end] + box + data[end:])
    for place in ancestors:
        data[place : place + 4] = struct.pack(">I", int.from_bytes(data[place : place + 4], "big") + len(box))
    path.write_bytes(data)


def test_what_the_container_says_of_pixels(tmp_path):
    path = film_of_corners(tmp_path / "film.mp4", codec="mpeg4", format="yuv420p")
    container_aspect(path, 3, 2)
    assert corners(path) == ((64, 144), ["red", "green", "blue", "grey"])


def film_of_one_colour(path, yuv, size=(64, 64), bits=8, **context):
    """A film of one colour, by the values that are stored: luma, blue and red difference."""
    av = pytest.importorskip("av")
    pixel_format = "yuv444p" if bits == 8 else "yuv444p10le"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = *size[::-1], pixel_format
        for name, value in context.items():
            setattr(stream.codec_context, name, value)
        planes = [np.full(size, value, np.uint8 if bits == 8 else np.uint16) for value in yuv]
        for i in range(2):
            frame = av.VideoFrame(*size[::-1], pixel_format)
            for plane, values in zip(frame.planes, planes, strict=True):
                row = values.tobytes()[: size[1] * values.itemsize].ljust(plane.line_size, b"\0")
                plane.update(row * size[0])
            frame.pts = i
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


# Luma weights of red and blue (ITU-T H.273): code points of the matrix, and what unspecified ones mean by the size.
MATRICES = {
    "BT.709": (0.2126, 0.0722, {"colorspace": 1}, (64, 64)),
    "BT.601": (0.299, 0.114, {"colorspace": 6}, (64, 64)),
    "BT.2020": (0.2627, 0.0593, {"colorspace": 9}, (64, 64)),
    "unspecified, small": (0.299, 0.114, {}, (64, 64)),
    "unspecified, high definition": (0.2126, 0.0722, {}, (720, 64)),
}


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("full", [False, True])
def test_colours_of_a_film(tmp_path, name, full):
    red, blue, context, size = MATRICES[name]
    r, g, b = 210 / 255, 60 / 255, 40 / 255
    luma = red * r + (1 - red - blue) * g + blue * b
    differences = ((b - luma) / (2 - 2 * blue), (r - luma) / (2 - 2 * red))
    y, scale = (255 * luma, 255) if full else (16 + 219 * luma, 224)
    stored = [round(y), *(round(128 + scale * value) for value in differences)]
    path = film_of_one_colour(tmp_path / "film.mp4", stored, size, color_range=2 if full else 1, **context)
    assert np.asarray(next(iter(frames_of(path))))[5, 5].tolist() == pytest.approx([210, 60, 40], abs=3)


def test_wide_primaries_of_a_film_become_srgb(tmp_path):
    """A grey-green of BT.2020 in 10 bits; its light by the matrix that ITU-R BT.2087 prints."""
    r, g, b = 0.5, 0.6, 0.45
    luma = 0.2627 * r + 0.6780 * g + 0.0593 * b
    differences = ((b - luma) / 1.8814, (r - luma) / 1.4746)
    stored = [round(64 + 876 * luma), *(round(512 + 896 * value) for value in differences)]
    context = {"colorspace": 9, "color_range": 1, "color_primaries": 9, "color_trc": 14}
    path = film_of_one_colour(tmp_path / "film.mp4", stored, bits=10, **context)
    light = np.array([((v + 0.055) / 1.055) ** 2.4 for v in (r, g, b)])
    matrix = [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
    expected = 255 * (1.055 * (np.array(matrix) @ light) ** (1 / 2.4) - 0.055)
    assert np.asarray(next(iter(frames_of(path))))[5, 5].tolist() == pytest.approx(expected, abs=3)


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_a_film_in_high_dynamic_range_is_refused(tmp_path, transfer, name):
    context = {"colorspace": 9, "color_range": 1, "color_primaries": 9, "color_trc": transfer}
    film_of_one_colour(tmp_path / "film.mp4", (600, 512, 512), bits=10, **context)
    with pytest.raises(InputError, match=rf"high dynamic range picture \({name}\): export it in standard range"):
        Clips(tmp_path, 16, frames=2)


# Codecs that store alpha, and how: (codec, pixel format, options).
WITH_ALPHA = {
    "vp9.webm": ("libvpx-vp9", "yuva420p", {}),
    "vp9.mkv": ("libvpx-vp9", "yuva420p", {}),
    "vp8.webm": ("libvpx", "yuva420p", {"auto-alt-ref": "0"}),
    "prores.mov": ("prores_ks", "yuva444p10le", {"profile": "4444"}),
    "animation.mov": ("qtrle", "argb", {}),
    "png.mov": ("png", "rgba", {}),
    "ffv1.mkv": ("ffv1", "bgra", {}),
}


@pytest.mark.parametrize("name", WITH_ALPHA)
def test_hidden_colours_of_a_film_do_not_leak(tmp_path, name):
    """Opaque, clear and half clear pixels of one colour: laid on mid-grey by their alpha."""
    av = pytest.importorskip("av")
    codec, pixel_format, coding = WITH_ALPHA[name]
    if codec not in av.codecs_available:
        pytest.skip(f"needs {codec}")
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[..., :3], pixels[..., 3] = (40, 220, 40), 255
    pixels[:, 24:, 3], pixels[:, 48:, 3] = 0, 128
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream(codec, rate=10, options=coding)
        stream.width, stream.height, stream.pix_fmt = 64, 64, pixel_format
        for i in range(2):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgba").reformat(format=pixel_format)
            frame.pts = i
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    row = (Clips(tmp_path, 64, frames=1)[0]["image"][:, 32] + 1) * 127.5
    assert row[:, 10].tolist() == pytest.approx([40, 220, 40], abs=8)
    assert row[:, 36].tolist() == pytest.approx([127.5] * 3, abs=2)
    assert row[:, 58].tolist() == pytest.approx([84, 174, 84], abs=8)


def test_film_in_an_unknown_codec(tmp_path):
    av = pytest.importorskip("av")
    path = tmp_path / "film.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=5)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuvj420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8))))
        container.mux(stream.encode(None))
    path.write_bytes(path.read_bytes().replace(b"MJPG", b"ZZZZ"))
    with pytest.raises(InputError, match="broken, or not a video"):
        list(frames_of(path))
