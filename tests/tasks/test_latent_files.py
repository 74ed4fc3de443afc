"""Files and messages of the verbs of latent codes, as a newcomer meets them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import calotype
from calotype import catalog, saving
from calotype.cli import main
from calotype.errors import InputError
from calotype.models import stylegan
from calotype.results import Latent
from calotype.tasks import model_store
from calotype.tasks.show import show

CFG = replace(stylegan.PRESETS["tiny"], resolution=16)


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A model with random weights in an empty folder, with a photo and its latent code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    torch.manual_seed(0)
    folder = tmp_path / "faces-stylegan-0123456789ab"
    saving.write(folder, "stylegan", CFG, stylegan.build(CFG).eval(), "", (16, 16))
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (20, 20, 3), dtype=np.uint8)).save("me.png")
    calotype.embed("me.png", model=folder, steps=2).save(".")
    return folder


def with_other_weights(folder):
    saving.write(folder, "stylegan", CFG, stylegan.build(CFG).eval(), "", (16, 16))


def saving_net(folder):
    return catalog.load(folder).net


def run(*words):
    return main([str(word) for word in words])


def files(folder):
    return sorted(path.name for path in folder.iterdir())


CODE = "me_embed_0.safetensors"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("sample", "MODEL", "--label", "1"), "was trained without labels: leave out --label"),
        (("sample", "MODEL", "--mix", "1", "--mix-from", "9"), "no layer 9: give --mix-from 0 to 5"),
        (("sample", "MODEL", "--truncation", "2.5"), "give a number from -2 to 2"),
        (("embed", "me.png", "--model", "MODEL", "--label", "1"), "was trained without labels"),
        (("embed", "me.png", "--model", "MODEL", "--noise-steps", "5"), "uses no noise"),
        (("adjust", CODE, "--model", "MODEL", "--component", "8"), "no component 8: give 0 to 7"),
        (("adjust", CODE, "--model", "MODEL", "--from-layer", "4", "--to-layer", "2"), "no layers 4 to 2"),
        (("adjust", CODE, "--model", "MODEL", "--direction", "long.npy"), r"a direction of shape [3]"),
        (("adjust", "other.safetensors", "--model", "MODEL"), "embed the photo in this model"),
        (("crossover", CODE, CODE, "--model", "MODEL", "--from-layer", "9"), "no layer 9: give --from-layer"),
        (("crossover", CODE, CODE, "--model", "MODEL", "--from-layer", "6"), "no layer 6: give --from-layer 0 to 5"),
        (("embed", "me.png", "--model", "MODEL", "--preview", "-n", "2"), "same for every seed: leave out -n"),
        (("embed", "me.png", "--model", "MODEL", "--preview", "--stages"), "no stages: leave out --stages"),
        (("embed", "me.png", "--model", "MODEL", "--method", "paper"), "'calotype weights vgg16' fetches them"),
        (
            ("stylize", "me.png", "me.png", "--mask", "me.png", "--model", "MODEL", "--method", "paper"),
            "'calotype weights vgg16' fetches them",
        ),
        (("erase", "me.png", "--mask", "me.png", "--model", "MODEL", "--engine", "gpnn"), "leave out --engine gpnn"),
        (("adjust", CODE, "--model", "MODEL", "-n", "3"), "no option '-n': 'calotype adjust --help' lists them"),
        (("morph", CODE, CODE, "--model", "MODEL", "--frames", "1"), "'--frames': give at least 2"),
        (("transfer", CODE, CODE, "other.safetensors", "--model", "MODEL"), "embed the photo in this model"),
        (("morph", CODE, "other.safetensors", "--model", "MODEL"), "embed the photo in this model"),
        (("morph", CODE, CODE, "other.safetensors", "--model", "MODEL"), "embed the photo in this model"),
        (("morph", CODE, CODE, "none.safetensors", "--model", "MODEL"), "none.safetensors"),
    ],
)
def test_what_a_model_knows_at_once_is_said_before_the_work(model, words, line, capsys):
    np.save("long.npy", np.ones(3))
    Latent({"styles": np.ones((1, 6, 4), np.float32)}).save("other.safetensors")
    assert run(*(model if word == "MODEL" else word for word in words), "-o", "out") in (1, 2)
    printed = capsys.readouterr().err
    assert line in printed
    assert printed.count("\n") == 1, printed


def test_truncation_goes_beyond_what_was_learned_and_to_the_other_side(model):
    made = {psi: np.asarray(calotype.sample(model, truncation=psi)[0]).astype(int) for psi in (-1, 0, 1, 1.5)}
    for one, other in ((1.5, 1), (-1, 0), (-1, 1)):
        assert np.abs(made[one] - made[other]).mean() > 1
    net = saving_net(model)
    styles = torch.randn(1, 6, 8)
    mean = net.generator.mapping.w_avg
    assert torch.allclose(net.generator.mapping.truncated(styles, -1.0), 2 * mean - styles, atol=1e-5)


def test_other_edits_of_a_code_have_other_names(model, tmp_path):
    for strength in (2, -2):
        assert run("adjust", CODE, "--model", model, "--strength", strength, "-o", "out", "-q") == 0
    for component in (1, 2):
        assert run("adjust", CODE, "--model", model, "--component", component, "-o", "out", "-q") == 0
    calotype.embed("me.png", model=model, steps=2, seed=1).save(".")
    for other in (CODE, "me_embed_1.safetensors"):
        assert run("crossover", CODE, other, "--model", model, "-o", "out", "-q") == 0
        assert run("transfer", CODE, other, CODE, "--model", model, "-o", "out", "-q") == 0
    pictures = [name for name in files(tmp_path / "out") if name.endswith(".png")]
    assert len(pictures) == 8
    assert "me_embed_0_strength-2_adjust_0.png" in pictures
    assert "me_embed_0-me_embed_1_crossover_0.png" in pictures


def test_a_code_may_be_named_as_the_output(model, tmp_path, capsys):
    assert run("embed", "me.png", "--model", model, "--steps", "2", "-o", "out/x.safetensors") == 0
    assert files(tmp_path / "out") == ["x.png", "x.safetensors"]
    assert capsys.readouterr().out.strip() == "out/x.png"
    assert run("sample", model, "-o", "y.safetensors") == 2
    assert "write -o y.png" in capsys.readouterr().err
    assert not (tmp_path / "y.safetensors").exists()
    assert run("embed", "me.png", "--model", model, "-n", "2", "-o", "z.safetensors") == 2
    assert "give a folder" in capsys.readouterr().err


def test_show_tells_how_a_code_was_found_and_what_is_in_it(model, capsys):
    assert run("show", CODE) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("calotype embed me.png --model faces-stylegan-0123456789ab --seed 0 --steps 2")
    assert "a latent code of the model faces-stylegan-0123456789ab: styles 1x6x8, found by offline" in printed.err
    Latent({"styles": np.ones((1, 6, 8), np.float32)}).save("foreign.safetensors")
    for name, words in (("foreign.safetensors", "no settings"), ("none.safetensors", "does not exist")):
        assert run("show", name) == 1
        assert words in capsys.readouterr().err


def test_a_picture_of_a_model_of_one_size_is_shown_without_it(model):
    command = show(calotype.sample(model, truncation=0.5).save("out")[0]).command
    assert "--size" not in command
    assert "--truncation 0.5" in command


def test_missing_files_are_told_of_in_the_same_words(model, capsys):
    said = set()
    for words in (
        ("show", "none.png"),
        ("show", "none.safetensors"),
        ("embed", "none.png", "--model", model),
        ("adjust", "none.safetensors", "--model", model),
        ("adjust", CODE, "--direction", "none.npy", "--model", model),
        ("erase", "me.png", "--mask", "none.png", "--model", model),
        ("models", "describe", "none.pkl"),
    ):
        assert run(*words) == 1, words
        said.add(capsys.readouterr().err.partition("' ")[2])
    assert said == {"does not exist: check the name and the folder\n"}


def test_settings_are_named_as_they_are_typed(capsys):
    for words in (("train", "stylegan", ".", "--set", "steps=many"), ("vary", "me.png", "--set", "patch=x")):
        assert run(*words) in (1, 2)
        assert f"--set {words[-1]} cannot be used" in capsys.readouterr().err
    with pytest.raises(InputError, match=r"\(--set\) cannot be used: resolution=33 is not a power of two"):
        calotype.train("stylegan", ".", settings={"resolution": 33})


def test_strengths_have_units_in_the_help(capsys):
    for verb, words in (("adjust", "standard deviations"), ("transfer", "factor of the difference")):
        assert run(verb, "--help") == 0
        assert words in " ".join(capsys.readouterr().out.replace("│", " ").split())


def test_a_tuned_generator_becomes_a_model(model, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    assert run("embed", "me.png", "--model", model, "--steps", "3", "--tune", "3", "--stages", "-o", "out") == 0
    (tuned,) = (tmp_path / "cache/models").iterdir()
    assert tuned.name.startswith("me-tuned-stylegan-")
    assert f"the tuned generator becomes the model {tuned.name}" in capsys.readouterr().err
    again = calotype.adjust("out/" + CODE, model=tuned, strength=0)
    with Image.open("out/me_embed_0.png") as made:
        assert again[0].tobytes() == made.tobytes()
    assert calotype.adjust("out/" + CODE, model=model, strength=0)[0].tobytes() != again[0].tobytes()
    assert run("show", "out/" + CODE) == 0
    printed = capsys.readouterr()
    assert "--tune 3" in printed.out
    assert f"of the model {tuned.name}" in printed.err
    assert run("models") == 0
    assert "me-tuned" in capsys.readouterr().out
    assert run("embed", "me.png", "--model", model, "--tune", "-1") in (1, 2)


def test_a_model_without_an_encoder_says_so(model, capsys):
    for words in (("--preview",), ("--start", "encoder")):
        assert run("embed", "me.png", "--model", model, *words) == 1
        printed = capsys.readouterr().err
        assert "has no encoder" in printed
        assert printed.count("\n") == 1
    assert run("embed", "me.png", "--model", model, "--preview", "--steps", "3") in (1, 2)
    assert "a preview is not optimised: leave out --steps" in capsys.readouterr().err


def test_an_encoder_that_is_not_trained_to_its_end_is_to_be_gone_on_with(model, capsys):
    model_store.describe(model / model_store.ENCODER, {"engine": "encoder", "stages": ["styles"]})
    assert run("embed", "me.png", "--model", model, "--preview") == 1
    assert "not trained to its end: go on, calotype train encoder" in capsys.readouterr().err


def test_codes_of_another_model_are_noted(model, tmp_path, capsys):
    other = tmp_path / "others-stylegan-0123456789ab"
    shutil.copytree(model, other)
    with_other_weights(other)
    note = f"'me_embed_0' is a latent code of the model {model.name}: {other.name} makes another picture of it"
    for verb, codes in (("adjust", 1), ("crossover", 2), ("transfer", 3), ("morph", 2), ("morph", 4)):
        end = ("--frames", str(codes)) if verb == "morph" else ()
        assert run(verb, *[CODE] * codes, "--model", other, *end, "-o", "out") == 0
        assert capsys.readouterr().err.count(note) == 1
        assert run(verb, *[CODE] * codes, "--model", model, *end, "-o", "out") == 0
        assert "note" not in capsys.readouterr().err


def test_the_weights_of_a_model_tell_whether_a_code_is_of_it(model, tmp_path, capsys):
    copy = tmp_path / "renamed"
    shutil.copytree(model, copy)
    assert run("adjust", CODE, "--model", copy, "-o", "out") == 0
    assert "note" not in capsys.readouterr().err
    assert run("embed", "me.png", "--model", copy, "--steps", "1", "-o", "kept") == 0
    with_other_weights(copy)
    code = next(Path("kept").glob("*.safetensors"))
    assert run("adjust", code, "--model", copy, "-o", "out") == 0
    assert "of the model renamed with other weights: renamed makes another picture" in capsys.readouterr().err


def test_a_code_of_a_tuned_model_belongs_to_that(model):
    code = Latent(calotype.embed("me.png", model=model, steps=1).latents[0].values, "me", {"model": "a", "tuned": "b"})
    assert any("of the model b" in note for note in calotype.adjust(code, model=model).notes)


def test_a_code_of_another_photo_is_noted(model, capsys):
    with Image.open("me.png") as photo:
        photo.rotate(90).save("you.png")
        stroke = photo.copy()
    stroke.paste((255, 0, 0), (5, 5, 12, 12))
    stroke.save("stroke.png")
    words = ("stroke.png", "--model", model, "--code", CODE, "--steps", "1", "--noise-steps", "0", "-o", "out")
    Image.new("L", (20, 20)).save("mask.png")
    with Image.open("mask.png") as mask:
        mask.paste(255, (5, 5, 12, 12))
        mask.save("mask.png")
    for photo, noted in (("me.png", False), ("you.png", True)):
        assert run("edit", photo, *words, "--mask", "mask.png") == 0
        assert ("'me_embed_0' is the latent code of 'me.png', not of 'you'" in capsys.readouterr().err) is noted


def test_show_says_that_a_model_is_not_in_the_store(model, tmp_path, tmp_path_factory, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert not show(CODE).missing  # a folder of that name is here
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a" / "b" / "c"
    elsewhere.mkdir(parents=True)
    code = shutil.copy(CODE, elsewhere)
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    assert run("show", code) == 0
    assert f"there is no model {model.name} here: write the folder that it is in" in capsys.readouterr().err


def test_what_embed_leaves_out_of_a_photo_is_noted(model, capsys):
    Image.new("RGBA", (20, 30), (255, 0, 0, 100)).save("wide.png")
    assert run("embed", "wide.png", "--model", model, "--steps", "1", "-o", "out") == 0
    printed = capsys.readouterr().err
    assert "note: the middle square of 'wide' is used" in printed
    assert "note: 'wide' is placed on grey where it is transparent" in printed


def test_a_photo_of_the_size_of_the_model_is_not_cropped(model, capsys):
    with Image.open("me.png") as photo:
        photo.resize((16, 16)).save("small.png")
        Image.new("L", (16, 16), 0).save("mask.png")
    with Image.open("mask.png") as mask:
        mask.paste(255, (4, 4, 9, 9))
        mask.save("mask.png")
    for photo, said in (("small.png", False), ("me.png", True)):
        words = ("--model", model, "--mask", "mask.png", "--steps", "1", "--noise-steps", "0", "-o", "out")
        assert run("erase", photo, *words) == 0
        assert ("cropped and resized to 16x16 pixels" in capsys.readouterr().err) is said


def test_a_model_is_described_by_its_folder(model, capsys):
    assert run("models", "describe", model) == 0
    said = capsys.readouterr().out
    assert "stylegan" in said
    assert "16x16" in said
    assert run("models", "describe", model.parent) == 1
    assert "no folder of a model" in capsys.readouterr().err


def test_an_mp4_shows_its_command(model, tmp_path, capsys):
    pytest.importorskip("av")
    assert run("interpolate", model, "--frames", "3", "-o", tmp_path / "film.mp4") == 0
    assert run("interpolate", model, "--frames", "3", "--no-metadata", "-o", tmp_path / "bare.mp4") == 0
    capsys.readouterr()
    assert run("show", tmp_path / "film.mp4") == 0
    assert f"calotype interpolate {model.name}" in capsys.readouterr().out
    assert run("show", tmp_path / "bare.mp4") == 1
    assert "carries no settings of calotype" in capsys.readouterr().err
