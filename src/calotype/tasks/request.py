"""A verb's arguments, checked before any input is opened."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calotype.catalog import MODELS, Loaded, config_from, declared
from calotype.catalog import system as system_of
from calotype.declaration import System, Verb
from calotype.errors import ArgumentError
from calotype.tasks.ability import check_able
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
from calotype.tasks.given_model import given_model
from calotype.types import MOST_SEED, Factor, Size

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
    given = None if model is None else given_model(model, unfinished, offers_unfinished)
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
    if not 0 <= whole(seed, "a seed", "7") <= MOST_SEED - n:
        raise ArgumentError(f"a seed of {seed} cannot be used: give a whole number from 0 to 2**53")
