"""Whatever is handed to the real command, the answer is one clear line, the right exit status, and no stray file."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .conftest import PATIENCE, environment, started

TINY = ("--preset", "tiny")


def files(folder: Path) -> set[str]:
    """Everything below ``folder``, hidden files included."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def refused(done, status: int, *words: str) -> str:
    """Check that ``done`` said no in one line that holds all ``words``, and return the line."""
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("calotype: ")
    for word in words:
        assert word in lines[0]
    return lines[0]


# ---------------------------------------------------------------------------------------------------------------
# Photos that cannot be used


def test_missing_file(calotype, tmp_path):
    refused(calotype("vary", "nowhere.jpg", *TINY), 1, "nowhere.jpg", "does not exist")
    assert files(tmp_path) == set()


@pytest.mark.parametrize("content", [b"", b"not a picture at all", b"\x89PNG\r\n\x1a\n then nothing"])
def test_broken_file(calotype, tmp_path, content):
    (tmp_path / "broken.png").write_bytes(content)
    refused(calotype("vary", "broken.png", *TINY), 1, "broken.png")
    assert files(tmp_path) == {"broken.png"}


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_file_cut_short(calotype, tmp_path, picture, suffix):
    whole = tmp_path / f"whole.{suffix}"
    picture(256, 256).save(whole)
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    whole.unlink()
    refused(calotype("vary", cut, *TINY), 1, cut.name, "cut short")
    assert files(tmp_path) == {cut.name}


def test_folder_without_photos(calotype, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no photo")
    refused(calotype("vary", "empty", *TINY), 1, "no photos in 'empty'")


def test_one_pixel(calotype, tmp_path):
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    refused(calotype("vary", "dot.png", *TINY), 1, "dot.png", "1x1")
    assert files(tmp_path) == {"dot.png"}


def test_too_many_megapixels_are_refused_with_the_way_out(calotype, tmp_path):
    Image.new("1", (12_000, 12_000)).save(tmp_path / "huge.png")
    refused(calotype("vary", "huge.png", *TINY), 1, "huge.png", "12000x12000", "--max-side")
    assert files(tmp_path) == {"huge.png"}


def test_hundred_megapixels_can_be_shrunk(calotype, tmp_path):
    Image.new("1", (10_000, 10_000), 1).save(tmp_path / "huge.png")
    done = calotype("vary", "huge.png", "--max-side", 48, "-q", *TINY)
    assert (done.returncode, done.stderr) == (0, "")
    assert Image.open(tmp_path / "huge_vary_0.png").size == (48, 48)


def test_size_that_no_machine_can_do(calotype, tmp_path, photo):
    refused(calotype("vary", photo, "--size", "300000x300000", *TINY), 1, "memory", "300000x300000")
    assert files(tmp_path) == {"photos/bird.png"}


def test_animation(calotype, tmp_path, picture):
    frames = [picture(), picture().rotate(90), picture().rotate(180)]
    frames[0].save(tmp_path / "film.gif", save_all=True, append_images=frames[1:])
    refused(calotype("vary", "film.gif", *TINY), 1, "film.gif", "animation")


def test_lent_photo_that_is_missing(calotype, tmp_path, photo):
    refused(calotype("vary", photo, "--also", "nowhere.jpg", *TINY), 1, "nowhere.jpg", "does not exist")
    assert files(tmp_path) == {"photos/bird.png"}


def test_nothing_on_standard_input(calotype, tmp_path):
    refused(calotype("vary", "-", *TINY, stdin=b""), 1, "input", "empty")
    assert files(tmp_path) == set()


def test_control_characters_of_a_file_do_not_reach_the_terminal(capsys):
    from calotype.cli.report import complain

    complain("there is no object \x1b[31m\x00 in\n'é'")
    assert capsys.readouterr().err == "calotype: there is no object \\x1b[31m\\x00 in 'é'\n"


def test_weights_that_are_not_finite(calotype, tmp_path):
    import torch

    from calotype import saving
    from calotype.models import stylegan

    net = stylegan.build(stylegan.PRESETS["tiny"])
    for parameter in net.parameters():
        parameter.data.fill_(float("nan"))
    assert not torch.isfinite(next(net.parameters())).any()
    saving.write(tmp_path / "model", "stylegan", stylegan.PRESETS["tiny"], net, "", (16, 16))
    refused(calotype("sample", "model", "-q"), 1, "not finite", "train the model again")


# ---------------------------------------------------------------------------------------------------------------
# Photos that are unusual and work


def sixteen_bits(path: Path) -> None:
    Image.fromarray(np.linspace(0, 65535, 48 * 32).reshape(32, 48).astype(np.uint16)).save(path)


@pytest.mark.parametrize("kind", ["palette", "16-bit", "CMYK", "alpha", "EXIF"])
def test_unusual_photo_gives_a_picture_of_its_size_and_kind(calotype, tmp_path, picture, kind):
    name = {"CMYK": "p.jpg", "EXIF": "p.jpg"}.get(kind, "p.png")
    path, size, mode = tmp_path / name, (48, 32), "RGB"
    if kind == "palette":
        picture().quantize(16).save(path)
    elif kind == "16-bit":
        sixteen_bits(path)
    elif kind == "CMYK":
        picture(mode="CMYK").save(path)
    elif kind == "alpha":
        picture(mode="RGBA").save(path)
        mode = "RGBA"
    else:
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned by a quarter
        picture().save(path, exif=exif)
        size = (32, 48)
    done = calotype("vary", name, "-q", *TINY)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "p_vary_0.png\n")
    with Image.open(tmp_path / "p_vary_0.png") as made:
        assert (made.size, made.mode) == (size, mode)


def test_photo_on_standard_input(calotype, tmp_path, photo):
    done = calotype("vary", "-", "-q", "-o", "new.png", *TINY, stdin=photo.read_bytes())
    assert (done.returncode, done.stdout, done.stderr) == (0, "new.png\n", "")


def test_one_bad_photo_does_not_spoil_a_folder(calotype, tmp_path, photo):
    (photo.parent / "a_broken.jpg").write_bytes(b"nothing")
    done = calotype("vary", photo.parent, "-q", "-o", "out", *TINY)
    assert done.returncode == 1
    assert done.stdout.split() == [str(Path("out", "bird_vary_0.png"))]
    reported, summary = done.stderr.splitlines()
    assert reported.startswith("calotype: ")
    assert "a_broken.jpg" in reported
    assert summary == "calotype: 1 of 2 photos failed, the others are done"
    photo.write_bytes(b"nothing")
    for count, last in ((2, "both photos failed"), (3, "all 3 photos failed")):
        done = calotype("vary", photo.parent, "-q", "-o", "out", *TINY)
        assert (done.returncode, done.stderr.count("\n")) == (1, count + 1)
        assert done.stderr.splitlines()[-1] == f"calotype: {last}"
        (photo.parent / "b_broken.jpg").write_bytes(b"nothing")


# ---------------------------------------------------------------------------------------------------------------
# Commands that cannot be understood


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("vry", "PHOTO"), ("'vry'", "did you mean 'vary'?")),
        (("vary", "PHOTO", "--fctor", "2"), ("--fctor", "did you mean '--factor'?")),
        (("vary", "PHOTO", "--preset", "tyni"), ("'tyni'", "tiny")),
        (("vary", "PHOTO", "--engine", "gpn"), ("'gpn'", "gpnn")),
        (("vary", "PHOTO", "--set", "pacth=5"), ("pacth", "patch")),
        (("vary", "PHOTO", "--set", "patch"), ("'patch'", "KEY=VALUE")),
        (("vary", "PHOTO", "--set", "patch=big"), ("patch", "big")),
        (("vary", "PHOTO", "--tile", "bth"), ("'bth'", "did you mean 'both'?")),
        (("vary", "PHOTO", "--structure", "losse"), ("'losse'", "did you mean 'loose'?")),
        (("vary", "PHOTO", "--structure", "1.5"), ("1.5", "0 (free) to 1 (the photo itself)")),
        (("vary", "PHOTO", "--size", "0x100"), ("0x100", "no pixels")),
        (("vary", "PHOTO", "--size", "big"), ("'big'", "WIDTHxHEIGHT")),
        (("vary", "PHOTO", "--factor", "0"), ("factor of 0x0",)),
        (("vary", "PHOTO", "--size", "64x64", "--factor", "2"), ("--size and --factor",)),
        (("vary", "PHOTO", "-n", "0"), ("-n",)),
        (("vary", "PHOTO", "--seed", "some"), ("--seed",)),
        (("vary", "PHOTO", "--device", "abacus"), ("'abacus'", "cpu")),
        (("vary", "PHOTO", "-n", "2", "-o", "one.png"), ("one.png", "folder")),
        (("vary", "PHOTO", "-o", "one.jpg"), ("PNG", "one.png")),
        (("retarget", "PHOTO"), ("--size", "--factor")),
        (("retarget", "PHOTO", "--engine", "ingan", "--shape", "sqare:1"), ("'sqare'", "quad")),
        (("retarget", "PHOTO", "--engine", "ingan", "--shape", "quad:0,0,1,1,1,0,0,1"), ("folded", "lower left")),
        (("retarget", "PHOTO", "--engine", "gpdm", "--size", "9x9", "--film", "gif"), ("gpdm", "ingan", "--film")),
        (("vary",), ("PHOTO",)),
    ],
)
def test_what_cannot_be_understood_is_refused_before_any_work(calotype, tmp_path, photo, arguments, words):
    done = calotype(*(str(photo) if word == "PHOTO" else word for word in arguments))
    refused(done, 2, *words)
    assert files(tmp_path) == {"photos/bird.png"}


def test_a_result_too_small_to_be_made_is_refused_before_training(calotype, tmp_path, photo, model_store):
    done = calotype("retarget", photo, "--engine", "ingan", "--size", "1x1", *TINY)
    refused(done, 1, "1x1 pixels is too small", "16 or more")
    assert files(tmp_path) == {"photos/bird.png"}
    assert files(model_store) == set()


# ---------------------------------------------------------------------------------------------------------------
# Places that cannot be written to


def test_a_file_stands_where_the_folder_should_be(calotype, tmp_path, photo):
    (tmp_path / "out").write_text("a file")
    refused(calotype("vary", photo, "-o", "out/deeper", *TINY), 1, "out", "not a folder")
    assert files(tmp_path) == {"photos/bird.png", "out"}


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc here")
def test_a_place_where_nobody_may_write(calotype, tmp_path, photo):
    done = calotype("vary", photo, "-q", "-o", "/proc/calotype", *TINY)
    refused(done, 1, "cannot write")
    assert files(tmp_path) == {"photos/bird.png"}


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_no_permission(calotype, tmp_path, photo):
    (tmp_path / "locked").mkdir(mode=0o500)
    refused(calotype("vary", photo, "-o", "locked", *TINY), 1, "locked", "no permission")
    assert files(tmp_path) == {"photos/bird.png"}


def test_disk_that_fills_up_while_a_picture_is_written(calotype, tmp_path, photo):
    # A limit on the size of files fails the same write as a full disk does, on any machine: the kernel says EFBIG.
    def small_files_only() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    done = calotype("vary", photo, "--size", "96x96", "-q", "-o", "out", *TINY, before=small_files_only)
    refused(done, 1, "cannot write", "out")
    assert files(tmp_path) == {"photos/bird.png"}


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="only root can mount a small disk")
def test_full_disk(calotype, tmp_path, photo):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        done = calotype("vary", photo, "--size", "200x200", "-q", "-o", disk, *TINY)
        refused(done, 1, "cannot write", "disk is full")
        assert files(disk) == set()
    finally:
        subprocess.run(["umount", disk], check=True)


def test_the_photo_itself_is_never_overwritten(calotype, tmp_path, photo):
    before = photo.read_bytes()
    refused(calotype("vary", photo, "-q", "-o", photo, *TINY), 1, "bird.png", "-o")
    assert photo.read_bytes() == before
    assert files(tmp_path) == {"photos/bird.png"}


# ---------------------------------------------------------------------------------------------------------------
# Sets of pictures


def test_sets_that_cannot_be_made(calotype, tmp_path):
    refused(calotype("data", "scense"), 2, "'scense'", "did you mean 'scenes'")
    refused(calotype("data", "digits", "--size", "7"), 2, "28 to 128")
    refused(calotype("data", "digits", "-n", "0"), 2, "--count")
    refused(calotype("data", "digits", "--packages", "nowhere"), 1, "nowhere", "is not a folder")
    (tmp_path / "digits").mkdir()
    (tmp_path / "digits" / "mine.txt").write_text("mine")
    refused(calotype("data", "digits"), 1, "'digits'", "already there")
    assert files(tmp_path) == {"digits/mine.txt"}


def test_sets_without_the_program_that_fetches(calotype, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    refused(calotype("data", "digits", "-o", "out"), 1, "apt-get is not installed here", "--packages")
    assert files(tmp_path) == set()


# ---------------------------------------------------------------------------------------------------------------
# Interruptions


def wait_for(condition, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_in_the_middle_of_a_folder(calotype, hold, tmp_path, photo, picture, number, status):
    for name in ("cat.png", "dog.png", "emu.png"):
        picture(160, 120).save(photo.parent / name)
    command = ("vary", "photos", "-n", "20", "-o", "out", *TINY)
    out = tmp_path / "out"
    hold.at(files=out / "*.png", count=3)
    process = started(tmp_path, *command, "-q")
    wait_for(hold.waiting, process)
    process.send_signal(number)
    printed, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == status
    assert len(said.splitlines()) == 1, said
    assert "of 80 pictures finished" in said
    assert "the same command resumes" in said
    hold.release()

    finished = files(out) - {"manifest.jsonl"}
    assert 3 <= len(finished) < 80
    assert {Path(line).name for line in printed.split()} <= finished
    assert all(name.endswith(".png") for name in finished)
    for name in finished:
        with Image.open(out / name) as made:
            made.load()
    before = {name: ((out / name).stat().st_mtime_ns, (out / name).read_bytes()) for name in finished}

    done = calotype("vary", "photos", "-n", "2", "-o", "out", "-q", "--json", *TINY)
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["pictures"]) == 8
    assert before == {name: ((out / name).stat().st_mtime_ns, (out / name).read_bytes()) for name in finished}
    assert {f"{stem}_vary_{seed}.png" for stem in ("bird", "cat", "dog", "emu") for seed in (0, 1)} <= files(out)


def test_nobody_reads_the_output(tmp_path, photo):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "calotype", "vary", str(photo), "-q", *TINY],
        cwd=tmp_path,
        env=environment(),
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")
