"""The blind study of layouts: what is shown has no names, and answers come back to the methods."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from calotype.tasks.study import study

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
drawn = pytest.importorskip("drawn", reason="the benchmarks are not part of this distribution")


def test_answers_come_back_to_the_methods_and_a_contradiction_is_a_tie(tmp_path, monkeypatch):
    monkeypatch.setattr(drawn, "STUDIES", {"small": ("photos", "spade")})
    shades = {"maps": 0, "photos": 80, "spade": 160}
    for method, shade in shades.items():
        (tmp_path / "small" / method).mkdir(parents=True)
        for i in range(2):
            Image.fromarray(np.full((16, 16, 3), shade + i, np.uint8)).save(
                tmp_path / "small" / method / f"{i:02d}.png"
            )
    places = [tmp_path / "small" / method for method in shades]
    study(places, kind="ranking", out=tmp_path / "study small", count=2, twice=True, criterion="Better?", seed=5)
    drawn.sheets(tmp_path, ["sky"])
    names = sorted(path.stem for path in (tmp_path / "sheets").glob("*.png"))
    assert names == ["small_00", "small_01", "small_02", "small_03"]

    trials = {name: (key, order) for name, _, _, key, order in drawn.trials(tmp_path, "small")}
    lines = []
    for name, (key, order) in trials.items():
        place = 1 + [key["pictures"][one]["method"] for one in order].index("photos")
        sheet = np.asarray(Image.open(tmp_path / "sheets" / f"{name}.png"))
        assert 80 <= sheet[100, 12 + place * (drawn.SIDE + 12) + 100, 0] <= 81
        first = 1 if key["pictures"][order[0]]["photo"] == "00" else place  # by the place once, by the method once
        lines.append(f"{name}: {first} {3 - first}")
    (tmp_path / "answers.txt").write_text("\n".join(lines))
    (tmp_path / "out.json").write_text("{}")
    drawn.judged(tmp_path / "answers.txt", tmp_path, tmp_path / "out.json")
    found = json.loads((tmp_path / "out.json").read_text())["studies"]["small"]
    (pair,) = found["preferences"]
    assert {name: pair[name] for name in ("first", "second", "wins", "losses", "ties")} == {
        "first": "photos",
        "second": "spade",
        "wins": 1,
        "losses": 0,
        "ties": 1,
    }

    (tmp_path / "answers.txt").write_text("small_00: 1 1")
    with pytest.raises(SystemExit, match="small_00"):
        drawn.judged(tmp_path / "answers.txt", tmp_path, tmp_path / "out.json")
