"""Encoders of models: ``train("encoder", model)``, and what ``embed`` makes of them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import calotype
from calotype import saving
from calotype.errors import InputError
from calotype.models import stylegan
from calotype.tasks import model_store
from calotype.tasks.encoder_model import encoder_of
from calotype.tasks.show import show

CFG = replace(stylegan.PRESETS["tiny"], resolution=16)
UNSAID = dict.fromkeys(("start", "space", "steps", "noise_steps", "preview", "tune", "stages", "face"))
QUICK = {"steps": 2, "batch": 2, "width": 4, "hidden": 8}


def model_in(folder, seed=0):
    torch.manual_seed(seed)
    saving.write(folder, "stylegan", CFG, stylegan.build(CFG).eval(), "", (16, 16))
    return folder


@pytest.fixture
def model(tmp_path):
    return model_in(tmp_path / "faces")


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "me.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (30, 40, 3), dtype=np.uint8)).save(path)
    return path


def test_an_encoder_is_trained_once_and_kept_beside_its_model(model, photo, tmp_path):
    done = calotype.train("encoder", model, settings=QUICK)
    assert done.new
    assert done.folder == model / "encoder"
    assert not (done.folder / "state").exists()
    assert not calotype.train("encoder", model, settings=QUICK).new
    assert calotype.train("encoder", model, settings={**QUICK, "steps": 1}).new
    made = calotype.embed(photo, model=model, preview=True)
    path = made.save(tmp_path / "out")[0]
    assert "--preview" in show(path).command
    assert made.settings["encoder"] == model_store.weights_sha256(done.folder)
    (again,) = calotype.embed(photo, model=model, preview=True, seed=5)
    assert again.tobytes() == made[0].tobytes()  # nothing in a preview is random
    flat = calotype.embed(photo, model=model, preview=True, space="w").latents[0].values["styles"]
    assert (flat == flat[:, :1]).all()


def test_embedding_begins_with_the_encoder_where_there_is_one(model, photo, tmp_path, monkeypatch):
    def first(**more):
        made = calotype.embed(photo, model=model, steps=1, **more)
        return made.latents[0].values["styles"], show(made.save(tmp_path / "out")[0]).command

    before, command = first()
    assert "--start mean" in command or "--start" not in command
    calotype.train("encoder", model, settings=QUICK)
    preview = calotype.embed(photo, model=model, preview=True).latents[0].values["styles"]
    styles, command = first()
    assert "--start encoder" in command
    assert np.abs(styles - preview).max() < np.abs(styles - before).max()
    same, _ = first(start="mean")
    assert (same == before).all()
    monkeypatch.setattr("calotype.models.stylegan.checking.check_vgg16", lambda: None)
    for method in ("paper", "projector"):
        given = {"photo": photo, "model": model, "method": method, "label": 0, **UNSAID}
        assert calotype.tasks.embed.EmbedJob.of(given).settings["own"]["start"] == "mean"


def test_what_is_refused(model, photo, tmp_path):
    for given in ({"preview": True}, {"start": "encoder"}):
        with pytest.raises(InputError, match=f"has no encoder yet: train one, calotype train encoder {model}$"):
            calotype.embed(photo, model=model, **given)
    calotype.train("encoder", model, settings=QUICK)
    for given in ({"steps": 3}, {"noise_steps": 3}, {"tune": 3}, {"start": "mean"}, {"method": "projector"}):
        with pytest.raises(InputError, match="a preview is not optimised: leave out --"):
            calotype.embed(photo, model=model, preview=True, **given)
    other = model_in(tmp_path / "others", seed=1)
    shutil.copytree(model / "encoder", other / "encoder")
    with pytest.raises(InputError, match=f"belongs to another model: train it again, calotype train encoder {other},"):
        calotype.embed(photo, model=other, steps=1)
    calotype.embed(photo, model=other, steps=1, start="mean")
    assert calotype.train("encoder", other, settings=QUICK).new
    assert not calotype.train("encoder", other).new  # the encoder that is there is not replaced without settings
    assert calotype.train("encoder", other, settings={**QUICK, "steps": 1}).new
    calotype.embed(photo, model=other, preview=True)
    for given, words in (
        ({"preset": "small"}, "leave out --preset"),
        ({"out": tmp_path}, "leave out --out"),
        ({"settings": {"step": 1}}, "did you mean steps|steps"),
        ({"settings": {"side": 10}}, "not a power of two"),
    ):
        with pytest.raises(InputError, match=words):
            calotype.train("encoder", model, **given)
    with pytest.raises(InputError, match="no model"):
        calotype.train("encoder", tmp_path / "nothing")
    damaged = model / "encoder" / "weights.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"encoder.*is damaged"):
        calotype.embed(photo, model=model, preview=True)
    assert calotype.train("encoder", model, settings=QUICK).new


def test_models_that_photos_are_not_embedded_in_have_no_encoder(tmp_path):
    from calotype.models import cocogan

    cfg = cocogan.PRESETS["tiny"]
    saving.write(tmp_path / "people", "cocogan", cfg, cocogan.build(cfg).eval(), "", cfg.size)
    with pytest.raises(InputError, match="a model of the kind cocogan takes no encoder"):
        calotype.train("encoder", tmp_path / "people")


def test_a_stopped_training_goes_on_and_gives_the_same_encoder(model, tmp_path):
    from calotype.errors import Stopped
    from calotype.run import Run

    other = tmp_path / "copy"
    shutil.copytree(model, other)
    calotype.train("encoder", model, settings=QUICK)
    run = Run(on_event=lambda event: run.stop() if event.kind == "step" else None)
    with pytest.raises(Stopped):
        calotype.train("encoder", other, settings=QUICK, run=run)
    assert encoder_of(calotype.load(other), other) is None
    calotype.train("encoder", other, settings=QUICK)
    one, two = (encoder_of(calotype.load(each), each).state_dict() for each in (model, other))
    assert all(torch.equal(value, two[name]) for name, value in one.items())


def test_a_model_goes_with_its_encoder(model):
    calotype.train("encoder", model, settings=QUICK)
    (model / "about.json").write_text(json.dumps({"engine": "stylegan", "key": "0123456789ab", "photo": "faces"}))
    from calotype.tasks.models import take_over

    stored = take_over(model)
    assert encoder_of(calotype.load(stored), stored) is not None
    model_store.remove(stored.name)
    assert not stored.exists()


def test_on_the_command_line(model, photo, tmp_path, monkeypatch, capsys):
    from calotype.cli import main

    monkeypatch.chdir(tmp_path)
    assert main(["embed", "me.png", "--model", "faces", "--preview"]) == 1
    assert "calotype train encoder faces" in capsys.readouterr().err
    words = [f"{name}={value}" for name, value in QUICK.items()]
    assert main(["train", "encoder", "faces", *(part for word in words for part in ("--set", word))]) == 0
    heard = capsys.readouterr()
    assert heard.out.strip().endswith("encoder")
    assert "training the encoder of faces on its own samples: about" in heard.err
    assert main(["embed", "me.png", "--model", "faces", "--preview", "-o", "p.png"]) == 0
    assert (tmp_path / "p.safetensors").is_file()
    assert main(["train", "encoder", "faces", "--procs", "2"]) == 2
    assert "leave out --procs" in capsys.readouterr().err
