import numpy as np
import pytest
import torch
from PIL import Image

from calotype.data.video import Clips
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
