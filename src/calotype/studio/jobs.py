"""The job queue: submit, run in worker processes, stop and resume jobs; all state is stored on disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from calotype.errors import CalotypeError, InputError, OutputError
from calotype.files import remove_stale_parts
from calotype.studio.file_upload import FileUploads
from calotype.studio.forms import checked, is_set
from calotype.studio.given import Given
from calotype.studio.job_queue import Turns
from calotype.studio.job_runner import RunJob
from calotype.studio.job_slots import Slot, Slots
from calotype.studio.job_spec import JobSpec
from calotype.studio.job_store import ENDED, Job, Made, Records
from calotype.studio.limits import RETRY_QUEUE, TooMany
from calotype.studio.pictures import Missing, Pictures
from calotype.studio.refusing import refuse
from calotype.studio.sets import Sets
from calotype.studio.times import TimesFile
from calotype.studio.words import plain
from calotype.tasks.worker import WorkerProcess

MOST_WAITING = 200
_NEW_SETS = frozenset({"data", "align"})  # verbs whose results are a new set
# Fields of a job's record that the worker process reports, and those of them that are saved at once.
_REPORTED_FIELDS = frozenset({"share", "left", "stage", "previews", "notes", "count", "model", "report"})
_SAVED_FIELDS = frozenset({"previews", "notes", "count", "model", "report"})


class Jobs:
    """All jobs of a studio.

    Args:
        folder: folder of the job records.
        pictures: picture store, for pictures in arguments.
        sets: set store, likewise.
        file_uploads: uploaded files, likewise.
        at_once: number of jobs to run at a time; the CPU threads are divided among the processes.
        changed: called with each changed job, and with the id of a removed one, from any thread.
        times: measured times, which jobs are estimated by and add to.
        certificate: PEM file with which results are signed; ``None``: they are not.
        most_waiting: number of jobs of one client that may wait; ``None`` for no limit.
    """

    def __init__(
        self,
        folder: Path,
        pictures: Pictures,
        sets: Sets,
        file_uploads: FileUploads,
        at_once: int,
        changed: Callable[[Job | str], object],
        times: TimesFile,
        certificate: Path | None = None,
        most_waiting: int | None = None,
    ) -> None:
        self._certificate = certificate
        self._records, self._sets = Records(folder), sets
        self._given = Given(pictures, sets, file_uploads, self._code)
        self._changed, self._times = changed, times
        self._lock = threading.RLock()
        self._slots = Slots(at_once, self._on_message)
        self._jobs: dict[str, Job] = {}
        self._queue: list[Job] = []
        self._closed, self._open = False, False
        self._turns, self._most_waiting = Turns(), most_waiting

    @property
    def is_open(self) -> bool:
        """Whether jobs are taken and started."""
        return self._open and not self._closed

    def start(self) -> None:
        """Load the jobs, resume the unfinished ones, and start one worker process in advance."""
        with self._lock:
            for job in self._records.load():
                self._jobs[job.id] = job
                if job.state not in ENDED:
                    job.state, job.message = "waiting", "resumes after a restart of the studio" if job.began else ""
                    self._queue.append(job)
            self._slots.wake()
            self._open = True
            self._dispatch()

    def wake(self) -> None:
        """Start a worker process in advance if there is none: somebody is about to ask for a job."""
        with self._lock:
            if not self._closed:
                self._slots.wake()

    def rest(self, now: float) -> None:
        """End the worker processes that have had nothing to do for a while, as each holds torch in memory."""
        with self._lock:
            self._slots.rest(now)

    def all(self) -> list[Job]:
        """All jobs, newest first."""
        # A copy, without the lock, which is held while records are written to disk.
        return sorted(self._jobs.copy().values(), key=lambda job: -job.asked)

    def settled(self) -> list[Job]:
        """All jobs, newest first, when changes that have begun are written and told."""
        with self._lock:
            return self.all()

    def get(self, id: str) -> Job:
        """The job with that id.

        Raises:
            InputError: there is none.
        """
        job = self._jobs.get(id)
        if job is None:
            raise Missing("there is no such job: it may have been removed")
        return job

    def submit(self, verb: str, converted: Mapping[str, Any], *, aside: bool = False, client: str = "") -> Job:
        """Queue a job of a client; ``aside`` hides it in the list of jobs.

        Raises:
            InputError: an argument cannot be used.
            TooMany: too many jobs are waiting.
        """
        arguments = checked(verb, converted)
        refuse(verb, self.spec(verb, arguments))
        with self._lock:
            self._check_waiting(client)
            job = self._records.new(verb, arguments, aside=aside, client=client)
            job.count = int(arguments.get("n", 1))
            if verb in _NEW_SETS:
                try:
                    job.set = self._sets.new(*self._new_set(verb, arguments)).id
                except BaseException:
                    self._records.remove(job)
                    raise
            self._jobs[job.id] = job
            self._queue.append(job)
            self._save(job)
            self._dispatch()
        return job

    def _new_set(self, verb: str, arguments: Mapping[str, Any]) -> tuple[str, str]:
        """Name and source of the set that a job makes."""
        if verb == "data":
            return arguments["name"], arguments["name"]
        given = arguments["photos"]
        return f"{self._sets.get(given).name if is_set(given) else 'faces'} aligned", verb

    def _check_waiting(self, client: str) -> None:
        if len(self._queue) >= MOST_WAITING:
            raise TooMany(f"{MOST_WAITING} jobs are queued already: wait until some are done", RETRY_QUEUE)
        most = self._most_waiting
        if most is not None and sum(job.client == client for job in self._queue) >= most:
            raise TooMany(f"{most} of your jobs are queued already: wait until some are done", RETRY_QUEUE)

    def stop(self, id: str) -> Job:
        """Stop a job at its next step; a second call kills its process."""
        with self._lock:
            job = self.get(id)
            slot = self._slots.of_job(job)
            if job.state == "waiting":
                self._queue.remove(job)
                self._end(job, "stopped", "stopped before it started")
            elif slot is not None and slot.worker is not None:
                slot.stop(at_once=job.state == "stopping")
                job.state, job.message = "stopping", "stops after the current step"
                self._save(job)
            return job

    def go_on(self, id: str) -> Job:
        """Resume a stopped or failed job; finished results are kept.

        Raises:
            InputError: it is done or still active.
        """
        with self._lock:
            job = self.get(id)
            if job.state not in ("stopped", "failed"):
                raise InputError("only a stopped or failed job can be resumed: this one is done or still active")
            self.spec(job.verb, job.arguments)
            job.state, job.message, job.ended = "waiting", "", None
            self._queue.append(job)
            self._save(job)
            self._dispatch()
            return job

    def remove(self, id: str) -> None:
        """Delete a job and its results.

        Raises:
            InputError: it is still active.
        """
        with self._lock:
            job = self.get(id)
            if job.state not in ENDED:
                raise InputError("this job is still running: stop it first")
            del self._jobs[id]
            if job.set and job.state != "done":
                self._sets.remove(job.set)
            self._records.remove(job)
            self._changed(id)

    def file(self, id: str, name: str) -> Path:
        """The file of a result or preview of a job.

        Raises:
            InputError: there is none of that name.
        """
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
        """Mark a result as saved, or remove the mark."""
        with self._lock:
            self.result(id, name).kept = kept
            return self._save(self.get(id))

    def kept(
        self, *, verb: str = "", photo: str = "", since: float = 0.0, until: float = float("inf")
    ) -> list[tuple[Job, Made]]:
        """The results that are marked as saved, each with its job, newest first.

        Args:
            verb: of this verb only; empty: of all.
            photo: with this picture or set as an argument only; empty: with all.
            since: asked for at this time or later, seconds since 1970.
            until: asked for before this time, seconds since 1970.
        """
        return [
            (job, made)
            for job in self.all()
            if (not verb or job.verb == verb)
            and (not photo or photo in job.arguments.values())
            and since <= job.asked < until
            for made in job.results
            if made.kept
        ]

    def discard(self, id: str, name: str) -> Job:
        """Delete a result."""
        with self._lock:
            job, made = self.get(id), self.result(id, name)
            for file in made.files:
                self._records.file(job, file).unlink(missing_ok=True)
            job.results.remove(made)
            return self._save(job)

    def uses(self, picture: str) -> bool:
        """Whether an unfinished job uses a picture or set, or creates that set."""
        undone = [job for job in self._jobs.copy().values() if job.state != "done"]
        values = [value for job in undone for value in (*job.arguments.values(), job.set)]
        return any(picture == value or (isinstance(value, list) and picture in value) for value in values)

    def spec(self, verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Convert the arguments for the verb: pictures to paths, sets and models to folders.

        Raises:
            InputError: a picture, set or model does not exist.
        """
        return self._given.converted(verb, arguments)

    def _code(self, value: str) -> Path:
        """The file of the latent code of a result, ``JOB/FILE``."""
        id, _, name = value.partition("/")
        code = self.result(id, name).code
        if not code:
            raise Missing(
                "this result has no latent code: choose one of embed, or of another verb with a StyleGAN model"
            )
        return self.file(id, code)

    def close(self) -> None:
        """Stop all jobs at their next step, to be resumed when the studio is started again."""
        with self._lock:
            self._closed = True
            workers = self._slots.close()
        for worker in workers:
            worker.join()

    # -----------------------------------------------------------------------------------------------------------
    # Worker processes

    def _dispatch(self) -> None:
        """Assign queued jobs to idle processes."""
        for slot in self._slots.free():
            if self._closed or not self._queue:
                break
            job = self._turns.take(self._queue, self._slots.jobs())
            try:
                arguments = self.spec(job.verb, job.arguments)
            except InputError as error:
                self._end(job, "failed", str(error))
                continue
            slot.job = job
            job.state, job.message, job.began, job.left = "working", "", time.time(), None
            self._save(job)
            finished = tuple(made.file for made in job.results)
            place = self._records.place(job)
            if job.set:
                arguments["out"] = str(self._sets.folder(job.set))
            spec = JobSpec(job.verb, arguments, place, finished, self._certificate, self._times.times)
            self._slots.process(slot).submit(RunJob(spec))

    def _on_message(self, worker: WorkerProcess, message: tuple[str, Any]) -> None:
        what, value = message
        with self._lock:
            slot = self._slots.of_worker(worker)
            if slot is None:
                return
            if what == "ended":
                self._on_process_end(slot, worker)
            elif what == "report" and slot.job is not None:
                self._on_report(slot, slot.job, value)
            self._dispatch()

    def _on_report(self, slot: Slot, job: Job, fields: Mapping[str, Any]) -> None:
        if "measured" in fields:
            self._times.learn(fields["measured"])
        if "made" in fields:
            job.results.append(Made(**fields["made"]))
        for name in _REPORTED_FIELDS & fields.keys():
            setattr(job, name, fields[name])
        if "state" in fields:
            slot.free()
            # Jobs that are stopped because the studio closes stay unfinished, and are resumed later.
            if not (self._closed and fields["state"] == "stopped"):
                self._end(job, *self._final_state(job, fields["state"], fields["message"]))
            slot.renew()
        elif "made" in fields or _SAVED_FIELDS & fields.keys():
            self._save(job)
        elif _REPORTED_FIELDS & fields.keys():
            self._changed(job)

    def _final_state(self, job: Job, state: str, message: str) -> tuple[str, str]:
        """The final state of a job, after its data set, if any, is registered."""
        if job.set and state == "done":
            try:
                self._sets.adopt(job.set, whole=job.verb == "data")
            except CalotypeError as error:
                return "failed", str(error)
        return state, message

    def _on_process_end(self, slot: Slot, worker: WorkerProcess) -> None:
        """Handle the end of a process."""
        job, slot.worker, slot.job, slot.ending = slot.job, None, None, False
        if job is None or self._closed:
            return
        remove_stale_parts(self._records.place(job))
        if job.state == "stopping":
            self._end(job, "stopped", "stopped: finished results are saved, and it can be resumed")
        else:
            cause = " (memory may have run out: try a smaller picture)" if worker.status == -9 else ""
            self._end(job, "failed", f"the worker process ended unexpectedly{cause}; resume the job to continue")

    def _end(self, job: Job, state: Any, message: str) -> None:
        job.state, job.message, job.ended, job.left, job.stage = state, plain(message), time.time(), None, ""
        self._save(job)

    def _save(self, job: Job) -> Job:
        try:
            self._records.save(job)
        except OutputError as error:
            job.message = str(error)
        self._changed(job)
        return job
