"""``calotype align``: crop faces and turn them upright, and print the folder they are in."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from calotype.cli.dissect import inspecting
from calotype.files import check_writable
from calotype.tasks.align import align

_STOPPED = "the pictures that were made stay; the same command begins anew"


def run(as_json: bool, device: str, out: str, **options: Any) -> int:
    """Align, and print the folder of the pictures."""
    check_writable(Path(out))
    with inspecting(as_json, device, _STOPPED) as (work, progress):
        made = align(
            out=out, device=device, run=work, on_progress=lambda done, n: progress("aligning", done, n), **options
        )
    if as_json:
        places = {name: each.all for name, each in made.places.items()}
        print(
            json.dumps({"paths": [str(path) for path in made.paths], "places": places, "notes": made.notes}, indent=2)
        )
        return 0
    print(out)
    for note in made.notes:
        print(note, file=sys.stderr)
    return 0
