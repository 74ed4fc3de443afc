"""A folder of photos: several at a time, with a manifest, killed at any time and gone on with."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from .conftest import PATIENCE, started
from .test_bad_input import files, refused, wait_for
from .test_training import the_model

TINY = ("--preset", "tiny")
LEARN = ("--engine", "tiny_engine", *TINY)
MANIFEST = "manifest.jsonl"


def records(out: Path) -> dict[str, dict]:
    """The last line of the manifest on each picture."""
    lines = [json.loads(line) for line in (out / MANIFEST).read_text().splitlines()]
    return {line["path"]: line for line in lines}


def pictures(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.glob("*.png")}


def untouched(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in out.glob("*.png")}


@pytest.fixture
def photos(photo: Path, picture) -> Path:
    """A folder of three photos."""
    picture(64, 48).save(photo.parent / "cat.png")
    picture(40, 40).save(photo.parent / "dog.png")
    return photo.parent


def workers_of(process: subprocess.Popen) -> list[int]:
    """The processes that work for a command; not the one that looks after its resources."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == process.pid and b"resource_tracker" not in (path / "cmdline").read_bytes():
                found.append(int(path.name))
        except (OSError, ValueError, IndexError):
            continue
    return found


def test_two_at_a_time_make_what_one_after_the_other_makes(learning, tmp_path, photos):
    (photos / "a_broken.jpg").write_bytes(b"nothing")
    command = ("vary", photos, "-n", "2", "--sheet", "--also", photos / "dog.png", *TINY)
    many = learning(*command, "-o", "many", "--jobs", "2", "--json", anew=True)
    assert many.returncode == 1
    document = json.loads(many.stdout)
    assert [Path(failed["photo"]).name for failed in document["failed"]] == ["a_broken.jpg"]
    names = [f"{stem}_vary_{seed}.png" for stem in ("bird", "cat", "dog") for seed in (0, 1)]
    assert [Path(made["path"]).name for made in document["pictures"]] == names
    assert "2 pictures at a time, 1 thread each" in many.stderr
    assert many.stderr.splitlines()[-1] == "calotype: 1 of 4 photos failed, the others are done"

    one = learning(*command, "-o", "one", "-q")
    assert one.returncode == 1
    assert pictures(tmp_path / "many") == pictures(tmp_path / "one")
    assert len(pictures(tmp_path / "one")) == 9
    for out in ("many", "one"):
        known = records(tmp_path / out)
        assert sorted(known) == sorted([*names, "a_broken_vary_0.png", "a_broken_vary_1.png"])
        bad = known["a_broken_vary_1.png"]
        assert (bad["state"], bad["seed"], bad["photo_sha256"]) == ("failed", 1, None)
        assert "a_broken.jpg" in bad["reason"]
        good = known["cat_vary_1.png"]
        assert (good["state"], good["photo"], good["seed"]) == ("done", "cat.png", 1)
        assert good["seconds"] >= 0
        assert good["bytes"] == (tmp_path / out / "cat_vary_1.png").stat().st_size
        made = learning("show", f"{out}/cat_vary_1.png", "--json")
        assert good["photo_sha256"] == json.loads(made.stdout)["settings"]["photo"]["sha256"]


def test_the_pictures_of_one_photo(learning, tmp_path, photo):
    done = learning("vary", photo, "-n", "3", "-o", "many", "--jobs", "2", *TINY)
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "many") == {f"bird_vary_{seed}.png" for seed in range(3)}


def test_the_same_command_makes_what_is_missing(learning, tmp_path, photos):
    out = tmp_path / "out"
    command = ("vary", "photos", "-o", "out", "-q", *TINY)
    learning(*command)
    before = untouched(out)
    assert learning(*command).stdout == ""
    assert untouched(out) == before

    (out / "bird_vary_0.png").unlink()
    whole = (out / "cat_vary_0.png").read_bytes()
    (out / "cat_vary_0.png").write_bytes(whole[:-100])  # its settings can still be read
    with open(out / MANIFEST, "a") as manifest:
        manifest.write('{"path": "dog_vary_0.png", "state": "fai')  # cut off by whatever
    again = learning(*command, "--jobs", "2")
    assert sorted(again.stdout.split()) == [str(Path("out", f"{stem}_vary_0.png")) for stem in ("bird", "cat")]
    assert (out / "cat_vary_0.png").read_bytes() == whole
    assert untouched(out)["dog_vary_0.png"] == before["dog_vary_0.png"]
    assert '"fai\n' in (out / MANIFEST).read_text()

    more = learning(*command, "-n", "2")
    assert [Path(line).name for line in more.stdout.split()] == [f"{s}_vary_1.png" for s in ("bird", "cat", "dog")]
    assert len(learning(*command, "--structure", "free").stdout.split()) == 3
    assert len(learning(*command, "--structure", "free", "--again").stdout.split()) == 3
    (out / MANIFEST).unlink()  # what the pictures themselves say is enough
    assert learning(*command, "--structure", "free").stdout == ""
    assert {record["state"] for record in records(out).values()} == {"done"}


def test_a_worker_that_is_killed_takes_nothing_along(learning, hold, tmp_path, photos):
    command = ("vary", photos, "-n", "12", "-q", *TINY)
    hold.at(files=tmp_path / "many" / "*.png", count=3)
    process = started(tmp_path, *command, "--jobs", "2", "-o", "many")
    wait_for(lambda: hold.waiting() == 2, process)
    os.kill(workers_of(process)[0], signal.SIGKILL)
    hold.release()
    printed, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (0, "")
    assert len(printed.split()) == 36
    learning(*command, "-o", "one")
    assert pictures(tmp_path / "many") == pictures(tmp_path / "one")


@pytest.mark.parametrize("jobs", [(), ("--jobs", "2")])
def test_a_killed_command_makes_only_what_is_missing(learning, hold, tmp_path, photos, jobs):
    out = tmp_path / "out"
    hold.at(files=out / "*.png", count=4)
    command = ("vary", "photos", "-n", "10", "-o", "out", "-q", *TINY)
    process = started(tmp_path, *command, *jobs)
    wait_for(hold.waiting, process)
    process.kill()
    process.communicate(timeout=PATIENCE)
    hold.release()
    before = untouched(out)
    assert 4 <= len(before) < 30
    done = learning(*command, *jobs)
    assert (done.returncode, done.stderr) == (0, "")
    assert {Path(line).name for line in done.stdout.split()} == set(untouched(out)) - set(before)
    assert before.items() <= untouched(out).items()
    assert len(untouched(out)) == 30
    assert {record["state"] for record in records(out).values()} == {"done"}
    assert len(records(out)) == 30


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_all_stop_and_the_same_command_goes_on(hold, tmp_path, photos, number):
    command = ("vary", "photos", "-n", "12", "-o", "out", *TINY)
    hold.at(files=tmp_path / "out" / "*.png", count=3)
    process = started(tmp_path, *command, "--jobs", "2", "-q")
    wait_for(lambda: hold.waiting() == 2, process)
    os.killpg(process.pid, signal.SIGINT) if number == signal.SIGINT else process.send_signal(number)
    printed, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == (130 if number == signal.SIGINT else 143), said
    (line,) = said.splitlines()
    assert "of 36 pictures finished: the same command resumes" in line
    finished = files(tmp_path / "out") - {MANIFEST}
    assert {Path(line).name for line in printed.split()} == finished
    for name in finished:
        with Image.open(tmp_path / "out" / name) as made:
            made.load()


def test_parts_of_a_folder_share_the_manifest(learning, tmp_path, photos):
    for part, stems in (("1/2", ("bird", "dog")), ("2/2", ("cat",))):
        done = learning("vary", photos, "-o", "out", "-q", "--part", part, *TINY)
        assert [Path(line).name for line in done.stdout.split()] == [f"{stem}_vary_0.png" for stem in stems]
    assert len(records(tmp_path / "out")) == 3


# ---------------------------------------------------------------------------------------------------------------
# Engines that learn


def test_each_photo_is_trained_on_once(learning, model_store, tmp_path, photos, picture):
    picture().save(photos / "twin.png")  # bird once more: one model, not two at a time
    command = ("vary", photos, "-n", "2", *LEARN)
    done = learning(*command, "--jobs", "3", "-o", "many")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 8
    assert len(list(model_store.glob("models/*"))) == 3
    assert not list(model_store.glob("models/*/lock"))
    learning(*command, "-o", "one", "-q")
    assert pictures(tmp_path / "many") == pictures(tmp_path / "one")


def test_films(learning, tmp_path, photos):
    done = learning("animate", photos, "--frames", "3", "-o", "out", "--jobs", "2", "-q", *LEARN)
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "out") == {MANIFEST, *(f"{stem}_animate_0.gif" for stem in ("bird", "cat", "dog"))}
    assert learning("animate", photos, "--frames", "3", "-o", "out", "--jobs", "2", "-q", *LEARN).stdout == ""


def test_a_model_and_further_pictures_travel(learning, tmp_path, photo, photos):
    learning("train", "tiny_engine", photo, "--preset", "tiny", "--out", "mine", "-q")
    for command in (
        ("vary", photo, "-n", "2", "--model", "mine"),
        ("paint", photos, photos / "dog.png", *LEARN),
    ):
        many = learning(*command, "--jobs", "2", "-o", "many", "-q")
        assert (many.returncode, many.stderr) == (0, "")
        assert learning(*command, "-o", "one", "-q").returncode == 0
    assert pictures(tmp_path / "many") == pictures(tmp_path / "one")


def test_who_is_trained_on_elsewhere_is_waited_for(learning, model_store, tmp_path, photo):
    command = ("vary", str(photo.parent), *LEARN, "--set", "steps=300", "-q")
    first = started(tmp_path, *command, "-o", "a")
    wait_for(lambda: list(model_store.glob("models/*/about.json")), first)
    second = learning(*command, "-n", "2", "--jobs", "2", "-o", "b")
    assert (second.returncode, second.stderr) == (0, "")
    assert first.wait(PATIENCE) == 0
    assert (the_model(model_store) / "model.json").exists()
    assert (tmp_path / "a" / "bird_vary_0.png").read_bytes() == (tmp_path / "b" / "bird_vary_0.png").read_bytes()


# ---------------------------------------------------------------------------------------------------------------
# What cannot be done


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--jobs", "0"), ("--jobs",)),
        (("--on", "moon"), ("'moon'", "ray:local")),
        (("--part", "3/2"), ("'3/2'", "--part I/N")),
        (("--part", "all"), ("'all'",)),
    ],
)
def test_refused(calotype, tmp_path, photo, options, words):
    refused(calotype("vary", photo.parent, *options, *TINY), 2, *words)
    assert files(tmp_path) == {"photos/bird.png"}


def test_without_ray(calotype, tmp_path, photo, monkeypatch):
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "ray.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "hidden"))
    done = calotype("vary", photo, "--on", "ray", "-q", *TINY)
    refused(done, 1, "pip install 'calotype[cluster]'")


def test_a_folder_of_masks_for_a_folder_of_photos(learning, tmp_path, photos):
    masks = tmp_path / "masks"
    masks.mkdir()
    for name, suffix, box in (("bird", "png", (4, 4, 12, 12)), ("dog", "png", (20, 20, 30, 28))):
        mask = Image.new("L", Image.open(photos / f"{name}.png").size)
        mask.paste(255, box)
        mask.save(masks / f"{name}.{suffix}")
    command = ("erase", photos, "--mask", masks, "--grow", "0", *TINY)
    one = learning(*command, "-o", "one")
    assert one.returncode == 1
    assert "no picture named 'cat' in " in one.stderr  # and the others are made
    assert files(tmp_path / "one") == {"bird_erase_0.png", "dog_erase_0.png", MANIFEST}
    many = learning(*command, "-o", "many", "--jobs", "2")
    assert many.returncode == 1
    assert pictures(tmp_path / "many") == pictures(tmp_path / "one")
    alone = learning("erase", photos / "dog.png", "--mask", masks / "dog.png", "--grow", "0", "-o", "alone.png", *TINY)
    assert alone.returncode == 0, alone.stderr
    assert (tmp_path / "alone.png").read_bytes() == (tmp_path / "one" / "dog_erase_0.png").read_bytes()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), ("no photos in 'masks'", "put PNG")),
        (("crow.png", "owl.png"), ("no picture in 'masks' is named like one of the 3 photos", "bird.png")),
    ],
)
@pytest.mark.parametrize("more", [(), ("--jobs", "2")])
def test_a_folder_without_a_mask_for_any_photo(calotype, tmp_path, photos, names, words, more):
    (tmp_path / "masks").mkdir()
    for name in names:
        Image.new("L", (48, 32)).save(tmp_path / "masks" / name)
    refused(calotype("erase", photos, "--mask", "masks", "-o", "out", *more, *TINY), 1, *words)
    assert not (tmp_path / "out").exists()
