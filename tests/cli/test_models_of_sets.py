"""``train MODEL FOLDER``, ``sample`` and ``panorama`` as commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from calotype.cli.distributed_training import _last_state, _without

from .conftest import LEARNING, PATIENCE, environment
from .test_bad_input import files, refused, wait_for

TINY = ("--preset", "tiny", "--device", "cpu")


@pytest.fixture
def photos(tmp_path, picture):
    folder = tmp_path / "sky"
    folder.mkdir()
    for i in range(3):
        picture(24 + i, 20).save(folder / f"{i}.png")
    return folder


def test_from_a_folder_to_pictures(calotype, tmp_path, photos):
    done = calotype("train", "cocogan", "sky", *TINY, "--out", "model", "--set", "steps=2")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "model\n"
    assert "training on sky, 3 photos at 16x16 (cocogan tiny)" in done.stderr
    again = calotype("train", "cocogan", "sky", *TINY, "--out", "model", "--set", "steps=2", "--json")
    assert json.loads(again.stdout)["models"][0]["new"] is False
    made = calotype("sample", "model", "-n", "3", "--seed", "5", "-o", "out", "--sheet", "--device", "cpu")
    assert made.returncode == 0, made.stderr
    assert files(tmp_path / "out") == {*(f"sky_sample_{i}.png" for i in (5, 6, 7)), "sky_sample_sheet.png"}
    said = calotype("sample", "model", "--json", "-q", "-o", "one.png", "--device", "cpu")
    assert said.stderr == ""
    assert json.loads(said.stdout)["pictures"][0]["path"] == "one.png"
    refused(calotype("sample", "model", "-n", "2", "-o", "one.png"), 2, "one file")
    refused(calotype("sample", "model", "--size", "99x99", "-o", "x"), 1, "at most 16x16", "beyond=2")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("train", "cocogan", "nowhere"), 1, "does not exist"),
        (("train", "cocogan", "sky", "--jobs", "2"), 2, "--procs"),
        (("train", "cocogan", "sky", "--nodes", "2"), 2, "--meet HOST:PORT"),
        (("train", "singan", "sky", "--procs", "2"), 2, "leave out --procs"),
        (("sample", "nothing"), 1, "no model"),
    ],
)
def test_what_cannot_be_done_is_one_line(calotype, tmp_path, photos, words, status, said):
    before = files(tmp_path)
    refused(calotype(*words), status, said)
    assert files(tmp_path) == before


def test_no_photos_in_the_folder(calotype, tmp_path):
    (tmp_path / "empty").mkdir()
    refused(calotype("train", "cocogan", "empty"), 1, "no pictures in 'empty'")


def test_the_options_that_begin_processes_are_not_handed_on():
    words = ["train", "cocogan", "sky", "--procs", "2", "--meet=h:1", "--nodes", "2", "--seed", "3", "--restarts=1"]
    assert _without(words, ("--procs", "--nodes", "--meet", "--restarts")) == ["train", "cocogan", "sky", "--seed", "3"]


@pytest.mark.parametrize(
    ("system", "said"),
    [
        ("idpose", ", and repose uses the last saved state of mine with --unfinished"),
        ("spade", ", and draw and interpolate use the last saved state of mine with --unfinished"),
        ("stylegan", ", and sample, interpolate, embed and edit use the last saved state of mine with --unfinished"),
        ("pyramid", ""),  # remix, erase and mix have no such option
    ],
)
def test_a_stopped_training_names_the_verbs_that_can_use_it(system, said, tmp_path):
    model = SimpleNamespace(engine=system, folder=tmp_path / "mine")
    assert _last_state(model) == ""  # nothing was saved
    (tmp_path / "mine" / "state").mkdir(parents=True)
    assert _last_state(model) == said


@pytest.mark.slow
def test_two_processes_stop_together_and_go_on(hold, tmp_path, photos):
    command = [sys.executable, "-m", "calotype", "train", "cocogan", "sky", *TINY, "--out", "model", "--procs", "2"]
    command += ["--set", "bf16=no", "--set", "steps=40"]
    hold.at(step=5)
    surroundings = environment(*LEARNING)
    begun = subprocess.Popen(command, cwd=tmp_path, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: hold.waiting() == 2, begun)
    os.kill(begun.pid, signal.SIGINT)
    out, said = begun.communicate(timeout=PATIENCE)
    assert begun.returncode == 130, said.decode()
    assert out == b""
    assert b"the same command resumes, and sample, interpolate and panorama use the last saved state of model" in said
    assert (tmp_path / "model" / "state").is_dir()
    assert not (tmp_path / "model" / "model.json").exists()
    for name in list(Path(tmp_path / "model" / "state").iterdir()):
        assert name.suffix == ".safetensors"
