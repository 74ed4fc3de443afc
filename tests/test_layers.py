"""Who may import whom: read from the source, so that a wrong import fails here and not in a year."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import calotype.errors

SOURCE = Path(calotype.errors.__file__).parent

# From the ground up. What stands on one line is one layer, and does not import its own neighbours.
LAYERS = [
    {"errors", "declaration", "deprecation", "openmp", "processor", "renamed"},
    {"types", "configuration", "setting_checks"},
    {"files"},
    {"image", "foreign"},
    {"results"},
    {"checkpoint", "distributed"},
    {"run", "saving"},
    {"nn"},
    {"losses", "data", "render"},
    {"metrics", "matching", "kinds", "semantic", "reposing", "translation"},
    {"inspection"},
    {"engines", "models"},
    {"catalog"},
    {"tasks"},
    {"studio"},
    {"cli"},
    {"__main__"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

# Imports that go up, within a function, each with its reason.
UPWARD: dict[tuple[str, str], str] = {}
LIGHT = {
    "",
    "errors",
    "declaration",
    "openmp",
    "configuration",
    "setting_checks",
    "kinds",
    "results",
    "types",
    "files",
    "catalog",
    "tasks",
    "studio",
    "cli",
}  # no torch at module level; "" is __init__
SIBLINGS_APART = {"engines", "models"}
MAY_PRINT = {"cli"}


class Import(NamedTuple):
    module: str
    lazy: bool
    line: int


def module_name(path: Path, source: Path) -> str:
    """``image/io.py`` is ``image.io``, ``image/__init__.py`` is ``image``, the package itself is ``""``."""
    parts = path.relative_to(source).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path, source: Path) -> list[Import]:
    """What a file imports, except for type checkers alone."""
    name = module_name(path, source)
    package = ["calotype", *([*name.split(".")] if name else [])]
    if path.name != "__init__.py":
        package = package[:-1]
    return list(_imports(ast.parse(path.read_text()), package, False))


def _imports(node: ast.AST, package: list[str], lazy: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, lazy, child.lineno)
        elif isinstance(child, ast.ImportFrom):
            start = package[: len(package) - child.level + 1] if child.level else []
            base = ".".join([*start, *([child.module] if child.module else [])])
            for alias in child.names:
                yield Import(f"{base}.{alias.name}", lazy, child.lineno)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for other in child.orelse:
                yield from _imports(ast.Module([other], []), package, lazy)
        else:
            deeper = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from _imports(child, package, lazy or deeper)


def own(module: str) -> list[str] | None:
    """``calotype.image.io.open_photo`` is ``["image", "io", "open_photo"]``; ``None`` for foreign modules."""
    parts = module.split(".")
    return parts[1:] if parts[0] == "calotype" else None


def faults(source: Path) -> list[str]:
    """Every breach of the rules in a tree of source files."""
    paths = sorted(source.rglob("*.py"))
    names = {module_name(path, source): path for path in paths}
    found = []
    for name, path in names.items():
        found += [f"{name or '__init__'}: {fault}" for fault in file_faults(name, path, source)]
    found += [f"{name or '__init__'}: imports torch when it is imported" for name in heavy_among_light(names, source)]
    return found


def file_faults(name: str, path: Path, source: Path) -> Iterator[str]:
    layer, *rest = name.split(".")
    if layer and layer not in LEVEL:
        yield "stands in no layer: add it to LAYERS and to ARCHITECTURE.md"
        return
    for module, lazy, line in imports_of(path, source):
        if module.split(".")[0] == "torchvision":
            yield f"line {line} imports torchvision"
        target = own(module)
        if not target or not layer or target[0] not in LEVEL:
            continue
        if target[0] == layer:
            if layer in SIBLINGS_APART and rest and target[1:2] and target[1] != rest[0]:
                yield f"line {line} imports its sibling {module}"
        elif LEVEL[target[0]] >= LEVEL[layer] and not (lazy and (layer, target[0]) in UPWARD):
            yield f"line {line} imports {module}, which does not lie below"
    if layer not in MAY_PRINT:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                yield f"line {node.lineno} prints"
            if isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.stdout", "sys.stderr"):
                yield f"line {node.lineno} touches {ast.unparse(node)}"


def heavy_among_light(names: dict[str, Path], source: Path) -> list[str]:
    """The files that should be quick to import and bring torch in, be it through others."""
    needs = {name: [i.module for i in imports_of(path, source) if not i.lazy] for name, path in names.items()}
    heavy = {name for name, modules in needs.items() if any(brings_torch(module) for module in modules)}
    while True:
        more = {name for name in needs if name not in heavy and any(leads_to(m, heavy) for m in needs[name])}
        if not more:
            return sorted(name for name in heavy if name.split(".")[0] in LIGHT)
        heavy |= more


# What takes long to import, or need not be installed: what needs it may be imported when it is used.
DEFERRED = {
    *("torch", "numpy", "PIL", "safetensors", "rich", "pydantic", "typer", "fastapi", "starlette", "uvicorn"),
    *("ray", "av", "pillow_heif", "h5py", "resvg_py", "pybullet"),
}


def brings_torch(module: str) -> bool:
    return module == "torch" or module.startswith(("torch.", "safetensors.torch"))


def slow_modules(needs: dict[str, list[Import]]) -> set[str]:
    """The modules that bring in what takes long to import, be it through others."""
    slow = {
        name for name, found in needs.items() if any(i.module.split(".")[0] in DEFERRED and not i.lazy for i in found)
    }
    while True:
        more = {
            name
            for name, found in needs.items()
            if name not in slow and any(not i.lazy and leads_to(i.module, slow) for i in found)
        }
        if not more:
            return slow
        slow |= more


def needless(source: Path) -> list[str]:
    """Imports inside functions that defer nothing."""
    paths = {module_name(path, source): path for path in sorted(source.rglob("*.py"))}
    needs = {name: imports_of(path, source) for name, path in paths.items()}
    slow = slow_modules(needs)
    return [
        f"{name or '__init__'}: line {i.line} imports {i.module} inside a function, and could do so at the top"
        for name, found in needs.items()
        for i in found
        if i.lazy and own(i.module) is not None and not leads_to(i.module, slow) and name not in slow
    ]


def cycles(source: Path) -> list[list[str]]:
    """Modules of one package that need each other, imports inside functions included."""
    paths = {module_name(path, source): path for path in sorted(source.rglob("*.py"))}
    graph: dict[str, set[str]] = {}
    for name, path in paths.items():
        targets = {target_of(i.module, paths) for i in imports_of(path, source)} - {None, name}
        graph[name] = {target for target in targets if target.split(".")[0] == name.split(".")[0]}
        if path.name == "__init__.py":  # a package brings its parts, and these may need what is beside them
            graph[name] = set()
    return [sorted(part) for part in components(graph) if len(part) > 1]


def target_of(module: str, names: dict[str, Path]) -> str | None:
    """The file that an import is of: the longest part of its name that is one."""
    parts = own(module)
    if parts is None:
        return None
    return next((".".join(parts[:n]) for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in names), None)


def components(graph: dict[str, set[str]]) -> list[set[str]]:
    """The strongly connected components of a graph (Tarjan, "Depth-first search and linear graph algorithms", 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            part = set(stack[stack.index(node) :])
            del stack[stack.index(node) :]
            found.append(part)

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def leads_to(module: str, heavy: set[str]) -> bool:
    parts = own(module)
    # Importing a.b.c runs a, a.b and a.b.c, whichever of them are modules.
    return parts is not None and any(".".join(parts[:n]) in heavy for n in range(1, len(parts) + 1))


def test_every_import_goes_down():
    assert faults(SOURCE) == []


def test_no_modules_of_a_package_need_each_other():
    assert cycles(SOURCE) == []


def test_imports_inside_functions_defer_something():
    assert needless(SOURCE) == []


def test_the_layers_cover_all_there_is():
    assert {path.stem for path in SOURCE.glob("*.py")} - {"__init__", "__main__"} <= set(LEVEL)


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("image/a.py", "from calotype.run import Run", "does not lie below"),
        ("image/a.py", "from ..run import Run", "does not lie below"),
        ("image/a.py", "def f():\n    import calotype.tasks.vary", "does not lie below"),
        ("run.py", "from calotype import saving", "does not lie below"),
        ("types.py", "from calotype.image.io import save_png", "does not lie below"),
        ("engines/one/net.py", "from calotype.engines.two import x", "sibling"),
        ("engines/one/net.py", "from calotype.engines import two", "sibling"),
        ("engines/one/net.py", "from ..two import x", "sibling"),
        ("tasks/vary.py", "import torch", "torch"),
        ("tasks/vary.py", "from torch.nn import functional", "torch"),
        ("tasks/vary.py", "try:\n    import torch\nexcept ImportError:\n    pass", "torch"),
        ("tasks/vary.py", "from calotype.run import Run", "torch"),
        ("cli/a.py", "from calotype.tasks.b import c", "torch"),
        ("__init__.py", "from calotype.run import Run", "torch"),
        ("errors.py", "print('x')", "prints"),
        ("tasks/vary.py", "import sys\nsys.stdout.write('x')", "sys.stdout"),
        ("nn/a.py", "import torchvision", "torchvision"),
        ("odd.py", "", "no layer"),
    ],
)
def test_the_test_catches(tmp_path, file, text, fault):
    (tmp_path / "tasks").mkdir()
    (tmp_path / "run.py").write_text("import torch\n")
    (tmp_path / "tasks" / "b.py").write_text("import torch\n")
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    before = faults(tmp_path)
    (tmp_path / file).write_text(text)
    new = [found for found in faults(tmp_path) if found not in before]
    assert any(fault in found for found in new), new


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("tasks/vary.py", "def f():\n    import torch\n    from calotype.run import Run"),
        ("tasks/vary.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch"),
        ("results.py", "def f():\n    from calotype.image.io import save_png"),
        ("engines/one/net.py", "import torch\nfrom calotype.engines.one import loss\nfrom . import loss"),
        ("engines/one/__init__.py", "from .net import Net\nfrom calotype.nn.blocks import b"),
        ("cli/a.py", "import sys\nprint('x', file=sys.stderr)\nfrom calotype.tasks import vary"),
    ],
)
def test_the_test_lets_pass(tmp_path, file, text):
    (tmp_path / "run.py").write_text("import torch\n")
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    assert faults(tmp_path) == []
