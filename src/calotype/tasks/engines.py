"""Describe the available engines and models, their presets, and the keys of their settings."""

from __future__ import annotations

import inspect
import re
from dataclasses import asdict, fields
from typing import Any

from calotype.catalog import ENGINES, MODELS, declared, system
from calotype.errors import ArgumentError, unknown


def engines(name: str | None = None) -> dict[str, dict[str, Any]]:
    """JSON-ready descriptions of all engines and models, by name; or of the one called ``name``.

    Keys: ``summary``, ``learns`` (kind of training data), ``presets`` (their values) and ``keys`` (type and meaning).

    Raises:
        ArgumentError: there is none of that name.
    """
    known = (*ENGINES, *MODELS)
    if name is not None and name not in known:
        raise ArgumentError(unknown("engine or model", name, known))
    return {each: _about(each) for each in ([name] if name else known)}


def _about(name: str) -> dict[str, Any]:
    module = system(name)
    meanings = attribute_docs(module.Config)
    return {
        "summary": (inspect.getdoc(module) or "").partition("\n")[0],
        "learns": "many photos" if name in MODELS else "one photo" if declared(name).trained else "nothing",
        "presets": {preset: asdict(config) for preset, config in module.PRESETS.items()},
        "keys": {
            field.name: {"type": str(field.type), "meaning": meanings.get(field.name, "")}
            for field in fields(module.Config)
        },
    }


def attribute_docs(config: type) -> dict[str, str]:
    """Descriptions of a class's attributes: lines ``name: meaning`` under ``Attributes:``, its own and its bases'."""
    meanings: dict[str, str] = {}
    for base in reversed(config.__mro__):
        meanings |= _meanings(base.__doc__ or "")
    return meanings


def _meanings(doc: str) -> dict[str, str]:
    _, _, section = inspect.cleandoc(doc).partition("Attributes:\n")
    meanings: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        match = re.match(r" {4}(\w+)(?: \([^)]*\))?: (.*)", line)
        if match:
            name = match[1]
            meanings[name] = match[2]
        elif name and line.startswith(" " * 5):
            meanings[name] += f" {line.strip()}"
        elif line.strip():
            break
    return meanings
