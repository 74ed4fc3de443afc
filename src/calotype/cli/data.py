"""``calotype data``: the sets of pictures that can be made, making one, and deleting what is there of them."""

# Annotations are values here, not strings: options are made from them.
import inspect
import json
import sys
import time
from typing import Annotated, Any

import typer

from calotype.cli.evaluate import aligned
from calotype.cli.options import parameters
from calotype.cli.output_options import Json
from calotype.cli.progress import reporter
from calotype.cli.report import Misuse
from calotype.tasks import data as kept
from calotype.tasks.data import data, sets
from calotype.tasks.memory import format_bytes

_KINDS = {"packages": "fetched packages", "data": "decoded pictures"}


def options() -> list[inspect.Parameter]:
    """Those of the verb, with a name that may be left out, and how it is told."""
    own = [p for p in parameters(data) if p.name != "name"]
    name = Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="which set; without one, they are listed", show_default=False)
    ]
    quiet = Annotated[bool, typer.Option("-q", "--quiet", help="say nothing but the folder")]
    remove = Annotated[
        bool, typer.Option("--remove", help="delete the set where it was made last, and what was fetched for it")
    ]
    clean = Annotated[
        bool,
        typer.Option(
            "--clean", help="delete fetched packages and decoded pictures of all sets; they are had again when needed"
        ),
    ]
    kind = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter("name", kind, default=None, annotation=name),
        *own,
        inspect.Parameter("quiet", kind, default=False, annotation=quiet),
        inspect.Parameter("as_json", kind, default=False, annotation=Json),
        inspect.Parameter("remove", kind, default=False, annotation=remove),
        inspect.Parameter("clean", kind, default=False, annotation=clean),
    ]


def run(name: str | None, quiet: bool, as_json: bool, remove: bool, clean: bool, **typed: Any) -> int:
    """List the sets, make one and print its folder, or delete what is there of them."""
    if clean or remove:
        _delete(name, remove, clean)
        return 0
    if name is None:
        print(json.dumps(list(map(_entry, sets(), _places())), indent=2) if as_json else _table())
        return 0
    with reporter(quiet) as report, report.together(f"{name}", training=False) as heard:
        begun: list[float] = []  # with the first sample: what is before it is fetching and unpacking

        def progress(done: int, count: int) -> None:
            begun.append(time.monotonic())
            if done > 1:
                heard(done / count, (begun[-1] - begun[0]) / (done - 1) * (count - done))
                del begun[1:]

        folder = data(name, on_progress=progress, **typed)
    print(folder)
    return 0


def _delete(name: str | None, remove: bool, clean: bool) -> None:
    if remove == (name is None) or remove == clean:
        raise Misuse("say what to delete: a set, NAME --remove, or --clean for what was fetched and decoded for all")
    freed = kept.remove(name) if name is not None else kept.clean()
    print(f"{format_bytes(freed)} freed" if freed else "there was nothing to delete", file=sys.stderr)


def _places() -> list[Any]:
    """For each set, where it was made last."""
    there = kept.made()
    return [there.get(about.name) for about in sets()]


def _entry(about: Any, there: Any) -> dict[str, Any]:
    return {
        **kept.described(about),
        "needs": f"calotype[{about.needs[1]}]" if about.needs else "",
        "folder": None if there is None else str(there.folder),
        "bytes": 0 if there is None else there.bytes,
    }


def _table() -> str:
    heads = ["set", "pictures", "size", "to fetch", "on disk", "what it is"]
    rows = [heads]
    places = _places()
    for about, there in zip(sets(), places):
        fetch = f"{about.megabytes} MB" if about.packages else "nothing"
        on_disk = "" if there is None else format_bytes(there.bytes)
        rows.append([about.name, str(about.count), f"{about.size}", fetch, on_disk, about.summary])
    lines = [aligned(rows, right=False), ""]
    lines += [f"{about.name}: {about.licence}" for about in sets()]
    lines += ["", *(f"{there.name} is in {there.folder}" for there in places if there is not None)]
    held = {kind: format_bytes(count) for kind, count in kept.kept_bytes().items() if count}
    if held:
        said = " and ".join(f"{amount} of {_KINDS[kind]}" for kind, amount in held.items())
        lines.append(f"{said} are kept: calotype data --clean deletes them")
    return "\n".join([*lines, "make one with: calotype data NAME"])
