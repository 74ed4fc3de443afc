"""What was measured of a model: ``figures.json`` in its folder, from which its card takes the numbers.

A training records its last losses; ``calotype evaluate`` of sets, ``dissect`` and the report of leaks record what they
found of a model. The last figures of a kind replace those before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.errors import InputError, counted
from calotype.files import write_whole
from calotype.tasks.model_store import FIGURES, found_near

if TYPE_CHECKING:
    from calotype.run import Run

_LOOKED_AT = 8  # pictures of a folder that have to be of one model


def of_training(run: Run) -> dict[str, Any]:
    """Steps of each stage, and the means of the losses over the last of them; empty if nothing was remembered."""
    from calotype.run import RECENT

    if not run.lengths:
        return {}
    values = {stage: _means(rows) for stage, rows in run.recent.items()}
    return {"steps": run.lengths, "values": values, "mean_of": RECENT, "device": run.device.type}


def _means(rows: Iterable[Mapping[str, float]]) -> dict[str, float]:
    rows = list(rows)
    names = dict.fromkeys(name for row in rows for name in row)
    found = {name: [row[name] for row in rows if name in row] for name in names}
    return {name: float(f"{sum(values) / len(values):.4g}") for name, values in found.items()}


def read(folder: Path) -> dict[str, Any]:
    """The figures of a model; empty if there are none."""
    try:
        found = json.loads((folder / FIGURES).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def keep(folder: Path, kind: str, figures: Mapping[str, Any]) -> None:
    """Write the figures of a kind beside the others.

    Raises:
        OutputError: they cannot be written.
    """
    text = json.dumps({**read(folder), kind: dict(figures)}, indent=1) + "\n"
    write_whole(folder / FIGURES, lambda file: file.write(text.encode()))


def today() -> str:
    """The date, ISO 8601."""
    return datetime.now(UTC).date().isoformat()


def model_of(files: Sequence[Path]) -> Path | None:
    """The folder of the model that made some pictures, by their settings; ``None`` if it is not known or not here."""
    from calotype.image.io import read_settings

    looked_at = [*files[:_LOOKED_AT], *files[-1:]]
    try:
        names = {str(read_settings(path).get("model", "")) for path in looked_at}
    except InputError:
        return None
    name = next(iter(names)) if len(names) == 1 else ""
    return found_near(name, looked_at[0]) if name else None


def lines(figures: Mapping[str, Any]) -> list[str]:
    """The figures as lines of a card."""
    found = []
    training = figures.get("training")
    if isinstance(training, Mapping):
        steps = ", ".join(f"{counted(count, 'step')}{_of(stage)}" for stage, count in training["steps"].items())
        found.append(f"- **Training**: {steps}, on {training['device']}")
        for stage, values in training["values"].items():
            told = ", ".join(f"{name} {value:g}" for name, value in values.items())
            found.append(f"- **Last losses{_of(stage)}** (mean of {counted(training['mean_of'], 'step')}): {told}")
    for kind, title in (("evaluation", "Evaluated"), ("dissection", "Dissected"), ("leaks", "Leaks")):
        given = figures.get(kind)
        if isinstance(given, Mapping):
            told = ", ".join(f"{name} {value:.4g}" for name, value in given["values"].items())
            found.append(f"- **{title}** ({given['date']}, {given['how']}): {told}")
    return found


def _of(stage: str) -> str:
    return f" of {stage}" if stage else ""
