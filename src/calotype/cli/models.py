"""``calotype models``: which trained models are kept, removing them, and taking over models trained elsewhere."""

# Annotations are values here, not strings: options are made from them.
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer

from calotype.cli.evaluate import aligned
from calotype.cli.output_options import Json
from calotype.cli.report import Misuse
from calotype.tasks import models as kept
from calotype.tasks.memory import format_bytes
from calotype.tasks.model_store import Entry, root

Work = Callable[[], int]


def group() -> typer.Typer:
    """``models`` with its own verbs; like every command it returns the work, not yet begun."""
    app = typer.Typer(help="List the trained models that are kept, remove them, or take over others.")
    app.callback(invoke_without_command=True)(_models)
    app.command("remove")(_remove)
    app.command("import")(_import)
    return app


def _models(
    context: typer.Context,
    as_json: Json = False,
) -> Work | None:
    return partial(_list, as_json) if context.invoked_subcommand is None else None


def _remove(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="names that 'calotype models' lists")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="all of them")] = False,
) -> Work:
    """Delete trained models, finished or not."""
    return partial(_delete, names or [], every)


def _import(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="the model, as another program wrote it")],
    photo: Annotated[
        str | None, typer.Option("--photo", metavar="PHOTO", help="the photo it was trained on, if it is at hand")
    ] = None,
) -> Work:
    """Keep a model that another program trained, and print its folder.

    With the photo it was trained on, verbs find it by themselves; without, give it to them with --model.
    """
    return partial(_take_over, folder, photo)


def _list(as_json: bool) -> int:
    entries = kept.models()
    if as_json:
        print(json.dumps([asdict(entry) for entry in entries], indent=2))
    elif entries:
        heads = ["name", "engine", "preset", "photo", "size", "for", "begun", "on disk", "state"]
        print(aligned([heads, *map(_row, entries)], right=False))
    else:
        print(f"no models are kept in {root()} yet", file=sys.stderr)
    return 0


def _row(entry: Entry) -> list[str]:
    state = "finished" if entry.finished else f"{entry.finished_stages} of {entry.stages} stages"
    when = entry.when[:16].replace("T", " ")
    purpose = entry.purpose or "all else"
    about = [entry.name, entry.engine, entry.preset, entry.photo, entry.size, purpose]
    return [*about, when, format_bytes(entry.bytes), state]


def _delete(names: list[str], every: bool) -> int:
    if every == bool(names):
        raise Misuse("say which models to remove: names that 'calotype models' lists, or --all")
    kept.remove([entry.name for entry in kept.models()] if every else names)
    return 0


def _take_over(folder: str, photo: str | None) -> int:
    print(kept.take_over(folder, photo))
    return 0
