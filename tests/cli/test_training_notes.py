"""What a training is told of its data set: files that cannot be read, settings that the set decides."""

import json

import numpy as np
import pytest
from PIL import Image

from calotype.cli import main
from calotype.cli.inputs import sources
from calotype.tasks.data import data

TINY = ["--preset", "tiny", "--set", "steps=1"]


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    return data("shapes", out=tmp_path_factory.mktemp("sets") / "shapes", size=32, count=6)


def copied(folder, to):
    for path in folder.rglob("*"):
        if path.is_file():
            (to / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            (to / path.relative_to(folder)).write_bytes(path.read_bytes())
    return to


@pytest.mark.parametrize("model", ["layout2im", "spade", "cocogan"])
def test_pictures_that_cannot_be_read_are_named(shapes, tmp_path, capsys, model):
    """Of a set with boxes, a set with label maps, and a folder of pictures."""
    folder = copied(shapes if model != "cocogan" else shapes / "images", tmp_path / "set")
    sorted((folder if model == "cocogan" else folder / "images").iterdir())[2].write_bytes(b"x")
    assert main(["train", model, str(folder), *TINY, "--out", str(tmp_path / "model")]) == 0
    (note,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note: ")]
    assert note.startswith("note: 1 of 6 pictures could not be read")
    assert ".png' is not a picture" in note


def test_a_damaged_picture_of_visual_genome_is_named(tmp_path, capsys):
    (tmp_path / "VG_100K").mkdir()
    entries = {"image_data": [], "objects": [], "relationships": []}
    rng = np.random.default_rng(0)
    for image in range(4):
        Image.fromarray(rng.integers(0, 256, (200, 200, 3), np.uint8)).save(tmp_path / "VG_100K" / f"{image}.jpg")
        place = {"image_id": image, "url": f"https://x/VG_100K/{image}.jpg", "width": 200, "height": 200}
        things = [{"object_id": i, "names": ["tree"], "x": 40 * i, "y": 9, "w": 60, "h": 90} for i in range(3)]
        links = [{"subject": things[0], "predicate": "near", "object": things[1]}]
        entries["image_data"].append(place)
        entries["objects"].append({"image_id": image, "objects": things})
        entries["relationships"].append({"image_id": image, "relationships": links})
    for name, content in entries.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    (tmp_path / "VG_100K" / "2.jpg").write_bytes(b"damaged")
    assert main(["train", "layout2im", str(tmp_path), *TINY, "--out", str(tmp_path / "model")]) == 0
    assert "note: 1 of 4 pictures could not be read" in (said := capsys.readouterr().err)
    assert "2.jpg' is not a picture" in said


@pytest.mark.parametrize(
    ("model", "setting", "words"),
    [
        ("layout2im", "classes=3", "--set classes=3 cannot be used: the data set 'shapes' decides it (classes=1"),
        ("spade", "classes=3", "--set classes=3 cannot be used: the data set 'shapes' decides it (classes=1"),
        ("scenegraph", "classes=3", "--set classes=3 cannot be used: the data set 'shapes' decides it (classes=1"),
    ],
)
def test_settings_that_the_set_decides_are_refused(shapes, capsys, model, setting, words):
    assert main(["train", model, str(shapes), *TINY, "--set", setting]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_files_of_the_other_kind_in_a_folder_are_told(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_text("{}")
    Image.new("RGB", (20, 20)).save(tmp_path / "in" / "b.png")
    found = sources(str(tmp_path / "in"), None, quiet=False, suffixes=(".json", ".png"))
    assert [source.label for source in found] == [str(tmp_path / "in" / "a.json")]
    assert "has .json files, which are used; 1 file with .png left out" in capsys.readouterr().err
