"""Progress reports of a job: fraction done, remaining time and preview pictures, from the events of its run."""

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

_INTERVAL = 0.25  # seconds between two reports
_PREVIEW_INTERVAL = 1.0  # seconds between two previews of one stage
_PREVIEW_SIDE = 640
_MAX_ESTIMATED = 0.97  # maximum fraction of an output that is reported from an estimate alone


class Progress:
    """Event listener of a run: reports the fraction done, the remaining seconds, and preview pictures."""

    def __init__(self, place: Path, tell: Tell) -> None:
        self._place, self._tell = place, tell
        self._last_report = self._last_preview = 0.0
        self._previews: list[str] = []
        self._stages: dict[str, str] = {}  # the preview file of each stage
        self._round = 0  # number of the current training or output, as their stages may have the same names
        self._current_training: Training | None = None
        self._picture_seconds = 1.0  # seconds for a picture, estimated and then measured
        self._todo, self._made, self._finished_before = 0, 0, 0
        self._pending_training: list[float] = []  # estimated seconds of the pending trainings
        self._began = time.monotonic()

    def expect(self, each: float, todo: int, there: int, pending_training: list[float] | None = None) -> None:
        """Set the amount of work.

        Args:
            each: estimated seconds for a picture.
            todo: number of pictures to make.
            there: number of finished pictures.
            pending_training: estimated seconds of the pending trainings.
        """
        self._picture_seconds, self._todo, self._finished_before, self._made = max(0.05, each), todo, there, 0
        self._pending_training = pending_training or []

    def training(self, model: Training, stage: str = "training on the photo") -> None:
        """Report that a training starts."""
        self._current_training, self._remaining = model, TimeEstimate(model)
        self._pending_training = self._pending_training[1:]
        self._round += 1
        self._began = time.monotonic()
        self._report(stage)

    def picture(self) -> None:
        """Report that a picture is started."""
        self._current_training = None
        self._round += 1
        self._began = time.monotonic()
        self._report("")

    def done(self, seconds: float) -> None:
        """Count a finished picture that took ``seconds``."""
        total = self._picture_seconds * self._made + seconds
        self._made += 1
        self._picture_seconds = total / self._made

    def on_event(self, event: JobEvent) -> None:
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
            if last or now - self._last_preview >= _PREVIEW_INTERVAL:
                self._last_preview = now
                self._save_preview(event)
        if event.kind == "step" and now - self._last_report >= _INTERVAL:
            self._report(event.stage, event)

    def counted(self, stage: str, done: int, count: int) -> None:
        """Report that ``done`` of ``count`` equal items are done."""
        now = time.monotonic()
        if done < count and now - self._last_report < _INTERVAL:
            return
        self._last_report = now
        left = (now - self._began) / done * (count - done) if done else None
        self._tell({"stage": f"{stage}, {done} of {count}", "share": round(done / max(1, count), 4), "left": left})

    def _report(self, stage: str, event: Event | None = None) -> None:
        self._last_report = time.monotonic()
        share, left = self._fraction_and_remaining(event)
        self._tell({"stage": stage, "share": round(share, 4), "left": round(left, 1), "previews": self._previews})

    def _fraction_and_remaining(self, event: Event | None) -> tuple[float, float]:
        """The fraction done, 0..1, and the estimated remaining seconds."""
        if self._current_training is not None:
            place = (event.stage, event.step, event.steps) if event else ("", 0, 1)
            share = self._current_training.done_at(*place) if event else self._current_training.done()
            left = self._remaining.seconds(*place) if event else self._current_training.cost.seconds * (1 - share)
            following = sum(self._pending_training) + self._picture_seconds * self._todo
            total = self._current_training.cost.seconds + following
            return share * self._current_training.cost.seconds / total, left + following
        elapsed = time.monotonic() - self._began
        part = min(_MAX_ESTIMATED, elapsed / self._picture_seconds)
        share = (self._finished_before + self._made + part) / max(1, self._finished_before + self._todo)
        rest = self._picture_seconds * max(0, self._todo - self._made - 1)
        return min(1.0, share), max(0.5, self._picture_seconds - elapsed) + rest

    def _save_preview(self, event: Event) -> None:
        from calotype.image.io import to_image

        name = self._stages.setdefault(f"{self._round} {event.stage}", f"preview-{len(self._stages):03d}.webp")
        image = to_image(event.preview[:1].detach()[:, :4])  # type: ignore[index]
        write_whole(self._place / name, lambda file: write_thumbnail(image, file, _PREVIEW_SIDE))
        if name not in self._previews:
            self._previews = [*self._previews, name]
            self._tell({"previews": self._previews})
