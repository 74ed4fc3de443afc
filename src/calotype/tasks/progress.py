"""Progress of a training, of one photo or a data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from calotype.types import Cost

if TYPE_CHECKING:
    from calotype.run import Run


class Training(Protocol):
    """A model that is trained in stages; finished or not."""

    @property
    def engine(self) -> str:
        """The name of the system."""

    @property
    def subject(self) -> str:
        """The name of the photo or the data set."""

    @property
    def key(self) -> str:
        """Unique key of the model."""

    @property
    def folder(self) -> Path:
        """The folder of the model; it may not exist yet."""

    @property
    def finished(self) -> bool:
        """Whether the model is trained and can be used."""

    @property
    def shares(self) -> Mapping[str, float]:
        """Approximate fraction of the work of each stage; the values sum to 1."""

    def tidy(self) -> None:
        """Do what is left to do where a process died after it had saved the finished model."""

    def train(self, run: Run) -> None:
        """Train the model or resume its training; do nothing if it is finished."""

    @property
    def cost(self) -> Cost:
        """Expected time (seconds) and memory (bytes) of the whole training."""

    def done(self) -> float:
        """Fraction of the work that an earlier run has saved, 0..1."""

    def done_at(self, stage: str, step: int, steps: int) -> float:
        """Fraction of the work that is done, 0..1, after ``step`` of ``steps`` steps of ``stage``."""


def shares_of(efforts: Mapping[str, float]) -> dict[str, float]:
    """The efforts of stages, normalised to a sum of 1."""
    return {stage: effort / sum(efforts.values()) for stage, effort in efforts.items()}


def done(folder: Path, shares: Mapping[str, float]) -> float:
    """Fraction of the work that is saved in ``folder``, 0..1."""
    from calotype.run import worked

    saved = worked(folder)
    return sum(share * saved[s][0] / max(1, saved[s][1]) for s, share in shares.items() if s in saved)


def done_at(shares: Mapping[str, float], stage: str, step: int, steps: int) -> float:
    """Fraction of the work that is done, 0..1, after ``step`` of ``steps`` steps of ``stage``."""
    names = list(shares)
    earlier = names[: names.index(stage)] if stage in shares else []
    return sum(shares[name] for name in earlier) + shares.get(stage, 0.0) * step / max(1, steps)
