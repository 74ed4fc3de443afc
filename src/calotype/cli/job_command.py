"""The verbs as commands: inputs from files, outputs to files, progress on standard error."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from calotype.cli.bulk_command import BulkCommand
from calotype.cli.inputs import Source, check_writable, sources
from calotype.cli.options import arguments
from calotype.cli.output_options import OutputOptions, is_one_file
from calotype.cli.progress import reporter
from calotype.cli.report import Interrupted, Misuse, complain
from calotype.cli.summary import JobSummary
from calotype.cli.training import how_to_go_on
from calotype.errors import InputError, Stopped
from calotype.tasks.job import Job
from calotype.tasks.manifest import Manifest
from calotype.tasks.model_job import ModelJob
from calotype.tasks.request import Request


def run_job_command(task: Callable[..., Any], kind: type[Job], typed: dict[str, Any], options: OutputOptions) -> int:
    """Do what the command line of ``task`` asks for and return the exit status.

    Raises:
        CalotypeError: nothing, or nothing more, can be done.
    """
    given = arguments(task, typed)
    inputs = {name: given.pop(name) for name in kind.input_names() if name in given}
    main = inputs.pop(kind.main) if kind.main else None
    try:
        asked = kind.ordered(**given)
    except InputError as error:
        # What is wrong with the model that a verb needs is not wrong with the command.
        raise (error if issubclass(kind, ModelJob) else Misuse(str(error))) from None
    _check_place(options)
    several = main is not None and Path(main).is_dir()
    found = _part(_sources(main, asked, options), options.part)
    _check_destination(options, kind, asked, several=several)
    summary = JobSummary(asked.verb, planned=asked.n * len(found))
    with reporter(options.quiet) as report:
        manifest = Manifest(options.out if several else None)
        command = BulkCommand(kind, asked, options, report, summary, manifest)
        command.inputs = [source.value for source in found if isinstance(source.value, Path)]
        try:
            command.run(found, inputs)
        except (KeyboardInterrupt, Stopped) as error:
            report.close()
            complain(how_to_go_on(command.training) if command.training else _how_to_go_on(summary, options, several))
            raise Interrupted(error) from None
        finally:
            if options.as_json:
                print(summary.document(), flush=True)
    if summary.failed and len(found) > 1:
        complain(f"{len(summary.failed)} of {len(found)} photos could not be used, the others are done")
    return 1 if summary.failed else 0


def _sources(main: str | None, asked: Request, options: OutputOptions) -> list[Source]:
    if main is not None:
        return sources(main, options.out, quiet=options.quiet)
    assert asked.model is not None
    return [Source(None, asked.model.resolve().name)]


def _check_place(options: OutputOptions) -> None:
    if not options.on:
        return
    from calotype.tasks.cluster import check_place

    try:
        check_place(options.on)
    except InputError as error:
        raise Misuse(str(error)) from None


def _part(found: list[Source], part: str) -> list[Source]:
    if not part:
        return found
    match = re.fullmatch(r"(\d+)/(\d+)", part)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise Misuse(f"'{part}' is no part: write --part I/N, like 1/4 for the first of four")
    return found[int(match[1]) - 1 :: int(match[2])]


def _how_to_go_on(summary: JobSummary, options: OutputOptions, several: bool) -> str:
    again = "the same command"
    if options.skip_existing is False:
        again += " with --skip-existing instead of --again"
    elif not (options.skip_existing or several):
        again += " with --skip-existing"
    return f"stopped with {len(summary.pictures)} of {summary.planned} pictures finished: {again} makes the rest"


def _check_destination(options: OutputOptions, kind: type[Job], asked: Request, *, several: bool) -> None:
    from calotype.image.io import SUFFIXES

    out, film = options.out, kind.gives == "film"
    if is_one_file(out, kind):
        if film:
            _check_film(out, asked)
        if asked.n > 1 or several or asked.own.get("all_scales"):
            raise Misuse(f"-o {out} is one file, and there may be several pictures: give a folder")
        out = out.parent
    elif out.suffix.lower() in SUFFIXES and not out.is_dir():
        raise Misuse(f"results are PNG files: write -o {out.with_suffix('.png')}")
    elif film:
        _check_film(Path(f"film{kind.suffix}"), asked)
    check_writable(out)


def _check_film(path: Path, asked: Request) -> None:
    from calotype.image.animation import check_animation

    try:
        check_animation(path, asked.own["fps"])
    except InputError as error:
        raise Misuse(str(error)) from None
