"""The README quotes what was measured, and nothing else."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_tables_are_the_committed_results() -> None:
    spec = importlib.util.spec_from_file_location("tables", ROOT / "benchmarks" / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)
    text = (ROOT / "README.md").read_text("utf-8")
    assert tables.filled(text) == text, "run python benchmarks/tables.py"


def test_pictures_are_there() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    pictures = [line.split("](")[1].rstrip(")") for line in text.splitlines() if line.startswith("![")]
    assert len(pictures) >= 3
    for picture in pictures:
        assert 10_000 < (ROOT / picture).stat().st_size < 300_000
