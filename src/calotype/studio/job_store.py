"""Job records on disk: one folder per job, with arguments, state, results and previews."""

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
        file: file name in the job's folder.
        seed: seed of the result.
        scale: start scale, if the results of the job differ in it; else empty.
        seconds: time that it took.
        width: pixels.
        height: pixels.
        kept: whether the user marked it as saved.
        film: file name of its film; empty if there is none.
        code: file name of its latent code; empty if there is none.
        beside: file names of what else belongs to it: the layers of a scene, the stages of a search.
    """

    file: str
    seed: int
    scale: str
    seconds: float
    width: int
    height: int
    kept: bool = False
    film: str = ""
    code: str = ""
    beside: list[str] = field(default_factory=list)

    @property
    def files(self) -> list[str]:
        """The names of all files of the result, its own first."""
        return [name for name in (self.file, self.film, self.code, *self.beside) if name]


@dataclass
class Job:
    """One job.

    Attributes:
        id: time stamp of the request and random digits.
        verb: name of the verb.
        arguments: arguments of the request, with pictures as ids.
        state: state of the job.
        message: one sentence for the user: an error, or what can be done.
        asked: time of the request, seconds since 1970.
        began: time of the last start, seconds since 1970.
        ended: end time, seconds since 1970.
        count: number of requested pictures, if known.
        share: fraction done, 0..1.
        left: estimated remaining seconds; ``None`` if unknown.
        stage: current stage of the work.
        previews: file names of the previews, in order.
        notes: sentences about how the inputs were read and what was done to them.
        results: finished results.
        model: name of the model of a training job.
        report: measures of an evaluation job.
        set: id of the data set that the job creates.
        aside: whether it was submitted by the page itself and is hidden in lists.
        client: name or address of the client that submitted it.
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
    notes: list[str] = field(default_factory=list)
    results: list[Made] = field(default_factory=list)
    model: str = ""
    report: dict[str, Any] | None = None
    set: str = ""
    aside: bool = False
    client: str = ""


class Records:
    """The job store: a folder with a sub-folder for each job."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def new(self, verb: str, arguments: dict[str, Any], *, aside: bool = False, client: str = "") -> Job:
        """Create the record of a new job."""
        stamp = time.strftime("%Y%m%d%H%M%S")
        job = Job(f"{stamp}-{secrets.token_hex(4)}", verb, arguments, asked=time.time(), aside=aside, client=client)
        self.save(job)
        return job

    def load(self) -> list[Job]:
        """All jobs, oldest first; unreadable records are skipped."""
        jobs = []
        for path in sorted(self._folder.glob(f"*/{_RECORD}")):
            try:
                record = json.loads(path.read_text("utf-8"))
                record["results"] = [Made(**made) for made in record["results"]]
                job = Job(**record)
            except (OSError, ValueError, TypeError, KeyError):
                continue
            if _ID.fullmatch(job.id) and job.id == path.parent.name:
                jobs.append(job)
        return sorted(jobs, key=lambda job: job.asked)

    def save(self, job: Job) -> None:
        """Save the record of a job.

        Raises:
            OutputError: it cannot be written.
        """
        text = json.dumps(asdict(job), indent=1)
        write_whole(self.place(job) / _RECORD, lambda file: file.write(text.encode()))

    def place(self, job: Job) -> Path:
        """The folder of a job."""
        return self._folder / job.id

    def file(self, job: Job, name: str) -> Path:
        """The file of a result or preview.

        Raises:
            Missing: the job has no such file.
        """
        known = {*job.previews, *(name for made in job.results for name in made.files)}
        if not name or name not in known or not _FILE.fullmatch(name):
            raise Missing("there is no such picture in this job")
        return self.place(job) / name

    def remove(self, job: Job) -> None:
        """Delete a job and its files."""
        shutil.rmtree(self.place(job), ignore_errors=True)
