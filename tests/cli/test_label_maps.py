"""The command that lays photos out by maps: what it makes, and what it says of maps that do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .test_bad_input import files, refused

TINY = ("--preset", "tiny")
RED, BLUE, GREEN = (250, 10, 0), (10, 0, 250), (0, 240, 0)
GIVEN = {"photos/bird.png", "labels.png", "target.png"}


def halves(left: tuple[int, int, int], right: tuple[int, int, int], width: int = 48, height: int = 32) -> Image.Image:
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:, : width // 2], pixels[:, width // 2 :] = left, right
    return Image.fromarray(pixels)


@pytest.fixture
def maps(tmp_path: Path, photo: Path) -> tuple[Path, str, str]:
    """A photo, a map of it and a map that is wanted, on disk."""
    halves(RED, BLUE).save(tmp_path / "labels.png")
    halves(BLUE, RED).save(tmp_path / "target.png")
    return photo, "labels.png", "target.png"


def test_a_photo_is_laid_out(calotype, tmp_path, maps):
    done = calotype("relayout", *maps, "-n", "2", "-o", "out", "-q", *TINY)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [str(Path("out", f"bird_relayout_{seed}.png")) for seed in (0, 1)]
    with Image.open(tmp_path / "out" / "bird_relayout_1.png") as made:
        assert made.size == (48, 32)
    command = calotype("show", "out/bird_relayout_1.png").stdout.split()
    assert command[:5] == ["calotype", "relayout", "bird.png", "labels.png", "target.png"]


def test_several_at_a_time_are_the_same(calotype, tmp_path, maps):
    for out, more in (("one", ()), ("two", ("--jobs", "2"))):
        assert calotype("relayout", *maps, "-n", "2", "-o", out, "-q", *TINY, *more).returncode == 0
    for name in ("bird_relayout_0.png", "bird_relayout_1.png"):
        one, two = (np.asarray(Image.open(tmp_path / out / name)) for out in ("one", "two"))
        assert np.array_equal(one, two)


def one_colour(maps: Path) -> None:
    halves(RED, RED).save(maps / "labels.png")


def another_shape(maps: Path) -> None:
    halves(RED, BLUE, 32, 48).save(maps / "labels.png")


def shades(maps: Path) -> None:
    Image.linear_gradient("L").resize((48, 32)).save(maps / "labels.png")


def new_colour(maps: Path) -> None:
    halves(GREEN, RED).save(maps / "target.png")


def other_colours(maps: Path) -> None:
    halves(GREEN, (250, 250, 0)).save(maps / "target.png")


def broken(maps: Path) -> None:
    (maps / "target.png").write_bytes(b"nothing")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (one_colour, ("'labels' is a label map of one colour", "paint")),
        (another_shape, ("'labels' is 32x48", "'bird' 48x32", "give a map")),
        (shades, ("'labels' is no label map", "flat colours")),
        (new_colour, ("'target' has the colour #00f000 at 0,0", "#0a00fa, #fa0a00", "nearest is #fa0a00")),
        (other_colours, ("'target' is not in the colours of 'labels'", "#fa0a00")),
        (broken, ("target.png",)),
    ],
)
def test_maps_that_cannot_be_used(calotype, tmp_path, maps, spoil, words):
    spoil(tmp_path)
    refused(calotype("relayout", *maps, *TINY), 1, *words)
    assert files(tmp_path) == GIVEN


def test_maps_that_are_missing(calotype, tmp_path, maps):
    refused(calotype("relayout", maps[0], "nowhere.png", maps[2], *TINY), 1, "nowhere.png", "does not exist")
    refused(calotype("relayout", *maps[:2], *TINY), 2, "TARGET")
    refused(calotype("relayout", *maps, "--engine", "gpdm"), 2, "gpdm", "gpnn", "imageanalogies")
    assert files(tmp_path) == GIVEN


def test_a_folder_is_segmented_and_outlined(calotype, tmp_path, photo, picture):
    picture(64, 48).save(photo.parent / "cat.png")
    for verb in ("segment", "edges"):
        done = calotype(verb, "photos", "-o", verb, "-q", *TINY)
        assert (done.returncode, done.stderr) == (0, "")
        names = {f"{stem}_{verb}_0.png" for stem in ("bird", "cat")}
        assert {Path(line).name for line in done.stdout.split()} == names


def test_an_edited_map_of_ours_lays_the_photo_out(calotype, tmp_path, photo):
    assert calotype("segment", photo, "-q").returncode == 0
    with Image.open(tmp_path / "bird_segment_0.png") as made:
        made.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "changed.png")
    done = calotype("relayout", photo, "auto", "changed.png", "-q", *TINY)
    assert (done.returncode, done.stderr) == (0, "")
    command = calotype("show", "bird_relayout_0.png").stdout.split()
    assert command[:5] == ["calotype", "relayout", "bird.png", "auto", "changed.png"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("segment", "PHOTO", "--classes", "1"), ("1 label", "from 2 to 255")),
        (("segment", "PHOTO", "--classes", "many"), ("--classes",)),
        (("segment", "PHOTO", "--engine", "canny"), ("canny", "superpixels")),
        (("edges", "PHOTO", "--thickness", "0"), ("thickness of 0",)),
        (("edges", "PHOTO", "--set", "blurr=1"), ("did you mean 'blur'?",)),
    ],
)
def test_maps_that_cannot_be_made(calotype, tmp_path, photo, arguments, words):
    refused(calotype(*(str(photo) if word == "PHOTO" else word for word in arguments)), 2, *words)
    assert files(tmp_path) == {"photos/bird.png"}


def test_a_folder_of_photos_takes_maps_of_their_names(calotype, tmp_path, photo, picture):
    picture(64, 48).save(photo.parent / "cat.png")
    for folder, sides in (("labels", (RED, BLUE)), ("targets", (BLUE, RED))):
        (tmp_path / folder).mkdir()
        halves(*sides).save(tmp_path / folder / "bird.png")
        halves(*sides, 64, 48).save(tmp_path / folder / "cat.png")
    done = calotype("relayout", "photos", "labels", "targets", "-o", "out", "-q", *TINY)
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(tmp_path / "out" / "cat_relayout_0.png") as made:
        assert made.size == (64, 48)
