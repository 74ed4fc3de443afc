"""Jobs: a checked request with its inputs read, its cost, its recorded settings, and the code that makes each output.

A ``Request`` holds a verb's arguments, checked before any input is opened. A ``Job`` is a request with its inputs read.
``PhotoJob`` is the base of the verbs that process one photo, ``ModelJob`` of those that sample a model of a data set,
unconditionally or from declared inputs. Each verb has a subclass.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from calotype import __version__
from calotype.catalog import able, declared
from calotype.catalog import system as system_of
from calotype.declaration import System, Verb
from calotype.errors import ArgumentError, unknown
from calotype.image.signing import Claim
from calotype.kinds import KINDS, OUTPUTS
from calotype.kinds.kind import Reading
from calotype.results import Result
from calotype.tasks import runner
from calotype.tasks.argument_types import checked_types
from calotype.tasks.given_model import check_beside_model
from calotype.tasks.job_notes import notes_of
from calotype.tasks.layout_kinds import check_layout
from calotype.tasks.memory import require_memory
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import DEFAULTS, described
from calotype.tasks.progress import Training
from calotype.tasks.provenance import Effect, with_origin
from calotype.tasks.request import Request, own_arguments, request
from calotype.tasks.signing import ingredients_of, write_signed
from calotype.types import Carried, Cost, Photo, Size

if TYPE_CHECKING:
    import torch

    from calotype.run import Run


class Job:
    """A request with its inputs read.

    Attributes:
        request: the checked arguments.
        inputs: the opened inputs, by argument name.
        size: size of the outputs, pixels.
    """

    verb: ClassVar[str]
    takes: ClassVar[tuple[str, ...]] = ()  # the arguments that are inputs, read from files
    main: ClassVar[str] = ""  # the main input, for which a folder may be given; empty if there is none
    gives: ClassVar[str] = "picture"  # kind of the outputs: a key of ``kinds.OUTPUTS``
    default_structure: ClassVar[str | float | None] = None  # if neither the user nor the engine sets one
    suffix: ClassVar[str] = ".png"  # default suffix of the output files
    coded: ClassVar[bool] = False  # whether the verb is one of latent codes
    effect: ClassVar[Effect] = "made"  # what the verb does to a photo, for the origin that results tell

    request: Request
    inputs: dict[str, Any]
    size: Size
    _given_run: Run | None

    @classmethod
    def input_names(cls) -> tuple[str, ...]:
        """The names of the input arguments: those of the verb and those that systems declare for it."""
        declared_names = [given.name for name in able(cls.verb) for given in declared(name).verbs[cls.verb].inputs]
        return tuple(dict.fromkeys((*cls.takes, *(name for name in declared_names if name not in cls.takes))))

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.suffix = OUTPUTS[cls.gives].suffix

    @classmethod
    def ordered(cls, **given: Any) -> Request:
        """The checked request for the verb's arguments, inputs excluded.

        Raises:
            InputError: an argument is invalid.
        """
        cls.check(own_arguments(given))  # before a model is loaded
        offered = "unfinished" in described(cls._task())
        checked = request(cls.verb, default_structure=cls.default_structure, offers_unfinished=offered, **given)
        if checked.model is not None:
            check_beside_model(cls._changed(given, ("engine", "preset")), checked.model.name, checked.engine)
        return checked

    @classmethod
    def _task(cls) -> Callable[..., Any]:
        """The function of the verb."""
        task: Callable[..., Any] = getattr(import_module(cls.__module__), cls.verb)
        return task

    @classmethod
    def _changed(cls, given: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
        """Those of the arguments ``names`` whose values are not the defaults of the verb."""
        task = cls._task()
        defaults = {name: parameter.default for name, parameter in inspect.signature(task).parameters.items()}
        return {name: given[name] for name in names if name in given and given[name] != defaults.get(name)}

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """Check the arguments that are specific to this verb.

        Raises:
            InputError: an argument is invalid.
        """

    @classmethod
    def check_given(cls, given: Mapping[str, Any]) -> None:
        """Check, before anything is opened or loaded, that nothing is missing among all arguments, inputs included.

        Args:
            given: the arguments, those that are left out with their defaults.

        Raises:
            InputError: the verb cannot do without an argument that is not there.
        """

    @classmethod
    def check_inputs_of(cls, system: str, inputs: Mapping[str, Any]) -> None:
        """Check, before any is opened, that the inputs are there that a system cannot do without.

        Args:
            system: the engine, or the system of the model.
            inputs: by argument name; those that are left out may be ``None``.

        Raises:
            InputError: one is missing.
        """

    @classmethod
    def create(cls, request: Request, inputs: Mapping[str, Any], run: Run | None = None) -> Self:
        """The job of a request for these inputs, which may be given as paths or already opened.

        Raises:
            InputError: one of them cannot be used.
        """
        raise NotImplementedError

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """The job for the arguments of the verb's function.

        Raises:
            InputError: one of them cannot be used.
        """
        arguments = dict(given)
        options = arguments.pop("options", {})
        for name in options:
            if name not in DEFAULTS:
                raise TypeError(f"{cls.verb}() got an unexpected keyword argument '{name}'")
        arguments |= options
        further = arguments.pop("inputs", {})
        for name in further:
            if name not in cls.input_names():
                raise ArgumentError(unknown(f"input of {cls.verb}", name, cls.input_names()))
        arguments |= further
        run = arguments.pop("run", None)
        arguments = checked_types(cls._task(), arguments)
        cls.check_given(arguments)
        inputs = {name: arguments.pop(name) for name in cls.input_names() if name in arguments}
        return cls.create(cls.ordered(**arguments), inputs, run)

    @classmethod
    def opened(cls, name: str, value: Any, request: Request) -> Any:
        """Open the input given as ``name``; ``None`` if it is computed for each photo.

        Raises:
            InputError: it cannot be used.
        """
        about = request.loaded.about if request.loaded else {}
        kind = next((given.kind for given in request.declared.inputs if given.name == name), "photo")
        check_layout(value, name, kind, cls.verb, request.engine)
        return KINDS[kind].read(value, Reading(request.max_side, about))

    # -----------------------------------------------------------------------------------------------------------
    # The request

    @property
    def system(self) -> System:
        """The system's declaration: what its functions take and return."""
        return self.request.system

    @property
    def declared(self) -> Verb:
        """The system's declaration of the verb."""
        return self.request.declared

    @property
    def package(self) -> Any:
        """The system's package."""
        return system_of(self.request.engine)

    @property
    def name(self) -> str:
        """Stem of the output file names."""
        raise NotImplementedError

    @property
    def beside(self) -> tuple[str, ...]:
        """Suffixes of further files that are part of each output."""
        return ()

    @property
    def outputs(self) -> list[OutputSpec]:
        """All outputs of the request."""
        return [OutputSpec(seed, label=f"seed {seed}") for seed in self.request.seeds]

    @property
    def config(self) -> Any:
        """The system's configuration."""
        return self.request.config

    @cached_property
    def run(self) -> Run:
        """The run: device, progress reports and stop requests."""
        from calotype.run import Run

        return self._given_run or Run(seed=self.request.seed, device=self.request.device)

    @cached_property
    def cost(self) -> Cost:
        """Expected time (seconds) and memory (bytes) for one output on this machine.

        Raises:
            InputError: an output of that size is impossible.
        """
        function = getattr(self.package, self.declared.cost)
        cost: Cost = function(self.options[self.declared.cost_by], self.config)
        return cost

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What the user should know before the work starts, one line each: how inputs were read, and doubts."""
        opened = [one for given in self.inputs.values() for one in (given if isinstance(given, list) else [given])]
        read = [note for one in opened for note in getattr(one, "notes", ())]
        return tuple(dict.fromkeys([*read, *filter(None, (*notes_of(self), *self.doubts()))]))

    def keeps_alpha(self, name: str) -> bool:
        """Whether the results of a model of a data set have the transparency of an input."""
        return False

    @property
    def carried(self) -> Carried:
        """What results carry: what came with the photo, and their origin; nothing if they are to have no metadata."""
        if not self.request.metadata:
            return Carried()
        main = self.inputs.get(self.main) if self.main else None
        given = main.carried if isinstance(main, Photo) else Carried()
        return with_origin(given, self.effect, self.system, self.request.engine)

    def recorded(self, output: OutputSpec) -> dict[str, Any]:
        """The settings that are written into an output; empty if it is to have no metadata."""
        return {**self.settings, **output.differs} if self.request.metadata else {}

    def doubts(self) -> Sequence[str | None]:
        """Lines about inputs that look exchanged or inverted; the work goes on."""
        return ()

    def as_given(self, name: str) -> Any:
        """An input as it was opened, before it was fitted to a model: what the job of another process is made from."""
        return self.inputs[name]

    def validate(self) -> None:
        """Check what a model knows of its arguments before the work is announced.

        Raises:
            InputError: an argument cannot be used with this model.
        """
        if self.declared.validate and self.request.loaded is not None:
            function = getattr(self.package, self.declared.validate)
            function(self.config, net=self.net, **self.model_arguments(self.outputs[0]))

    def check_memory(self, free: int | None = None) -> None:
        """Refuse a job that needs more memory than the machine has.

        Args:
            free: available memory, bytes; ``None``: as measured now.

        Raises:
            InputError: the job needs more memory.
        """
        if self.run.device.type == "cpu":
            require_memory(self.cost.bytes, f"a picture of {self.size} pixels", self.size, free, result=True)

    @property
    def pending_training(self) -> Sequence[Training]:
        """The trainings that must run before the first output, in order."""
        return []

    # -----------------------------------------------------------------------------------------------------------
    # Making the outputs

    @property
    def net(self) -> torch.nn.Module | None:
        """The trained net; ``None`` if the system is not trained."""
        loaded = self.request.loaded
        return None if loaded is None else loaded.net.to(self.run.device)

    @property
    def options(self) -> dict[str, Any]:
        """The values of all options that a function may declare, except the seed."""
        return {**self.request.own, "size": (self.size.height, self.size.width)}

    def make(self, output: OutputSpec) -> tuple[Any, float]:
        """Make one output, independent of the others; return it with the time it took, seconds.

        This implementation calls the function of a model with the declared inputs.

        Raises:
            Stopped: the run was stopped.
        """
        net, folder = self.net, self.state_folder(output)  # before the clock starts, as this may train the net
        began = time.perf_counter()
        # Optimising functions save their state in the folder, so that a stopped one can resume.
        run = self.run.within(folder, seed=self.run.seed, on_event=self.run.on_event)
        function = getattr(self.package, self.declared.function)
        made = self.as_result(function(self.config, run, net=net, **self.model_arguments(output)))
        runner.forget_state(folder)
        return made, time.perf_counter() - began

    def as_result(self, made: Any) -> Any:
        """What a model's function has made as an output: a tensor becomes a picture."""
        return converted(made, self.declared.output)

    def state_folder(self, output: OutputSpec) -> Path:
        """Folder for the optimisation state of an output."""
        return runner.state_folder({**self.settings, **output.differs})

    def model_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The declared inputs and options that a model's function takes besides configuration, run and net."""
        given = [declared for declared in self.declared.inputs if declared.name in self.inputs]
        device = self.run.device
        tensors = {one.argument or one.name: KINDS[one.kind].tensor(self.inputs[one.name], device) for one in given}
        available = {**self.options, "seed": output.seed}
        return {**tensors, **{name: available[name] for name in self.declared.options if name in available}}

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The JSON-ready settings that reproduce the first output; for the others see ``OutputSpec.differs``."""
        raise NotImplementedError

    def identities(self, names: Sequence[str]) -> dict[str, Any]:
        """The identities (name, hash, size) of the given inputs among ``names``, by argument name."""
        kinds = {given.name: given.kind for given in self.declared.inputs}
        there = [name for name in names if name in self.inputs]
        return {name: KINDS[kinds.get(name, "photo")].identity(self.inputs[name]) for name in there}

    def save(self, made: Any, path: Any, output: OutputSpec) -> None:
        """Write an output of ``make`` together with its settings.

        Raises:
            OutputError: it cannot be written.
        """
        from calotype.image.io import save_png

        settings = self.recorded(output)
        if self.declared.output == "picture":
            self.write(path, lambda to: save_png(made, to, settings, self.carried), output)
        elif self.declared.output in ("latent", "table"):
            replace(made, settings=settings).save(path)
        else:
            self.write(path, replace(made, settings=settings, carried=self.carried).save, output)

    def write(self, path: Path, save: Callable[[Path], object], output: OutputSpec) -> None:
        """Write a picture or film by ``save``, with a signed manifest if one is asked for.

        Raises:
            InputError: it cannot be signed.
            OutputError: it cannot be written.
        """
        if self.request.certificate is None:
            save(path)
            return
        settings = self.recorded(output)
        claim = Claim(path.name, self.carried.source_type, ingredients_of(settings), settings)
        write_signed(path, save, claim, self.request.certificate)

    def result(self) -> Result:
        """Make all outputs of the request.

        Raises:
            InputError: the machine has too little memory.
            Stopped: the run was stopped.
        """
        self.check_memory()
        results: list[tuple[Any, float]] = []

        def collect(event: runner.JobEvent) -> None:
            if event.kind == "made":
                results.append((event.value, event.seconds))

        runner.run_job(self, self.outputs, collect)
        return Result(
            images=[image for image, _ in results],
            seeds=[output.seed for output in self.outputs],
            settings=self.settings,
            name=self.name,
            seconds=[seconds for _, seconds in results],
            scales=[output.scale for output in self.outputs] if any(output.scale for output in self.outputs) else [],
            notes=list(self.notes),
            carried=self.carried,
        )


def converted(made: Any, output: str, *, sixteen: bool = False) -> Any:
    """The result of a system's function: a tensor [1, C, h, w] becomes a picture, other kinds stay unchanged."""
    import torch

    from calotype.image.io import to_image

    return to_image(made, sixteen=sixteen) if output == "picture" and isinstance(made, torch.Tensor) else made


def common_settings(job: Job) -> dict[str, Any]:
    """The settings that all results record: version, verb, engine, configuration, size, seed, device."""
    return {
        "calotype": __version__,
        "verb": job.verb,
        "engine": job.request.engine,
        "config": asdict(job.config),
        "size": str(job.size),
        "seed": job.request.seed,
        "device": job.run.device.type,
    }
