"""``calotype study``: create a user study, or print its results."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from calotype.cli.evaluate import aligned, progress_of
from calotype.errors import counted
from calotype.tasks.study import ANSWERS, Study, StudyResult, study

if TYPE_CHECKING:
    from calotype.tasks.study_answers import Interval


def run(folders: list[str], as_json: bool, **options: Any) -> int:
    """Create a study and print the file of its page, or print the results of one."""
    with progress_of("measuring", as_json or len(folders) == 1) as progress:
        made = study(folders, on_progress=progress, **options)
    if isinstance(made, StudyResult):
        print(json.dumps(made.as_dict(), indent=2) if as_json else _table(made))
    elif as_json:
        print(json.dumps({"page": str(made.page), "trials": made.trials, "methods": made.methods, "notes": made.notes}))
    else:
        _tell(made)
    return 0


def _tell(made: Study) -> None:
    print(made.page)
    print(
        f"{counted(made.trials, 'trial')} for each participant; put their files into {made.folder / ANSWERS}, "
        f"then run: "
        f"calotype study {made.folder}",
        file=sys.stderr,
    )
    for note in made.notes:
        print(f"note: {note}", file=sys.stderr)


def _table(result: StudyResult) -> str:
    columns = [name for name in result.rows[0] if name != "method"]
    rows = [["method", *(name.replace("_", " ") for name in columns), "answers"]]
    for row in result.rows:
        counts = [row[name].count for name in columns if row[name] is not None]
        cells = [_interval(row[name], percent=name != "mean_rank") for name in columns]
        rows.append([row["method"], *cells, str(max(counts, default=0))])
    lines = [aligned(rows)]
    if result.taken_for_generated is not None:
        lines.append(f"photos taken for generated pictures: {_interval(result.taken_for_generated)}")
    for pair in result.preferences:
        lines.append(
            f"{pair['first']} above {pair['second']}: {pair['wins']} times, below: {pair['losses']}, "
            f"contradictory: {pair['ties']}"
        )
    if result.correlation is not None:
        values = [f"{name} {_plain(result.correlation[name])}" for name in ("pearson", "spearman")]
        lines.append(
            f"correlation with SIFID ({result.features}) over {counted(result.correlation['pictures'], 'picture')}: "
            + ", ".join(values)
        )
    lines.append(f"{counted(result.participants, 'participant')}; intervals of 95 %")
    return "\n".join([*lines, *result.notes])


def _interval(one: Interval | None, percent: bool = True) -> str:
    if one is None:
        return ""
    scale, unit, digits = (100, " %", 1) if percent else (1, "", 2)
    ends = (
        "" if one.low is None or one.high is None else f" ({scale * one.low:.{digits}f}..{scale * one.high:.{digits}f})"
    )
    return f"{scale * one.value:.{digits}f}{unit}{ends}"


def _plain(one: dict[str, Any]) -> str:
    ends = "" if one["low"] is None else f" ({one['low']:.2f}..{one['high']:.2f})"
    return f"{one['value']:.2f}{ends}"
