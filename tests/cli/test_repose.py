"""``repose``, ``retrieve`` and ``evaluate --leaks`` as commands."""

from __future__ import annotations

import json

import numpy as np
from PIL import Image

from .test_bad_input import files, refused


def clips(folder):
    for i in range(3):
        (folder / f"c{i}").mkdir(parents=True)
        for k in range(3):
            picture = np.full((20, 20, 3), 120, np.uint8)
            picture[4:12, 2 + 4 * k : 8 + 4 * k, i] = 250
            Image.fromarray(picture).save(folder / f"c{i}" / f"{k}.png")


def test_from_clips_to_pictures(calotype, tmp_path):
    clips(tmp_path / "walks")
    done = calotype("train", "disentangle", "walks", "--preset", "tiny", "--out", "model", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    made = calotype("repose", "walks/c0/0.png", "walks/c1", "--model", "model", "-o", "grid.png", "--film", "gif")
    assert made.returncode == 0, made.stderr
    assert {"grid.png", "grid.gif"} <= files(tmp_path)
    drawn = calotype("repose", "walks/c0/0.png", "--model", "model", "-n", "2", "-o", "out", "-q")
    assert drawn.returncode == 0, drawn.stderr
    assert files(tmp_path / "out") == {"0_repose_0.png", "0_repose_1.png"}
    said = calotype("show", "grid.png").stdout
    assert said.startswith("calotype repose 0.png c1 --model model --seed 0 --film gif")
    found = calotype("retrieve", "walks/c0/0.png", "walks", "--model", "model", "-n", "2")
    assert found.returncode == 0, found.stderr
    assert len(found.stdout.splitlines()) == 3
    assert len(json.loads(calotype("retrieve", "walks/c0/0.png", "walks", "--model", "model", "--json").stdout)) == 8
    table = calotype("evaluate", "--leaks", "model", "walks")
    assert table.returncode == 0, table.stderr
    assert "9 pictures of 3 identities" in table.stdout
    assert json.loads(calotype("evaluate", "--leaks", "model", "walks", "--json").stdout)["identities"] == 3
    refused(calotype("evaluate", "--leaks", "model", "walks", "walks"), 2, "MODEL SET")
    refused(calotype("repose", "walks/c0/0.png", "walks/no.png", "--model", "model"), 1, "no.png")


def test_clips_without_pairs_are_refused_in_one_line(calotype, tmp_path):
    clips(tmp_path / "walks")
    for folder in ("c1", "c2"):
        for k in (1, 2):
            (tmp_path / "walks" / folder / f"{k}.png").unlink()
    refused(calotype("train", "idpose", "walks", "--preset", "tiny", "--out", "model"), 1, "one clip")
    Image.new("RGB", (30, 20)).save(tmp_path / "walks" / "c0" / "9.png")
    refused(calotype("train", "idpose", "walks", "--preset", "tiny", "--out", "model"), 1, "one size")
    assert not (tmp_path / "model").exists()


def test_an_identity_without_pairs_is_left_out_and_that_is_said(calotype, tmp_path):
    clips(tmp_path / "walks")
    for k in (1, 2):
        (tmp_path / "walks" / "c1" / f"{k}.png").unlink()
    done = calotype("train", "idpose", "walks", "--preset", "tiny", "--out", "model")
    assert done.returncode == 0, done.stderr
    assert "note: left out, as it takes two pictures of an identity: c1" in done.stderr
