"""``calotype evaluate``: the numbers as a table for people, or as JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from calotype.tasks.evaluate import MEASURES, evaluate

if TYPE_CHECKING:
    from calotype.tasks.evaluate import Evaluation


def run(real: str, fakes: list[str], weights: str | None, as_json: bool) -> int:
    """Evaluate and print."""
    # One name may be a folder of results; several are always single pictures.
    found = evaluate(real, fakes[0] if len(fakes) == 1 else fakes, weights=weights)
    print(json.dumps(found.as_dict(), indent=2) if as_json else table(found))
    return 0


def table(found: Evaluation) -> str:
    """One line a result, the medians below where there are several, then what concerns them all."""
    medians = found.medians
    measures = [name for name in MEASURES if name in medians]
    rows = [["result", *measures]]
    rows += [[row.result, *(_number(getattr(row, name)) for name in measures)] for row in found.rows]
    if len(found.rows) > 1:
        rows.append(["median", *(_number(medians[name]) for name in measures)])
    lines = [aligned(rows)]
    if found.diversity is not None:
        lines.append(f"diversity {_number(found.diversity)}")
    lines += [f"{kind} is computed with {name}" for kind, name in found.features.items()]
    if found.unpaired:
        lines.append(f"without a partner: {', '.join(found.unpaired)}")
    return "\n".join(lines)


def aligned(rows: list[list[str]], *, right: bool = True) -> str:
    """Rows of cells as lines, columns one below the other; all but the first at their ``right``."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    sides = ["<", *(">" if right else "<" for _ in widths[1:])]
    lines = ["  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _number(value: float) -> str:
    return f"{value:.4g}"
