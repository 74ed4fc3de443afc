"""``calotype engines``: what there is to choose from, and what ``--set`` takes."""

# Annotations are values here, not strings: options are made from them.
import json
from typing import Any

from calotype.cli.output_options import Json
from calotype.tasks import engines as known


def engines(
    as_json: Json = False,
) -> int:
    """List the engines and models, their presets, and every key that --set takes.

    Engines work with one photo; models learn from many.
    """
    found = known.engines()
    print(json.dumps(found, indent=2) if as_json else "\n\n".join(_text(name, about) for name, about in found.items()))
    return 0


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
