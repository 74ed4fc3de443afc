"""``calotype data``: the sets of pictures that can be made, and making one."""

# Annotations are values here, not strings: options are made from them.
import inspect
import json
import time
from typing import Annotated, Any

import typer

from calotype.cli.evaluate import aligned
from calotype.cli.options import parameters
from calotype.cli.progress import reporter
from calotype.tasks.data import data, sets


def options() -> list[inspect.Parameter]:
    """Those of the verb, with a name that may be left out, and how it is told."""
    own = [p for p in parameters(data) if p.name != "name"]
    name = Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="which set; without one, they are listed", show_default=False)
    ]
    quiet = Annotated[bool, typer.Option("-q", "--quiet", help="say nothing but the folder")]
    as_json = Annotated[bool, typer.Option("--json", help="list them as one JSON document instead")]
    kind = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter("name", kind, default=None, annotation=name),
        *own,
        inspect.Parameter("quiet", kind, default=False, annotation=quiet),
        inspect.Parameter("as_json", kind, default=False, annotation=as_json),
    ]


def run(name: str | None, quiet: bool, as_json: bool, **typed: Any) -> int:
    """List the sets, or make one and print its folder."""
    if name is None:
        print(json.dumps([_entry(about) for about in sets()], indent=2) if as_json else _table())
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


def _entry(about: Any) -> dict[str, Any]:
    return {
        "name": about.name,
        "summary": about.summary,
        "size": about.size,
        "sizes": list(about.sizes),
        "count": about.count,
        "most": about.most,
        "megabytes": about.megabytes,
        "licence": about.licence,
        "packages": [str(package) for package in about.packages],
        "needs": f"calotype[{about.needs[1]}]" if about.needs else "",
    }


def _table() -> str:
    heads = ["set", "pictures", "size", "to fetch", "what it is"]
    rows = [heads]
    for about in sets():
        fetch = f"{about.megabytes} MB" if about.packages else "nothing"
        rows.append([about.name, str(about.count), f"{about.size}", fetch, about.summary])
    lines = [aligned(rows, right=False), ""]
    lines += [f"{about.name}: {about.licence}" for about in sets()]
    return "\n".join([*lines, "", "make one with: calotype data NAME"])
