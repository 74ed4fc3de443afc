"""``calotype directions``: learn directions of attributes, and print where they are and how well they were learned."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from calotype.cli.dissect import inspecting
from calotype.cli.evaluate import aligned
from calotype.files import check_writable
from calotype.tasks.directions import FOLDER, Direction, directions

_STOPPED = "no direction was written; the same command begins anew"


def run(model: str, out: str | None, as_json: bool, device: str, **options: Any) -> int:
    """Learn, and print the files and a table of what was measured."""
    if out is not None or Path(model).is_dir():
        check_writable(Path(model) / FOLDER if out is None else Path(out))
    with inspecting(as_json, device, _STOPPED) as (work, progress):
        made = directions(model, out=out, device=device, on_progress=progress, run=work, **options)
    if as_json:
        print(json.dumps({"directions": [one.as_dict() for one in made.found], "notes": made.notes}, indent=2))
        return 0
    for one in made.found:
        print(one.path)
    heads = ["attribute", "samples with it", "classifier", "held-out accuracy", "changed", "others kept"]
    print(aligned([heads, *map(_row, made.found)]), file=sys.stderr)
    for note in made.notes:
        print(note, file=sys.stderr)
    return 0


def _row(one: Direction) -> list[str]:
    values = (one.classifier, one.accuracy, one.changed, one.kept)
    return [one.attribute, f"{one.share:.1%}", *("" if value is None else f"{value:.3f}" for value in values)]
