"""``calotype study`` on the command line."""

import json

import numpy as np
import pytest
from PIL import Image

from calotype.cli import main


@pytest.fixture
def places(tmp_path):
    for name, level in (("photos", 40), ("ours", 90), ("theirs", 200)):
        (tmp_path / name).mkdir()
        for stem in "abcd":
            Image.fromarray(np.full((24, 24, 3), level, np.uint8)).save(tmp_path / name / f"{stem}.png")
    return [str(tmp_path / name) for name in ("photos", "ours", "theirs")]


def answer(folder, kind):
    key = json.loads((folder / "key.json").read_text())
    answers = []
    for number, trial in enumerate(key["forms"][0]):
        wrong = {"paired": trial["pictures"][0], "unpaired": "real", "ranking": trial["pictures"]}[kind]
        answers.append({"trial": number, "pass": 0, "order": trial["pictures"], "choice": wrong})
    text = {"format": 1, "study": key["study"], "participant": "x", "form": 0, "answers": answers}
    (folder / "answers" / "x.json").write_text(json.dumps(text))


@pytest.mark.parametrize("kind", ["paired", "unpaired", "ranking"])
def test_a_study_is_created_and_its_results_are_printed(places, tmp_path, capsys, kind):
    folder = tmp_path / "study"
    assert main(["study", *places, "--kind", kind, "-o", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert out.strip() == str(folder / "study.html")
    assert f"calotype study {folder}" in err
    answer(folder, kind)
    assert main(["study", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "ours" in out
    assert "1 participant: too few" in out
    assert ("mean rank" in out) == (kind == "ranking")
    assert main(["study", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == kind


def test_a_folder_that_is_no_study_is_said_in_a_line(places, capsys):
    assert main(["study", places[0]]) == 1
    assert capsys.readouterr().err.count("\n") == 1
