"""What is promised about the repository itself."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def tracked() -> list[Path]:
    """Every file that git tracks; without git (an unpacked sdist) there is nothing to check."""
    try:
        done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tracked():
        try:
            found.append((path, path.read_text("utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def test_every_make_command_of_the_readme_exists():
    readme, makefile = ROOT / "README.md", (ROOT / "Makefile").read_text("utf-8")
    if not readme.exists():
        pytest.skip("no README yet")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"^(?:\$ )?make ([a-z-]+)|`make ([a-z-]+)`", readme.read_text("utf-8"), re.MULTILINE))
    assert {a or b for a, b in named} <= targets


def test_no_lock_file_and_no_package_index_address():
    # Lock files record the address of whatever index they were made with; that is nobody else's business.
    locks = {"uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock", "pdm.lock"}
    assert not [p for p in tracked() if p.name in locks]
    index = re.compile(r"--(extra-)?index-url|--find-links|files\.pythonhosted|/simple/")
    here = Path(__file__).resolve()
    assert not [p for p, text in texts() if p.resolve() != here and index.search(text)]


def test_no_path_of_one_machine():
    # Written in two pieces, so that this file does not find itself.
    private = re.compile("(?<![A-Za-z0-9_.])/" + r"(work|root|home/[a-z]|Users/[A-Za-z])" + r"(/|\b)")
    found = [f"{p.relative_to(ROOT)}: {m[0]}" for p, text in texts() for m in private.finditer(text)]
    assert not found


def test_constraints_pin_torch_without_a_local_version():
    # "+cpu" in a constraint breaks resolvers; without any pin, Linux gets gigabytes of CUDA packages.
    pins = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line.startswith("torch==")]
    assert len(pins) == 1
    assert "+" not in pins[0]


def test_every_example_photo_is_small_and_has_its_licence():
    photos = sorted((ROOT / "examples/photos").glob("*.jpg"))
    licences = (ROOT / "examples/photos/LICENSES.md").read_text("utf-8")
    assert 3 <= len(photos) <= 5
    assert all(p.stat().st_size <= 300_000 for p in photos)
    assert all(f"`{p.name}`" in licences for p in photos)


def test_the_ci_script_can_be_executed():
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
