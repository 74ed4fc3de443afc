"""Catalog of the engines and models, which are imported on demand. This module does not import torch."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.configuration import configured
from calotype.declaration import System
from calotype.errors import ArgumentError, InputError, unknown
from calotype.files import shown

if TYPE_CHECKING:
    from torch import nn

ENGINES: dict[str, str] = {
    "gpnn": "calotype.engines.gpnn",
    "gpdm": "calotype.engines.gpdm",
    "singan": "calotype.engines.singan",
    "ingan": "calotype.engines.ingan",
    "completion": "calotype.engines.completion",
    "imageanalogies": "calotype.engines.imageanalogies",
    "dia": "calotype.engines.dia",
    "analogy": "calotype.engines.analogy",
    "superpixels": "calotype.engines.superpixels",
    "canny": "calotype.engines.canny",
    "hed": "calotype.engines.hed",
    "span": "calotype.engines.span",
    "zssr": "calotype.engines.zssr",
}

# Systems that are trained on data sets.
MODELS: dict[str, str] = {
    "cocogan": "calotype.models.cocogan",
    "bicyclegan": "calotype.models.bicyclegan",
    "control3d": "calotype.models.control3d",
    "pyramid": "calotype.models.pyramid",
    "disentangle": "calotype.models.disentangle",
    "idpose": "calotype.models.idpose",
    "lifelong": "calotype.models.lifelong",
    "bachgan": "calotype.models.bachgan",
    "layout2im": "calotype.models.layout2im",
    "scenegraph": "calotype.models.scenegraph",
    "smis": "calotype.models.smis",
    "spade": "calotype.models.spade",
    "styledisentangle": "calotype.models.styledisentangle",
    "stylegan": "calotype.models.stylegan",
}


def engine(name: str) -> types.ModuleType:
    """Import the engine of that name.

    Raises:
        InputError: there is none; the message names the closest one and lists all.
    """
    if name not in ENGINES:
        raise ArgumentError(unknown("engine", name, ENGINES))
    return import_module(ENGINES[name])


def model(name: str) -> types.ModuleType:
    """Import the model of that name, which is trained on a data set.

    Raises:
        InputError: there is none; the message names the closest one and lists all.
    """
    if name not in MODELS:
        raise ArgumentError(unknown("model", name, MODELS))
    return import_module(MODELS[name])


def system(name: str) -> types.ModuleType:
    """Import the engine or model of that name.

    Raises:
        InputError: there is neither; the message names the closest one and lists all.
    """
    homes = {**ENGINES, **MODELS}
    if name not in homes:
        raise ArgumentError(unknown("engine", name, homes))
    return import_module(homes[name])


def declared(name: str) -> System:
    """The declaration of the engine or model of that name, without importing its package.

    Raises:
        InputError: there is neither; the message names the closest one and lists all.
    """
    homes = {**ENGINES, **MODELS}
    if name not in homes:
        raise ArgumentError(unknown("engine", name, homes))
    return _declaration(homes[name])


@functools.cache
def _declaration(home: str) -> System:
    """``SYSTEM`` in the file ``declared.py`` of the package ``home``, loaded without importing the package."""
    system_declaration: System = _module_of_file(home, "declared").SYSTEM
    return system_declaration


@functools.cache
def settings_of(name: str) -> types.ModuleType:
    """A module with the ``Config`` and ``PRESETS`` of an engine or model, without importing its package, nor torch.

    The classes are not those of the package: they serve to check settings. A package without the file ``config.py`` is
    imported.

    Raises:
        InputError: there is neither; the message names the closest one and lists all.
    """
    homes = {**ENGINES, **MODELS}
    if name not in homes:
        raise ArgumentError(unknown("engine or model", name, homes))
    try:
        return _module_of_file(homes[name], "config")
    except FileNotFoundError:  # an engine of another package
        return system(name)


def _module_of_file(home: str, name: str) -> types.ModuleType:
    """The module in the file ``name.py`` of the package ``home``, loaded without importing the package."""
    found = importlib.util.find_spec(home)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"there is no package {home}")
    path = Path(found.submodule_search_locations[0], f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"calotype_{name}.{home.rpartition('.')[2]}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look up their annotations there
    spec.loader.exec_module(module)
    return module


def able(verb: str) -> list[str]:
    """The names of the engines and models that support a verb, engines first."""
    return [name for name in (*ENGINES, *MODELS) if verb in declared(name).verbs]


def usable_verbs(name: str, settings: Mapping[str, Any]) -> list[str]:
    """The verbs of a model with these settings: without those whose check of the configuration refuses them."""
    verbs = declared(name).verbs
    checks = {verb: entry.check for verb, entry in verbs.items() if entry.check}
    if not checks:
        return list(verbs)
    module = system(name)
    config = config_from(module, default_preset(name), settings)
    refused = set()
    for verb, check in checks.items():
        try:
            getattr(module, check)(config)
        except InputError:
            refused.add(verb)
    return [verb for verb in verbs if verb not in refused]


def default_preset(name: str) -> str:
    """The default preset of an engine or model: ``fast`` if there is one, else the first."""
    presets = settings_of(name).PRESETS
    return "fast" if "fast" in presets else next(iter(presets))


@dataclass(frozen=True)
class Loaded:
    """A saved model, ready to sample.

    Attributes:
        system: name of the engine or model.
        engine: package of the system.
        config: the ``Config`` of the training.
        net: the trained net, on the CPU, in eval mode.
        photo_sha256: hash of the photo or data set that it was trained on; ``""`` if unknown.
        photo_size: height and width, pixels, of that photo or of the training pictures.
        about: description of the data set: ``classes``, ``names``, ``colours`` ...; empty for a photo.
    """

    system: str
    engine: types.ModuleType
    config: Any
    net: nn.Module
    photo_sha256: str
    photo_size: tuple[int, int]
    about: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __reduce__(self) -> Any:
        # Modules and nets with weight normalisation cannot be pickled: the net is rebuilt from its tensors.
        tensors, about = self.net.state_dict(), dict(self.about)
        return _unpickled, (self.system, self.config, tensors, self.photo_sha256, self.photo_size, about)


def _unpickled(
    name: str, config: Any, tensors: Any, sha256: str, photo_size: tuple[int, int], about: Mapping[str, Any]
) -> Loaded:
    return Loaded(name, system(name), config, _loaded_net(name, config, tensors, photo_size), sha256, photo_size, about)


def _loaded_net(name: str, config: Any, tensors: Mapping[str, Any], photo_size: tuple[int, int]) -> nn.Module:
    module = system(name)
    net: nn.Module = module.build(config) if name in MODELS else module.build(config, photo_size)
    net.load_state_dict(tensors)
    return net.eval()


def load(folder: str | Path) -> Loaded:
    """Build the net of a saved model and load its weights.

    Raises:
        InputError: not a model folder, damaged files, or an unknown system or version.
    """
    from calotype.saving import read

    saved = read(folder)
    try:
        module = system(saved.system)
        _check_settings(module.Config(), saved.config, folder)
        config = saved_config(saved.system, saved.config)
    except ArgumentError as error:  # not of the caller: the file is of another version
        raise InputError(f"the model in {shown(folder)} cannot be used: {error}") from error
    try:
        net = _loaded_net(saved.system, config, saved.tensors, saved.photo_size)
    except RuntimeError as error:
        raise InputError(
            f"the weights in {shown(folder)} do not fit this version of {saved.system}: train the model again"
        ) from error
    sha256 = str(saved.meta.get("photo_sha256", ""))
    about = saved.meta.get("about", {})
    return Loaded(saved.system, module, config, net, sha256, saved.photo_size, about)


def _check_settings(config: Any, values: Mapping[str, Any], folder: str | Path) -> None:
    """Refuse settings of a saved model that this version does not know.

    Raises:
        InputError: there are some.
    """
    foreign = sorted(set(values) - {field.name for field in dataclasses.fields(config)})
    if foreign:
        raise InputError(
            f"the model in {shown(folder)} is of another version of calotype: it has the setting '{foreign[0]}', which "
            "this one does not know: use that version, or train the model again"
        )


def saved_config(name: str, values: Mapping[str, Any]) -> Any:
    """The ``Config`` of a saved model or training of a system: fields that it does not tell are as in earlier versions.

    Raises:
        InputError: an unknown field or an invalid value.
    """
    return configured(system(name).Config(), values, name)


def config_from(engine_module: types.ModuleType, preset: str, overrides: Mapping[str, Any]) -> Any:
    """The configuration of a preset with some fields overridden.

    Args:
        engine_module: package with ``Config`` and ``PRESETS``.
        preset: a key of ``PRESETS``.
        overrides: values by field name; strings are converted to the type of the field: ``true``/``false``, ``none``
            if the field may be ``None``, ``3,4`` for a tuple.

    Returns:
        A ``Config``.

    Raises:
        InputError: an unknown preset or field (the message names the closest one and lists all), or an invalid value.
    """
    if preset not in engine_module.PRESETS:
        raise ArgumentError(unknown("preset", preset, engine_module.PRESETS))
    return configured(engine_module.PRESETS[preset], overrides, engine_module.__name__.rpartition(".")[2])
