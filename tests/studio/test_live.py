"""Latent codes of results as inputs, and pictures that follow sliders."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.tasks.data import data
from calotype.tasks.models import take_over

from .conftest import asked, awaited, uploaded

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def model(place, tmp_path_factory):
    """The example model of faces, in the model store."""
    patch = pytest.MonkeyPatch()
    patch.setenv("CALOTYPE_CACHE", str(place / "cache"))
    name = take_over(EXAMPLES / "models" / "faces").name
    patch.undo()
    return name


def embedded(client, model, name):
    photo = uploaded(client, (EXAMPLES / "faces" / f"{name}.png").read_bytes(), f"{name}.png")
    job = awaited(client, asked(client, "embed", photo=photo, model=model, preview=True)["id"])
    assert job["state"] == "done", job
    return job


def test_codes_of_results_are_inputs_of_other_verbs(client, model):
    first, second = (embedded(client, model, name) for name in ("first", "second"))
    codes = []
    for job in (first, second):
        (made,) = job["results"]
        assert made["code"] == made["file"].replace(".png", ".safetensors")
        assert client.get(f"/api/jobs/{job['id']}/files/{made['code']}").status_code == 200
        codes.append(f"{job['id']}/{made['file']}")
    one, other = codes
    crossed = awaited(client, asked(client, "crossover", structure_code=one, style_code=other, model=model)["id"])
    assert crossed["state"] == "done", crossed
    assert crossed["results"][0]["code"]
    film = awaited(client, asked(client, "morph", first=one, second=other, model=model, frames=4)["id"])
    assert film["state"] == "done", film
    film = awaited(client, asked(client, "morph", first=one, second=other, further=[one], model=model, frames=4)["id"])
    assert film["state"] == "done", film
    again = client.get(f"/api/jobs/{film['id']}/results/{film['results'][0]['file']}/settings").json()
    assert again["arguments"]["further"] == [one]
    data = client.get(f"/api/jobs/{film['id']}/files/{film['results'][0]['file']}").content
    again = client.post("/api/settings", content=data).json()
    assert again["missing"]["further"] == Path(one).with_suffix(".safetensors").name
    answer = client.post(
        "/api/verbs/morph/jobs", json={"first": one, "second": other, "further": ["../secret"], "model": model}
    )
    assert answer.status_code == 422
    answer = client.post("/api/verbs/adjust/jobs", json={"code": "../secret", "model": model})
    assert answer.status_code == 422
    gone = client.post("/api/verbs/adjust/jobs", json={"code": f"{first['id']}/none.png", "model": model})
    assert gone.status_code == 404


def test_a_picture_follows_a_slider_and_is_the_one_that_is_made(client, model):
    assert client.post("/api/verbs/sample/estimate", json={"model": model}).json()["live"]

    def live(**given):
        answer = client.post("/api/verbs/sample/live", json={"model": model, "seed": 4, **given})
        assert answer.status_code == 200, answer.text
        return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB"))

    jobs = len(client.get("/api/jobs").json())
    common, usual = live(truncation=0.1), live()
    assert (common != usual).any()
    assert len(client.get("/api/jobs").json()) == jobs  # nothing is kept
    job = awaited(client, asked(client, "sample", model=model, seed=4)["id"])
    made = client.get(f"/api/jobs/{job['id']}/files/{job['results'][0]['file']}").content
    assert (np.asarray(Image.open(io.BytesIO(made)).convert("RGB")) == usual).all()


def test_what_takes_long_or_needs_no_model_follows_no_slider(client):
    photo = uploaded(client)
    assert not client.post("/api/verbs/vary/estimate", json={"photo": photo}).json()["live"]
    answer = client.post("/api/verbs/vary/live", json={"photo": photo})
    assert answer.status_code == 422
    assert "Make it" in answer.json()["error"]


@pytest.fixture(scope="module")
def shapes(place, tmp_path_factory):
    """A model of scene graphs that was hardly trained, in the model store."""
    patch = pytest.MonkeyPatch()
    patch.setenv("CALOTYPE_CACHE", str(place / "cache"))
    folder = data("shapes", out=tmp_path_factory.mktemp("sets") / "shapes", size=32, count=12)
    name = calotype.train("scenegraph", folder, preset="tiny", device="cpu").folder.name
    patch.undo()
    return name


GRAPH = {"objects": [{"class": "sky", "box": [0, 0, 1, 0.5]}, {"class": "car", "box": [0.2, 0.6, 0.7, 0.9]}]}


def test_placed_objects_are_drawn_and_come_back(client, shapes):
    model = next(one for one in client.get("/api/models").json() if one["name"] == shapes)
    assert model["takes"]["draw"]["layout"] == "scene graph"
    answer = client.post("/api/verbs/draw/live", json={"model": shapes, "layout": GRAPH})
    assert answer.status_code == 200, answer.text
    job = awaited(client, asked(client, "draw", model=shapes, layout=GRAPH)["id"])
    assert job["state"] == "done", job
    back = client.get(f"/api/jobs/{job['id']}/results/{job['results'][0]['file']}/settings").json()
    assert [each["box"] for each in back["arguments"]["layout"]["objects"]] == [
        each["box"] for each in GRAPH["objects"]
    ]


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ({"objects": [{"class": "sky", "look": {"photo": "/etc/passwd"}}]}, "seeds"),
        ({"objects": []}, "object"),
        ({"other": 1}, "no scene graph"),
        ({"boxes": [], "objects": [{"look": {"photo": "x.png"}}]}, "seeds"),
        ({"objects": [{"class": "x" * 30_000}]}, "too many"),
        ({"boxes": [[0, 0, 2, 1]], "classes": [0]}, "box"),
    ],
)
def test_objects_that_cannot_be_drawn_are_refused(client, shapes, layout, words):
    answer = client.post("/api/verbs/draw/jobs", json={"model": shapes, "layout": layout})
    assert answer.status_code == 422
    assert words in answer.json()["error"]


def test_the_layout_of_objects_is_told(client, shapes):
    answer = client.post("/api/verbs/draw/layout", json={"model": shapes, "layout": GRAPH})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["boxes"] == [one["box"] for one in GRAPH["objects"]]
    owners = np.array(found["owners"])
    assert set(np.unique(owners)) <= {-1, 0, 1}
    rows, columns = np.nonzero(owners == 1)
    assert rows.size == 0 or (rows.min() >= 0.55 * len(owners) and columns.max() <= 0.75 * len(owners))
    free = {"objects": [{"class": "sky"}, GRAPH["objects"][1]], "relations": [[0, "above", 1]]}
    first = client.post("/api/verbs/draw/layout", json={"model": shapes, "layout": free}).json()["boxes"][0]
    assert all(0 <= value <= 1 for value in first)


def test_a_layout_that_is_painted_is_estimated_before_it_is(client, model):
    names = {name: take_over(EXAMPLES / "models" / name).name for name in ("landscapes", "parts")}
    for verb, given in (
        ("draw", {"model": names["landscapes"]}),
        ("restyle", {"model": names["parts"], "photo": uploaded(client), "classes": "hair"}),
    ):
        answer = client.post(f"/api/verbs/{verb}/estimate", params={"unpainted": 0.1}, json=given)
        assert answer.status_code == 200, answer.text
    # No model of scene graphs: there are no objects.
    layout = uploaded(client, (EXAMPLES / "layouts" / "lake.png").read_bytes(), "lake.png")
    refused = client.post("/api/verbs/draw/layout", json={"model": names["landscapes"], "layout": layout})
    assert refused.status_code == 422
    assert "no objects" in refused.json()["error"]
