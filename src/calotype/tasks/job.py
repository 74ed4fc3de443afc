"""What the verbs that make pictures have in common: photos read, a model found or trained, pictures made one by one.

An ``Order`` is a verb's arguments, checked before any photo is opened. A ``Job`` is an order for one photo: it knows
what it will cost and what repeats it, and makes any of its pictures alone. A verb that differs says so in a ``Job`` of
its own: which further pictures it is handed, which function of the engine it calls, and with what.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from inspect import signature
from typing import TYPE_CHECKING, Any, ClassVar

from calotype.catalog import ENGINES
from calotype.catalog import system as system_of
from calotype.errors import InputError
from calotype.tasks.arguments import TILES, level_of
from calotype.tasks.memory import available_bytes
from calotype.tasks.photo_model import PhotoModel, check_photo, check_purpose, purpose_of, wants_labels
from calotype.tasks.request import Request, abilities, request
from calotype.types import Cost, LabelMap, Photo, PhotoLike, Result, Size

if TYPE_CHECKING:
    import torch

    from calotype.run import Run


@dataclass(frozen=True)
class OutputSpec:
    """One picture of a job.

    Attributes:
        seed: of the picture.
        scale: the scale it starts from, like ``"scale3"``; ``""`` for the one that the order says.
        label: what to call it on a sheet.
    """

    seed: int
    scale: str = ""
    label: str = ""

    @property
    def differs(self) -> dict[str, Any]:
        """What the picture's settings have that those of the job have not."""
        return {"seed": self.seed, **({"structure": self.scale} if self.scale else {})}


class Job:
    """An order for one photo.

    Attributes:
        order: the checked arguments.
        photo: the photo that is worked on, already shrunk to ``max_side``.
        also: further photos that lend their patches.
        pictures: the further pictures that the verb was handed, by the name of the argument.
        size: the size of the results.
    """

    verb: ClassVar[str]
    engine_function: ClassVar[str] = ""  # the engine's function, where it is not named like the verb
    wants: ClassVar[tuple[str, ...]] = ()  # the arguments that are further pictures
    default_structure: ClassVar[str | float | None] = None  # the structure, where neither user nor engine says it
    tiles: ClassVar[bool] = False  # whether results can continue themselves
    alone: ClassVar[bool] = False  # whether no model serves but one that was trained for the verb
    extends: ClassVar[bool] = False  # whether the verb's net is the usual one and something learned on top of it
    suffix: ClassVar[str] = ".png"

    @classmethod
    def ordered(cls, **given: Any) -> Request:
        """The verb's arguments, photos and pictures left out, checked.

        Raises:
            InputError: one of them cannot be used as given.
        """
        asked = request(cls.verb, engine_function=cls.engine_function, default_structure=cls.default_structure, **given)
        cls.check(asked.own)
        return asked

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """Check the arguments that only this verb has.

        Raises:
            InputError: one of them cannot be used as given.
        """

    @classmethod
    def opened(cls, name: str, picture: Any, request: Request) -> Photo | None:
        """Read the further picture that the verb was handed as ``name``; ``None``: it is found for each photo anew.

        Raises:
            InputError: it cannot be used.
        """
        from calotype.image.io import open_photo

        return open_photo(picture, max_side=request.max_side)

    def __init__(
        self,
        request: Request,
        photo: PhotoLike,
        also: Sequence[PhotoLike] = (),
        run: Run | None = None,
        **pictures: PhotoLike | None,
    ) -> None:
        """Read the photos.

        Raises:
            InputError: a photo cannot be used.
        """
        from calotype.image.io import open_photo

        self.request = request
        self.photo = self.fitted(open_photo(photo, max_side=request.max_side))
        self.also = [open_photo(other, max_side=request.max_side) for other in also]
        if self.also and "also" not in abilities(request.engine):
            raise InputError(
                f"the engine {request.engine} takes patches from no further photos: leave out --also (also=)"
            )
        read = {name: self.opened(name, given, request) for name, given in pictures.items() if given is not None}
        self.pictures = {name: picture for name, picture in read.items() if picture is not None}
        for other in self.also:
            if self.photo.alpha is None and other.alpha is not None:
                raise InputError(
                    f"'{other.name}' has transparency and '{self.photo.name}' has none: "
                    "give further photos without transparency"
                )
        self.size = self.fitting_size()
        self._run = run
        self._check_start()

    def _check_start(self) -> None:
        """Find out before anything is trained that the work could not begin."""
        asked = self.request
        if asked.loaded is not None and asked.model is not None and asked.loaded.system in ENGINES:
            check_photo(asked.loaded, asked.model, self.photo)
            if self.alone:
                check_purpose(asked.loaded, asked.model, asked.verb, self.adaptation())
        if isinstance(self.start, str):
            self.structure_of(self.start)
        if asked.unfinished and self.model is not None:
            self.model.check_begun()

    def fitted(self, photo: Photo) -> Photo:
        """The photo as it is worked on."""
        return photo

    def fitting_size(self) -> Size:
        """The size of the results."""
        return self.request.size_for(self.photo.size)

    @property
    def engine(self) -> Any:
        """The engine's module."""
        return system_of(self.request.engine)

    # -----------------------------------------------------------------------------------------------------------
    # What it starts from

    @cached_property
    def scales(self) -> list[tuple[int, int]]:
        """Height and width of the levels that the engine works on for this photo, coarsest first."""
        size = self.photo.size
        # What is learned on top of the usual net has its scales, and may depend on which there are.
        config = self.request.config if self.extends else self.config
        scales: list[tuple[int, int]] = self.engine.scales((size.height, size.width), config)
        return scales

    @cached_property
    def start(self) -> float | str | None:
        """The order's structure; the finest scale where the engine proposes one that is finer than all of the photo."""
        proposed = self.request.structure
        if not self.request.auto or not isinstance(proposed, str):
            return proposed
        return f"scale{min(_number_of(proposed), len(self.scales) - 1)}"

    @cached_property
    def structure(self) -> float | None:
        """Where the work starts, 0 (free) .. 1; ``None`` where the verb does not say.

        Raises:
            InputError: a scale was named that there is not.
        """
        return None if self.start is None else self.structure_of(self.start)

    def structure_of(self, structure: float | str) -> float:
        """0 (free) .. 1 for a number in that range or the name of a scale.

        Raises:
            InputError: there is no such scale for this photo.
        """
        if isinstance(structure, float):
            return structure
        scale, last = _number_of(structure), len(self.scales) - 1
        if scale > last:
            sizes = [str(Size(*self.scales[i])) for i in (0, -1)]
            raise InputError(
                f"there is no {structure}: '{self.photo.name}' has {last + 1} scales, from scale0 ({sizes[0]}) "
                f"to scale{last} ({sizes[1]})"
            )
        return scale / max(1, last)

    @cached_property
    def level(self) -> int:
        """The number of the scale where the work starts, 0 the coarsest."""
        return level_of(self.structure or 0.0, len(self.scales))

    @property
    def outputs(self) -> list[OutputSpec]:
        """Every picture that is to be made."""
        if not self.request.own.get("all_scales"):
            return [OutputSpec(seed, label=f"seed {seed}") for seed in self.request.seeds]
        return [
            OutputSpec(seed, f"scale{i}", f"scale{i} {Size(*scale)}" + (f", seed {seed}" if self.request.n > 1 else ""))
            for seed in self.request.seeds
            for i, scale in enumerate(self.scales)
        ]

    # -----------------------------------------------------------------------------------------------------------
    # What it takes

    @cached_property
    def cost(self) -> Cost:
        """What one picture is expected to take on this machine."""
        sizes = [(p.size.height, p.size.width) for p in (self.photo, *self.also)]
        cost: Cost = self.engine.cost(sizes, (self.size.height, self.size.width), self.working_config)
        return cost

    @property
    def working_config(self) -> Any:
        """The engine's configuration as this verb uses it, where that makes a difference in time and memory."""
        handed = (self.engine_function or self.verb) in ("remake", "stylize") and hasattr(self.engine, "remaking")
        return self.engine.remaking(self.config) if handed else self.config

    def check_memory(self, free: int | None = None) -> None:
        """Refuse what this machine cannot do.

        Args:
            free: bytes that there are; ``None``: as many as there are right now.

        Raises:
            InputError: more memory would be needed than there is.
        """
        if self.run.device.type != "cpu":
            return
        photo = self.photo.size
        require_memory(self.cost.bytes, f"{self.size} pixels from '{self.photo.name}' ({photo})", photo, free)
        for training in self.pending_training:
            require_memory(training.cost.bytes, f"training on '{self.photo.name}' ({photo})", photo, free)

    @cached_property
    def run(self) -> Run:
        """Where the work runs and reports to."""
        from calotype.run import Run

        return self._run or Run(seed=self.request.seed, device=self.request.device)

    # -----------------------------------------------------------------------------------------------------------
    # The model

    def adaptation(self) -> dict[str, Any]:
        """What an engine that is trained has to know to adapt its settings to this verb."""
        return {}

    def learned_labels(self) -> LabelMap | None:
        """The map of the photo that an engine learns from beside it, of the photo's size."""
        return None

    @cached_property
    def config(self) -> Any:
        """The engine's configuration, adapted to the verb where the engine does that."""
        return self.request.config if self.model is None else self.model.config

    @cached_property
    def model(self) -> PhotoModel | None:
        """What has to be trained before pictures can be made; ``None`` where nothing has."""
        asked = self.request
        if asked.loaded is not None or not hasattr(self.engine, "train"):
            return None
        labels = self.learned_labels()
        if labels is not None and not wants_labels(asked.engine):
            labels = None
        plain = PhotoModel(self.photo, asked.engine, asked.preset, asked.config, asked.changes, labels=labels)
        if not hasattr(self.engine, "adapted"):
            return plain
        config = self.engine.adapted(asked.config, asked.verb, **self.adaptation())
        if config == asked.config:
            return plain
        # Who learns from a map learns for nothing else: that need not be said.
        purpose = "" if labels is not None else purpose_of(asked.verb, self.adaptation())
        adapted = replace(plain, config=config, purpose=purpose)
        if not self.extends or "base" not in signature(self.engine.train).parameters:
            return adapted
        model = replace(adapted, base=plain)
        # What is learned on top is no use before all else is: so an unfinished training is that of the usual net.
        return plain if asked.unfinished and not model.finished else model

    @property
    def pending_training(self) -> list[PhotoModel]:
        """What has to be trained before the first picture, in that order."""
        return [] if self.model is None or self.request.unfinished else self.model.pending_training

    @cached_property
    def _net(self) -> torch.nn.Module | None:
        """The trained net, trained now where it has to be; ``None`` where the engine learns nothing."""
        if self.request.loaded is not None:
            return self.request.loaded.net.to(self.run.device)
        if self.model is None:
            return None
        if self.request.unfinished and not self.model.finished:
            return self.model.unfinished_net(self.run)
        self.model.train(self.run)
        # Always from the disk: the first pictures of a model are then made as all later ones are.
        return self.model.net(self.run.device)

    # -----------------------------------------------------------------------------------------------------------
    # Doing it

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that repeats the first picture, as JSON-ready values. The others differ as their pieces do."""
        from calotype import __version__

        asked = self.request
        settings: dict[str, Any] = {
            "calotype": __version__,
            "verb": asked.verb,
            "engine": asked.engine,
            "preset": asked.preset,
            "set": {key: getattr(asked.config, key) for key in asked.changes},
            "config": asdict(self.config),
            "photo": _identity(self.photo),
            "also": [_identity(other) for other in self.also],
            "max_side": asked.max_side,
            "size": str(self.size),
            "tile": asked.tile,
            "seed": asked.seed,
            "device": self.run.device.type,
        }
        if self.start is not None:
            settings["structure"] = self.start
        if self.pictures:
            settings["pictures"] = {name: _identity(picture) for name, picture in self.pictures.items()}
        own = {name: value for name, value in asked.own.items() if name != "all_scales"}
        if own:
            settings["own"] = own
        if asked.model is not None:
            settings["model"] = asked.model.resolve().name
        if asked.unfinished and self.model is not None and not self.model.finished:
            settings["unfinished"] = self.model.finished_stages
        return settings

    def make(self, output: OutputSpec) -> tuple[Any, float]:
        """One picture, independent of every other one, and the seconds it took.

        Raises:
            Stopped: the run was asked to stop.
        """
        net = {} if self._net is None else {"net": self._net}  # training is no part of the seconds
        began = time.perf_counter()
        made = self.work(self.function, output, **net)
        return made, time.perf_counter() - began

    @property
    def function(self) -> Any:
        """What of the engine does the work."""
        return getattr(self.engine, self.engine_function or self.verb)

    def work(self, function: Any, output: OutputSpec, **net: Any) -> Any:
        """What ``make`` hands out: here, the picture that the engine's ``function`` makes."""
        from calotype.image.io import to_image

        return to_image(function(self.tensors, self.config, self.run, **self.engine_arguments(output), **net))

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The arguments of the engine's function, beside photos, configuration and run."""
        engine_arguments: dict[str, Any] = {"size": (self.size.height, self.size.width), "seed": output.seed}
        if self.tiles:
            engine_arguments["tile"] = TILES[self.request.tile]
        structure = self.structure_of(output.scale) if output.scale else self.structure
        return engine_arguments if structure is None else {**engine_arguments, "structure": structure}

    @cached_property
    def tensors(self) -> list[torch.Tensor]:
        """The photo and those that lend their patches: [1, C, H, W] each, with one and the same C."""
        return [self.tensor(photo) for photo in (self.photo, *self.also)]

    def tensor(self, photo: Photo) -> torch.Tensor:
        """A picture as the engine takes it: [1, C, H, W] with the photo's C."""
        import torch

        from calotype.image.io import to_tensor

        x = to_tensor(photo, self.run.device)
        # An opaque photo lends to a transparent one: its alpha is 1 (opaque) everywhere.
        return (
            x if (self.photo.alpha is None) == (photo.alpha is None) else torch.cat([x, torch.ones_like(x[:, :1])], 1)
        )

    def result(self) -> Result:
        """All the pictures of the order.

        Raises:
            InputError: the machine has too little memory for it.
            Stopped: the run was asked to stop.
        """
        self.check_memory()
        made = [self.make(output) for output in self.outputs]
        return Result(
            images=[image for image, _ in made],
            seeds=[output.seed for output in self.outputs],
            settings=self.settings,
            name=self.photo.name,
            seconds=[seconds for _, seconds in made],
            scales=[output.scale for output in self.outputs],
        )

    def save(self, made: Any, path: Any, output: OutputSpec) -> None:
        """Write what ``make`` handed out, with what repeats it.

        Raises:
            OutputError: it cannot be written.
        """
        from calotype.image.io import save_png

        save_png(made, path, {**self.settings, **output.differs})


def require_memory(needed: int, what: str, photo: Size, free: int | None = None) -> None:
    """Refuse work that needs more main memory than there is.

    Args:
        needed: bytes.
        what: the work, as the beginning of a sentence.
        photo: the size of the photo that would have to be smaller.
        free: bytes that there are; ``None``: as many as there are right now.

    Raises:
        InputError: the message says how much smaller.
    """
    there_is = available_bytes() if free is None else free
    if there_is is not None and needed > there_is:
        # Memory grows with the number of pixels, or faster; rounded down to something that people would type.
        side = max(photo.height, photo.width) * (there_is / needed) ** 0.5 * 0.9
        raise InputError(
            f"{what} would need about {format_bytes(needed)} of memory and {format_bytes(there_is)} are free: "
            f"add --max-side {max(100, int(side) // 100 * 100)} (max_side)"
        )


def format_bytes(amount: int) -> str:
    """An amount of memory as people say it: ``850 MB``, ``1.9 GB``."""
    return f"{amount / 1e9:.1f} GB" if amount >= 1e9 else f"{max(1, round(amount / 1e6))} MB"


def _number_of(scale: str) -> int:
    return int(scale.removeprefix("scale"))


def _identity(photo: Photo) -> dict[str, str]:
    # The file's name without its folders: where somebody keeps their photos is not for everybody to read.
    name = photo.source.name if photo.source else photo.name
    return {"name": name, "size": str(photo.size), "sha256": photo.sha256}
