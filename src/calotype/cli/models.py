"""``calotype models``: list, delete and import trained models."""

# Annotations are values here, not strings: options are made from them.
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from calotype.cli.evaluate import aligned
from calotype.cli.output_options import Json
from calotype.cli.report import Misuse
from calotype.errors import counted
from calotype.tasks import models as model_tasks
from calotype.tasks.memory import format_bytes
from calotype.tasks.model_description import describe
from calotype.tasks.model_export import FORMATS, export
from calotype.tasks.model_store import Entry, root

Work = Callable[[], int]


def group() -> typer.Typer:
    """The command ``models`` with its sub-commands; like all commands they return the work as a function."""
    app = typer.Typer(help="List, delete, import, export or describe trained models.")
    app.callback(invoke_without_command=True)(_models)
    app.command("remove")(_remove)
    app.command("import")(_import)
    app.command("describe")(_describe)
    app.command("export")(_export)
    return app


def _models(
    context: typer.Context,
    as_json: Json = False,
) -> Work | None:
    return partial(_list, as_json) if context.invoked_subcommand is None else None


def _remove(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="names listed by 'calotype models'")] = None,
    all_models: Annotated[bool, typer.Option("--all", help="all models")] = False,
) -> Work:
    """Delete trained models, finished or not."""
    return partial(_delete, names or [], all_models)


def _import(
    folder: Annotated[
        str,
        typer.Argument(
            metavar="FILE|FOLDER",
            help="a model trained elsewhere: its folder (SinGAN, SPADE, SMIS, BachGAN, GIRAFFE), or its "
            "file (StyleGAN, sg2im)",
        ),
    ],
    photo: Annotated[
        str | None, typer.Option("--photo", metavar="PHOTO", help="the photo it was trained on, if available")
    ] = None,
) -> Work:
    """Import a model trained elsewhere into the model store, and print its folder.

    Nothing in its files is executed. With the photo it was trained on, verbs find the model automatically; without, use
    it with --model.
    """
    return partial(_take_over, folder, photo)


def _describe(
    path: Annotated[
        str,
        typer.Argument(
            metavar="FILE|NAME|FOLDER", help="a file of another program, such as a StyleGAN .pkl, or a model"
        ),
    ],
    as_json: Json = False,
) -> Work:
    """Say what a file of another program, or a model, holds: network, size, licence. Nothing in it is executed."""
    return partial(_say, path, as_json)


def _say(path: str, as_json: bool) -> int:
    found = describe(path)
    if as_json:
        print(json.dumps(asdict(found), indent=2))
        return 0
    rows = [["network", found.family], ["written by", found.writer], *map(list, found.facts.items())]
    rows += [["licence", found.licence], ["not used", ", ".join(found.unused) or "nothing"]]
    print(aligned(rows, right=False))
    return 0


def _export(
    model: Annotated[str, typer.Argument(metavar="NAME|FOLDER", help="a model, by its name or its folder")],
    path: Annotated[str, typer.Argument(metavar="FILE", help="file to write, such as network.pt or network.onnx")],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="|".join(FORMATS),
            help="pt: for rosinality's stylegan2-pytorch; onnx: the generator as a graph; default: as the file's name "
            "ends",
            autocompletion=lambda incomplete: [one for one in FORMATS if one.startswith(incomplete)],
            show_default=False,
        ),
    ] = "",
) -> Work:
    """Write a model to a file of other programs.

    StyleGAN2 models as a checkpoint that rosinality's stylegan2-pytorch and its many descendants read; models of latent
    vectors (stylegan, cocogan) and of label maps (spade, smis) as ONNX graphs.
    """
    return partial(_write, model, path, form)


def _write(model: str, path: str, form: str) -> int:
    print(export(model, path, form), file=sys.stderr)
    print(path)
    return 0


def _list(as_json: bool) -> int:
    entries = model_tasks.models()
    if as_json:
        print(json.dumps([asdict(entry) for entry in entries], indent=2))
    elif entries:
        heads = ["name", "engine", "preset", "photo", "size", "for", "started", "on disk", "state"]
        print(aligned([heads, *map(_row, entries)], right=False))
    else:
        print(f"there are no models in {root()} yet", file=sys.stderr)
    return 0


def _row(entry: Entry) -> list[str]:
    state = "finished" if entry.finished else _unfinished(entry)
    when = entry.when[:16].replace("T", " ")
    purpose = entry.purpose or "other verbs"
    about = [entry.name, entry.engine, entry.preset, entry.photo, entry.size, purpose]
    return [*about, when, format_bytes(entry.bytes), state]


def _unfinished(entry: Entry) -> str:
    if entry.stages <= 1:
        return f"{entry.done:.0%} trained"
    return f"{entry.finished_stages} of {counted(entry.stages, 'stage')}, {entry.done:.0%} trained"


def _delete(names: list[str], all_models: bool) -> int:
    if all_models == bool(names):
        raise Misuse("no models given: write names listed by 'calotype models', or --all")
    model_tasks.remove([entry.name for entry in model_tasks.models()] if all_models else names)
    return 0


def _take_over(folder: str, photo: str | None) -> int:
    stored = model_tasks.take_over(folder, photo)
    if Path(folder).is_file():
        found = describe(folder)
        print(f"{found.family}, written by {found.writer}; licence: {found.licence}", file=sys.stderr)
    print(stored)
    return 0
