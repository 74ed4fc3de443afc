"""Jobs for models of faces: photos that are aligned become a set, and directions of attributes are learned."""

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image

from calotype import saving
from calotype.catalog import load
from calotype.errors import InputError
from calotype.image.io import to_image
from calotype.inspection import attribute_classifier
from calotype.models import stylegan
from calotype.nn.face_places import Face
from calotype.studio import alignment_job, directions_job
from calotype.studio.forms import form
from calotype.studio.job_spec import JobSpec
from calotype.studio.queries import answer
from calotype.studio.sets import Sets
from calotype.types import FacePlaces

from .conftest import asked, awaited, encoded, picture

CFG = replace(stylegan.PRESETS["tiny"], resolution=16)
PLACES = FacePlaces((30.0, 40.0), (50.0, 40.0), (40.0, 60.0))


class Context:
    def attach(self, run):
        pass


class Found:
    """A stand-in of the networks that find faces: dark pictures have none."""

    def __init__(self, device="auto"):
        pass

    def faces(self, photo, name):
        if float(photo.max()) < 0:
            raise InputError(f"no face was found in '{name}': give the places")
        return [Face((0, 0, 80, 80), 0.9, PLACES)]


def test_aligned_photos_are_a_set_to_train_on(tmp_path, monkeypatch):
    monkeypatch.setattr("calotype.tasks.align.FaceFinder", Found)
    sets = Sets(tmp_path / "sets")
    photos = sets.new("party")
    for name, image in (("a.png", picture(80, 80)), ("summer/a.png", picture(80, 80, 1))):
        sets.add(photos.id, encoded(image), name)
    sets.add(photos.id, encoded(Image.new("RGB", (80, 80))), "dark.png")
    given = {"photos": str(sets.folder(photos.id)), "size": 16}
    made, told = sets.new("party aligned", "align"), []
    out = sets.folder(made.id)
    line = alignment_job.align(JobSpec("align", {**given, "out": str(out)}, tmp_path / "job"), Context(), told.append)
    assert line == "1 photo left out: no face was found in 'dark.png': give the places"
    assert any("aligning" in one.get("stage", "") for one in told)
    assert list((tmp_path / "job").iterdir()) == []
    adopted = sets.adopt(made.id, whole=False)
    assert sorted(member.file for member in adopted.members.values()) == ["a.png", "summer_a.png"]
    assert (adopted.source, adopted.whole, adopted.said()["count"]) == ("align", False, 2)
    assert Sets(tmp_path / "sets").get(made.id).members == adopted.members
    with Image.open(sets.file(made.id, next(iter(adopted.members)))) as image:
        assert image.size == (16, 16)
    assert sets.add(made.id, encoded(picture()), "more.png").file == "more.png"  # it can be changed, as others
    assert alignment_job.seconds(given) > 0


def test_a_job_that_cannot_find_faces_leaves_no_set(client, monkeypatch):
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    one = client.post("/api/sets", json={"name": "friends"}).json()["id"]
    assert (
        client.post(f"/api/sets/{one}/pictures", params={"path": "a.png"}, content=encoded(picture())).status_code < 300
    )
    job = asked(client, "align", photos=one)
    names = {each["id"]: each["name"] for each in client.get("/api/sets").json()}
    assert names[job["set"]] == "friends aligned"
    done = awaited(client, job["id"])
    assert (done["state"], "calotype weights faces" in done["message"]) == ("failed", True)
    assert client.delete(f"/api/jobs/{job['id']}").status_code < 300
    assert job["set"] not in {each["id"] for each in client.get("/api/sets").json()}


@pytest.fixture
def model(model_store):
    torch.manual_seed(0)
    folder = model_store / "models" / "faces-stylegan-0123456789ab"
    saving.write(folder, "stylegan", CFG, stylegan.build(CFG).eval(), "", (16, 16))
    about = {"engine": "stylegan", "photo": "faces", "config": {}, "stages": [], "size": "16x16", "preset": "tiny"}
    (folder / "about.json").write_text(json.dumps(about))
    return folder


def test_directions_are_learned_and_offered(tmp_path, model, monkeypatch):
    monkeypatch.setattr(attribute_classifier, "_LEAST_STEPS", 60)
    samples = tmp_path / "set"
    (samples / "images").mkdir(parents=True)
    space = stylegan.style_space(CFG, load(model).net)
    pictures = space.draw(space.sample(range(10_000, 10_120)))
    bright, lines = pictures.mean((1, 2, 3)), []
    for i, drawn in enumerate(pictures):
        to_image(drawn[None]).save(samples / "images" / f"{i}.png")
        lines.append(json.dumps({"image": f"images/{i}.png", "label": int(bright[i] > bright.median())}))
    (samples / "samples.jsonl").write_text("\n".join(lines))
    (samples / "about.json").write_text(json.dumps({"format": 1, "labels": ["dark", "light"]}))
    told, given = [], {"model": str(model), "labelled": str(samples), "samples": 300}
    directions_job.directions(JobSpec("directions", given, tmp_path / "job"), Context(), told.append)
    report = told[-1]["report"]
    assert json.loads(json.dumps(report)) == report
    assert report["directions"][0].keys() == {"attribute", "accuracy", "share", "classifier", "changed", "kept"}
    (entry,) = [one for one in answer("models", {}) if one["name"] == model.name]
    assert entry["directions"] == [one["attribute"] for one in report["directions"]]
    assert "directions" in entry["verbs"]
    assert directions_job.seconds(given) < directions_job.seconds({})


@pytest.mark.parametrize(("verb", "needed"), [("align", "photos"), ("directions", "labelled")])
def test_forms_ask_for_a_set_and_name_no_files(verb, needed):
    about = form(verb)
    fields = {field["name"]: field for field in about["fields"]}
    assert fields[needed]["required"]
    assert fields[needed]["sets"]
    assert not {"out", "places"} & fields.keys()
    said = [about["text"], *(field["help"] for field in fields.values())]
    assert not any(word in text for text in said for word in ("--", ".csv", "calotype "))
