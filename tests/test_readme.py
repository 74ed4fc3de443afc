"""The README and the pages in docs: short, with pictures and links that exist, and figures that were measured."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from calotype.catalog import ENGINES, MODELS
from calotype.cli.app import command

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
pytestmark = pytest.mark.skipif(not (ROOT / "benchmarks").is_dir(), reason="docs are not part of this distribution")
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]


def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tables", ROOT / "benchmarks" / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(heading: str) -> list[str]:
    """What the rows of the table below a heading of the README begin with."""
    part = README.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([a-z0-9]+)` \|", part, re.MULTILINE)


def test_benchmarks_page_is_made_of_the_committed_results() -> None:
    assert tables().main(["--check"]) == 0, "run python benchmarks/tables.py"


def test_an_outdated_page_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    assert tables().main(["--check", "--page", str(page)]) == 1
    readme = tmp_path / "readme.md"
    readme.write_text(README.read_text("utf-8"), "utf-8")  # the README is written, too
    assert tables().main(["--page", str(page), "--readme", str(readme)]) == 0
    assert tables().main(["--check", "--page", str(page)]) == 0
    page.write_text(page.read_text("utf-8").replace("1.35", "1.34"), "utf-8")
    assert tables().main(["--check", "--page", str(page)]) == 1
    assert "run python benchmarks/tables.py" in capsys.readouterr().err


def test_an_outdated_table_of_readme_is_found_and_written_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, readme, text = tmp_path / "page.md", tmp_path / "readme.md", README.read_text("utf-8")
    readme.write_text(text.replace("`gpdm --structure free` | ", "`gpdm --structure free` | 9"), "utf-8")
    given = ["--page", str(page), "--readme", str(readme)]
    assert readme.read_text("utf-8") != text
    page.write_text(tables().page(), "utf-8")
    assert tables().main(["--check", *given]) == 1
    assert "readme.md is not up to date" in capsys.readouterr().err
    assert tables().main(given) == 0
    assert readme.read_text("utf-8") == text


def test_every_result_has_its_commit_and_machine() -> None:
    module = tables()
    text = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    assert module.commit({"commit": "0123456789ab-dirty"}) == "0123456-dirty"
    assert module.commit({"commit": "0123456789ab", "dirty": True}) == "0123456-dirty"
    assert module.commit({"commit": "0123456789ab"}) == "0123456"
    for path in (ROOT / "benchmarks" / "results").glob("*.json"):
        line = next(part for part in re.split(r"\n[-|] ", text) if part.startswith(f"[`{path.name}`]"))
        assert module.commit(module.results(path.stem)) in line


def test_readme_is_short() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= 250


def test_every_verb_has_one_row_and_one_section() -> None:
    verbs = sorted(command().commands)
    assert sorted(rows("Verbs")) == verbs
    sections = re.findall(r"^### ([a-z]+)$", (ROOT / "docs" / "verbs.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(sections) == verbs


def test_every_engine_and_every_model_has_one_row() -> None:
    names = rows("Engines and models")
    assert {*ENGINES, *MODELS} <= set(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_are_there(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for picture, target in re.findall(r"(!?)\[[^\]]*\]\(([^)#\s]+)", text):
        if not target.startswith("http"):
            path = page.parent / target
            assert path.exists(), target
            assert not picture or 10_000 < path.stat().st_size < 300_000, target
    assert page != README or text.count("![") >= len(ENGINES) + len(MODELS)
