"""Training and the kept models as commands: announced, interrupted, gone on with, listed and removed."""

import json
import os
import signal
from pathlib import Path

import pytest
from PIL import Image

from .conftest import LEARNING, PATIENCE, started
from .test_bad_input import files, refused, wait_for

TINY = ("--engine", "tiny_engine", "--preset", "tiny")


def the_model(model_store: Path) -> Path:
    (folder,) = (model_store / "models").iterdir()
    return folder


def test_a_verb_says_that_it_trains_and_does_it_once(learning, model_store, photo):
    first = learning("vary", photo, *TINY)
    assert first.returncode == 0, first.stderr
    assert first.stdout == "bird_vary_0.png\n"
    announced, preflight = first.stderr.splitlines()
    assert announced.startswith("training on ")
    assert "bird.png 48x32 (tiny_engine, 2 stages): about a second" in announced
    assert "Ctrl-C stops, the same command resumes" in announced
    assert str(the_model(model_store) / "previews") in announced
    assert "-> 1 picture" in preflight
    again = learning("vary", photo, "--skip-existing", "--json", *TINY)
    assert again.stderr == ""
    assert json.loads(again.stdout)["pictures"][0]["seconds"] is None
    assert len(learning("vary", photo, "--seed", "1", *TINY).stderr.splitlines()) == 1


def test_what_show_prints_makes_the_same_picture(learning, photo, tmp_path):
    import shlex

    learning("train", "tiny_engine", photo, "--preset", "tiny", "--seed", "3", "--out", "mine", "-q")
    learning("vary", photo, "--model", "mine", "-o", "new.png", "-q")
    words = shlex.split(learning("show", "new.png").stdout)
    assert words[-4:-2] == ["--structure", "loose"]
    assert words[words.index("--model") + 1] == "mine"
    again = learning(words[1], photo, *words[3:], "-q", "-o", "again.png")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "new.png").read_bytes()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_training_goes_on_to_the_same_bytes(learning, hold, model_store, tmp_path, photo, number, status):
    steps = ("--set", "steps=40")
    hold.at(stage="whole", step=5)
    command = ("vary", str(photo), "-o", "one.png", *TINY, *steps)
    process = started(tmp_path, *command, "-q")
    wait_for(hold.waiting, process)
    process.send_signal(number)
    printed, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == status, said
    assert printed == ""
    assert len(said.splitlines()) == 1, said
    assert "stopped while training on" in said
    assert "the same command resumes" in said
    hold.release()
    folder = the_model(model_store)
    assert not (folder / "model.json").exists()
    assert not (folder / "lock").exists()
    listed = json.loads(learning("models", "--json").stdout)
    assert [(entry["finished"], entry["finished_stages"], entry["stages"]) for entry in listed] == [(False, 1, 2)]
    assert "1 of 2 stages" in learning("models").stdout

    half = learning(*command, "--unfinished", "-o", "half.png", "-q")
    assert half.returncode == 0, half.stderr
    assert not (folder / "model.json").exists()
    assert "--unfinished" in learning("show", "half.png").stdout

    resumed = learning(*command)
    assert resumed.returncode == 0, resumed.stderr
    assert "resuming the training on" in resumed.stderr
    weights, picture = (folder / "weights.safetensors").read_bytes(), (tmp_path / "one.png").read_bytes()
    assert learning("models", "remove", "--all").returncode == 0
    assert not folder.exists()
    assert learning(*command, "-q").returncode == 0
    assert (folder / "weights.safetensors").read_bytes() == weights
    assert (tmp_path / "one.png").read_bytes() == picture


def test_two_processes_train_one_model(learning, hold, model_store, tmp_path, photo):
    command = ("vary", photo, "-q", *TINY)
    hold.at(stage="whole")
    first = started(tmp_path, *command, "-o", "first.png")
    wait_for(hold.waiting, first)
    second = started(tmp_path, *command, "-o", "second.png")
    _, said = second.communicate(timeout=PATIENCE)
    assert second.returncode == 1
    (line,) = said.splitlines()
    assert f"is being trained by process {first.pid}" in line
    hold.release()
    _, said = first.communicate(timeout=PATIENCE)
    assert (first.returncode, said) == (0, "")
    assert learning(*command).returncode == 0


def test_train_a_folder(learning, model_store, photo, picture):
    picture(64, 48).save(photo.parent / "cat.png")
    (photo.parent / "broken.jpg").write_bytes(b"nothing")
    done = learning("train", "tiny_engine", photo.parent, "--preset", "tiny")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 2
    assert all((Path(line) / "model.json").is_file() for line in done.stdout.splitlines())
    assert "broken.jpg" in done.stderr
    assert done.stderr.splitlines()[-1] == "calotype: 1 of 3 photos failed, the others are done"
    again = learning("train", "tiny_engine", photo.parent, "--preset", "tiny", "--json", "-q")
    document = json.loads(again.stdout)
    assert [model["new"] for model in document["models"]] == [False, False]
    assert [failed["photo"] for failed in document["failed"]] == [str(photo.parent / "broken.jpg")]


def photos(folder: Path, picture, count: int) -> None:
    for i in range(count):
        picture(52 + 4 * i, 32).save(folder / f"photo{i}.png")


def weights(model_store: Path) -> dict[str, bytes]:
    """Of every finished model, by the name of its folder."""
    return {path.parent.name: path.read_bytes() for path in model_store.glob("models/*/weights.safetensors")}


def test_several_photos_at_a_time(learning, model_store, monkeypatch, tmp_path, photo, picture):
    photos(photo.parent, picture, 2)
    picture().save(photo.parent / "twin.png")  # the same photo once more: one model, not two at a time
    (photo.parent / "broken.jpg").write_bytes(b"nothing")
    command = ("train", "tiny_engine", photo.parent, "--preset", "tiny")
    done = learning(*command, "--jobs", "3")
    assert done.returncode == 1, done.stderr
    assert len(done.stdout.splitlines()) == 4
    bad, announced, *finished, last = done.stderr.splitlines()
    assert "broken.jpg" in bad
    assert "training on 4 photos (tiny_engine), 3 at a time: about" in announced
    assert len(finished) == 4
    assert "3 more, about" in finished[0]
    assert last == "calotype: 1 of 5 photos failed, the others are done"
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "other"))
    learning(*command, "-q")
    assert weights(model_store) == weights(tmp_path / "other")
    assert len(weights(model_store)) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_all_at_work_stop_and_go_on_to_the_same_bytes(
    learning, hold, model_store, monkeypatch, tmp_path, photo, picture, number
):
    photos(photo.parent, picture, 2)
    command = ("train", "tiny_engine", photo.parent, "--preset", "tiny", "--set", "steps=40", "-q")
    hold.at(stage="whole", step=5)
    process = started(tmp_path, *command, "--jobs", "2")
    wait_for(lambda: hold.waiting() == 2, process)
    os.killpg(process.pid, signal.SIGINT) if number == signal.SIGINT else process.send_signal(number)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == (130 if number == signal.SIGINT else 143), said
    (line,) = said.splitlines()
    assert "of 3 models trained: the same command resumes" in line
    assert not list(model_store.glob("models/*/lock"))
    assert len(list(model_store.glob("models/*/state/*"))) == 4  # two stages of either
    hold.release()
    again = learning(*command, "--jobs", "3")
    assert again.returncode == 0, again.stderr
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "other"))
    learning(*command)
    assert len(weights(model_store)) == 3
    assert weights(model_store) == weights(tmp_path / "other")


def test_one_of_several_that_is_killed_does_not_stop_the_rest(learning, hold, model_store, tmp_path, photo, picture):
    photos(photo.parent, picture, 2)
    command = ("train", "tiny_engine", photo.parent, "--preset", "tiny", "-q", "--jobs", "2")
    hold.at(stage="whole")
    process = started(tmp_path, *command)
    wait_for(lambda: hold.waiting() == 2, process)
    lock = next(iter(model_store.glob("models/*/lock")))
    os.kill(int(lock.read_text().removeprefix("process ")), signal.SIGKILL)
    hold.release()
    printed, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert len(printed.splitlines()) == 2
    killed, last = said.splitlines()
    assert "was ended by SIGKILL: give a lower --jobs if memory ran out; run the same command again to resume" in killed
    assert last == "calotype: 1 of 3 photos failed, the others are done"
    assert learning(*command).returncode == 0
    assert len(weights(model_store)) == 3


def test_train_into_a_folder_of_ones_own(learning, model_store, tmp_path, photo, picture):
    one = learning("train", "tiny_engine", photo, "--preset", "tiny", "--out", "mine", "-q")
    assert (one.returncode, one.stdout) == (0, "mine\n")
    assert (tmp_path / "mine" / "weights.safetensors").is_file()
    picture(64, 48).save(photo.parent / "cat.png")
    several = learning("train", "tiny_engine", photo.parent, "--preset", "tiny", "--out", "all", "-q")
    assert len(list((tmp_path / "all").iterdir())) == len(several.stdout.splitlines()) == 2
    assert list(model_store.iterdir()) == []


def test_models_list_remove_and_import(learning, model_store, tmp_path, photo):
    empty = learning("models")
    assert (empty.returncode, empty.stdout) == (0, "")
    assert "there are no models" in empty.stderr
    learning("vary", photo, "-q", *TINY)
    learning("upscale", photo, "-q", *TINY)
    heads, *rows = learning("models").stdout.splitlines()
    assert heads.split()[:5] == ["name", "engine", "preset", "photo", "size"]
    assert len(rows) == 2
    assert all(row.endswith("finished") and " bird.png " in row and " 48x32 " in row for row in rows)
    name = rows[0].split()[0]
    assert learning("models", "remove", name).returncode == 0
    assert len(learning("models").stdout.splitlines()) == 2
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "weights").touch()  # what the tiny engine imports
    taken = learning("models", "import", "theirs", "--photo", photo)
    assert taken.returncode == 0, taken.stderr
    used = learning("vary", photo, "--model", taken.stdout.strip(), "-q")
    assert used.returncode == 0, used.stderr


def test_bars_for_the_stages_on_a_terminal(hold, tmp_path, photo):
    from .test_progress import on_a_terminal

    hold.at(stage="half", step=5)

    def look(seen: bytes) -> None:
        if b"left" in seen:
            hold.release()

    said, done = on_a_terminal(tmp_path, ["vary", str(photo), *TINY], LEARNING, look)
    assert done == (0, ["bird_vary_0.png"])
    assert b"half" in said
    assert b"whole" in said
    assert b"left" in said


# ---------------------------------------------------------------------------------------------------------------
# What cannot be done


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("train", "gpnn", "PHOTO"), 2, ("gpnn cannot be trained",)),
        (("train", "tiny_engin", "PHOTO"), 2, ("did you mean 'tiny_engine'?",)),
        (("train", "tiny_engine"), 2, ("PHOTO",)),
        (("train", "tiny_engine", "nowhere.png"), 1, ("nowhere.png", "does not exist")),
        (("train", "tiny_engine", "PHOTO", "--for", "dance"), 2, ("'dance'", "upscale, animate")),
        (("train", "tiny_engine", "PHOTO", "--for", "upscale", "--factor", "20"), 2, ("factor of 20",)),
        (("train", "tiny_engine", "PHOTO", "--jobs", "0"), 2, ("--jobs",)),
        (("models", "remove", "nothing"), 1, ("'nothing'",)),
        (("models", "remove"), 2, ("--all",)),
        (("models", "rmove"), 2, ("did you mean 'remove'?",)),
        (("models", "import", "nowhere"), 1, ("nowhere", "neither a file nor a folder")),
        (("vary", "PHOTO", "--model", "nowhere"), 1, ("'nowhere'",)),
        (("vary", "PHOTO", "--model", "."), 1, ("no model",)),
        (("vary", "PHOTO", "--unfinished", *TINY), 1, ("no stage", "--unfinished")),
        (("vary", "PHOTO", "--tile", "x", *TINY), 2, ("tiny_engine", "--tile")),
        (("vary", "PHOTO", "--also", "PHOTO", *TINY), 2, ("tiny_engine", "--also")),
        (("vary", "PHOTO", "--structure", "scale7", *TINY), 1, ("2 scales", "scale0 (24x16)", "scale1 (48x32)")),
    ],
)
def test_refused(learning, model_store, tmp_path, photo, arguments, status, words):
    done = learning(*(str(photo) if word == "PHOTO" else word for word in arguments))
    refused(done, status, *words)
    assert files(tmp_path) == {"photos/bird.png"}
    assert files(model_store) == set()


def test_the_model_of_another_photo(learning, tmp_path, photo, picture):
    picture(64, 48).save(tmp_path / "cat.png")
    learning("train", "tiny_engine", photo, "--preset", "tiny", "--out", "mine", "-q")
    done = learning("vary", "cat.png", "--model", "mine")
    refused(done, 1, "'mine'", "not trained on 'cat'", "'bird.png', 48x32 pixels")


def test_a_broken_model(learning, tmp_path, photo):
    learning("train", "tiny_engine", photo, "--preset", "tiny", "--out", "mine", "-q")
    weights = tmp_path / "mine" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    refused(learning("vary", photo, "--model", "mine"), 1, "weights.safetensors", "damaged")


def test_nowhere_to_keep_models(learning, monkeypatch, tmp_path, photo):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "file"))
    refused(learning("vary", photo, "-q", *TINY), 1, "cannot write", "CALOTYPE_CACHE")


def test_a_photo_of_one_pixel(learning, model_store, tmp_path):
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    for command in (("train", "tiny_engine", "dot.png"), ("animate", "dot.png", *TINY), ("upscale", "dot.png", *TINY)):
        refused(learning(*command), 1, "dot.png", "1x1")
    assert files(model_store) == set()
