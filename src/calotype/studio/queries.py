"""Queries of the server that need torch, answered in a separate process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from calotype.catalog import ENGINES, MODELS, declared, default_preset, engine, model, saved_config
from calotype.errors import InputError
from calotype.studio.dataset_job import listed
from calotype.studio.forms import VERBS as ASKED
from calotype.studio.job_runner import estimate, sentence
from calotype.studio.live import laid_out, live
from calotype.tasks import model_store
from calotype.tasks.data import clean, kept_bytes
from calotype.tasks.directions import known_directions
from calotype.tasks.engines import engines
from calotype.tasks.foreign_models import one_file
from calotype.tasks.leaks import LEAKS
from calotype.tasks.models import models, remove, take_over
from calotype.tasks.verbs import VERBS
from calotype.tasks.worker import TaskContext

_NICE = 10  # how much less urgent jobs are than the answers of the server


@dataclass(frozen=True)
class Query:
    """A task that answers a query; see ``_HANDLERS``."""

    question: str
    arguments: Mapping[str, Any]

    def __call__(self, shared: Any, context: TaskContext) -> tuple[str, Any]:
        """Return ``("answer", value)`` or ``("error", message)``."""
        try:
            return "answer", answer(self.question, self.arguments)
        except Exception as error:
            return "error", sentence(error)


def prepare() -> None:
    """Import the engines in advance, so that the first job starts without delay, and leave the server its turn."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    for name in ENGINES:
        engine(name)


def answer(question: str, arguments: Mapping[str, Any]) -> Any:
    """The answer to a query; see ``_HANDLERS``.

    Raises:
        InputError: the query failed for a reason that the user can fix.
    """
    return _HANDLERS[question](**arguments)


def _engines() -> dict[str, Any]:
    """The descriptions of all engines and models, with their ``verbs``, ``abilities`` and default preset."""
    return {
        name: {
            **about,
            # Systems for data sets are listed for training only; other verbs use their trained models.
            "verbs": _engine_verbs(name) if name in ENGINES else ["train"],
            "abilities": sorted(declared(name).abilities),
            "usual": default_preset(name),
            "structures": {
                verb: given.structure for verb, given in declared(name).verbs.items() if given.structure is not None
            },
        }
        for name, about in engines().items()
    }


def _engine_verbs(name: str) -> list[str]:
    verbs = [verb for verb in VERBS if verb in declared(name).verbs]
    return [*verbs, "train"] if declared(name).trained else verbs


def _models() -> list[dict[str, Any]]:
    """The models in the model store, with preview names, supported verbs and classes."""
    return [
        {
            **{name: value for name, value in asdict(entry).items() if name != "folder"},
            "previews": [path.name for path in _by_age(Path(entry.folder) / "previews")],
            "verbs": _supported_verbs(entry),
            "classes": _classes(entry),
            "takes": _inputs(entry),
            "tasks": _tasks(entry),
            "directions": list(known_directions(Path(entry.folder))),
            "leaks": (Path(entry.folder) / LEAKS).is_file(),
        }
        for entry in models()
    ]


def _supported_verbs(entry: Any) -> list[str]:
    """The verbs that can use a model of a data set; empty for models of one photo."""
    if entry.engine not in MODELS:
        return []
    module = model(entry.engine)
    try:
        described = model_store.described(Path(entry.folder))
        config = saved_config(entry.engine, described["config"])
    except (InputError, KeyError):
        return []
    verbs = declared(entry.engine).verbs
    found = [name for name in VERBS if name in verbs and name in ASKED and _passes(module, verbs[name].check, config)]
    about = declared(entry.engine)
    if about.layered and entry.finished:
        found += ["dissect"] if about.learns_maps else ["dissect", "invert"]
    return [*found, "directions"] if about.style_space and entry.finished else found


def _passes(module: Any, check: str, config: Any) -> bool:
    """Whether a model with this configuration passes the check of a verb."""
    try:
        if check:
            getattr(module, check)(config)
    except InputError:
        return False
    return True


def _classes(entry: Any) -> list[dict[str, Any]]:
    """The names and colours of a model's classes, and whether they have boxes; empty if it has none."""
    described = model_store.described(Path(entry.folder))
    about, salient = described.get("about", {}), described.get("config", {}).get("salient")
    names, colours = about.get("names", []), about.get("colours", [])
    return [
        {"name": name, "colour": colour, "box": not salient or number in salient}
        for number, (name, colour) in enumerate(zip(names, colours))
    ]


def _inputs(entry: Any) -> dict[str, dict[str, str]]:
    """The kinds of the inputs that a model of a data set declares, by verb."""
    verbs = declared(entry.engine).verbs if entry.engine in MODELS else {}
    return {name: {given.name: given.kind for given in verb.inputs} for name, verb in verbs.items()}


def _tasks(entry: Any) -> list[str]:
    """The names of the tasks that a model was taught; empty if it knows one."""
    return list(model_store.described(Path(entry.folder)).get("config", {}).get("tasks", []))


def _by_age(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.png"), key=lambda path: path.stat().st_mtime)


def _remove_model(name: str) -> None:
    remove([name])


def _import_model(folder: str, photo: str | None) -> str:
    return take_over(one_file(Path(folder)) or folder, photo).name


_HANDLERS: dict[str, Any] = {
    "engines": _engines,
    "models": _models,
    "remove_model": _remove_model,
    "estimate": estimate,
    "live": live,
    "laid_out": laid_out,
    "data": listed,
    "kept_for_sets": kept_bytes,
    "clean": clean,
    "import_model": _import_model,
}
