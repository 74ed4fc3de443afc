"""Results measured against their photo."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from calotype.errors import InputError
from calotype.image.io import save_png
from calotype.tasks.evaluate import MEASURES, evaluate


@pytest.fixture(autouse=True)
def _no_weights(monkeypatch):
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)


def photo(seed=0, size=(60, 48)):
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (12, 15, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)


def test_the_photo_against_itself():
    found = evaluate(photo(), photo())
    row = found.rows[0]
    assert row.sifid_offline == pytest.approx(0, abs=1e-9)
    assert (row.sliced, row.copied, row.coverage) == (0, 1, 1)
    assert row.sifid is None
    assert found.diversity is None
    assert "offline" in found.features["sifid_offline"]
    assert set(found.medians) == set(MEASURES) - {"sifid"}


def test_several_results_have_a_diversity_when_of_one_size():
    assert evaluate(photo(), [photo(1), photo(2)]).diversity > 0.1
    other = evaluate(photo(), [photo(1), photo(2, (70, 48))])
    assert other.diversity is None
    assert len(other.rows) == 2


def test_a_folder_of_results_of_one_photo(tmp_path):
    for i in (1, 2):
        photo(i).save(tmp_path / f"x_{i}.png")
    found = evaluate(photo(), tmp_path)
    assert [row.result for row in found.rows] == ["x_1", "x_2"]
    assert found.diversity is not None


def test_what_was_measured_is_counted_with_one_photo_and_with_many(tmp_path):
    heard = []
    for side in ("real", "fake"):
        (tmp_path / side).mkdir()
        for stem in "abc":
            photo(ord(stem)).save(tmp_path / side / f"{stem}.png")
    evaluate(tmp_path / "real", tmp_path / "fake", on_progress=lambda *how_far: heard.append(how_far))
    assert heard == [(1, 3), (2, 3), (3, 3)]
    heard.clear()
    evaluate(photo(), [photo(1), photo(2)], on_progress=lambda *how_far: heard.append(how_far))
    assert heard == [(1, 2), (2, 2)]


def test_folders_are_paired_by_stem(tmp_path):
    for side, stems, suffix in (("real", "abc", ".png"), ("fake", "bcd", ".jpg")):
        (tmp_path / side).mkdir()
        for stem in stems:
            photo(ord(stem)).save(tmp_path / side / (stem + suffix))
    found = evaluate(tmp_path / "real", str(tmp_path / "fake"))
    assert [(row.photo, row.result) for row in found.rows] == [("b", "b"), ("c", "c")]
    assert found.unpaired == ["a.png", "d.jpg"]
    assert found.medians["copied"] > 0.8
    assert json.loads(json.dumps(found.as_dict()))["medians"] == found.medians


def test_input_that_cannot_be_measured(tmp_path):
    (tmp_path / "empty").mkdir()
    photo().save(tmp_path / "a.png")
    with pytest.raises(InputError, match="results are not"):
        evaluate(tmp_path, photo())
    with pytest.raises(InputError, match="no photos"):
        evaluate(photo(), tmp_path / "empty")
    with pytest.raises(InputError, match="at least one"):
        evaluate(photo(), [])
    with pytest.raises(InputError, match="too small"):
        evaluate(photo(), photo(1, (17, 60)))
    with pytest.raises(InputError, match="Inception weights"):
        evaluate(photo(), photo(1), weights=tmp_path / "absent")
    (tmp_path / "other").mkdir()
    photo().save(tmp_path / "other" / "b.png")
    with pytest.raises(InputError, match="same name"):
        evaluate(tmp_path, tmp_path / "other")
    photo().save(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="same stem"):
        evaluate(tmp_path, tmp_path / "other")


def test_importing_it_does_not_import_torch():
    code = "import sys, calotype.tasks.evaluate; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_what_can_be_measured_is_measured_and_the_rest_is_reported(tmp_path):
    photo(1).save(tmp_path / "good.png")
    photo(1, (17, 60)).save(tmp_path / "narrow.png")
    (tmp_path / "broken.png").write_bytes(b"nothing")
    found = evaluate(photo(), tmp_path)
    assert [row.result for row in found.rows] == ["good"]
    assert [one["result"] for one in found.failed] == ["broken.png", "narrow.png"]
    assert "too small" in found.failed[1]["error"]
    assert "broken.png" in found.failed[0]["error"]
    assert evaluate(photo(), [tmp_path / "broken.png", tmp_path / "good.png"]).failed == [found.failed[0]]


def test_a_folder_is_paired_with_what_was_made_of_it(tmp_path):
    (tmp_path / "real").mkdir()
    for stem in ("bird", "bird_two", "cat", "dog"):
        photo(len(stem)).save(tmp_path / "real" / f"{stem}.jpg")
    made = {"calotype": "0", "verb": "vary"}
    for name, of in (("a", "cat"), ("b", "cat"), ("c", "fish")):  # renamed since, but they say of what they are
        save_png(photo(7), tmp_path / "made" / f"{name}.png", {**made, "photo": {"name": f"{of}.jpg"}})
    for name in ("bird_vary_0", "bird_two_vary_10_scale3", "dog", "other_0"):
        photo(5).save(tmp_path / "made" / f"{name}.jpg")
    save_png(photo(7), tmp_path / "made" / "cat_vary_sheet.png", {**made, "sheet": 2, "photo": {"name": "cat.jpg"}})
    found = evaluate(tmp_path / "real", tmp_path / "made")
    assert [(row.photo, row.result) for row in found.rows] == [
        ("bird", "bird_vary_0"),
        ("bird_two", "bird_two_vary_10_scale3"),
        ("cat", "a"),
        ("cat", "b"),
        ("dog", "dog"),
    ]
    assert found.unpaired == ["c.png", "other_0.jpg"]


def test_contact_sheets_are_no_results(tmp_path):
    save_png(photo(1), tmp_path / "x_vary_0.png", {"verb": "vary"})
    save_png(photo(1), tmp_path / "x_vary_sheet.png", {"verb": "vary", "sheet": 1})
    for given in (tmp_path, sorted(tmp_path.glob("*.png")), [str(path) for path in tmp_path.glob("*.png")]):
        assert [row.result for row in evaluate(photo(), given).rows] == ["x_vary_0"]


def test_missing_results_are_refused_before_anything_is_measured(tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (24, 24, 3), np.uint8)).save(tmp_path / "photo.png")
    told = []
    for fakes in (tmp_path / "none.png", [tmp_path / "none.png", tmp_path / "no.png"]):
        with pytest.raises(InputError, match=r"none\.png' does not exist"):
            evaluate(tmp_path / "photo.png", fakes, on_progress=lambda *progress: told.append(progress))
    (tmp_path / "broken.png").write_bytes(b"x")
    with pytest.raises(InputError, match="is not a picture"):
        evaluate(tmp_path / "photo.png", tmp_path / "broken.png", on_progress=lambda *progress: told.append(progress))
    assert not told
