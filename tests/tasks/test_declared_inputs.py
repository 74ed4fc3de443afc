"""What a model that declares its inputs gets for nothing: verbs of photos, further inputs, a state that goes on."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype import catalog
from calotype.cli import main
from calotype.errors import InputError, Stopped
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.stylize import StylizeJob

PHOTO = np.random.default_rng(1).integers(0, 256, (20, 24, 3), np.uint8)
STYLE = np.full((20, 20, 3), (200, 100, 50), np.uint8)


@pytest.fixture
def model(monkeypatch, tmp_path, tests_contract):
    """The folder of a trained tiny model."""
    monkeypatch.setitem(catalog.MODELS, "tiny_model", "tiny_model")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for i in range(4):
        Image.new("RGB", (16, 16), (60 * i, 90, 120)).save(pictures / f"{i}.png")
    return calotype.train("tiny_model", pictures, preset="tiny", out=tmp_path / "model").folder


def job_of(model, run=None, **more):
    asked = StylizeJob.ordered(structure="auto", colours=1.0, model=model, **more)
    return StylizeJob(asked, PHOTO, run=run, style=STYLE)


def test_a_model_can_do_what_engines_do_to_a_photo(model):
    made, _ = job_of(model).make(OutputSpec(0))
    assert made.size == (16, 16)  # as the model has learned them
    assert abs(np.asarray(made, float).mean((0, 1)) - (200, 100, 50)).max() < 60


def test_on_the_command_line_too_with_jobs_and_a_folder(model, tmp_path, monkeypatch, capsys):
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in "ab":
        Image.fromarray(PHOTO).save(photos / f"{name}.png")
    Image.fromarray(STYLE).save(tmp_path / "style.png")
    command = ["stylize", str(photos), str(tmp_path / "style.png"), "--model", str(model), "-o", str(tmp_path / "out")]
    assert main([*command, "-q"]) == 0
    assert sorted(p.name for p in (tmp_path / "out").glob("*.png")) == ["a_stylize_0.png", "b_stylize_0.png"]
    assert f"--model {model} " in calotype.show(tmp_path / "out" / "a_stylize_0.png").command
    capsys.readouterr()
    assert main(command) == 0  # nothing is made twice
    assert capsys.readouterr().out == ""


def test_an_optimising_verb_goes_on_where_it_was_stopped(model):
    def stopping(event):
        if event.kind == "step" and event.step == 3:
            first.stop()

    whole, _ = job_of(model).make(OutputSpec(0))
    first = calotype.Run(on_event=stopping)
    with pytest.raises(Stopped, match="run the same command again"):
        job_of(model, first).make(OutputSpec(0))
    steps = []
    again = calotype.Run(on_event=lambda event: steps.append(event.step) if event.kind == "step" else None)
    made, _ = job_of(model, again).make(OutputSpec(0))
    assert steps[0] == 4
    assert made.tobytes() == whole.tobytes()
    assert not list(job_of(model).state_folder(OutputSpec(0)).parent.iterdir())  # nothing is left


def test_an_input_that_only_one_system_declares_is_an_option(model, tmp_path, capsys):
    assert main(["sample", "--help"]) == 0
    assert "--noise" in capsys.readouterr().out
    noise = calotype.Latent({"noise": np.zeros((1, 3, 16, 16), np.float32)}, "still").save(
        tmp_path / "still.safetensors"
    )
    one = calotype.sample(model, noise=noise)
    other = calotype.sample(model, seed=5, noise=noise)
    assert one[0].tobytes() == other[0].tobytes() != calotype.sample(model)[0].tobytes()
    path = one.save(tmp_path)[0]
    assert "--noise still.safetensors" in calotype.show(path).command
    with pytest.raises(InputError, match="has no input guide: leave out --guide"):
        calotype.sample(model, guide=PHOTO)


def test_an_unknown_input_is_refused(model):
    with pytest.raises((InputError, TypeError), match="nose"):
        calotype.sample(model, nose=1)


def test_outputs_of_other_kinds_are_saved_with_what_repeats_them(model, tmp_path, redeclare):
    job = job_of(model)
    table = calotype.Table(("class", "share"), (("sky", 0.5),))
    assert table.save(tmp_path / "t.csv").read_text() == "class,share\nsky,0.5\n"
    assert (
        '"rows"'
        in calotype.Table(table.columns, table.rows, settings=job.settings).save(tmp_path / "t.json").read_text()
    )
    latent = calotype.Latent({"w": np.ones((1, 4), np.float32)})
    from calotype.kinds import KINDS
    from calotype.kinds.kind import Reading

    again = KINDS["latent"].read(latent.save(tmp_path / "w.safetensors"), Reading())
    assert KINDS["latent"].identity(again)["sha256"] == KINDS["latent"].identity(latent)["sha256"]
