"""Jobs that dissect a model."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from calotype import saving
from calotype.inspection import learned
from calotype.models import stylegan
from calotype.studio import dissection_job
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


def test_the_report_has_the_form_of_one_that_compares_sets(tmp_path, monkeypatch, real):
    monkeypatch.setattr(learned.Config.__init__, "__defaults__", (4, 10, 8, 1e-2))
    torch.manual_seed(0)
    cfg = replace(stylegan.PRESETS["tiny"], resolution=16)
    saving.write(tmp_path / "faces", "stylegan", cfg, stylegan.build(cfg).eval(), "", (16, 16))
    told = []
    given = {"model": str(tmp_path / "faces"), "real": str(real), "n": 50}
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
