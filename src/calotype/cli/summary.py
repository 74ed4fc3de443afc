"""Summary of a command, printed as a JSON document with ``--json``."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from calotype import __version__
from calotype.errors import counted
from calotype.tasks.training import Trained


def failures(failed: int, photos: int) -> str:
    """The last line of a command some or all of whose photos failed."""
    if failed >= photos:
        return f"{'both' if photos == 2 else f'all {photos}'} photos failed"
    return f"{failed} of {counted(photos, 'photo')} failed, the others are done"


@dataclass
class JobSummary:
    """The outputs of a verb."""

    verb: str
    planned: int = 0
    places: dict[str, int] = field(default_factory=dict)  # order of the outputs, by path
    pictures: list[dict[str, Any]] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def document(self) -> str:
        """The summary as a JSON document."""
        return json.dumps(
            {
                "calotype": __version__,
                "verb": self.verb,
                "pictures": sorted(self.pictures, key=lambda entry: self.places[entry["path"]]),
                "sheets": self.sheets,
                "failed": self.failed,
                "notes": self.notes,
            },
            indent=2,
        )


@dataclass
class TrainingSummary:
    """The models of ``calotype train``."""

    models: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)

    def trained(self, label: str, done: Trained) -> None:
        """Add a finished model."""
        entry = {"folder": str(done.folder), "photo": label, "new": done.new, "seconds": round(done.seconds, 3)}
        self.models.append(entry)

    def document(self) -> str:
        """The summary as a JSON document."""
        return json.dumps(
            {"calotype": __version__, "verb": "train", "models": self.models, "failed": self.failed}, indent=2
        )
