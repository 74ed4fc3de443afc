"""``teach`` and ``translate`` with models that learn from pairs of pictures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.catalog import load
from calotype.data.writing import Made, write_samples
from calotype.errors import InputError, Stopped
from calotype.run import Run
from calotype.tasks import model_store
from calotype.tasks.taught_model import teaching
from calotype.tasks.teach import certificate_lines


def pairs(folder, level, count=6):
    made = []
    for i in range(count):
        pixels = np.random.default_rng((level, i)).integers(level, level + 40, (16, 16, 3)).astype(np.uint8)
        made.append(Made(image=Image.fromarray(255 - pixels), other=Image.fromarray(pixels)))
    write_samples(folder, {}, made)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("teach")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALOTYPE_CACHE", str(home / "cache"))
        pairs(home / "bright", 200)
        pairs(home / "dark", 0)
        calotype.train("bicyclegan", home / "bright", preset="tiny", out=home / "model", device="cpu")
        yield home


@pytest.fixture(autouse=True)
def _same_cache(home, monkeypatch):
    monkeypatch.setenv("CALOTYPE_CACHE", str(home / "cache"))


@pytest.fixture(scope="module")
def locked(home):
    return calotype.teach(home / "model", home / "dark", locked=True, device="cpu")


def test_the_old_model_stays_and_the_new_one_knows_both_tasks(home, locked):
    assert locked.new
    assert locked.tasks == ("bright", "dark")
    assert load(home / "model").system == "bicyclegan"
    assert load(locked.folder).config.locked == (False, True)
    assert locked.folder.name.startswith("bright_dark-lifelong-")
    (entry,) = [each for each in model_store.entries() if each.name == locked.folder.name]
    assert (entry.engine, entry.photo, entry.finished) == ("lifelong", "bright+dark", True)
    again = calotype.teach(home / "model", home / "dark", locked=True, device="cpu")
    assert not again.new
    assert again.certificate == locked.certificate


def test_the_certificate_is_what_the_models_draw(home, locked):
    task = locked.certificate["tasks"][0]
    assert task["same"]
    assert task["before"] == task["after"]
    assert [len(row) for row in locked.certificate["accuracy"]] == [1, 2]
    assert locked.lines[0].startswith("bright: pictures identical (sha256 ")
    changed = {**locked.certificate, "tasks": [{**task, "same": False, "drift": 3.21}]}
    assert "pictures changed by 3.2 of 255" in certificate_lines(changed)[0]
    picture = Image.open(home / "bright" / "images" / "000000.png")
    one = calotype.translate(picture, model=home / "model", device="cpu")
    both = calotype.translate(picture, model=locked.folder, task="bright", device="cpu")
    assert one[0].tobytes() == both[0].tobytes()


def test_several_pictures_of_one_and_a_style(home, locked, tmp_path):
    picture = home / "dark" / "others" / "000001.png"
    made = calotype.translate(picture, n=3, model=locked.folder, device="cpu")
    assert len({image.tobytes() for image in made}) == 3
    assert made[0].size == (16, 16)
    path = calotype.translate(picture, model=locked.folder, task="dark", device="cpu").save(tmp_path)[0]
    assert path.name == "000001_dark_translate_0.png"
    assert "calotype translate" in calotype.show(path).command
    assert "--task dark" in calotype.show(path).command
    style = home / "dark" / "images" / "000002.png"
    same = calotype.translate(picture, n=2, style=style, model=locked.folder, device="cpu")
    assert same[0].tobytes() == same[1].tobytes()
    wide = calotype.translate(Image.new("RGB", (64, 16)), model=locked.folder, device="cpu")
    assert wide[0].size == (32, 8)
    film = calotype.interpolate(locked.folder, picture=picture, task="bright", frames=3, device="cpu")
    assert len(film.frames) == 4


def test_what_cannot_be_done_is_one_line(home, locked, tmp_path):
    picture = Image.new("RGB", (16, 16))
    with pytest.raises(InputError, match="no task 'night'"):
        calotype.translate(picture, model=locked.folder, task="night", device="cpu")
    with pytest.raises(InputError, match="knows one task"):
        calotype.translate(picture, model=home / "model", task="bright", device="cpu")
    with pytest.raises(InputError, match="knows a task 'bright' already"):
        calotype.teach(home / "model", home / "bright", device="cpu")
    with pytest.raises(InputError, match="add --locked"):
        calotype.teach(locked.folder, home / "bright", name="third", device="cpu")
    with pytest.raises(InputError, match="calotype translate"):
        calotype.sample(home / "model", device="cpu")
    Image.new("RGB", (16, 16)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="no pair"):
        calotype.teach(home / "model", tmp_path, device="cpu")
    faces = calotype.train("cocogan", home / "bright" / "images", preset="tiny", out=tmp_path / "faces", device="cpu")
    with pytest.raises(InputError, match="cannot be taught"):
        calotype.teach(faces.folder, home / "dark", device="cpu")


def test_a_model_that_was_taught_in_another_version(home, locked, tmp_path):
    from calotype import saving

    loaded = load(locked.folder)
    config = {**loaded.config.__dict__, "format": 99}
    saving.write(tmp_path / "model", "lifelong", config, loaded.net, "", loaded.photo_size)
    with pytest.raises(InputError, match=r"another version.*format 99"):
        calotype.teach(tmp_path / "model", home / "dark", name="third", locked=True, device="cpu")
    with pytest.raises(InputError, match=r"another version.*format 99"):
        calotype.translate(Image.new("RGB", (16, 16)), model=tmp_path / "model", device="cpu")
    config = {**loaded.config.__dict__, "brand_new": 3}
    saving.write(tmp_path / "model", "lifelong", config, loaded.net, "", loaded.photo_size)
    with pytest.raises(InputError, match="another version of calotype: it has the setting 'brand_new'"):
        calotype.translate(Image.new("RGB", (16, 16)), model=tmp_path / "model", device="cpu")


def test_labels_are_refused_before_a_training_of_pairs_is_announced(home, tmp_path):
    for name in ("0", "1"):
        (tmp_path / "set" / name).mkdir(parents=True)
        Image.new("RGB", (16, 16)).save(tmp_path / "set" / name / "a.png")
    with pytest.raises(InputError, match="has no pairs of pictures"):
        teaching(home / "model", tmp_path / "set")


def test_a_stopped_training_goes_on_and_leaves_the_old_model(home, tmp_path):
    before = model_store.weights_sha256(home / "model")
    model = teaching(home / "model", home / "dark", out=tmp_path / "new", seed=3)
    run = Run(on_event=lambda event: run.stop() if event.step == 1 else None)
    with pytest.raises(Stopped, match="run the same command again"):
        model.train(run)
    assert not model.finished
    calotype.teach(home / "model", home / "dark", out=tmp_path / "new", seed=3, device="cpu")
    whole = calotype.teach(home / "model", home / "dark", out=tmp_path / "other", seed=3, device="cpu")
    assert model_store.weights_sha256(tmp_path / "new") == model_store.weights_sha256(whole.folder)
    assert model_store.weights_sha256(home / "model") == before


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_killed_while_it_learns(home, tmp_path):
    """What is killed at any moment leaves the old model as it was, and the same command finishes."""
    before = model_store.weights_sha256(home / "model")
    environment = {**os.environ, "PYTHONPATH": str(Path(calotype.__file__).parents[1])}
    words = ["teach", str(home / "model"), str(home / "dark"), "-o", "new", "--device", "cpu", "--set", "steps=200"]
    command = [sys.executable, "-m", "calotype", *words, "--quiet", "--json"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, env=environment)
    while not (tmp_path / "new" / "about.json").exists() and process.poll() is None:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert not model_store.is_finished(tmp_path / "new")
    assert model_store.weights_sha256(home / "model") == before
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    assert said["new"]
    assert said["tasks"] == said["certificate"]["names"] == ["bright", "dark"]
    assert model_store.is_finished(tmp_path / "new")
