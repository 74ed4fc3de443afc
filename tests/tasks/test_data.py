"""Making sets from toys instead of packages; and from the real ones, where the network is allowed."""

import json
import os
import shutil
from pathlib import Path

import pytest
from toys import TOYS

from calotype.data import prepared
from calotype.data.samples import Samples
from calotype.data.sets import SETS
from calotype.errors import InputError, OutputError
from calotype.tasks import data as module
from calotype.tasks.compare import compare
from calotype.tasks.data import data, remove, set_folder, sets
from calotype.tasks.dataset import Dataset
from calotype.tasks.training_request import dataset_training_request


@pytest.fixture
def toys(monkeypatch):
    """Packages are made by hand."""

    def toy(package, given=None):
        name = next(name for name, (one, _) in TOYS.items() if package in one.ABOUT.packages)
        found = TOYS[name][1]()[TOYS[name][0].ABOUT.packages.index(package)]
        found.papers["toy-LICENSE"] = b"free"
        return found

    monkeypatch.setattr("calotype.tasks.data.fetched", toy)


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


@pytest.mark.parametrize("error", [OutputError("full"), KeyboardInterrupt()])
def test_a_set_that_cannot_be_kept_or_is_interrupted_leaves_nothing(tmp_path, made, monkeypatch, error):
    """The set of that name that was made before stays, and is found."""

    def refused(*given):
        raise error

    (tmp_path / "empty").mkdir()
    whole = sorted(path for path in tmp_path.rglob("*") if "cache" not in path.parts)
    steps = (
        ("calotype.tasks.data.fetched", {}),
        ("calotype.data.prepared.remember", {}),
        (None, {"on_progress": lambda done, count: done == 2 and refused()}),
    )
    for name, given in steps:
        for out in ("new/deeper", "empty"):
            with monkeypatch.context() as patched:
                if name:
                    patched.setattr(name, refused)
                with pytest.raises(type(error)):
                    data("scenes", out=tmp_path / out, size=64, count=3, **given)
            assert sorted(path for path in tmp_path.rglob("*") if "cache" not in path.parts) == whole
    assert set_folder("scenes") == made.resolve()


def test_where_a_set_cannot_be_recorded_nothing_is_made(tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file")
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    with pytest.raises(OutputError, match="CALOTYPE_CACHE"):
        data("shapes", out=tmp_path / "out", size=32, count=2, on_progress=pytest.fail)
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_what_has_to_be_installed_is_told_before_anything_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    for name in ("emoji", "people", "openmoji", "views", "rooms"):
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


@pytest.fixture
def made(tmp_path, toys, monkeypatch):
    """A set that was made elsewhere than where one is."""
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return data("scenes", out=tmp_path / "deep/s", size=64, count=4)


def test_a_set_is_found_by_its_name_and_a_folder_comes_first(made, tmp_path):
    assert set_folder("scenes") == made.resolve()
    assert set_folder("photos_of_mine") == Path("photos_of_mine")
    Path("scenes").mkdir()
    assert set_folder("scenes") == Path("scenes")
    with pytest.raises(InputError, match="run 'calotype data digits' first"):
        set_folder("digits")


def test_a_model_learns_from_the_pictures_of_a_set_and_not_from_its_maps(made):
    model = dataset_training_request("cocogan", "scenes", preset="tiny", seed=0, out=None, settings={})
    assert model.subject == "s"
    assert [path.parent.name for path in model.photos.files] == ["images"] * 4
    assert len(model.photos.opened((16, 16))) == 4


def test_sets_are_compared_by_name(made):
    found = compare("scenes", "scenes", metrics="fsd")
    assert (found.real, found.fake) == (4, 4)


def test_a_set_that_is_gone_has_not_been_made(made):
    assert list(module.made()) == ["scenes"]
    shutil.rmtree(made)
    assert module.made() == {}
    with pytest.raises(InputError, match="does not exist yet"):
        set_folder("scenes")


def test_a_set_is_deleted_and_nothing_else(made):
    beside = made / "notes.txt"
    beside.write_text("mine")
    with pytest.raises(InputError, match=r"more than the set \('notes.txt'\)"):
        remove("scenes")
    beside.unlink()
    freed = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
    kept = prepared.kept_file(sets()[0].packages[0])
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"package")
    assert remove("scenes") == freed + 7
    assert not made.exists()
    assert made.parent.is_dir()
    assert not kept.exists()
    with pytest.raises(InputError, match="nothing of the set 'scenes' is on disk"):
        remove("scenes")
    with pytest.raises(InputError, match="there is no set"):
        remove("models")


def test_what_can_be_had_again_is_deleted(made, tmp_path):
    Samples(made, 16)
    (tmp_path / "cache/packages").mkdir()
    (tmp_path / "cache/packages/one").write_bytes(b"1234")
    held = module.kept_bytes()
    assert held["packages"] == 4
    assert held["data"] > 4 * 16 * 16
    assert module.clean() == sum(held.values())
    assert module.kept_bytes() == {"packages": 0, "data": 0}
    assert set_folder("scenes") == made.resolve()  # sets stay
    assert module.clean() == 0


def test_pairs_that_were_made_for_something_else_are_told_before_a_training(tmp_path):
    data("solids", out=tmp_path / "rooms", size=16, count=4)
    told = dataset_training_request("bicyclegan", tmp_path / "rooms", preset="tiny", seed=0, out=None, settings=None)
    assert told.photos.note == "in the set solids each picture is learned from a depth map"
    assert Dataset(tmp_path / "rooms").note == ""
