"""The specification of a studio job that is sent to a worker process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.studio.times import Times
from calotype.tasks.param import described
from calotype.tasks.worker import TaskContext

if TYPE_CHECKING:
    from calotype.run import Run

Tell = Callable[[Mapping[str, Any]], None]  # called with the changed fields of the job's record


@dataclass(frozen=True)
class JobSpec:
    """A job of the studio for a worker process.

    Attributes:
        verb: name of the verb.
        arguments: arguments, with pictures as paths, sets and models as folders.
        place: folder of the job.
        there: file names of the results that an earlier run has finished.
        certificate: PEM file with which results are signed; ``None``: they are not.
        times: the times measured on this machine before, for estimates.
    """

    verb: str
    arguments: Mapping[str, Any]
    place: Path
    there: tuple[str, ...] = ()
    certificate: Path | None = None
    times: Times = field(default_factory=Times)

    def run(self, context: TaskContext, on_event: Any = None, *, device: str | None = None) -> Run:
        """Create the run of the job, which the studio can stop."""
        from calotype.run import Run

        given = self.arguments
        seed = int(given.get("seed") or 0)
        run = Run(seed=seed, device=device or given.get("device") or "auto", on_event=on_event)
        context.attach(run)
        return run


def all_arguments(task: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """All described arguments of a verb, with defaults for those not given."""
    return {name: arguments.get(name, default) for name, (_, default) in described(task).items()}


def photos_of(photo: str) -> list[tuple[Path, str]]:
    """The photos of an argument, one or those of a set, each with the stem of its results.

    Raises:
        InputError: the set has no photos.
    """
    path = Path(photo)
    if not path.is_dir():
        return [(path, "")]
    from calotype.data.folder import pictures_below

    return [(one, "_".join(one.relative_to(path).with_suffix("").parts)) for one in pictures_below(path)]
