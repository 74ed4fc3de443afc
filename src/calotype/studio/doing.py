"""One job done, in a process of its own; its progress and pictures on the way are told to the server."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.errors import Stopped, one_line
from calotype.studio.pictures import write_thumbnail
from calotype.tasks.making import Job, gigabytes
from calotype.tasks.verbs import MAKING, SAMPLING

if TYPE_CHECKING:
    from calotype.run import Event, Run
    from calotype.tasks.trained import Model

Tell = Callable[[Mapping[str, Any]], None]
_EVERY = 0.25  # seconds between two reports
_PREVIEW_EVERY = 1.0  # seconds between two pictures of one stage
_PREVIEW_SIDE = 640
_NEARLY = 0.97  # what is expected, not known, is never said to be all
_MODELS_VERBS = {task.__name__: (task, kind) for task, kind in SAMPLING.items()}  # they take a model and no photo
_NO_FAULT = "something went wrong inside calotype ({}): please report it, with the photo if you can"


def do(spec: Mapping[str, Any], run_for: Callable[..., Run], tell: Tell) -> None:
    """Do a job and say how it ended: ``{"state": ..., "message": ...}`` is told last.

    Args:
        spec: ``verb``, ``arguments`` (pictures as paths), ``place`` (the job's folder) and ``there`` (names of the
            results that an earlier attempt has finished).
        run_for: makes the run, given ``seed``, ``device`` and ``on_event``; it is stopped from elsewhere.
        tell: takes fields of the job's record that change.
    """
    try:
        if spec["verb"] == "train":
            _train(spec, run_for, tell)
        elif spec["verb"] == "evaluate":
            _evaluate(spec, tell)
        elif spec["verb"] in _MODELS_VERBS:
            _sample(spec, run_for, tell)
        else:
            _make(spec, run_for, tell)
    except Stopped:
        tell({"state": "stopped", "message": "stopped: what is finished is kept, and it can go on from there"})
    except Exception as error:
        tell({"state": "failed", "message": sentence(error)})
    else:
        tell({"state": "done", "message": "", "share": 1.0, "left": None, "stage": ""})


def sentence(error: BaseException) -> str:
    """What went wrong, for people: a sentence without the options of a command line."""
    return one_line(error) or _NO_FAULT.format(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")


# ---------------------------------------------------------------------------------------------------------------
# Pictures


def job_of(verb: str, arguments: Mapping[str, Any], run: Run | None = None) -> Job:
    """The verb's job for these arguments, as the verb itself makes it.

    Raises:
        InputError: one of them cannot be used.
    """
    task, kind = next((task, kind) for task, kind in MAKING.items() if task.__name__ == verb)
    given = _all_arguments(task, arguments)
    photo, also = given.pop("photo"), given.pop("also", ())
    pictures = {name: given.pop(name) for name in kind.wants}
    order = kind.ordered(**given)
    return kind(order, photo, also, run, **pictures)


def _all_arguments(task: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    from calotype.tasks.param import described

    return {name: arguments.get(name, default) for name, (_, default) in described(task).items()}


def _make(spec: Mapping[str, Any], run_for: Callable[..., Run], tell: Tell) -> None:
    from PIL import Image

    from calotype.image.io import result_path

    verb, place = spec["verb"], Path(spec["place"])
    arguments = dict(spec["arguments"])
    film_format = arguments.pop("film_format", "gif")
    progress = Progress(place, tell)
    run = run_for(seed=int(arguments.get("seed") or 0), device=arguments.get("device") or "auto", on_event=progress)
    job = job_of(verb, arguments, run)
    job.check_memory()
    suffix = f".{film_format}" if job.suffix != ".png" else job.suffix
    paths = {p: result_path(place, job.photo.name, verb, p.seed, p.scale, suffix=suffix) for p in job.pieces}
    todo = [piece for piece, path in paths.items() if path.name not in spec["there"]]
    tell({"count": len(paths)})
    lessons = [model.cost.seconds * (1 - model.done()) for model in job.lessons]
    progress.expect(job.cost.seconds, len(todo), len(paths) - len(todo), lessons)
    for model in job.lessons:
        progress.lesson(model)
        model.train(run)
    for piece in todo:
        progress.picture()
        made, seconds = job.make(piece)
        path = paths[piece]
        job.save(made, path, piece)
        film = next((other.name for other in place.glob(f"{path.stem}.*") if other != path), "")
        with Image.open(path) if suffix != ".mp4" else Image.new("RGB", (job.size.width, job.size.height)) as image:
            size = {"width": image.width, "height": image.height}
        progress.done(seconds)
        tell(
            {
                "made": {
                    "file": path.name,
                    "seed": piece.seed,
                    "scale": piece.scale,
                    "seconds": seconds,
                    "film": film,
                    **size,
                }
            }
        )


def _sample(spec: Mapping[str, Any], run_for: Callable[..., Run], tell: Tell) -> None:
    from calotype.image.io import result_path

    place, arguments = Path(spec["place"]), spec["arguments"]
    progress = Progress(place, tell)
    run = run_for(seed=int(arguments.get("seed") or 0), device=arguments.get("device") or "auto", on_event=progress)
    job = sampling_of(spec["verb"], arguments, run)
    job.check_memory()
    paths = {seed: result_path(place, job.name, spec["verb"], seed) for seed in job.seeds}
    todo = [seed for seed, path in paths.items() if path.name not in spec["there"]]
    tell({"count": len(paths)})
    progress.expect(job.cost.seconds, len(todo), len(paths) - len(todo))
    for seed in todo:
        if run.stopping:
            raise Stopped("stopped between two pictures")
        progress.picture()
        made, seconds = job.make(seed)
        job.save(made, paths[seed], seed)
        progress.done(seconds)
        size = {"width": made.width, "height": made.height}
        tell({"made": {"file": paths[seed].name, "seed": seed, "scale": "", "seconds": seconds, **size}})


def sampling_of(verb: str, arguments: Mapping[str, Any], run: Run | None = None) -> Any:
    """The work of a verb that takes a model of many photos.

    Raises:
        InputError: an argument, or the model, cannot be used.
    """
    task, kind = _MODELS_VERBS[verb]
    return kind(run=run, **_all_arguments(task, arguments))


def estimate(verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What a job would take, without beginning it: ``seconds``, ``memory`` (in words), ``size`` and ``training``.

    Raises:
        InputError: it could not be done as asked.
    """
    given = {name: value for name, value in arguments.items() if name != "film_format"}
    if verb == "train":
        model = _course(given).model(given["photo"])
        learning = [] if model.finished else [model]
        return _taken(sum(m.cost.seconds * (1 - m.done()) for m in learning), 0, "", learning, "")
    if verb == "evaluate":
        return _taken(3.0 * len(given["fakes"]), 0, "", [], "")
    if verb in _MODELS_VERBS:
        sampling = sampling_of(verb, given)
        return _taken(sampling.cost.seconds * sampling.n, sampling.cost.bytes, str(sampling.size), [], "")
    job = job_of(verb, given)
    job.check_memory()
    lessons = job.lessons
    seconds = job.cost.seconds * len(job.pieces) + sum(model.cost.seconds * (1 - model.done()) for model in lessons)
    return _taken(seconds, job.cost.bytes, str(job.size), lessons, job.cost.note)


def _taken(seconds: float, memory: int, size: str, lessons: list[Model], note: str) -> dict[str, Any]:
    most = max([memory, *(model.cost.bytes for model in lessons)])
    return {
        "seconds": round(seconds, 2),
        "memory": gigabytes(most),
        "size": size,
        "training": [model.engine for model in lessons],
        "note": note,
    }


# ---------------------------------------------------------------------------------------------------------------
# Models and measures


def _course(given: Mapping[str, Any]) -> Any:
    from calotype.tasks.train import course, train

    rest = _all_arguments(train, given)
    rest.pop("photo")
    return course(rest.pop("engine"), **rest)


def _train(spec: Mapping[str, Any], run_for: Callable[..., Run], tell: Tell) -> None:
    from calotype.tasks.train import trained

    arguments = spec["arguments"]
    progress = Progress(Path(spec["place"]), tell)
    course = _course(arguments)
    model = course.model(arguments["photo"])
    run = run_for(seed=course.seed, device=course.device, on_event=progress)
    progress.lesson(model)
    done = trained(model, run)
    tell({"model": done.folder.name})


def _evaluate(spec: Mapping[str, Any], tell: Tell) -> None:
    from calotype.tasks.evaluate import evaluate

    tell({"stage": "measuring"})
    tell({"report": evaluate(spec["arguments"]["real"], list(spec["arguments"]["fakes"])).as_dict()})


# ---------------------------------------------------------------------------------------------------------------
# How it goes


class Progress:
    """Hears the events of a run and tells how much is done, how long it will take, and what it looks like so far."""

    def __init__(self, place: Path, tell: Tell) -> None:
        self._place, self._tell = place, tell
        self._told = self._pictured = 0.0
        self._previews: list[str] = []
        self._stages: dict[str, str] = {}  # the picture of each stage
        self._round = 0  # the lesson or the picture that is worked on: their stages may have the same names
        self._lesson: Model | None = None
        self._each = 1.0  # seconds of a picture, expected and then measured
        self._todo, self._made, self._before = 0, 0, 0
        self._learning: list[float] = []  # seconds of the lessons that are still to come
        self._began = time.monotonic()

    def expect(self, each: float, todo: int, there: int, lessons: list[float] | None = None) -> None:
        """What there is to do: so many pictures of so many seconds each, beside those that are there; and lessons."""
        self._each, self._todo, self._before = max(0.05, each), todo, there
        self._learning = lessons or []

    def lesson(self, model: Model) -> None:
        """A model is trained next."""
        from calotype.tasks.remaining import Remaining

        self._lesson, self._remaining = model, Remaining(model)
        self._learning = self._learning[1:]
        self._round += 1
        self._began = time.monotonic()
        self._say("learning from the photo")

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
        from calotype.files import write_whole
        from calotype.image.io import to_image

        name = self._stages.setdefault(f"{self._round} {event.stage}", f"preview-{len(self._stages):03d}.webp")
        image = to_image(event.preview[:1].detach()[:, :4])  # type: ignore[index]
        write_whole(self._place / name, lambda file: write_thumbnail(image, file, _PREVIEW_SIDE))
        if name not in self._previews:
            self._previews = [*self._previews, name]
