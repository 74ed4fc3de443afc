"""``calotype studio``: the page in the browser."""

# Annotations are values here, not strings: options are made from them.
import sys
from pathlib import Path
from typing import Annotated

import typer


def studio(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="port to listen on; 0: any that is free")
    ] = 8765,
    home: Annotated[
        Path | None,
        typer.Option(
            "--home",
            metavar="FOLDER",
            help="where pictures and results are kept; default: CALOTYPE_STUDIO, or where this system keeps such data",
            show_default=False,
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            metavar="COUNT",
            min=1,
            help="how many jobs to work on at a time, each in a process; default: 2 where there are two processors",
            show_default=False,
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="open the page in the browser")] = True,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="address to listen on; one that other machines can reach needs the token that is then printed",
        ),
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="TEXT",
            envvar="CALOTYPE_STUDIO_TOKEN",
            help="ask everybody for this token",
            show_default=False,
            show_envvar=False,
        ),
    ] = None,
) -> int:
    """Open the studio: all of calotype on a page in the browser, with brushes, and no command to type.

    The page is served by this machine, for this machine alone; nothing leaves it. Work goes on when the page is closed,
    and where it was when the studio is started again. Ctrl-C closes the studio. The same address answers scripts: /api
    of it lists the requests.
    """
    from calotype.studio import server

    server.check_installed()

    def ready(address: str) -> None:
        print(address, flush=True)
        if sys.stderr.isatty():
            print("Ctrl-C closes the studio; what is at work then goes on next time", file=sys.stderr, flush=True)
        if browser:
            import webbrowser

            webbrowser.open(address)

    server.run(
        home or server.usual_home(),
        host=host,
        port=port,
        at_once=jobs or server.usual_at_once(),
        token=token,
        ready=ready,
    )
    return 0
