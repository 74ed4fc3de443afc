"""What commands that train have in common: announced before they start, and stopped so that they can go on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

from calotype.cli.report import Terminated
from calotype.errors import Stopped
from calotype.files import shown
from calotype.tasks.eta import format_duration
from calotype.tasks.memory import format_bytes
from calotype.tasks.photo_model import PhotoModel


class Stoppable(Protocol):
    """Work that somebody can ask to stop: a run, or several of them."""

    def stop(self) -> None:
        """Ask it to."""


def announced(label: str, model: PhotoModel) -> str:
    """The line that says, before it starts, what a training will take."""
    done = model.done()
    begins = "goes on with its training" if done else "is trained on"
    stages = "1 stage" if len(model.stages) == 1 else f"{len(model.stages)} stages"
    stages = f"{len(model.finished_stages)} of {stages} finished" if done else stages
    purpose = f" for {model.purpose}" if model.purpose else ""
    return (
        f"{label} {model.photo.size} {begins} ({model.engine}{purpose}, {stages}): "
        f"about {format_duration(model.cost.seconds * (1 - done))} and {format_bytes(model.cost.bytes)}, once; "
        f"Ctrl-C stops and the same command goes on; a picture of each stage goes to {model.previews}"
    )


def how_to_go_on(label: str) -> str:
    """The line that says, after an interruption, what there is and how to have the rest."""
    return (
        f"stopped while training on {shown(label)}: the same command goes on where it was, "
        "and a verb with --unfinished uses what is finished"
    )


@contextmanager
def stopping(run: Stoppable, *, patient: bool = False) -> Iterator[None]:
    """While something is trained: Ctrl-C lets the step in progress finish and saves; a second one does not wait.

    Args:
        run: what is asked to stop.
        patient: whether a second one waits, too: a process that trains with others is told by the terminal and by
            the process that began it.

    Raises:
        Terminated: the process was asked to end, and the training has stopped for it.
    """
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if asked and patient:
            return
        if asked:
            raise Terminated if number == signal.SIGTERM else KeyboardInterrupt
        asked.append(number)
        run.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
        if asked:  # too late for the training to stop, in time for what would follow
            raise KeyboardInterrupt
    except (Stopped, KeyboardInterrupt) as error:
        if asked[:1] == [signal.SIGTERM]:
            raise Terminated from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
