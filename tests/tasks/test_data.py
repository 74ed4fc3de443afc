"""Making sets from toys instead of packages; and from the real ones, where the network is allowed."""

import json
import os
from pathlib import Path

import pytest
from toys import TOYS

from calotype.data.samples import Samples
from calotype.data.sets import SETS
from calotype.errors import InputError
from calotype.tasks import data as module
from calotype.tasks.data import data, sets


@pytest.fixture
def toys(monkeypatch):
    """Packages are made by hand."""

    def toy(package, given=None):
        name = next(name for name, (one, _) in TOYS.items() if package in one.ABOUT.packages)
        found = TOYS[name][1]()[TOYS[name][0].ABOUT.packages.index(package)]
        found.papers["toy-LICENSE"] = b"free"
        return found

    monkeypatch.setattr("calotype.data.packages.fetched", toy)


def test_what_there_is():
    assert [about.name for about in sets()] == list(SETS)


def test_a_set_is_made_and_read(tmp_path, toys):
    said = []
    folder = data("digits", out=tmp_path / "d", count=7, on_progress=lambda done, count: said.append((done, count)))
    assert folder == tmp_path / "d"
    assert said == [(i, 7) for i in range(1, 8)]
    samples = Samples(folder)
    assert (len(samples), samples.size) == (7, (32, 32))
    assert samples.about["set"] == "digits"
    assert samples.about["labels"][3] == "3"
    assert samples.about["packages"][0]["name"] == "opencv-doc"
    assert (folder / "licences/toy-LICENSE").read_bytes() == b"free"
    assert set(samples[0]) == {"image", "label"}


def test_scenes_have_everything(tmp_path, toys):
    samples = Samples(data("scenes", out=tmp_path / "s", size=64, count=2))
    assert set(samples[0]) == {"image", "map", "instances", "label", "boxes", "classes", "relations"}
    assert len(samples.about["map_classes"]) > int(samples[0]["map"].max())


def test_the_folder_has_the_name_of_the_set(tmp_path, toys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert data("avatars", count=1) == Path("avatars")
    assert json.loads((tmp_path / "avatars/about.json").read_text())["count"] == 1
    with pytest.raises(InputError, match="already there"):
        data("avatars", count=1)


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("scense", {}, "did you mean 'scenes'"),
        ("digits", {"size": 8}, "give 28 to 128"),
        ("digits", {"count": 5001}, "give 1 to 5000"),
        ("scenes", {"count": 0}, "give 1 or more"),
        ("digits", {"packages": "nowhere"}, "is not a folder"),
    ],
)
def test_what_cannot_be_made(tmp_path, name, wrong, words):
    with pytest.raises(InputError, match=words):
        data(name, out=tmp_path / "out", **wrong)
    assert not (tmp_path / "out").exists()


def test_what_has_to_be_installed_is_told_before_anything_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    for name in ("emoji", "openmoji", "views"):
        with pytest.raises(InputError, match=r"pip install 'calotype\[(svg|views)\]'"):
            data(name, out=tmp_path / "out")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(
    os.environ.get("CALOTYPE_NETWORK") != "1", reason="fetches packages: set CALOTYPE_NETWORK=1 to do it"
)
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", SETS)
def test_real_packages(tmp_path, name, monkeypatch):
    monkeypatch.delenv("CALOTYPE_CACHE")  # fetched once for all
    try:
        folder = data(name, out=tmp_path / name, count=30)
    except InputError as error:
        if "not installed" in str(error):
            pytest.skip(str(error))
        raise
    samples = Samples(folder)
    assert len(samples) == 30
    assert all(float(samples[i]["image"].std()) > 0.05 for i in range(30))
