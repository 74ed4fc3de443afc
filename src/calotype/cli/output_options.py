"""Options that several commands have: where results go, and what is said about them."""

# Annotations are values here, not strings: options are made from them.
from pathlib import Path
from typing import Annotated

import typer

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
