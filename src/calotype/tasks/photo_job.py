"""What is made of one photo: by an engine, which may have to be trained on it first, or by a model of a data set."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from calotype.errors import InputError
from calotype.tasks.arguments import TILES, level_of
from calotype.tasks.job import Job, OutputSpec, common_settings, converted
from calotype.tasks.memory import require_memory
from calotype.tasks.photo_model import PhotoModel, check_photo, check_purpose, purpose_of
from calotype.tasks.request import Request
from calotype.types import Cost, LabelMap, Photo, PhotoLike, Size

if TYPE_CHECKING:
    import torch

    from calotype.run import Run


class PhotoJob(Job):
    """A request for one photo.

    Attributes:
        photo: the photo that is worked on, already shrunk to ``max_side``.
        also: further photos that lend their patches.
        pictures: the further pictures that the verb was handed, by the name of the argument.
    """

    takes: ClassVar[tuple[str, ...]] = ("photo", "also")
    main = "photo"
    own_model: ClassVar[bool] = False  # whether no model serves but one that was trained for the verb
    extends: ClassVar[bool] = False  # whether the verb's net is the usual one and something learned on top of it

    @classmethod
    def create(cls, asked: Request, inputs: Mapping[str, Any], run: Run | None = None) -> Self:
        """See ``Job``."""
        further = {name: value for name, value in inputs.items() if name not in ("photo", "also")}
        return cls(asked, inputs["photo"], inputs.get("also") or (), run, **further)

    def __init__(
        self,
        request: Request,
        photo: PhotoLike,
        also: Sequence[PhotoLike] = (),
        run: Run | None = None,
        **pictures: Any,
    ) -> None:
        """Read the photos.

        Raises:
            InputError: a photo cannot be used.
        """
        from calotype.image.io import open_photo

        self.request = request
        self.photo = self.fitted(open_photo(photo, max_side=request.max_side))
        self.also = [open_photo(other, max_side=request.max_side) for other in also]
        if self.also and not self.declared.also:
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
        self._given_run = run
        self._check_start()

    def _check_start(self) -> None:
        """Find out before anything is trained that the work could not begin."""
        asked = self.request
        if self.system.of_sets:
            _ = self.cost
            return
        if asked.loaded is not None and asked.model is not None:
            check_photo(asked.loaded, asked.model, self.photo)
            if self.own_model:
                check_purpose(asked.loaded, asked.model, asked.verb, self.adaptation())
        if isinstance(self.start, str):
            self.structure_of(self.start)
        if asked.unfinished and self.model is not None:
            self.model.check_begun()

    def fitted(self, photo: Photo) -> Photo:
        """The photo as it is worked on: for a model of a data set, cut and brought to the size that it learned."""
        if not self.system.of_sets or self.request.loaded is None:
            return photo
        from calotype.data.folder import fitted_photo
        from calotype.image.io import open_photo

        fitting = open_photo(fitted_photo(photo, self.request.loaded.photo_size))
        return replace(fitting, name=photo.name, source=photo.source)

    def fitting_size(self) -> Size:
        """The size of the results."""
        return self.request.size_for(self.photo.size)

    @property
    def name(self) -> str:
        """The photo's."""
        return self.photo.name

    @property
    def inputs(self) -> dict[str, Any]:  # type: ignore[override]
        """The photo and the further pictures, by the name of the argument."""
        return {"photo": self.photo, **({"also": self.also} if self.also else {}), **self.pictures}

    # -----------------------------------------------------------------------------------------------------------
    # What it starts from

    @cached_property
    def scales(self) -> list[tuple[int, int]]:
        """Height and width of the levels that the engine works on for this photo, coarsest first."""
        size = self.photo.size
        # What is learned on top of the usual net has its scales, and may depend on which there are.
        config = self.request.config if self.extends else self.config
        scales: list[tuple[int, int]] = self.package.scales((size.height, size.width), config)
        return scales

    @cached_property
    def start(self) -> float | str | None:
        """The request's structure; the finest scale where the engine's default is one finer than all of the photo."""
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
        """See ``Job``."""
        if not self.request.own.get("all_scales"):
            return super().outputs
        return [
            OutputSpec(seed, f"scale{i}", f"scale{i} {Size(*scale)}" + (f", seed {seed}" if self.request.n > 1 else ""))
            for seed in self.request.seeds
            for i, scale in enumerate(self.scales)
        ]

    # -----------------------------------------------------------------------------------------------------------
    # What it takes

    @cached_property
    def cost(self) -> Cost:
        """See ``Job``."""
        if self.system.of_sets:
            expected = super().cost
            return replace(expected, note=f"the photo is cut to {self.photo.size}, as the model has learned them")
        return self.engine_cost()

    def engine_cost(self) -> Cost:
        """What an engine is expected to take for one output."""
        sizes = [(p.size.height, p.size.width) for p in (self.photo, *self.also)]
        cost: Cost = self.package.cost(sizes, (self.size.height, self.size.width), self.working_config)
        return cost

    @property
    def working_config(self) -> Any:
        """The engine's configuration as this verb uses it, where that makes a difference in time and memory."""
        remade = self.system.remade_with if self.declared.function in ("remake", "stylize") else ""
        return getattr(self.package, remade)(self.config) if remade else self.config

    def check_memory(self, free: int | None = None) -> None:
        """See ``Job``."""
        if self.run.device.type != "cpu":
            return
        photo = self.photo.size
        require_memory(self.cost.bytes, f"{self.size} pixels from '{self.photo.name}' ({photo})", photo, free)
        for training in self.pending_training:
            require_memory(training.cost.bytes, f"training on '{self.photo.name}' ({photo})", photo, free)

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
        if asked.loaded is not None or not self.system.trained:
            return None
        labels = self.learned_labels() if self.system.learns_maps else None
        plain = PhotoModel(self.photo, asked.engine, asked.preset, asked.config, asked.changes, labels=labels)
        if not self.system.adapts:
            return plain
        config = self.package.adapted(asked.config, asked.verb, **self.adaptation())
        if config == asked.config:
            return plain
        # Who learns from a map learns for nothing else: that need not be said.
        purpose = "" if labels is not None else purpose_of(asked.verb, self.adaptation())
        adapted = replace(plain, config=config, purpose=purpose)
        if not self.extends or not self.system.extends:
            return adapted
        model = replace(adapted, base=plain)
        # What is learned on top is no use before all else is: so an unfinished training is that of the usual net.
        return plain if asked.unfinished and not model.finished else model

    @property
    def pending_training(self) -> list[PhotoModel]:
        """See ``Job``."""
        return [] if self.model is None or self.request.unfinished else self.model.pending_training

    @cached_property
    def net(self) -> torch.nn.Module | None:
        """The trained net; ``None`` where the engine learns nothing."""
        if self.request.loaded is not None:
            return self.request.loaded.net.to(self.run.device)
        if self.model is None:
            return None
        if self.request.unfinished and not self.model.finished:
            return self.model.unfinished_net(self.run)
        for training in self.pending_training:  # where somebody has an output made without ``run_job``
            training.train(self.run)
        # Always from the disk: the first pictures of a model are then made as all later ones are.
        return self.model.net(self.run.device)

    # -----------------------------------------------------------------------------------------------------------
    # Making it

    @cached_property
    def settings(self) -> dict[str, Any]:
        """See ``Job``."""
        asked = self.request
        settings: dict[str, Any] = {
            **common_settings(self),
            "preset": asked.preset,
            "set": {key: getattr(asked.config, key) for key in asked.changes},
            **self.identities(["photo"]),
            "also": self.identities(["also"]).get("also", []),
            "max_side": asked.max_side,
            "tile": asked.tile,
        }
        if self.start is not None:
            settings["structure"] = self.start
        if self.pictures:
            settings["pictures"] = self.identities(list(self.pictures))
        own = {name: value for name, value in asked.own.items() if name != "all_scales"}
        if own:
            settings["own"] = own
        if asked.model is not None:
            settings["model"] = asked.model.resolve().name
        if asked.unfinished and self.model is not None and not self.model.finished:
            settings["unfinished"] = self.model.finished_stages
        return settings

    def make(self, output: OutputSpec) -> tuple[Any, float]:
        """What the engine's function makes of the photo; see ``Job`` for a model of a data set."""
        if self.system.of_sets:
            return super().make(output)
        net = {} if self.net is None else {"net": self.net}
        began = time.perf_counter()
        available = self.engine_arguments(output)
        arguments = {name: available[name] for name in self.declared.options if name in available}
        function = getattr(self.package, self.declared.function)
        made = self.finished(function(self.tensors, self.config, self.run, **arguments, **net))
        return made, time.perf_counter() - began

    def finished(self, made: Any) -> Any:
        """The result, of what the engine's function gave."""
        return converted(made, self.declared.output)

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The values of all options that an engine's function may declare for this verb."""
        arguments = {**self.options, "seed": output.seed, "tile": TILES[self.request.tile]}
        structure = self.structure_of(output.scale) if output.scale else self.structure
        return arguments if structure is None else {**arguments, "structure": structure}

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


def _number_of(scale: str) -> int:
    return int(scale.removeprefix("scale"))
