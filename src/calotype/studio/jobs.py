"""The queue: jobs waited for, handed to processes, stopped, gone on with; what is asked and made is on the disk."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from calotype.errors import CalotypeError, InputError, OutputError
from calotype.kinds import KINDS
from calotype.studio.file_upload import Parcels
from calotype.studio.forms import checked, is_set, parameters
from calotype.studio.job_runner import RunJob
from calotype.studio.job_spec import JobSpec
from calotype.studio.job_store import ENDED, Job, Made, Records
from calotype.studio.pictures import Missing, Pictures
from calotype.studio.queries import prepare
from calotype.studio.sets import Sets
from calotype.studio.words import plain
from calotype.tasks import model_store
from calotype.tasks.worker import WorkerProcess

MOST_WAITING = 200
_MOST_JOBS = 20  # that one process does before a fresh one takes its place
_MODEL_NAME = re.compile(r"[\w.-]{1,200}")
# What a process says of its job, word for word; anything else of a record is the queue's business.
_TOLD = frozenset({"share", "left", "stage", "previews", "count", "model", "report"})
_LASTING = frozenset({"previews", "count", "model", "report"})


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _threads(at_once: int) -> int:
    """How many threads each process gets: its share of the processors, and never more than the user allows."""
    share = max(1, cores() // at_once)
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    return min(share, int(allowed)) if allowed.isdigit() and int(allowed) else share


class _Slot:
    """One worker process, and the job it has."""

    def __init__(self) -> None:
        self.worker: WorkerProcess | None = None
        self.job: Job | None = None
        self.served = 0
        self.ending = False  # killed, and not yet heard to be gone


class Jobs:
    """All jobs of a studio.

    Args:
        folder: where they are kept.
        pictures: that their arguments name.
        sets: the same.
        parcels: the same.
        at_once: how many are worked on at a time; each process gets its share of the processor's threads.
        changed: called with every job that has changed, and with the id of one that is gone, in any thread.
    """

    def __init__(
        self,
        folder: Path,
        pictures: Pictures,
        sets: Sets,
        parcels: Parcels,
        at_once: int,
        changed: Callable[[Job | str], object],
    ) -> None:
        self._records, self._pictures, self._sets, self._parcels = Records(folder), pictures, sets, parcels
        self._changed = changed
        self._lock = threading.RLock()
        self._threads = _threads(at_once)
        self._slots = [_Slot() for _ in range(at_once)]
        self._jobs: dict[str, Job] = {}
        self._queue: list[Job] = []
        self._closed = False

    def start(self) -> None:
        """Take up what was there, and have one process ready for what comes."""
        with self._lock:
            for job in self._records.load():
                self._jobs[job.id] = job
                if job.state not in ENDED:
                    job.state, job.message = "waiting", "goes on after the studio was closed" if job.began else ""
                    self._queue.append(job)
            self._process(self._slots[0])
            self._dispatch()

    def all(self) -> list[Job]:
        """Every job, the newest first."""
        with self._lock:
            return sorted(self._jobs.values(), key=lambda job: -job.asked)

    def get(self, id: str) -> Job:
        """The job of that name.

        Raises:
            InputError: there is none.
        """
        job = self._jobs.get(id)
        if job is None:
            raise Missing("there is no such job: it may have been removed")
        return job

    def submit(self, verb: str, given: Mapping[str, Any], *, aside: bool = False) -> Job:
        """Ask for a job; one that nobody wants to see in a list is put ``aside``.

        Raises:
            InputError: an argument cannot be used, or too many jobs are waiting.
        """
        arguments = checked(verb, given)
        self.spec(verb, arguments)  # finds out now whether all pictures are there
        with self._lock:
            if len(self._queue) >= MOST_WAITING:
                raise InputError(f"{MOST_WAITING} jobs are waiting already: wait until some are done")
            job = self._records.new(verb, arguments, aside=aside)
            job.count = int(arguments.get("n", 1))
            if verb == "data":
                job.set = self._sets.new(arguments["name"], source=arguments["name"]).id
            self._jobs[job.id] = job
            self._queue.append(job)
            self._noted(job)
            self._dispatch()
        return job

    def stop(self, id: str) -> Job:
        """Stop a job at its next step; asked a second time, end its process at once."""
        with self._lock:
            job = self.get(id)
            slot = next((slot for slot in self._slots if slot.job is job), None)
            if job.state == "waiting":
                self._queue.remove(job)
                self._end(job, "stopped", "stopped before it was begun")
            elif slot is not None and slot.worker is not None:
                if job.state == "stopping":
                    slot.worker.kill()
                    slot.ending = True
                else:
                    slot.worker.stop()
                job.state, job.message = "stopping", "stops after the step it is in"
                self._noted(job)
            return job

    def go_on(self, id: str) -> Job:
        """Have a job that was stopped or has failed worked on again: what is finished is not made anew.

        Raises:
            InputError: it is done, or has not ended.
        """
        with self._lock:
            job = self.get(id)
            if job.state not in ("stopped", "failed"):
                raise InputError("this job is not stopped: nothing is to be gone on with")
            self.spec(job.verb, job.arguments)
            job.state, job.message, job.ended = "waiting", "", None
            self._queue.append(job)
            self._noted(job)
            self._dispatch()
            return job

    def remove(self, id: str) -> None:
        """Forget a job and delete what it made.

        Raises:
            InputError: it has not ended.
        """
        with self._lock:
            job = self.get(id)
            if job.state not in ENDED:
                raise InputError("this job is still at work: stop it first")
            del self._jobs[id]
            if job.set and job.state != "done":
                self._sets.remove(job.set)
            self._records.remove(job)
            self._changed(id)

    def file(self, id: str, name: str) -> Path:
        """A result or picture of a job.

        Raises:
            InputError: there is none of that name.
        """
        with self._lock:
            return self._records.file(self.get(id), name)

    def result(self, id: str, name: str) -> Made:
        """One result of a job.

        Raises:
            InputError: there is none of that name.
        """
        for made in self.get(id).results:
            if made.file == name:
                return made
        raise Missing("there is no such result in this job")

    def keep(self, id: str, name: str, kept: bool) -> Job:
        """Mark a result as wanted, or not."""
        with self._lock:
            self.result(id, name).kept = kept
            return self._noted(self.get(id))

    def discard(self, id: str, name: str) -> Job:
        """Delete a result."""
        with self._lock:
            job, made = self.get(id), self.result(id, name)
            for file in (made.file, made.film):
                if file:
                    self._records.file(job, file).unlink(missing_ok=True)
            job.results.remove(made)
            return self._noted(job)

    def uses(self, picture: str) -> bool:
        """Whether a job that may still be worked on names a picture, or a set, or makes that set."""
        with self._lock:
            undone = [job for job in self._jobs.values() if job.state != "done"]
            values = [value for job in undone for value in (*job.arguments.values(), job.set)]
            return any(picture == value or (isinstance(value, list) and picture in value) for value in values)

    def spec(self, verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as the verb takes them: pictures as paths, sets and a model as their folders.

        Raises:
            InputError: a picture or a model is not there.
        """
        known = parameters(verb)
        given: dict[str, Any] = {}
        for name, value in arguments.items():
            kind = known[name][0].kind if name in known else "text"
            if KINDS[kind].form == "files":
                given[name] = [self._path(one) for one in value]
            elif KINDS[kind].form == "file" and value != "auto":
                given[name] = self._path(value)
            elif kind == "folder":
                given[name] = str(self._parcels.folder(value))
            elif kind == "model":
                given[name] = str(model_folder(value))
            else:
                given[name] = value
        return given

    def _path(self, value: str) -> str:
        return str(self._sets.folder(value) if is_set(value) else self._pictures.path(value))

    def close(self) -> None:
        """Stop all work at its next step, so that it goes on when the studio is opened again."""
        with self._lock:
            self._closed = True
            workers = [slot.worker for slot in self._slots if slot.worker is not None]
            for worker in workers:
                worker.close()
        for worker in workers:
            worker.join()

    # -----------------------------------------------------------------------------------------------------------
    # Work

    def _dispatch(self) -> None:
        """Give the jobs that wait to the processes that are free."""
        for slot in self._slots:
            # One that was killed may still say that it stopped by itself: it gets nothing more to do.
            if self._closed or not self._queue or slot.job is not None or slot.ending:
                continue
            job = self._queue.pop(0)
            try:
                arguments = self.spec(job.verb, job.arguments)
            except InputError as error:
                self._end(job, "failed", str(error))
                continue
            slot.job = job
            job.state, job.message, job.began, job.left = "working", "", time.time(), None
            self._noted(job)
            there = tuple(made.file for made in job.results)
            place = self._records.place(job)
            if job.set:
                arguments["out"] = str(self._sets.folder(job.set))
            self._process(slot).submit(RunJob(JobSpec(job.verb, arguments, place, there)))

    def _process(self, slot: _Slot) -> WorkerProcess:
        if slot.worker is None:
            slot.worker, slot.served = WorkerProcess(self._threads, self._heard, prepare=prepare), 0
        return slot.worker

    def _heard(self, worker: WorkerProcess, message: tuple[str, Any]) -> None:
        what, value = message
        with self._lock:
            slot = next((slot for slot in self._slots if slot.worker is worker), None)
            if slot is None:
                return
            if what == "ended":
                self._ended(slot, worker)
            elif what == "report" and slot.job is not None:
                self._told(slot, slot.job, value)
            self._dispatch()

    def _told(self, slot: _Slot, job: Job, fields: Mapping[str, Any]) -> None:
        if "made" in fields:
            job.results.append(Made(**fields["made"]))
        for name in _TOLD & fields.keys():
            setattr(job, name, fields[name])
        if "state" in fields:
            slot.job, slot.served = None, slot.served + 1
            # A process that was asked to stop because the studio closes has left work that goes on later.
            if not (self._closed and fields["state"] == "stopped"):
                self._end(job, *self._taken_up(job, fields["state"], fields["message"]))
            if slot.served >= _MOST_JOBS and slot.worker is not None:
                slot.worker.close()
                slot.worker, slot.ending = None, False
        elif "made" in fields or _LASTING & fields.keys():
            self._noted(job)
        else:
            self._changed(job)

    def _taken_up(self, job: Job, state: str, message: str) -> tuple[str, str]:
        """How a job has ended, once the set that it made, if it made one, is known."""
        if job.set and state == "done":
            try:
                self._sets.adopt(job.set)
            except CalotypeError as error:
                return "failed", str(error)
        return state, message

    def _ended(self, slot: _Slot, worker: WorkerProcess) -> None:
        """A process is gone, asked or not."""
        job, slot.worker, slot.job, slot.ending = slot.job, None, None, False
        if job is None or self._closed:
            return
        if job.state == "stopping":
            self._end(job, "stopped", "stopped: what is finished is kept, and it can go on from there")
        else:
            cause = " (the memory may have run out: try a smaller picture)" if worker.status == -9 else ""
            self._end(job, "failed", f"the work was cut short{cause}; go on, and it starts where it was")

    def _end(self, job: Job, state: Any, message: str) -> None:
        job.state, job.message, job.ended, job.left, job.stage = state, plain(message), time.time(), None, ""
        self._noted(job)

    def _noted(self, job: Job) -> Job:
        try:
            self._records.save(job)
        except OutputError as error:
            job.message = str(error)
        self._changed(job)
        return job


def model_folder(name: str) -> Path:
    """The folder of a kept model: only of those, whatever the name says.

    Raises:
        InputError: there is none of that name.
    """
    folder = model_store.root() / name
    if not _MODEL_NAME.fullmatch(name) or name.strip(".") == "" or not (folder / model_store.ABOUT).is_file():
        raise Missing("there is no such model: choose one of those that are kept")
    return folder
