"""Latent codes of results as inputs, and pictures that follow sliders."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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
