"""Verbs that are handed further pictures, and films, as commands: when all goes well, and when it does not."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .test_bad_input import files, refused

TINY = ("--preset", "tiny")
LEARN = ("--engine", "tiny_engine", *TINY)


@pytest.fixture
def pictures(photo: Path) -> Path:
    """A folder with a photo, and beside it what the verbs can be handed."""
    with Image.open(photo) as opened:
        before = np.array(opened)
    after = before.copy()
    after[8:20, 10:30] = (255, 0, 255)
    selected = np.zeros(before.shape[:2], np.uint8)
    selected[8:20, 10:30] = 255
    folder = photo.parent
    Image.fromarray(after).save(folder / "pasted.png")
    Image.fromarray(selected).save(folder / "mask.png")
    Image.fromarray(selected * 0).save(folder / "black.png")
    Image.fromarray(selected.T.copy()).save(folder / "tall.png")
    Image.fromarray(np.repeat(np.repeat(after, 2, 0), 2, 1)).save(folder / "large.png")
    flat = np.zeros_like(before)
    flat[:16], flat[16:] = (60, 90, 200), (30, 120, 40)
    Image.fromarray(flat).save(folder / "sketch.png")
    Image.new("RGB", (1, 1)).save(folder / "dot.png")
    Image.new("L", before.shape[1::-1], 255).save(folder / "white.png")
    Image.fromarray(np.dstack([before, 255 - selected])).save(folder / "hollow.png")
    (folder / "broken.png").write_bytes(b"nothing")
    return folder


@pytest.mark.parametrize(
    "given",
    [
        ("paint", "bird.png", "sketch.png"),
        ("paint", "bird.png", "tall.png", "--colours", "0"),
        ("harmonize", "bird.png", "pasted.png"),
        ("harmonize", "bird.png", "large.png", "--mask", "mask.png", "--feather", "1.5"),
        ("edit", "bird.png", "pasted.png", "--mask", "mask.png"),
        ("edit", "bird.png", "pasted.png", "--unmasked", "--structure", "scale1"),
        ("erase", "bird.png", "--mask", "mask.png", "--grow", "1"),
        ("erase", "hollow.png"),
        ("texture", "bird.png", "--guide", "sketch.png"),
        ("texture", "bird.png", "--seed", "2", "--size", "60x40", "--tile", "x"),
        ("stylize", "bird.png", "sketch.png", "--colours", "0.5"),
        ("mix", "bird.png", "pasted.png", "--mask", "mask.png", "--structure", "free"),
        ("expand", "bird.png", "--seed", "2", "--margin", "6", "--left", "0"),
    ],
)
def test_what_show_prints_makes_the_picture_again(calotype, pictures, given):
    seed = () if "--seed" in given else ("--seed", "2")
    first = calotype(*given, *seed, "-o", "made/one.png", "-q", *TINY, cwd=pictures)
    assert (first.returncode, first.stdout, first.stderr) == (0, f"{Path('made', 'one.png')}\n", "")
    words = shlex.split(calotype("show", "made/one.png", cwd=pictures).stdout)
    assert words[: len(given[:3]) + 1] == ["calotype", *given[:3]]
    again = calotype(*words[1:], "-o", "again.png", "-q", cwd=pictures)
    assert again.returncode == 0, again.stderr
    assert (pictures / "again.png").read_bytes() == (pictures / "made" / "one.png").read_bytes()


@pytest.mark.parametrize("verb", ["paint", "harmonize", "edit"])
def test_sheets_and_folders(calotype, pictures, verb):
    other = "sketch.png" if verb == "paint" else "pasted.png"
    done = calotype(verb, "bird.png", other, "-n", "2", "--sheet", "--json", "-q", "-o", "out", *TINY, cwd=pictures)
    document = json.loads(done.stdout)
    assert [Path(p["path"]).name for p in document["pictures"]] == [f"bird_{verb}_{seed}.png" for seed in (0, 1)]
    sheet = pictures / document["sheets"][0]
    assert sheet.name == f"bird_{verb}_sheet.png"
    assert "--sheet -n 2" in calotype("show", sheet).stdout


def test_every_scale_on_a_sheet(calotype, tmp_path, photo):
    done = calotype("vary", photo, "--all-scales", "-o", "out", "-q", *TINY)
    assert done.returncode == 0, done.stderr
    *made, sheet = [Path(line).name for line in done.stdout.splitlines()]
    assert made == [f"bird_vary_0_scale{i}.png" for i in range(len(made))]
    assert len(made) >= 3
    assert sheet == "bird_vary_sheet.png"
    assert "--all-scales" in calotype("show", f"out/{sheet}").stdout
    one = calotype("show", f"out/{made[1]}").stdout
    assert "--structure scale1" in one
    assert "--all-scales" not in one
    skipped = calotype("vary", photo, "--all-scales", "-o", "out", "--skip-existing", "-q", *TINY)
    assert skipped.stdout == str(Path("out", sheet)) + "\n"


@pytest.mark.parametrize("name", ["film.gif", "film.webp", "film.png"])
def test_a_film(learning, tmp_path, photo, name):
    command = ("animate", photo, "--frames", "4", "--fps", "5", "-o", name, *LEARN)
    done = learning(*command)
    assert (done.returncode, done.stdout) == (0, f"{name}\n")
    assert "1 film of 4 frames of 48x32" in done.stderr
    with Image.open(tmp_path / name) as film:
        assert film.n_frames == 4
    first = (tmp_path / name).read_bytes()
    assert learning(*command, "--skip-existing", "-q").stdout == ""
    words = shlex.split(learning("show", name).stdout)
    again = learning(*words[1:], "-o", f"again{Path(name).suffix}", "-q", cwd=photo.parent)
    assert again.returncode == 0, again.stderr
    assert (photo.parent / f"again{Path(name).suffix}").read_bytes() == first


def test_films_of_a_folder_and_upscaling(learning, tmp_path, photo, picture):
    picture(40, 40).save(photo.parent / "cat.png")
    films = learning("animate", photo.parent, "--frames", "2", "-o", "out", "-q", *LEARN)
    assert [Path(line).name for line in films.stdout.splitlines()] == ["bird_animate_0.gif", "cat_animate_0.gif"]
    done = learning("upscale", photo, "--factor", "2.5", "-o", "large.png", "-q", *LEARN)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "large.png") as large:
        assert large.size == (120, 80)
    assert "--factor 2.5" in learning("show", "large.png").stdout


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("paint", "bird.png"), 2, ("SKETCH",)),
        (("paint", "bird.png", "nowhere.png"), 1, ("nowhere.png", "does not exist")),
        (("paint", "bird.png", "broken.png"), 1, ("broken.png",)),
        (("paint", "bird.png", "dot.png"), 1, ("dot.png", "1x1")),
        (("paint", "dot.png", "sketch.png"), 1, ("dot.png", "1x1")),
        (("paint", "bird.png", "sketch.png", "--colours", "-1"), 2, ("--colours",)),
        (("paint", "bird.png", "sketch.png", "--colours", "999"), 2, ("999 colours",)),
        (("paint", "bird.png", "sketch.png", "--structure", "scale50"), 1, ("scale50", "scales")),
        (("harmonize", "bird.png", "bird.png"), 1, ("difference", "mask")),
        (("harmonize", "bird.png", "tall.png"), 1, ("'tall' is 32x48", "48x32")),
        (("harmonize", "bird.png", "pasted.png", "--mask", "nowhere.png"), 1, ("nowhere.png",)),
        (("harmonize", "bird.png", "pasted.png", "--mask", "broken.png"), 1, ("broken.png",)),
        (("harmonize", "bird.png", "pasted.png", "--mask", "tall.png"), 1, ("mask is 32x48", "48x32")),
        (("harmonize", "bird.png", "pasted.png", "--mask", "black.png"), 1, ("selects nothing",)),
        (("harmonize", "bird.png", "pasted.png", "--feather", "-2"), 2, ("feather of -2",)),
        (("harmonize", "bird.png", "pasted.png", "--feather", "soft"), 2, ("--feather",)),
        (("edit", "bird.png", "nowhere.png"), 1, ("nowhere.png", "does not exist")),
        (("edit", "bird.png", "pasted.png", "-o", "bird.png"), 1, ("bird.png", "-o")),
        (("edit", "bird.png", "pasted.png", "-o", "pasted.png"), 1, ("pasted.png", "-o")),
        (("erase", "bird.png"), 1, ("bird", "--mask", "transparent")),
        (("erase", "bird.png", "--mask", "black.png"), 1, ("selects nothing",)),
        (("erase", "bird.png", "--mask", "white.png"), 1, ("selects the whole photo",)),
        (("erase", "bird.png", "--mask", "tall.png"), 1, ("mask is 32x48", "48x32")),
        (("erase", "bird.png", "--mask", "broken.png"), 1, ("broken.png",)),
        (("erase", "bird.png", "--mask", "mask.png", "--grow", "-1"), 2, ("grow",)),
        (("erase", "bird.png", "--mask", "mask.png", "--grow", "100"), 1, ("too little", "smaller mask")),
        (
            ("erase", "bird.png", "--mask", "mask.png", "--engine", "gpnn"),
            2,
            ("no verb 'erase'", "completion"),
        ),
        (("texture", "bird.png", "--guide", "broken.png"), 1, ("broken.png",)),
        (("texture", "bird.png", "--size", "8x8"), 1, ("8x8",)),
        (("stylize", "bird.png"), 2, ("STYLE",)),
        (("stylize", "bird.png", "dot.png"), 1, ("dot.png", "1x1")),
        (("stylize", "bird.png", "sketch.png", "--colours", "2"), 2, ("colours of 2",)),
        (("mix", "bird.png", "nowhere.png"), 1, ("nowhere.png",)),
        (("mix", "bird.png", "pasted.png", "--mask", "tall.png"), 1, ("mask is 32x48",)),
        (("expand", "bird.png"), 2, ("--margin",)),
        (("expand", "bird.png", "--margin", "0"), 2, ("--margin",)),
        (("expand", "bird.png", "--left", "-3"), 2, ("--left",)),
        (("expand", "bird.png", "--margin", "999999"), 1, ("memory",)),
        (("upscale", "bird.png", "--factor", "9", *LEARN), 2, ("factor of 9", "up to 8")),
        (("upscale", "bird.png", "--factor", "1", *LEARN), 2, ("factor of 1",)),
        (("upscale", "bird.png", "--factor", "2x2", *LEARN), 2, ("--factor",)),
        (("upscale", "bird.png", "--engine", "gpnn"), 2, ("gpnn has no verb 'upscale'", "tiny_engine")),
        (("analogy", "bird.png"), 2, ("TARGET",)),
        (("analogy", "bird.png", "nowhere.png"), 1, ("nowhere.png", "does not exist")),
        (("analogy", "bird.png", "broken.png"), 1, ("broken.png",)),
        (("analogy", "bird.png", "tall.png", "--before", "nowhere.png"), 1, ("nowhere.png", "does not exist")),
        (("analogy", "bird.png", "bird.png", "--before", "tall.png"), 1, ("'tall' is 32x48", "48x32", "--before")),
        (("analogy", "bird.png", "tall.png", "--guide", "labels"), 2, ("label map", "--before")),
        (("analogy", "bird.png", "tall.png", "--before", "bird.png", "--guide", "labels"), 1, ("no label map",)),
        (("analogy", "bird.png", "tall.png", "--guide", "lihgt"), 2, ("'lihgt'", "did you mean 'light'?")),
        (("analogy", "bird.png", "tall.png", "--colours", "mine"), 2, ("'mine'", "target")),
        (("analogy", "bird.png", "tall.png", "--engine", "tiny_engine"), 2, ("no verb 'analogy'", "imageanalogies")),
        (("analogy", "bird.png", "tall.png", "-o", "tall.png"), 1, ("tall.png", "-o")),
        (("animate", "bird.png", "-o", "film.gfi", *LEARN), 2, ("'.gfi'", "did you mean '.gif'?")),
        (("animate", "bird.png", "-o", "film.gif", "--fps", "90", *LEARN), 2, ("90 frames a second",)),
        (("animate", "bird.png", "--frames", "1", *LEARN), 2, ("--frames",)),
        (("animate", "bird.png", "--sheet", *LEARN), 2, ("--sheet",)),
        (("animate", ".", "-o", "film.gif", *LEARN), 2, ("one file", "folder")),
        (("vary", "bird.png", "--all-scales", "-o", "one.png"), 2, ("one file", "folder")),
    ],
)
def test_refused(learning, model_store, pictures, arguments, status, words):
    before = files(pictures)
    preset = () if "--preset" in arguments else TINY
    refused(learning(*arguments, "-q", *preset, cwd=pictures), status, *words)
    assert files(pictures) == before
    assert files(model_store) == set()


def test_no_engine_that_could(calotype, photo):
    for verb in ("upscale", "animate"):
        done = calotype(verb, photo, "--engine", "gpnn")
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
