"""Options that several commands have: where outputs go, where they are made, and what is said about them."""

# Annotations are values here, not strings: options are made from them.
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from calotype.tasks.job import Job

RESULTS = "Results"

Out = Annotated[
    Path,
    typer.Option(
        "-o",
        "--out",
        metavar="FOLDER|FILE",
        help="folder for the results, made where missing; or the file for a single one",
        rich_help_panel=RESULTS,
    ),
]
Sheet = Annotated[bool, typer.Option("--sheet", help="also one sheet with all the pictures", rich_help_panel=RESULTS)]
JsonOfPaths = Annotated[
    bool, typer.Option("--json", help="print one JSON document instead of paths", rich_help_panel=RESULTS)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="say nothing but what went wrong", rich_help_panel=RESULTS)]
Json = Annotated[bool, typer.Option("--json", help="print one JSON document instead")]


@dataclass(frozen=True)
class OutputOptions:
    """Where the outputs go, where they are made, and what is said about them."""

    out: Out = Path(".")
    sheet: Sheet = False
    skip_existing: Annotated[
        bool | None,
        typer.Option(
            "--skip-existing/--again",
            help="skip outputs that are there already, or make them again; of a folder, what the same version of "
            "calotype made with the same settings is skipped because unchanged",
            show_default=False,
            rich_help_panel=RESULTS,
        ),
    ] = None
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            metavar="COUNT",
            min=1,
            help="how many pictures to make at a time, each in a worker process",
            show_default=False,
            rich_help_panel=RESULTS,
        ),
    ] = None
    on: Annotated[
        str,
        typer.Option(
            "--on",
            metavar="WHERE",
            help="run on a Ray cluster: ray (the one of this machine or of RAY_ADDRESS), ray://HOST:PORT, "
            "ray:HOST:PORT, ray:local",
            show_default=False,
            rich_help_panel=RESULTS,
        ),
    ] = ""
    part: Annotated[
        str,
        typer.Option(
            "--part",
            metavar="I/N",
            help="of a folder only every N-th input, beginning with the I-th: N commands do all of them",
            show_default=False,
            rich_help_panel=RESULTS,
        ),
    ] = ""
    as_json: JsonOfPaths = False
    quiet: Quiet = False


def is_one_file(out: Path, kind: type[Job]) -> bool:
    """Whether a destination is one file, not a folder."""
    if out.is_dir():
        return False
    return bool(out.suffix) if kind.gives == "film" else out.suffix.lower() == kind.suffix


_TOGETHER = "Training together"


@dataclass(frozen=True)
class TrainingOptions:
    """How a folder is gone through, how many processes train, and what is said about it."""

    jobs: Annotated[
        int,
        typer.Option(
            "--jobs",
            metavar="COUNT",
            min=1,
            help="how many photos of a folder to train on at a time, each in a worker process",
        ),
    ] = 1
    procs: Annotated[
        int,
        typer.Option(
            "--procs",
            metavar="COUNT",
            min=0,
            help="models: how many processes of this machine train together; 0 for one on each GPU",
            rich_help_panel=_TOGETHER,
        ),
    ] = 1
    nodes: Annotated[
        int,
        typer.Option(
            "--nodes",
            metavar="COUNT",
            min=1,
            help="models: how many machines train together; give the same command on each",
            rich_help_panel=_TOGETHER,
        ),
    ] = 1
    meet: Annotated[
        str,
        typer.Option(
            "--meet",
            metavar="HOST:PORT",
            help="with --nodes: the rendezvous address: the first machine's and a free port of it",
            show_default=False,
            rich_help_panel=_TOGETHER,
        ),
    ] = ""
    restarts: Annotated[
        int,
        typer.Option(
            "--restarts",
            metavar="COUNT",
            min=0,
            help="with --procs or --nodes: how often all begin again where they were, when one of them dies",
            rich_help_panel=_TOGETHER,
        ),
    ] = 3
    as_json: JsonOfPaths = False
    quiet: Quiet = False
