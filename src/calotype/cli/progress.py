"""How the work goes, on standard error: a bar on a terminal, now and then a line elsewhere."""

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

_EVERY = 5.0  # seconds between two lines where there is no terminal
_EVERY_TRAINING = 60.0  # the same for what takes many minutes


class Reporter:
    """Says how the work goes in plain lines, at most one every few seconds; ``quiet`` says nothing at all."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._label = ""
        self._said = time.monotonic()
        self._remaining: TimeEstimate | None = None

    def say(self, line: str) -> None:
        """One line for the user."""
        if not self._quiet:
            print(line, file=sys.stderr, flush=True)

    def run(self, seed: int, device: str) -> Run:
        """A run for the engine, whose events are shown here."""
        from calotype.run import Run

        return Run(seed=seed, device=device, on_event=self._event)

    @contextmanager
    def picture(self, name: str, number: int, count: int) -> Iterator[None]:
        """While one picture is made."""
        self._label = f"{name} ({number + 1} of {count})"
        yield

    @contextmanager
    def training(self, model: Training) -> Iterator[None]:
        """While a model is trained."""
        self._label = f"training on {model.subject}"
        self._remaining = TimeEstimate(model)
        try:
            yield
        finally:
            self._remaining = None

    @contextmanager
    def together(self, name: str, *, training: bool = True) -> Iterator[Callable[[float, float], None]]:
        """While others work, several at a time: hands out what is to hear the share that is done and the seconds left.

        Args:
            name: what they work on.
            training: whether that is a matter of many minutes.
        """
        every = _EVERY_TRAINING if training else _EVERY

        def heard(done: float, seconds: float) -> None:
            now = time.monotonic()
            if now - self._said >= every:
                self._said = now
                self.say(f"{name}: {done:.0%} done, about {format_duration(seconds)} left")

        yield heard

    @contextmanager
    def silence(self) -> Iterator[None]:
        """While something else is printed, which must not get mixed up with a moving bar."""
        yield

    def close(self) -> None:
        """Leave the terminal as it was."""

    def _left(self, event: Event) -> str:
        """How long the whole training will still take."""
        assert self._remaining is not None
        return f"about {format_duration(self._remaining.seconds(event.stage, event.step, event.steps))} left"

    def _event(self, event: Event) -> None:
        now = time.monotonic()
        if now - self._said >= (_EVERY_TRAINING if self._remaining else _EVERY):
            self._said = now
            left = f", {self._left(event)}" if self._remaining else ""
            self.say(f"{self._label}: {event.stage}, step {event.step} of {event.steps}{left}")


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
        self._stages: dict[str, Any] = {}  # of a training, each with a bar of its own

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
    def training(self, model: Training) -> Iterator[None]:
        """While a model is trained: a bar for each stage that was begun."""
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
        """While others work, several at a time: one bar for all."""
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
        if self._remaining is None:
            self._bar.update(self._task, stage=event.stage, completed=event.step, total=event.steps)
            return
        if event.stage not in self._stages:
            from rich.markup import escape

            name = escape(f"{self._label}: {event.stage}")
            self._stages[event.stage] = self._bar.add_task(name, total=event.steps, stage="")
        ended = event.step == event.steps
        said = "done" if ended else self._left(event)
        self._bar.update(self._stages[event.stage], stage=said, completed=event.step, total=event.steps)
        if ended:
            self._bar.stop_task(self._stages[event.stage])


@contextmanager
def reporter(quiet: bool) -> Iterator[Reporter]:
    """Whatever suits where standard error goes."""
    report = Reporter(quiet=quiet) if quiet or not sys.stderr.isatty() else Bar()
    try:
        yield report
    finally:
        report.close()
