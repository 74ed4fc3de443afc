"""Common parts of the commands that train: announcements, and stopping so that a training can be resumed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

from calotype.cli.report import Terminated
from calotype.errors import Stopped, counted
from calotype.files import in_one_line, shown
from calotype.tasks.eta import format_duration
from calotype.tasks.memory import format_bytes
from calotype.tasks.photo_model import PhotoModel


class Stoppable(Protocol):
    """Work with a ``stop`` method: a run, or several of them."""

    def stop(self) -> None:
        """Request a stop."""


def training_line(label: str, model: PhotoModel) -> str:
    """The line that announces a training with its estimated time and memory."""
    done = model.done()
    action = "resuming the training on" if done else "training on"
    stages = counted(len(model.stages), "stage")
    stages = f"{len(model.finished_stages)} of {stages} finished" if done else stages
    purpose = f" for {model.purpose}" if model.purpose else ""
    return (
        f"{action} {in_one_line(label)} {model.photo.size} ({model.engine}{purpose}, {stages}): "
        f"about {format_duration(model.cost.seconds * (1 - done))} and {format_bytes(model.cost.bytes)}, once; "
        f"Ctrl-C stops, the same command resumes; previews of the stages are written to {model.previews}"
    )


def resume_hint(label: str) -> str:
    """The line printed after an interruption: how to resume or use the training."""
    return (
        f"stopped while training on {shown(label)}: the same command resumes, "
        "and a verb with --unfinished uses the finished stages"
    )


@contextmanager
def stopping(run: Stoppable, *, patient: bool = False) -> Iterator[None]:
    """In the block, Ctrl-C and SIGTERM finish the current step, save and stop; a second signal stops at once.

    Args:
        run: the work to stop.
        patient: ignore a second signal: in distributed training a process gets signals from both the terminal and its
            parent process.

    Raises:
        Terminated: SIGTERM was received, and the training has stopped.
    """
    received: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if received and patient:
            return
        if received:
            raise Terminated if number == signal.SIGTERM else KeyboardInterrupt
        received.append(number)
        run.stop()

    previous_handlers = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
        if received:  # received after the last step: stop what follows
            raise KeyboardInterrupt
    except (Stopped, KeyboardInterrupt) as error:
        if received[:1] == [signal.SIGTERM]:
            raise Terminated from error
        raise
    finally:
        for number, handler in previous_handlers.items():
            signal.signal(number, handler)
