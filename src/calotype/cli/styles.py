"""``calotype styles``: write style vectors, or list the nearest styles."""

from __future__ import annotations

import json
import sys
from typing import Any

from calotype.cli.evaluate import aligned, progress_of
from calotype.tasks.styles import styles


def run(as_json: bool, **options: Any) -> int:
    """Find the vectors, and print the file they are in, or each artwork with the nearest one."""
    with progress_of("styles", as_json) as progress:
        made = styles(**options, on_progress=progress)
    out = options.get("out")
    if as_json:
        rows = [dict(zip(made.table.columns, row)) for row in made.table.rows]
        print(json.dumps({"vectors": rows, "nearest": [vars(one) for one in made.nearest]}, indent=2))
    elif out is not None:
        print(out)
    elif made.nearest:
        lines = [["distance", "artwork", "nearest"]]
        lines += [[f"{one.distance:.3f}", one.picture, one.nearest] for one in made.nearest]
        print(aligned(lines, right=False))
    else:
        print(" ".join(f"{value:.4f}" for value in made.table.rows[0][3:]))
    for note in made.notes:
        print(note, file=sys.stderr)
    return 0
