"""``calotype retrieve``: list the pictures that are found."""

from __future__ import annotations

import json
import sys
from typing import Any

from calotype.cli.evaluate import aligned
from calotype.tasks.retrieve import retrieve


def run(as_json: bool, **options: Any) -> int:
    """Retrieve, and print a line for each picture."""
    made = retrieve(**options)
    if as_json:
        rows = [{**vars(one), "file": str(one.file)} for one in made.found]
        print(json.dumps(rows, indent=2))
    else:
        rows_of_text = [["similarity", "picture"]]
        for one in made.found:
            rows_of_text.append([f"{one.similarity:.3f}", f"{one.file}" + (f" frame {one.frame}" if one.frame else "")])
        print(aligned(rows_of_text, right=False))
    for note in made.notes:
        print(note, file=sys.stderr)
    return 0
