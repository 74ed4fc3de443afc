"""erase, edit, stylize, mix and crossover with a model: from files to files."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import calotype
from calotype import saving
from calotype.cli import main
from calotype.errors import InputError
from calotype.models import stylegan
from calotype.tasks.show import show

CFG = replace(stylegan.PRESETS["tiny"], resolution=16)


def model_of(folder, cfg=CFG, strength=0.1):
    torch.manual_seed(0)
    net = stylegan.build(cfg).eval()
    with torch.no_grad():
        for name, value in net.named_parameters():
            if name.endswith("noise_strength"):
                value.fill_(strength)
    saving.write(folder, "stylegan", cfg, net, "", (cfg.resolution, cfg.resolution))
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return model_of(tmp_path_factory.mktemp("models") / "faces-stylegan-0123456789ab")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a photo of 48 x 32 pixels, a mask, another photo, and the photo with a stroke."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    chance = np.random.default_rng(0)
    pixels = np.kron(chance.integers(0, 255, (4, 6, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    Image.fromarray(pixels).save("me.png")
    Image.fromarray(pixels[::-1].copy()).save("you.png")
    mask = np.zeros((32, 48), np.uint8)
    mask[8:20, 16:30] = 255
    Image.fromarray(mask).save("mask.png")
    stroke = pixels.copy()
    stroke[14:18, 18:32] = (255, 0, 0)
    Image.fromarray(stroke).save("stroke.png")
    return tmp_path


@pytest.mark.parametrize("verb", ["erase", "edit", "stylize", "mix"])
def test_transparency_of_the_photo_is_kept(here, model, verb):
    clear = np.full((32, 48), 255, np.uint8)
    clear[:8, 8:16] = 0  # outside of the mask
    with Image.open("me.png") as picture:
        picture.putalpha(Image.fromarray(clear))
        picture.save("clear.png")
    further = {"erase": [], "edit": ["stroke.png"], "stylize": ["you.png"], "mix": ["you.png"]}[verb]
    short = {"method": "fast", "steps": 2}
    made = getattr(calotype, verb)("clear.png", *further, mask="mask.png", model=model, **short)
    alpha = np.asarray(made[0].getchannel("A"))
    assert alpha[0, 0] == 0
    assert alpha[8:].min() == 255
    assert not any("on grey" in note for note in made.notes)


def cropped(path):
    """The middle of a photo as the model sees it, float [16, 16, 3], 0..1."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB").crop((8, 0, 40, 32)).resize((16, 16), Image.Resampling.BICUBIC)) / 255


QUICK = {"steps": 2, "noise_steps": 2, "device": "cpu"}


@pytest.mark.parametrize(
    ("verb", "given", "region"),
    [
        ("erase", {"mask": "mask.png", "grow": 0}, "mask.png"),
        ("edit", {"edited": "stroke.png", "mask": "mask.png"}, "mask.png"),
        ("stylize", {"style": "you.png", "mask": "mask.png"}, "mask.png"),
        ("mix", {"other": "you.png", "mask": "mask.png"}, "mask.png"),
    ],
)
def test_outside_of_the_mask_the_photo_stays(here, model, verb, given, region, monkeypatch):
    monkeypatch.setitem(stylegan.embedding.STEPS, "fast", 3)
    made = getattr(calotype, verb)("me.png", model=model, **given, **QUICK)
    (picture,) = made
    assert picture.size == (16, 16)
    with Image.open(region) as mask:
        outside = np.asarray(mask.crop((8, 0, 40, 32)).resize((16, 16), Image.Resampling.NEAREST)) == 0
    moved = np.abs(np.asarray(picture) / 255 - cropped("me.png")).mean(2)
    far = np.ones_like(outside)
    for y, x in np.argwhere(~outside):
        far[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4] = False
    assert moved[far].max() < 1 / 128  # the photo is resized by other rounding here
    assert moved[~outside].mean() > 0.05
    assert made.latents[0].values["styles"].shape == (1, 6, 8)
    assert made.stages[0][-1].name == "noise"
    (path,) = made.save("out")
    assert path.with_suffix(".safetensors").is_file()
    command = show(path).command
    assert command.startswith(f"calotype {verb} me.png")
    assert "--model faces-stylegan-0123456789ab" in command
    assert "--steps 2 --noise-steps 2" in command


def test_a_picture_of_the_model_changes_by_less_than_a_hundredth_outside_of_the_mask(here, model):
    photo = calotype.sample(model, seed=3)[0]
    mask = np.zeros((16, 16), np.uint8)
    mask[4:8, 5:10] = 255
    made = calotype.erase(photo, mask=mask, grow=0, model=model, steps=60, noise_steps=40, device="cpu")
    moved = np.abs(np.asarray(made[0]).astype(float) - np.asarray(photo)).mean(2) / 255
    assert moved[mask == 0].mean() <= 0.01


def test_stages_are_written(here, model):
    words = ["erase", "me.png", "--mask", "mask.png", "--model", str(model), "--steps", "3", "--noise-steps", "2"]
    assert main([*words, "--stages", "-o", "out", "-q"]) == 0
    names = sorted(path.name for path in (here / "out").iterdir())
    ends = (".png", ".safetensors", ".stages.csv", ".stages.png")
    assert names == [f"me_erase_0{end}" for end in ends]
    with (here / "out/me_erase_0.stages.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["stage", "step", "loss", "psnr"]
    assert [row[:2] for row in rows[1:]] == [
        ["styles", "1"],
        ["styles", "2"],
        ["styles", "3"],
        ["noise", "1"],
        ["noise", "2"],
    ]
    plain = (here / "out/me_erase_0.png").read_bytes()
    (here / "out/me_erase_0.stages.csv").unlink()
    assert main([*words, "--stages", "-o", "out", "-q", "--skip-existing"]) == 0
    assert (here / "out/me_erase_0.stages.csv").is_file()
    assert (here / "out/me_erase_0.png").read_bytes() == plain
    assert main([*words, "--stages", "-n", "2", "--jobs", "2", "-o", "both", "-q"]) == 0
    assert len(list((here / "both").iterdir())) == 8
    assert (here / "both/me_erase_0.png").read_bytes() == plain


def test_a_code_saves_the_search(here, model):
    code = calotype.embed("me.png", model=model, steps=2).save("out")[0].with_suffix(".safetensors")
    made = calotype.edit("me.png", "stroke.png", model=model, code=code, **QUICK)
    assert [each.name for each in made.stages[0]] == ["styles of the scribble", "noise"]
    assert "--code me_embed_0.safetensors" in show(made.save("out")[0]).command


def test_the_transparent_area_is_the_hole(here, model):
    with Image.open("me.png") as photo, Image.open("mask.png") as mask:
        photo.putalpha(mask.point(lambda value: 255 - value))
        photo.save("clear.png")
    clear = calotype.erase("clear.png", model=model, grow=0, **QUICK)
    masked = calotype.erase("me.png", mask="mask.png", model=model, grow=0, **QUICK)
    assert np.abs(np.asarray(clear[0]).astype(int) - np.asarray(masked[0])).mean() < 40
    assert clear[0].mode == "RGB"


def test_what_cannot_be_used_is_one_line_before_the_work(here, model, tmp_path, capsys):
    Image.fromarray(np.full((32, 32), 255, np.uint8)).save("square.png")
    Image.new("L", (48, 32)).save("black.png")
    corner = np.zeros((32, 48), np.uint8)
    corner[:, :4] = 255
    Image.fromarray(corner).save("corner.png")
    Image.new("RGB", (30, 30), "red").save("small.png")
    silent = model_of(tmp_path / "silent-stylegan-0123456789ab", replace(CFG, generator="stylegan3", layers=4, taps=4))
    unused = model_of(tmp_path / "unused-stylegan-0123456789ab", strength=0.0)
    other = model_of(tmp_path / "other-stylegan-0123456789ab", replace(CFG, style=4))
    code = calotype.embed("me.png", model=other, steps=1).save("out")[0].with_suffix(".safetensors")
    for words, line in (
        (["erase", "me.png", "--mask", "square.png", "--model", model], "the mask is 32x32 and the photo 48x32"),
        (["erase", "me.png", "--mask", "black.png", "--model", model], "selects nothing"),
        (["erase", "me.png", "--mask", "corner.png", "--model", model], "nothing in the middle of 'me'"),
        (["erase", "me.png", "--model", model], "no mask of what to erase"),
        (["edit", "me.png", "small.png", "--model", model], "give a picture of the photo's size"),
        (["edit", "me.png", "stroke.png", "--model", model, "--code", code], "embed the photo in this model"),
        (["stylize", "me.png", "you.png", "--model", model], "give --mask"),
        (["mix", "me.png", "you.png", "--model", model, "--size", "64x64"], "leave out --size"),
        (["mix", "me.png", "you.png", "--steps", "5"], "gpnn has no --steps"),
        (["mix", "me.png", "you.png", "--stages"], "gpnn has no --stages"),
        (["mix", "me.png", "you.png", "--code", code], "leave out --code"),
        (["erase", "me.png", "--mask", "mask.png", "--engine", "stylegan"], "only with a model of a data set"),
        (["erase", "me.png", "--mask", "mask.png", "--model", silent, "--noise-steps", "3"], "no noise maps"),
        (["erase", "me.png", "--mask", "mask.png", "--model", unused, "--noise-steps", "3"], "uses no noise"),
        (["erase", "me.png", "--mask", "mask.png", "--model", model, "--method", "best"], "best"),
    ):
        capsys.readouterr()
        assert main([str(word) for word in words]) in (1, 2), words
        printed = capsys.readouterr()
        assert line in printed.err, (words, printed.err)
        assert printed.err.count("\n") == 1, printed.err
        assert printed.out == ""


def test_a_grey_photo_is_told_of(here, model, tmp_path, capsys):
    with Image.open("me.png") as photo:
        photo.convert("L").save("grey.png")
    words = ["--mask", "mask.png", "--steps", "1", "--noise-steps", "0", "-o", "out"]
    assert main(["erase", "grey.png", "--model", str(model), *words]) == 0
    assert "note: 'grey' is grey and the model draws in colour" in capsys.readouterr().err
    assert main(["embed", "grey.png", "--model", str(model), "--steps", "1", "-o", "out"]) == 0
    assert "note: 'grey' is grey and the model draws in colour" in capsys.readouterr().err
    grey = model_of(tmp_path / "grey-stylegan-0123456789ab", replace(CFG, channels=1))
    assert main(["erase", "me.png", "--model", str(grey), *words]) == 0
    assert "the model draws in grey" in capsys.readouterr().err


def test_activations_are_combined_in_a_mask(here, model, capsys):
    photos = calotype.embed("me.png", 2, model=model, steps=1, start="random")
    one, other = (path.with_suffix(".safetensors") for path in photos.save("out"))
    Image.fromarray(np.tri(16, dtype=np.uint8) * 255).save("half.png")
    made = calotype.crossover(one, other, model=model, mask="half.png", share=0.5)
    assert not made.latents  # no latent code draws combined activations
    assert not made.save("combined")[0].with_suffix(".safetensors").exists()
    assert made[0].size == (16, 16)
    assert made[0].tobytes() != photos[0].tobytes()
    (path,) = made.save("out")
    assert "--mask half.png --share 0.5" in show(path).command
    with pytest.raises(InputError, match="the mask is 48x32 and the model's pictures are 16x16"):
        calotype.crossover(one, other, model=model, mask="mask.png")
    with pytest.raises(InputError, match="give --mask too"):
        calotype.crossover(one, other, model=model, share=0.5)
    with pytest.raises(InputError, match="a share of 2"):
        calotype.crossover(one, other, model=model, mask="half.png", share=2)
    with pytest.raises(InputError, match="no activations after layer 5"):
        calotype.crossover(one, other, model=model, mask="half.png", from_layer=5)


def test_engines_stylize_a_region(here):
    whole = calotype.stylize("me.png", "you.png", device="cpu")[0]
    part = calotype.stylize("me.png", "you.png", mask="mask.png", device="cpu")[0]
    photo, inside = np.asarray(Image.open("me.png")), np.s_[11:17, 19:27]
    assert np.array_equal(np.asarray(part)[:4], photo[:4])
    assert np.array_equal(np.asarray(part)[inside], np.asarray(whole)[inside])
