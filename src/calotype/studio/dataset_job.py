"""A job that makes a set that anyone can have, from packages that are fetched: the one thing that asks the network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calotype.errors import Stopped
from calotype.studio.job_progress import Progress
from calotype.studio.job_spec import JobSpec, Tell
from calotype.tasks import data as tasks
from calotype.tasks.data import described, sets
from calotype.tasks.worker import TaskContext


def data(spec: JobSpec, context: TaskContext, tell: Tell) -> None:
    """Make it in the folder ``out``, which the server has chosen; see ``job_runner.do``."""
    given = spec.arguments
    run = spec.run(context, device="cpu")
    progress = Progress(spec.place, tell)
    tell({"stage": "fetching what it is made from"})

    def made(done: int, count: int) -> None:
        if run.stopping:
            raise Stopped("stopped while the pictures were made")
        progress.counted("making the pictures", done, count)

    out = Path(given["out"])
    if not (out / "about.json").is_file():  # an earlier attempt may have come so far that nobody heard of it
        tasks.data(**given, on_progress=made)


def estimate(given: Mapping[str, Any]) -> str:
    """What is to be known before it is begun.

    Raises:
        InputError: an argument cannot be used.
    """
    about = tasks_about(given["name"])
    fetched = f"fetches {about['megabytes']} MB" if about["megabytes"] else "fetches nothing"
    return f"{fetched}; licence: {about['licence']}"


def tasks_about(name: str) -> dict[str, Any]:
    """What is said of one set."""
    return next(about for about in listed() if about["name"] == name)


def listed() -> list[dict[str, Any]]:
    """Every set that anyone can have, JSON-ready: what it is, what fetches it, and what is missing here for that."""
    return [
        {
            **described(about),
            "tools": sorted({_PROGRAMS[package.tool] for package in about.packages}),
            "missing": _missing(about),
        }
        for about in sets()
    ]


_PROGRAMS = {"pip": "pip", "npm": "npm", "apt": "apt-get"}


def _missing(about: Any) -> str:
    """What has to be installed before it can be made; empty where all is there."""
    import shutil
    from importlib.util import find_spec

    if about.needs and find_spec(about.needs[0]) is None:
        return f"pip install 'calotype[{about.needs[1]}]'"
    tools = [_PROGRAMS[package.tool] for package in about.packages if package.tool != "pip"]
    return next((f"the program {tool}" for tool in tools if shutil.which(tool) is None), "")
