"""A request for one set of inputs: what it costs, what repeats it, and each of its outputs made alone.

A ``Request`` is a verb's arguments, checked before any input is opened. A ``Job`` is a request with its inputs read. A
verb that differs says so in a class of its own: ``PhotoJob`` for what is made of one photo, ``ModelJob`` for what a
model of a data set makes of nothing, or of declared inputs.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from calotype import __version__
from calotype.catalog import able, declared
from calotype.catalog import system as system_of
from calotype.declaration import System, Verb
from calotype.errors import InputError, unknown
from calotype.kinds import KINDS, OUTPUTS, Reading
from calotype.results import Result
from calotype.tasks import runner
from calotype.tasks.memory import require_memory
from calotype.tasks.param import DEFAULTS
from calotype.tasks.progress import Training
from calotype.tasks.request import Request, request
from calotype.types import Cost, Size

if TYPE_CHECKING:
    import torch

    from calotype.run import Run


@dataclass(frozen=True)
class OutputSpec:
    """One output of a job.

    Attributes:
        seed: of the output.
        scale: the scale it starts from, like ``"scale3"``; ``""`` for the one that the request says.
        label: what to call it on a contact sheet.
    """

    seed: int
    scale: str = ""
    label: str = ""

    @property
    def differs(self) -> dict[str, Any]:
        """What the output's settings have that those of the job have not."""
        return {"seed": self.seed, **({"structure": self.scale} if self.scale else {})}


class Job:
    """A request with its inputs read.

    Attributes:
        request: the checked arguments.
        inputs: what was read, by the name of the argument.
        size: of the outputs, pixels.
    """

    verb: ClassVar[str]
    takes: ClassVar[tuple[str, ...]] = ()  # the arguments that are inputs, read from files
    main: ClassVar[str] = ""  # the one of them that a folder may be given for; empty where there is none
    gives: ClassVar[str] = "picture"  # what its outputs are: a key of ``kinds.OUTPUTS``
    default_structure: ClassVar[str | float | None] = None  # where neither user nor engine says it
    suffix: ClassVar[str] = ".png"  # of the files that outputs are saved in, where the user does not choose another

    request: Request
    inputs: dict[str, Any]
    size: Size
    _given_run: Run | None

    @classmethod
    def input_names(cls) -> tuple[str, ...]:
        """The arguments that are inputs: the verb's own, and those that systems declare for it."""
        declared_names = [given.name for name in able(cls.verb) for given in declared(name).verbs[cls.verb].inputs]
        return tuple(dict.fromkeys((*cls.takes, *(name for name in declared_names if name not in cls.takes))))

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.suffix = OUTPUTS[cls.gives].suffix

    @classmethod
    def ordered(cls, **given: Any) -> Request:
        """The verb's arguments, inputs left out, checked.

        Raises:
            InputError: one of them cannot be used as given.
        """
        asked = request(cls.verb, default_structure=cls.default_structure, **given)
        cls.check(asked.own)
        return asked

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """Check the arguments that only this verb has.

        Raises:
            InputError: one of them cannot be used as given.
        """

    @classmethod
    def create(cls, asked: Request, inputs: Mapping[str, Any], run: Run | None = None) -> Self:
        """The job of a request for these inputs, as they were given or read.

        Raises:
            InputError: one of them cannot be used.
        """
        raise NotImplementedError

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """The job for the arguments that the verb's function was called with.

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
                raise InputError(unknown(f"input of {cls.verb}", name, cls.input_names()))
        arguments |= further
        run = arguments.pop("run", None)
        inputs = {name: arguments.pop(name) for name in cls.input_names() if name in arguments}
        return cls.create(cls.ordered(**arguments), inputs, run)

    @classmethod
    def opened(cls, name: str, value: Any, asked: Request) -> Any:
        """Read the input that was given as ``name``; ``None``: it is found for each photo anew.

        Raises:
            InputError: it cannot be used.
        """
        about = asked.loaded.about if asked.loaded else {}
        kinds = {given.name: given.kind for given in asked.declared.inputs}
        return KINDS[kinds.get(name, "photo")].read(value, Reading(asked.max_side, about))

    # -----------------------------------------------------------------------------------------------------------
    # What is asked for

    @property
    def system(self) -> System:
        """What the system's functions take and give."""
        return self.request.system

    @property
    def declared(self) -> Verb:
        """What the system declares of the verb."""
        return self.request.declared

    @property
    def package(self) -> Any:
        """The system's package."""
        return system_of(self.request.engine)

    @property
    def name(self) -> str:
        """Stem for the names of the outputs."""
        raise NotImplementedError

    @property
    def outputs(self) -> list[OutputSpec]:
        """Every output that is to be made."""
        return [OutputSpec(seed, label=f"seed {seed}") for seed in self.request.seeds]

    @property
    def config(self) -> Any:
        """The system's configuration."""
        return self.request.config

    @cached_property
    def run(self) -> Run:
        """Where the work runs and reports to."""
        from calotype.run import Run

        return self._given_run or Run(seed=self.request.seed, device=self.request.device)

    @cached_property
    def cost(self) -> Cost:
        """What one output is expected to take on this machine.

        Raises:
            InputError: it cannot be made at that size.
        """
        function = getattr(self.package, self.declared.cost)
        cost: Cost = function(self.options[self.declared.cost_by], self.config)
        return cost

    def check_memory(self, free: int | None = None) -> None:
        """Refuse what this machine cannot do.

        Args:
            free: bytes that there are; ``None``: as many as there are right now.

        Raises:
            InputError: more memory would be needed than there is.
        """
        if self.run.device.type == "cpu":
            require_memory(self.cost.bytes, f"a picture of {self.size} pixels", self.size, free)

    @property
    def pending_training(self) -> Sequence[Training]:
        """What has to be trained before the first output, in that order."""
        return []

    # -----------------------------------------------------------------------------------------------------------
    # Making it

    @property
    def net(self) -> torch.nn.Module | None:
        """The trained net; ``None`` where nothing is learned."""
        loaded = self.request.loaded
        return None if loaded is None else loaded.net.to(self.run.device)

    @property
    def options(self) -> dict[str, Any]:
        """The values of all options that a function may declare, but for the seed."""
        return {**self.request.own, "size": (self.size.height, self.size.width)}

    def make(self, output: OutputSpec) -> tuple[Any, float]:
        """One output, independent of every other one, and the seconds it took.

        Here, what the function of a model makes of the declared inputs.

        Raises:
            Stopped: the run was asked to stop.
        """
        net, folder = self.net, self.state_folder(output)  # training is no part of the seconds
        began = time.perf_counter()
        # An optimising function keeps its state there, so that a stopped one goes on.
        run = self.run.within(folder, seed=self.run.seed, on_event=self.run.on_event)
        function = getattr(self.package, self.declared.function)
        made = converted(function(self.config, run, net=net, **self.model_arguments(output)), self.declared.output)
        runner.forget_state(folder)
        return made, time.perf_counter() - began

    def state_folder(self, output: OutputSpec) -> Path:
        """Where the state of an output that is being optimised is kept."""
        return runner.state_folder({**self.settings, **output.differs})

    def model_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The arguments of a model's function, beside configuration, run and net: declared inputs and options."""
        given = [declared for declared in self.declared.inputs if declared.name in self.inputs]
        device = self.run.device
        tensors = {one.argument or one.name: KINDS[one.kind].tensor(self.inputs[one.name], device) for one in given}
        available = {**self.options, "seed": output.seed}
        return {**tensors, **{name: available[name] for name in self.declared.options if name in available}}

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that repeats the first output, as JSON-ready values. The others differ as their specs do."""
        raise NotImplementedError

    def identities(self, names: Sequence[str]) -> dict[str, Any]:
        """What tells inputs from all others, by the names of the arguments; those that were not given are left out."""
        kinds = {given.name: given.kind for given in self.declared.inputs}
        there = [name for name in names if name in self.inputs]
        return {name: KINDS[kinds.get(name, "photo")].identity(self.inputs[name]) for name in there}

    def save(self, made: Any, path: Any, output: OutputSpec) -> None:
        """Write what ``make`` handed out, with what repeats it.

        Raises:
            OutputError: it cannot be written.
        """
        from calotype.image.io import save_png

        settings = {**self.settings, **output.differs}
        if self.declared.output == "picture":
            save_png(made, path, settings)
        elif self.declared.output in ("latent", "table"):
            replace(made, settings=settings).save(path)
        else:
            made.save(path)

    def result(self) -> Result:
        """All the outputs of the request.

        Raises:
            InputError: the machine has too little memory for it.
            Stopped: the run was asked to stop.
        """
        self.check_memory()
        made: list[tuple[Any, float]] = []

        def heard(event: runner.JobEvent) -> None:
            if event.kind == "made":
                made.append((event.value, event.seconds))

        runner.run_job(self, self.outputs, heard)
        return Result(
            images=[image for image, _ in made],
            seeds=[output.seed for output in self.outputs],
            settings=self.settings,
            name=self.name,
            seconds=[seconds for _, seconds in made],
            scales=[output.scale for output in self.outputs] if any(output.scale for output in self.outputs) else [],
        )


def converted(made: Any, output: str) -> Any:
    """The result of what a system's function gave: a picture of a tensor [1, C, h, w]; other kinds as they are."""
    from calotype.image.io import to_image

    return to_image(made) if output == "picture" else made


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
