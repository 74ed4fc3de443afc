"""The outputs of a job: one for each seed, or a series of one seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Arguments that change what is written, not what is made: they are not recorded in the results.
UNRECORDED = frozenset(("all_scales", "all_levels", "stages"))
# Arguments that make a series of pictures of one seed, and a contact sheet of it.
_SERIES = ("all_scales", "all_levels")


def series(own: Mapping[str, Any]) -> str:
    """The argument that asks for a series of pictures of one seed; empty if none does."""
    return next((name for name in _SERIES if own.get(name)), "")


@dataclass(frozen=True)
class OutputSpec:
    """One output of a job.

    Attributes:
        seed: seed of the output.
        scale: the start scale, like ``"scale3"``; ``""`` for that of the request.
        label: caption on a contact sheet.
    """

    seed: int
    scale: str = ""
    label: str = ""

    @property
    def differs(self) -> dict[str, Any]:
        """The settings in which this output differs from the job's settings."""
        return {"seed": self.seed, **({"structure": self.scale} if self.scale else {})}
