"""Jobs on the disk: one folder each, with what was asked for, how far it is, its results and pictures on the way."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from calotype.files import write_whole
from calotype.studio.pictures import Missing

State = Literal["waiting", "working", "stopping", "stopped", "failed", "done"]
ENDED = frozenset({"stopped", "failed", "done"})
_ID = re.compile(r"\d{14}-[0-9a-f]{8}")
_FILE = re.compile(r"[\w. -]{1,200}")
_RECORD = "job.json"


@dataclass
class Made:
    """One result.

    Attributes:
        file: its name in the job's folder.
        seed: that it was made with.
        scale: the scale that it starts from, where a job's results differ in that.
        seconds: that it took.
        width: in pixels.
        height: the same.
        kept: whether somebody wants it.
        film: the file of a film that lies beside it; empty where there is none.
    """

    file: str
    seed: int
    scale: str
    seconds: float
    width: int
    height: int
    kept: bool = False
    film: str = ""


@dataclass
class Job:
    """One piece of work.

    Attributes:
        id: when it was asked for, and something by chance.
        verb: what is to be done.
        arguments: what was asked for; pictures by their ids.
        state: how it stands.
        message: one sentence for people: what went wrong, or what can be done.
        asked: seconds since 1970.
        began: when it was last begun.
        ended: when it ended.
        count: how many pictures are wanted, where that is known.
        share: how much of it is done, 0..1.
        left: seconds that it will still take, or ``None`` where nothing is known.
        stage: what is being done right now.
        previews: names of the pictures on the way, in order.
        results: what was made.
        model: name of the model that was trained, where that was asked for.
        report: what was measured, where that was asked for.
        set: id of the set that it makes, where it makes one.
        aside: whether the page asked for it by itself: nobody wants to see it in a list.
    """

    id: str
    verb: str
    arguments: dict[str, Any]
    state: State = "waiting"
    message: str = ""
    asked: float = 0.0
    began: float | None = None
    ended: float | None = None
    count: int = 0
    share: float = 0.0
    left: float | None = None
    stage: str = ""
    previews: list[str] = field(default_factory=list)
    results: list[Made] = field(default_factory=list)
    model: str = ""
    report: dict[str, Any] | None = None
    set: str = ""
    aside: bool = False


class Records:
    """A folder of jobs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def new(self, verb: str, arguments: dict[str, Any], *, aside: bool = False) -> Job:
        """A job that nobody has begun yet."""
        stamp = time.strftime("%Y%m%d%H%M%S")
        job = Job(f"{stamp}-{secrets.token_hex(4)}", verb, arguments, asked=time.time(), aside=aside)
        self.save(job)
        return job

    def load(self) -> list[Job]:
        """Every job there is, the oldest first; what cannot be read is passed over."""
        jobs = []
        for path in sorted(self._folder.glob(f"*/{_RECORD}")):
            try:
                said = json.loads(path.read_text("utf-8"))
                said["results"] = [Made(**made) for made in said["results"]]
                job = Job(**said)
            except (OSError, ValueError, TypeError, KeyError):
                continue
            if _ID.fullmatch(job.id) and job.id == path.parent.name:
                jobs.append(job)
        return sorted(jobs, key=lambda job: job.asked)

    def save(self, job: Job) -> None:
        """Write down how a job stands.

        Raises:
            OutputError: it cannot be written.
        """
        text = json.dumps(asdict(job), indent=1)
        write_whole(self.place(job) / _RECORD, lambda file: file.write(text.encode()))

    def place(self, job: Job) -> Path:
        """The folder of a job."""
        return self._folder / job.id

    def file(self, job: Job, name: str) -> Path:
        """A result or a picture on the way.

        Raises:
            Missing: the job has no such file.
        """
        known = {*job.previews, *(made.file for made in job.results), *(made.film for made in job.results)}
        if not name or name not in known or not _FILE.fullmatch(name):
            raise Missing("there is no such picture in this job")
        return self.place(job) / name

    def remove(self, job: Job) -> None:
        """Delete a job and all it made."""
        shutil.rmtree(self.place(job), ignore_errors=True)
