"""``calotype invert``: find photos in a generator."""

from __future__ import annotations

import json
import sys
from typing import Any

from calotype.cli.dissect import inspecting
from calotype.cli.evaluate import aligned
from calotype.cli.options import arguments
from calotype.tasks.invert import invert

_LISTED = 12  # classes


def run(model: str, photos: list[str], as_json: bool, device: str, **options: Any) -> int:
    """Invert, and print the page's file and what is lost by class."""
    given = arguments(invert, {"model": model, "photos": photos, "device": device, **options})
    with inspecting(as_json, device) as (work, progress):
        made = invert(**given, run=work, on_progress=progress)
    if as_json:
        print(json.dumps({"page": str(made.page), **made.report}, indent=2))
        return 0
    print(made.page)
    if made.report["classes"]:
        rows = [["class", "photos", "photo %", "reconstruction %", "kept"]]
        for one in made.report["classes"][:_LISTED]:
            areas = [f"{one['real']:.2f}", f"{one['made']:.2f}", f"{one['kept']:.0%}"]
            rows.append([one["name"], str(one["photos"]), *areas])
        print(aligned(rows), file=sys.stderr)
    for note in made.notes:
        print(note, file=sys.stderr)
    return 0
