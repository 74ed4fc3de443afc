"""``expand`` with a model of many photos."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.errors import InputError
from calotype.tasks.expand import ExpandJob

BEYOND = {"beyond": 1, "beyond_steps": 1, "steps": 1}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A cache with models of one folder: one that goes beyond the edges and one that does not; and the folder."""
    home = tmp_path_factory.mktemp("expanding")
    folder = home / "sky"
    folder.mkdir()
    for i in range(4):
        pixels = np.random.default_rng(i).integers(0, 256, (5, 5, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((40, 20), Image.Resampling.BICUBIC).save(folder / f"{i}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALOTYPE_CACHE", str(home / "cache"))
        calotype.train("cocogan", folder, preset="tiny", device="cpu", settings=BEYOND, out=home / "wide")
        calotype.train("cocogan", folder, preset="tiny", device="cpu", settings={"steps": 1}, out=home / "narrow")
    return home


@pytest.fixture(autouse=True)
def _here(home, monkeypatch):
    monkeypatch.setenv("CALOTYPE_CACHE", str(home / "cache"))
    monkeypatch.setattr("calotype.models.cocogan.beyond.STEPS", 3)


def test_a_photo_is_brought_to_the_models_size_and_continued(home):
    made = calotype.expand(home / "sky/0.png", 2, left=4, bottom=2, model=home / "wide", device="cpu")
    assert [image.size for image in made] == [(20, 18)] * 2
    middle = Image.open(home / "sky/0.png").crop((10, 0, 30, 20)).resize((16, 16), Image.Resampling.BICUBIC)
    kept = np.asarray(made[0])[:16, 4:].astype(int)
    assert np.abs(kept - np.asarray(middle)).mean() < 3
    assert np.array_equal(kept, np.asarray(made[1])[:16, 4:])
    assert made[0].tobytes() != made[1].tobytes()
    assert (made.settings["engine"], made.settings["model"], made.settings["size"]) == ("cocogan", "wide", "20x18")
    assert made.name == "0"


def test_it_is_said_what_becomes_of_the_photo(home):
    request = ExpandJob.ordered(
        margin=4, left=None, right=None, top=None, bottom=None, engine="completion", preset="fast", max_side=None,
        settings=None, model=home / "wide", device="cpu",
    )  # fmt: skip
    note = ExpandJob(request, home / "sky/1.png").cost.note
    assert note == "the photo is cropped and resized to 16x16 pixels, the size of the model"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"model": "narrow"}, "has not learned what lies beyond the edges.*--set beyond=1"),
        ({"model": "wide", "margin": 9}, "a margin of 9 pixels goes beyond.*at most 4"),
        ({"model": "wide", "settings": {"latent": 4}}, "leave out --set"),
        ({"engine": "cocogan"}, "has the verb 'expand' only with a model of a data set.*--model NAME"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(home, given, words):
    model = {"model": home / given.pop("model")} if "model" in given else {}
    with pytest.raises(InputError, match=words):
        calotype.expand(home / "sky/0.png", **{"margin": 4, "device": "cpu", **given, **model})
