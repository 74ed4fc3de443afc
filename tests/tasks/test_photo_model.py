"""Engines that learn: trained when a verb first needs it, found again, stopped and gone on with."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import calotype
from calotype import catalog
from calotype.errors import InputError, OutputError, Stopped
from calotype.run import Run
from calotype.tasks import model_store as kept
from calotype.tasks import models

PHOTO = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)
TINY = {"engine": "tiny_engine", "preset": "tiny", "device": "cpu"}

pytestmark = pytest.mark.usefixtures("tiny_engine")


def stopping_after(steps: int) -> Run:
    """A run that stops itself after so many steps of whatever it works."""
    seen = []

    def listen(event):
        seen.append(event.kind == "step")
        if sum(seen) == steps:
            run.stop()

    run = Run(on_event=listen)
    return run


def only(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_a_verb_trains_once(model_store, monkeypatch, tiny_engine):
    trained = []
    train = tiny_engine.train
    monkeypatch.setattr(tiny_engine, "train", lambda *given: trained.append(1) or train(*given))
    first = calotype.vary(PHOTO, **TINY)
    again = calotype.vary(PHOTO, **TINY)
    assert first[0].tobytes() == again[0].tobytes()
    assert calotype.vary(PHOTO, seed=1, **TINY)[0].tobytes() != first[0].tobytes()
    assert len(trained) == 1
    calotype.vary(PHOTO, settings={"width": 4}, **TINY)
    calotype.vary(255 - PHOTO, **TINY)
    assert len(trained) == 3


def test_what_is_kept_of_a_training(model_store):
    calotype.vary(PHOTO, **TINY)
    folder = only(model_store / "models")
    assert folder.name.startswith("image-tiny_engine-")
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    previews = {"previews/half.png", "previews/whole.png"}
    assert names == {
        "README.md",
        "about.json",
        "figures.json",
        "model.json",
        "weights.safetensors",
        "preview.png",
        *previews,
    }
    with Image.open(folder / "preview.png") as picture:
        assert picture.size == (48, 32)
    assert json.loads((folder / "model.json").read_text())["photo_size"] == [32, 48]
    loaded = calotype.load(folder)
    assert loaded.photo_size == (32, 48)
    assert not loaded.net.training


@pytest.mark.parametrize("at", [1, 6, 7, 8, 13])
def test_stopped_anywhere_and_gone_on_with(model_store, monkeypatch, tmp_path, at):
    whole = calotype.train("tiny_engine", PHOTO, preset="tiny", device="cpu", out=tmp_path / "whole")
    with pytest.raises(Stopped, match="run the same command again"):
        calotype.vary(PHOTO, run=stopping_after(at), **TINY)
    folder = only(model_store / "models")
    assert not kept.is_finished(folder)
    assert (folder / "state").is_dir()
    made = calotype.vary(PHOTO, **TINY)
    assert (folder / "weights.safetensors").read_bytes() == (whole.folder / "weights.safetensors").read_bytes()
    assert not (folder / "state").exists()
    given = calotype.vary(PHOTO, model=whole.folder, device="cpu")
    assert given[0].tobytes() == made[0].tobytes()


def test_unfinished(model_store):
    with pytest.raises(Stopped):
        calotype.vary(PHOTO, run=stopping_after(3), **TINY)
    with pytest.raises(InputError, match=r"no stage .* is finished yet"):
        calotype.vary(PHOTO, unfinished=True, **TINY)
    with pytest.raises(Stopped):
        calotype.vary(PHOTO, run=stopping_after(7), **TINY)
    half = calotype.vary(PHOTO, unfinished=True, **TINY)
    assert half.settings["unfinished"] == ["half"]
    assert not kept.is_finished(only(model_store / "models"))
    whole = calotype.vary(PHOTO, **TINY)
    assert half[0].tobytes() != whole[0].tobytes()
    finished = calotype.vary(PHOTO, unfinished=True, **TINY)
    assert finished[0].tobytes() == whole[0].tobytes()
    assert "unfinished" not in finished.settings


def test_previews_and_events_reach_whoever_asks(model_store):
    events = []
    calotype.train("tiny_engine", PHOTO, preset="tiny", run=Run(on_event=events.append))
    stages = [event.stage for event in events if event.preview is not None and event.kind == "step"]
    assert stages == ["half", "whole"]


def test_a_model_is_trained_by_one_process_at_a_time(model_store):
    done = calotype.train("tiny_engine", PHOTO, preset="tiny", device="cpu")
    (done.folder / "model.json").unlink()  # as if it were not finished
    with (
        kept.locked(done.folder),
        pytest.raises(InputError, match=rf"is being trained by process {os.getpid()}: wait"),
    ):
        calotype.vary(PHOTO, **TINY)
    calotype.vary(PHOTO, **TINY)
    assert not (done.folder / "lock").exists()


def test_a_lock_that_a_dead_process_left_is_no_lock(model_store):
    folder = model_store / "models" / "x"
    folder.mkdir(parents=True)
    (folder / "lock").write_text("process 1")
    with kept.locked(folder):
        assert (folder / "lock").read_text() == f"process {os.getpid()}"


def test_given_model(model_store, tmp_path):
    done = calotype.train("tiny_engine", PHOTO, preset="tiny", seed=5, out=tmp_path / "mine", device="cpu")
    assert done.folder == tmp_path / "mine"
    made = calotype.vary(PHOTO, model=done.folder, device="cpu")
    assert made.settings["engine"] == "tiny_engine"
    assert made[0].tobytes() != calotype.vary(PHOTO, **TINY)[0].tobytes()
    with pytest.raises(InputError, match=r"not trained on 'image' \(48x32\) but on another photo \('image', 48x32"):
        calotype.vary(255 - PHOTO, model=done.folder)
    with pytest.raises(InputError, match="leave out --set"):
        calotype.vary(PHOTO, model=done.folder, settings={"width": 3})
    with pytest.raises(InputError, match="there is no model 'nowhere'"):
        calotype.vary(PHOTO, model="nowhere")
    named = calotype.vary(PHOTO, model=only(model_store / "models").name, device="cpu")
    assert named[0].tobytes() == calotype.vary(PHOTO, **TINY)[0].tobytes()


def test_a_given_model_has_to_be_for_the_verb(model_store):
    plain = calotype.train("tiny_engine", PHOTO, preset="tiny", device="cpu").folder
    twice = calotype.train("tiny_engine", PHOTO, preset="tiny", device="cpu", purpose="upscale", factor=2).folder
    assert calotype.upscale(PHOTO, 2, model=twice, device="cpu")[0].size == (96, 64)
    with pytest.raises(
        InputError, match=r"for upscale factor=2, not for upscale factor=3: .* --for upscale --factor 3"
    ):
        calotype.upscale(PHOTO, 3, model=twice)
    for verb in (calotype.upscale, calotype.animate):
        with pytest.raises(InputError, match="was trained for other verbs, not for"):
            verb(PHOTO, model=plain)
    assert sorted(entry.purpose for entry in models.models()) == ["", "upscale factor=2"]


def test_how_much_is_done(model_store, monkeypatch, redeclare, tiny_engine):
    from calotype.tasks.training_request import training_request

    asked = training_request("tiny_engine", seed=0,
                   purpose="", factor=4, out=None, max_side=None, settings=None, device="cpu",
                   preset="tiny")  # fmt: skip
    assert asked.model(PHOTO).done_at("whole", 1, 4) == pytest.approx(0.625)
    monkeypatch.setattr(tiny_engine, "efforts", lambda size, cfg: [1, 3], raising=False)
    redeclare("tiny_engine", efforts=True)
    model = asked.model(PHOTO)
    assert model.shares == {"half": 0.25, "whole": 0.75}
    assert [model.done_at("half", 0, 4), model.done_at("half", 4, 4), model.done_at("whole", 2, 3)] == [0, 0.25, 0.75]


def test_train(model_store, tmp_path):
    first = calotype.train("tiny_engine", PHOTO, preset="tiny")
    again = calotype.train("tiny_engine", PHOTO, preset="tiny")
    assert (first.new, again.new) == (True, False)
    assert first.folder == again.folder
    other = calotype.train("tiny_engine", PHOTO, preset="tiny", seed=1)
    assert other.folder != first.folder
    with pytest.raises(InputError, match="another photo or of other settings"):
        calotype.train("tiny_engine", 255 - PHOTO, preset="tiny", out=first.folder)


def test_train_for_a_verb_is_what_the_verb_needs(model_store, monkeypatch, tiny_engine):
    calotype.train("tiny_engine", PHOTO, preset="tiny", purpose="upscale", factor=2)
    calotype.train("tiny_engine", PHOTO, preset="tiny", purpose="animate")
    monkeypatch.setattr(tiny_engine, "train", None)  # nothing is left to train
    assert calotype.upscale(PHOTO, 2, **TINY)[0].size == (96, 64)
    assert len(calotype.animate(PHOTO, frames=3, **TINY)) == 3


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"engine": "gpnn"}, "the engine gpnn cannot be trained: use one that can .*tiny_engine"),
        ({"purpose": "upscal"}, "did you mean 'upscale'"),
        ({"purpose": "upscale", "factor": 9}, "factor of 9"),
        ({"seed": -1}, "seed of -1"),
        ({"settings": {"widht": 3}}, "did you mean 'width'"),
    ],
)
def test_train_with_wrong_arguments(wrong, words):
    with pytest.raises(InputError, match=words):
        calotype.train(**{"engine": "tiny_engine", "photo": PHOTO, **wrong})


def test_painting_builds_on_the_usual_net(model_store, monkeypatch, tiny_engine):
    train, seen = tiny_engine.train, []

    def training(photo, cfg, run, base=None):
        seen.append((cfg.adapted_to.split(" ")[0], base is not None))
        return train(photo, cfg, run, base=base)

    monkeypatch.setattr(tiny_engine, "train", training)
    calotype.paint(PHOTO, PHOTO, **TINY)
    assert seen == [("", False), ("paint", True)]
    calotype.vary(PHOTO, **TINY)
    calotype.paint(PHOTO, PHOTO, colours=4, **TINY)
    assert seen[2:] == [("paint", True)]
    calotype.upscale(PHOTO, **TINY)
    assert seen[3:] == [("upscale", False)]
    assert calotype.paint(PHOTO, PHOTO, colours=3, unfinished=True, **TINY).settings["config"]["adapted_to"] == ""
    assert len(seen) == 4


def test_list_and_remove(model_store):
    assert models.models() == []
    with pytest.raises(Stopped):
        calotype.vary(PHOTO, run=stopping_after(8), **TINY)
    calotype.upscale(PHOTO, **TINY)
    stopped, finished = sorted(models.models(), key=lambda entry: entry.finished)
    assert (stopped.finished, stopped.finished_stages, stopped.stages) == (False, 1, 2)
    assert (finished.finished, finished.finished_stages, finished.stages) == (True, 2, 2)
    assert (stopped.engine, stopped.preset, stopped.photo, stopped.size) == ("tiny_engine", "tiny", "image", "48x32")
    assert stopped.bytes > 1000
    with pytest.raises(InputError, match=f"did you mean '{stopped.name}'"):
        models.remove([stopped.name[:-1]])
    with kept.locked(Path(stopped.folder)), pytest.raises(InputError, match="being trained"):
        models.remove([stopped.name])
    models.remove([stopped.name, finished.name])
    assert list((model_store / "models").iterdir()) == []


def test_a_model_from_elsewhere(model_store, tmp_path, monkeypatch):
    monkeypatch.delitem(catalog.ENGINES, "singan")  # it would be asked first
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "weights").touch()  # what the tiny engine imports
    torch.manual_seed(0)  # of the weights
    folder = models.take_over(tmp_path / "theirs")
    assert calotype.vary(PHOTO, model=folder)[0].size == (48, 32)
    (tmp_path / "theirs").rename(tmp_path / "renamed")
    torch.manual_seed(0)
    assert models.take_over(tmp_path / "renamed") == folder
    (tmp_path / "renamed").rename(tmp_path / "theirs")
    with pytest.raises(InputError, match="another photo"):
        calotype.vary(PHOTO[:, :40], model=folder)
    known = models.take_over(tmp_path / "theirs", PHOTO)
    assert known != folder
    weights = kept.weights_sha256(known)
    with pytest.raises(InputError, match=f"another model of this photo .*{known.name}"):  # its weights are drawn anew
        models.take_over(tmp_path / "theirs", PHOTO)
    assert kept.weights_sha256(known) == weights
    with pytest.raises(InputError, match="40x32 and the model for 48x32"):
        models.take_over(tmp_path / "theirs", PHOTO[:, :40])
    with pytest.raises(InputError, match="another photo"):
        calotype.vary(255 - PHOTO, model=known)
    assert [entry.preset for entry in models.models()] == ["imported"] * 2


def test_nothing_reads_models_from_elsewhere(tmp_path, monkeypatch, redeclare, tiny_engine):
    for homes in (catalog.ENGINES, catalog.MODELS):
        for name in [name for name in homes if catalog.declared(name).imports and name != "tiny_engine"]:
            monkeypatch.delitem(homes, name)
    redeclare("tiny_engine", imports=())
    with pytest.raises(InputError, match="no engine here can read models of other programs"):
        models.take_over(tmp_path)
    with pytest.raises(InputError, match="neither a file nor a folder"):
        models.take_over(tmp_path / "none")


def test_a_cache_that_cannot_be_written(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "file"))
    with pytest.raises(OutputError, match=r"cannot write .*, or set CALOTYPE_CACHE") as error:
        calotype.vary(PHOTO, **TINY)
    assert "\n" not in str(error.value)


def test_where_models_are_kept_by_default(monkeypatch):
    monkeypatch.delenv("CALOTYPE_CACHE")
    assert kept.root().name == "models"
    assert "calotype" in str(kept.root())


@pytest.mark.parametrize("name", ["../up", "a b/c", "ünï", "", "...", "x" * 200])
def test_folders_have_plain_names(name):
    folder = kept.place_of(name, "e", "0" * 12)
    assert folder.parent == kept.root()
    assert len(folder.name) < 100


def test_further_photos_and_tiles_only_where_the_engine_can():
    with pytest.raises(InputError, match="cannot use further photos: leave out --also"):
        calotype.vary(PHOTO, also=[PHOTO], **TINY)
    with pytest.raises(InputError, match="leave out --tile"):
        calotype.vary(PHOTO, tile="x", **TINY)


def test_settings_of_sampling_do_not_make_another_model():
    from dataclasses import replace

    from calotype.engines.singan import PRESETS
    from calotype.tasks.model_store import key_of
    from calotype.types import Size

    def key(**changes):
        return key_of("0" * 64, Size(40, 50), "singan", replace(PRESETS["fast"], **changes), 0)

    assert key(alpha=0.1, candidates=3) == key()
    assert key(steps=7) != key()
