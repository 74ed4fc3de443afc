"""What is known of a model, of this program or of another one, without executing anything in its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import declared, load, usable_verbs
from calotype.catalog import model as model_of
from calotype.errors import InputError, counted
from calotype.files import shown
from calotype.tasks import model_store
from calotype.tasks.foreign_models import file_readers, fitting_systems, read_foreign
from calotype.tasks.model_card import weights_of
from calotype.tasks.verbs import accepting

if TYPE_CHECKING:
    from calotype.foreign.description import Description


def describe(path: str | Path) -> Description:
    """What a file of another program holds, without executing anything in it; or a model, by its folder or its name.

    Raises:
        InputError: no model can read the file, or the folder has none.
    """
    path = Path(path)
    if path.is_dir() or (not path.is_file() and not path.suffix):
        folder = model_store.folder_of(path)
        own = (folder / "model.json").is_file() or model_store.described(folder)
        return _described_own(folder) if own or not fitting_systems(folder) else _described_foreign(folder)
    *first, last = file_readers(path)
    for name in first:
        try:
            description: Description = model_of(name).described(path)
        except InputError:
            continue
        return description
    description = model_of(last).described(path)
    return description


def _described_own(folder: Path) -> Description:
    """What is recorded of a model of calotype."""
    from calotype.foreign.description import Description

    if not model_store.is_finished(folder):
        return Description(*_described_unfinished(folder))
    loaded, about = load(folder), model_store.described(folder)
    height, width = loaded.photo_size
    facts = {
        "trained on": str(about.get("photo", "")),
        "pixels": f"{width}x{height}",
        "preset": str(about.get("preset", "")),
        "seed": str(about.get("seed", "")),
        "weights": f"{weights_of(loaded.net):,}",
        "verbs": ", ".join(usable_verbs(loaded.system, asdict(loaded.config))),
    }
    card = " It has a model card, README.md." if (folder / model_store.CARD).is_file() else ""
    known = {name: fact for name, fact in facts.items() if fact}
    return Description(loaded.system, "calotype", known, f"that of what it was trained on.{card}")


def _described_foreign(folder: Path) -> Description:
    """What a folder of another program holds, which is read as by an import.

    Raises:
        InputError: no system can read it.
    """
    from calotype.foreign.description import Description

    name, config, net, (height, width) = read_foreign(folder)
    facts = {
        "pixels": f"{width}x{height}",
        "weights": f"{weights_of(net):,}",
        "verbs": ", ".join(usable_verbs(name, asdict(config))),
        "to use it": f"calotype models import {shown(folder)}",
    }
    return Description(name, "another program", facts, "that of what it was trained on")


def _use_of_unfinished(engine: str) -> str:
    verbs = accepting("unfinished", engine)
    instead = f", or give it to a verb that has --unfinished ({', '.join(verbs)})" if verbs else ""
    return f"run its 'calotype train' command again to finish it{instead}"


def _files(about: Mapping[str, Any]) -> dict[str, Any]:
    """The files that a training needs, by the settings that name them."""
    config = about.get("config", {})
    return {name: config[name] for name in sorted(declared(about["engine"]).files) if config.get(name)}


def _file_needed(name: str, path: str) -> str:
    if Path(path).exists():
        return path
    return f"{path}, which does not exist here: put it back, or give its new path with --set {name}=FILE"


def _described_unfinished(folder: Path) -> tuple[str, str, dict[str, str], str]:
    """What is recorded of a training that has not reached its end."""
    about = model_store.described(folder)
    if not about:
        raise InputError(f"{shown(folder)} is no folder of a model: give one, or a file, such as network.pkl")
    entry = model_store.entry_of(folder)
    facts = {
        "state": f"not finished: {entry.finished_stages} of {counted(entry.stages, 'stage')}, {entry.done:.0%} "
        f"of the training",
        "trained on": entry.photo,
        "pixels": entry.size,
        "preset": entry.preset,
        "seed": str(about.get("seed", "")),
        "started": entry.when[:16].replace("T", " "),
        "verbs": ", ".join(declared(entry.engine).verbs),
        "to use it": _use_of_unfinished(entry.engine),
        **{name: _file_needed(name, str(path)) for name, path in _files(about).items()},
    }
    return entry.engine, "calotype", {name: fact for name, fact in facts.items() if fact}, "that of what it learns from"
