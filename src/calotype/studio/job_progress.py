"""How a job goes: what is heard of a run, told as the share that is done, the time that is left, and pictures."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from calotype.files import write_whole
from calotype.studio.job_spec import Tell
from calotype.studio.pictures import write_thumbnail
from calotype.tasks.eta import TimeEstimate

if TYPE_CHECKING:
    from calotype.run import Event
    from calotype.tasks.progress import Training
    from calotype.tasks.runner import JobEvent

_EVERY = 0.25  # seconds between two reports
_PREVIEW_EVERY = 1.0  # seconds between two pictures of one stage
_PREVIEW_SIDE = 640
_NEARLY = 0.97  # what is expected, not known, is never said to be all


class Progress:
    """Hears the events of a run and tells how much is done, how long it will take, and what it looks like so far."""

    def __init__(self, place: Path, tell: Tell) -> None:
        self._place, self._tell = place, tell
        self._told = self._pictured = 0.0
        self._previews: list[str] = []
        self._stages: dict[str, str] = {}  # the picture of each stage
        self._round = 0  # the lesson or the picture that is worked on: their stages may have the same names
        self._lesson: Training | None = None
        self._each = 1.0  # seconds of a picture, expected and then measured
        self._todo, self._made, self._before = 0, 0, 0
        self._learning: list[float] = []  # seconds of the lessons that are still to come
        self._began = time.monotonic()

    def expect(self, each: float, todo: int, there: int, pending_training: list[float] | None = None) -> None:
        """What there is to do: so many pictures of so many seconds each, beside those that are there; and lessons."""
        self._each, self._todo, self._before, self._made = max(0.05, each), todo, there, 0
        self._learning = pending_training or []

    def training(self, model: Training, stage: str = "learning from the photo") -> None:
        """A model is trained next."""
        self._lesson, self._remaining = model, TimeEstimate(model)
        self._learning = self._learning[1:]
        self._round += 1
        self._began = time.monotonic()
        self._say(stage)

    def picture(self) -> None:
        """A picture is made next."""
        self._lesson = None
        self._round += 1
        self._began = time.monotonic()
        self._say("")

    def done(self, seconds: float) -> None:
        """A picture is made; it took so long."""
        self._each = seconds if not self._made else (self._each * self._made + seconds) / (self._made + 1)
        self._made += 1

    def heard(self, event: JobEvent) -> None:
        """See ``runner.Listener``."""
        if event.kind == "training" and event.training is not None:
            self.training(event.training)
        elif event.kind == "begun":
            self.picture()
        elif event.kind == "made":
            self.done(event.seconds)
        elif event.event is not None:
            self(event.event)

    def __call__(self, event: Event) -> None:
        """See ``Run.on_event``."""
        now = time.monotonic()
        if event.preview is not None and event.kind == "step":
            last = event.step == event.steps
            if last or now - self._pictured >= _PREVIEW_EVERY:
                self._pictured = now
                self._keep(event)
        if event.kind == "step" and now - self._told >= _EVERY:
            self._say(event.stage, event)

    def counted(self, stage: str, done: int, count: int) -> None:
        """So many things are done of so many, all alike."""
        now = time.monotonic()
        if done < count and now - self._told < _EVERY:
            return
        self._told = now
        left = (now - self._began) / done * (count - done) if done else None
        self._tell({"stage": f"{stage}, {done} of {count}", "share": round(done / max(1, count), 4), "left": left})

    def _say(self, stage: str, event: Event | None = None) -> None:
        self._told = time.monotonic()
        share, left = self._how_far(event)
        self._tell({"stage": stage, "share": round(share, 4), "left": round(left, 1), "previews": self._previews})

    def _how_far(self, event: Event | None) -> tuple[float, float]:
        """The share that is done, 0..1, and the seconds left."""
        if self._lesson is not None:
            place = (event.stage, event.step, event.steps) if event else ("", 0, 1)
            share = self._lesson.done_at(*place) if event else self._lesson.done()
            left = self._remaining.seconds(*place) if event else self._lesson.cost.seconds * (1 - share)
            after = sum(self._learning) + self._each * self._todo
            whole = self._lesson.cost.seconds + after
            return share * self._lesson.cost.seconds / whole, left + after
        worked = time.monotonic() - self._began
        part = min(_NEARLY, worked / self._each)
        share = (self._before + self._made + part) / max(1, self._before + self._todo)
        rest = self._each * max(0, self._todo - self._made - 1)
        return min(1.0, share), max(0.5, self._each - worked) + rest

    def _keep(self, event: Event) -> None:
        from calotype.image.io import to_image

        name = self._stages.setdefault(f"{self._round} {event.stage}", f"preview-{len(self._stages):03d}.webp")
        image = to_image(event.preview[:1].detach()[:, :4])  # type: ignore[index]
        write_whole(self._place / name, lambda file: write_thumbnail(image, file, _PREVIEW_SIDE))
        if name not in self._previews:
            self._previews = [*self._previews, name]
            self._tell({"previews": self._previews})
