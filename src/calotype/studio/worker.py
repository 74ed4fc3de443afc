"""What runs in a process of its own: one job or question after another, until the server is gone."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calotype.run import Run


def serve(threads: int, says: Connection, listens: Connection) -> None:
    """Work. What is said and heard is JSON, one document a message.

    Args:
        threads: of this process.
        says: ``{"ready": true}`` once; ``{"job": fields}`` while a job is done; ``{"answer": value}`` or ``{"error":
            sentence}`` to a question.
        listens: ``{"do": spec}``, ``{"ask": question, "with": arguments}`` or ``{"stop": true}``; its end is the wish
            to stop and to end.
    """
    # A terminal sends Ctrl-C to all its processes; when this one stops is the server's business.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ear = _Ear(listens)
    import torch

    from calotype.studio.job_runner import do

    torch.set_num_threads(threads)
    mouth = _Mouth(says)
    _warm()
    mouth.say({"ready": True})
    while (task := ear.next()) is not None:
        if "do" in task:
            do(task["do"], ear.run, lambda fields: mouth.say({"job": dict(fields)}))
        else:
            mouth.say(_answered(task["ask"], task["with"]))


def _warm() -> None:
    """Import what the first job would have to wait for."""
    from calotype.catalog import ENGINES, engine

    for name in ENGINES:
        engine(name)


class _Mouth:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def say(self, what: Mapping[str, Any]) -> None:
        with suppress(OSError):  # the server is gone, which the ear hears too
            self._connection.send_bytes(json.dumps(what).encode())


class _Ear:
    """Hears tasks and wishes; a wish to stop reaches the run that is worked on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tasks: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._run: Run | None = None
        self._stopped = False
        threading.Thread(target=self._listen, daemon=True).start()

    def next(self) -> dict[str, Any] | None:
        """The next task; ``None``: nobody is there any more who could give one."""
        self._run = None
        return self._tasks.get()

    def run(self, **how: Any) -> Run:
        """The run of the task that is worked on."""
        from calotype.run import Run

        self._run = Run(**how)
        if self._stopped:
            self._run.stop()
        return self._run

    def _listen(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                heard = json.loads(self._connection.recv_bytes())
                if "stop" in heard:
                    self._stop()
                    continue
                # A wish to stop is for the task before this one, be it begun or still waiting to be.
                self._stopped = False
                self._tasks.put(heard)
        self._stop()
        self._tasks.put(None)

    def _stop(self) -> None:
        self._stopped = True
        if self._run is not None:
            self._run.stop()


def _answered(question: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    from calotype.studio import job_runner

    try:
        return {"answer": answer(question, arguments)}
    except Exception as error:
        return {"error": job_runner.sentence(error)}


def answer(question: str, arguments: Mapping[str, Any]) -> Any:
    """What is known of something, or what became of a wish; see ``_QUESTIONS``.

    Raises:
        InputError: there is no answer, for a reason that people can mend.
    """
    return _QUESTIONS[question](**arguments)


def _engines() -> dict[str, Any]:
    """Of each engine and model what is known of it, and beside that its ``verbs`` and its ``abilities``."""
    from calotype.catalog import ENGINES, system, usual_preset
    from calotype.tasks.engines import engines
    from calotype.tasks.request import abilities
    from calotype.tasks.verbs import MAKING

    needs = {task.__name__: job.engine_function or task.__name__ for task, job in MAKING.items()} | {"train": "train"}
    return {
        name: {
            **about,
            # What learns from many photos is trained; what it makes afterwards is made with the model, not with it.
            "verbs": [verb for verb, function in needs.items() if name in ENGINES and hasattr(system(name), function)]
            or ["train"],
            "abilities": sorted(abilities(name)) if name in ENGINES else [],
            "usual": usual_preset(name),
        }
        for name, about in engines().items()
    }


def _models() -> list[dict[str, Any]]:
    """The kept models, each with the names of its pictures on the way and the verbs that can use it."""
    from dataclasses import asdict
    from pathlib import Path

    from calotype.tasks.models import models

    return [
        {
            **{name: value for name, value in asdict(entry).items() if name != "folder"},
            "previews": [path.name for path in _by_age(Path(entry.folder) / "previews")],
            "verbs": _uses(entry),
        }
        for entry in models()
    ]


def _uses(entry: Any) -> list[str]:
    """The verbs that can use a kept model of many photos; finished or not. Those of one photo say it themselves."""
    from pathlib import Path

    from calotype.catalog import MODELS, config_from, model, usual_preset
    from calotype.errors import InputError
    from calotype.tasks import model_store
    from calotype.tasks.verbs import MAKING, SAMPLING

    if entry.engine not in MODELS:
        return []
    module = model(entry.engine)
    try:
        config = config_from(module, usual_preset(entry.engine), model_store.described(Path(entry.folder))["config"])
    except (InputError, KeyError):
        return []
    names = [task.__name__ for task in (*SAMPLING, *MAKING)]
    return [name for name in names if hasattr(module, name) and _can(module, name, config)]


def _can(module: Any, verb: str, config: Any) -> bool:
    """Whether a model that was trained so can do what its kind can."""
    from calotype.errors import InputError

    try:
        if verb == "panorama":
            module.check_round(config)
        if verb == "expand":
            module.check_margins((0, 0, 1, 1), config)
    except InputError:
        return False
    return True


def _by_age(folder: Any) -> list[Any]:
    return sorted(folder.glob("*.png"), key=lambda path: path.stat().st_mtime)


def _remove_model(name: str) -> None:
    from calotype.tasks.models import remove

    remove([name])


def _estimate(verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    from calotype.studio.job_runner import estimate

    return estimate(verb, arguments)


def _data() -> list[dict[str, Any]]:
    from calotype.studio.dataset_job import listed

    return listed()


def _bring(folder: str, photo: str | None) -> str:
    from calotype.tasks.models import take_over

    return take_over(folder, photo).name


def _kept_for_sets() -> dict[str, int]:
    from calotype.tasks.data import kept_bytes

    return kept_bytes()


def _clean() -> int:
    from calotype.tasks.data import clean

    return clean()


_QUESTIONS: dict[str, Any] = {
    "engines": _engines,
    "models": _models,
    "remove_model": _remove_model,
    "estimate": _estimate,
    "data": _data,
    "kept_for_sets": _kept_for_sets,
    "clean": _clean,
    "bring": _bring,
}
