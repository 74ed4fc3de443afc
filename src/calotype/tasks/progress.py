"""How far a training has come, whatever it learns from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from calotype.types import Cost

if TYPE_CHECKING:
    from calotype.run import Run


class Training(Protocol):
    """A model that is trained in stages, finished or not."""

    @property
    def engine(self) -> str:
        """The name of the system."""

    @property
    def subject(self) -> str:
        """The name of what is learned from."""

    @property
    def key(self) -> str:
        """What tells it from every other model."""

    @property
    def folder(self) -> Path:
        """Where it is, or will be."""

    @property
    def finished(self) -> bool:
        """Whether it can be used."""

    @property
    def shares(self) -> Mapping[str, float]:
        """About how much of the work each stage is; they add up to 1."""

    def train(self, run: Run) -> None:
        """Train it, or go on with it; nothing is done where it is finished."""

    @property
    def cost(self) -> Cost:
        """What the whole training is expected to take."""

    def done(self) -> float:
        """How much of the work an earlier training has done already, 0..1."""

    def done_at(self, stage: str, step: int, steps: int) -> float:
        """How much of the work is done, 0..1, after so many steps of so many of a stage."""


def shares_of(efforts: Mapping[str, float]) -> dict[str, float]:
    """The efforts of stages as shares that add up to 1."""
    return {stage: effort / sum(efforts.values()) for stage, effort in efforts.items()}


def done(folder: Path, shares: Mapping[str, float]) -> float:
    """How much of the work is done, 0..1, as far as it is saved in ``folder``."""
    from calotype.run import worked

    there = worked(folder)
    return sum(share * there[s][0] / max(1, there[s][1]) for s, share in shares.items() if s in there)


def done_at(shares: Mapping[str, float], stage: str, step: int, steps: int) -> float:
    """How much of the work is done, 0..1, after so many steps of so many of a stage."""
    names = list(shares)
    earlier = names[: names.index(stage)] if stage in shares else []
    return sum(shares[name] for name in earlier) + shares.get(stage, 0.0) * step / max(1, steps)
