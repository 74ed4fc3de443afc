"""Commands of an engine that learns from a photo and its label map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .test_bad_input import files, refused

HOW = ("--engine", "analogy", "--preset", "tiny")
TINY = ("--preset", "tiny")


@pytest.fixture
def maps(tmp_path: Path, photo: Path) -> Path:
    """A photo, a map of it and a map that is wanted, on disk."""
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[:, :24, 0], pixels[:, 24:, 2] = 250, 250
    Image.fromarray(pixels).save(tmp_path / "map.png")
    Image.fromarray(pixels[:, ::-1].repeat(2, 0)).save(tmp_path / "target.png")
    return photo


def test_trained_ahead_and_laid_out(calotype, tmp_path, maps):
    trained = calotype("train", "analogy", maps, "--labels", "map.png", *TINY)
    assert trained.returncode == 0, trained.stderr
    assert "training on" in trained.stderr
    assert "(analogy, 2 stages)" in trained.stderr
    folder = Path(trained.stdout.strip())
    assert (folder / "weights.safetensors").is_file()
    again = calotype("train", "analogy", maps, "--labels", "map.png", *TINY)
    assert "is already trained" in again.stderr
    assert again.stdout == trained.stdout
    made = calotype("relayout", maps, "map.png", "target.png", "-o", "out", *HOW)
    assert made.returncode == 0, made.stderr
    assert "training on" not in made.stderr
    with Image.open(tmp_path / "out" / "bird_relayout_0.png") as picture:
        assert picture.size == (48, 64)


def test_a_folder_with_maps_made_here(calotype, maps):
    Image.open(maps).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(maps.parent / "mirrored.png")
    done = calotype("train", "analogy", maps.parent, "--labels", "auto", *TINY, "-q")
    assert done.returncode == 0, done.stderr
    assert len(set(done.stdout.split())) == 2


@pytest.mark.parametrize(
    ("status", "arguments", "words"),
    [
        (2, ("analogy", "PHOTO"), "analogy is trained on a photo and its label map: give one, --labels MAP"),
        (2, ("singan", "PHOTO", "--labels", "map.png"), "singan is trained without a label map: leave out --labels"),
        (1, ("analogy", "PHOTO", "--labels", "none.png"), "none.png"),
        (1, ("analogy", "PHOTO", "--labels", "target.png"), "give a map of the photo's size or aspect ratio"),
        (2, ("analogy", "photos", "--labels", "map.png"), "a label map belongs to one photo"),
        (2, ("analogy", "PHOTO", "--labels", "map.png", "--set", "width=3"), "width=3 cannot be used"),
    ],
)
def test_what_cannot_be_trained_on_is_one_line(calotype, tmp_path, maps, status, arguments, words):
    before = files(tmp_path)
    done = calotype("train", *(maps if word == "PHOTO" else word for word in arguments), *TINY)
    refused(done, status, words)
    assert files(tmp_path) == before


def test_another_engine_cannot_make_other_things_of_it(calotype, maps):
    refused(calotype("vary", maps, *HOW), 2, "the engine analogy has no verb 'vary'")
