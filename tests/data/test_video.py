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


def film_of_corners(path, height=64, width=96, **stream_options):
    """A film whose corners have colours, clockwise from the upper left: red, green, blue, grey."""
    av = pytest.importorskip("av")
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2], pixels[: height // 2, width // 2 :] = RED, GREEN
    pixels[height // 2 :, width // 2 :], pixels[height // 2 :, : width // 2] = BLUE, GREY
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv444p"
        for name, value in stream_options.items():
            setattr(stream, name, value)
        for i in range(2):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv444p")
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


def test_hidden_colours_of_a_film_do_not_leak(tmp_path):
    av, codec = pytest.importorskip("av"), "libvpx-vp9"
    if codec not in av.codecs_available:
        pytest.skip("needs libvpx")
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[..., :3], pixels[..., 3] = (40, 220, 40), 255
    pixels[:, 32:, 3] = 0
    with av.open(str(tmp_path / "film.webm"), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuva420p"
        for i in range(2):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgba").reformat(format="yuva420p")
            frame.pts = i
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    row = (Clips(tmp_path, 64, frames=1)[0]["image"][:, 32] + 1) * 127.5
    assert row[:, 10].tolist() == pytest.approx([40, 220, 40], abs=8)
    assert row[:, 50].tolist() == pytest.approx([127.5] * 3, abs=2)
