"""``calotype evaluate``: print measures as a table or as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.cli.progress import reporter
from calotype.cli.report import Misuse
from calotype.errors import counted
from calotype.tasks.compare import compare
from calotype.tasks.eta import format_duration
from calotype.tasks.evaluate import MEASURES, evaluate, expected_seconds, paired
from calotype.tasks.leaks import leaks as measure_leaks

if TYPE_CHECKING:
    from calotype.tasks.compare import SetScores
    from calotype.tasks.leaks import leaks as measure_leaks
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
    leaks: bool,
) -> int:
    """Evaluate and print."""
    if leaks:
        return _run_leaks(real, fakes, as_json, seed)
    if segmenter is not None and metrics is None:
        metrics = "fsd"
    if metrics is not None or features != "auto":  # only sets use features
        return _run_sets(real, fakes, as_json, metrics=metrics, features=features, segmenter=segmenter, seed=seed)
    if len(fakes) == 1 and not as_json:
        _announce(real, fakes[0])
    with progress_of("measuring", as_json) as progress:
        # One path may be a folder of results; several paths are single pictures.
        result = evaluate(real, fakes[0] if len(fakes) == 1 else fakes, weights=weights, on_progress=progress)
    print(json.dumps(result.as_dict(), indent=2) if as_json else table(result))
    return 0


def _announce(real: str, fakes: str) -> None:
    """Say what two folders are measured as, and how long it takes."""
    if not (Path(real).is_dir() and Path(fakes).is_dir()):
        return
    pairs, _ = paired(Path(real), Path(fakes))
    seconds = expected_seconds([result for _, result in pairs])
    print(
        f"measuring: {counted(len(pairs), 'pair')} of photo and result, about {format_duration(seconds)}; "
        "to compare the folders as sets, give --metrics fid,kid",
        file=sys.stderr,
        flush=True,
    )


def _run_sets(real: str, fakes: list[str], as_json: bool, **options: Any) -> int:
    if len(fakes) != 1:
        raise Misuse("--metrics compares two folders: give two folders")
    with progress_of("comparing", as_json) as progress:
        result = compare(real, fakes[0], on_progress=progress, **options)
    print(json.dumps(result.as_dict(), indent=2) if as_json else set_table(result))
    return 0


def _run_leaks(model: str, sets: list[str], as_json: bool, seed: int) -> int:
    if len(sets) != 1:
        raise Misuse("--leaks measures a model on one set: give MODEL SET")
    with progress_of("encoding", as_json) as progress:
        result = measure_leaks(model, sets[0], seed=seed, on_progress=progress)
    print(json.dumps(result.report, indent=2) if as_json else leak_table(result.report))
    for note in result.notes:
        print(note, file=sys.stderr)
    if not as_json:
        print(f"written to {result.file}", file=sys.stderr)
    return 0


def leak_table(report: Mapping[str, Any]) -> str:
    """A leak report as text: a row for each code and factor, then what both codes share."""
    rows = [["code", "tells", "score", "from", "to", "chance"]]
    for code, probes in report["probes"].items():
        for factor, probe in probes.items():
            kind = "R2" if probe["kind"] == "ridge" else "share right"
            ends = [f"{probe[key]:.3f}" for key in ("score", "low", "high", "chance")]
            rows.append([code, f"{factor}, {kind}", *ends])
    lines = [aligned(rows, right=False)]
    of = f" of {counted(report['identities'], 'identity')}" if "identities" in report else ""
    lines.append(counted(report["pictures"], "picture") + of)
    shared = report.get("information")
    if shared is not None:
        lines.append(
            f"a new critic finds {shared['nats']:.3f} nats shared by both codes ({shared['low']:.3f} to "
            f"{shared['high']:.3f})"
        )
    if report["separation"] is not None:
        lines.append(f"separation {report['separation']:.3f}, of 1")
    elif "identities" in report:
        lines.append("the set has no labels of poses: how well the pose code tells the pose is not measured")
    return "\n".join(lines)


@contextmanager
def progress_of(name: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show progress in the block; yields a function to call with the numbers of processed and of all pictures."""
    with reporter(quiet) as report, report.together(name, training=False) as update:
        started = time.monotonic()

        def progress(done: int, count: int) -> None:
            update(done / count, (time.monotonic() - started) / done * (count - done))

        yield progress


def set_table(result: SetScores) -> str:
    """The result as text: a row for each measure and class, then the notes."""
    rows = [["measure", "value", ""]]
    for name, value in result.values.items():
        if name.endswith(("_floor", "_deviation")):
            continue
        floor, spread = result.values.get(f"{name}_floor"), result.values.get(f"{name}_deviation")
        note = f"between halves of the real set {_number(floor)}" if floor is not None else ""
        rows.append([name, _number(value), note or (f"+- {_number(spread)}" if spread is not None else "")])
    lines = [aligned(rows)]
    if result.classes:
        heads = ["class", "real %", "fake %", "change", "from", "to"]
        lines += ["", aligned([heads, *map(_class_row, result.classes)])]
    features = f"; features: {result.features}" if result.features else ""
    lines.append(f"{result.real} real pictures, {result.fake} generated ones{features}")
    return "\n".join([*lines, *result.notes])


def _class_row(one: dict[str, Any]) -> list[str]:
    ends = [one[key] for key in ("change", "least", "most")]
    shares = [f"{one['real']:.2f}", f"{one['fake']:.2f}"]
    return [one["name"], *shares, *("" if end is None else f"{end:+.0%}" for end in ends)]


def table(result: Evaluation) -> str:
    """The result as text: a row for each picture, the medians if there are several, then the other values."""
    medians = result.medians
    measures = [name for name in MEASURES if name in medians]
    rows = [["result", *measures]]
    rows += [[row.result, *(_number(getattr(row, name)) for name in measures)] for row in result.rows]
    if len(result.rows) > 1:
        rows.append(["median", *(_number(medians[name]) for name in measures)])
    lines = [aligned(rows)]
    if result.diversity is not None:
        lines.append(f"diversity {_number(result.diversity)}")
    lines += [f"{kind} is computed with {name}" for kind, name in result.features.items()]
    lines += [f"not measured: {one['error']}" for one in result.failed]
    if result.unpaired:
        lines.append(f"without a partner: {', '.join(result.unpaired)}")
    return "\n".join(lines)


def aligned(rows: list[list[str]], *, right: bool = True) -> str:
    """Format rows of cells as aligned columns; all but the first right-aligned if ``right``."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    sides = ["<", *(">" if right else "<" for _ in widths[1:])]
    lines = ["  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _number(value: float) -> str:
    return f"{value:.4g}"
