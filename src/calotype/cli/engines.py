"""``calotype engines``: what there is to choose from, and what ``--set`` takes."""

# Annotations are values here, not strings: options are made from them.
import inspect
import json
import re
from dataclasses import asdict, fields
from typing import Annotated, Any

import typer

from calotype.catalog import ENGINES, MODELS, system


def engines(
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document instead")] = False,
) -> int:
    """List the engines and models, their presets, and every key that --set takes.

    Engines work with one photo; models learn from many.
    """
    found = {name: _about(name) for name in (*ENGINES, *MODELS)}
    print(json.dumps(found, indent=2) if as_json else "\n\n".join(_text(name, about) for name, about in found.items()))
    return 0


def _about(name: str) -> dict[str, Any]:
    module = system(name)
    meanings = attribute_docs(module.Config)
    return {
        "summary": (inspect.getdoc(module) or "").partition("\n")[0],
        "learns": "many photos" if name in MODELS else "one photo" if hasattr(module, "train") else "nothing",
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


def _text(name: str, about: dict[str, Any]) -> str:
    presets = about["presets"]
    wide = max(len(key) for key in about["keys"])
    lines = [
        f"{name}: {about['summary']}" + (" (learns from many photos)" if about["learns"] == "many photos" else ""),
        f"  presets: {', '.join(presets)}",
        "  keys for --set, with their values in each preset:",
    ]
    for key, said in about["keys"].items():
        values = {json.dumps(config[key]) for config in presets.values()}
        if len(values) == 1:
            shown = values.pop()
        else:
            shown = ", ".join(f"{preset} {json.dumps(config[key])}" for preset, config in presets.items())
        lines.append(f"    {key:<{wide}}  {said['meaning']} [{shown}]")
    return "\n".join(lines)
