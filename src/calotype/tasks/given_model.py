"""The trained model that a verb is given, by folder or name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calotype.catalog import MODELS, Loaded, saved_config
from calotype.catalog import system as system_of
from calotype.errors import ArgumentError, InputError, ModelError
from calotype.tasks import kept_models, model_store


@dataclass(frozen=True)
class GivenModel:
    """A loaded model.

    Attributes:
        folder: where it lies.
        loaded: the model.
        unfinished: whether it is the last saved state of a training.
    """

    folder: Path
    loaded: Loaded
    unfinished: bool


def given_model(model: str | Path, unfinished: bool, offered: bool) -> GivenModel:
    """The model given by folder or name, loaded.

    Raises:
        ModelError: there is none, or it cannot be loaded.
    """
    try:
        return _load_given(model, unfinished, offered)
    except InputError as error:
        raise ModelError(str(error)) from error


def _load_given(model: str | Path, unfinished: bool, offered: bool) -> GivenModel:
    folder = model_store.folder_of(model)
    about = model_store.described(folder)
    if about.get("engine") not in MODELS or model_store.is_finished(folder):
        return GivenModel(folder, kept_models.load(folder), False)
    if not unfinished:
        instead = ", or add --unfinished (unfinished=True) to use its last saved state" if offered else ""
        raise InputError(
            f"the model {folder.name} is not finished: run its 'calotype train' command again to resume{instead}"
        )
    return GivenModel(folder, _load_unfinished(folder, about), True)


def _load_unfinished(folder: Path, about: Mapping[str, Any]) -> Loaded:
    """The last saved state of a model of a data set whose training is not finished."""
    from calotype.run import Run

    name = str(about["engine"])
    module = system_of(name)
    config = saved_config(name, about["config"])
    net = module.unfinished(config, Run(folder, seed=int(about["seed"])))
    if net is None:
        raise InputError(f"the training of {folder.name} has saved nothing yet: wait a minute, or resume it")
    size = module.picture_size(config)
    return Loaded(name, module, config, net, str(about["photo_sha256"]), size, about.get("about", {}))


def check_beside_model(given: Mapping[str, str], model: str, system: str) -> None:
    """Refuse what a trained model decides itself: its system and its preset.

    Args:
        given: the arguments ``engine`` and ``preset`` as far as they were given.
        model: name of the model.
        system: its system.

    Raises:
        ArgumentError: another engine was given, or a preset.
    """
    engine = given.get("engine", system)
    if engine != system:
        raise ArgumentError(f"the model {model} is of {system}: leave out --engine {engine} (engine=), or --model")
    if "preset" in given:
        raise ArgumentError(
            f"the preset of the trained model {model} is fixed: leave out --preset {given['preset']} (preset=), or "
            "--model"
        )
