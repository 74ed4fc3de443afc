"""Files that are written whole, and what killed processes leave of them."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from calotype import files
from calotype.cli import main
from calotype.data import weights
from calotype.data.decoded import decoded
from calotype.data.prepared import remember
from calotype.errors import InputError, OutputError
from calotype.files import output_error, sha256_of_files, write_folder, write_whole
from calotype.tasks.runner import state_folder

needs_locks = pytest.mark.skipif(sys.platform == "win32", reason="open files are not locked")


def parts(folder):
    return {path.name for path in folder.rglob(".calotype-*.part")}


@needs_locks
def test_only_what_dead_processes_have_left_is_deleted(tmp_path):
    below = tmp_path / "below"
    below.mkdir()
    for folder in (tmp_path, below):
        (folder / ".calotype-0123456789ab.part").write_bytes(b"half")
    (tmp_path / "other.part").write_bytes(b"not ours")

    def write(file):
        file.write(b"who")
        files.remove_stale_parts(tmp_path)
        assert len(parts(tmp_path)) == 2  # the one being written, and the one below
        file.write(b"le")

    files.write_whole(tmp_path / "made", write)
    assert (tmp_path / "made").read_bytes() == b"whole"
    assert parts(tmp_path) == {".calotype-0123456789ab.part"}
    files.remove_stale_parts(tmp_path, below=True)
    assert parts(tmp_path) == set()
    assert (tmp_path / "other.part").exists()


@needs_locks
@pytest.mark.parametrize("target", ["made", "there"])
def test_folders_that_dead_processes_have_left_are_deleted(tmp_path, target):
    (tmp_path / "there").mkdir()
    place = tmp_path if target == "made" else tmp_path / "there"
    stale = place / ".calotype-0123456789ab.part"
    (stale / "images").mkdir(parents=True)
    (stale / "images" / "0.png").write_bytes(b"half")

    def write(part):
        assert parts(tmp_path) == {part.name}  # the stale one is gone
        files.remove_stale_parts(place)  # as another process would
        write_folder(tmp_path / "other", lambda other: (other / "b").touch())
        (part / "a").touch()

    write_folder(tmp_path / target, write)
    assert (tmp_path / target / "a").exists()
    assert (tmp_path / "other" / "b").exists()
    assert parts(tmp_path) == set()


@needs_locks
def test_the_part_of_a_killed_process_is_deleted_and_that_of_a_living_one_stays(tmp_path):
    lines = """
import sys
from pathlib import Path
from calotype.files import write_folder

def write(part):
    (part / "a").touch()
    print("writing", flush=True)
    sys.stdin.read()

write_folder(Path(sys.argv[1]), write)
"""
    command = [sys.executable, "-c", lines, str(tmp_path / "set")]
    path = os.pathsep.join([str(Path(files.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": {**os.environ, "PYTHONPATH": path}}
    with subprocess.Popen(command, **pipes) as process:
        assert process.stdout.readline() == b"writing\n"
        (living,) = parts(tmp_path)
        write_folder(tmp_path / "one", lambda part: (part / "b").touch())
        assert parts(tmp_path) == {living}
        process.kill()
        process.wait()
    assert parts(tmp_path) == {living}
    write_folder(tmp_path / "two", lambda part: (part / "b").touch())
    assert parts(tmp_path) == set()


@needs_locks
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_part_that_is_being_deleted_is_not_written(tmp_path, monkeypatch, kind):
    lock, lost = files.fcntl.flock, []

    def taken_at_first(file, how):
        if not lost:
            lost.extend(tmp_path.glob(".calotype-*.part"))
            raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK))
        lock(file, how)

    def write(part):
        (other,) = lost  # is deleted after the lock was tried
        other.rmdir() if other.is_dir() else other.unlink()
        part.write(b"whole") if kind == "file" else (part / "a").touch()

    monkeypatch.setattr(files.fcntl, "flock", taken_at_first)
    (write_whole if kind == "file" else write_folder)(tmp_path / "made", write)
    assert (tmp_path / "made").exists()
    assert parts(tmp_path) == set()


def test_a_folder_is_written_whole_or_nothing_is_left(tmp_path):
    def write(part):
        (part / "sub").mkdir()
        (part / "sub/a").write_text("a")
        (part / "b").write_text("b")

    def interrupted(part=None):
        if part is not None:
            write(part)
        raise KeyboardInterrupt

    def full():
        raise OSError(errno.ENOSPC, "full")

    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    before = sorted(tmp_path.iterdir())
    for target in (tmp_path / "deep/new", tmp_path / "empty", tmp_path / "link"):
        for how, error in (((interrupted,), KeyboardInterrupt), ((write, interrupted), KeyboardInterrupt)):
            with pytest.raises(error):
                write_folder(target, *how)
        with pytest.raises(OutputError, match="the disk is full"):
            write_folder(target, write, full)
        assert sorted(tmp_path.rglob("*")) == before
    for target in (tmp_path / "deep/new", tmp_path / "link"):
        write_folder(target, write)
        assert sorted(path.name for path in target.rglob("*")) == ["a", "b", "sub"]
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("there", [True, False])
def test_what_appears_in_a_folder_while_it_is_written_stays(tmp_path, there):
    target = tmp_path / "made"

    def write(part):
        (part / "a").write_text("mine")
        (part / "b").write_text("mine")
        target.mkdir(exist_ok=True)
        (target / "b").write_text("of others")

    if there:
        target.mkdir()
    with pytest.raises(OutputError, match="there is a file of that name"):
        write_folder(target, write)
    assert [(path.name, path.read_text()) for path in target.iterdir()] == [("b", "of others")]
    assert list(tmp_path.iterdir()) == [target]


@needs_locks
def test_a_file_that_is_deleted_before_it_is_locked_is_begun_again(tmp_path, monkeypatch):
    lock, taken = files.fcntl.flock, []

    def late(file, how):
        if not taken:
            taken.append(file)
            next(tmp_path.glob("*.part")).unlink()
        lock(file, how)

    monkeypatch.setattr(files.fcntl, "flock", late)
    files.write_whole(tmp_path / "made", lambda file: file.write(b"whole"))
    assert len(taken) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_without_locks_files_are_written_and_nothing_is_deleted(tmp_path, monkeypatch):
    def refused(file, how):
        raise OSError("no locks")

    if files.fcntl:
        monkeypatch.setattr(files.fcntl, "flock", refused)
        left = tmp_path / ".calotype-0123456789ab.part"
        left.touch()
        files.remove_stale_parts(tmp_path)
        assert left.exists()
    files.write_whole(tmp_path / "made", lambda file: file.write(b"whole"))
    assert (tmp_path / "made").read_bytes() == b"whole"


@needs_locks
@pytest.mark.parametrize("out", ["out", "out/made.png"])
def test_the_next_command_deletes_what_a_killed_one_has_left(tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (32, 24), (90, 40, 20)).save("bird.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".calotype-0123456789ab.part").write_bytes(b"half")
    assert main(["vary", "bird.png", "--preset", "tiny", "-q", "-o", out]) == 0
    assert parts(tmp_path) == set()


def one_row():
    return decoded([(Path("a.png"),)], (1,), lambda number: number, lambda _: np.zeros(1, np.uint8), about="")


@pytest.mark.parametrize(
    "write",
    [
        lambda: remember("digits", Path("digits")),
        lambda: weights.fetch(replace(weights.ALL["vgg16"], files={"net": ""}, convert=lambda _: {"net": b""})),
        one_row,
        lambda: write_whole(state_folder({}) / "state", lambda file: file.write(b"")),
    ],
    ids=["data", "weights", "decoded pictures", "jobs"],
)
def test_a_cache_that_cannot_be_written_is_named(write, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    (tmp_path / "a.png").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(weights, "fetched", lambda package, packages: None)
    with pytest.raises(OutputError, match=r"^cannot write .*, or set CALOTYPE_CACHE to a folder for what is kept$"):
        write()
    with pytest.raises(OutputError, match=r"^cannot write .* choose another folder$"):
        write_whole(tmp_path / "a.png" / "out.png", lambda file: file.write(b""))


def test_only_folders_of_the_cache_are_taken_for_it(tmp_path, monkeypatch):
    def said(path, number=errno.EACCES):
        return "CALOTYPE_CACHE" in str(output_error(Path(path), OSError(number, "no")))

    monkeypatch.chdir(tmp_path)
    for cache in (".", str(tmp_path)):
        monkeypatch.setenv("CALOTYPE_CACHE", cache)
        assert said(tmp_path / "models" / "a")
        assert said("models/a")
        assert not said("out.png")
        assert not said(tmp_path / "out.png")
        assert not said("models/a", errno.ENAMETOOLONG)


def test_all_folders_of_the_cache_are_known():
    used = {
        kind
        for path in Path(files.__file__).parent.rglob("*.py")
        for kind in re.findall(r'cache_folder\("(\w+)"\)', path.read_text(encoding="utf-8"))
    }
    assert used | {"segmenters"} == set(files.CACHE_KINDS)


def test_the_hash_of_files_tells_those_of_the_same_names_apart(tmp_path):
    other = os.fsdecode(b"b\xff.png") if sys.platform == "linux" else "b.png"  # a name that is no text
    files = [tmp_path / "a.png", tmp_path / other]
    for path in files:
        path.write_bytes(b"first")
    before = sha256_of_files(files)
    assert sha256_of_files(files) == before
    files[0].write_bytes(b"second")
    assert sha256_of_files(files) != before
    files[0].unlink()
    with pytest.raises(InputError, match=r"a\.png' does not exist"):
        sha256_of_files(files)


def test_what_a_killed_process_left_in_an_empty_folder_is_no_entry(tmp_path):
    stale = tmp_path / ".calotype-0123456789ab.part"
    stale.mkdir()
    (stale / "images").touch()
    assert files.is_free(tmp_path)
    order = []

    def write(part):
        for name in ("about.json", "b", "c"):
            (part / name).touch()

    real = Path.replace
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "replace", lambda one, to: order.append(one.name) or real(one, to))
        files.write_folder(tmp_path, write, last="about.json")
    assert order == ["b", "c", "about.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["about.json", "b", "c"]
    assert not files.is_free(tmp_path)


@pytest.mark.parametrize("number", sorted(files._ADVICE))
def test_each_error_of_writing_says_what_to_do(number):
    said = str(output_error(Path("made") / "a.png", OSError(number, os.strerror(number))))
    assert re.search("choose|free|raise", said)
    assert os.strerror(number) not in said


def test_a_place_where_no_folder_can_be_made_is_told_with_advice():
    said = str(output_error(Path("made") / "a.png", OSError(errno.ENOENT, os.strerror(errno.ENOENT))))
    assert said.endswith("no folder can be made there: choose another folder")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EROFS, "the disk is read-only"),
        (errno.EACCES, "no permission"),
        (errno.ENOSPC, "the disk is full"),
        (errno.ENOENT, "no folder can be made there"),
    ],
)
@pytest.mark.parametrize("out", [".", "new/folder"])
def test_that_a_folder_cannot_be_written_is_found_out_by_trying(tmp_path, monkeypatch, number, words, out):
    def refused(path, *rest, **more):
        raise OSError(number, os.strerror(number), str(path))

    files.check_writable(tmp_path / out)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(OutputError, match=words):
        files.check_writable(tmp_path / out)


@pytest.mark.skipif(sys.platform != "linux", reason="a folder in which nobody can make anything")
@pytest.mark.parametrize("cache", [False, True])
@pytest.mark.parametrize(
    "command",
    [
        "vary PHOTO --preset tiny",
        "vary PHOTO --preset tiny --engine singan",
        "animate PHOTO --preset tiny",
        "segment PHOTO",
        "train singan PHOTO --preset tiny",
        "train cocogan PHOTOS --preset tiny",
    ],
)
def test_a_place_where_nothing_can_be_made_is_told_before_the_work(tmp_path, monkeypatch, capsys, command, cache):
    values = np.random.default_rng(0).integers(0, 256, (40, 48, 3), np.uint8)
    (tmp_path / "photos").mkdir()
    Image.fromarray(values).save(tmp_path / "photos" / "photo.png")
    words = command.replace("PHOTOS", str(tmp_path / "photos")).replace("PHOTO", str(tmp_path / "photos" / "photo.png"))
    trains = "train" in command or "singan" in command or "animate" in command
    if cache:
        monkeypatch.setenv(files.CACHE_VARIABLE, "/proc/no/cache")
        more = ["-o", str(tmp_path / "out")] if "train" not in command else []
    else:
        more = ["--out", "/proc/no/folder"]
    status = main([*words.split(), *more])
    lines = capsys.readouterr().err.splitlines()
    if cache and not trains:
        assert status == 0
    else:
        assert status == 1
        (line,) = lines
        assert "no folder can be made there" in line


def test_a_name_that_is_too_long_is_told_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (40, 40)).save("photo.png")
    long = "x" * 300
    for words in (["vary", long], ["vary", "photo.png", "-o", long], ["sample", long], ["evaluate", long, "photo.png"]):
        assert main(words) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert "it is too long" in line
