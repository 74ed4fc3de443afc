"""Files that are written beside a result: no input is overwritten by one, which is said before the work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import calotype
from calotype import saving
from calotype.catalog import system
from calotype.cli import main
from calotype.results import Latent
from calotype.tasks.own_files import says_its_origin


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """A function that writes an untrained model of a system to a folder; the present folder is empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))

    def write(name, folder):
        torch.manual_seed(0)
        package = system(name)
        cfg = package.PRESETS["tiny"]
        saving.write(folder, name, cfg, package.build(cfg).eval(), "", package.picture_size(cfg))
        return folder

    return write


def painted(*names, side=24):
    for number, name in enumerate(names):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 255, (side, side, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(name)


def files():
    return sorted(path for path in Path().rglob("*") if path.parts[0] != "cache")


def refused(words, kept, capsys):
    """Check that a command is refused in one line before its work, and that an input and all others stay."""
    before, there = Path(kept).read_bytes(), files()
    assert main([str(word) for word in words]) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("note: ")]
    assert lines == [f"calotype: '{kept}' is an input of this command: give another -o"]
    assert Path(kept).read_bytes() == before
    assert files() == there


def test_films(saved, capsys):
    painted("me.gif", "pose/0.png", "pose/1.png")
    film = ["--film", "gif", "-o", "me.png", "--device", "cpu"]
    refused(["retarget", "me.gif", "--engine", "ingan", "--preset", "tiny", "--factor", "2x1", *film], "me.gif", capsys)
    model = saved("idpose", Path("people"))
    refused(["repose", "me.gif", "pose", "--model", model, *film], "me.gif", capsys)


def test_latent_codes_also_of_directions(saved, capsys):
    model = saved("stylegan", Path("faces"))
    painted("me.png", side=16)
    found = calotype.embed("me.png", model=model, steps=1, device="cpu")
    found.save(".")
    code = "me_embed_0.safetensors"
    styles = found.latents[0].values["styles"]
    Latent({"direction": np.ones(styles.shape[-1], np.float32)}, "way").save("way.safetensors")
    common = ["--model", model, "--device", "cpu"]
    refused(["adjust", code, *common, "-o", "me_embed_0.png"], code, capsys)
    refused(["adjust", code, "--direction", "way.safetensors", *common, "-o", "way.png"], "way.safetensors", capsys)


def test_layers_of_a_scene(saved, capsys):
    model = saved("control3d", Path("rooms"))
    assert main(["scene", str(model), "--layers", "-o", "one.png", "--device", "cpu", "-q"]) == 0
    capsys.readouterr()
    refused(["scene", model, "--poses", "one.json", "--layers", "-o", "one.png", "--device", "cpu"], "one.json", capsys)
    assert main(["scene", str(model), "--poses", "one.json", "-o", "one.png", "--device", "cpu", "-q"]) == 0


def test_sheets(saved, capsys):
    painted("me_sheet.png")
    refused(["vary", "me_sheet.png", "--preset", "tiny", "--sheet", "-o", "me.png"], "me_sheet.png", capsys)


def test_what_retrieve_finds_among(saved, capsys):
    model = saved("disentangle", Path("people"))
    painted("me.png", "set/a/0.png", "set/a/1.png", "set/b/0.png", "set/b/1.png")
    common = ["retrieve", "me.png", "set", "--model", model, "-n", "1", "--device", "cpu", "-o"]
    for kept in ("me.png", "set/a/1.png"):
        refused([*common, kept], kept, capsys)
    assert main([*map(str, common), "found.png"]) == 0


def test_a_score_map_is_not_written_over_the_picture(saved, capsys):
    model = saved("idpose", Path("people"))
    painted("a.png", "b.png")
    for more in ([], ["--score"]):
        assert main(["repose", "a.png", "b.png", "--model", str(model), "--device", "cpu", "-q", "-o", ".", *more]) == 0
    assert capsys.readouterr().out.split() == ["a_b_repose_0.png", "a_b_score_repose_0.png"]


def test_a_film_without_metadata_has_none(saved, capsys):
    painted("me.png")
    words = ["animate", "me.png", "--preset", "tiny", "--device", "cpu", "--frames", "2", "-q"]
    assert main([*words, "--no-metadata", "-o", "bare.gif"]) == main([*words, "-o", "film.gif"]) == 0
    assert b"calotype" not in Path("bare.gif").read_bytes()
    assert b"calotype" in Path("film.gif").read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ["retrieve", "me.png", "set", "--model", "people", "-o", "me.png/found.png"],
        ["dissect", "set", "--real", "set", "-o", "me.png/page"],
        ["study", "set", "set2", "-o", "me.png/study"],
        ["data", "shapes", "-n", "1", "--size", "32", "-o", "me.png/shapes"],
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_the_work(saved, capsys, words):
    painted("me.png", "set/0.png", "set2/0.png")
    assert main(words) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("calotype: cannot write 'me.png")


TINY = ["--preset", "tiny", "--device", "cpu"]


def test_a_photo_at_the_place_of_a_result_is_not_replaced(saved, capsys):
    painted("me.png", "holiday.png")
    kept = Path("holiday.png").read_bytes()
    words = ["vary", "me.png", *TINY, "-o", "holiday.png"]
    assert main(words) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("calotype: 'holiday.png' is there and does not say that calotype made it")
    assert line.endswith("or --overwrite to replace it")
    assert Path("holiday.png").read_bytes() == kept
    assert main([*words, "--overwrite"]) == 0
    made = Path("holiday.png").read_bytes()
    assert made != kept
    assert main([*words, "--seed", "1"]) == 0  # results replace results
    assert Path("holiday.png").read_bytes() != made


def test_an_empty_file_is_replaced(saved):
    painted("me.png")
    Path("made.png").touch()  # as mktemp does
    assert main(["vary", "me.png", *TINY, "-o", "made.png"]) == 0
    assert Path("made.png").stat().st_size


def test_contact_sheets_replace_no_photo(saved, capsys):
    painted("me.png", "me_vary_sheet.png")
    kept = Path("me_vary_sheet.png").read_bytes()
    assert main(["vary", "me.png", *TINY, "--sheet"]) == 1
    assert "'me_vary_sheet.png' is there" in capsys.readouterr().err
    assert Path("me_vary_sheet.png").read_bytes() == kept
    assert not Path("me_vary_0.png").exists()


@pytest.mark.parametrize("more", [[], ["--jobs", "2"]])
def test_a_photo_among_the_results_of_a_folder_is_not_replaced(saved, capsys, more):
    painted("photos/a.png", "photos/b.png", "out/a_vary_0.png")
    kept = Path("out/a_vary_0.png").read_bytes()
    words = ["vary", "photos", *TINY, "-o", "out", *more]
    for _ in range(2):
        assert main(words) == 1
        errors = capsys.readouterr().err
        assert errors.count("'out/a_vary_0.png' is there and does not say that calotype made it") == 1
        assert Path("out/a_vary_0.png").read_bytes() == kept
        assert Path("out/b_vary_0.png").is_file()
    assert main([*words, "--overwrite"]) == 0
    assert Path("out/a_vary_0.png").read_bytes() != kept
    assert main([*words, "--again", "--no-metadata"]) == 0
    assert main([*words, "--again"]) == 0  # what the manifest knows needs no settings


def test_a_result_without_settings_is_known_after_a_later_attempt_has_failed(saved, capsys):
    painted("photos/a.png", "photos/b.png")
    photo = Path("photos/a.png").read_bytes()
    words = ["vary", "photos", *TINY, "-o", "out", "--no-metadata", "--again"]
    assert main(words) == 0
    Path("photos/a.png").write_bytes(b"broken")
    assert main(words) == 1
    Path("photos/a.png").write_bytes(photo)
    assert main(words) == 0
    Path("out/a_vary_0.png").write_bytes(photo)
    capsys.readouterr()
    assert main(words) == 1
    assert "'out/a_vary_0.png' is there" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["film.gif", "film.webp", "film.png"])
def test_a_photo_at_the_place_of_a_film_is_not_replaced(saved, capsys, name):
    model = saved("stylegan", Path("model"))
    painted(name)
    kept = Path(name).read_bytes()
    words = ["interpolate", str(model), "--frames", "3", "--device", "cpu", "-o", name]
    assert main(words) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"'{name}' is there and does not say that calotype made it" in line
    assert Path(name).read_bytes() == kept
    assert main([*words, "--overwrite"]) == 0
    assert main([*words, "--to-seed", "5"]) == 0


def test_codes_and_mp4_films_are_known_by_their_settings(saved):
    for name in ("other.safetensors", "other.mp4", "notes.json"):
        Path(name).write_bytes(b"something else")
    Path("film.mp4").write_bytes(b"\0\0\0\x14ftypmp42" + b"mdtacalotype" + b"\0" * 20)
    Latent({"w": np.zeros((1, 2), np.float32)}, "code", {"verb": "embed"}).save("code.safetensors")
    known = {path.name: says_its_origin(path) for path in files() if path.is_file()}
    assert known == {
        "other.safetensors": False,
        "other.mp4": False,
        "notes.json": True,  # carries no settings, whoever made it
        "film.mp4": True,
        "code.safetensors": True,
    }
