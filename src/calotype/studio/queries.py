"""Questions of the page that need torch, answered in a process of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from calotype.catalog import ENGINES, MODELS, config_from, declared, default_preset, engine, model
from calotype.errors import InputError
from calotype.studio.dataset_job import listed
from calotype.studio.job_runner import estimate, sentence
from calotype.tasks import model_store
from calotype.tasks.data import clean, kept_bytes
from calotype.tasks.engines import engines
from calotype.tasks.models import models, remove, take_over
from calotype.tasks.verbs import VERBS
from calotype.tasks.worker import TaskContext


@dataclass(frozen=True)
class Query:
    """A question; see ``_QUESTIONS``."""

    question: str
    arguments: Mapping[str, Any]

    def __call__(self, shared: Any, context: TaskContext) -> tuple[str, Any]:
        """``("answer", value)`` or ``("error", sentence)``."""
        try:
            return "answer", answer(self.question, self.arguments)
        except Exception as error:
            return "error", sentence(error)


def prepare() -> None:
    """Import what the first job would have to wait for."""
    for name in ENGINES:
        engine(name)


def answer(question: str, arguments: Mapping[str, Any]) -> Any:
    """What is known of something, or what became of a wish; see ``_QUESTIONS``.

    Raises:
        InputError: there is no answer, for a reason that people can mend.
    """
    return _QUESTIONS[question](**arguments)


def _engines() -> dict[str, Any]:
    """Of each engine and model what is known of it, and beside that its ``verbs`` and its ``abilities``."""
    return {
        name: {
            **about,
            # What learns from many photos is trained; what it makes afterwards is made with the model, not with it.
            "verbs": _engine_verbs(name) if name in ENGINES else ["train"],
            "abilities": sorted(declared(name).abilities),
            "usual": default_preset(name),
        }
        for name, about in engines().items()
    }


def _engine_verbs(name: str) -> list[str]:
    verbs = [verb for verb in VERBS if verb in declared(name).verbs]
    return [*verbs, "train"] if declared(name).trained else verbs


def _models() -> list[dict[str, Any]]:
    """The kept models, each with the names of its previews and the verbs that can use it."""
    return [
        {
            **{name: value for name, value in asdict(entry).items() if name != "folder"},
            "previews": [path.name for path in _by_age(Path(entry.folder) / "previews")],
            "verbs": _uses(entry),
            "classes": _classes(entry),
        }
        for entry in models()
    ]


def _uses(entry: Any) -> list[str]:
    """The verbs that can use a kept model of a data set, finished or not. Those of one photo say it themselves."""
    if entry.engine not in MODELS:
        return []
    module = model(entry.engine)
    try:
        described = model_store.described(Path(entry.folder))
        config = config_from(module, default_preset(entry.engine), described["config"])
    except (InputError, KeyError):
        return []
    verbs = declared(entry.engine).verbs
    return [name for name in VERBS if name in verbs and _can(module, verbs[name].check, config)]


def _can(module: Any, check: str, config: Any) -> bool:
    """Whether a model that was trained so can do what its kind can."""
    try:
        if check:
            getattr(module, check)(config)
    except InputError:
        return False
    return True


def _classes(entry: Any) -> list[dict[str, Any]]:
    """The names and colours of a model's classes; none where it knows none."""
    about = model_store.described(Path(entry.folder)).get("about", {})
    names, colours = about.get("names", []), about.get("colours", [])
    return [{"name": name, "colour": colour} for name, colour in zip(names, colours)]


def _by_age(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.png"), key=lambda path: path.stat().st_mtime)


def _remove_model(name: str) -> None:
    remove([name])


def _bring(folder: str, photo: str | None) -> str:
    return take_over(folder, photo).name


_QUESTIONS: dict[str, Any] = {
    "engines": _engines,
    "models": _models,
    "remove_model": _remove_model,
    "estimate": estimate,
    "data": listed,
    "kept_for_sets": kept_bytes,
    "clean": clean,
    "bring": _bring,
}
