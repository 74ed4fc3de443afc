"""Definition of the commands. Verbs are registered in ``tasks/verbs.py``, other commands in ``command``."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import typer

from calotype import __version__
from calotype.cli import data as data_sets
from calotype.cli import models
from calotype.cli.align import run as run_align
from calotype.cli.directions import run as run_directions
from calotype.cli.dissect import run as run_dissect
from calotype.cli.engines import engines
from calotype.cli.evaluate import run as run_evaluate
from calotype.cli.invert import run as run_invert
from calotype.cli.job_command import run_job_command
from calotype.cli.options import parameters
from calotype.cli.output_options import Json, OutputOptions, Quiet, TrainingOptions
from calotype.cli.report import Misuse
from calotype.cli.retrieve import run as run_retrieve
from calotype.cli.studio import studio
from calotype.cli.study import run as run_study
from calotype.cli.styles import run as run_styles
from calotype.cli.teach import run_teach
from calotype.cli.train_command import run_train_command
from calotype.cli.weights import weights
from calotype.kinds import OUTPUTS
from calotype.tasks.align import align
from calotype.tasks.compare import compare
from calotype.tasks.data import data
from calotype.tasks.directions import directions
from calotype.tasks.dissect import dissect
from calotype.tasks.evaluate import evaluate
from calotype.tasks.invert import invert
from calotype.tasks.job import Job
from calotype.tasks.param import description
from calotype.tasks.retrieve import retrieve
from calotype.tasks.show import show
from calotype.tasks.study import study
from calotype.tasks.styles import styles
from calotype.tasks.teach import teach
from calotype.tasks.train import train
from calotype.tasks.verbs import JOBS


def command() -> Any:
    """The complete command line. Its commands parse arguments and return the work as a function without arguments."""
    app = typer.Typer(
        name="calotype",
        help="Generate new pictures from the photos you have.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_common)
    for task, kind in JOBS.items():
        _add(app, task, [*parameters(task), *_output_options(kind), _CONTEXT], _job_command(task, kind))
    _add(app, train, parameters(train) + _parameters_of(TrainingOptions), _train)
    _add(app, teach, [*parameters(teach), _AS_JSON, _QUIET], run_teach)
    app.add_typer(models.group(), name="models")
    _add(app, data, data_sets.options(), data_sets.run)
    _add(app, evaluate, [*parameters(evaluate), *parameters(compare), _LEAKS, _AS_JSON], run_evaluate)
    _add(app, dissect, [*parameters(dissect), _AS_JSON], run_dissect)
    _add(app, invert, [*parameters(invert), _AS_JSON], run_invert)
    _add(app, retrieve, [*parameters(retrieve), _AS_JSON], run_retrieve)
    _add(app, styles, [*parameters(styles), _AS_JSON], run_styles)
    _add(app, align, [*parameters(align), _AS_JSON], run_align)
    _add(app, directions, [*parameters(directions), _AS_JSON], run_directions)
    _add(app, study, [*parameters(study), _AS_JSON], run_study)
    _add(app, show, [*parameters(show), _AS_JSON], _show)
    app.command("weights")(weights)
    _add(app, engines, _parameters_of(engines), engines)
    _add(app, studio, _parameters_of(studio), studio)
    return typer.main.get_command(app)


def _common(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="print the version")] = False,
) -> None:
    if version:
        print(f"calotype {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise Misuse("no verb given: write one, like calotype vary photo.jpg ('calotype --help' lists the verbs)")


_AS_JSON = inspect.Parameter(
    "as_json",
    inspect.Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Json,
)
_CONTEXT = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
_QUIET = inspect.Parameter("quiet", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Quiet)

_LEAKS = inspect.Parameter(
    "leaks",
    inspect.Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Annotated[
        bool,
        typer.Option(
            "--leaks",
            help="for MODEL SET in place of REAL FAKE: what the pose code of a model tells of the identity, and the "
            "identity code of the pose, on a folder of clips or a made set; or the code of a look of the content; also "
            "written into the model's folder, in the place of the report of its training",
        ),
    ],
)


def _parameters_of(described: Callable[..., Any]) -> list[inspect.Parameter]:
    return [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in inspect.signature(described).parameters.values()]


def _add(
    app: typer.Typer, task: Callable[..., Any], options: list[inspect.Parameter], body: Callable[..., int]
) -> None:
    """Register ``body`` as the command with the name and help text of ``task`` and these options."""

    def parsed(**typed: Any) -> Callable[[], int]:
        return partial(body, **typed)

    # Typer derives the options from the signature of the function.
    parsed.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    parsed.__annotations__ = {option.name: option.annotation for option in options}
    app.command(task.__name__, help=description(task))(parsed)


def _output_options(kind: type[Job]) -> list[inspect.Parameter]:
    excluded = set() if OUTPUTS[kind.gives].picture else {"sheet"}  # contact sheets show pictures only
    excluded |= set() if kind.main else {"part"}
    return [parameter for parameter in _parameters_of(OutputOptions) if parameter.name not in excluded]


def _job_command(task: Callable[..., Any], kind: type[Job]) -> Callable[..., int]:
    names = [parameter.name for parameter in _output_options(kind)]

    def body(context: typer.Context, **typed: Any) -> int:
        options = OutputOptions(**{name: typed.pop(name) for name in names})
        chosen = {name for name in typed if _is_typed(context, name)}
        return run_job_command(task, kind, typed, options, chosen)

    return body


def _is_typed(context: typer.Context, name: str) -> bool:
    """Whether an argument was typed, not left to its default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _train(**typed: Any) -> int:
    options = TrainingOptions(**{name: typed.pop(name) for name in inspect.signature(TrainingOptions).parameters})
    return run_train_command(options, typed)


def _show(path: str, as_json: bool) -> int:
    import json

    result = show(path)
    if as_json:
        said = {"origin": result.origin, "signature": result.signature}
        print(json.dumps({"command": result.command, "settings": result.settings, **said}, indent=2))
        return 0
    print(result.command)
    origin = result.origin and f"digital source type: {result.origin}"
    for line in filter(None, (result.content, origin, result.signature, result.missing)):
        print(line, file=sys.stderr)
    version = result.settings.get("calotype")
    if version != __version__:
        print(
            f"made with calotype {version}; this is {__version__}, which may give a different picture", file=sys.stderr
        )
    return 0
