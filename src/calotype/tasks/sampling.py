"""What the verbs have in common that take a model of many photos and no photo: it is read, pictures made one by one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from calotype.catalog import MODELS, Loaded, load
from calotype.catalog import model as model_of
from calotype.errors import InputError
from calotype.tasks import model_store
from calotype.tasks.arguments import SizeLike, size_from
from calotype.tasks.job import require_memory
from calotype.types import Cost, Result, Size

if TYPE_CHECKING:
    from calotype.run import Run


class ModelJob:
    """Pictures from one model.

    Attributes:
        folder: of the model.
        loaded: the model, read.
        n: how many pictures.
        seed: of the first one.
        size: of the pictures.
        own: the verb's further arguments, JSON-ready.
    """

    verb: ClassVar[str] = "sample"

    def __init__(
        self,
        model: str | Path,
        *,
        n: int,
        seed: int,
        size: SizeLike | None,
        device: str,
        run: Run | None = None,
        unfinished: bool = False,
        **own: Any,
    ) -> None:
        """Check the arguments and read the model.

        Raises:
            InputError: one of them cannot be used as given.
        """
        from calotype.run import choose_device

        if n < 1:
            raise InputError(f"{n} pictures cannot be made: give a count of at least 1")
        if not 0 <= seed <= 2**53 - n:
            raise InputError(f"a seed of {seed} cannot be used: give a whole number from 0 to 2**53")
        self.n, self.seed, self.own = n, seed, own
        wanted = None if size is None else size_from(size)
        self.device = str(choose_device(device))
        self.folder = model_store.folder_of(model)
        self.unfinished = unfinished and not model_store.is_finished(self.folder)
        self._run = run
        self.loaded = self._unfinished() if self.unfinished else self._finished()
        if not hasattr(self.loaded.engine, self.verb):
            able = ", ".join(name for name in MODELS if hasattr(model_of(name), self.verb))
            raise InputError(f"the model {self.loaded.system} cannot {self.verb}: use one that can ({able})")
        self.size = wanted or Size(*self.loaded.photo_size)
        self.check()

    def check(self) -> None:
        """Find out what else cannot be done, before anything is made.

        Raises:
            InputError: the size, or an argument of the verb, cannot be used with this model.
        """
        _ = self.cost

    def _finished(self) -> Loaded:
        about = model_store.described(self.folder)
        if about and not model_store.is_finished(self.folder):
            raise InputError(
                f"the model {self.folder.name} is not finished: run its 'calotype train' command again to go on, or "
                "add --unfinished (unfinished=True) to use it as it is"
            )
        loaded = load(self.folder)
        if loaded.system not in MODELS:
            raise InputError(
                f"the model {self.folder.name} is of one photo ({loaded.system}): give that photo to a verb, like "
                "calotype vary PHOTO --model"
            )
        return loaded

    def _unfinished(self) -> Loaded:
        """The model as its training has saved it last."""
        from calotype.catalog import config_from
        from calotype.run import Run

        about = model_store.described(self.folder)
        if about.get("engine") not in MODELS:
            raise InputError(f"{self.folder.name} is no model of many photos: 'calotype models' lists those that are")
        system = str(about["engine"])
        module = model_of(system)
        config = config_from(module, next(iter(module.PRESETS)), about["config"])
        net = module.unfinished(config, Run(self.folder, seed=int(about["seed"])))
        if net is None:
            raise InputError(f"the training of {self.folder.name} has saved nothing yet: wait a minute, or train on")
        return Loaded(system, module, config, net, str(about["photo_sha256"]), module.picture_size(config))

    @cached_property
    def run(self) -> Run:
        """Where the work runs and reports to."""
        from calotype.run import Run

        return self._run or Run(seed=self.seed, device=self.device)

    @property
    def name(self) -> str:
        """How the names of the pictures begin: with the set that was learned from."""
        return str(model_store.described(self.folder).get("photo", "")) or self.folder.resolve().name

    @property
    def seeds(self) -> range:
        """The seed of each picture, so that each can be made again alone."""
        return range(self.seed, self.seed + self.n)

    @cached_property
    def cost(self) -> Cost:
        """What one picture is expected to take on this machine.

        Raises:
            InputError: the model cannot make pictures of that size.
        """
        cost: Cost = self.loaded.engine.cost((self.size.height, self.size.width), self.loaded.config)
        return cost

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that repeats the first picture, as JSON-ready values."""
        from calotype import __version__

        settings = {
            "calotype": __version__,
            "verb": self.verb,
            "engine": self.loaded.system,
            "model": self.folder.resolve().name,
            "config": asdict(self.loaded.config),
            "photo_sha256": self.loaded.photo_sha256,
            "size": str(self.size),
            "seed": self.seed,
            "device": self.run.device.type,
            "own": {name: value for name, value in self.own.items() if value is not None},
        }
        return {**settings, "unfinished": True} if self.unfinished else settings

    def make(self, seed: int) -> tuple[Any, float]:
        """One picture, independent of every other one, and the seconds it took."""
        from calotype.image.io import to_image

        net = self.loaded.net.to(self.run.device)
        began = time.perf_counter()
        function = getattr(self.loaded.engine, self.verb)
        made = function(self.loaded.config, self.run, net=net, **self.engine_arguments(seed))
        return to_image(made), time.perf_counter() - began

    def engine_arguments(self, seed: int) -> dict[str, Any]:
        """The arguments of the model's function, beside configuration, run and net."""
        return {"size": (self.size.height, self.size.width), "seed": seed}

    def check_memory(self) -> None:
        """Refuse what this machine cannot do.

        Raises:
            InputError: more memory would be needed than there is.
        """
        if self.run.device.type == "cpu":
            require_memory(self.cost.bytes, f"a picture of {self.size} pixels", self.size)

    def result(self) -> Result:
        """All the pictures.

        Raises:
            InputError: the machine has too little memory for it.
            Stopped: the run was asked to stop.
        """
        self.check_memory()
        made = [self.make(seed) for seed in self.seeds]
        return Result(
            images=[image for image, _ in made],
            seeds=list(self.seeds),
            settings=self.settings,
            name=self.name,
            seconds=[seconds for _, seconds in made],
            scales=[],
        )

    def save(self, made: Any, path: Path, seed: int) -> None:
        """Write what ``make`` handed out, with what repeats it.

        Raises:
            OutputError: it cannot be written.
        """
        from calotype.image.io import save_png

        differs: Mapping[str, Any] = {"seed": seed}
        save_png(made, path, {**self.settings, **differs})
