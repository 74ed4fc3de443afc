"""``calotype engines``: list engines, models, presets and the keys of ``--set``."""

# Annotations are values here, not strings: options are made from them.
import json
from typing import Annotated, Any

import typer

from calotype.cli.output_options import Json
from calotype.tasks import engines as task


def engines(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="one engine or model; default: all")] = None,
    as_json: Json = False,
) -> int:
    """List the engines and models, their presets, and all keys of --set.

    Engines process one photo; models are trained on data sets.

    Raises:
        ArgumentError: there is no engine of that name.
    """
    descriptions = task.engines(name)
    print(
        json.dumps(descriptions, indent=2)
        if as_json
        else "\n\n".join(_text(name, about) for name, about in descriptions.items())
    )
    return 0


def _text(name: str, about: dict[str, Any]) -> str:
    presets = about["presets"]
    width = max(len(key) for key in about["keys"])
    lines = [
        f"{name}: {about['summary']}" + (" (trained on a data set)" if about["learns"] == "many photos" else ""),
        f"  presets: {', '.join(presets)}",
        "  keys for --set, with their values in each preset:",
    ]
    for key, entry in about["keys"].items():
        values = {json.dumps(config[key]) for config in presets.values()}
        if len(values) == 1:
            shown = values.pop()
        else:
            shown = ", ".join(f"{preset} {json.dumps(config[key])}" for preset, config in presets.items())
        lines.append(f"    {key:<{width}}  {entry['meaning']} [{shown}]")
    return "\n".join(lines)
