"""Jobs that process one photo, with an engine (trained on the photo if necessary) or a model of a data set."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from calotype.errors import ArgumentError, InputError, counted
from calotype.tasks.ability import check_needs
from calotype.tasks.aligned import aligned, aligned_mask, fitted
from calotype.tasks.arguments import TILES, level_of
from calotype.tasks.job import Job, common_settings, converted
from calotype.tasks.memory import require_memory
from calotype.tasks.outputs import UNRECORDED, OutputSpec
from calotype.tasks.photo_model import PhotoModel, check_photo, check_purpose, purpose_of
from calotype.tasks.request import Request
from calotype.types import Cost, LabelMap, Photo, PhotoLike, Size

if TYPE_CHECKING:
    import torch

    from calotype.run import Run


class PhotoJob(Job):
    """A job for one photo.

    Attributes:
        given: the photo as it was opened, shrunk to ``max_side``.
        photo: the photo that is worked on: for a model of a data set, cropped and resized to the model's size.
        also: further photos to take patches from.
        pictures: the verb's other input pictures, by argument name.
    """

    takes: ClassVar[tuple[str, ...]] = ("photo", "also")
    main = "photo"
    own_model: ClassVar[bool] = False  # whether the verb needs a model that was trained for it
    extends: ClassVar[bool] = False  # whether the verb's net is the common one with an additional stage

    @classmethod
    def create(cls, request: Request, inputs: Mapping[str, Any], run: Run | None = None) -> Self:
        """See ``Job``."""
        further = {name: value for name, value in inputs.items() if name not in ("photo", "also")}
        job = cls(request, inputs["photo"], _several(inputs.get("also")), run, **further)
        check_needs(request.engine, request.config, request.verb)
        job.validate()
        return job

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
        self.given = open_photo(photo, max_side=request.max_side)
        self.photo = self.fitted(self.given)
        self._as_given = {"photo": self.given}
        self.also = [open_photo(other, max_side=request.max_side) for other in also]
        if self.also and not self.declared.also:
            raise ArgumentError(f"the engine {request.engine} cannot use further photos: leave out --also (also=)")
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
        """Check, before any training, that the work can start."""
        request = self.request
        if self.system.of_sets:
            _ = self.cost
            return
        if request.loaded is not None and request.model is not None:
            check_photo(request.loaded, request.model, self.photo)
            if self.own_model:
                check_purpose(request.loaded, request.model, request.verb, self.adaptation())
        if isinstance(self.start, str):
            self.structure_of(self.start)
        if request.unfinished and self.model is not None:
            self.model.check_begun()

    def fitted(self, photo: Photo) -> Photo:
        """The photo as it is processed: for a model of a data set, cropped and resized to the model's image size."""
        return photo if self._model_size is None else fitted(photo, self._model_size)

    def aligned(self, name: str, picture: Photo) -> Photo:
        """The input ``name``, a picture of the photo's shape, as it is processed.

        Raises:
            InputError: it has another shape, for a model of a data set.
        """
        self._as_given[name] = picture
        return picture if self._model_size is None else aligned(picture, self.given, self._model_size)

    def aligned_mask(self, mask: Photo) -> Photo:
        """The mask, of the photo's shape, as it is processed.

        Raises:
            InputError: it has another shape, or selects nothing, for a model of a data set.
        """
        self._as_given["mask"] = mask
        return mask if self._model_size is None else aligned_mask(mask, self.given, self._model_size)

    @property
    def _model_size(self) -> tuple[int, int] | None:
        """Height and width, pixels, that a model of a data set takes; ``None`` for engines."""
        loaded = self.request.loaded
        fixed = self.system.of_sets and not self.declared.any_size
        return loaded.photo_size if fixed and loaded is not None else None

    def as_given(self, name: str) -> Any:
        """See ``Job``."""
        return self._as_given.get(name, self.inputs[name])

    def fitting_size(self) -> Size:
        """The size of the results."""
        return self.request.size_for(self.photo.size)

    @property
    def name(self) -> str:
        """The photo's."""
        return self.photo.name

    @property
    def inputs(self) -> dict[str, Any]:  # type: ignore[override]
        """The photo and the other input pictures, by argument name."""
        return {"photo": self.photo, **({"also": self.also} if self.also else {}), **self.pictures}

    # -----------------------------------------------------------------------------------------------------------
    # The start scale

    @cached_property
    def scales(self) -> list[tuple[int, int]]:
        """Height and width, pixels, of the engine's scales for this photo, coarsest first."""
        size = self.photo.size
        # An additional stage uses the scales of the common net, and its configuration may depend on them.
        config = self.request.config if self.extends else self.config
        scales: list[tuple[int, int]] = self.package.scales((size.height, size.width), config)
        return scales

    @cached_property
    def start(self) -> float | str | None:
        """The request's structure, limited to the photo's finest scale if it is an engine's default."""
        proposed = self.request.structure
        if not self.request.auto or not isinstance(proposed, str):
            return proposed
        return f"scale{min(_number_of(proposed), len(self.scales) - 1)}"

    @cached_property
    def structure(self) -> float | None:
        """Where the work starts, 0 (free) .. 1; ``None`` if the verb has no structure.

        Raises:
            InputError: the photo has no such scale.
        """
        return None if self.start is None else self.structure_of(self.start)

    def structure_of(self, structure: float | str) -> float:
        """A number in 0 (free) .. 1, or the name of a scale, as a number in that range.

        Raises:
            InputError: the photo has no such scale.
        """
        if isinstance(structure, float):
            return structure
        scale, last = _number_of(structure), len(self.scales) - 1
        if scale > last:
            sizes = [str(Size(*self.scales[i])) for i in (0, -1)]
            raise InputError(
                f"there is no {structure}: '{self.photo.name}' has {counted(last + 1, 'scale')}, from scale0 "
                f"({sizes[0]}) "
                f"to scale{last} ({sizes[1]})"
            )
        return scale / max(1, last)

    @cached_property
    def level(self) -> int:
        """Index of the start scale, 0 is the coarsest."""
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
    # Time and memory

    @cached_property
    def cost(self) -> Cost:
        """See ``Job``."""
        if self.system.of_sets:
            expected = super().cost
            cropped = f"the photo is cropped and resized to {self.photo.size} pixels, the size of the model"
            return expected if self.given.size == self.photo.size else replace(expected, note=cropped)
        return self.engine_cost()

    def engine_cost(self) -> Cost:
        """Expected time and memory of an engine for one output."""
        sizes = [(p.size.height, p.size.width) for p in (self.photo, *self.also)]
        # The estimate of a verb itself is for results that do not tile.
        function = getattr(self.package, self.declared.cost if self.request.tile == "none" else "cost")
        cost: Cost = function(sizes, (self.size.height, self.size.width), self.working_config)
        return cost

    @property
    def working_config(self) -> Any:
        """The engine's configuration as this verb uses it, for estimates of time and memory."""
        adapter = self.system.remade_with if self.declared.function in ("remake", "stylize") else ""
        return getattr(self.package, adapter)(self.config) if adapter else self.config

    @property
    def smaller_result(self) -> str:
        """How to ask for a smaller result, where a smaller photo gives none; otherwise empty."""
        larger = self.request.size is not None and self.size.pixels > self.photo.size.pixels
        return "give a smaller --size (size=)" if larger else ""

    def check_memory(self, free: int | None = None) -> None:
        """See ``Job``."""
        if self.run.device.type != "cpu":
            return
        photo = self.photo.size
        what = f"{self.size} pixels from '{self.photo.name}' ({photo})"
        require_memory(self.cost.bytes, what, photo, free, advice=self.smaller_result)
        for training in self.pending_training:
            require_memory(training.cost.bytes, f"training on '{self.photo.name}' ({photo})", photo, free)

    # -----------------------------------------------------------------------------------------------------------
    # The model

    def adaptation(self) -> dict[str, Any]:
        """The parameters of this verb to which a trained engine adapts its settings."""
        return {}

    def learned_labels(self) -> LabelMap | None:
        """The label map of the photo that an engine trains on, at the photo's size; ``None`` if there is none."""
        return None

    @cached_property
    def config(self) -> Any:
        """The engine's configuration, adapted to the verb if the engine supports that."""
        return self.request.config if self.model is None else self.model.config

    @cached_property
    def model(self) -> PhotoModel | None:
        """The model that the engine trains on the photo; ``None`` if nothing is trained."""
        request = self.request
        if request.loaded is not None or not self.system.trained:
            return None
        labels = self.learned_labels() if self.system.learns_maps else None
        plain = PhotoModel(self.photo, request.engine, request.preset, request.config, request.changes, labels=labels)
        if not self.system.adapts:
            return plain
        config = self.package.adapted(request.config, request.verb, **self.adaptation())
        if config == request.config:
            return plain
        # A model that is trained on a label map serves relayout only, so no purpose is recorded.
        purpose = "" if labels is not None else purpose_of(request.verb, self.adaptation())
        adapted = replace(plain, config=config, purpose=purpose)
        if not self.extends or not self.system.extends:
            return adapted
        model = replace(adapted, base=plain)
        # The additional stage needs the finished common net, so an unfinished training is that of the common net.
        return plain if request.unfinished and not model.finished else model

    @property
    def pending_training(self) -> list[PhotoModel]:
        """See ``Job``."""
        return [] if self.model is None or self.request.unfinished else self.model.pending_training

    @cached_property
    def net(self) -> torch.nn.Module | None:
        """The trained net; ``None`` if the engine is not trained."""
        if self.request.loaded is not None:
            return self.request.loaded.net.to(self.run.device)
        if self.model is None:
            return None
        if self.request.unfinished and not self.model.finished:
            return self.model.unfinished_net(self.run)
        for training in self.pending_training:  # if ``make`` is called without ``run_job``
            training.train(self.run)
        # Always read from disk, so that the first pictures after training equal all later ones.
        return self.model.net(self.run.device)

    # -----------------------------------------------------------------------------------------------------------
    # Making the outputs

    @cached_property
    def settings(self) -> dict[str, Any]:
        """See ``Job``."""
        request = self.request
        settings: dict[str, Any] = {
            **common_settings(self),
            "preset": request.preset,
            "set": {key: getattr(request.config, key) for key in request.changes},
            **self.identities(["photo"]),
            "also": self.identities(["also"]).get("also", []),
            "max_side": request.max_side,
            "tile": request.tile,
        }
        if self.start is not None:
            settings["structure"] = self.start
        if self.pictures:
            settings["pictures"] = self.identities(list(self.pictures))
        own = {name: value for name, value in request.own.items() if name not in UNRECORDED}
        if own:
            settings["own"] = own
        if request.model is not None:
            settings["model"] = request.model.resolve().name
        if request.unfinished and self.model is not None and not self.model.finished:
            settings["unfinished"] = self.model.finished_stages
        return settings

    def make(self, output: OutputSpec) -> tuple[Any, float]:
        """Call the engine's function with the photo; see ``Job`` for models of a data set."""
        if self.system.of_sets:
            made, seconds = super().make(output)
            return (made if self.declared.coded else self.with_kept_alpha(made, output)), seconds
        net = {} if self.net is None else {"net": self.net}
        began = time.perf_counter()
        available = self.engine_arguments(output)
        arguments = {name: available[name] for name in self.declared.options if name in available}
        function = getattr(self.package, self.declared.function)
        made = self.finished(function(self.tensors, self.config, self.run, **arguments, **net))
        return made, time.perf_counter() - began

    def kept_alpha(self, output: OutputSpec) -> torch.Tensor | None:
        """The alpha that the result of a model of a data set has, [1, 1, h, w], -1..1; ``None`` if it is opaque."""
        return None

    def with_kept_alpha(self, made: Any, output: OutputSpec) -> Any:
        """What a model of a data set made, a PIL image on mid-grey, with the alpha that is kept of the photo."""
        import torch

        from calotype.image.io import open_photo, to_image, to_tensor
        from calotype.image.transparency import with_alpha

        alpha = self.kept_alpha(output)
        if alpha is None:
            return made
        picture = torch.cat([to_tensor(open_photo(made))[:, :3], alpha.cpu()], 1)
        return to_image(with_alpha(picture, picture[:, 3:], picture))

    def finished(self, made: Any) -> Any:
        """The return value of the engine's function as a result."""
        from calotype.image.transparency import settled

        if self.declared.output == "picture" and self.photo.alpha is not None:
            made = settled(made, self.tensor(self.photo))
        return converted(made, self.declared.output, sixteen=self.sixteen)

    @property
    def sixteen(self) -> bool:
        """Whether results have 16 bits a channel, as the photo has."""
        return self.photo.fine is not None

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The values of all options that an engine's function may declare for this verb."""
        arguments = {**self.options, "seed": output.seed, "tile": TILES[self.request.tile]}
        structure = self.structure_of(output.scale) if output.scale else self.structure
        return arguments if structure is None else {**arguments, "structure": structure}

    @cached_property
    def tensors(self) -> list[torch.Tensor]:
        """The photo and the further photos, [1, C, H, W] each, -1..1, all with the same C."""
        return [self.tensor(photo) for photo in (self.photo, *self.also)]

    def tensor(self, photo: Photo) -> torch.Tensor:
        """A picture as an engine input: [1, C, H, W], -1..1, with the photo's C."""
        import torch

        from calotype.image.io import to_tensor

        x = to_tensor(photo, self.run.device)
        # An opaque picture gets an alpha channel of 1 (opaque) where the photo has alpha.
        return (
            x if (self.photo.alpha is None) == (photo.alpha is None) else torch.cat([x, torch.ones_like(x[:, :1])], 1)
        )


def _number_of(scale: str) -> int:
    return int(scale.removeprefix("scale"))


def _several(also: Any) -> Sequence[PhotoLike]:
    """Further photos: what was given, a single one, or none."""
    if also is None:
        return ()
    return also if isinstance(also, list | tuple) else [also]
