"""vary and retarget as commands, when all goes well."""

import json
from pathlib import Path

import pytest
from PIL import Image

import calotype as package

TINY = ("--preset", "tiny")


def test_paths_go_to_standard_output_and_everything_else_does_not(calotype, tmp_path, photo):
    done = calotype("vary", photo, "-n", "2", "--seed", "5", "-o", "out", *TINY)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [str(Path("out", f"bird_vary_{seed}.png")) for seed in (5, 6)]
    assert "48x32 -> 2 pictures of 48x32" in done.stderr.splitlines()[0]
    assert "\x1b" not in done.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["bird_vary_5.png", "bird_vary_6.png"]


def test_command_and_python_make_the_same_picture(calotype, tmp_path, photo):
    calotype("vary", photo, "--seed", "1", "--structure", "free", "--set", "patch=5", "-q", *TINY)
    made = package.vary(photo, seed=1, structure="free", settings={"patch": 5}, preset="tiny", device="cpu")
    made.save(tmp_path / "python")
    assert (tmp_path / "bird_vary_1.png").read_bytes() == (tmp_path / "python" / "bird_vary_1.png").read_bytes()


def test_what_show_prints_makes_the_picture_again(calotype, tmp_path, photo):
    import shlex

    options = ("-n", "2", "--factor", "1.5x1", "--tile", "x", "--max-side", "40", "--set", "noise=0.5", "-o", "out")
    calotype("vary", photo, *options, "--also", photo, *TINY)
    first = (tmp_path / "out" / "bird_vary_1.png").read_bytes()
    shown = calotype("show", "out/bird_vary_1.png")
    assert shown.returncode == 0
    words = shlex.split(shown.stdout)
    assert words[:3] == ["calotype", "vary", "bird.png"]
    again = calotype(*words[1:], "-q", cwd=photo.parent)
    assert again.returncode == 0, again.stderr
    assert (photo.parent / again.stdout.strip()).read_bytes() == first


def test_show_as_json(calotype, tmp_path, photo):
    calotype("retarget", photo, "--size", "64x32", "-o", "wide.png", *TINY)
    shown = json.loads(calotype("show", "wide.png", "--json").stdout)
    assert shown["command"].startswith("calotype retarget bird.png --seed 0")
    assert shown["settings"]["size"] == "64x32"
    assert shown["settings"]["calotype"] == package.__version__


def test_show_of_a_picture_that_calotype_did_not_make(calotype, photo):
    done = calotype("show", photo)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "bird.png" in done.stderr


def test_json_is_one_document(calotype, photo):
    done = calotype("retarget", photo, "--factor", "2x1", "-n", "2", "--json", "--sheet", "-q", *TINY)
    document = json.loads(done.stdout)
    assert done.stderr == ""
    assert [p["seed"] for p in document["pictures"]] == [0, 1]
    assert [p["path"] for p in document["pictures"]] == ["bird_retarget_0.png", "bird_retarget_1.png"]
    assert document["sheets"] == ["bird_retarget_sheet.png"]
    assert document["failed"] == []


def test_sheet(calotype, tmp_path, photo):
    done = calotype("vary", photo, "-n", "3", "--sheet", "-o", "out", "-q", *TINY)
    assert done.stdout.splitlines()[-1] == str(Path("out", "bird_vary_sheet.png"))
    with Image.open(tmp_path / "out" / "bird_vary_sheet.png") as sheet:
        assert sheet.width * sheet.height >= 4 * 48 * 32  # the photo is on it too
    scored = json.loads(calotype("evaluate", photo, "out", "--json").stdout)
    assert [row["result"] for row in scored["rows"]] == [f"bird_vary_{seed}" for seed in range(3)]
    assert "--sheet -n 3" in calotype("show", "out/bird_vary_sheet.png").stdout


def test_skip_existing_makes_again_what_was_made_otherwise(calotype, tmp_path, photo):
    calotype("vary", photo, "-q", "-o", "out", *TINY)
    before = (tmp_path / "out" / "bird_vary_0.png").read_bytes()
    assert calotype("vary", photo, "-q", "-o", "out", "--skip-existing", *TINY).stdout == ""
    changed = calotype("vary", photo, "-q", "-o", "out", "--skip-existing", "--structure", "free", *TINY)
    assert changed.stdout.strip() == str(Path("out", "bird_vary_0.png"))
    assert (tmp_path / "out" / "bird_vary_0.png").read_bytes() != before


def test_folder_whose_results_lie_among_the_photos(calotype, tmp_path, photo, picture):
    picture().save(photo.parent / "bird.jpg")
    first = calotype("vary", ".", "-q", *TINY, cwd=photo.parent)
    assert sorted(first.stdout.split()) == ["bird_jpg_vary_0.png", "bird_png_vary_0.png"]
    second = calotype("vary", ".", "--again", *TINY, cwd=photo.parent)
    assert sorted(second.stdout.split()) == ["bird_jpg_vary_0.png", "bird_png_vary_0.png"]
    assert "skipping 2 pictures that calotype made" in second.stderr


@pytest.mark.parametrize("name", ["a b'c.png", "-x.png", "ünï.png"])
def test_show_quotes_names(calotype, tmp_path, picture, name):
    import shlex

    picture().save(tmp_path / name)
    calotype("vary", f"./{name}", "-o", "new.png", "-q", *TINY)
    words = shlex.split(calotype("show", "new.png").stdout)
    assert calotype(*words[1:], "-q").returncode == 0


def test_a_shape_and_a_film_of_the_way_to_it(calotype, photo, tmp_path):
    asked = ("--shape", "trapezoid:0.5", "--film", "apng", "--frames", "4", "-q", "--engine", "ingan", *TINY)
    done = calotype("retarget", photo, "--factor", "1.5x1", *asked)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "bird_retarget_0.png\n"
    assert {path.name for path in tmp_path.glob("bird_*")} == {"bird_retarget_0.png", "bird_retarget_0.apng"}
    with Image.open(tmp_path / "bird_retarget_0.apng") as film:
        assert film.n_frames == 4
    said = calotype("show", "bird_retarget_0.png").stdout
    assert "--shape trapezoid:0.5 --film apng --frames 4" in said


def test_every_engine_but_one_says_that_it_has_no_shapes(calotype, photo, tmp_path):
    done = calotype("retarget", photo, "--size", "64x32", "--shape", "arc", *TINY)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "use one that can (ingan)" in done.stderr
    assert not list(tmp_path.glob("bird_*"))
