"""What a newcomer types and sees: hints for exchanged and misspelled words, progress that names what is made."""

import contextlib
import itertools
import json
from types import SimpleNamespace

import pytest
import torch

from calotype import animate
from calotype.cli import main
from calotype.cli.app import command
from calotype.cli.progress import Reporter
from calotype.errors import InputError, Stopped
from calotype.run import Run
from calotype.tasks import model_store
from calotype.tasks.data import set_folder
from calotype.tasks.eta import TimeEstimate


def _options(of):
    """The names of each option of a command and of the commands below it."""
    for each in getattr(of, "commands", {}).values():
        yield from _options(each)
    yield from (option.opts for option in of.params)


def test_the_output_folder_has_its_short_name_everywhere():
    outputs = [names for names in _options(command()) if "--out" in names]
    assert len(outputs) > 20
    assert all("-o" in names for names in outputs)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("train", "photo.jpg", "singan"), 2, "look exchanged, write calotype train singan photo.jpg"),
        (("train", "photos", "cocogan"), 2, "look exchanged, write calotype train cocogan photos"),
        (("train", "photo.jpg", "singn"), 2, "look exchanged, write calotype train singan photo.jpg"),
        (("train", "singn", "photo.jpg"), 2, "did you mean 'singan'?"),
        (("train", "cocogan", "peopel"), 1, "there is no folder or set 'peopel': did you mean 'people'?"),
        (("vary", "photo.jpg", "--structure", "fre"), 2, "there is no structure 'fre': did you mean 'free'?"),
        (("upscale", "photo.jpg", "--factor", "2x2"), 2, "invalid value for '--factor': give one number, like 4"),
        (("vary", "photo.jpg", "-n", "100000000"), 2, "100000000 pictures are too many for one command"),
        (("vary", ""), 2, "the name of the input is empty"),
        (("vary", "photo.jpg", "--also", ""), 1, "the name of a picture is empty"),
        (("help",), 2, "write 'calotype --help' for all verbs, or 'calotype VERB --help'"),
        (("engines", "singn"), 2, "there is no engine or model 'singn': did you mean 'singan'?"),
        (("models", "describe", "photos"), 1, "is no folder of a model: give one, or a file"),
        (("vary", "photo.jpg", "photos"), 2, "(photos): give one photo, or a folder of them"),
        (
            ("vary", "photo.jpg", "--set", "patch=7,steps=2"),
            2,
            "give each setting its own --set: --set patch=7 --set steps=2",
        ),
        (("vary", "photo.jpg", "--set"), 2, "'--set' requires an argument: see 'calotype vary --help'"),
        (("vary", "photo.jpg", "-n", "two"), 2, "give a whole number, like 4"),
        (("vary", "photo.jpg", "-n", "1.5"), 2, "give a whole number, like 4"),
        (("evaluate", "peopel", "peopel", "--metrics", "fid"), 1, "did you mean 'people'?"),
    ],
)
def test_hints(tmp_path, monkeypatch, capsys, picture, words, status, said):
    monkeypatch.chdir(tmp_path)
    picture(40, 40).save("photo.jpg")
    (tmp_path / "photos").mkdir()
    picture(40, 40).save("photos/a.jpg")
    assert main(list(words)) == status
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert "Input should" not in line


def test_a_folder_with_a_name_like_a_set_is_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "peopel").mkdir()
    assert set_folder("peopel").is_dir()
    with pytest.raises(InputError, match="did you mean 'scenes'"):
        set_folder("scene")
    assert set_folder("holidays").name == "holidays"  # which does not exist, and is said when it is opened


def estimate(shares: dict[str, float], expected: float) -> TimeEstimate:
    def done_at(stage: str, step: int, steps: int) -> float:
        names = list(shares)
        return sum(shares[name] for name in names[: names.index(stage)]) + shares[stage] * step / steps

    return TimeEstimate(SimpleNamespace(done_at=done_at, cost=SimpleNamespace(seconds=expected), done=lambda: 0.0))


def test_remaining_time_goes_over_to_the_measured_speed_without_a_jump(monkeypatch):
    """The machine is four times as slow as announced: 400 seconds instead of 100."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    remaining, heard = estimate({"a": 1.0}, 100.0), []
    for second in range(1, 401):
        now[0] = float(second)
        heard.append(remaining.seconds("a", second, 400))
    assert heard[0] == pytest.approx(0.1 * 399 + 0.9 * 99.75)
    assert heard[9:] == pytest.approx([400 - second for second in range(10, 401)])
    assert max(abs(one - other) for one, other in itertools.pairwise(heard)) < 35  # no step of minutes
    assert all(one != other for one, other in itertools.pairwise(heard))


@pytest.mark.parametrize(("pace", "said"), [(1.0, False), (1.4, False), (4.0, True), (0.3, True)])
def test_the_speed_of_the_first_steps_is_said_where_it_is_not_as_announced(monkeypatch, capsys, pace, said):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    report = Reporter()
    model = SimpleNamespace(
        done_at=lambda stage, step, steps: step / steps,
        cost=SimpleNamespace(seconds=1000.0),
        done=lambda: 0.0,
        subject="bird",
    )
    with report.training(model):
        for step in range(1, 60):
            now[0] = step * pace
            report._event(SimpleNamespace(kind="step", stage="", step=step, steps=1000))
    lines = [line for line in capsys.readouterr().err.splitlines() if "first steps" in line]
    minutes = f"{1000 * pace / 60:.0f} min"
    assert lines == (
        [f"training on bird: at the speed of its first steps it takes about {minutes} in all"] if said else []
    )


def test_a_half_trained_model_says_how_far_it_is(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path))
    for name, stages, saved in (("one", [""], {"": 46}), ("three", ["a", "b", "c"], {"a": 100, "b": 50})):
        folder = model_store.root() / f"{name}-singan-0"
        model_store.describe(folder, {"engine": "singan", "stages": stages, "photo": name})
        for stage, steps in saved.items():
            run = Run(folder)
            with contextlib.suppress(Stopped):
                for i in run.steps(100, {"x": torch.zeros(1)}, stage):
                    if i == steps - 1:
                        run.stop()
    assert main(["models"]) == 0
    first, second = capsys.readouterr().out.splitlines()[1:]
    assert first.endswith("46% trained")
    assert second.endswith("1 of 3 stages, 50% trained")
    assert main(["models", "--json"]) == 0
    assert [entry["done"] for entry in json.loads(capsys.readouterr().out)] == pytest.approx([0.46, 0.5])


def test_a_film_names_the_frame_that_is_made(picture):
    stages = []
    run = Run(on_event=lambda event: stages.append((event.stage, event.step, event.steps)))
    animate(picture(48, 40), frames=3, preset="tiny", run=run, size="48x40")
    frames = [one for one in stages if one[0].startswith("frame ")]
    assert [one for one in frames if one[1] and one[0] == f"frame {one[1]} of 3"] == [
        (f"frame {i} of 3", i, 3) for i in (1, 2, 3)
    ]
    assert {steps for _, _, steps in frames} == {3}


def test_notes_about_the_inputs_are_printed_and_in_the_summary(tmp_path, monkeypatch, capsys, picture):
    from PIL import Image, ImageDraw

    monkeypatch.chdir(tmp_path)
    picture(60, 60).save("photo.png")
    mask = Image.new("L", (60, 60), 255)
    ImageDraw.Draw(mask).rectangle((20, 20, 30, 30), fill=0)
    mask.save("mask.png")
    words = ["erase", "photo.png", "--mask", "mask.png", "--preset", "tiny"]
    assert main([*words, "--json"]) == 0
    out, err = capsys.readouterr()
    (note,) = json.loads(out)["notes"]
    assert "looks inverted" in note
    assert f"note: {note}" in err.splitlines()
    assert main([*words, "--again", "-q"]) == 0
    assert "inverted" not in capsys.readouterr().err


def test_one_engine_is_listed(capsys):
    assert main(["engines", "canny"]) == 0
    assert capsys.readouterr().out.startswith("canny: ")
    assert main(["engines", "canny", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == ["canny"]
