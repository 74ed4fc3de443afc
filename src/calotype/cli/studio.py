"""``calotype studio``: start the web server of the studio."""

# Annotations are values here, not strings: options are made from them.
import sys
from pathlib import Path
from typing import Annotated

import typer


def studio(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="port to listen on; 0: any free port")] = 8765,
    home: Annotated[
        Path | None,
        typer.Option(
            "--home",
            metavar="FOLDER",
            help="data folder for pictures and results; default: CALOTYPE_STUDIO, or the system's user data folder",
            show_default=False,
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            metavar="COUNT",
            min=1,
            help="number of jobs to run at a time, each in a worker process; default: 2 with two or more CPU cores",
            show_default=False,
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="open the page in the browser")] = True,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="address to listen on; for one that other machines can reach, a token is required and printed",
        ),
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="TEXT",
            envvar="CALOTYPE_STUDIO_TOKEN",
            help="access token that all clients must send",
            show_default=False,
            show_envvar=False,
        ),
    ] = None,
    sign: Annotated[
        Path | None,
        typer.Option(
            "--sign",
            metavar="FILE",
            help="PEM file with your certificates and private key: results get a signed C2PA manifest",
            show_default=False,
        ),
    ] = None,
    api_key_file: Annotated[
        Path | None,
        typer.Option(
            "--api-key-file",
            metavar="FILE",
            help="API keys for use behind a proxy, one a line, or a name and a key; requests need one. Default: the "
            "key in CALOTYPE_STUDIO_API_KEY, if there is one",
            show_default=False,
        ),
    ] = None,
    limit_rate: Annotated[
        float | None,
        typer.Option(
            "--limit-rate",
            metavar="NUMBER",
            min=0.1,
            help="requests a second of one client; default: 50 with API keys or for other machines, else no limit",
            show_default=False,
        ),
    ] = None,
    limit_uploads: Annotated[
        int | None,
        typer.Option(
            "--limit-uploads",
            metavar="COUNT",
            min=1,
            help="uploads of one client at a time; default: 4 with API keys or for other machines, else no limit",
            show_default=False,
        ),
    ] = None,
    limit_queue: Annotated[
        int | None,
        typer.Option(
            "--limit-queue",
            metavar="COUNT",
            min=1,
            help="waiting jobs of one client; default: 20 with API keys or for other machines, else no limit",
            show_default=False,
        ),
    ] = None,
) -> int:
    """Open the studio: a graphical interface to all verbs in the browser, with painting tools.

    By default the page is served to this machine only; nothing is sent elsewhere. Jobs continue when the page is
    closed, and resume when the studio is started again. Ctrl-C stops the studio. The same address has an HTTP
    interface for scripts, which /api documents.
    """
    from calotype.studio import server

    server.check_installed()
    if sign is not None:
        from calotype.image.signing import check_signing

        check_signing(sign)

    def ready(address: str) -> None:
        print(address, flush=True)
        if sys.stderr.isatty():
            print("Ctrl-C stops the studio; unfinished jobs resume at its next start", file=sys.stderr, flush=True)
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
        certificate=None if sign is None else sign.resolve(),
        key_file=api_key_file,
        limits={"rate": limit_rate, "uploads": limit_uploads, "queued": limit_queue},
    )
    return 0
