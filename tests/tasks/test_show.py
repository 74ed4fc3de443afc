import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.cli import main
from calotype.image.io import save_png
from calotype.tasks.invert import _settings

FACES = Path(__file__).parents[2] / "examples" / "models" / "faces"
PHOTO = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)


def test_command_says_only_what_was_asked_for(tmp_path):
    path = calotype.vary(PHOTO, preset="tiny", device="cpu").save(tmp_path)[0]
    shown = calotype.show(path)
    plain = "calotype vary image --seed 0 --engine gpnn --preset tiny --structure loose --device cpu"
    assert shown.command == plain
    assert shown.settings["seed"] == 0


def test_settings_of_another_version(tmp_path):
    save_png(Image.new("RGB", (20, 20)), tmp_path / "old.png", {"verb": "vary"})
    with pytest.raises(calotype.InputError, match="this version cannot read"):
        calotype.show(tmp_path / "old.png")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "none"), (True, "true"), (0.5, "0.5"), ([1.0, 0.5], "1.0,0.5"), ([], ""), ("exact", "exact")],
)
def test_values_are_written_as_set_reads_them(value, text):
    from calotype.tasks.show import _as_value

    assert _as_value(value) == text


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".apng"])
def test_the_format_of_a_film_is_told(tmp_path, suffix):
    film = tmp_path / f"film{suffix}"
    assert main(["interpolate", str(FACES), "--frames", "2", "-o", str(film), "--device", "cpu", "-q"]) == 0
    told = f"-o film{suffix}"
    assert (told in calotype.show(film).command) == (suffix != ".gif")


def test_pictures_of_invert_tell_what_repeats_them(tmp_path):
    own = {"method": "z", "steps": 5, "penalty": 1.0, "seed": 3, "encoder": {"image_steps": "9"}}
    settings = _settings("faces", "stylegan", [{"name": "a.png", "sha256": "0"}, {"name": "b.png", "sha256": "1"}], own)
    save_png(Image.new("RGB", (20, 20)), tmp_path / "a.png", settings)
    command = "calotype invert FOLDER/faces a.png b.png --seed 3 --method z --steps 5 --set image_steps=9"
    assert calotype.show(tmp_path / "a.png").command == command


def test_the_model_is_found_beside_the_picture(tmp_path, monkeypatch):
    model = tmp_path / "work" / "faces"
    model.mkdir(parents=True)
    for file in ("model.json", "weights.safetensors"):
        (model / file).symlink_to(FACES / file)
    path = calotype.sample(model, device="cpu").save(tmp_path / "work" / "made")[0]
    monkeypatch.chdir(tmp_path)
    shown = calotype.show(path)
    assert f"calotype sample {model} --seed 0" in shown.command
    assert not shown.missing
    assert shown.settings["model"] == "faces"  # folders are not recorded
    model.rename(tmp_path / "moved")
    away = calotype.show(path)
    assert "there is no model faces here: write the folder that it is in for FOLDER" in away.missing
    assert "calotype sample FOLDER/faces --seed 0" in away.command
    assert str(tmp_path) not in str(away)


def test_another_model_whose_name_begins_alike_is_not_taken(tmp_path, monkeypatch):
    store = tmp_path / "cache" / "models"
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    other = store / "faces-stylegan-0123456789ab"
    other.mkdir(parents=True)
    (other / "about.json").write_text('{"engine": "stylegan"}')
    settings = _settings("faces", "stylegan", [], {"method": "z", "steps": 5, "penalty": 1.0, "seed": 3, "encoder": {}})
    save_png(Image.new("RGB", (20, 20)), tmp_path / "a.png", settings)
    assert calotype.show("a.png").command.startswith("calotype invert FOLDER/faces ")
    Path("faces").mkdir()  # of photos
    assert calotype.show("a.png").command.startswith("calotype invert FOLDER/faces ")
    (store / "faces").mkdir()
    for system, found in (("cocogan", "FOLDER/faces"), ("stylegan", str(store / "faces"))):
        (store / "faces" / "about.json").write_text(json.dumps({"engine": system}))
        assert calotype.show("a.png").command.startswith(f"calotype invert {found} ")
    Path("faces").rmdir()
    assert calotype.show("a.png").command.startswith("calotype invert faces ")


def test_files_that_are_elsewhere_or_have_one_name_are_told(tmp_path, monkeypatch):
    for number, folder in enumerate(("first", "second")):
        (tmp_path / folder).mkdir()
        Image.fromarray(np.roll(PHOTO, number, 2)).save(tmp_path / folder / "photo.png")
    photo, other = (tmp_path / folder / "photo.png" for folder in ("first", "second"))
    one = calotype.vary(photo, preset="tiny").save(tmp_path / "made")[0]
    both = calotype.mix(photo, other, preset="tiny").save(tmp_path / "made")[0]
    monkeypatch.chdir(tmp_path)
    assert calotype.show(one).missing == "photo.png is not in this folder: run it where it was run"
    assert calotype.show(both).missing == "2 different files are called photo.png: write the folder of each"
    monkeypatch.chdir(tmp_path / "first")
    assert not calotype.show(one).missing
