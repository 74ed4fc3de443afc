"""A verb's arguments, checked before any photo is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import ENGINES, MODELS, config_from
from calotype.catalog import engine as engine_of
from calotype.catalog import model as model_of
from calotype.catalog import system as system_of
from calotype.errors import InputError
from calotype.tasks.arguments import AUTO, TILES, FactorLike, SizeLike, factor_from, one_of, size_from, structure_from
from calotype.types import Factor, Size

if TYPE_CHECKING:
    from calotype.catalog import Loaded


@dataclass(frozen=True)
class Request:
    """A verb's arguments, checked. Whatever is still wrong after this is wrong with a photo.

    Attributes:
        structure: 0 (free) .. 1, or the name of a scale, like ``"scale3"``; ``None`` where the verb has none.
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
    def seeds(self) -> range:
        """The seed of each picture: the i-th has ``seed + i``, so that each can be made again alone."""
        return range(self.seed, self.seed + self.n)

    def size_for(self, photo: Size) -> Size:
        """The size of the pictures made from a photo of size ``photo``."""
        return self.size or (self.factor.of(photo) if self.factor else photo)


def request(
    verb: str,
    *,
    engine: str,
    preset: str,
    settings: Mapping[str, Any] | None,
    max_side: int | None,
    device: str,
    n: int = 1,
    seed: int = 0,
    size: SizeLike | None = None,
    factor: FactorLike | None = None,
    structure: str | float | None = None,
    tile: str = "none",
    unfinished: bool = False,
    model: str | Path | None = None,
    engine_function: str = "",
    default_structure: str | float | None = None,
    **own: Any,
) -> Request:
    """Check a verb's arguments.

    Args:
        verb: its name.
        does: the function of the engine that it calls; empty for the one of the verb's name.
        usual: the structure that ``"auto"`` stands for where the engine does not say.
        own: arguments that no other verb has; who has them checks them.

    Raises:
        InputError: one of them cannot be used as given.
    """
    if size is not None and factor is not None:
        raise InputError("--size and --factor were both given: give one of the two (size=, factor=)")
    if verb == "retarget" and size is None and factor is None and "shape" not in own:
        raise InputError("retarget needs a new size: give --size 1280x480 or --factor 2x1 (size=, factor=)")
    if n < 1:
        raise InputError(f"{n} pictures cannot be made: give a count of at least 1")
    if not 0 <= seed <= 2**53 - n:
        raise InputError(f"a seed of {seed} cannot be used: give a whole number from 0 to 2**53")
    from calotype.run import choose_device

    changes = dict(settings or {})
    folder, loaded = (None, None) if model is None else _loaded(model, changes)
    engine = loaded.system if loaded else engine
    if not _taught(engine, verb, given=loaded is not None):
        check_able(engine, verb, engine_function or verb)
    module = system_of(engine)
    auto = structure == AUTO
    if auto:
        structure = getattr(module, "STRUCTURES", {}).get(verb, default_structure)
    if tile != "none" and "tile" not in abilities(engine):
        raise InputError(f"the engine {engine} cannot make results that continue themselves: leave out --tile (tile=)")
    return Request(
        verb=verb,
        engine=engine,
        preset=preset,
        changes=changes,
        config=loaded.config if loaded else config_from(module, preset, changes),
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
        unfinished=unfinished,
        model=folder,
        loaded=loaded,
    )


def _loaded(model: str | Path, changes: Mapping[str, Any]) -> tuple[Path, Loaded]:
    from calotype.catalog import load
    from calotype.tasks.model_store import folder_of

    if changes:
        raise InputError("a model has its settings from its training: leave out --set (settings=) or --model (model=)")
    folder = folder_of(model)
    return folder, load(folder)


def _taught(engine: str, verb: str, *, given: bool) -> bool:
    """Whether the verb is done to a photo by a model of many others, which has to be ``given``.

    Raises:
        InputError: it is, and none is.
    """
    if engine not in MODELS or not hasattr(model_of(engine), verb):
        return False
    if not given:
        raise InputError(
            f"{engine} can {verb} a photo by what it has learned from many: give such a model, --model NAME (model=); "
            "'calotype models' lists them"
        )
    return True


def check_able(engine: str, verb: str, engine_function: str) -> None:
    """Refuse an engine that lacks the function ``does``, which ``verb`` needs.

    Raises:
        InputError: the message names the engines that have it.
    """
    if engine in ENGINES and hasattr(engine_of(engine), engine_function):
        return
    if engine in MODELS:
        raise InputError(
            f"{engine} learns from many photos and cannot {verb} one: train it on a folder, 'calotype train {engine} "
            "FOLDER', and then 'calotype sample' makes pictures"
        )
    able = [name for name in ENGINES if hasattr(engine_of(name), engine_function)]
    if not able:
        raise InputError(f"no engine here can {verb}: 'calotype engines' lists what there is")
    if engine not in ENGINES:
        engine_of(engine)  # says which there are
    raise InputError(f"the engine {engine} cannot {verb}: use one that can ({', '.join(able)})")


def abilities(engine: str) -> frozenset[str]:
    """What an engine can do beyond its verbs.

    ``also``: patches of further photos; ``tile``: no seam; ``shape``: other shapes than the rectangle; ``film``: a film
    of the way from a photo to another size.
    """
    return frozenset(getattr(system_of(engine), "ABILITIES", ()))
