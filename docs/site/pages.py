"""The text of the pages that are made from the program itself."""

from __future__ import annotations

import dataclasses
import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import manual

import calotype
from calotype import catalog
from calotype.tasks.engines import attribute_docs
from calotype.tasks.verbs import VERBS

# What is part of the public interface beside the names of the package itself.
_PACKAGES = (
    "data",
    "deprecation",
    "errors",
    "inspection",
    "losses",
    "metrics",
    "nn",
    "render",
    "results",
    "run",
    "types",
)
_FENCE = "```"


def all_pages() -> Iterator[tuple[str, str]]:
    """Places and texts of all pages."""
    for name, command in manual.commands():
        yield f"verbs/{name.replace(' ', '-')}.md", verb_page(name, command)
    for name in (*catalog.ENGINES, *catalog.MODELS):
        yield f"systems/{name}.md", system_page(name)
    yield "reference/index.md", _reference_of_names()
    for name in _PACKAGES:
        yield f"reference/{name}.md", _reference_of_package(name)


def verb_page(name: str, command: Any) -> str:
    """The page of a command: what it does, how it is called, its options, and the systems that have it."""
    lines = [
        f"# calotype {name}",
        "",
        *_paragraphs(command.help or ""),
        f"{_FENCE}sh",
        manual.usage(name, command),
        _FENCE,
    ]
    able = catalog.able(name)
    if able:
        links = ", ".join(f"[{system}](../systems/{system}.md)" for system in able)
        lines += ["", f"Engines and models that have it: {links}."]
    if name in VERBS:
        lines += ["", f"In Python: [`calotype.{name}`](../reference/index.md#{VERBS[name][0].__module__}.{name})."]
    arguments, options = manual.parameters(command)
    for title, rows in (("Arguments", arguments), ("Options", options)):
        if rows:
            lines += ["", f"## {title}", "", "| | |", "| --- | --- |"]
            lines += [f"| `{flags}` | {_cell(text)} |" for flags, text in rows]
    return "\n".join(lines) + "\n"


def _paragraphs(text: str) -> list[str]:
    return [line for paragraph in text.split("\n\n") for line in (_escaped(" ".join(paragraph.split())), "")]


def _escaped(text: str) -> str:
    """Text without what Markdown would take for a link, an emphasis or a tag."""
    return re.sub(r"([\[\]<>*_|])", r"\\\1", text)


def _cell(text: str) -> str:
    return _escaped(" ".join(text.split()))


def system_page(name: str) -> str:
    """The page of an engine or a model: its prose, verbs, presets and settings."""
    module, system = catalog.system(name), catalog.declared(name)
    kind = "model" if name in catalog.MODELS else "engine"
    lines = [f"# {name}", "", f"An {kind}." if kind == "engine" else "A model of data sets.", ""]
    lines += [
        _prose(inspect.getdoc(module) or ""),
        "",
        "## Verbs",
        "",
        "| verb | inputs | options |",
        "| --- | --- | --- |",
    ]
    for verb, about in system.verbs.items():
        inputs = ", ".join(f"{one.name}{'' if one.required else ' (optional)'}" for one in about.inputs)
        page = f"[{verb}](../verbs/{verb}.md)" if verb in VERBS else verb
        lines.append(f"| {page} | {inputs} | {', '.join(about.options)} |")
    lines += ["", "## Settings", "", "Keys of `--set`, and their values in each preset.", ""]
    presets = module.PRESETS
    lines += [f"| key | meaning | {' | '.join(presets)} |", "| --- | --- |" + " ---: |" * len(presets)]
    docs = attribute_docs(module.Config)
    for field in dataclasses.fields(module.Config):
        values = " | ".join(f"`{getattr(config, field.name)}`" for config in presets.values())
        lines.append(f"| `{field.name}` | {_cell(docs.get(field.name, ''))} | {values} |")
    return "\n".join(lines) + "\n"


def _prose(text: str) -> str:
    return re.sub(r"(?<!`)``([^`]+)``(?!`)", r"`\1`", text)


def _reference_of_names() -> str:
    homes = calotype._HOMES
    lines = ["# Python: `calotype`", "", "The names of the package itself; see [the examples](../python.md).", ""]
    for name in calotype.__all__:
        if name in homes:
            home = inspect.unwrap(getattr(calotype, name)).__module__
            lines += [f"::: {home}.{name}", ""]
    return "\n".join(lines)


def _reference_of_package(name: str) -> str:
    """The modules of a package, or a module."""
    package = import_module(f"calotype.{name}")
    names = [f"calotype.{name}"]
    if hasattr(package, "__path__"):
        found = pkgutil.iter_modules(package.__path__, f"calotype.{name}.")
        names += [one.name for one in found if not one.ispkg and not one.name.rpartition(".")[2].startswith("_")]
    return f"# `calotype.{name}`\n\n" + "\n".join(f"::: {one}\n" for one in names)


def navigation() -> list[Any]:
    """The table of contents."""
    verbs = [{name: f"verbs/{name.replace(' ', '-')}.md"} for name, _ in manual.commands()]
    engines, models = ([{name: f"systems/{name}.md"} for name in names] for names in (catalog.ENGINES, catalog.MODELS))
    guides = {
        "Verbs": "verbs.md",
        "Models": "models.md",
        "Identity and pose": "reposing.md",
        "Dissection": "dissection.md",
        "Files": "files.md",
        "Studio": "studio.md",
        "Python": "python.md",
        "Clusters": "cluster.md",
        "Shells": "shells.md",
        "Versions": "versions.md",
        "Benchmarks": "benchmarks.md",
    }
    further = sorted(page.name for page in manual.DOCS.glob("*.md") if page.name not in guides.values())
    return [
        {"Calotype": "index.md"},
        {"Guides": [{title: page} for title, page in guides.items()] + [{page[:-3].title(): page} for page in further]},
        {"Commands": verbs},
        {"Engines": engines},
        {"Models": models},
        {"Reference": ["reference/index.md", *(f"reference/{name}.md" for name in _PACKAGES)]},
        {"Architecture": "architecture.md"},
        {"Changelog": "changelog.md"},
    ]
