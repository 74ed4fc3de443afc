"""Wheel and sdist: built, installed in an environment of their own, and used there; and the types that they ship."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

import calotype

ROOT = Path(__file__).parents[1]
needs_builder = pytest.mark.skipif(
    not find_spec("hatchling"), reason="hatchling is not installed: pip install '.[dev]'"
)
CONSUMER = """\
from collections.abc import Sequence
from pathlib import Path

import calotype
from calotype.deprecation import deprecated, renamed_parameters
from calotype.errors import ArgumentError
from calotype.results import Result


def several(photo: Path) -> Sequence[Path]:
    made: Result = calotype.vary(photo, n=2, seed=3, structure="loose", preset="tiny", device="cpu")
    try:
        calotype.retarget(photo, size="640x360").save("out")
    except ArgumentError as error:
        print(error)
    reveal_type(made.seeds)
    reveal_type(calotype.show(photo).command)
    return made.save("out")


@deprecated(since="0.3.0", removed_in="0.5.0", instead="several")
@renamed_parameters(since="0.3.0", removed_in="0.5.0", number="n")
def one(photo: Path, n: int = 1) -> str:
    return f"{photo} {n}"


reveal_type(one(Path()))
calotype.vary(3.5, n="two")
"""
# The lines with an error, and the types that are told.
WRONG, TOLD = {28}, ("list[int]", "str", "str")


def ran(*command: object, cwd: Path, **variables: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | variables
    done = subprocess.run([*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A wheel and an sdist of this checkout."""
    place = tmp_path_factory.mktemp("dist")
    ran(sys.executable, "-m", "hatchling", "build", "-d", place, cwd=ROOT)
    (wheel,), (sdist,) = place.glob("*.whl"), place.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def clean(packages: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel; what it depends on comes from this one."""
    place = tmp_path_factory.mktemp("clean") / "venv"
    ran(sys.executable, "-m", "venv", "--without-pip", place, cwd=place.parent)
    python = next(place.glob("bin/python")) if os.name != "nt" else place / "Scripts" / "python.exe"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--quiet")
    ran(*pip, packages[0], cwd=place.parent)
    (site,) = place.glob("lib/python*/site-packages")
    # Files .pth in that folder are not read, so that an editable checkout stays out.
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return python


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as file:
        return {name for name in file.namelist() if not name.endswith("RECORD")}


@needs_builder
def test_the_wheel_has_what_the_program_needs(packages):
    wheel, _ = packages
    assert wheel.name == f"calotype-{calotype.__version__}-py3-none-any.whl"
    there = names_in(wheel)
    source = ROOT / "src"
    data = {".html", ".js", ".css", ".svg", ".typed", ".webp", ".json", ".py"}
    wanted = {path for path in (source / "calotype").rglob("*") if path.suffix in data and path.is_file()}
    assert {path.relative_to(source).as_posix() for path in wanted if "__pycache__" not in path.parts} <= there
    assert not [name for name in there if name.startswith(("tests/", "benchmarks/", "docs/"))]


@needs_builder
def test_the_sdist_makes_the_same_wheel(packages, tmp_path):
    wheel, sdist = packages
    with tarfile.open(sdist) as file:
        file.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    ran(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "dist", cwd=folder)
    (again,) = (tmp_path / "dist").glob("*.whl")
    assert names_in(again) == names_in(wheel)


@needs_builder
def test_the_wheel_works_in_a_clean_environment(clean, tmp_path):
    command = clean.parent / "calotype"
    assert ran(command, "--version", cwd=tmp_path).strip() == f"calotype {calotype.__version__}"
    place = ran(clean, "-I", "-c", "import calotype; print(calotype.__file__)", cwd=tmp_path).strip()
    assert Path(place).is_relative_to(clean.parents[1])
    Image.new("RGB", (40, 32), (200, 80, 40)).save(tmp_path / "bird.png")
    made = ran(command, "vary", "bird.png", "--preset", "tiny", "--device", "cpu", cwd=tmp_path, OMP_NUM_THREADS="1")
    assert made.strip() == "bird_vary_0.png"
    assert ran(command, "show", "bird_vary_0.png", cwd=tmp_path).startswith("calotype vary bird.png")


def judged(checker: str, place: Path, *more: object) -> str:
    """What a type checker says of a program that uses the package."""
    (place / "consumer.py").write_text(CONSUMER)
    command = [sys.executable, "-m", checker, *map(str, more), "consumer.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "MYPYPATH": str(ROOT / "src")}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr or done.stdout  # one line is wrong on purpose
    return done.stdout


def check_judgement(said: str) -> None:
    assert {int(line) for line in re.findall(r"consumer\.py:(\d+)(?::\d+)*:? (?:- )?error", said)} == WRONG, said
    told = re.findall(r"[Rr]evealed type is [\"']([^\"']+)[\"']|[Tt]ype of \"[^\n]*\" is \"([^\"]+)\"", said)
    found = [(one or other).replace("builtins.", "") for one, other in told]
    assert tuple(found) == TOLD, said


@pytest.mark.skipif(not find_spec("mypy"), reason="mypy is not installed")
def test_a_program_that_uses_the_package_is_checked_by_mypy(tmp_path):
    # The package's own modules are read for their types, and not checked again; torch's are not among its public types.
    (tmp_path / "mypy.ini").write_text(
        "[mypy]\n[mypy-torch.*]\nfollow_imports = skip\nfollow_imports_for_stubs = True\n"
    )
    check_judgement(judged("mypy", tmp_path, "--strict", "--follow-imports=silent", "--no-error-summary", "--no-color"))


@pytest.mark.skipif(not find_spec("pyright"), reason="pyright is not installed: pip install 'pyright[nodejs]'")
def test_a_program_that_uses_the_package_is_checked_by_pyright(tmp_path):
    settings = f'{{"typeCheckingMode": "strict", "extraPaths": ["{ROOT / "src"}"], "reportUnknownMemberType": false}}'
    (tmp_path / "pyrightconfig.json").write_text(settings)
    check_judgement(judged("pyright", tmp_path))


def test_the_package_says_that_it_is_typed():
    assert (Path(calotype.__file__).parent / "py.typed").is_file()
