"""Jobs that dissect a model, and that find photos in one."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from calotype import saving
from calotype.inspection import learned
from calotype.models import stylegan
from calotype.studio import dissection_job, inversion_job
from calotype.studio.forms import VERBS, form
from calotype.studio.job_spec import JobSpec


class Context:
    def attach(self, run):
        pass


@pytest.fixture
def real(tmp_path):
    """A set with label maps: bright squares on a dark ground."""
    for name in ("images", "maps"):
        (tmp_path / "set" / name).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for i in range(100):
        index = np.zeros((16, 16), np.uint8)
        y, x = rng.integers(0, 12, 2)
        index[y : y + 4, x : x + 4] = 1
        Image.fromarray(index).save(tmp_path / "set" / "maps" / f"{i:03d}.png")
        Image.fromarray(np.where(index, 220, 30).astype(np.uint8)).save(tmp_path / "set" / "images" / f"{i:03d}.png")
    (tmp_path / "set" / "classes.json").write_text('["ground", "square"]')
    return tmp_path / "set"


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.setattr(learned.Config.__init__, "__defaults__", (4, 10, 8, 1e-2))
    torch.manual_seed(0)
    cfg = replace(stylegan.PRESETS["tiny"], resolution=16)
    saving.write(tmp_path / "faces", "stylegan", cfg, stylegan.build(cfg).eval(), "", (16, 16))
    return tmp_path / "faces"


def test_the_report_has_the_form_of_one_that_compares_sets(tmp_path, model, real):
    told = []
    given = {"model": str(model), "real": str(real), "n": 50}
    dissection_job.dissect(JobSpec("dissect", given, tmp_path / "job"), Context(), told.append)
    report = told[-1]["report"]
    assert json.loads(json.dumps(report)) == report
    assert {"fsd", "fsd_floor", "fsd_standardised"} == report["values"].keys()
    assert (report["real"], report["fake"]) == (50, 50)
    assert report["classes"][0].keys() >= {"name", "real", "fake", "change", "least", "most"}
    assert (tmp_path / "job" / "dissection" / "page.html").is_file()
    assert any("stage" in one for one in told)
    assert dissection_job.seconds({"n": 2000}) > dissection_job.seconds({"n": 50})


def test_the_form_asks_for_a_set_and_a_model_and_names_no_files():
    assert "dissect" in VERBS
    fields = {field["name"]: field for field in form("dissect")["fields"]}
    assert fields["real"]["sets"]
    assert fields["model"]["required"]
    assert "classes" not in fields
    assert "out" not in fields
    assert fields["segmenter"]["choices"] == ["voc", "city"]
    assert "--" not in json.dumps([field["help"] for field in fields.values()])


def test_every_photo_gives_a_result_and_what_is_lost_is_reported(tmp_path, model, real):
    told, place = [], tmp_path / "job"
    photos = [str(real / "images" / f"{i:03d}.png") for i in (3, 4)]
    given = {"model": str(model), "photos": photos, "real": str(real), "method": "z", "steps": 2, "seed": 5}
    inversion_job.invert(JobSpec("invert", given, place), Context(), told.append)
    made = [one["made"] for one in told if "made" in one]
    assert {one["file"] for one in made} == {"003.png", "004.png"}
    for one in made:
        with Image.open(place / one["file"]) as image:
            assert image.size == (one["width"], one["height"]) == (16, 16)
    report = told[-1]["report"]
    assert json.loads(json.dumps(report)) == report
    assert report["values"]["psnr"] > 0
    assert {row["name"] for row in report["classes"]} <= {"ground", "square"}
    assert all(row["change"] == pytest.approx(row["fake"] / row["real"] - 1) for row in report["classes"])
    assert (place / "inversion" / "page.html").is_file()
    assert inversion_job.seconds(given) < inversion_job.seconds({**given, "steps": 500})


def test_the_form_of_inversion_asks_for_a_model_and_photos():
    fields = {field["name"]: field for field in form("invert")["fields"]}
    assert fields["photos"]["required"]
    assert fields["photos"]["sets"]
    assert fields["model"]["required"]
    assert fields["real"]["sets"]
    assert not fields["real"]["required"]
    assert "out" not in fields
    assert "--" not in json.dumps([field["help"] for field in fields.values()])
