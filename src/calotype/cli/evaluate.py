"""``calotype evaluate``: the numbers as a table for people, or as JSON for programs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from calotype.cli.progress import reporter
from calotype.cli.report import Misuse
from calotype.tasks.compare import compare
from calotype.tasks.evaluate import MEASURES, evaluate

if TYPE_CHECKING:
    from calotype.tasks.compare import SetScores
    from calotype.tasks.evaluate import Evaluation


def run(
    real: str,
    fakes: list[str],
    weights: str | None,
    as_json: bool,
    metrics: str | None,
    features: str,
    segmenter: str | None,
    seed: int,
) -> int:
    """Evaluate and print."""
    if segmenter is not None and metrics is None:
        metrics = "fsd"
    if metrics is not None or features != "auto":  # features are of sets, too
        return _run_sets(real, fakes, as_json, metrics=metrics, features=features, segmenter=segmenter, seed=seed)
    with _watched("measuring", as_json) as progress:
        # One name may be a folder of results; several are always single pictures.
        found = evaluate(real, fakes[0] if len(fakes) == 1 else fakes, weights=weights, on_progress=progress)
    print(json.dumps(found.as_dict(), indent=2) if as_json else table(found))
    return 0


def _run_sets(real: str, fakes: list[str], as_json: bool, **asked: Any) -> int:
    if len(fakes) != 1:
        raise Misuse("sets are compared folder by folder: give two folders with --metrics")
    with _watched("looking", as_json) as progress:
        found = compare(real, fakes[0], on_progress=progress, **asked)
    print(json.dumps(found.as_dict(), indent=2) if as_json else set_table(found))
    return 0


@contextmanager
def _watched(name: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Says how far it is; hands out what is to be told how many pictures are done, and how many there are."""
    with reporter(quiet) as report, report.together(name, training=False) as heard:
        begun = time.monotonic()

        def progress(done: int, count: int) -> None:
            heard(done / count, (time.monotonic() - begun) / done * (count - done))

        yield progress


def set_table(found: SetScores) -> str:
    """One line a measure, the classes below where there are some, then what concerns them all."""
    rows = [["measure", "value", ""]]
    for name, value in found.values.items():
        if name.endswith(("_floor", "_deviation")):
            continue
        floor, spread = found.values.get(f"{name}_floor"), found.values.get(f"{name}_deviation")
        beside = f"halves of the real ones {_number(floor)}" if floor is not None else ""
        rows.append([name, _number(value), beside or (f"+- {_number(spread)}" if spread is not None else "")])
    lines = [aligned(rows)]
    if found.classes:
        heads = ["class", "real %", "made %", "change", "from", "to"]
        lines += ["", aligned([heads, *map(_class_row, found.classes)])]
    seen = f"; seen with {found.features}" if found.features else ""
    lines.append(f"{found.real} real pictures, {found.fake} made ones{seen}")
    return "\n".join([*lines, *found.notes])


def _class_row(one: dict[str, Any]) -> list[str]:
    ends = [one[key] for key in ("change", "least", "most")]
    shares = [f"{one['real']:.2f}", f"{one['fake']:.2f}"]
    return [one["name"], *shares, *("" if end is None else f"{end:+.0%}" for end in ends)]


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
