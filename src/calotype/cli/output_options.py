"""Options that several commands share: output, execution and verbosity."""

# Annotations are values here, not strings: options are made from them.
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from calotype.tasks.job import Job
from calotype.tasks.latent_job import CODE_SUFFIX, CodedJob

RESULTS = "Results"

Out = Annotated[
    Path,
    typer.Option(
        "-o",
        "--out",
        metavar="FOLDER|FILE",
        help="output folder, created if missing; or the file for a single result",
        rich_help_panel=RESULTS,
    ),
]
Sheet = Annotated[
    bool, typer.Option("--sheet", help="also write a contact sheet of all pictures", rich_help_panel=RESULTS)
]
JsonOfPaths = Annotated[
    bool, typer.Option("--json", help="print one JSON document instead of paths", rich_help_panel=RESULTS)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="print only errors", rich_help_panel=RESULTS)]
Json = Annotated[bool, typer.Option("--json", help="print one JSON document instead")]


@dataclass(frozen=True)
class OutputOptions:
    """Output, execution and verbosity options of the verbs."""

    out: Out = Path(".")
    sheet: Sheet = False
    skip_existing: Annotated[
        bool | None,
        typer.Option(
            "--skip-existing/--again",
            help="skip existing outputs, or make them again; default: for a folder, skip outputs that the same version "
            "of calotype made with the same settings",
            show_default=False,
            rich_help_panel=RESULTS,
        ),
    ] = None
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="replace also files that do not say that calotype made them, such as photos and results of "
            "--no-metadata",
            rich_help_panel=RESULTS,
        ),
    ] = False
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            metavar="COUNT",
            min=1,
            help="number of pictures to make at a time, each in a worker process",
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
            help="process only every N-th input of a folder, starting with the I-th: N commands process all",
            show_default=False,
            rich_help_panel=RESULTS,
        ),
    ] = ""
    no_metadata: Annotated[
        bool,
        typer.Option(
            "--no-metadata",
            help="write nothing into the results but pixels: no settings, no origin, no date or copyright",
            rich_help_panel=RESULTS,
        ),
    ] = False
    sign: Annotated[
        Path | None,
        typer.Option(
            "--sign",
            metavar="FILE",
            help="PEM file with your certificates and private key: a signed C2PA manifest goes into the results",
            show_default=False,
            rich_help_panel=RESULTS,
        ),
    ] = None
    as_json: JsonOfPaths = False
    quiet: Quiet = False


def is_one_file(out: Path, kind: type[Job]) -> bool:
    """Whether an output path is a file, not a folder."""
    if out.is_dir():
        return False
    if kind.gives == "film":
        return bool(out.suffix)
    return out.suffix.lower() == kind.suffix or (issubclass(kind, CodedJob) and out.suffix.lower() == CODE_SUFFIX)


def picture_path(out: Path, kind: type[Job]) -> Path:
    """The path of the picture for one output file, which may be named after its latent code."""
    return out if kind.gives == "film" else out.with_suffix(kind.suffix)


_DISTRIBUTED = "Distributed training"


@dataclass(frozen=True)
class TrainingOptions:
    """Options of ``train``: parallel and distributed training, and verbosity."""

    jobs: Annotated[
        int,
        typer.Option(
            "--jobs",
            metavar="COUNT",
            min=1,
            help="number of photos of a folder to train on at a time, each in a worker process",
        ),
    ] = 1
    procs: Annotated[
        int,
        typer.Option(
            "--procs",
            metavar="COUNT",
            min=0,
            help="models: number of training processes on this machine; 0 for one on each GPU",
            rich_help_panel=_DISTRIBUTED,
        ),
    ] = 1
    nodes: Annotated[
        int,
        typer.Option(
            "--nodes",
            metavar="COUNT",
            min=1,
            help="models: number of machines; run the same command on each",
            rich_help_panel=_DISTRIBUTED,
        ),
    ] = 1
    meet: Annotated[
        str,
        typer.Option(
            "--meet",
            metavar="HOST:PORT",
            help="with --nodes: the rendezvous address: host name and a free port of the first machine",
            show_default=False,
            rich_help_panel=_DISTRIBUTED,
        ),
    ] = ""
    restarts: Annotated[
        int,
        typer.Option(
            "--restarts",
            metavar="COUNT",
            min=0,
            help="with --procs or --nodes: maximum number of restarts from the last saved state if a process dies",
            rich_help_panel=_DISTRIBUTED,
        ),
    ] = 3
    as_json: JsonOfPaths = False
    quiet: Quiet = False
