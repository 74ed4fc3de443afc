"""``calotype dissect``: what a generator leaves out."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from calotype.cli.evaluate import aligned
from calotype.cli.progress import reporter
from calotype.cli.report import Interrupted, complain
from calotype.cli.training import stopping
from calotype.errors import Stopped
from calotype.tasks.dissect import dissect

if TYPE_CHECKING:
    from calotype.run import Run

Progress = Callable[[str, int, int], None]
_LISTED = 12  # classes
_GOES_ON = "the same command goes on with what it has trained and found so far"


def run(model: str, as_json: bool, device: str, **options: Any) -> int:
    """Dissect, and print the page's file and the list of classes."""
    with inspecting(as_json, device) as (work, progress):
        made = dissect(model, on_progress=progress, run=work, **options)
    if as_json:
        print(json.dumps({"page": str(made.page), **made.report}, indent=2))
        return 0
    print(made.page)
    rows = [["class", "", "real %", "generated %", "difference", "from", "to"]]
    for one in made.report["classes"][:_LISTED]:
        ends = ["" if one[key] is None else f"{one[key]:+.0%}" for key in ("change", "least", "most")]
        rows.append([one["name"], one["finding"], f"{one['real']:.3f}", f"{one['fake']:.3f}", *ends])
    report = made.report
    print(aligned(rows), file=sys.stderr)
    print(
        f"FSD {report['fsd']:.3g} (means {report['fsd_of_means']:.3g}), between halves of the real set "
        f"{report['fsd_floor']:.3g}\n{made.summary}",
        file=sys.stderr,
    )
    for note in made.notes:
        print(note, file=sys.stderr)
    return 0


@contextmanager
def inspecting(quiet: bool, device: str, stopped: str = _GOES_ON) -> Iterator[tuple[Run, Progress]]:
    """Show the progress of the block, which a signal stops after its current step; yields a run and what to call.

    Args:
        quiet: whether nothing is shown.
        device: to compute on.
        stopped: what the same command does after a stop.
    """
    from calotype.run import Run

    work = Run(device=device)
    with _shown(quiet) as progress:
        try:
            with stopping(work):
                yield work, progress
        except (KeyboardInterrupt, Stopped) as error:
            complain(f"stopped: {stopped}")
            raise Interrupted(error) from None


@contextmanager
def _shown(quiet: bool) -> Iterator[Progress]:
    """Yields a function to call with what is done, how much of it, and the total."""
    with reporter(quiet) as report:
        shown: dict[str, tuple[Any, Any, float]] = {}

        def close() -> None:
            for manager, _, _ in shown.values():
                manager.__exit__(None, None, None)
            shown.clear()

        def progress(what: str, done: int, count: int) -> None:
            if what not in shown:
                close()
                manager = report.together(what, training=False)
                shown[what] = (manager, manager.__enter__(), time.monotonic())
            _, update, started = shown[what]
            if done:
                update(done / count, (time.monotonic() - started) / done * (count - done))

        try:
            yield progress
        finally:
            close()
