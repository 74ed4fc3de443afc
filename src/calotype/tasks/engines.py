"""What there is to choose from: the engines and models, their presets, and the keys of their settings."""

from __future__ import annotations

import inspect
import re
from dataclasses import asdict, fields
from typing import Any

from calotype.catalog import ENGINES, MODELS, declared, system


def engines() -> dict[str, dict[str, Any]]:
    """Of each engine and model, by name, JSON-ready.

    ``summary``, ``learns`` (from what), ``presets`` (their values) and ``keys`` (type and meaning).
    """
    return {name: _about(name) for name in (*ENGINES, *MODELS)}


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
    """What a class's docstring says about each attribute: the lines ``name: meaning`` under ``Attributes:``."""
    _, _, section = (inspect.getdoc(config) or "").partition("Attributes:\n")
    meanings: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        begun = re.match(r" {4}(\w+)(?: \([^)]*\))?: (.*)", line)
        if begun:
            name = begun[1]
            meanings[name] = begun[2]
        elif name and line.startswith(" " * 5):
            meanings[name] += f" {line.strip()}"
        elif line.strip():
            break
    return meanings
