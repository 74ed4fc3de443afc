"""Progress on standard error: a bar on a terminal, occasional lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from calotype.tasks.eta import TimeEstimate, format_duration
from calotype.tasks.progress import Training

if TYPE_CHECKING:
    from calotype.run import Event, Run

_INTERVAL = 5.0  # seconds between two lines if standard error is no terminal
_TRAINING_INTERVAL = 60.0  # the same during trainings


class Reporter:
    """Prints progress as plain lines, at most one every few seconds; prints nothing if ``quiet``."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._label = ""
        self._last_line = time.monotonic()
        self._remaining: TimeEstimate | None = None

    def say(self, line: str) -> None:
        """Print one line."""
        if not self._quiet:
            print(line, file=sys.stderr, flush=True)

    def run(self, seed: int, device: str) -> Run:
        """A run whose progress reports are shown by this reporter."""
        from calotype.run import Run

        return Run(seed=seed, device=device, on_event=self._event)

    @contextmanager
    def picture(self, name: str, number: int, count: int) -> Iterator[None]:
        """Show the progress of one picture in the block."""
        self._label = f"{name} ({number + 1} of {count})"
        yield

    @contextmanager
    def training(self, model: Training) -> Iterator[None]:
        """Show the progress of a training in the block."""
        self._label = f"training on {model.subject}"
        self._remaining = TimeEstimate(model)
        try:
            yield
        finally:
            self._remaining = None

    @contextmanager
    def together(self, name: str, *, training: bool = True) -> Iterator[Callable[[float, float], None]]:
        """Show the overall progress of parallel work in the block.

        Yields:
            A function to call with the fraction done, 0..1, and the remaining seconds.

        Args:
            name: name of the work.
            training: whether the work is a training, which is reported less often.
        """
        interval = _TRAINING_INTERVAL if training else _INTERVAL

        def update(done: float, seconds: float) -> None:
            now = time.monotonic()
            if now - self._last_line >= interval:
                self._last_line = now
                self.say(f"{name}: {done:.0%} done, about {format_duration(seconds)} left")

        yield update

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Suspend the bar in the block, while something else is printed."""
        yield

    def close(self) -> None:
        """Restore the terminal."""

    def _left(self, event: Event) -> str:
        """The estimated remaining time of the training, as text."""
        assert self._remaining is not None
        return f"about {format_duration(self._remaining.seconds(event.stage, event.step, event.steps))} left"

    def _correct(self, event: Event) -> None:
        """Say how long the training takes at the speed of its first steps, if that is not what was announced."""
        seconds = self._remaining.correction(event.stage, event.step, event.steps) if self._remaining else None
        if seconds is not None:
            self.say(f"{self._label}: at the speed of its first steps it takes about {format_duration(seconds)} in all")

    def _event(self, event: Event) -> None:
        if event.kind == "note":
            self.say(f"note: {event.text}")
            return
        self._correct(event)
        now = time.monotonic()
        if now - self._last_line >= (_TRAINING_INTERVAL if self._remaining else _INTERVAL):
            self._last_line = now
            left = f", {self._left(event)}" if self._remaining else ""
            self.say(f"{self._label}: {event.stage}, step {event.step} of {event.steps}{left}")


class Bar(Reporter):
    """Shows progress as a bar on a terminal."""

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
        # By default Rich redirects standard output to standard error; results have to stay on standard output.
        self._bar = Progress(
            *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._task: Any = None
        self._stages: dict[str, Any] = {}  # of a training, one bar each

    def say(self, line: str) -> None:
        """Print one line above the bar."""
        with self.silence():
            super().say(line)

    @contextmanager
    def picture(self, name: str, number: int, count: int) -> Iterator[None]:
        """Show the progress of one picture in the block."""
        from rich.markup import escape

        self._task = self._bar.add_task(escape(f"{name} ({number + 1} of {count})"), total=None, stage="")
        self._bar.start()
        try:
            yield
        finally:
            self._bar.stop()
            self._bar.remove_task(self._task)

    @contextmanager
    def training(self, model: Training) -> Iterator[None]:
        """Show a bar for each started stage of a training in the block."""
        with super().training(model):
            self._bar.start()
            try:
                yield
            finally:
                self._bar.stop()
                for task in self._stages.values():
                    self._bar.remove_task(task)
                self._stages = {}

    @contextmanager
    def together(self, name: str, *, training: bool = True) -> Iterator[Callable[[float, float], None]]:
        """Show one bar for the overall progress of parallel work in the block."""
        task = self._bar.add_task(name, total=1.0, stage="")
        self._bar.start()
        try:
            yield lambda done, seconds: self._bar.update(
                task, completed=done, stage=f"about {format_duration(seconds)} left"
            )
        finally:
            self._bar.stop()
            self._bar.remove_task(task)

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Suspend the bar in the block, while something else is printed."""
        was_running = self._bar.live.is_started
        self._bar.stop()
        yield
        if was_running:
            self._bar.start()

    def close(self) -> None:
        """Restore the terminal."""
        self._bar.stop()

    def _event(self, event: Event) -> None:
        if event.kind == "note":
            self.say(f"note: {event.text}")
            return
        self._correct(event)
        if self._remaining is None:
            self._bar.update(self._task, stage=event.stage, completed=event.step, total=event.steps)
            return
        if event.stage not in self._stages:
            from rich.markup import escape

            name = escape(f"{self._label}: {event.stage}")
            self._stages[event.stage] = self._bar.add_task(name, total=event.steps, stage="")
        finished = event.step == event.steps
        text = "done" if finished else self._left(event)
        self._bar.update(self._stages[event.stage], stage=text, completed=event.step, total=event.steps)
        if finished:
            self._bar.stop_task(self._stages[event.stage])


@contextmanager
def reporter(quiet: bool) -> Iterator[Reporter]:
    """The reporter for a terminal or other standard error; closed after the block."""
    report = Reporter(quiet=quiet) if quiet or not sys.stderr.isatty() else Bar()
    try:
        yield report
    finally:
        report.close()
