"""What a command has done so far; at the end it is one JSON document."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from calotype import __version__
from calotype.tasks.training import Trained


@dataclass
class JobSummary:
    """What a verb has made."""

    verb: str
    planned: int = 0
    places: dict[str, int] = field(default_factory=dict)  # of outputs, by their path: as they would come one by one
    pictures: list[dict[str, Any]] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)

    def document(self) -> str:
        """Everything as one JSON document."""
        return json.dumps(
            {
                "calotype": __version__,
                "verb": self.verb,
                "pictures": sorted(self.pictures, key=lambda said: self.places[said["path"]]),
                "sheets": self.sheets,
                "failed": self.failed,
            },
            indent=2,
        )


@dataclass
class TrainingSummary:
    """What ``calotype train`` has trained."""

    models: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)

    def trained(self, label: str, done: Trained) -> None:
        """Write down a finished model."""
        said = {"folder": str(done.folder), "photo": label, "new": done.new, "seconds": round(done.seconds, 3)}
        self.models.append(said)

    def document(self) -> str:
        """Everything as one JSON document."""
        return json.dumps(
            {"calotype": __version__, "verb": "train", "models": self.models, "failed": self.failed}, indent=2
        )
