"""Which engines and models there are. Each is imported when it is asked for, and no sooner: this file has no torch."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import types
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.configuration import configured
from calotype.declaration import System
from calotype.errors import InputError, unknown
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
    "analogy": "calotype.engines.analogy",
    "superpixels": "calotype.engines.superpixels",
    "canny": "calotype.engines.canny",
    "hed": "calotype.engines.hed",
}

# What learns from many photos.
MODELS: dict[str, str] = {
    "cocogan": "calotype.models.cocogan",
    "spade": "calotype.models.spade",
}


def engine(name: str) -> types.ModuleType:
    """The engine of that name, imported.

    Raises:
        InputError: there is none; the message names the nearest and lists all.
    """
    if name not in ENGINES:
        raise InputError(unknown("engine", name, ENGINES))
    return import_module(ENGINES[name])


def model(name: str) -> types.ModuleType:
    """The model of that name, which learns from many photos, imported.

    Raises:
        InputError: there is none; the message names the nearest and lists all.
    """
    if name not in MODELS:
        raise InputError(unknown("model", name, MODELS))
    return import_module(MODELS[name])


def system(name: str) -> types.ModuleType:
    """The engine or the model of that name, imported.

    Raises:
        InputError: there is neither; the message names the nearest and lists all.
    """
    homes = {**ENGINES, **MODELS}
    if name not in homes:
        raise InputError(unknown("engine", name, homes))
    return import_module(homes[name])


def declared(name: str) -> System:
    """What the functions of the engine or the model of that name take and give; nothing of it is imported.

    Raises:
        InputError: there is neither; the message names the nearest and lists all.
    """
    homes = {**ENGINES, **MODELS}
    if name not in homes:
        raise InputError(unknown("engine", name, homes))
    return _declaration(homes[name])


@functools.cache
def _declaration(home: str) -> System:
    """``SYSTEM`` of the file ``declared.py`` in the package ``home``, read without importing the package."""
    spec = importlib.util.find_spec(home)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"there is no package {home}")
    path = Path(spec.submodule_search_locations[0], "declared.py")
    own = importlib.util.spec_from_file_location(f"{home}.declared", path)
    assert own is not None
    assert own.loader is not None
    module = importlib.util.module_from_spec(own)
    own.loader.exec_module(module)
    system_declaration: System = module.SYSTEM
    return system_declaration


def able(verb: str) -> list[str]:
    """The names of the engines and models that declare a verb, engines first."""
    return [name for name in (*ENGINES, *MODELS) if verb in declared(name).verbs]


def default_preset(name: str) -> str:
    """The preset that an engine or a model is used with where nobody says: ``fast``, or a model's first one."""
    presets = system(name).PRESETS
    return "fast" if "fast" in presets else next(iter(presets))


@dataclass(frozen=True)
class Loaded:
    """A saved model, ready to sample.

    Attributes:
        system: name of the engine, or of the model.
        engine: its module, with the verbs.
        config: its ``Config``, as in training.
        net: on the CPU, in eval mode.
        photo_sha256: identity of the photo, or of the set of photos, it was trained on; ``""`` where that is not known.
        photo_size: height and width in pixels of that photo, or of the set's.
        about: what the data set said of itself: ``classes``, ``names``, ``colours`` ...; empty for a photo.
    """

    system: str
    engine: types.ModuleType
    config: Any
    net: nn.Module
    photo_sha256: str
    photo_size: tuple[int, int]
    about: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __reduce__(self) -> Any:
        # Modules do not travel to another process: that one imports its own. Nor do nets whose weights are normalised.
        tensors, about = self.net.state_dict(), dict(self.about)
        return _travelled, (self.system, self.config, tensors, self.photo_sha256, self.photo_size, about)


def _travelled(
    name: str, config: Any, tensors: Any, sha256: str, photo_size: tuple[int, int], about: Mapping[str, Any]
) -> Loaded:
    return Loaded(name, system(name), config, _filled(name, config, tensors, photo_size), sha256, photo_size, about)


def _filled(name: str, config: Any, tensors: Mapping[str, Any], photo_size: tuple[int, int]) -> nn.Module:
    module = system(name)
    net: nn.Module = module.build(config) if name in MODELS else module.build(config, photo_size)
    net.load_state_dict(tensors)
    return net.eval()


def load(folder: str | Path) -> Loaded:
    """Build the net of a saved model and fill it.

    Raises:
        InputError: not a model folder, damaged, or of a system or a version that is not known here.
    """
    from calotype.saving import read

    saved = read(folder)
    module = system(saved.system)
    config = configured(module.Config(), saved.config, saved.system)
    try:
        net = _filled(saved.system, config, saved.tensors, saved.photo_size)
    except RuntimeError as error:
        raise InputError(
            f"the weights in {shown(folder)} do not fit this version of {saved.system}: train the model again"
        ) from error
    sha256 = str(saved.meta.get("photo_sha256", ""))
    about = saved.meta.get("about", {})
    return Loaded(saved.system, module, config, net, sha256, saved.photo_size, about)


def config_from(engine_module: types.ModuleType, preset: str, overrides: Mapping[str, Any]) -> Any:
    """A preset of an engine with some fields set by the user.

    Args:
        engine_module: has ``Config`` and ``PRESETS``.
        preset: a key of ``PRESETS``.
        overrides: field names and values; strings, as they come from a command line, are converted to the type of
            the field: ``true``/``false``, ``none`` where the field may be ``None``, ``3,4`` for a tuple.

    Returns:
        A ``Config``.

    Raises:
        InputError: no such preset or field (the message names the nearest and lists all), or a value that does not fit.
    """
    if preset not in engine_module.PRESETS:
        raise InputError(unknown("preset", preset, engine_module.PRESETS))
    return configured(engine_module.PRESETS[preset], overrides, engine_module.__name__.rpartition(".")[2])
