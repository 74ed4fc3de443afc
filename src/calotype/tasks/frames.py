"""Progress of films: while the frames are made, the events of the run name the frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from calotype.run import Event, Run

Frame = TypeVar("Frame")


def named_frames(frames: Iterable[Frame], count: int, run: Run) -> Iterator[Frame]:
    """The frames of a film, which are made one by one as they are asked for.

    Args:
        frames: makes them.
        count: how many there are.
        run: its events become those of a stage like ``frame 12 of 60``, whose steps are the finished frames.
    """
    listener = run.on_event
    made = 0

    def named(event: Event) -> None:
        if listener is not None:
            listener(_of_frame(event, made, count))

    run.on_event = named
    try:
        for frame in frames:
            made += 1
            if listener is not None:
                listener(_frame_done(made, count))
            yield frame
    finally:
        run.on_event = listener


def _of_frame(event: Event, made: int, count: int) -> Event:
    from dataclasses import replace

    return replace(event, stage=f"frame {min(made + 1, count)} of {count}", step=made, steps=count)


def _frame_done(made: int, count: int) -> Event:
    from calotype.run import Event

    return Event("step", f"frame {made} of {count}", made, count)
