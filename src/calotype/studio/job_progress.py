"""Progress reports of a job: fraction done, remaining time and preview pictures, from the events of its run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from calotype.files import write_whole
from calotype.studio.job_spec import Tell
from calotype.studio.pictures import write_thumbnail
from calotype.studio.remaining import Remaining
from calotype.studio.times import Times, work_key
from calotype.tasks.eta import TimeEstimate

if TYPE_CHECKING:
    from calotype.run import Event
    from calotype.tasks.progress import Training
    from calotype.tasks.runner import JobEvent

_INTERVAL = 0.25  # seconds between two reports
_TICK = 1.0  # seconds after which the remaining time is reported without an event
_PREVIEW_INTERVAL = 1.0  # seconds between two previews of one stage
_PREVIEW_SIDE = 640
_LEAST_TRAINED = 0.02  # fraction of a training from which its time is a measurement


class Progress:
    """Event listener of a run: reports the fraction done, the remaining seconds, preview pictures and measured times.

    Args:
        place: folder of the previews.
        tell: called with the changed fields of the job's record.
        times: the times measured on this machine before.
        clock: the time, seconds.
    """

    def __init__(
        self, place: Path, tell: Tell, times: Times | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._place, self._tell, self._times, self._clock = place, tell, times or Times(), clock
        self._last_report = self._last_preview = float("-inf")
        self._previews: list[str] = []
        self._preview_of: dict[str, str] = {}  # the preview file of each stage
        self._round = 0  # number of the current training or output, as their stages may have the same names
        self._training: _TrainingTime | None = None
        self._output: Remaining | None = None
        self._key, self._estimate, self._each = "", 1.0, 1.0  # of an output: kind of work, estimated and expected time
        self._todo, self._made, self._finished_before = 0, 0, 0
        self._seconds = 0.0  # of the outputs made so far
        self._pending_training: list[float] = []  # expected seconds of the pending trainings
        self._stage, self._began = "", clock()
        self._lock = threading.RLock()  # the events are those of the working thread, the ticks of another one

    def expect(
        self, key: str, each: float, todo: int, there: int, trainings: list[tuple[str, float]] | None = None
    ) -> None:
        """Set the amount of work.

        Args:
            key: the kind of work that an output is (``work_key``).
            each: estimated seconds for an output.
            todo: number of outputs to make.
            there: number of finished outputs.
            trainings: name of the system and estimated seconds of each pending training.
        """
        with self._lock:
            self._key, self._estimate, self._each = key, each, self._times.corrected(key, each)
            self._todo, self._finished_before, self._made, self._seconds = todo, there, 0, 0.0
            self._pending_training = [
                self._times.corrected(work_key("train", name), seconds) for name, seconds in trainings or []
            ]

    @contextmanager
    def ticking(self) -> Iterator[None]:
        """In the block, the remaining time is reported now and then, also while there are no events."""
        ended = threading.Event()

        def tick() -> None:
            while not ended.wait(_TICK):
                self.tick()

        thread = threading.Thread(target=tick, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self._end_training()

    def tick(self) -> None:
        """Report the remaining time if nothing was reported for a while."""
        with self._lock:
            if self._clock() - self._last_report >= _TICK and (self._training or self._output):
                self._report(self._stage)

    def training(self, model: Training, stage: str = "training on the photo") -> None:
        """Report that a training starts."""
        with self._lock:
            self._end_training()
            self._training = _TrainingTime(model, self._times, self._clock)
            self._pending_training = self._pending_training[1:]
            self._round += 1
            self._began = self._clock()
            self._report(stage)

    def picture(self) -> None:
        """Report that an output is started."""
        with self._lock:
            self._end_training()
            self._round += 1
            stages = self._times.stages.get(self._key)
            self._output = Remaining(self._expected, self._clock(), stages)
            self._report("")

    @property
    def _expected(self) -> float:
        """Expected seconds of an output: as long as those before."""
        return self._seconds / self._made if self._made else self._each

    def done(self) -> None:
        """Count a finished output, and report the time that it took, for later estimates."""
        with self._lock:
            if self._output is None:
                return
            now = self._clock()
            seconds, stages = now - self._output.began, self._output.stages(now)
            self._made, self._seconds, self._output = self._made + 1, self._seconds + seconds, None
            self._measured(self._key, self._estimate, seconds, stages)

    def on_event(self, event: JobEvent) -> None:
        """See ``runner.Listener``."""
        if event.kind == "training" and event.training is not None:
            self.training(event.training)
        elif event.kind == "begun":
            self.picture()
        elif event.kind == "saved":
            self.done()
        elif event.event is not None:
            self(event.event)

    def __call__(self, event: Event) -> None:
        """See ``Run.on_event``."""
        with self._lock:
            now = self._clock()
            if event.preview is not None and event.kind == "step":
                last = event.step == event.steps
                if last or now - self._last_preview >= _PREVIEW_INTERVAL:
                    self._last_preview = now
                    self._save_preview(event)
            if event.kind != "step":
                return
            if self._training is not None:
                self._training.place = (event.stage, event.step, event.steps)
            elif self._output is not None:
                self._output.step(event.stage, event.step, event.steps, now)
            if now - self._last_report >= _INTERVAL:
                self._report(event.stage)

    def counted(self, stage: str, done: int, count: int) -> None:
        """Report that ``done`` of ``count`` equal items are done."""
        now = self._clock()
        if done < count and now - self._last_report < _INTERVAL:
            return
        self._last_report = now
        left = (now - self._began) / done * (count - done) if done else None
        self._tell({"stage": f"{stage}, {done} of {count}", "share": round(done / max(1, count), 4), "left": left})

    def _report(self, stage: str) -> None:
        self._last_report, self._stage = self._clock(), stage
        share, left = self._fraction_and_remaining()
        self._tell({"stage": stage, "share": round(share, 4), "left": round(left, 1), "previews": self._previews})

    def _fraction_and_remaining(self) -> tuple[float, float]:
        """The fraction done, 0..1, and the remaining seconds."""
        if self._training is not None:
            whole = self._training.expected
            following = sum(self._pending_training) + self._each * self._todo
            return self._training.done * whole / max(1e-9, whole + following), self._training.left() + following
        now, output = self._clock(), self._output
        part, left = (output.done(now), output.left(now)) if output else (0.0, 0.0)
        share = (self._finished_before + self._made + part) / max(1, self._finished_before + self._todo)
        return min(1.0, share), left + self._expected * max(0, self._todo - self._made - (output is not None))

    def _end_training(self) -> None:
        """Report the time of the training that has ended, if it says something of the whole."""
        training, self._training = self._training, None
        if training is not None and training.progress >= _LEAST_TRAINED:
            key = work_key("train", training.engine)
            self._measured(key, training.estimate * training.progress, training.elapsed)

    def _measured(self, key: str, estimate: float, seconds: float, stages: dict[str, float] | None = None) -> None:
        measured = {"key": key, "estimate": estimate, "seconds": seconds, "stages": stages or {}}
        self._tell({"measured": measured})

    def _save_preview(self, event: Event) -> None:
        from calotype.image.io import to_image

        name = self._preview_of.setdefault(f"{self._round} {event.stage}", f"preview-{len(self._preview_of):03d}.webp")
        image = to_image(event.preview[:1].detach()[:, :4])  # type: ignore[index]
        write_whole(self._place / name, lambda file: write_thumbnail(image, file, _PREVIEW_SIDE))
        if name not in self._previews:
            self._previews = [*self._previews, name]
            self._tell({"previews": self._previews})


class _TrainingTime:
    """The time of a training."""

    def __init__(self, model: Training, times: Times, clock: Callable[[], float]) -> None:
        self.engine, self.estimate = model.engine, model.cost.seconds
        self.expected = times.corrected(work_key("train", model.engine), self.estimate)
        self.place: tuple[str, int, int] | None = None  # stage, step and number of steps
        self._model, self._clock, self._began, self._done_before = model, clock, clock(), model.done()
        self._estimate = TimeEstimate(model, expected=self.expected, clock=clock)

    @property
    def done(self) -> float:
        """The fraction that is done, 0..1."""
        return self._model.done_at(*self.place) if self.place else self._done_before

    @property
    def progress(self) -> float:
        """The fraction that was done since the start."""
        return self.done - self._done_before

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._began

    def left(self) -> float:
        """Remaining seconds."""
        return self._estimate.seconds(*self.place) if self.place else self.expected * (1 - self._done_before)
