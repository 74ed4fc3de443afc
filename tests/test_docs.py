"""The documentation: pages that are made from the program, the manual page, completion, and the built site."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from calotype import catalog
from calotype.tasks.verbs import VERBS

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs" / "site"))
import manual  # noqa: E402
import pages  # noqa: E402


@pytest.fixture(scope="module")
def made():
    return dict(pages.all_pages())


def test_every_verb_has_a_page_with_its_options(made):
    commands = dict(manual.commands())
    assert VERBS.keys() < commands.keys()
    for name, command in commands.items():
        text = made[f"verbs/{name.replace(' ', '-')}.md"]
        assert manual.usage(name, command) in text
        for each in command.params:
            if each.param_type_name == "option" and not each.hidden:
                assert each.opts[0] in text
    assert "../systems/singan.md" in made["verbs/vary.md"]


def test_every_system_has_a_page_with_its_settings(made):
    for name in (*catalog.ENGINES, *catalog.MODELS):
        text = made[f"systems/{name}.md"]
        assert all(f"`{key}`" in text for key in catalog.system(name).Config.__dataclass_fields__)
        assert all(f"[{verb}](../verbs/{verb}.md)" in text for verb in catalog.declared(name).verbs if verb in VERBS)


def test_every_page_is_in_the_navigation(made):
    def places(entry):
        if isinstance(entry, str):
            yield entry
        for one in entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else ():
            yield from places(one)

    listed = set(places(pages.navigation()))
    assert made.keys() <= listed
    assert {path.name for path in (ROOT / "docs").glob("*.md")} <= listed


def test_the_manual_page_is_made_from_the_parser():
    text = manual.manual()
    for name, _ in manual.commands():
        assert f"calotype {name}".replace("-", "\\-") in text
    known = {".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".I"}
    assert {line.split()[0] for line in text.splitlines() if line.startswith(".")} <= known
    assert not [line for line in text.splitlines() if line.startswith("'")]


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_the_manual_page_has_no_faults(tmp_path):
    page = tmp_path / "calotype.1"
    page.write_text(manual.manual())
    done = subprocess.run(["groff", "-man", "-ww", "-z", "-Tutf8", page], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def _said(ask, **variables):
    """What the program says to a shell that asks."""
    environment = {**os.environ, "_CALOTYPE_COMPLETE": ask, **variables}
    command = [sys.executable, "-m", "calotype"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout


def _completed(shell, **variables):
    return _said(f"complete_{shell}", **variables)


def test_words_are_completed():
    assert _completed("bash", COMP_WORDS="calotype va", COMP_CWORD="1").split() == ["vary"]
    assert _completed("bash", COMP_WORDS="calotype vary --tile ", COMP_CWORD="3").split() == ["none", "x", "y", "both"]
    assert _completed("bash", COMP_WORDS="calotype train stylegan", COMP_CWORD="2").split() == ["stylegan"]
    assert '"--tile"' in _completed("zsh", _TYPER_COMPLETE_ARGS="calotype vary --ti")
    fish = _completed("fish", _TYPER_COMPLETE_ARGS="calotype vary --ti", _TYPER_COMPLETE_FISH_ACTION="get-args")
    assert fish.startswith("--tile")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_a_script_that_it_can_read(shell, tmp_path):
    said = _said(f"source_{shell}")
    assert f"_CALOTYPE_COMPLETE=complete_{shell}" in said
    if shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(said)
        assert subprocess.run([shell, "-n", script], capture_output=True, check=False).returncode == 0


def test_the_lines_for_shells_are_those_of_the_documentation():
    text = (ROOT / "docs" / "shells.md").read_text("utf-8")
    assert re.findall(r"_CALOTYPE_COMPLETE=source_(\w+)", text) == ["bash", "zsh", "fish"]


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("mkdocs"), reason="mkdocs is not installed: pip install 'calotype[docs]'")
def test_the_site_is_built_without_warnings(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    assert (tmp_path / "site" / "verbs" / "vary.html").is_file()
