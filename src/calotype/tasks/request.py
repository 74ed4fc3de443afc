"""A verb's arguments, checked before any input is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import ENGINES, MODELS, able, config_from, declared, default_preset
from calotype.catalog import system as system_of
from calotype.declaration import System, Verb
from calotype.errors import InputError, unknown
from calotype.tasks import model_store
from calotype.tasks.arguments import AUTO, TILES, FactorLike, SizeLike, factor_from, one_of, size_from, structure_from
from calotype.types import Factor, Size

if TYPE_CHECKING:
    from calotype.catalog import Loaded


@dataclass(frozen=True)
class Request:
    """A verb's arguments, checked. Whatever is still wrong after this is wrong with an input.

    Attributes:
        verb: its name.
        engine: name of the engine, or of the model's system.
        preset: the preset that ``config`` came from, and ``changes`` what was set on top of it.
        config: the system's configuration.
        n: how many outputs of each input.
        seed: of the first output.
        size: of the outputs, pixels; ``None``: as ``factor`` says, or as large as the photo.
        factor: of the size.
        structure: 0 (free) .. 1, or the name of a scale, like ``"scale3"``; ``None`` where the verb has none.
        tile: which edges meet without a seam.
        max_side: photos are shrunk so that no side is longer, pixels.
        device: as torch names it.
        own: arguments that only this verb has, JSON-ready, by name.
        auto: whether ``structure`` was left to the engine: a scale is then the finest one where a photo has fewer.
        unfinished: use a stopped training as far as it is.
        model: the folder of the model to use, or ``None`` for the one that belongs to photo and settings.
        loaded: that model, read.
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

    @property
    def system(self) -> System:
        """What the system's functions take and give."""
        return declared(self.engine)

    @property
    def declared(self) -> Verb:
        """What the system declares of the verb."""
        return self.system.verbs[self.verb]

    @property
    def seeds(self) -> range:
        """The seed of each output: the i-th has ``seed + i``, so that each can be made again alone."""
        return range(self.seed, self.seed + self.n)

    def size_for(self, photo: Size) -> Size:
        """The size of the pictures made from a photo of size ``photo``."""
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
    **own: Any,
) -> Request:
    """Check a verb's arguments.

    Args:
        verb: its name.
        engine: name of the engine; with ``model`` it is the model's own.
        default_structure: the structure that ``"auto"`` stands for where the engine does not declare one.
        own: arguments that no other verb has; the verb checks them.

    The other arguments are those of the verbs.

    Raises:
        InputError: one of them cannot be used as given.
    """
    check_count(n, seed)
    if size is not None and factor is not None:
        raise InputError("--size and --factor were both given: give one of the two (size=, factor=)")
    if verb == "retarget" and size is None and factor is None and "shape" not in own:
        raise InputError("retarget needs a new size: give --size 1280x480 or --factor 2x1 (size=, factor=)")
    from calotype.run import choose_device

    changes = dict(settings or {})
    given = None if model is None else _given(model, verb, changes, unfinished)
    engine = given.loaded.system if given else engine
    check_able(engine, verb, model_given=given is not None)
    chosen = declared(engine).verbs[verb].structure
    auto = structure == AUTO
    if auto:
        structure = default_structure if chosen is None else chosen
    if tile != "none" and "tile" not in declared(engine).abilities:
        raise InputError(f"the engine {engine} cannot make results that continue themselves: leave out --tile (tile=)")
    return Request(
        verb=verb,
        engine=engine,
        preset=preset,
        changes=changes,
        config=given.loaded.config if given else config_from(system_of(engine), preset, changes),
        n=n,
        seed=seed,
        size=None if size is None else size_from(size),
        factor=None if factor is None else factor_from(factor),
        structure=None if structure is None else structure_from(structure),
        tile=one_of(TILES, tile, "tile"),
        max_side=max_side,
        device=str(choose_device(device)),
        own=own,
        auto=auto,
        unfinished=given.unfinished if given and given.loaded.system in MODELS else unfinished,
        model=given.folder if given else None,
        loaded=given.loaded if given else None,
    )


def check_count(n: int, seed: int) -> None:
    """Refuse a number of outputs or a seed that cannot be used.

    Raises:
        InputError: one of them cannot.
    """
    if n < 1:
        raise InputError(f"{n} pictures cannot be made: give a count of at least 1")
    check_seed(seed, n)


def check_seed(seed: int, n: int = 0) -> None:
    """Refuse a seed that cannot be used, be it for ``n`` outputs.

    Raises:
        InputError: it cannot.
    """
    if not 0 <= seed <= 2**53 - n:
        raise InputError(f"a seed of {seed} cannot be used: give a whole number from 0 to 2**53")


@dataclass(frozen=True)
class _Given:
    folder: Path
    loaded: Loaded
    unfinished: bool


def _given(model: str | Path, verb: str, changes: Mapping[str, Any], unfinished: bool) -> _Given:
    """A model that was handed over by its folder or name, read."""
    from calotype.catalog import load

    if changes:
        raise InputError("a model has its settings from its training: leave out --set (settings=) or --model (model=)")
    folder = model_store.folder_of(model)
    about = model_store.described(folder)
    if about.get("engine") not in MODELS or model_store.is_finished(folder):
        return _Given(folder, load(folder), False)
    if not unfinished:
        raise InputError(
            f"the model {folder.name} is not finished: run its 'calotype train' command again to go on, or "
            "add --unfinished (unfinished=True) to use it as it is"
        )
    return _Given(folder, _unfinished(folder, about), True)


def _unfinished(folder: Path, about: Mapping[str, Any]) -> Loaded:
    """A model of a data set as its training has saved it last."""
    from calotype.catalog import Loaded
    from calotype.run import Run

    name = str(about["engine"])
    module = system_of(name)
    config = config_from(module, default_preset(name), about["config"])
    net = module.unfinished(config, Run(folder, seed=int(about["seed"])))
    if net is None:
        raise InputError(f"the training of {folder.name} has saved nothing yet: wait a minute, or train on")
    size = module.picture_size(config)
    return Loaded(name, module, config, net, str(about["photo_sha256"]), size, about.get("about", {}))


def check_able(engine: str, verb: str, *, model_given: bool = False) -> None:
    """Refuse a system that does not declare ``verb``, and a model of a data set that was not given.

    Raises:
        InputError: the message names the systems that have it.
    """
    names = able(verb)
    if engine not in {**ENGINES, **MODELS}:
        known = [name for name in names if name in ENGINES] or list(ENGINES)
        raise InputError(unknown("engine", engine, ENGINES if names else known))
    if engine in names:
        if engine in MODELS and not model_given:
            raise InputError(
                f"{engine} can {verb} a photo by what it has learned from many: give such a model, --model NAME "
                "(model=); 'calotype models' lists them"
            )
        return
    if model_given and not declared(engine).of_sets and all(name in MODELS for name in names):
        raise InputError(
            f"the model is of one photo ({engine}): give that photo to a verb, like calotype vary PHOTO --model"
        )
    if not names:
        raise InputError(f"no engine here can {verb}: 'calotype engines' lists what there is")
    if model_given and all(name in MODELS for name in names):
        raise InputError(f"the model {engine} cannot {verb}: use one that can ({', '.join(names)})")
    if engine in MODELS:
        raise InputError(
            f"{engine} learns from many photos and cannot {verb} one: train it on a folder, 'calotype train {engine} "
            f"FOLDER', and then 'calotype {next(iter(declared(engine).verbs))}' makes pictures"
        )
    engines = [name for name in names if name in ENGINES] or names
    raise InputError(f"the engine {engine} cannot {verb}: use one that can ({', '.join(engines)})")


def abilities(engine: str) -> frozenset[str]:
    """What an engine can do beyond its verbs, as ``System.abilities`` has it; nothing for a model of a data set."""
    return declared(engine).abilities
