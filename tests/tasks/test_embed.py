"""The verbs embed, morph, crossover, transfer and adjust, from Python and their files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file
from safetensors.torch import save_file

import calotype
from calotype import saving
from calotype.errors import ArgumentError, InputError
from calotype.models import stylegan
from calotype.results import Latent
from calotype.run import Run
from calotype.tasks.show import show

CFG = replace(stylegan.PRESETS["tiny"], resolution=16)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("models") / "faces-stylegan-0123456789ab"
    net = stylegan.build(CFG).eval()
    saving.write(folder, "stylegan", CFG, net, "", (16, 16))
    return folder


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "me.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (30, 40, 3), dtype=np.uint8)).save(path)
    return path


def test_steps_of_a_recipe_are_those_of_its_search_for_the_photo_too(model, photo):
    stages: dict[str, int] = {}
    run = Run(on_event=lambda event: stages.update({event.stage: event.steps}))
    mask = np.zeros((30, 40), np.uint8)
    mask[10:20, 15:25] = 255
    calotype.edit(photo, photo, mask=mask, model=model, steps=2, noise_steps=0, run=run)
    assert len(stages) >= 2
    assert set(stages.values()) == {2}


def embedded(model, photo, **more):
    return calotype.embed(photo, model=model, steps=3, **more)


def test_a_photo_is_embedded_and_edited(model, photo, tmp_path):
    made = embedded(model, photo, n=2, start="random")
    assert [image.size for image in made] == [(16, 16)] * 2
    assert len(made.latents) == 2
    paths = made.save(tmp_path / "out")
    assert [path.name for path in paths] == ["me_embed_0.png", "me_embed_1.png"]
    codes = [path.with_suffix(".safetensors") for path in paths]
    assert load_file(codes[0])["styles"].shape == (1, 6, 8)
    command = show(paths[0]).command
    assert command.startswith("calotype embed me.png --model faces-stylegan-0123456789ab --seed 0 --steps 3")
    assert "--size" not in command

    (crossed,) = calotype.crossover(codes[0], codes[1], model=model, from_layer=0)
    assert crossed.tobytes() == made[1].tobytes()
    moved = calotype.adjust(codes[0], model=model, component=1, strength=2)
    saved = moved.save(tmp_path / "out")
    assert saved[0].name == "me_embed_0_component1_strength2_adjust_0.png"
    assert saved[0].with_suffix(".safetensors").is_file()
    same = calotype.transfer(codes[0], codes[1], codes[1], model=model)
    assert same[0].tobytes() == made[0].tobytes()
    film = calotype.morph(codes[0], codes[1], model=model, frames=4)
    assert len(film) == 6  # and back
    assert film.frames[0].tobytes() == made[0].tobytes()
    film.save(tmp_path / "film.gif")
    through = calotype.morph(*codes, codes[0], model=model, frames=5)
    assert len(through) == 6  # and straight back
    assert [through.frames[i].tobytes() for i in (0, 2, 4)] == [
        image.tobytes() for image in (made[0], made[1], made[0])
    ]
    assert len(calotype.morph(*codes, codes[0], model=model, frames=5, back=False)) == 5
    through.save(tmp_path / "through.gif")
    assert show(tmp_path / "through.gif").command.startswith(
        "calotype morph me_embed_0.safetensors me_embed_1.safetensors me_embed_0.safetensors --model faces-stylegan"
    )
    with pytest.raises(ArgumentError, match="2 frames cannot show 3 photos: give --frames 3"):
        calotype.morph(*codes, codes[0], model=model, frames=2)
    repeat = show(saved[0]).command
    assert repeat.startswith("calotype adjust me_embed_0.safetensors --model faces-stylegan-0123456789ab")


def test_directions_of_other_programs(model, photo, tmp_path):
    code = embedded(model, photo).latents[0]
    np.save(tmp_path / "age.npy", np.ones(8, dtype=np.float64))
    save_file({"age": torch.ones(8, dtype=torch.bfloat16)}, tmp_path / "age.safetensors")
    torch.save(torch.ones(6, 8), tmp_path / "age.pt")
    torch.save({"direction": torch.ones(8)}, tmp_path / "named.pt")
    names = ("age.npy", "age.pt", "named.pt", "age.safetensors")
    made = [calotype.adjust(code, model=model, direction=tmp_path / name)[0] for name in names]
    assert len({image.tobytes() for image in made}) == 1
    torch.save([1, 2], tmp_path / "other.pt")
    with pytest.raises(InputError, match="something else than one array"):
        calotype.adjust(code, model=model, direction=tmp_path / "other.pt")
    with pytest.raises(ArgumentError, match="give one of the two"):
        calotype.adjust(code, model=model, direction=tmp_path / "age.npy", component=1)


def test_a_face_is_cropped_by_the_places_of_eyes_and_mouth(model, photo, tmp_path):
    (whole,), (face,) = embedded(model, photo), embedded(model, photo, face="12,10 22,12 16,20")
    assert whole.tobytes() != face.tobytes()
    made = embedded(model, photo, face="12,10 22,12 16,20 to 5,6 11,6 8,11")
    assert made[0].tobytes() != face.tobytes()
    assert not any("middle square" in note for note in made.notes)
    (path,) = made.save(tmp_path / "out")
    assert "--face '12,10 22,12 16,20 to 5,6 11,6 8,11'" in show(path).command
    for text in ("12,10 22,12", "a b c", "12,10 22,12 16,20 to 5,6"):
        with pytest.raises(InputError, match="does not tell where a face is"):
            embedded(model, photo, face=text)
    with pytest.raises(InputError, match="there is no pixel 90,10"):
        embedded(model, photo, face="90,10 22,12 16,20")


def test_what_is_refused(model, photo):
    for given, words in (
        ({"method": "best"}, "there is no method 'best'"),
        ({"space": "z"}, "there is no space 'z'"),
        ({"start": "zero"}, "there is no start 'zero'"),
        ({"noise_steps": -1}, "give --noise-steps of at least 0"),
    ):
        with pytest.raises(InputError, match=words):
            calotype.embed(photo, model=model, **given)
    with pytest.raises(InputError, match="needs a trained model"):
        calotype.embed(photo)
    with pytest.raises(InputError, match="embed the photo in this model"):
        calotype.adjust(Latent({"styles": np.ones((1, 3, 3), np.float32)}), model=model)
    code = Latent({"styles": np.ones((1, 6, 8), np.float32)})
    with pytest.raises(InputError, match="1 frame cannot be used"):
        calotype.morph(code, code, model=model, frames=1)
    with pytest.raises(InputError, match="a strength"):
        calotype.transfer(code, code, code, model=model, strength=float("inf"))


def test_a_saved_code_is_the_one_in_memory_whatever_its_strides(model, photo, tmp_path):
    made = embedded(model, photo, space="w")
    path = made.save(tmp_path / "out")[0].with_suffix(".safetensors")
    styles = load_file(path)["styles"]
    assert styles.shape == (1, 6, 8)
    assert (styles == made.latents[0].values["styles"]).all()
    assert (styles == styles[:, :1]).all()
    (again,) = calotype.adjust(path, model=model, strength=0)
    assert again.tobytes() == made[0].tobytes()
    turned = np.arange(6, dtype=np.float32).reshape(2, 3).T
    assert (load_file(Latent({"x": turned}).save(tmp_path / "x.safetensors"))["x"] == turned).all()


def test_a_code_or_direction_that_is_not_finite_is_named(model, photo, tmp_path):
    code = embedded(model, photo).latents[0]
    np.save(tmp_path / "age.npy", np.full(8, np.nan))
    with pytest.raises(InputError, match=r"age\.npy.*not finite"):
        calotype.adjust(code, model=model, direction=tmp_path / "age.npy")
    broken = Latent({"styles": np.full((1, 6, 8), np.inf, np.float32)}).save(tmp_path / "me.safetensors")
    with pytest.raises(InputError, match=r"me\.safetensors.*not finite"):
        calotype.adjust(broken, model=model)


def test_a_folder_is_no_code(model, tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        calotype.adjust(tmp_path, model=model)


def test_show_names_a_direction_by_its_file(model, photo, tmp_path):
    np.save(tmp_path / "age.npy", np.ones(8))
    made = calotype.adjust(embedded(model, photo).latents[0], model=model, direction=tmp_path / "age.npy")
    assert "--direction age.npy" in show(made.save(tmp_path / "out")[0]).command


@pytest.fixture
def run(monkeypatch, tmp_path):
    from calotype.cli import main

    monkeypatch.chdir(tmp_path)
    return lambda *words: main([str(word) for word in words])


def test_an_edit_does_not_replace_its_own_code(run, model, photo, capsys):
    assert run("embed", photo, "--model", model, "--steps", 2, "-o", "e.png") == 0
    before = photo.with_name("e.safetensors").read_bytes()
    assert run("adjust", "e.safetensors", "--model", model, "-o", "e.png") == 1
    assert "input of this command" in capsys.readouterr().err
    assert photo.with_name("e.safetensors").read_bytes() == before


def test_a_missing_code_is_made_again(run, model, photo, tmp_path):
    words = ("embed", photo, "--model", model, "--steps", 2, "-o", "out", "--skip-existing")
    assert run(*words) == 0
    code = tmp_path / "out" / "me_embed_0.safetensors"
    before = code.read_bytes()
    code.unlink()
    assert run(*words) == 0
    assert code.read_bytes() == before


def test_codes_on_the_command_line_are_files(run, model, tmp_path, capsys):
    assert run("adjust", ".", "--model", model) == 1
    assert "is a folder" in capsys.readouterr().err
    assert run("sample", model, "--mix", -4) == 2
    assert "--mix" in capsys.readouterr().err
    (tmp_path / "photo.png").write_bytes(b"mine")
    (tmp_path / "net.pt").write_bytes(b"mine")
    for name, words in (("photo.png", ".pt"), ("net.pt", "exists")):
        assert run("models", "export", model, name) == (2 if name == "photo.png" else 1)
        assert words in capsys.readouterr().err
        assert (tmp_path / name).read_bytes() == b"mine"
