"""Jobs that create a data set from downloaded packages. Only these jobs access the network."""

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
    """Create the data set in the folder ``out``; see ``job_runner.do``."""
    given = spec.arguments
    run = spec.run(context, device="cpu")
    progress = Progress(spec.place, tell)
    tell({"stage": "downloading packages"})

    def made(done: int, count: int) -> None:
        if run.stopping:
            raise Stopped("stopped while creating the pictures")
        progress.counted("creating the pictures", done, count)

    out = Path(given["out"])
    if not (out / "about.json").is_file():  # an earlier run may have finished just before its process ended
        tasks.data(**given, on_progress=made)


def estimate(given: Mapping[str, Any]) -> str:
    """A note on the download size and the licence of a set.

    Raises:
        InputError: an argument is invalid.
    """
    about = tasks_about(given["name"])
    download = f"downloads {about['megabytes']} MB" if about["megabytes"] else "no download"
    return f"{download}; licence: {about['licence']}"


def tasks_about(name: str) -> dict[str, Any]:
    """The description of one available set."""
    return next(about for about in listed() if about["name"] == name)


def listed() -> list[dict[str, Any]]:
    """JSON-ready descriptions of the available sets, with the download programs and missing dependencies."""
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
    """The missing dependency of a set, as an installation hint; empty if there is none."""
    import shutil
    from importlib.util import find_spec

    if about.needs and find_spec(about.needs[0]) is None:
        return f"pip install 'calotype[{about.needs[1]}]'"
    tools = [_PROGRAMS[package.tool] for package in about.packages if package.tool != "pip"]
    return next((f"the program {tool}" for tool in tools if shutil.which(tool) is None), "")
