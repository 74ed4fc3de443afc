"""How the work goes, on standard error: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from calotype.tasks.making import Order

if TYPE_CHECKING:
    from calotype.run import Event, Run

_EVERY = 5.0  # seconds between two lines where there is no terminal


class Reporter:
    """Says how the work goes in plain lines, at most one every few seconds; ``quiet`` says nothing at all."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._label = ""
        self._said = time.monotonic()

    def say(self, line: str) -> None:
        """One line for the user."""
        if not self._quiet:
            print(line, file=sys.stderr, flush=True)

    def run(self, asked: Order) -> Run:
        """A run for the engine, whose events are shown here."""
        from calotype.run import Run

        return Run(seed=asked.seed, device=asked.device, on_event=self._event)

    @contextmanager
    def picture(self, name: str, number: int, count: int) -> Iterator[None]:
        """While one picture is made."""
        self._label = f"{name} ({number + 1} of {count})"
        yield

    @contextmanager
    def silence(self) -> Iterator[None]:
        """While something else is printed, which must not get mixed up with a moving bar."""
        yield

    def close(self) -> None:
        """Leave the terminal as it was."""

    def _event(self, event: Event) -> None:
        now = time.monotonic()
        if now - self._said >= _EVERY:
            self._said = now
            self.say(f"{self._label}: {event.stage}, step {event.step} of {event.steps}")


class Bar(Reporter):
    """Says it with a bar that moves."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[stage]}"),
            TimeElapsedColumn(),
        )
        # Rich would send what is printed on standard output to standard error: results have to stay where they belong.
        self._bar = Progress(
            *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._task: Any = None

    def say(self, line: str) -> None:
        """One line for the user, above the bar."""
        with self.silence():
            super().say(line)

    @contextmanager
    def picture(self, name: str, number: int, count: int) -> Iterator[None]:
        """While one picture is made."""
        from rich.markup import escape

        self._task = self._bar.add_task(escape(f"{name} ({number + 1} of {count})"), total=None, stage="")
        self._bar.start()
        try:
            yield
        finally:
            self._bar.stop()
            self._bar.remove_task(self._task)

    @contextmanager
    def silence(self) -> Iterator[None]:
        """While something else is printed, which must not get mixed up with the bar."""
        moving = self._bar.live.is_started
        self._bar.stop()
        yield
        if moving:
            self._bar.start()

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._bar.stop()

    def _event(self, event: Event) -> None:
        self._bar.update(self._task, stage=event.stage, completed=event.step, total=event.steps)


@contextmanager
def reporter(quiet: bool) -> Iterator[Reporter]:
    """Whatever suits where standard error goes."""
    report = Reporter(quiet=quiet) if quiet or not sys.stderr.isatty() else Bar()
    try:
        yield report
    finally:
        report.close()
