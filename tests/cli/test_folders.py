"""Folders as people have them: long names, odd names, and this program's own results among the photos."""

import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from calotype.cli import main
from calotype.cli.inputs import sources
from calotype.data.folder import Folder, pictures_below
from calotype.errors import InputError
from calotype.files import shortened
from calotype.image.io import result_path, save_png

TINY = ("--preset", "tiny")


@pytest.fixture
def photos(tmp_path, monkeypatch) -> Path:
    """A folder to be filled, in an empty working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    return tmp_path / "photos"


def add(folder: Path, *names: str, side: int = 32) -> None:
    for number, name in enumerate(names):
        values = np.random.default_rng(number).integers(0, 256, (side, side, 3), np.uint8)
        Image.fromarray(values).save(folder / name)


def made(folder: Path, name: str, **settings) -> Path:
    save_png(Image.new("RGB", (32, 32)), folder / name, {"calotype": "0", "verb": "vary", **settings})
    return folder / name


@pytest.mark.parametrize("letter", ["a", "é", "猫"])
def test_long_names_are_shortened_by_bytes(photos, capsys, letter):
    longest = letter * (250 // len(letter.encode()))
    add(photos, f"{longest}.png", f"{longest[:-1]}b.png", "short.png")
    assert main(["vary", "photos", "-o", "out", "--sheet", *TINY]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 6
    assert len(set(printed)) == 6
    for line in printed:
        assert len(os.fsencode(Path(line).name)) <= 240
        assert Path(line).is_file()


@pytest.mark.parametrize("name", ["bird", "x" * 200, "猫" * 80, "é" * 120])
def test_names_of_results(name):
    path = result_path("out", name, "vary", 7)
    assert len(os.fsencode(path.name)) <= 240
    assert path.name.endswith("_vary_7.png")
    assert (path.name == f"{name}_vary_7.png") == (len(name.encode()) <= 229)


def test_shortened_names_stay_apart():
    assert shortened("猫" * 100 + "a", 100) != shortened("猫" * 100 + "b", 100)
    assert shortened("猫" * 100, 100).startswith("猫" * 30)


@pytest.mark.skipif(sys.platform == "win32", reason="names are no bytes there")
def test_names_that_standard_output_cannot_encode(photos, monkeypatch):
    add(photos, "a.png", "käse.png", "猫.png")
    (photos / "a.png").rename(os.fsdecode(os.fsencode(str(photos)) + b"/\xff\xfe.png"))
    file = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(file, encoding="ascii"))
    assert main(["vary", "photos", "-o", "out", "-q", "--sheet", *TINY]) == 0
    sys.stdout.flush()
    lines = file.getvalue().splitlines()
    assert len(lines) == 6
    assert all(Path(os.fsdecode(line)).is_file() for line in lines)


@pytest.mark.skipif(sys.platform == "win32", reason="no such names or links there")
def test_links_that_lead_nowhere_and_names_of_several_lines(photos, capsys):
    add(
        photos,
        "a.png",
        "two\nlines.png",
        "bell\a.png",
        "-dash.png",
        "100%d.png",
        "UPPER.PNG",
        "dots...png",
        "trail .png",
    )
    (photos / "loop.png").symlink_to("loop.png")
    (photos / "nowhere.png").symlink_to("missing.png")
    (photos / "link.png").symlink_to("a.png")
    (photos / "folder.png").mkdir()
    os.mkfifo(photos / "pipe.png")
    assert main(["vary", "photos", "-o", "out", *TINY]) == 1
    err = capsys.readouterr().err
    assert "2 of 11 photos failed, the others are done" in err
    assert "'photos/loop.png' cannot be read" in err
    assert "'photos/nowhere.png' does not exist" in err
    assert all("32x32" in line or "calotype:" in line for line in err.splitlines() if "photos" in line)
    assert "\a" not in err
    assert len(list(Path("out").glob("*_vary_0.png"))) == 9


def test_an_unexpected_error_of_one_photo_is_reported_and_the_rest_goes_on(photos, capsys, monkeypatch):
    add(photos, "a.png", "b.png", "c.png")
    from calotype.tasks.photo_job import PhotoJob

    make = PhotoJob.make

    def failing(self, output):
        if self.photo.name == "b":
            raise ZeroDivisionError("odd")
        return make(self, output)

    monkeypatch.setattr(PhotoJob, "make", failing)
    assert main(["vary", "photos", "-o", "out", "--json", *TINY]) == 1
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert len(document["pictures"]) == 2
    assert "failed unexpectedly (ZeroDivisionError: odd)" in document["failed"][0]["error"]
    assert "1 of 3 photos failed, the others are done" in err
    with pytest.raises(ZeroDivisionError):
        main(["vary", "photos/b.png", "-o", "out", *TINY])


def test_results_maps_and_sheets_are_no_photos(photos, capsys):
    add(photos, "a.png")
    made(photos, "a_vary_0.png")
    made(photos, "a_vary_sheet.png", sheet=1)
    made(photos, "a_segment_0.png", verb="segment")
    assert main(["vary", "photos", "-o", "out", *TINY]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [str(Path("out", "a_vary_0.png"))]
    assert "skipping 3 pictures that calotype made" in err


def test_nor_does_a_training_take_them(photos):
    add(photos, "a.png", "b.png")
    made(photos, "a_vary_0.png")
    made(photos, "sheet.png", sheet=2)
    (photos / "more").mkdir()
    add(photos / "more", "c.png")
    made(photos / "more", "c_segment_0.png", verb="segment")
    assert [path.name for path in Folder(photos, 16).paths] == ["a.png", "b.png", "c.png"]


def test_a_folder_of_results_alone_is_worked_on(photos, capsys):
    made(photos, "a_vary_0.png")
    made(photos, "a_vary_1.png")
    made(photos, "a_vary_sheet.png", sheet=2)
    made(photos, "a_segment_0.png", verb="segment")
    assert [path.name for path in pictures_below(photos)] == ["a_vary_0.png", "a_vary_1.png"]
    assert main(["vary", "photos", "-o", "out", "-q", *TINY]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main(["vary", "photos", "-o", "photos", "-q", *TINY]) == 1
    assert "has only pictures that calotype made" in capsys.readouterr().err


def test_maps_that_were_made_here_are_layouts_and_results_beside_them_are_not(photos):
    made(photos, "a_segment_0.png", verb="segment")
    made(photos, "a_draw_0.png", verb="draw")
    found = sources(str(photos), photos, quiet=True, maps=True)
    assert [one.value.name for one in found] == ["a_segment_0.png"]
    (photos / "a_segment_0.png").unlink()
    with pytest.raises(InputError, match="has only pictures that calotype made"):
        sources(str(photos), photos, quiet=True, maps=True)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_films_are_recognised_by_what_they_carry(photos, suffix):
    from calotype.image.animation import save_animation
    from calotype.image.io import settings_of

    frames = [Image.new("RGB", (32, 32), (i, 0, 0)) for i in (0, 100)]
    save_animation(frames, photos / f"film{suffix}", 10, False, {"verb": "animate"})
    assert settings_of(photos / f"film{suffix}") == {"verb": "animate"}


def test_photos_of_other_programs_carry_no_settings(photos):
    from PIL.PngImagePlugin import PngInfo

    from calotype.image.io import settings_of

    for name, text in (("a.png", "made with calotype"), ("b.png", "{"), ("c.png", "[1]")):
        info = PngInfo()
        info.add_text("Comment" if name == "a.png" else "calotype", text)
        Image.new("RGB", (32, 32)).save(photos / name, pnginfo=info)
        assert settings_of(photos / name) is None
    (photos / "d.png").write_bytes(b"no picture")
    assert settings_of(photos / "d.png") is None
    assert settings_of(photos / "missing.png") is None
