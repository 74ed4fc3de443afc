"""A verb's arguments, checked before any input is opened."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import ENGINES, MODELS, Loaded, able, config_from, declared, default_preset
from calotype.catalog import system as system_of
from calotype.declaration import System, Verb
from calotype.errors import ArgumentError, InputError, ModelError, unknown
from calotype.tasks import kept_models, model_store
from calotype.tasks.arguments import (
    AUTO,
    TILES,
    FactorLike,
    SizeLike,
    factor_from,
    one_of,
    size_from,
    structure_from,
    whole,
)
from calotype.types import Factor, Size

if TYPE_CHECKING:
    from calotype.catalog import Loaded

_MOST = 1_000_000  # outputs of one photo


@dataclass(frozen=True)
class Request:
    """The checked arguments of a verb. Later errors can only concern the inputs.

    Attributes:
        verb: name of the verb.
        engine: name of the engine, or of the model's system.
        preset: name of the preset of ``config``.
        changes: settings that override the preset.
        config: the system's configuration.
        n: number of outputs for each input.
        seed: seed of the first output.
        size: size of the outputs, pixels; ``None``: given by ``factor``, or the size of the photo.
        factor: size of the outputs as a multiple of the photo's.
        structure: 0 (free) .. 1, or the name of a scale, like ``"scale3"``; ``None`` if the verb has none.
        tile: directions in which the outputs tile, a key of ``arguments.TILES``.
        max_side: photos are shrunk so that no side is longer, pixels.
        device: torch name of the device.
        offers_unfinished: whether the verb has the argument ``unfinished``.
        own: arguments that are specific to this verb, JSON-ready, by name.
        auto: whether ``structure`` is the engine's default, which is limited to the scales of the photo.
        unfinished: use the finished stages of a stopped training.
        model: folder of the model to use; ``None`` for the one of the photo and the settings.
        loaded: that model, loaded.
        metadata: whether outputs carry settings, origin, and what came with the photo.
        certificate: PEM file with which a manifest of outputs is signed; ``None``: they have no manifest.
    """

    verb: str
    engine: str
    preset: str
    changes: Mapping[str, Any]
    config: Any
    n: int
    seed: int
    size: Size | None
    factor: Factor | None
    structure: float | str | None
    tile: str
    max_side: int | None
    device: str
    own: Mapping[str, Any] = field(default_factory=dict)
    auto: bool = False
    unfinished: bool = False
    model: Path | None = None
    loaded: Loaded | None = None
    metadata: bool = True
    certificate: Path | None = None

    @property
    def system(self) -> System:
        """The system's declaration: what its functions take and return."""
        return declared(self.engine)

    @property
    def declared(self) -> Verb:
        """The system's declaration of the verb."""
        return self.system.verbs[self.verb]

    @property
    def seeds(self) -> range:
        """The seeds of the outputs: output i uses ``seed + i``, so each can be reproduced alone."""
        return range(self.seed, self.seed + self.n)

    def size_for(self, photo: Size) -> Size:
        """The size, pixels, of the outputs for a photo of size ``photo``."""
        return self.size or (self.factor.of(photo) if self.factor else photo)


def request(
    verb: str,
    *,
    engine: str = "",
    preset: str = "",
    settings: Mapping[str, Any] | None = None,
    max_side: int | None = None,
    device: str = "auto",
    n: int = 1,
    seed: int = 0,
    size: SizeLike | None = None,
    factor: FactorLike | None = None,
    structure: str | float | None = None,
    tile: str = "none",
    unfinished: bool = False,
    model: str | Path | None = None,
    default_structure: str | float | None = None,
    offers_unfinished: bool = True,
    **own: Any,
) -> Request:
    """Check a verb's arguments.

    Args:
        verb: name of the verb.
        engine: name of the engine; ignored if ``model`` is given.
        default_structure: value of the structure ``"auto"`` for engines that declare none.
        own: arguments that are specific to the verb, which checks them.

    The other arguments are those of the verbs.

    Raises:
        InputError: an argument is invalid.
    """
    from calotype.run import choose_device

    changes = dict(settings or {})
    check_arguments(
        n=n,
        seed=seed,
        max_side=max_side,
        size=size,
        factor=factor,
        structure=structure,
        tile=tile,
        settings=changes,
        model=model,
    )
    device = str(choose_device(device))
    given = None if model is None else _given_model(model, unfinished, offers_unfinished)
    engine = given.loaded.system if given else engine
    check_able(engine, verb, model_given=given is not None)
    own = check_supported(engine, verb, model_given=given is not None, structure=structure, tile=tile, own=own)
    known = declared(engine).verbs[verb]
    auto = structure == AUTO
    if auto:
        structure = default_structure if known.structure is None else known.structure
    if declared(engine).of_sets and "structure" not in known.options:
        structure = None
    return Request(
        verb=verb,
        engine=engine,
        preset=preset,
        changes=changes,
        config=given.loaded.config if given else config_from(system_of(engine), preset, changes),
        n=int(n),
        seed=int(seed),
        size=None if size is None else size_from(size),
        factor=None if factor is None else factor_from(factor),
        structure=None if structure is None else structure_from(structure),
        tile=tile,
        max_side=max_side,
        device=device,
        own=own,
        auto=auto,
        unfinished=given.unfinished if given and given.loaded.system in MODELS else unfinished,
        model=given.folder if given else None,
        loaded=given.loaded if given else None,
    )


def check_arguments(
    *,
    n: int = 1,
    seed: int = 0,
    max_side: int | None = None,
    size: SizeLike | None = None,
    factor: FactorLike | None = None,
    structure: str | float | None = None,
    tile: str = "none",
    settings: Mapping[str, Any] | None = None,
    model: str | Path | None = None,
) -> None:
    """Check what all verbs have, without torch.

    Raises:
        ArgumentError: an argument is out of range, or contradicts another one.
    """
    from calotype.image.limits import check_max_side  # imports Pillow

    check_count(n, seed)
    check_max_side(max_side)
    if size is not None and factor is not None:
        raise ArgumentError("--size and --factor were both given: give one of the two (size=, factor=)")
    if size is not None:
        size_from(size)
    if factor is not None:
        factor_from(factor)
    one_of(TILES, tile, "tile")
    if structure not in (None, AUTO):
        structure_from(structure)
    if model is not None and settings:
        raise ArgumentError(
            "the settings of a trained model are fixed: leave out --set (settings=) or --model (model=)"
        )


def check_supported(
    system: str, verb: str, *, model_given: bool, structure: str | float | None, tile: str, own: Mapping[str, Any]
) -> dict[str, Any]:
    """Check that a system has what was asked for, without importing it; return the arguments ``own`` that it takes.

    Raises:
        ArgumentError: it has not.
    """
    known = declared(system).verbs[verb]
    scaled = "structure" in known.options or not declared(system).of_sets
    if model_given and not scaled and structure not in (None, AUTO):
        raise ArgumentError(f"the model {system} starts at no scale of the photo: leave out --structure (structure=)")
    if tile != "none" and "tile" not in declared(system).abilities:
        raise ArgumentError(f"the engine {system} cannot make tileable results: leave out --tile (tile=)")
    return {name: _plain(value) for name, value in _supported(own, known, system).items()}


def own_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are specific to a verb: those that ``request`` has no name for."""
    common = inspect.signature(request).parameters
    return {name: _plain(value) for name, value in given.items() if name not in common}


# Options of verbs that only models of a data set have, with their defaults.
_OF_MODELS: Mapping[str, Any] = {
    **{"method": None, "steps": None, "noise_steps": None, "level": None, "stages": False},
    **{"blend": None, "vector": None},
}


def _supported(own: Mapping[str, Any], known: Verb, engine: str) -> dict[str, Any]:
    """The arguments that are specific to the verb, without those that the system does not have.

    Raises:
        ArgumentError: one of them was given.
    """
    missing = {name for name in _OF_MODELS if name not in known.options and not (name == "stages" and known.coded)}
    for name in sorted(missing & own.keys()):
        if own[name] != _OF_MODELS[name]:
            flag = name.replace("_", "-")
            raise ArgumentError(f"{engine} has no --{flag} here: leave it out ({name}=), or give a model that has it")
    return {name: value for name, value in own.items() if name not in missing}


def _plain(value: Any) -> Any:
    """A number of NumPy as one of Python, which JSON can hold; other values as they are."""
    return value.item() if getattr(value, "shape", None) == () else value


def check_count(n: int, seed: int) -> None:
    """Check the number of outputs and the seed.

    Raises:
        ArgumentError: one of them is out of range.
    """
    if whole(n, "a count", "4") < 1:
        raise ArgumentError(f"{n} pictures cannot be made: give a count of at least 1")
    if n > _MOST:
        raise ArgumentError(f"{n} pictures are too many for one command: give a count of at most {_MOST}")
    check_seed(seed, n)


def check_seed(seed: int, n: int = 0) -> None:
    """Check the seed of the first of ``n`` outputs.

    Raises:
        ArgumentError: it is out of range.
    """
    if not 0 <= whole(seed, "a seed", "7") <= 2**53 - n:
        raise ArgumentError(f"a seed of {seed} cannot be used: give a whole number from 0 to 2**53")


@dataclass(frozen=True)
class _GivenModel:
    folder: Path
    loaded: Loaded
    unfinished: bool


def _given_model(model: str | Path, unfinished: bool, offered: bool) -> _GivenModel:
    """The model given by folder or name, loaded.

    Raises:
        ModelError: there is none, or it cannot be loaded.
    """
    try:
        return _load_given(model, unfinished, offered)
    except InputError as error:
        raise ModelError(str(error)) from error


def _load_given(model: str | Path, unfinished: bool, offered: bool) -> _GivenModel:
    folder = model_store.folder_of(model)
    about = model_store.described(folder)
    if about.get("engine") not in MODELS or model_store.is_finished(folder):
        return _GivenModel(folder, kept_models.load(folder), False)
    if not unfinished:
        instead = ", or add --unfinished (unfinished=True) to use its last saved state" if offered else ""
        raise InputError(
            f"the model {folder.name} is not finished: run its 'calotype train' command again to resume{instead}"
        )
    return _GivenModel(folder, _load_unfinished(folder, about), True)


def _load_unfinished(folder: Path, about: Mapping[str, Any]) -> Loaded:
    """The last saved state of a model of a data set whose training is not finished."""
    from calotype.run import Run

    name = str(about["engine"])
    module = system_of(name)
    config = config_from(module, default_preset(name), about["config"])
    net = module.unfinished(config, Run(folder, seed=int(about["seed"])))
    if net is None:
        raise InputError(f"the training of {folder.name} has saved nothing yet: wait a minute, or resume it")
    size = module.picture_size(config)
    return Loaded(name, module, config, net, str(about["photo_sha256"]), size, about.get("about", {}))


def check_able(engine: str, verb: str, *, model_given: bool = False) -> None:
    """Check that the system supports ``verb``, and that a trained model is given if the system needs one.

    Raises:
        InputError: the message names the systems that support it.
    """
    names = able(verb)
    if engine not in {**ENGINES, **MODELS}:
        known = [name for name in names if name in ENGINES] or list(ENGINES)
        raise ArgumentError(unknown("engine", engine, ENGINES if names else known))
    if model_given:
        _check_model_able(engine, verb, names)
        return
    if engine in names:
        if engine in MODELS:
            raise ArgumentError(
                f"{engine} has the verb '{verb}' only with a model of a data set: give one, --model NAME "
                "(model=); 'calotype models' lists them"
            )
        return
    if not names:
        raise ArgumentError(f"no engine here has the verb '{verb}': 'calotype engines' lists the engines")
    if engine in MODELS:
        raise ArgumentError(
            f"{engine} is trained on a data set and has no verb '{verb}': train it on a folder, 'calotype train "
            f"{engine} FOLDER', and then 'calotype {next(iter(declared(engine).verbs))}' makes pictures"
        )
    engines = [name for name in names if name in ENGINES] or names
    raise ArgumentError(f"the engine {engine} has no verb '{verb}': use one that has it ({', '.join(engines)})")


def _check_model_able(system: str, verb: str, names: list[str]) -> None:
    """Check that the system of a given model is among those that support ``verb``."""
    if system in names:
        return
    if not declared(system).of_sets and all(name in MODELS for name in names):
        raise ModelError(
            f"the model is of one photo ({system}): give that photo to a verb, like calotype vary PHOTO --model"
        )
    if system not in MODELS:
        engines = [name for name in names if name in ENGINES] or names
        raise ModelError(f"a model of {system} has no verb '{verb}': use one that has it ({', '.join(engines)})")
    own = ", ".join(f"'{name}'" for name in declared(system).verbs)
    models = [name for name in names if name in MODELS]
    another = f", or give a model of {', '.join(models)}" if models else ""
    without = ", or leave out --model" if len(models) < len(names) else ""
    raise ModelError(f"a model of {system} has no verb '{verb}': use it with {own}{another}{without}")


def check_needs(system: str, config: Any, verb: str) -> None:
    """Check that the weights of other networks are there which a verb, or ``train``, needs.

    Raises:
        InputError: they are not.
    """
    if declared(system).needs:
        getattr(system_of(system), declared(system).needs)(config, verb)


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


def abilities(engine: str) -> frozenset[str]:
    """The optional features that an engine supports, see ``System.abilities``; empty for models of a data set."""
    return declared(engine).abilities
