"""The page's modules: what they import is there, and no two need each other."""

import re
from pathlib import Path

import calotype.errors

PAGE = Path(calotype.errors.__file__).parent / "studio" / "page" / "js"
IMPORT = re.compile(r"""(?:^import\s[^;]*?from\s+|\bimport\()['"](\.{1,2}/[^'"]+)['"]""", re.MULTILINE)
NAMES = re.compile(r"""^import\s+\{([^}]*)\}\s+from\s+['"](\.{1,2}/[^'"]+)['"]""", re.MULTILINE)


def imports(path: Path) -> set[Path]:
    """The modules that a module imports, later ones too."""
    return {(path.parent / found).resolve() for found in IMPORT.findall(path.read_text("utf-8"))}


def cycle(graph: dict[Path, set[Path]]) -> list[Path]:
    """Modules that need each other, in their order; none where there are none."""
    done: set[Path] = set()

    def walk(path: Path, above: list[Path]) -> list[Path]:
        if path in above:
            return [*above[above.index(path) :], path]
        if path in done:
            return []
        for other in sorted(graph[path]):
            found = walk(other, [*above, path])
            if found:
                return found
        done.add(path)
        return []

    return next((found for path in sorted(graph) if (found := walk(path, []))), [])


GRAPH = {path.resolve(): imports(path) for path in PAGE.rglob("*.js")}


def test_every_module_that_is_imported_is_there():
    assert len(GRAPH) > 20
    assert {other for found in GRAPH.values() for other in found} <= set(GRAPH)


def test_every_name_that_is_imported_is_exported():
    for path in GRAPH:
        for names, other in NAMES.findall(path.read_text("utf-8")):
            text = (path.parent / other).resolve().read_text("utf-8")
            for name in (one.strip().partition(" as ")[0] for one in names.split(",") if one.strip()):
                exported = rf"export (?:async )?(?:function|class|const|let) {name}\b|export \{{[^}}]*\b{name}\b"
                assert re.search(exported, text), f"{path.name} imports {name} from {other}"


def test_no_two_modules_need_each_other():
    assert [path.name for path in cycle(GRAPH)] == []


def test_a_cycle_is_found():
    a, b, c = Path("a"), Path("b"), Path("c")
    assert cycle({a: {b}, b: {c}, c: {b}}) == [b, c, b]
    assert cycle({a: {b, c}, b: {c}, c: set()}) == []
