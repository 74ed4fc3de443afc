"""Jobs that sample a model of a data set, unconditionally or from the inputs that the model declares."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from calotype.catalog import declared
from calotype.errors import ArgumentError, InputError
from calotype.results import Latent
from calotype.tasks import model_store
from calotype.tasks.arguments import size_from
from calotype.tasks.job import Job, common_settings
from calotype.tasks.layout_kinds import check_layout
from calotype.tasks.outputs import UNRECORDED
from calotype.tasks.request import Request
from calotype.types import Size

if TYPE_CHECKING:
    from calotype.catalog import Loaded
    from calotype.run import Run


_LEAST = 8  # pixels of a side: networks that halve their maps see nothing in fewer


def check_size(size: Size) -> None:
    """Refuse a size of which no network can make a picture.

    Raises:
        ArgumentError: a side is too short.
    """
    if min(size.height, size.width) < _LEAST:
        raise ArgumentError(f"{size} is too small for a model: give sides of at least {_LEAST} pixels (--size, size=)")


class ModelJob(Job):
    """A job for a model of a data set and its inputs.

    Attributes:
        loaded: the loaded model.
        folder: folder of the model.
    """

    loaded: Loaded
    folder: Path

    @classmethod
    def check_given(cls, given: Mapping[str, Any]) -> None:
        """See ``Job``; the argument ``model`` is required."""
        if given.get("model") is None:
            raise ArgumentError(
                f"{cls.verb} needs a trained model: give --model NAME (model=); 'calotype models' lists them"
            )

    @classmethod
    def check_inputs_of(cls, system: str, inputs: Mapping[str, Any]) -> None:
        """See ``Job``."""
        for given in declared(system).verbs[cls.verb].inputs:
            check_layout(inputs.get(given.name), given.name, given.kind, cls.verb, system)
            if given.required and inputs.get(given.name) is None:
                raise InputError(
                    f"{cls.verb} with the model {system} needs an input: give --{given.name} ({given.name}=)"
                )

    @classmethod
    def ordered(cls, **given: Any) -> Request:
        """See ``Job``."""
        if given.get("size") is not None:
            check_size(size_from(given["size"]))
        return super().ordered(**given)

    @classmethod
    def create(cls, request: Request, inputs: Mapping[str, Any], run: Run | None = None) -> Self:
        """See ``Job``."""
        job = cls(request, run, **inputs)
        job.validate()
        return job

    def __init__(self, request: Request, run: Run | None = None, **inputs: Any) -> None:
        """Read the inputs.

        Raises:
            InputError: an input cannot be used, is missing, or is not declared by the model.
        """
        assert request.loaded is not None
        assert request.model is not None
        self.request, self.loaded, self.folder = request, request.loaded, request.model
        self._given_run = run
        self.check_inputs_of(request.engine, inputs)
        opened = {name: self.opened(name, value, request) for name, value in inputs.items() if value is not None}
        self.inputs = {name: value for name, value in opened.items() if value is not None}
        self.size = self.fitting_size()
        self.check_inputs()

    @classmethod
    def opened(cls, name: str, value: Any, request: Request) -> Any:
        """See ``Job``; an input that the model does not declare is refused before it is opened."""
        if all(given.name != name for given in request.declared.inputs):
            flag = name.replace("_", "-")
            raise InputError(f"the model {request.engine} has no input {name}: leave out --{flag} ({name}=)")
        return super().opened(name, value, request)

    def check_inputs(self) -> None:
        """Check the remaining arguments before any output is made.

        Raises:
            InputError: the model does not support the size or an argument of the verb.
        """
        if self.declared.check:
            getattr(self.package, self.declared.check)(self.config)
        _ = self.cost

    def doubts(self) -> list[str | None]:
        """See ``Job``; latent codes of other models are doubted, and the model may tell something itself."""
        from calotype.tasks.plausibility import code_of_another_model

        given = [one for each in self.inputs.values() for one in (each if isinstance(each, list) else [each])]
        codes = [one for one in given if isinstance(one, Latent)]
        told: list[str | None] = []
        if self.declared.tells:
            function = getattr(self.package, self.declared.tells)
            told += function(self.config, net=self.net, **self.model_arguments(self.outputs[0]))
        return told + [code_of_another_model(code, self.folder) for code in codes]

    def laid_out(self) -> dict[str, Any]:
        """Where the model puts the objects of the input, JSON-ready.

        Returns:
            ``boxes``, [left, top, right, bottom] for each object, 0..1; and ``owners``, rows of the number of the
            object that each pixel belongs to, -1 for none.

        Raises:
            InputError: the model has no objects.
        """
        if not self.declared.layout:
            raise InputError(f"the model {self.request.engine} has no objects: give one of scene graphs (scenegraph)")
        function = getattr(self.package, self.declared.layout)
        boxes, owners = function(self.config, net=self.net, **self.model_arguments(self.outputs[0]))
        return {"boxes": [[round(value, 4) for value in box] for box in boxes.tolist()], "owners": owners.tolist()}

    def fitting_size(self) -> Size:
        """The size of the results: that of the request, or the training size."""
        return self.request.size or Size(*self.loaded.photo_size)

    @property
    def name(self) -> str:
        """Stem of the output file names: the name of the training data set."""
        return str(model_store.described(self.folder).get("photo", "")) or self.folder.resolve().name

    @cached_property
    def settings(self) -> dict[str, Any]:
        """See ``Job``."""
        settings = {
            **common_settings(self),
            "model": self.folder.resolve().name,
            "photo_sha256": self.loaded.photo_sha256,
            "own": {
                name: value for name, value in self.request.own.items() if value is not None and name not in UNRECORDED
            },
        }
        if self.inputs:
            settings["pictures"] = self.identities(list(self.inputs))
        return {**settings, "unfinished": True} if self.request.unfinished else settings
