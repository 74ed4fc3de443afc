"""Films are written, and read again by other means."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageSequence

from calotype.errors import InputError, OutputError
from calotype.image import animation
from calotype.image.animation import check_animation, save_animation
from calotype.image.io import open_photo, read_settings

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
SETTINGS = {"verb": "animate", "seed": 3, "note": "grün, 山\nand a line"}
PILLOW = [".gif", ".webp", ".png", ".apng"]


def film(count: int = 5, size: tuple[int, int] = (48, 32), mode: str = "RGB") -> list[Image.Image]:
    """A soft ramp of colours with a white square that moves by 8 pixels a frame."""
    x, y = np.meshgrid(np.linspace(20, 200, size[0]), np.linspace(40, 180, size[1]))
    ground = np.stack([x, y, 255 - x], -1).round().astype(np.uint8)
    frames = []
    for i in range(count):
        frame = ground.copy()
        frame[8:16, 8 * i : 8 * i + 8] = 255
        image = Image.fromarray(frame)
        if mode == "RGBA":
            alpha = np.full(frame.shape[:2], 255, np.uint8)
            alpha[20:, i : i + 10] = 0
            image.putalpha(Image.fromarray(alpha))
        frames.append(image)
    return frames


def read(path: Path, mode: str = "RGB") -> tuple[list[np.ndarray], list[int]]:
    with Image.open(path) as image:
        frames = [(np.asarray(frame.convert(mode)), frame.info["duration"]) for frame in ImageSequence.Iterator(image)]
    return [frame for frame, _ in frames], [duration for _, duration in frames]


def off_by(a: np.ndarray, b: Image.Image) -> float:
    """Root mean square, in grey levels."""
    return float(np.sqrt(((a.astype(float) - np.asarray(b)) ** 2).mean()))


@pytest.mark.parametrize("suffix", PILLOW)
def test_frames_times_and_settings_can_be_had_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "new" / f"a{suffix}"
    save_animation(iter(film()), path, 12, True, SETTINGS)
    frames, durations = read(path)
    assert len(frames) == 5
    assert abs(sum(durations) - 5000 / 12) <= (10 if suffix == ".gif" else 1)
    limit = {".gif": 6, ".webp": 6}.get(suffix, 0)
    assert max(off_by(a, b) for a, b in zip(frames, film())) <= limit
    assert read_settings(path) == SETTINGS
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("suffix", PILLOW)
@pytest.mark.parametrize("loop", [True, False])
def test_whether_it_is_shown_again(tmp_path: Path, suffix: str, loop: bool) -> None:
    save_animation(film(2), tmp_path / f"a{suffix}", 10, loop, {})
    with Image.open(tmp_path / f"a{suffix}") as image:
        shown = image.info.get("loop", 1)  # 0 is for ever, in all three formats
    assert shown == (0 if loop else 1)


@pytest.mark.parametrize("suffix", PILLOW)
def test_what_is_clear_stays_clear(tmp_path: Path, suffix: str) -> None:
    save_animation(film(mode="RGBA"), tmp_path / f"a{suffix}", 10, True, {})
    frames, _ = read(tmp_path / f"a{suffix}", "RGBA")
    for frame, made in zip(frames, film(mode="RGBA")):
        assert np.array_equal(frame[..., 3] > 127, np.asarray(made)[..., 3] > 127)


def test_a_gif_of_a_photo_has_no_bands(tmp_path: Path) -> None:
    photo = Image.fromarray(open_photo(PHOTOS / "mountains.jpg", max_side=200).rgb)
    film = [photo, photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    save_animation(film, tmp_path / "a.gif", 5, True, {})
    frames, _ = read(tmp_path / "a.gif")
    blur = ImageFilter.GaussianBlur(1.5)
    for made, frame in zip(frames, film):
        assert off_by(np.asarray(Image.fromarray(made).filter(blur)), frame.filter(blur)) < 1.2


def test_long_films_keep_their_length() -> None:
    for fps, unit in ((24, 10), (30, 10), (7.3, 10), (60, 1), (29.97, 1)):
        durations = animation._durations(100, fps, unit)
        assert abs(sum(durations) - 100_000 / fps) <= unit
        assert min(durations) > 0
        assert all(d % unit == 0 for d in durations)


def test_what_cannot_be_written() -> None:
    with pytest.raises(InputError, match=r"'\.avi'.*\.gif, \.webp, \.png, \.apng, \.mp4"):
        check_animation("a.avi", 10)
    with pytest.raises(InputError, match=r"did you mean '\.mp4'"):
        check_animation("a.mp3", 10)
    with pytest.raises(InputError, match=r"'folder' has no suffix, .*: end it in \.gif, \.webp, \.png, \.apng, \.mp4"):
        check_animation("folder", 10)
    with pytest.raises(InputError, match="to 50, like"):
        check_animation("a.gif", 60)
    for fps in (0, -1, float("nan"), float("inf")):
        with pytest.raises(InputError, match="frames a second"):
            check_animation("a.png", fps)
    assert check_animation("A.GIF", 50) == "GIF"


@pytest.mark.parametrize("suffix", [".gif", ".png", ".mp4"])
def test_whole_or_not_at_all(tmp_path: Path, suffix: str) -> None:
    if suffix == ".mp4":
        pytest.importorskip("av")
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"before")

    def broken():
        yield from film(3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_animation(broken(), path, 10, True, {})
    for wrong in ([], [*film(1), *film(1, (40, 32))], [*film(1), *film(1, mode="RGBA")], [Image.new("L", (20, 20))]):
        with pytest.raises(ValueError, match="frame"):
            save_animation(wrong, path, 10, True, {})
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == [path.name]


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file")
    with pytest.raises(OutputError, match="cannot write"):
        save_animation(film(2), tmp_path / "a" / "b.png", 10, True, {})


@pytest.mark.parametrize(("size", "mode"), [((48, 32), "RGB"), ((47, 33), "RGB"), ((48, 32), "RGBA")])
def test_mp4_by_av(tmp_path: Path, size: tuple[int, int], mode: str) -> None:
    av = pytest.importorskip("av")
    made = film(5, size, mode)
    save_animation(made, tmp_path / "a.mp4", 12.5, True, SETTINGS)
    with av.open(tmp_path / "a.mp4") as container:
        stream = container.streams.video[0]
        assert stream.average_rate == 12.5
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.codec_context.colorspace == 1  # BT.709
        assert "animate" in container.metadata[animation.SETTINGS_KEY]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert [frame.shape for frame in frames] == [(size[1] + size[1] % 2, size[0] + size[0] % 2, 3)] * 5
    for frame, image in zip(frames, made):
        if mode == "RGBA":
            image = Image.alpha_composite(Image.new("RGBA", size, "white"), image).convert("RGB")
        assert off_by(frame[: size[1], : size[0]], image) < 9


def test_mp4_colours_are_right(tmp_path: Path) -> None:
    """Wrong tags for the conversion from YUV shift pure colours by twenty levels and more."""
    av = pytest.importorskip("av")
    colours = [(200, 30, 40), (30, 180, 60), (40, 60, 220), (255, 255, 255), (0, 0, 0), (128, 128, 128)]
    save_animation([Image.new("RGB", (64, 64), c) for c in colours], tmp_path / "a.mp4", 5, True, {})
    with av.open(tmp_path / "a.mp4") as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    for frame, colour in zip(frames, colours):
        assert np.abs(frame.reshape(-1, 3).mean(0) - colour).max() < 5


FAKE_FFMPEG = """#!{python}
import sys
data = sys.stdin.buffer.read()
if "{fails}":
    sys.exit("{fails}")
with open(sys.argv[-1], "wb") as file:
    file.write(("|".join(sys.argv[1:]) + "|%d" % len(data)).encode())
"""


@pytest.fixture
def only_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """No av, and on the PATH an ffmpeg that writes down what it was asked for, or fails."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(animation, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(folder))

    def install(fails: str = "") -> None:
        program = folder / "ffmpeg"
        program.write_text(FAKE_FFMPEG.format(python=sys.executable, fails=fails))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    return install


def test_mp4_by_ffmpeg(only_ffmpeg, tmp_path: Path) -> None:
    only_ffmpeg()
    save_animation(film(3, (47, 33)), tmp_path / "a.mp4", 12.5, True, SETTINGS)
    asked = (tmp_path / "a.mp4").read_text().split("|")
    assert asked[-1] == str(3 * 48 * 34 * 3)
    for words in (["-s", "48x34"], ["-framerate", "25/2"], ["-c:v", "libx264"], ["-crf", "18"]):
        assert words in [asked[i : i + 2] for i in range(len(asked))]


def test_mp4_when_ffmpeg_fails(only_ffmpeg, tmp_path: Path) -> None:
    only_ffmpeg("Unknown encoder\\n  libx264")
    with pytest.raises(OutputError, match="Unknown encoder libx264"):
        save_animation(film(3), tmp_path / "a.mp4", 12, True, {})
    assert not (tmp_path / "a.mp4").exists()


def test_mp4_with_nothing_to_write_it(only_ffmpeg) -> None:
    with pytest.raises(InputError, match=r"pip install 'calotype\[video\]'"):
        check_animation("a.mp4", 12)


@pytest.mark.skipif(subprocess.run(["which", "ffmpeg"], capture_output=True).returncode != 0, reason="needs ffmpeg")
def test_mp4_by_a_real_ffmpeg(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    file = io.BytesIO()
    animation._write_by_ffmpeg(file, film(), animation.Fraction(12), "{}")
    file.seek(0)
    with av.open(file) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert max(off_by(a, b) for a, b in zip(frames, film())) < 9
