"""``calotype data``: list, create and delete data sets."""

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

_KINDS = {"packages": "downloaded packages", "data": "decoded pictures"}


def options() -> list[inspect.Parameter]:
    """The options of the verb with an optional name, and those of the command line."""
    own = [p for p in parameters(data) if p.name != "name"]
    name = Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="name of the set; without it, list the sets", show_default=False),
    ]
    quiet = Annotated[bool, typer.Option("-q", "--quiet", help="print only the folder")]
    remove = Annotated[
        bool, typer.Option("--remove", help="delete the last created copy of the set, and its downloaded packages")
    ]
    clean = Annotated[
        bool,
        typer.Option(
            "--clean",
            help="delete the caches of downloaded packages and decoded pictures; they are recreated when needed",
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
    """List the sets, create one and print its folder, or delete a set or the caches."""
    if clean or remove:
        _delete(name, remove, clean)
        return 0
    if name is None:
        print(json.dumps(list(map(_entry, sets(), _places())), indent=2) if as_json else _table())
        return 0
    with reporter(quiet) as report, report.together(f"{name}", training=False) as update:
        times: list[float] = []  # from the first sample on, after downloading and unpacking

        def progress(done: int, count: int) -> None:
            times.append(time.monotonic())
            if done > 1:
                update(done / count, (times[-1] - times[0]) / (done - 1) * (count - done))
                del times[1:]

        folder = data(name, on_progress=progress, **typed)
    print(folder)
    return 0


def _delete(name: str | None, remove: bool, clean: bool) -> None:
    if remove == (name is None) or remove == clean:
        raise Misuse("nothing to delete given: write NAME --remove for a set, or --clean for the caches of all sets")
    freed = kept.remove(name) if name is not None else kept.clean()
    print(f"{format_bytes(freed)} freed" if freed else "there was nothing to delete", file=sys.stderr)


def _places() -> list[Any]:
    """The last created copy of each set, or ``None``."""
    created = kept.made()
    return [created.get(about.name) for about in sets()]


def _entry(about: Any, created: Any) -> dict[str, Any]:
    return {
        **kept.described(about),
        "needs": f"calotype[{about.needs[1]}]" if about.needs else "",
        "folder": None if created is None else str(created.folder),
        "bytes": 0 if created is None else created.bytes,
    }


def _table() -> str:
    heads = ["set", "pictures", "size", "sizes", "download", "on disk", "summary"]
    rows = [heads]
    places = _places()
    for about, created in zip(sets(), places):
        fetch = f"{about.megabytes} MB" if about.packages else "nothing"
        on_disk = "" if created is None else format_bytes(created.bytes)
        allowed = "-".join(map(str, dict.fromkeys(about.sizes)))
        rows.append([about.name, str(about.count), f"{about.size}", allowed, fetch, on_disk, about.summary])
    lines = [aligned(rows, right=False), ""]
    lines += [f"{about.name}: {about.licence}" for about in sets()]
    lines += ["", *(f"{created.name} is in {created.folder}" for created in places if created is not None)]
    sizes = {kind: format_bytes(count) for kind, count in kept.kept_bytes().items() if count}
    if sizes:
        caches = " and ".join(f"{amount} of {_KINDS[kind]}" for kind, amount in sizes.items())
        lines.append(f"{caches} in the cache: calotype data --clean deletes them")
    return "\n".join([*lines, "create one with: calotype data NAME"])
