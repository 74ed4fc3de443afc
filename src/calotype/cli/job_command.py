"""The verbs as commands: inputs from files, outputs to files, progress on standard error."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from calotype.cli.bulk_command import BulkCommand
from calotype.cli.collector import no_garbage_collection
from calotype.cli.inputs import Source, sources
from calotype.cli.options import arguments
from calotype.cli.output_options import OutputOptions, is_one_file
from calotype.cli.progress import reporter
from calotype.cli.report import Interrupted, Misuse, complain
from calotype.cli.summary import JobSummary, failures
from calotype.cli.training import resume_hint
from calotype.errors import ArgumentError, FolderError, InputError, ModelError, Stopped, counted
from calotype.files import check_writable, remove_stale_parts
from calotype.image.signing import check_signing
from calotype.kinds import KINDS
from calotype.tasks.argument_types import checked_types
from calotype.tasks.given_model import check_beside_model
from calotype.tasks.job import Job
from calotype.tasks.latent_job import CODE_SUFFIX
from calotype.tasks.layout_kinds import check_layout, kind_of_layout
from calotype.tasks.manifest import Manifest
from calotype.tasks.outputs import series
from calotype.tasks.request import Request


def run_job_command(
    task: Callable[..., Any],
    kind: type[Job],
    typed: dict[str, Any],
    options: OutputOptions,
    chosen: Collection[str] = (),
) -> int:
    """Run the command of a verb and return the exit status.

    Args:
        task: the verb.
        kind: class of its jobs.
        typed: the values of its arguments.
        options: the options of all commands.
        chosen: the names of the arguments that were typed, also with their default values.

    Raises:
        CalotypeError: the work cannot start or continue.
    """
    try:
        given = checked_types(task, arguments(task, typed))
        inputs = {name: given.pop(name) for name in kind.input_names() if name in given}
        kind.check_given({**given, **inputs})
    except ArgumentError as error:
        raise Misuse(str(error)) from None
    main = inputs.pop(kind.main) if kind.main else None
    try:
        with no_garbage_collection():  # imports torch
            request = kind.ordered(**given)
    except (FolderError, ModelError):
        raise  # an input that cannot be used
    except InputError as error:  # nothing else was opened yet
        raise Misuse(str(error)) from None
    if request.model is not None:
        beside: dict[str, str] = {
            name: str(given[name]) for name in ("engine", "preset") if name in given and name in chosen
        }
        check_beside_model(beside, request.model.name, request.engine)
    _check_certificate(options)
    request = replace(request, metadata=not options.no_metadata, certificate=options.sign)
    _check_place(options)
    several = main is not None and Path(main).is_dir()
    sources_found = _part(_sources(main, kind, request, options), options.part)
    _check_destination(options, kind, request, several=several)
    summary = JobSummary(request.verb, planned=request.n * len(sources_found))
    remove_stale_parts(options.out.parent if is_one_file(options.out, kind) else options.out)
    with reporter(options.quiet) as report:
        manifest = Manifest(options.out if several else None)
        command = BulkCommand(kind, request, options, report, summary, manifest)
        command.inputs = [source.value for source in sources_found if isinstance(source.value, Path)]
        try:
            command.run(sources_found, inputs)
        except (KeyboardInterrupt, Stopped) as error:
            report.close()
            complain(resume_hint(command.training) if command.training else _resume_hint(summary, options, several))
            raise Interrupted(error) from None
        finally:
            if options.as_json:
                print(summary.document(), flush=True)
    if summary.failed and len(sources_found) > 1:
        complain(failures(len(summary.failed), len(sources_found)))
    return 1 if summary.failed else 0


def _sources(main: str | None, kind: type[Job], request: Request, options: OutputOptions) -> list[Source]:
    if main is not None:
        named = next((given.kind for given in request.declared.inputs if given.name == kind.main), "photo")
        _check_folder(Path(main), kind.main, named, request)
        return sources(
            main, options.out, quiet=options.quiet, suffixes=KINDS[named].suffixes, maps=named == "label map"
        )
    assert request.model is not None
    return [Source(None, request.model.resolve().name)]


def _check_folder(folder: Path, name: str, kind: str, request: Request) -> None:
    """Refuse a folder of layouts of another kind, in which nothing would be found."""
    if kind != "label map" or not folder.is_dir():
        return
    there: list[Path] = []
    with suppress(OSError):  # said where the photos are listed
        there = sorted(folder.iterdir())
    if any(path.suffix.lower() != ".json" and kind_of_layout(path) == kind for path in there):
        return
    for path in there:
        check_layout(path, name, kind, request.verb, request.engine)


def _check_certificate(options: OutputOptions) -> None:
    if options.sign is None:
        return
    if options.no_metadata:
        raise Misuse("--sign says what --no-metadata leaves out: give one of the two")
    if options.on:
        raise Misuse("a private key stays on this machine: leave out --sign, or --on")
    check_signing(options.sign)


def _check_place(options: OutputOptions) -> None:
    if not options.on:
        return
    from calotype.tasks.cluster import check_place

    try:
        check_place(options.on)
    except InputError as error:
        raise Misuse(str(error)) from None


def _part(sources_found: list[Source], part: str) -> list[Source]:
    if not part:
        return sources_found
    match = re.fullmatch(r"(\d+)/(\d+)", part)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise Misuse(f"'{part}' is no valid part: write --part I/N, like 1/4 for the first of four")
    return sources_found[int(match[1]) - 1 :: int(match[2])]


def _resume_hint(summary: JobSummary, options: OutputOptions, several: bool) -> str:
    command = "the same command"
    if options.skip_existing is False:
        command += " with --skip-existing instead of --again"
    elif summary.pictures and not (options.skip_existing or several):
        command += " with --skip-existing"
    return f"stopped with {len(summary.pictures)} of {counted(summary.planned, 'picture')} finished: {command} resumes"


def _check_destination(options: OutputOptions, kind: type[Job], request: Request, *, several: bool) -> None:
    from calotype.image.io import SUFFIXES

    out, film = options.out, kind.gives == "film"
    if is_one_file(out, kind):
        if film:
            _check_film(out, request)
        if request.n > 1 or several or series(request.own):
            raise Misuse(f"-o {out} is one file, but there are several pictures: give a folder")
        if out.suffix.lower() == CODE_SUFFIX and not request.declared.coded:
            raise Misuse(f"results are PNG files: write -o {out.with_suffix('.png')}")
        out = out.parent
    elif out.suffix.lower() in (*SUFFIXES, CODE_SUFFIX) and not out.is_dir():
        raise Misuse(f"results are PNG files: write -o {out.with_suffix('.png')}")
    elif film:
        _check_film(Path(f"film{kind.suffix}"), request)
    check_writable(out)


def _check_film(path: Path, request: Request) -> None:
    from calotype.image.animation import check_animation

    try:
        check_animation(path, request.own["fps"])
    except InputError as error:
        raise Misuse(str(error)) from None
