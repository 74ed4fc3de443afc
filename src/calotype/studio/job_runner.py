"""One job done, in a process of its own; its progress and pictures on the way are told to the server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.errors import InputError, Stopped, one_line
from calotype.studio.job_progress import Progress, Tell
from calotype.studio.words import plain
from calotype.tasks.job import Job, format_bytes
from calotype.tasks.verbs import MAKING, SAMPLING

if TYPE_CHECKING:
    from calotype.run import Run

RunFor = Callable[..., "Run"]
_MODELS_VERBS = {task.__name__: (task, kind) for task, kind in SAMPLING.items()}  # they take a model and no photo
_NO_FAULT = "something went wrong inside calotype ({}): please report it, with the photo if you can"
MOST_RESULTS = 500  # of one job on a set
_NAMED = 3  # photos that could not be worked on, said by name


def do(spec: Mapping[str, Any], run_for: RunFor, tell: Tell) -> None:
    """Do a job and say how it ended: ``{"state": ..., "message": ...}`` is told last.

    Args:
        spec: ``verb``, ``arguments`` (pictures as paths), ``place`` (the job's folder) and ``there`` (names of the
            results that an earlier attempt has finished).
        run_for: makes the run, given ``seed``, ``device`` and ``on_event``; it is stopped from elsewhere.
        tell: takes fields of the job's record that change.
    """
    try:
        message = _work(spec["verb"])(spec, run_for, tell) or ""
    except Stopped:
        tell({"state": "stopped", "message": "stopped: what is finished is kept, and it can go on from there"})
    except Exception as error:
        tell({"state": "failed", "message": sentence(error)})
    else:
        tell({"state": "done", "message": message, "share": 1.0, "left": None, "stage": ""})


def _work(verb: str) -> Callable[[Mapping[str, Any], RunFor, Tell], str | None]:
    """What does the jobs of a verb, and returns what is to be said when all is done."""
    from calotype.studio import dataset_job, evaluation_job, training_job

    others = {"train": training_job.train, "evaluate": evaluation_job.evaluate, "data": dataset_job.data}
    return others.get(verb, _sample if verb in _MODELS_VERBS else _make)


def sentence(error: BaseException) -> str:
    """What went wrong, for people: a sentence in the words of the page."""
    said = one_line(error)
    if said is None:
        return _NO_FAULT.format(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
    return plain(said)


# ---------------------------------------------------------------------------------------------------------------
# Pictures


def job_of(verb: str, arguments: Mapping[str, Any], run: Run | None = None) -> Job:
    """The verb's job for these arguments, as the verb itself makes it.

    Raises:
        InputError: one of them cannot be used.
    """
    task, kind = next((task, kind) for task, kind in MAKING.items() if task.__name__ == verb)
    given = all_arguments(task, arguments)
    photo, also = given.pop("photo"), given.pop("also", ())
    pictures = {name: given.pop(name) for name in kind.wants}
    request = kind.ordered(**given)
    return kind(request, photo, also, run, **pictures)


def all_arguments(task: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """All described arguments of a verb: as given, or as they are if nobody says."""
    from calotype.tasks.param import described

    return {name: arguments.get(name, default) for name, (_, default) in described(task).items()}


def photos_of(photo: str) -> list[tuple[Path, str]]:
    """The photos that an argument stands for, one or those of a set; each with what its results are called after.

    Raises:
        InputError: there is none in the set.
    """
    path = Path(photo)
    if not path.is_dir():
        return [(path, "")]
    from calotype.data.folder import pictures_below

    return [(one, "_".join(one.relative_to(path).with_suffix("").parts)) for one in pictures_below(path)]


def _make(spec: Mapping[str, Any], run_for: RunFor, tell: Tell) -> str:
    arguments = dict(spec["arguments"])
    photos = photos_of(arguments["photo"])
    if len(photos) * int(arguments.get("n") or 1) > MOST_RESULTS:
        raise InputError(f"{len(photos)} photos would give too many results for one job: at most {MOST_RESULTS} (n)")
    progress = Progress(Path(spec["place"]), tell)
    run = run_for(seed=int(arguments.get("seed") or 0), device=arguments.get("device") or "auto", on_event=progress)
    left_out: list[str] = []
    for number, (photo, name) in enumerate(photos):
        try:
            _of_one(spec, {**arguments, "photo": str(photo)}, name, (number, len(photos)), (run, progress, tell))
        except InputError as error:
            if len(photos) == 1:
                raise
            left_out.append(f"{photo.name} ({sentence(error)})")
            if len(left_out) == len(photos):
                raise InputError(f"none of the {len(photos)} photos could be used; the first: {left_out[0]}") from error
    if not left_out:
        return ""
    more = f" and {len(left_out) - _NAMED} more" if len(left_out) > _NAMED else ""
    return f"left out: {', '.join(left_out[:_NAMED])}{more}"


def _of_one(
    spec: Mapping[str, Any],
    arguments: dict[str, Any],
    name: str,
    which: tuple[int, int],
    how: tuple[Run, Progress, Tell],
) -> None:
    """All pictures of one photo, which is the so-manieth of so many."""
    from calotype.image.io import result_path

    (number, count), (run, progress, tell) = which, how
    verb, place = spec["verb"], Path(spec["place"])
    film_format = arguments.pop("film_format", "gif")
    job = job_of(verb, arguments, run)
    job.check_memory()
    suffix = f".{film_format}" if job.suffix != ".png" else job.suffix
    stem = name or job.photo.name
    paths = {p: result_path(place, stem, verb, p.seed, p.scale, suffix=suffix) for p in job.outputs}
    todo = [output for output, path in paths.items() if path.name not in spec["there"]]
    tell({"count": len(paths) * count})
    pending_training = [model.cost.seconds * (1 - model.done()) for model in job.pending_training]
    later = len(paths) * (count - number - 1)  # pictures of the photos that come after
    progress.expect(job.cost.seconds, len(todo) + later, len(paths) * number + len(paths) - len(todo), pending_training)
    for model in job.pending_training:
        progress.training(model)
        model.train(run)
    for output in todo:
        if run.stopping:
            raise Stopped("stopped between two pictures")
        progress.picture()
        made, seconds = job.make(output)
        job.save(made, paths[output], output)
        progress.done(seconds)
        tell({"made": _told(job, output, paths[output], seconds)})


def _told(job: Job, output: Any, path: Path, seconds: float) -> dict[str, Any]:
    from PIL import Image

    film = next((other.name for other in path.parent.glob(f"{path.stem}.*") if other != path), "")
    with Image.open(path) if path.suffix != ".mp4" else Image.new("RGB", (job.size.width, job.size.height)) as image:
        size = {"width": image.width, "height": image.height}
    return {"file": path.name, "seed": output.seed, "scale": output.scale, "seconds": seconds, "film": film, **size}


def _sample(spec: Mapping[str, Any], run_for: RunFor, tell: Tell) -> None:
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
    return kind(run=run, **all_arguments(task, arguments))


def estimate(verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What a job would take, without beginning it: ``seconds``, ``memory`` (in words), ``size`` and ``training``.

    Raises:
        InputError: it could not be done as asked.
    """
    from calotype.studio import dataset_job, evaluation_job, training_job

    given = {name: value for name, value in arguments.items() if name != "film_format"}
    if verb == "train":
        seconds, memory, training = training_job.estimate(given)
        return _taken(seconds, memory, training=training)
    if verb == "evaluate":
        return _taken(evaluation_job.seconds(given))
    if verb == "data":
        return _taken(0.0, note=dataset_job.estimate(given))
    if verb in _MODELS_VERBS:
        sampling = sampling_of(verb, given)
        return _taken(sampling.cost.seconds * sampling.n, sampling.cost.bytes, size=str(sampling.size))
    photos = photos_of(given["photo"])
    job = job_of(verb, {**given, "photo": str(photos[0][0])})
    job.check_memory()
    pending_training = job.pending_training
    seconds = job.cost.seconds * len(job.outputs) + sum(
        model.cost.seconds * (1 - model.done()) for model in pending_training
    )
    memory = max([job.cost.bytes, *(model.cost.bytes for model in pending_training)])
    names, size = [model.engine for model in pending_training], str(job.size) if len(photos) == 1 else ""
    # The photos of a set are taken to be like its first one.
    return _taken(seconds * len(photos), memory, size=size, training=names, note=job.cost.note)


def _taken(
    seconds: float, memory: int = 0, *, size: str = "", training: list[str] | None = None, note: str = ""
) -> dict[str, Any]:
    return {
        "seconds": round(seconds, 2),
        "memory": format_bytes(memory),
        "size": size,
        "training": training or [],
        "note": note,
    }
